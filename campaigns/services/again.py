"""Sending again to those whom a campaign did not reach: a draft with exactly their rows."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO

from django.core.files import File
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Upload
from campaigns.services.drafts import copy_draft
from campaigns.services.uploads import receive_upload
from campaigns.statuses import EDITABLE_STATUSES
from delivery.queries import StatusWord, iter_messages
from delivery.statuses import Reason
from projects.services import require_enabled

# What may be sent again: of the others somebody took the message, or may have.
AGAIN_WORDS = (StatusWord.FAILED, StatusWord.BLOCKED)
N_ROWS_AT_ONCE = 5_000
_ROWS = """
SELECT r.msisdn, r.parameters FROM unnest(%(rows)s::int[]) WITH ORDINALITY AS wanted (row_number, place)
JOIN campaigns_recipient r ON r.upload_id = %(upload)s AND r.row_number = wanted.row_number
ORDER BY wanted.place
"""


def send_again_draft(
    *, campaign: Campaign, words: Sequence[StatusWord], reason: Reason | None = None, by: User
) -> Campaign:
    """A new draft with this campaign's texts and the rows whose message failed or was blocked, or only for `reason`.

    Each row comes once. The draft is a copy (`copied_from`); its file is made of the rows and is checked like any
    other. Raises `CampaignsError` when no row is left, or the campaign was not sent.
    """
    require_enabled(campaign.project)
    if campaign.status in EDITABLE_STATUSES or campaign.dispatch_id is None:
        raise CampaignsError(_("Nothing of this campaign was sent yet."))
    chosen = [word for word in AGAIN_WORDS if word in words]
    with tempfile.NamedTemporaryFile(suffix=".csv") as file, transaction.atomic():
        n_rows = _write_rows(file, campaign, _rows_of(campaign.dispatch_id, chosen, reason))
        if not n_rows:
            raise CampaignsError(
                _("Nothing of it failed or was blocked, so there is nobody to send to again.")
            )
        draft = copy_draft(campaign=campaign, by=by, n_messages=n_rows, words=[str(word) for word in chosen])
        file.seek(0)
        name = _("Again %(name)s.csv") % {"name": campaign.name}
        receive_upload(campaign=draft, file=File(file, name=name), by=by, options=_READING)
    return draft


# Nothing to guess: the file is the console's own.
_READING = {"number_column": 0, "has_header": True, "encoding": "utf-8", "separator": ","}


def _rows_of(dispatch_id: int, words: Sequence[StatusWord], reason: Reason | None) -> Iterator[int]:
    """The row numbers, each once: those of one status after those of the other."""
    for word in words:
        for message in iter_messages(dispatch_id, word=word):
            if reason is None or message.reason == reason:
                yield message.owner_row


def _write_rows(file: IO[bytes], campaign: Campaign, row_numbers: Iterator[int]) -> int:
    upload = Upload.objects.get(campaign=campaign, is_current=True)
    body = campaign.body_template_revision
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([_("Number"), *(body.placeholders if body else [])])
    n_rows = 0
    with connection.cursor() as cursor:
        while some := list(islice(row_numbers, N_ROWS_AT_ONCE)):
            cursor.execute(_ROWS, {"rows": some, "upload": upload.pk})
            rows = cursor.fetchall()
            writer.writerows([number, *parameters] for number, parameters in rows)
            n_rows += len(rows)
    text.detach()
    return n_rows
