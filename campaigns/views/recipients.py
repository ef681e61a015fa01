"""To whom: the upload, its import while it runs, typed numbers, and how the file is read."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import queries, services
from campaigns.errors import CampaignsError
from campaigns.services import FileChoices, current_upload
from campaigns.statuses import UploadStatus
from campaigns.views.lookup import campaign_for
from campaigns.views.steps.draft import Draft, Refusal
from campaigns.views.steps.page import save, steps_response
from campaigns.views.steps.whom import choices_form
from smsconsole.lib.types import Region


@require_POST
def campaign_upload(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Take a file in place of what was there. The rows are read by a worker."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)

    def receive(_version: int | None) -> None:
        file = request.FILES.get("file")
        if file is None:
            raise CampaignsError(_("Choose a file first."), field="file")
        services.receive_upload(campaign=campaign, file=file, by=signed_in_person(request))

    return save(
        request, lambda: campaign_for(request, slug, uuid, Role.OPERATOR), receive, step="whom", form="upload"
    )


@require_POST
def campaign_manual(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Take typed numbers in place of what was there."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    return save(
        request,
        lambda: campaign_for(request, slug, uuid, Role.OPERATOR),
        lambda version: services.type_numbers(
            campaign=campaign,
            version=version,
            text=request.POST.get("numbers", ""),
            by=signed_in_person(request),
        ),
        step="whom",
        form="manual_form",
    )


@require_safe
def campaign_import(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """The bar of a running import; 204 when it has not moved, all steps when the file is read or refused."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)
    upload = current_upload(campaign)
    is_running = upload is not None and upload.status in (UploadStatus.WAITING, UploadStatus.READING)
    if upload is None or not is_running or str(upload.uuid) != request.GET.get("upload"):
        response = steps_response(request, campaign, stay_open="whom")
        response["HX-Retarget"] = "#send-steps"
        return response
    progress = queries.import_progress(upload)
    if progress.stamp == request.GET.get("stamp"):
        return HttpResponse(status=204)
    context = {
        "project": campaign.project,
        "campaign": campaign,
        "upload": upload,
        "import_progress": progress,
    }
    return render(request, "campaigns/_import.html", context)


@require_POST
def campaign_file_choices(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Read the same file again with another sheet, number column, header or encoding."""
    campaign = campaign_for(request, slug, uuid, Role.OPERATOR)

    def read_again(version: int | None) -> None:
        upload = current_upload(campaign)
        if upload is None or not upload.facts:
            raise CampaignsError(_("There is no file to read. Upload one first."))
        refusal = Refusal("choices_form")
        user = signed_in_person(request)
        draft = Draft(request, user, campaign.project, campaign, Region(campaign.region), refusal=refusal)
        form = choices_form(draft, upload)
        if not form.is_valid():
            raise CampaignsError(_("The file does not have what was chosen. Choose again."))
        services.choose_file_reading(
            campaign=campaign, version=version, choices=cast(FileChoices, form.cleaned_data), by=user
        )

    return save(
        request,
        lambda: campaign_for(request, slug, uuid, Role.OPERATOR),
        read_again,
        step="whom",
        form="choices_form",
    )
