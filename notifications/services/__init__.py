"""One function per thing that happens to notifications."""

from notifications.services.reading import follow_outbox
from notifications.services.sending import send_due, settle_texts

__all__ = ["follow_outbox", "send_due", "settle_texts"]
