"""One message, from its row to its receipt."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from campaigns.views.numbers import is_revealed
from campaigns.views.stories import Told, tell_stories
from delivery.queries.messages import MAX_ID
from projects.access import project_for
from smsconsole.lib.msisdn import mask_msisdn


@require_safe
def message_detail(request: HttpRequest, slug: str, message_id: int) -> HttpResponse:
    """The whole story of a message. Its id is the one that carriers are given with it."""
    project = project_for(request.user, slug)
    told = tell_stories(project, [message_id]) if message_id <= MAX_ID else []
    if not told:
        raise Http404
    [one] = told
    context = {
        "project": project,
        "told": one,
        "number": shown_number(request, one),
    }
    return render(request, "campaigns/message.html", context)


def shown_number(request: HttpRequest, told: Told) -> str:
    """Masked, unless this person asked for whole numbers of the campaign a moment ago."""
    campaign = told.owner.campaign
    msisdn = told.story.body.msisdn
    if campaign is not None and not told.owner.is_test and is_revealed(request, campaign):
        return msisdn
    return mask_msisdn(msisdn)
