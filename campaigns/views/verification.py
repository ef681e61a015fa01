"""The verification code of the send page: its picture, its sound, a new one."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import services
from campaigns.forms import SendForm
from campaigns.models import Verification
from campaigns.views.lookup import campaign_for


@require_safe
@never_cache
def campaign_verification(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """The code's part of the page; a new code when one is asked for."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    get = services.issue_verification if "new_code" in request.GET else services.open_verification
    context = {
        "project": campaign.project,
        "campaign": campaign,
        "verification": get(campaign=campaign, by=signed_in_person(request)),
        "verification_by_mail": services.is_by_mail(),
        "send_form": SendForm(),
    }
    return render(request, "campaigns/_verification.html", context)


@require_safe
@never_cache
def campaign_verification_picture(request: HttpRequest, slug: str, uuid: UUID, code: UUID) -> HttpResponse:
    """The code as a picture, for the person it was made for."""
    verification = _own(request, slug, uuid, code)
    return HttpResponse(services.picture_of(verification), content_type="image/png")


@require_safe
@never_cache
def campaign_verification_sound(request: HttpRequest, slug: str, uuid: UUID, code: UUID) -> HttpResponse:
    """The code read aloud, for the person it was made for."""
    verification = _own(request, slug, uuid, code)
    return HttpResponse(services.sound_of(verification), content_type="audio/wav")


def _own(request: HttpRequest, slug: str, uuid: UUID, code: UUID) -> Verification:
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    if services.is_by_mail():
        raise Http404
    return get_object_or_404(
        Verification, uuid=code, campaign=campaign, user=signed_in_person(request), used_at=None
    )
