"""Recipients of campaigns: their files, what was found in them, and the forecast."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.conf import settings
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from pydantic import Field

from api.access import actor_of
from api.native.campaign_shapes import (
    ForecastOut,
    ImportOut,
    RefusedRowPage,
    forecast_out,
    import_out,
    refused_row_out,
)
from api.native.campaigns import MAY_READ, campaign_of, require_draft
from api.native.cursors import Cursors
from api.native.keys import BODY_MAX_BYTES, ApiRequest
from api.native.operations import Terms, operation
from api.native.problems import FieldError, Problem
from api.native.shapes import Given, Line, Paged
from campaigns import queries, services
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Forecast, Upload
from campaigns.statuses import EDITABLE_STATUSES
from projects.statuses import ApiScope
from smsconsole.lib.types import RefusalReason

router = Router(tags=["Campaigns"])


class FileReading(Given):
    """How the file is read, where nothing is to be guessed."""

    sheet: Line | None = Field(None, max_length=200, description="Of a workbook; else the first visible one.")
    number_column: int | None = Field(None, ge=0, le=16_383, description="From 0.")
    has_header: bool | None = None
    encoding: (
        Literal["utf-8", "gb18030", "utf-16", "cp1252", "cp1251", "big5", "shift_jis", "euc_kr"] | None
    ) = None
    separator: Literal[",", ";", "\t", "|"] | None = None


class RowsAsked(Paged):
    reason: RefusalReason | None = None


@operation(
    router,
    "POST",
    "/campaigns/{campaign_id}/recipients",
    Terms(
        ApiScope.CAMPAIGNS_WRITE,
        "Upload recipients",
        ("file_refused", "not_in_this_state", "project_disabled", "nobody_behind_key"),
        status=202,
        once="here",
        body_max_bytes=settings.UPLOAD_MAX_BYTES + BODY_MAX_BYTES,
    ),
    gives=ImportOut,
)
def upload_recipients(
    request: ApiRequest,
    campaign_id: UUID,
    file: Annotated[
        UploadedFile, File(description="An .xlsx or .csv file, with the number in the first column.")
    ],
    reading: Form[FileReading],
) -> ImportOut:
    """Give the draft a file of recipients, in place of what it had. It is read in the background: ask for the report.

    The file's columns after the number are the values of the text's placeholders. Rows that cannot be sent to do not
    stop the others.
    """
    campaign = campaign_of(request, campaign_id)
    require_draft(campaign)
    _refuse_unknown_fields(request)
    options = reading.model_dump(exclude_none=True)
    try:
        upload = services.receive_upload(
            campaign=campaign, file=file, by=actor_of(request.key), options=options
        )
    except CampaignsError as error:
        raise Problem(
            "file_refused", str(error), errors=[FieldError("file", "refused", str(error))]
        ) from error
    return import_out(upload)


@operation(
    router,
    "GET",
    "/campaigns/{campaign_id}/recipients",
    Terms(MAY_READ, "Get the import report"),
    gives=ImportOut,
)
def get_import_report(request: ApiRequest, campaign_id: UUID) -> ImportOut:
    """How far the file of recipients is read, and what was found. 404 while there is none."""
    return import_out(_upload_of(campaign_of(request, campaign_id)))


@operation(
    router,
    "GET",
    "/campaigns/{campaign_id}/refused-rows",
    Terms(MAY_READ, "List refused rows", ("cursor_invalid",)),
    gives=RefusedRowPage,
)
def list_refused_rows(request: ApiRequest, campaign_id: UUID, asked: Query[RowsAsked]) -> RefusedRowPage:
    """The rows that cannot be sent to, in the order of the file, each with the reason and what to do."""
    campaign = campaign_of(request, campaign_id)
    upload = _upload_of(campaign)
    cursors = Cursors("refused-rows", request.auth.project, {"upload": upload.pk, **asked.filters()})
    page = queries.refused_rows(
        upload, reason=asked.reason or "", after_row=cursors.read(asked.cursor) or 0, limit=asked.limit
    )
    return RefusedRowPage(
        items=[refused_row_out(line) for line in page.rows], next_cursor=cursors.make(page.next_after)
    )


@operation(
    router,
    "GET",
    "/campaigns/{campaign_id}/forecast",
    Terms(MAY_READ, "Get the forecast"),
    gives=ForecastOut,
)
def get_campaign_forecast(request: ApiRequest, campaign_id: UUID) -> ForecastOut:
    """What sending it would do, asked of the limits as they are now. Ask again while `ready` is false."""
    campaign = campaign_of(request, campaign_id)
    forecast = Forecast.objects.filter(campaign=campaign).first()
    upload = services.current_upload(campaign)
    if forecast is not None and upload is not None and campaign.status in EDITABLE_STATUSES:
        services.refresh_limits(campaign, upload, forecast)
    return forecast_out(forecast)


def _upload_of(campaign: Campaign) -> Upload:
    upload = services.current_upload(campaign)
    if upload is None:
        raise Problem("not_found", "The campaign has no recipients yet.")
    return upload


def _refuse_unknown_fields(request: ApiRequest) -> None:
    names = [*request.POST, *request.FILES]
    unknown = [name for name in names if name not in {"file", *FileReading.model_fields}]
    if unknown:
        errors = [
            FieldError(name[:60], "extra_forbidden", "There is no such field.") for name in unknown[:20]
        ]
        raise Problem("invalid_input", errors=errors)
