"""Replies: stored raw first, applied after, each at most once. Words that unsubscribe are obeyed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.errors import DeliveryError
from delivery.gateways.base import ReplyEvent
from delivery.gateways.simulated import control_address
from delivery.models import SIMULATOR_KIND, Dispatch, Gateway, Message, MessageBody, Reply
from delivery.services.reply_parts import TEXT_MAX_CHARACTERS, is_part, store_reply_parts
from delivery.simulation.control import SimulationUnavailable, send_reply
from delivery.statuses import ReplyOutcome
from delivery.unsubscribe_words import is_unsubscribe
from projects.models import Project
from projects.services import require_enabled, unsubscribe
from smsconsole.outbox.services import append_event

log = logging.getLogger(__name__)

BATCH_SIZE = 200
# A reply may be here before the message it answers is settled: it is read again for so long.
RETRY_FOR = timedelta(minutes=10)
RETRY_AFTER = timedelta(seconds=5)

# Every project is asked through the index on (project, number); the newest of what they answer is the one.
_NEWEST_MESSAGE = """
    SELECT b.project_id, m.dispatch_id, m.id, d.consent_key
    FROM projects_project p
    CROSS JOIN LATERAL (
        SELECT message_id, project_id FROM delivery_messagebody
        WHERE project_id = p.id AND msisdn = %(msisdn)s
        ORDER BY message_id DESC LIMIT 50
    ) b
    JOIN delivery_message m ON m.id = b.message_id
    JOIN delivery_dispatch d ON d.id = m.dispatch_id
    WHERE coalesce(m.gateway_id, d.gateway_id) = %(gateway)s
      AND m.submitted_at > %(received_at)s - make_interval(secs => %(seconds)s)
      AND m.submitted_at <= %(received_at)s + interval '1 minute'
    ORDER BY m.submitted_at DESC, m.id DESC LIMIT 1
"""


class Answered(NamedTuple):
    """The message that a reply answers."""

    project_id: int
    dispatch_id: int
    message_id: int
    consent_key: str


def store_replies(*, gateway_id: int, events: Sequence[ReplyEvent]) -> None:
    """Store what a carrier handed over and commit; only after this returns may it be acknowledged.

    A reply with an id that is known already is not stored again. Parts of longer replies wait for the others.
    """
    parts = [event for event in events if is_part(event)]
    if parts:
        store_reply_parts(gateway_id=gateway_id, events=parts)
    Reply.objects.bulk_create(
        (
            Reply(
                gateway_id=gateway_id,
                gateway_reply_id=event.gateway_reply_id[:80],
                msisdn=event.msisdn[:16],
                destination=event.destination[:20],
                text=event.text.replace("\0", "")[:TEXT_MAX_CHARACTERS],
            )
            for event in events
            if not is_part(event)
        ),
        ignore_conflicts=True,
    )


def apply_replies() -> int:
    """Apply the stored replies that are due, the oldest first; how many were looked at.

    Each is locked, applied and marked in one transaction, so that it counts once, whatever dies. Replies under way
    elsewhere are passed over.
    """
    with transaction.atomic():
        due = list(
            Reply.objects.select_for_update(skip_locked=True)
            .filter(next_try_at__lte=Now())
            .order_by("next_try_at", "pk")[:BATCH_SIZE]
        )
        for reply in due:
            _apply(reply)
    return len(due)


def _apply(reply: Reply) -> None:
    answered = _answered(reply)
    if answered is None:
        if timezone.now() - reply.received_at < RETRY_FOR:
            reply.next_try_at = timezone.now() + RETRY_AFTER
        else:
            log.warning("reply answers no message reply=%s gateway=%d", reply.uuid, reply.gateway_id)
            reply.next_try_at, reply.outcome = None, ReplyOutcome.UNMATCHED
        reply.save(update_fields=["next_try_at", "outcome"])
        return
    reply.project_id, reply.dispatch_id, reply.message_id, reply.consent_key = answered
    reply.outcome = ReplyOutcome.NOTED
    if is_unsubscribe(reply.text, more_words=settings.UNSUBSCRIBE_WORDS):
        is_new = unsubscribe(
            project=Project.objects.get(pk=answered.project_id),
            msisdn=reply.msisdn,
            consent_key=answered.consent_key,
        )
        reply.outcome = ReplyOutcome.UNSUBSCRIBED if is_new else ReplyOutcome.REPEATED
    reply.next_try_at = None
    reply.save(
        update_fields=["project", "dispatch_id", "message_id", "consent_key", "outcome", "next_try_at"]
    )
    append_event(kind="reply.received", subject=f"reply:{reply.uuid}", payload={"reply": reply.pk})


def _answered(reply: Reply) -> Answered | None:
    """The newest message to the number through the reply's gateway within `REPLY_MATCH_SECONDS`."""
    with connection.cursor() as cursor:
        cursor.execute(
            _NEWEST_MESSAGE,
            {
                "msisdn": reply.msisdn,
                "gateway": reply.gateway_id,
                "received_at": reply.received_at,
                "seconds": settings.REPLY_MATCH_SECONDS,
            },
        )
        row = cursor.fetchone()
    return Answered(*row) if row else None


def reply_from_handset(*, project: Project, message_id: int, text: str) -> None:
    """Answer a message of this project as the phone behind the simulated gateway would.

    The simulated gateway takes the reply and hands it to the console as a carrier does. Raises `DeliveryError`.
    """
    require_enabled(project)
    body = MessageBody.objects.filter(project_id=project.pk, message_id=message_id).first()
    gateway = _gateway_of(message_id)
    if body is None or gateway is None or not gateway.is_simulated:
        raise DeliveryError(_("This message is not on a simulated phone. Open the handset again."))
    if not text.strip():
        raise DeliveryError(_("Type what the phone replies."))
    try:
        send_reply(
            control_address(gateway.kind, gateway.settings),
            msisdn=body.msisdn,
            destination=body.sender,
            text=text.strip(),
        )
    except (SimulationUnavailable, ValueError):
        raise DeliveryError(
            _("“%(gateway)s” did not take the reply. Start it with “manage.py %(command)s”, then try again.")
            % {
                "gateway": gateway.name,
                "command": "simulated_gateway" if gateway.kind == SIMULATOR_KIND else "smsc_simulator",
            }
        ) from None


def _gateway_of(message_id: int) -> Gateway | None:
    """The gateway that the message left by; its dispatch's where it is not known."""
    row = Message.objects.filter(pk=message_id).values_list("gateway_id", "dispatch_id").first()
    if row is None:
        return None
    gateway_id, dispatch_id = row
    if gateway_id is None:
        gateway_id = Dispatch.objects.values_list("gateway_id", flat=True).get(pk=dispatch_id)
    return Gateway.objects.get(pk=gateway_id)
