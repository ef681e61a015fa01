"""What campaigns add to the checklist of an organization (`accounts.checklist`): its end."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.checklist import Found, State, Step
from accounts.models import Organization, Role
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from projects.checklist import first_project

# The first message has left, or is about to.
_SENT = (CampaignStatus.RUNNING, CampaignStatus.SUSPENDED, CampaignStatus.FINISHED)


def _first_campaign(organization: Organization) -> Found:
    of_it = Campaign.objects.filter(project__organization=organization)
    if of_it.filter(status__in=_SENT).exists():
        return Found(State.DONE)
    project = first_project(organization)
    if project is None:
        return Found(State.TODO, _("Add a project first."))
    if of_it.filter(status=CampaignStatus.SCHEDULED).exists():
        return Found(State.WAITING, _("Scheduled."), reverse("campaign-list", args=[project.slug]))
    return Found(State.TODO, url=reverse("campaign-new", args=[project.slug]))


STEPS = [
    Step(
        gettext_lazy("The first campaign"),
        gettext_lazy("Try it with your own number first: a test is part of every campaign."),
        90,
        _first_campaign,
        action=gettext_lazy("Prepare a campaign"),
        role=Role.OPERATOR,
        is_last=True,
    ),
]
