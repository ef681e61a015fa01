"""What a campaign still lacks before it may be sent. The page shows it, and sending refuses because of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Forecast, Upload
from campaigns.services.forecasts import content_digest
from campaigns.services.uploads import current_upload, wanted_checks
from campaigns.statuses import RecipientSource, UploadStatus
from delivery.queries import default_gateway
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.statuses import RevisionStatus

Step = Literal["what", "whom", "when", "check"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands in the way: at which step of the page, in a code for tests, in words."""

    step: Step
    code: str
    words: str


def problems_before_sending(campaign: Campaign) -> list[Problem]:
    """Everything that keeps the draft from being sent, in the order of the page; empty when it may go.

    Reads approval, region, project and gateway as they are now. Five statements.
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
    """Whether project and gateway let anything out."""
    found = []
    if campaign.project.is_disabled:
        found.append(
            Problem("check", "project_disabled", _("The project is disabled; an admin can enable it."))
        )
    if default_gateway() is None:
        found.append(Problem("check", "no_gateway", _("No gateway is set up, so nothing can leave.")))
    return found


def _what(campaign: Campaign) -> list[Problem]:
    found = text_problems(campaign)
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


def _check(campaign: Campaign, upload: Upload | None, *, is_complete: bool) -> list[Problem]:
    found = place_problems(campaign)
    if is_complete:
        digest = content_digest(campaign, upload)
        if not Forecast.objects.filter(campaign=campaign, digest=digest).exists():
            found.append(Problem("check", "no_forecast", _("The forecast is still being worked out.")))
    return found
