"""Numbers typed by hand: at most a hundred, for texts without variables."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.errors import CampaignsError
from campaigns.spreadsheets import ParsedRow, RowError
from smsconsole.lib.msisdn import MsisdnError, read_msisdn, region_of
from smsconsole.lib.types import RefusalReason

MAX_TYPED_NUMBERS = 100

# As on the page: comma, space or line, in their Chinese forms too.
_BETWEEN = re.compile(r"[\s,;，；、]+")


def split_numbers(text: str, *, limit: int = MAX_TYPED_NUMBERS) -> list[str]:
    """The typed numbers as they stand. Raises `CampaignsError` for none and for more than `limit`."""
    numbers = [piece for piece in _BETWEEN.split(text) if piece]
    if not numbers:
        raise CampaignsError(_("Type at least one number."), field="numbers")
    if len(numbers) > limit:
        raise CampaignsError(
            _("These are %(n)s numbers; at most %(limit)s can be typed. Import more than that from a file.")
            % {"n": len(numbers), "limit": limit},
            field="numbers",
        )
    return numbers


def check_numbers(
    text: str, *, region: str, default_country: str, limit: int = MAX_TYPED_NUMBERS
) -> tuple[list[ParsedRow], list[RowError]]:
    """Read typed numbers as rows 1, 2, 3 …; the ones that cannot be sent to with their reasons."""
    rows: list[ParsedRow] = []
    errors: list[RowError] = []
    for row_number, written in enumerate(split_numbers(text, limit=limit), 1):
        try:
            number = read_msisdn(written, default_country=default_country or None)
        except MsisdnError as error:
            errors.append(RowError(row_number, "", written[:200], error.reason))
            continue
        if region_of(number.country, settings.HOME_COUNTRY) != region:
            errors.append(RowError(row_number, "", written[:200], RefusalReason.OTHER_REGION))
            continue
        rows.append(ParsedRow(row_number, number.e164, number.country, number.is_landline, ()))
    return rows, errors
