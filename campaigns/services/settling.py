"""What an operator decides about a campaign's uncertain messages, and asks to see of its numbers."""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignsError
from campaigns.models import Campaign
from campaigns.services.changes import lock, move, tell
from campaigns.services.readiness import place_problems, text_problems
from campaigns.statuses import CampaignStatus, EventKind
from delivery.errors import DeliveryError
from delivery.models import Dispatch, Message
from delivery.services import UncertainChoice, settle_uncertain
from delivery.services.uncertain_policy import due_decisions
from delivery.statuses import MessageStatus
from projects.models import Project
from projects.services import require_enabled

log = logging.getLogger(__name__)


def settle_uncertain_messages(
    *, campaign: Campaign, choice: UncertainChoice, by: User | None, message_ids: list[int] | None = None
) -> int:
    """Treat uncertain messages (all, or these) as sent or as failed, or send them once more; `by` None: the policy.

    Returns how many it were; those settled meanwhile by a receipt are left alone. Sending again makes a
    finished campaign run again, and is refused when its text or project may not be used any more.
    """
    with transaction.atomic():
        locked = lock(campaign)
        if locked.dispatch_id is None:
            raise CampaignsError(_("Nothing of this campaign was sent yet."))
        if choice == UncertainChoice.AGAIN:
            problems = [*text_problems(locked, has_started=True), *place_problems(locked)]
            if problems:
                raise CampaignsError(problems[0].words)
        n = settle_uncertain(dispatch_id=locked.dispatch_id, choice=choice, by=by, message_ids=message_ids)
        if n and choice == UncertainChoice.AGAIN and locked.status == CampaignStatus.FINISHED:
            move(locked, CampaignStatus.RUNNING, finished_at=None)
        if n:
            tell(locked, EventKind.UNCERTAIN_SETTLED, by=by, choice=str(choice), n_messages=n)
    return n


class Settled(NamedTuple):
    """How many messages were settled; and for each campaign that refused, its name and why."""

    n: int
    refusals: list[tuple[str, str]]


def settle_in_project(
    *,
    project: Project,
    choice: UncertainChoice,
    by: User,
    dispatch_id: int | None = None,
    message_ids: list[int] | None = None,
) -> Settled:
    """Settle all uncertain messages of one dispatch, or those of `message_ids`, as far as they are the project's.

    Messages of several campaigns are settled campaign by campaign; one that refuses does not stop the others.
    """
    require_enabled(project)
    if dispatch_id is not None:
        wanted: dict[int, list[int] | None] = {dispatch_id: None}
    else:
        wanted = {}
        for pk, of in Message.objects.filter(
            pk__in=message_ids or [], rare_status=MessageStatus.UNCERTAIN
        ).values_list("pk", "dispatch_id"):
            chosen = wanted.setdefault(of, [])
            if chosen is not None:
                chosen.append(pk)
    n, refusals = 0, []
    for dispatch in Dispatch.objects.filter(pk__in=wanted, project=project).order_by("pk"):
        campaign = Campaign.objects.filter(dispatch=dispatch).first()
        ids = wanted[dispatch.pk]
        try:
            if campaign is not None:
                n += settle_uncertain_messages(campaign=campaign, choice=choice, by=by, message_ids=ids)
            else:
                n += settle_uncertain(dispatch_id=dispatch.pk, choice=choice, by=by, message_ids=ids)
        except (CampaignsError, DeliveryError) as error:
            refusals.append((campaign.name if campaign else "", str(error)))
    return Settled(n, refusals)


def apply_uncertain_policies() -> int:
    """Settle uncertain messages as their projects' policies say; returns how many. Twice does nothing more.

    What may not be sent again now (text revoked, project stopped, campaign cancelled) stays uncertain.
    """
    n = 0
    for decision in due_decisions():
        campaign = Campaign.objects.filter(dispatch_id=decision.dispatch_id).first()
        try:
            if campaign is not None:
                n += settle_uncertain_messages(
                    campaign=campaign, choice=decision.choice, by=None, message_ids=decision.message_ids
                )
            else:
                n += settle_uncertain(
                    dispatch_id=decision.dispatch_id,
                    choice=decision.choice,
                    by=None,
                    message_ids=decision.message_ids,
                )
        except (CampaignsError, DeliveryError) as error:
            log.info(
                "dispatch=%s policy=%s waits: %s", decision.dispatch_id, decision.choice, type(error).__name__
            )
    return n


def note_reveal(*, campaign: Campaign, by: User) -> None:
    """Write down that this person asked to see whole numbers of people."""
    with transaction.atomic():
        tell(campaign, EventKind.NUMBERS_REVEALED, by=by)
