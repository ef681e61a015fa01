"""What a campaign still lacks before it may be sent. The page shows it, and sending refuses because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.standing import standing_of
from accounts.statuses import REGION_LABELS
from campaigns.caps import concerned_scopes, reached_cap
from campaigns.models import Campaign, Forecast, Upload
from campaigns.services.forecasts import content_digest
from campaigns.services.uploads import current_upload, wanted_checks
from campaigns.statuses import RecipientSource, UploadStatus
from campaigns.words import cap_words, until_words
from delivery.queries import default_gateway
from delivery.statuses import HoldCause
from smsconsole.lib.countries import country_name
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.queries import usable_sender_ids
from templates_app.statuses import RevisionStatus, TextKind

# The page that shows an organization what it still lacks.
CHECKLIST = "organization-checklist"
COUNTRIES_NAMED = 5

Step = Literal["what", "whom", "when", "check"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands in the way: at which step of the page, in a code for tests, in words.

    `page` names a page of the organization that shows what is missing; empty when there is none.
    """

    step: Step
    code: str
    words: str
    page: str = ""


def problems_before_sending(campaign: Campaign) -> list[Problem]:
    """Everything that keeps the draft from being sent, in the order of the page; empty when it may go.

    Reads approval, region, standing, project and gateway as they are now. Ten statements at most.
    """
    upload = current_upload(campaign)
    found = [*_what(campaign), *_whom(campaign, upload), *_when(campaign)]
    found += _check(campaign, upload, is_complete=not found)
    return found


def text_problems(campaign: Campaign, *, has_started: bool = False) -> list[Problem]:
    """Whether the texts may be used at this moment: chosen, approved, and of the campaign's region.

    A campaign that has started keeps its revisions also when newer ones were approved since (retired), but not
    when their approval was revoked.
    """
    found = []
    usable = {RevisionStatus.APPROVED, RevisionStatus.RETIRED} if has_started else {RevisionStatus.APPROVED}
    body = (
        BodyTemplateRevision.objects.select_related("body_template")
        .filter(pk=campaign.body_template_revision_id or 0)
        .first()
    )
    signature = (
        SignatureRevision.objects.select_related("signature")
        .filter(pk=campaign.signature_revision_id or 0)
        .first()
    )
    if body is None:
        found.append(Problem("what", "no_template", _("Choose a template.")))
    elif body.status not in usable:
        found.append(Problem("what", "template_not_approved", _not_approved(body)))
    elif body.body_template.region != campaign.region:
        found.append(Problem("what", "template_region", _("The template is for the other region.")))
    if signature is None:
        found.append(Problem("what", "no_signature", _("Choose a signature.")))
    elif signature.status not in usable:
        found.append(Problem("what", "signature_not_approved", _not_approved(signature)))
    elif signature.signature.region != campaign.region:
        found.append(Problem("what", "signature_region", _("The signature is for the other region.")))
    return found


def _not_approved(revision: BodyTemplateRevision | SignatureRevision) -> str:
    return _("“%(name)s” is not approved any more: %(status)s. Choose another one.") % {
        "name": str(revision),
        "status": revision.get_status_display().lower(),
    }


def place_problems(campaign: Campaign) -> list[Problem]:
    """Whether organization, project and gateway let anything out."""
    found = standing_problems(campaign)
    project = campaign.project
    if project.is_disabled:
        found.append(
            Problem("check", "project_disabled", _("The project is disabled; an admin can enable it."))
        )
    if project.stopped_at is not None:
        words = _("All sending of this project was stopped by %(who)s. An admin can allow it again.")
        found.append(
            Problem("check", "sending_stopped", words % {"who": project.stopped_by or _("somebody")})
        )
    if default_gateway() is None:
        found.append(Problem("check", "no_gateway", _("No gateway is set up, so nothing can leave.")))
    return found


def cap_problems(campaign: Campaign) -> list[Problem]:
    """Whether the cap that holds a started campaign is still reached."""
    dispatch = campaign.dispatch
    if dispatch is None or HoldCause.CAP not in (dispatch.hold_cause, campaign.hold_reason):
        return []
    cap = reached_cap(campaign.project, timezone.now(), scopes=concerned_scopes(campaign))
    if cap is None:
        return []
    words = _("%(cap)s is reached until %(when)s. Continue then, or let an admin raise it.")
    values = {"cap": cap_words(cap), "when": until_words(cap, campaign.project.zone)}
    return [Problem("check", "cap_reached", words % values)]


def standing_problems(campaign: Campaign) -> list[Problem]:
    """Whether the organization may send this at all: its identity, and the activation of the region."""
    standing = standing_of(campaign.project.organization_id)
    if standing.is_locked:
        words = _(
            "The organization is locked, so nothing of it is sent. Ask the people who run this console."
        )
        return [Problem("check", "organization_locked", words)]
    region = Region(campaign.region)
    found = []
    if standing.entity is None:
        words = _("The organization is not verified yet. An admin applies for it, then it can send.")
        found.append(Problem("check", "not_verified", words, CHECKLIST))
    elif region not in standing.active_regions:
        words = _("%(service)s is not activated for the organization. An admin applies for it.")
        service = REGION_LABELS[region]
        found.append(Problem("check", "not_activated", words % {"service": service}, CHECKLIST))
    if standing.is_individual and campaign.kind == TextKind.MARKETING:
        words = _(
            "Individuals may not send marketing messages. Choose another text, or verify as an enterprise."
        )
        found.append(Problem("what", "not_for_individuals", words, CHECKLIST))
    return found


def sender_problems(campaign: Campaign) -> list[Problem]:
    """Whether the sender ID, if one is chosen, is approved at this moment and for every country of the file."""
    if not campaign.sender_id:
        return []
    usable = usable_sender_ids(campaign.project).filter(text=campaign.sender_id)
    places = set(usable.values_list("sender_id__country", flat=True))
    if not places:
        words = _("The sender ID “%(text)s” is not approved any more. Choose another one, or none.")
        return [Problem("what", "sender_not_approved", words % {"text": campaign.sender_id})]
    forecast = Forecast.objects.filter(campaign=campaign).only("countries").first()
    others = sorted({country for country, *_n in forecast.countries} - places) if forecast else []
    if "" in places or not others:
        return []
    words = _("The sender ID “%(text)s” is not registered for %(countries)s, which the file has numbers of.")
    names = ", ".join(country_name(country) or country for country in others[:COUNTRIES_NAMED])
    return [Problem("what", "sender_elsewhere", words % {"text": campaign.sender_id, "countries": names})]


def _what(campaign: Campaign) -> list[Problem]:
    found = [*text_problems(campaign), *sender_problems(campaign)]
    if not campaign.name:
        found.append(Problem("what", "no_name", _("Give the campaign a name.")))
    return found


def _whom(campaign: Campaign, upload: Upload | None) -> list[Problem]:
    if upload is None:
        if campaign.source == RecipientSource.MANUAL:
            return [Problem("whom", "no_numbers", _("Type the numbers and let them be checked."))]
        return [Problem("whom", "no_file", _("Upload a file of recipients."))]
    if upload.status == UploadStatus.REFUSED:
        return [Problem("whom", "file_refused", _("The file was refused. Upload another one."))]
    if upload.status != UploadStatus.READ:
        return [Problem("whom", "file_not_read", _("The file is still being read and checked."))]
    if upload.checked_for != wanted_checks(campaign):
        return [Problem("whom", "checked_for_other_text", _("The file was checked for another text."))]
    if not upload.n_sendable:
        return [Problem("whom", "nobody", _("No row of the file can be sent to. The report says why."))]
    return []


def _when(campaign: Campaign) -> list[Problem]:
    if campaign.scheduled_at is not None and campaign.scheduled_at <= timezone.now():
        return [Problem("when", "time_passed", _("The scheduled time has passed. Choose a later one."))]
    return []


def _too_long(forecast: Forecast) -> str:
    return ngettext(
        "With its values the message of row %(row)s has more than the %(max)s characters that carriers take. "
        "Shorten its values, or the text.",
        "With their values %(n)s messages have more than the %(max)s characters that carriers take, the first in "
        "row %(row)s. Shorten their values, or the text.",
        forecast.n_too_long,
    ) % {"n": forecast.n_too_long, "row": forecast.too_long_row, "max": settings.BODY_MAX}


def _check(campaign: Campaign, upload: Upload | None, *, is_complete: bool) -> list[Problem]:
    found = place_problems(campaign)
    if is_complete:
        digest = content_digest(campaign, upload)
        forecast = Forecast.objects.filter(campaign=campaign, digest=digest).exclude(limits={}).first()
        if forecast is None:
            found.append(Problem("check", "no_forecast", _("The forecast is still being worked out.")))
        elif forecast.n_too_long:
            found.append(Problem("whom", "text_too_long", _too_long(forecast)))
    return found
