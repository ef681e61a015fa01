"""From recipients to messages: finished texts in row order, a chunk and the cursor in one commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Upload
from campaigns.recipients import RecipientRow, recipients_after
from campaigns.texts import text_maker
from delivery.models import Dispatch
from delivery.routing import Router, router_for
from delivery.services import NewMessage, append_messages, finish_fanout
from delivery.statuses import DispatchState
from smsconsole.lib.segments import OVERHEAD_UNITS, n_segments
from smsconsole.queue import enqueue

# Small, so that sending begins at once; the rest in chunks whose commit is worth its price.
FIRST_CHUNK = 1_000
CHUNK = 5_000


def run(campaign_id: int) -> None:
    """Hand every recipient of a started campaign to delivery. Cut off and run again it goes on; nothing doubles.

    It goes on while the campaign is suspended, and also when it is cancelled, so that every recipient is
    accounted for: what comes after becomes cancelled like the rest. Two runs at once share the work.
    """
    campaign = (
        Campaign.objects.select_related("dispatch", "project", "signature_revision", "body_template_revision")
        .filter(pk=campaign_id, dispatch__fanout_done=False)
        .first()
    )
    if campaign is None or campaign.dispatch is None:
        return
    upload_id = Upload.objects.values_list("pk", flat=True).get(campaign_id=campaign_id, is_current=True)
    make, row_number = text_maker(campaign), campaign.fanout_row
    while True:
        recipients = recipients_after(upload_id, row_number, CHUNK if row_number else FIRST_CHUNK)
        if not recipients:
            break
        messages = finished_messages(recipients, make, sender=campaign.sender_id)
        # Read for each chunk, so that a changed route holds for the rest.
        router = router_for(campaign.project, campaign.kind)
        row_number = _append(campaign_id, campaign.dispatch.pk, row_number, messages, router)
    _finish(campaign_id, campaign.dispatch.pk, row_number)


def finished_messages(
    recipients: Sequence[RecipientRow], make: Callable[[Sequence[str]], str], *, sender: str
) -> list[NewMessage]:
    """The messages of these recipients as they will leave."""
    overhead = OVERHEAD_UNITS.get
    messages = []
    for row_number, msisdn, country, parameters in recipients:
        text = make(parameters)
        n = n_segments(text, overhead_units=overhead(country, 0))
        messages.append(NewMessage(row_number, msisdn, country, sender, text, n))
    return messages


def _append(
    campaign_id: int, dispatch_id: int, after_row: int, messages: list[NewMessage], router: Router
) -> int:
    """Append the chunk that follows `after_row` and move the cursor; returns where the cursor is now.

    The texts were made before the lock was taken, so that *Suspend* never waits for them. When another run has
    moved the cursor meanwhile, the chunk is dropped.
    """
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update(no_key=True).only("fanout_row").get(pk=campaign_id)
        if campaign.fanout_row != after_row:
            return campaign.fanout_row
        dispatch = Dispatch.objects.get(pk=dispatch_id)
        append_messages(dispatch=dispatch, offset=dispatch.n_total, rows=messages, router=router)
        campaign.fanout_row = messages[-1].owner_row
        campaign.fanout_heartbeat_at = timezone.now()
        campaign.save(update_fields=["fanout_row", "fanout_heartbeat_at"])
    return campaign.fanout_row


def _finish(campaign_id: int, dispatch_id: int, last_row: int) -> None:
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update(no_key=True).only("fanout_row").get(pk=campaign_id)
        if campaign.fanout_row != last_row:
            return
        finish_fanout(dispatch_id=dispatch_id)
        if Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.CANCELLED).exists():
            enqueue("delivery.jobs.cancel_rest", dispatch_id)
