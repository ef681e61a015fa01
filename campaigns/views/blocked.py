"""The rows of a draft that one rule would block, as the forecast found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from campaigns.foresight import ROWS_NAMED
from campaigns.models import Campaign, Forecast
from campaigns.recipients import numbers_of_rows
from campaigns.services import current_upload
from campaigns.statuses import EDITABLE_STATUSES
from campaigns.views.lookup import campaign_for
from delivery.reasons import blocked_words
from delivery.statuses import Reason
from smsconsole.lib.msisdn import mask_msisdn


@dataclass(frozen=True, slots=True)
class BlockedRow:
    row_number: int
    number: str
    words: str


@require_safe
def campaign_blocked(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """The first rows that a rule (`?reason=`) would block, each with when it would pass; numbers masked."""
    campaign = campaign_for(request, slug, uuid)
    forecast = Forecast.objects.filter(campaign=campaign).first()
    reason = _asked(request)
    if forecast is None or reason is None or str(reason.value) not in forecast.limits.get("rows", {}):
        raise Http404
    context: dict[str, Any] = {
        "project": campaign.project,
        "campaign": campaign,
        "label": reason.label,
        "rows": _rows(campaign, reason, forecast.limits["rows"][str(reason.value)]),
        "n_all": forecast.limits["blocked"][str(reason.value)],
        "n_named": ROWS_NAMED,
        "is_draft": campaign.status in EDITABLE_STATUSES,
    }
    return render(request, "campaigns/blocked.html", context)


def _asked(request: HttpRequest) -> Reason | None:
    asked = request.GET.get("reason", "")
    is_known = asked.isascii() and asked.isdigit() and len(asked) < 5 and int(asked) in Reason.values
    return Reason(int(asked)) if is_known else None


def _rows(campaign: Campaign, reason: Reason, named: list[tuple[int, str]]) -> list[BlockedRow]:
    upload = current_upload(campaign)
    numbers = numbers_of_rows(upload.pk, [row for row, _code in named]) if upload else {}
    zone = campaign.project.zone
    return [
        BlockedRow(row, mask_msisdn(numbers[row]), blocked_words(reason, code, zone))
        for row, code in named
        if row in numbers
    ]
