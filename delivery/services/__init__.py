"""One function per thing that happens in delivery."""

from delivery.services.dispatches import (
    NewMessage,
    SendingHours,
    append_messages,
    cancel_dispatch,
    cancel_rest,
    finish_fanout,
    hold_dispatch,
    open_dispatch,
    release_cap_holds,
    resume_dispatch,
    stop_project,
    suspend_dispatch,
)
from delivery.services.gateways import ensure_simulated_gateway
from delivery.services.inbound import receive_push, store_events
from delivery.services.polling import poll_gateway, ring_polls
from delivery.services.receipts import apply_receipts, close_overdue, store_receipts
from delivery.services.replies import apply_replies, reply_from_handset, store_replies
from delivery.services.uncertain import UncertainChoice, settle_uncertain

__all__ = [
    "NewMessage",
    "SendingHours",
    "UncertainChoice",
    "append_messages",
    "apply_receipts",
    "apply_replies",
    "cancel_dispatch",
    "cancel_rest",
    "close_overdue",
    "ensure_simulated_gateway",
    "finish_fanout",
    "hold_dispatch",
    "open_dispatch",
    "poll_gateway",
    "receive_push",
    "release_cap_holds",
    "reply_from_handset",
    "resume_dispatch",
    "ring_polls",
    "settle_uncertain",
    "stop_project",
    "store_events",
    "store_receipts",
    "store_replies",
    "suspend_dispatch",
]
