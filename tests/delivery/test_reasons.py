"""What is said of a blocked message."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from delivery.limits.frequency import Block
from delivery.reasons import ADVICE, blocked_words
from delivery.statuses import Reason

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (
            Block(Reason.PER_DAY, "per_day", 10, None, AT),
            "At most 10 messages a day go to one number. It would have passed on 22 Nov 2026, 00:00:00.",
        ),
        (
            Block(Reason.SAME_CONTENT, "same_content", 1, 30, AT),
            "The same text goes to one number at most once in 30 seconds."
            " It would have passed on 22 Nov 2026, 00:00:00.",
        ),
        (
            Block(Reason.SAME_CONTENT, "same_content", 2, 60, AT),
            "The same text goes to one number at most 2 times in 60 seconds."
            " It would have passed on 22 Nov 2026, 00:00:00.",
        ),
        (Block(Reason.PER_HOUR, "per_hour", 0), "At most 0 messages an hour go to one number."),
        (
            Block(Reason.SAME_CONTENT_PER_DAY, "same_content_per_day", 1, None, AT),
            "The same text goes to one number at most once a day. It would have passed on 22 Nov 2026, 00:00:00.",
        ),
        (Block(Reason.HAS_UNSUBSCRIBED, "unsubscribed"), "The person unsubscribed by a reply."),
        (
            Block(Reason.ON_BLACKLIST, "blacklist", passes_at=AT),
            "The number is on the project's blacklist. It would have passed on 22 Nov 2026, 00:00:00.",
        ),
        (Block(Reason.COUNTRY_NOT_ALLOWED, "country"), "The country is not among the allowed ones."),
    ],
)
def test_a_blocked_message_says_rule_value_and_time(block: Block, words: str) -> None:
    assert blocked_words(block.reason, block.code, SHANGHAI) == words


def test_a_carriers_code_is_no_rule() -> None:
    assert blocked_words(Reason.UNREACHABLE, "MK:0004", SHANGHAI) == Reason.UNREACHABLE.label
    assert blocked_words(Reason.UNREACHABLE, None, SHANGHAI) == Reason.UNREACHABLE.label


def test_every_reason_but_none_has_advice() -> None:
    assert set(Reason) - ADVICE.keys() <= {Reason.NONE, Reason.SETTLED_BY_PERSON, Reason.THROTTLED}
