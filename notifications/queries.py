"""Reads for the bell, the log of a project's notifications, and the pages of its alarm contacts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from accounts.models import Membership, User
from notifications.models import BellEntry, Delivery, Notification, Preference
from notifications.statuses import Channel, DeliveryState, Topic
from notifications.words import Words, words_of
from projects.models import AlarmContact, Project
from projects.statuses import AlarmEvent

PAGE_SIZE = 25
# Beyond so many the bell says "99+" and counts no further.
COUNTED_UNREAD = 100


def n_unread(user: User) -> int:
    """How many notifications this person has not read, counted to `COUNTED_UNREAD`. One query."""
    return _visible(user).filter(read_at=None)[:COUNTED_UNREAD].count()


def _visible(user: User) -> QuerySet[BellEntry]:
    """The person's bell; what belongs to an organization they left is not theirs to see any more."""
    entries = BellEntry.objects.filter(user=user)
    if user.is_staff:
        return entries
    memberships = Membership.objects.filter(user=user, organization=OuterRef("notification__organization"))
    return entries.filter(Exists(memberships))


def bell_entry(user: User, uuid: UUID) -> BellEntry | None:
    """The entry of this notification in the person's bell. One query."""
    return _visible(user).select_related("notification").filter(notification__uuid=uuid).first()


@dataclass(frozen=True, slots=True)
class BellRow:
    entry: BellEntry
    words: Words

    @property
    def notification(self) -> Notification:
        return self.entry.notification


@dataclass(frozen=True, slots=True)
class BellPage:
    """Newest first. `next_before` is where the older ones begin, None at the end."""

    rows: list[BellRow]
    next_before: int | None


def bell_page(
    user: User,
    *,
    is_unread: bool = False,
    topic: Topic | None = None,
    before_id: int | None = None,
    after_id: int | None = None,
) -> BellPage:
    """A page of the person's notifications. One query."""
    entries = _visible(user).select_related("notification__project", "notification__organization")
    if is_unread:
        entries = entries.filter(read_at=None)
    if topic is not None:
        entries = entries.filter(topic=topic)
    found, next_before = _page(entries, before_id, after_id)
    return BellPage([BellRow(entry, words_of(entry.notification)) for entry in found], next_before)


def wants_mail(user: User) -> bool:
    """Whether what is in the person's bell comes by mail, too. One query."""
    return not Preference.objects.filter(user=user, by_mail=False).exists()


# --- The log of a project -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogRow:
    """A notification with everything that was sent about it. `n_bells` people had it in their bell."""

    notification: Notification
    words: Words
    deliveries: list[Delivery]
    n_bells: int


@dataclass(frozen=True, slots=True)
class LogPage:
    rows: list[LogRow]
    next_before: int | None


def project_log(
    project: Project,
    *,
    topic: Topic | None = None,
    is_failed: bool = False,
    before_id: int | None = None,
    after_id: int | None = None,
) -> LogPage:
    """A page of the project's notifications, newest first. Two queries, however many there are."""
    sent = Delivery.objects.select_related("asked_by").order_by("pk")
    notifications = (
        Notification.objects.filter(project=project)
        .prefetch_related(Prefetch("deliveries", queryset=sent))
        .annotate(n_bells=Count("bell_entries"))
    )
    if topic is not None:
        notifications = notifications.filter(topic=topic)
    if is_failed:
        failed = Delivery.objects.filter(notification=OuterRef("pk"), state=DeliveryState.FAILED)
        notifications = notifications.filter(Exists(failed))
    found, next_before = _page(notifications, before_id, after_id)
    for each in found:
        each.project = project
    return LogPage(
        [LogRow(each, words_of(each), list(each.deliveries.all()), each.n_bells) for each in found],
        next_before,
    )


def _page(rows: QuerySet, before_id: int | None, after_id: int | None) -> tuple[list, int | None]:  # type: ignore[type-arg]
    if after_id is not None:
        newer = list(rows.filter(pk__gt=after_id).order_by("pk")[: PAGE_SIZE + 1])
        found = newer[:PAGE_SIZE][::-1]
        return found, found[-1].pk if found else None
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    found = list(rows.order_by("-pk")[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None


# --- Alarm contacts -------------------------------------------------------------------------------------


@dataclass(slots=True)
class ChannelState:
    """What is known of one address: what arrived last, what failed last, what is on its way."""

    channel: Channel
    address: str
    arrived: Delivery | None = None
    failed: Delivery | None = None
    open: Delivery | None = None

    @property
    def is_failing(self) -> bool:
        """Whether the newest end was a failure."""
        if self.failed is None:
            return False
        return self.arrived is None or self.failed.pk > self.arrived.pk


@dataclass(frozen=True, slots=True)
class ContactRow:
    contact: AlarmContact
    events: list[str]
    channels: list[ChannelState] = field(default_factory=list)


_ENDS = {
    DeliveryState.SENT: "arrived",
    DeliveryState.KEPT: "arrived",
    DeliveryState.FAILED: "failed",
    DeliveryState.WAITING: "open",
    DeliveryState.SENDING: "open",
}


def contact_rows(project: Project) -> list[ContactRow]:
    """The project's alarm contacts, each address with what became of the newest messages to it. Two queries."""
    contacts = list(AlarmContact.objects.filter(project=project))
    newest = (
        Delivery.objects.filter(contact__in=contacts)
        .order_by("contact_id", "channel", "address", "state", "-pk")
        .distinct("contact_id", "channel", "address", "state")
    )
    by_contact: dict[int, list[Delivery]] = {}
    for delivery in newest:
        by_contact.setdefault(delivery.contact_id or 0, []).append(delivery)
    return [_contact_row(contact, by_contact.get(contact.pk, [])) for contact in contacts]


def _contact_row(contact: AlarmContact, newest: Sequence[Delivery]) -> ContactRow:
    addresses = ((Channel.MAIL, contact.email), (Channel.SMS, contact.msisdn))
    channels = [ChannelState(channel, address) for channel, address in addresses if address]
    for state in channels:
        _note(state, (d for d in newest if d.channel == state.channel and d.address == state.address))
    labels = [str(event.label) for event in AlarmEvent if event in contact.events]
    return ContactRow(contact, labels, channels)


def _note(state: ChannelState, deliveries: Iterable[Delivery]) -> None:
    for delivery in deliveries:
        place = _ENDS[DeliveryState(delivery.state)]
        standing = getattr(state, place)
        if standing is None or standing.pk < delivery.pk:
            setattr(state, place, delivery)


def delivery_of(project: Project, uuid: UUID) -> Delivery | None:
    """A delivery of this project's log. One query."""
    deliveries = Delivery.objects.select_related("notification", "contact", "user")
    return deliveries.filter(notification__project=project, uuid=uuid).first()
