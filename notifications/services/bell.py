"""What a person does with their bell."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from notifications.models import BellEntry, Preference
from notifications.statuses import Topic


def mark_read(*, entry: BellEntry) -> None:
    """It is read from now on; twice does nothing."""
    BellEntry.objects.filter(pk=entry.pk, read_at=None).update(read_at=timezone.now())


def mark_all_read(*, user: User, up_to_id: int, topic: Topic | None = None) -> int:
    """Everything that this person saw is read; what came after `up_to_id` stays unread."""
    entries = BellEntry.objects.filter(user=user, read_at=None, pk__lte=up_to_id)
    if topic is not None:
        entries = entries.filter(topic=topic)
    return entries.update(read_at=timezone.now())


def choose_mail(*, user: User, by_mail: bool) -> None:
    """Whether what is in the bell comes by mail, too, from now on."""
    Preference.objects.update_or_create(user=user, defaults={"by_mail": by_mail})
