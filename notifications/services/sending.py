"""Mails and text messages on their way: taken when due, tried with back-off, settled by what came of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from delivery.models import Dispatch, Gateway, Message
from delivery.queries import default_gateway
from delivery.routing import router_for_alarms
from delivery.services import NewMessage, append_messages, finish_fanout, open_dispatch
from delivery.statuses import OPEN_STATUSES, SYSTEM_TAG, TAKEN_STATUSES, MessageStatus, Reason
from notifications import sql
from notifications.models import Delivery
from notifications.services.mails import Refused, error_words, mails_stay_here, send_mails
from notifications.statuses import Channel, DeliveryState
from notifications.words import sms_text
from projects.models import Project
from smsconsole.lib.msisdn import MsisdnError, read_msisdn
from smsconsole.lib.segments import n_segments

log = logging.getLogger(__name__)

# Pauses before the next try; after the last one it has failed.
BACKOFF_SECONDS = (30, 60, 300, 900, 3600, 3600, 7200)
MAX_ATTEMPTS = len(BACKOFF_SECONDS) + 1
BATCH_SIZE = 50
# Marks the dispatch of an alarm: no limit, cap, list, hour or stop of the project holds it back.
SYSTEM_TAGS = {SYSTEM_TAG: "alarm"}


def send_due() -> int:
    """Send what is due, at most `BATCH_SIZE`; how many were tried.

    Each is counted as tried before it leaves. A sender that dies afterwards leaves it waiting: a mail may then
    come twice, a text message cannot, for its dispatch is opened once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql.TAKE_DUE,
            {"limit": BATCH_SIZE, "backoff": list(BACKOFF_SECONDS), "max": len(BACKOFF_SECONDS)},
        )
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return 0
    due = list(
        Delivery.objects.filter(pk__in=ids)
        .select_related("notification__project", "notification__organization", "user")
        .order_by("pk")
    )
    _send_mails([delivery for delivery in due if delivery.channel == Channel.MAIL])
    for delivery in due:
        if delivery.channel == Channel.SMS:
            _send_text(delivery)
    return len(due)


def _send_mails(deliveries: Sequence[Delivery]) -> None:
    if not deliveries:
        return
    if mails_stay_here():
        for delivery in deliveries:
            _settle(delivery, DeliveryState.KEPT)
        return
    outcomes = send_mails(deliveries)
    for delivery in deliveries:
        error = outcomes[delivery.pk]
        if error is None:
            _settle(delivery, DeliveryState.SENT)
        else:
            _fail(delivery, error_words(error), for_good=isinstance(error, Refused))


def _send_text(delivery: Delivery) -> None:
    """Hand a text message to delivery as a dispatch of its own."""
    gateway = default_gateway()
    project = delivery.notification.project
    if gateway is None or project is None:
        _fail(delivery, _("No gateway is set up."), for_good=False)
        return
    try:
        number = read_msisdn(delivery.address, default_country=None)
    except MsisdnError:
        _fail(delivery, _("The number does not exist."), for_good=True)
        return
    with translation.override(settings.LANGUAGE_CODE):
        text = sms_text(delivery.notification)
    message = NewMessage(0, number.e164, number.country, "", text, n_segments(text))
    try:
        with transaction.atomic():
            dispatch_id = _dispatch(delivery, project, gateway, message)
            Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(
                state=DeliveryState.SENDING, dispatch_id=dispatch_id, next_try_at=None, error=""
            )
    except IntegrityError:
        # Opened by somebody who was thought dead: its commit settled the row, too.
        log.info("delivery=%s was handed over already", delivery.pk)


def _dispatch(delivery: Delivery, project: Project, gateway: Gateway, message: NewMessage) -> int:
    dispatch = open_dispatch(
        owner=f"alarm:{delivery.uuid}",
        project=project,
        gateway=gateway,
        n_messages=1,
        tags=SYSTEM_TAGS,
    )
    append_messages(dispatch=dispatch, offset=0, rows=[message], router=router_for_alarms(project))
    finish_fanout(dispatch_id=dispatch.pk)
    return dispatch.pk


def settle_texts() -> int:
    """Note what became of text messages that were handed over; how many came to an end."""
    sending = list(Delivery.objects.filter(state=DeliveryState.SENDING).order_by("pk")[: BATCH_SIZE * 4])
    first_ids = dict(
        Dispatch.objects.filter(pk__in=[d.dispatch_id for d in sending]).values_list("pk", "first_id")
    )
    messages = Message.objects.in_bulk([first_id for first_id in first_ids.values() if first_id])
    n_settled = 0
    for delivery in sending:
        message = messages.get(first_ids.get(delivery.dispatch_id or 0) or 0)
        if message is None or message.status in OPEN_STATUSES:
            continue
        n_settled += 1
        if message.status in _ARRIVED:
            _settle(delivery, DeliveryState.SENT)
        else:
            words = Reason(message.reason).label or MessageStatus(message.status).label
            _settle(delivery, DeliveryState.FAILED, error=str(words))
    return n_settled


# A carrier took it, or may have: there is no more to wait for than its receipt.
_ARRIVED = TAKEN_STATUSES - {MessageStatus.UNDELIVERED, MessageStatus.EXPIRED, MessageStatus.REJECTED}


def _settle(delivery: Delivery, state: DeliveryState, *, error: str = "") -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, error=error, next_try_at=None, settled_at=timezone.now()
    )


def _fail(delivery: Delivery, words: str, *, for_good: bool) -> None:
    """Note what went wrong; the next try is set already, unless this was the last."""
    log.warning("delivery=%s attempt=%s failed", delivery.pk, delivery.n_attempts)
    if for_good or delivery.n_attempts >= MAX_ATTEMPTS:
        _settle(delivery, DeliveryState.FAILED, error=words)
    else:
        Delivery.objects.filter(pk=delivery.pk).update(error=words)
