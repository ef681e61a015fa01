"""One function per thing that happens to notifications."""

from notifications.services.again import send_again, send_test
from notifications.services.bell import choose_mail, mark_all_read, mark_read
from notifications.services.reading import follow_outbox
from notifications.services.sending import send_due, settle_texts

__all__ = [
    "choose_mail",
    "follow_outbox",
    "mark_all_read",
    "mark_read",
    "send_again",
    "send_due",
    "send_test",
    "settle_texts",
]
