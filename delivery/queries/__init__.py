"""Reads for pages. Nothing here counts messages: counters and bounded ranges only."""

from delivery.queries.messages import (
    MessagePage,
    MessageRow,
    StatusWord,
    iter_messages,
    messages_page,
    word_of,
)
from delivery.queries.progress import (
    Progress,
    ReasonCount,
    default_gateway,
    dispatch_progress,
    failures_by_reason,
    read_counts,
    read_many_counts,
    read_many_rates,
)

__all__ = [
    "MessagePage",
    "MessageRow",
    "Progress",
    "ReasonCount",
    "StatusWord",
    "default_gateway",
    "dispatch_progress",
    "failures_by_reason",
    "iter_messages",
    "messages_page",
    "read_counts",
    "read_many_counts",
    "read_many_rates",
    "word_of",
]
