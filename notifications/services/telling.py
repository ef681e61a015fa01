"""Who is told of a notification, and by which way: bell entries, mails and text messages that wait to leave."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, User
from notifications.kinds import KINDS, Kind
from notifications.models import BellEntry, Delivery, Notification, Preference, QuietTime
from notifications.scenes import Scene
from notifications.statuses import Channel
from projects.models import AlarmContact


def tell(notification: Notification, kind: Kind, scene: Scene) -> None:
    """Ring the bells and line up mails and text messages, in the caller's transaction."""
    people = people_for(kind, scene)
    BellEntry.objects.bulk_create(
        [BellEntry(user=person, notification=notification, topic=notification.topic) for person in people],
        ignore_conflicts=True,
    )
    contacts = _contacts_for(kind, scene)
    told = {contact.email.lower() for contact in contacts if contact.email}
    silent = set(Preference.objects.filter(user__in=people, by_mail=False).values_list("user_id", flat=True))
    deliveries = deliveries_to(contacts, notification)
    deliveries += [
        Delivery(
            notification=notification,
            channel=Channel.MAIL,
            user=person,
            name=str(person)[:80],
            address=person.email,
        )
        for person in people
        if person.pk not in silent and person.email.lower() not in told
    ]
    Delivery.objects.bulk_create(deliveries)


def deliveries_to(contacts: Iterable[AlarmContact], notification: Notification) -> list[Delivery]:
    """A mail and a text message to each contact that has an address for it; not saved."""
    return [
        Delivery(
            notification=notification, channel=channel, contact=contact, name=contact.name, address=address
        )
        for contact in contacts
        for channel, address in ((Channel.MAIL, contact.email), (Channel.SMS, contact.msisdn))
        if address
    ]


def people_for(kind: Kind, scene: Scene) -> list[User]:
    """Members with one of the kind's roles, staff where it is theirs, and whom the scene names; each once."""
    wanted = Q(pk__in=scene.people)
    if kind.roles and scene.organization is not None:
        holders = Membership.objects.filter(organization=scene.organization, roles__overlap=[*kind.roles])
        wanted |= Q(pk__in=holders.values("user"))
    if kind.to_staff and scene.project is None:
        wanted |= Q(is_staff=True)
    if scene.organization is not None:
        # Who left the organization hears no more of it, whatever they once submitted.
        members = Membership.objects.filter(organization=scene.organization).values("user")
        wanted &= Q(pk__in=members) | Q(is_staff=True)
    return list(User.objects.filter(wanted, is_active=True).exclude(pk__in=scene.but_not).order_by("pk"))


def _contacts_for(kind: Kind, scene: Scene) -> list[AlarmContact]:
    if kind.alarm is None or scene.project is None:
        return []
    return list(AlarmContact.objects.filter(project=scene.project, events__contains=[kind.alarm]))


def quiet_time(key: str) -> QuietTime | None:
    """The quiet time of this kind in this place, while it lasts."""
    return QuietTime.objects.filter(key=key, until__gt=timezone.now()).first()


def begin_quiet_time(key: str) -> None:
    until = timezone.now() + timedelta(seconds=settings.ALARM_INTERVAL_SECONDS)
    QuietTime.objects.update_or_create(key=key, defaults={"until": until})


def quiet_key(notification: Notification) -> str:
    """What is told once per interval: one kind in one project, or for the whole installation."""
    where = f"project:{notification.project_id}" if notification.project_id else "installation"
    return f"{where}:{notification.kind}"


def kind_of(notification: Notification) -> Kind:
    return KINDS[notification.kind]
