"""How a sheet shows numbers and dates, as far as a text that quotes them has to know.

Values go into messages as the operator sees them: a code 1234 formatted `000000` is 001234, a price 5.5 formatted
`0.00` is 5.50. Formats beyond these simple ones show the plain value; the previews before sending tell.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, TypeAlias

from openpyxl.styles.numbers import BUILTIN_FORMATS, STRIP_RE, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import from_excel

from campaigns.spreadsheets.types import CELL_DATE, CELL_ERROR, CELL_NUMBER, RawCell
from campaigns.spreadsheets.xml import PartParser, names_of

Number: TypeAlias = int | float
# From a number to the cell that is handed on.
CellFormat: TypeAlias = Callable[[Number], RawCell]

_MAX_FORMATS: Final = 65_536
_SIMPLE: Final = re.compile(r"(#,##)?(0{1,20})(?:\.(0{1,10}))?(%)?(?:_.)*")
_DATE_PARTS: Final = re.compile(r'y+|m+|d+|h+|s+|"[^"]*"|\\.|[-/.:, 年月日時时分秒]', re.IGNORECASE)

_NUM_FMT: Final = names_of("numFmt")
_CELL_XFS: Final = names_of("cellXfs")
_XF: Final = names_of("xf")
# What a program writes for its own kind besides what everybody understands (Hancom Office does).
_CHOICE: Final = "http://schemas.openxmlformats.org/markup-compatibility/2006 Choice"


def plain_number(value: Number) -> str:
    """As a cell without format shows it: 15 significant digits, no `.0`, no exponent where it can be helped."""
    if isinstance(value, int):
        return str(value)
    text = format(value, ".15g")
    return format(Decimal(text), "f") if "e" in text and 1e-9 <= abs(value) < 1e21 else text


def read_styles(chunks: Iterator[bytes], part: str) -> list[str]:
    """The number format of each cell style, by the style's index."""
    parser = PartParser(part)
    codes = dict(BUILTIN_FORMATS)
    ids: list[int] = []
    is_in_cell_styles = is_in_choice = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_in_cell_styles, is_in_choice
        if name == _CHOICE:
            is_in_choice = True
        elif is_in_choice:
            return
        elif name in _XF and is_in_cell_styles:
            number_format = attributes.get("numFmtId", "0")
            if len(ids) < _MAX_FORMATS:
                ids.append(int(number_format) if number_format.isdecimal() else 0)
        elif name in _CELL_XFS:
            is_in_cell_styles = True
        elif name in _NUM_FMT and attributes.get("numFmtId", "").isdecimal():
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")[:255]

    def end(name: str) -> None:
        nonlocal is_in_cell_styles, is_in_choice
        if name in _CELL_XFS:
            is_in_cell_styles = False
        elif name == _CHOICE:
            is_in_choice = False

    parser.expat.StartElementHandler = start
    parser.expat.EndElementHandler = end
    for chunk in chunks:
        parser.feed(chunk)
    parser.feed(b"", is_last=True)
    return [codes.get(number, "General") for number in ids]


def cell_format(code: str, epoch: datetime.datetime) -> CellFormat | None:
    """What to do with the numbers of a style; None where they are shown as they are."""
    if code == "General" or code == "@":
        return None
    if is_date_format(code):
        return _date_format(code, epoch)
    simple = _SIMPLE.fullmatch(code.split(";")[0])
    if simple is None:
        return None
    comma = "," if simple[1] else ""
    n_digits = len(simple[2])
    n_decimals = len(simple[3] or "")
    factor, sign = (100, "%") if simple[4] else (1, "")
    width = n_digits + n_decimals + 1 if n_decimals else n_digits
    padding = f"0{width}" if n_digits > 1 and not comma else ""
    layout = f"{padding}{comma}.{n_decimals}f"

    def show(value: Number) -> RawCell:
        if abs(value) >= 1e15:
            return value
        shown = format(value * factor, layout) + sign
        return [CELL_NUMBER, value, shown]

    return show


def _date_format(code: str, epoch: datetime.datetime) -> CellFormat:
    is_duration = is_timedelta_format(code)
    shown_parts = STRIP_RE.sub("", code.split(";")[0]).lower()
    has_date = "y" in shown_parts or "d" in shown_parts
    has_time = "h" in shown_parts or "s" in shown_parts
    layout = _date_layout(code)

    def show(value: Number) -> RawCell:
        try:
            moment = from_excel(value, epoch, timedelta=is_duration)
        except (OverflowError, ValueError):
            # Excel shows a row of #: there is no such day.
            return [CELL_ERROR, "#VALUE!"]
        if isinstance(moment, datetime.datetime):
            if layout is not None:
                return [CELL_DATE, moment.strftime(layout)]
            moment = moment if has_date and has_time else moment.date() if has_date else moment.time()
        return [CELL_DATE, show_moment(moment)]

    return show


def show_moment(moment: object) -> str:
    """A date, time or duration in the form of ISO 8601, without seconds where they are zero."""
    if isinstance(moment, datetime.datetime):
        return moment.isoformat(" ", "seconds").removesuffix(" 00:00:00").removesuffix(":00")
    if isinstance(moment, datetime.time):
        return moment.isoformat("seconds").removesuffix(":00")
    if isinstance(moment, datetime.timedelta):
        minutes, seconds = divmod(round(moment.total_seconds()), 60)
        shown = f"{minutes // 60}:{minutes % 60:02}"
        return f"{shown}:{seconds:02}" if seconds else shown
    return str(moment)


def _date_layout(code: str) -> str | None:
    """A number format as a layout of `strftime`; None when it has parts that are not plain.

    Excel shows its built-in short date in the way of each machine, so that one has no layout of its own.
    """
    # Locale and calendar marks such as [$-804] do not change the digits.
    plain = re.sub(r"\[\$-[0-9A-Fa-f]+\]", "", code.split(";")[0])
    if code == BUILTIN_FORMATS[14] or "y" not in plain.lower():
        return None
    parts = _DATE_PARTS.findall(plain)
    if "".join(parts) != plain:
        return None
    layout = []
    is_after_hours = False
    for part in parts:
        word = part.lower()
        if word[0] in "ymdhs":
            is_minutes = word[0] == "m" and is_after_hours
            directive = _STRFTIME.get("n" + word if is_minutes else word)
            if directive is None:
                # Names of months and days depend on the machine's language.
                return None
            layout.append(directive)
            is_after_hours = word[0] == "h" or (is_after_hours and word[0] == "m")
        else:
            layout.append(part.strip('"\\').replace("%", "%%"))
    return "".join(layout)


_STRFTIME: Final = {
    "yyyy": "%Y",
    "yy": "%y",
    "mm": "%m",
    "m": "%-m",
    "dd": "%d",
    "d": "%-d",
    "hh": "%H",
    "h": "%-H",
    "nmm": "%M",
    "nm": "%-M",
    "ss": "%S",
    "s": "%-S",
}
