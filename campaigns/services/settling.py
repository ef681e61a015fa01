"""What an operator decides about a campaign's uncertain messages, and asks to see of its numbers."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignsError
from campaigns.models import Campaign
from campaigns.services.changes import lock, move, tell
from campaigns.services.readiness import place_problems, text_problems
from campaigns.statuses import CampaignStatus, EventKind
from delivery.services import UncertainChoice, settle_uncertain


def settle_uncertain_messages(
    *, campaign: Campaign, choice: UncertainChoice, by: User, message_ids: list[int] | None = None
) -> int:
    """Treat uncertain messages (all, or these) as sent or as failed, or send them once more.

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


def note_reveal(*, campaign: Campaign, by: User) -> None:
    """Write down that this person asked to see whole numbers of people."""
    with transaction.atomic():
        tell(campaign, EventKind.NUMBERS_REVEALED, by=by)
