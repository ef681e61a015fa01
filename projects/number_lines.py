"""Lines of numbers that people paste or upload: the good ones, and what is wrong with each other one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.msisdn import MsisdnError, mask_written, read_msisdn
from smsconsole.lib.number_reasons import NUMBER_REASONS
from smsconsole.lib.plain_text import plain_text_problem
from smsconsole.lib.small_tables import TableRow
from smsconsole.lib.types import RefusalReason

NOTE_MAX_CHARACTERS = 200
_NOTE_FOLLOWS = re.compile(r"[,;\t，；]")
# A second number on the line, which must not become the note of the first.
_WHOLE_NUMBER = re.compile(r"(?:\d[\s().\-]*){7}")
_NUMBER_LIKE = re.compile(r"\+?[\d\s().\-]{7,}")


@dataclass(frozen=True, slots=True)
class BadLine:
    """`shown` has a whole number masked; `written` is the line itself, for its author's own form."""

    number: int
    written: str
    reason: str | Promise
    advice: str | Promise

    @property
    def shown(self) -> str:
        """What only looks damaged is shown as it is, for it is the explanation."""
        written = self.written[:60]
        return mask_written(written) if _WHOLE_NUMBER.search(written) else written


@dataclass(slots=True)
class NumberLines:
    """`numbers` in their order, each once, with its note. A first line without any digit is a heading."""

    numbers: dict[str, str] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)
    n_doubles: int = 0


def rows_of_text(text: str) -> list[TableRow]:
    """Lines as they were pasted, numbered as an editor numbers them; empty ones left out."""
    return [
        TableRow(number, tuple(cell.strip() for cell in _NOTE_FOLLOWS.split(line, maxsplit=1)))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]


def read_number_lines(
    rows: Iterable[TableRow], *, default_country: str | None, note: str = ""
) -> NumberLines:
    """Read the first cell of each row as a number, the second as its note."""
    found = NumberLines()
    for place, row in enumerate(rows):
        value = row.cells[0] if row.cells else None
        if place == 0 and isinstance(value, str) and value and not any(map(str.isdigit, value)):
            continue
        own_note = _cell_text(row.cells[1]) if len(row.cells) > 1 else ""
        try:
            msisdn = read_msisdn(value, default_country=default_country).e164
            if _NUMBER_LIKE.fullmatch(own_note):
                raise MsisdnError(RefusalReason.SEVERAL_NUMBERS)
        except MsisdnError as error:
            words = NUMBER_REASONS[error.reason]
            found.bad.append(BadLine(row.number, _written(row.cells), words.label, words.advice))
            continue
        if problem := _note_problem(own_note):
            found.bad.append(BadLine(row.number, _written(row.cells), *problem))
        elif msisdn in found.numbers:
            found.n_doubles += 1
        else:
            found.numbers[msisdn] = own_note or note
    return found


def _note_problem(note: str) -> tuple[str | Promise, str | Promise] | None:
    if len(note) > NOTE_MAX_CHARACTERS:
        return _("Note too long"), _("Shorten it to 200 characters.")
    if problem := plain_text_problem(note):
        return _("Characters that cannot be shown"), problem
    return None


def _cell_text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _written(cells: Sequence[Any]) -> str:
    texts = [_cell_text(cell) for cell in cells]
    return ", ".join(text for text in texts if text)
