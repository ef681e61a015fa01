"""Lines of countries that people paste or upload, with their warnings and caps where they have some."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.number_lines import BadLine
from projects.services.countries import CountryLine
from projects.services.limits import CAP_MAX
from projects.statuses import CapPeriod
from smsconsole.lib.countries import countries
from smsconsole.lib.small_tables import TableRow

# The columns of the template, behind the country.
CAP_COLUMNS = ((CapPeriod.DAY, 0), (CapPeriod.DAY, 1), (CapPeriod.MONTH, 0), (CapPeriod.MONTH, 1))
_HEADINGS = frozenset({"country", "countries", "code", "国家", "国家/地区", "国家或地区"})
_CALLING_CODE = re.compile(r"(?:\+|00)?(\d{1,3})")


class _Bad(Exception):
    def __init__(self, reason: str | Promise, advice: str | Promise) -> None:
        super().__init__(str(reason))
        self.reason, self.advice = reason, advice


def read_country_lines(rows: Iterable[TableRow]) -> tuple[dict[str, CountryLine], list[BadLine], int]:
    """Countries by code, lines that are none, and how many came twice."""
    found: dict[str, CountryLine] = {}
    bad: list[BadLine] = []
    n_doubles = 0
    for place, row in enumerate(rows):
        written = ", ".join(str(cell) for cell in row.cells if cell not in (None, ""))
        if place == 0 and _folded(row.cells[0]) in _HEADINGS:
            continue
        try:
            line = CountryLine(_country(row.cells[0]), _caps(row.cells[1:]))
        except _Bad as error:
            bad.append(BadLine(row.number, written, error.reason, error.advice))
            continue
        n_doubles += line.country in found
        found.setdefault(line.country, line)
    return found, bad, n_doubles


def _country(value: Any) -> str:
    text = _folded(value)
    # "Germany (+49)" is how the console itself shows it.
    text = re.sub(r"\s*\(\+\d+\)$", "", text)
    by_name, by_calling_code = _known()
    if text in by_name:
        return by_name[text]
    match = _CALLING_CODE.fullmatch(text.replace(" ", ""))
    codes = by_calling_code.get(int(match[1]), []) if match else []
    if len(codes) == 1:
        return codes[0]
    if codes:
        raise _Bad(
            _("Several countries share this calling code"), _("Write the name or the two-letter code.")
        )
    raise _Bad(_("No such country"), _("Write the name, the two-letter code or the calling code."))


def _caps(cells: tuple[Any, ...]) -> dict[CapPeriod, tuple[int | None, int | None]]:
    values = [_whole(cell) for cell in cells[: len(CAP_COLUMNS)]]
    values += [None] * (len(CAP_COLUMNS) - len(values))
    caps = {CapPeriod.DAY: (values[0], values[1]), CapPeriod.MONTH: (values[2], values[3])}
    for warn_at, cap in caps.values():
        if warn_at is not None and cap is not None and warn_at > cap:
            raise _Bad(_("Warning above the cap"), _("It would come too late. Make it smaller."))
    return {period: pair for period, pair in caps.items() if pair != (None, None)}


def _whole(value: Any) -> int | None:
    text = str(value if value is not None else "").strip().replace(",", "").removesuffix(".0")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= CAP_MAX:
        raise _Bad(_("Not a number of messages"), _("Write a whole number from 1 on, digits only."))
    return int(text[:12])


def _folded(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value if value is not None else "")).strip().casefold()


@cache
def _known() -> tuple[dict[str, str], dict[int, list[str]]]:
    by_name: dict[str, str] = {}
    by_calling_code: dict[int, list[str]] = defaultdict(list)
    for language in ("en", "zh"):
        for code, name, calling_code in countries(language):
            by_name |= {_folded(name): code, code.casefold(): code}
            if language == "en":
                by_calling_code[calling_code].append(code)
    return by_name, by_calling_code
