"""What sending a draft would do: computed in one read over its recipients, with the text that would leave."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.db import transaction

from campaigns.models import Campaign, Forecast, Upload
from campaigns.recipients import RecipientRow, recipient_slices, recipients_after
from campaigns.services.limit_forecasts import (
    answer_for,
    is_fresh,
    renew_limit_forecast,
    store_limit_forecast,
)
from campaigns.statuses import EDITABLE_STATUSES, UploadStatus
from campaigns.texts import text_maker
from delivery.models import Gateway
from delivery.routing import router_for
from smsconsole.lib import gsm0338
from smsconsole.lib.segments import OVERHEAD_UNITS, SegmentCount, count_segments, n_segments
from smsconsole.queue import enqueue
from templates_app.statuses import TextKind

# Up to so many rows a forecast is made where it is asked for; a page need not wait for a worker.
AT_ONCE_ROWS = 2_000
# What the console does by itself when the gateway has no rate of its own (messages per second).
USUAL_RATE = 5_000.0


def content_digest(campaign: Campaign, upload: Upload | None) -> str:
    """Names everything that decides what leaves: file, how it is read, texts, sender. Not when."""
    facts = [
        upload and [upload.sha256, upload.options, upload.checked_for],
        campaign.region,
        campaign.signature_revision_id,
        campaign.body_template_revision_id,
        campaign.sender_id,
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def send_digest(campaign: Campaign, upload: Upload | None) -> str:
    """What a verification code is bound to: the content and the time."""
    at = campaign.scheduled_at
    words = f"{content_digest(campaign, upload)} {at.isoformat() if at else 'now'}"
    return hashlib.sha256(words.encode()).hexdigest()


def renew_forecast(campaign: Campaign) -> None:
    """Drop the forecast of a locked draft and have it made for what is chosen now.

    A small one is made at once, in the caller's transaction; a large one by a worker, rung on commit.
    """
    Forecast.objects.filter(campaign=campaign).delete()
    upload = _read_upload(campaign)
    if upload is None or not _has_text(campaign):
        return
    if upload.n_recipients <= AT_ONCE_ROWS:
        _store(campaign, upload)
    else:
        enqueue("campaigns.jobs.make_forecast", campaign.pk)


def refresh_limits(campaign: Campaign, upload: Upload, forecast: Forecast, *, anyhow: bool = False) -> None:
    """Let a draft's forecast ask the limits again when they, the time or the hour have changed, or `anyhow`.

    A small one at once. For a large one `forecast.limits` is empty until a worker has asked.
    """
    if not forecast.limits or anyhow or not is_fresh(campaign, forecast):
        at_once = upload.n_recipients <= AT_ONCE_ROWS
        renew_limit_forecast(campaign, forecast, upload, at_once=at_once)


def make_forecast(*, campaign_id: int) -> Forecast | None:
    """Compute and store the forecast of a draft whose file is read and whose text is chosen.

    None when it is not so far, has one already, or was changed meanwhile (the change rings again). Of one that is
    there, only the part of the limits is made when it is empty.
    """
    campaign = (
        Campaign.objects.select_related("project", "signature_revision__signature", "body_template_revision")
        .filter(pk=campaign_id, status__in=EDITABLE_STATUSES)
        .first()
    )
    upload = _read_upload(campaign) if campaign is not None else None
    if campaign is None or upload is None or not _has_text(campaign):
        return None
    digest = content_digest(campaign, upload)
    if Forecast.objects.filter(campaign=campaign, digest=digest).exists():
        store_limit_forecast(campaign, upload)
        return None
    computed = compute(campaign, upload)
    with transaction.atomic():
        locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
        if content_digest(locked, _read_upload(locked)) != digest:
            return None
        Forecast.objects.filter(campaign_id=campaign_id).delete()
        computed.save(force_insert=True)
    return computed


def compute(campaign: Campaign, upload: Upload) -> Forecast:
    """The forecast, not saved. One pass for the texts, with the text maker and the counter that sending uses, and
    another one or two for the limits.
    """
    make = text_maker(campaign)
    router = router_for(campaign.project, campaign.kind)
    overhead = OVERHEAD_UNITS.get
    segments_of_way: Counter[tuple[int, ...]] = Counter()
    segments_of_country: Counter[str] = Counter()
    messages_of_country: Counter[str] = Counter()
    histogram: Counter[int] = Counter()
    n_gsm7 = n_messages = n_too_long = 0
    longest: tuple[int, int] = (0, 0)
    first_row = longest_row = too_long_row = None
    for rows in recipient_slices(upload.pk):
        n_messages += len(rows)
        first_row = first_row or rows[0].row_number
        for row in rows:
            text = make(row.parameters)
            n = n_segments(text, overhead_units=overhead(row.country, 0))
            histogram[n] += 1
            messages_of_country[row.country] += 1
            segments_of_country[row.country] += n
            segments_of_way[router.route(row.msisdn, row.country)] += n
            n_gsm7 += gsm0338.is_gsm7(text)
            if len(text) > settings.BODY_MAX:
                n_too_long += 1
                too_long_row = too_long_row or row.row_number
            if (n, len(text)) > longest:
                longest, longest_row = (n, len(text)), row.row_number
    n_all = sum(segments_of_country.values())
    seconds = _seconds(campaign, segments_of_way)
    return Forecast(
        campaign=campaign,
        digest=content_digest(campaign, upload),
        n_messages=n_messages,
        n_segments=n_all,
        n_people=n_messages - upload.n_same_number,
        n_too_long=n_too_long,
        too_long_row=too_long_row,
        segments_histogram=sorted(histogram.items()),
        countries=[[c, n, segments_of_country[c]] for c, n in messages_of_country.most_common()],
        encodings={"GSM-7": n_gsm7, "UCS-2": n_messages - n_gsm7},
        first_row=first_row,
        longest_row=longest_row,
        seconds=seconds,
        limits=answer_for(campaign, upload, seconds=seconds),
    )


def _seconds(campaign: Campaign, segments_of_way: Mapping[tuple[int, ...], int]) -> float:
    """Until the last gateway has sent its share; they send at the same time."""
    shares: Counter[int] = Counter()
    for ways, n in segments_of_way.items():
        shares[ways[0] if ways else 0] += n
    gateways = Gateway.objects.only("rate_per_second", "verification_share").in_bulk(list(shares))
    is_urgent = campaign.kind == TextKind.VERIFICATION
    rates = {pk: gateway.rate_for(is_urgent=is_urgent) for pk, gateway in gateways.items()}
    return round(max((n / (rates.get(pk) or USUAL_RATE) for pk, n in shares.items()), default=0), 3)


def _store(campaign: Campaign, upload: Upload) -> None:
    if upload.n_sendable:
        compute(campaign, upload).save(force_insert=True)


def _read_upload(campaign: Campaign) -> Upload | None:
    upload = Upload.objects.filter(campaign=campaign, is_current=True, status=UploadStatus.READ).first()
    return upload if upload is not None and upload.n_sendable else None


def _has_text(campaign: Campaign) -> bool:
    return campaign.signature_revision_id is not None and campaign.body_template_revision_id is not None


PreviewKind = Literal["first", "longest", "random"]


@dataclass(frozen=True, slots=True)
class Preview:
    """One row's message as it will leave; the number is whole, pages mask it."""

    kind: PreviewKind
    row_number: int
    msisdn: str
    country: str
    text: str
    count: SegmentCount


def previews(campaign: Campaign) -> list[Preview]:
    """The first row, the longest and a random one, each once. Five statements; empty without a forecast."""
    forecast = Forecast.objects.filter(campaign=campaign).first()
    upload = _read_upload(campaign)
    if forecast is None or upload is None or not _has_text(campaign):
        return []
    make = text_maker(campaign)
    wanted: list[tuple[PreviewKind, int]] = [
        ("first", forecast.first_row or 0),
        ("longest", forecast.longest_row or 0),
        ("random", random.randint(forecast.first_row or 0, max(upload.cursor_row, 1))),  # nosec B311 # noqa: S311 - not a secret
    ]
    found: dict[int, Preview] = {}
    for kind, row_number in wanted:
        for row in recipients_after(upload.pk, row_number - 1, 1):
            found.setdefault(row.row_number, _preview(kind, row, make(row.parameters)))
    return list(found.values())


def _preview(kind: PreviewKind, row: RecipientRow, text: str) -> Preview:
    count = count_segments(text, overhead_units=OVERHEAD_UNITS.get(row.country, 0))
    return Preview(kind, row.row_number, row.msisdn, row.country, text, count)
