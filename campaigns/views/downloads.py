"""Workbooks to take away: the template, the operator's own file with its results, the table of numbers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import IO
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.models import Upload
from campaigns.results import write_numbers, write_result
from campaigns.views.format_notes import columns_of, example_rows_of, format_notes
from campaigns.views.lookup import campaign_for, campaign_url
from campaigns.views.numbers import is_revealed, read_asked
from campaigns.workbooks import ResultColumnsDoNotFit, write_recipient_template
from smsconsole.lib.types import Region

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A smaller workbook stays in memory while it is written.
IN_MEMORY_BYTES = 1 << 20


@require_safe
def campaign_template(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponseBase:
    """An empty file with the right columns, two example rows and the format notes."""
    campaign = campaign_for(request, slug, uuid)
    return _workbook(
        _("recipients-%(name)s") % {"name": campaign.name},
        lambda stream: write_recipient_template(
            stream,
            columns=columns_of(campaign),
            example_rows=example_rows_of(campaign),
            region=Region(campaign.region),
            notes=format_notes(campaign),
        ),
    )


@require_safe
def campaign_result(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponseBase:
    """The operator's own workbook with what became of each row at its right."""
    campaign = campaign_for(request, slug, uuid)
    reveal = is_revealed(request, campaign)
    try:
        return _workbook(
            _("result-%(name)s") % {"name": campaign.name},
            lambda stream: write_result(campaign=campaign, stream=stream, reveal=reveal),
        )
    except Upload.DoesNotExist:
        messages.error(request, _("This campaign has no file of recipients."))
    except ResultColumnsDoNotFit as error:
        messages.error(request, str(error))
    return redirect(campaign_url("campaign-detail", campaign))


@require_safe
def campaign_export(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponseBase:
    """The table of numbers with exactly the filter and search of the page."""
    campaign = campaign_for(request, slug, uuid)
    asked, reveal = read_asked(request), is_revealed(request, campaign)
    return _workbook(
        _("numbers-%(name)s") % {"name": campaign.name},
        lambda stream: write_numbers(
            campaign=campaign, stream=stream, word=asked.word, search=asked.search, reveal=reveal
        ),
    )


def file_name(title: str) -> str:
    """A name that every system takes; letters of all scripts stay."""
    return f"{slugify(title, allow_unicode=True) or 'download'}.xlsx"


def _workbook(title: str, write: Callable[[IO[bytes]], object]) -> FileResponse:
    stream = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the response closes it
    try:
        write(stream)
    except BaseException:
        stream.close()
        raise
    stream.seek(0)
    return FileResponse(stream, as_attachment=True, filename=file_name(title), content_type=XLSX)
