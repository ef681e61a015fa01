"""What notifications need again and again, in the scheduler. Each finds its work in PostgreSQL."""

from __future__ import annotations

from notifications.abuse import check_abuse
from notifications.services import follow_outbox, send_due, settle_texts
from notifications.services.reading import BATCH_SIZE as READ_AT_ONCE
from notifications.services.sending import BATCH_SIZE as SENT_AT_ONCE
from smsconsole.beats import Beat


def tell_news() -> None:
    """Read the outbox to its end."""
    while follow_outbox() >= READ_AT_ONCE:
        pass


def send_waiting() -> None:
    """Send everything that is due."""
    while send_due() >= SENT_AT_ONCE:
        pass


BEATS = [
    Beat("tell-news", 1.0, tell_news),
    Beat("send-alarms", 1.0, send_waiting),
    Beat("settle-alarm-texts", 2.0, settle_texts),
    Beat("check-abuse", 30.0, check_abuse),
]
