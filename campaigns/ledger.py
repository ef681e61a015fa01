"""The invariants of whole campaigns: every row is accounted for, and what left is what was approved.

Numbered as in `docs/invariants.md`; those of delivery are checked by `delivery.ledger`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from campaigns.models import Campaign, Upload
from campaigns.texts import text_maker
from delivery.ledger import Breach, check_dispatch
from delivery.models import Dispatch
from templates_app.models import Review
from templates_app.statuses import Verdict

SLICE = 5_000

_COUNT_ROWS = """
SELECT (SELECT count(*) FROM campaigns_recipient WHERE upload_id = %(upload)s AND NOT is_duplicate),
       (SELECT count(*) FROM campaigns_recipient WHERE upload_id = %(upload)s AND is_duplicate),
       (SELECT count(*) FROM campaigns_refusedrow WHERE upload_id = %(upload)s)
"""
# Messages of the dispatch beside the row that each came from.
_PAIRS = """
SELECT b.message_id, b.text, b.msisdn, r.parameters, r.msisdn
FROM (
    SELECT * FROM delivery_messagebody WHERE message_id BETWEEN %(first)s AND %(last)s
    ORDER BY message_id LIMIT %(limit)s
) b
LEFT JOIN campaigns_recipient r ON r.upload_id = %(upload)s AND r.row_number = b.owner_row AND NOT r.is_duplicate
ORDER BY b.message_id
"""


def check_campaign(campaign: Campaign) -> list[Breach]:
    """Every broken invariant of a campaign and of its dispatch; an empty list when all hold.

    Reads each message and its row once. A campaign that has not been sent yet is checked for its rows alone.
    """
    findings = [*_rows(campaign)]
    if campaign.dispatch_id is None:
        return findings
    findings += _texts(campaign, Dispatch.objects.get(pk=campaign.dispatch_id))
    return findings + check_dispatch(campaign.dispatch_id)


def _breach(campaign: Campaign, invariant: int, what: str) -> Breach:
    return Breach(invariant, f"campaign:{campaign.uuid}", what)


def _rows(campaign: Campaign) -> Iterator[Breach]:
    """1: messages + refused rows + duplicates = rows of the file."""
    upload = Upload.objects.filter(campaign=campaign, is_current=True, status="read").first()
    if upload is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_ROWS, {"upload": upload.pk})
        n_recipients, n_duplicates, n_refused = cursor.fetchone()
    if n_recipients + n_duplicates + n_refused != upload.n_rows:
        yield _breach(
            campaign,
            1,
            f"{n_recipients} recipients + {n_duplicates} duplicates + {n_refused} refused are not the"
            f" {upload.n_rows} rows of the file",
        )
    kept = (upload.n_duplicates, upload.n_refused)
    if kept != (n_duplicates, n_refused):
        yield _breach(
            campaign,
            1,
            f"the report says {kept} duplicates and refused, the rows {(n_duplicates, n_refused)}",
        )
    dispatch = campaign.dispatch
    if dispatch is not None and dispatch.fanout_done and dispatch.n_total != n_recipients:
        yield _breach(campaign, 1, f"{dispatch.n_total} messages were made of {n_recipients} recipients")


def _texts(campaign: Campaign, dispatch: Dispatch) -> Iterator[Breach]:
    """8: approved text is what leaves, and every message goes to its row's number."""
    yield from _approvals(campaign)
    upload = Upload.objects.get(campaign=campaign, is_current=True)
    make = text_maker(campaign)
    wrong: list[int] = []
    for message_id, text, msisdn, parameters, expected in _pairs(dispatch, upload):
        if parameters is None or msisdn != expected or text != make(parameters):
            wrong.append(message_id)
    if wrong:
        shown = ", ".join(map(str, wrong[:3]))
        yield _breach(campaign, 8, f"{len(wrong)} messages are not what their row and text make: {shown}")


def _approvals(campaign: Campaign) -> Iterator[Breach]:
    reviews = Review.objects.filter(
        verdict=Verdict.APPROVED, created_at__lte=campaign.confirmed_at or campaign.created_at
    )
    if not reviews.filter(signature_revision=campaign.signature_revision_id).exists():
        yield _breach(campaign, 8, "its signature had not been approved when it was sent")
    if not reviews.filter(body_template_revision=campaign.body_template_revision_id).exists():
        yield _breach(campaign, 8, "its body template had not been approved when it was sent")


def _pairs(dispatch: Dispatch, upload: Upload) -> Iterator[Any]:
    first = dispatch.first_id or 0
    last = first + dispatch.n_reserved - 1
    while True:
        with connection.cursor() as cursor:
            values = {"first": first, "last": last, "upload": upload.pk, "limit": SLICE}
            cursor.execute(_PAIRS, values)
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < SLICE:
            return
        first = rows[-1][0] + 1
