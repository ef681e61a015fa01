"""Rows from the reader, checked: recipients, and refusals each with its own reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NoReturn, TypeAlias

from campaigns.spreadsheets.formats import plain_number
from campaigns.spreadsheets.plan import Plan, cell_text
from campaigns.spreadsheets.types import (
    CELL_DATE,
    CELL_ERROR,
    CELL_FORMULA,
    CELL_NUMBER,
    MAX_PARAMETER_CHARACTERS,
    ImportReport,
    ParsedRow,
    RawCell,
    RawRow,
    ReadOptions,
    RowError,
)
from smsconsole.lib.msisdn import Msisdn, MsisdnError, read_msisdn
from smsconsole.lib.types import RefusalReason, Region

CheckedRow: TypeAlias = ParsedRow | RowError

_MAX_VALUE_CHARACTERS: Final = 200
_MAX_NUMBER_CHARACTERS: Final = 100
# Line breaks and tabs may leave; other control characters and what Unicode calls no character may not.
_NOT_ALLOWED: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Around a value these are left-overs of copying; inside they may join an emoji.
_INVISIBLE: Final = "\u200b\u200c\u200d\u2060\ufeff \t\r\n\u00a0\u3000"


class _Refused(Exception):
    def __init__(self, reason: RefusalReason) -> None:
        self.reason = reason


def make_checker(
    plan: Plan, options: ReadOptions, report: ImportReport
) -> Callable[[int, list[RawCell]], CheckedRow]:
    """A function that checks one row and counts it in `report`."""
    default_country, home_country = options.default_country, options.home_country
    wants_home = None if options.region is None else options.region is Region.DOMESTIC
    parameter = _optional_parameter if plan.are_parameters_optional else _parameter
    value_problem = options.value_problem
    titles = plan.titles
    by_reason = report.by_reason

    def refuse(row_number: int, column: int, cell: RawCell, reason: RefusalReason) -> RowError:
        report.n_refused += 1
        by_reason[reason] = by_reason.get(reason, 0) + 1
        return RowError(row_number, titles[column], cell_text(cell)[:_MAX_VALUE_CHARACTERS], reason)

    def check(row_number: int, cells: list[RawCell]) -> CheckedRow:
        report.n_rows += 1
        number = cells[0]
        try:
            msisdn = _read_number(number, default_country)
        except MsisdnError as error:
            return refuse(row_number, 0, number, error.reason)
        if wants_home is not None and (msisdn.country == home_country) is not wants_home:
            return refuse(row_number, 0, number, RefusalReason.OTHER_REGION)
        parameters = []
        for column in range(1, len(cells)):
            cell = cells[column]
            try:
                parameters.append(parameter(cell))
            except _Refused as error:
                return refuse(row_number, column, cell, error.reason)
            if isinstance(cell, list) and cell[0] == CELL_DATE:
                report.n_dates += 1
        if value_problem is not None and value_problem(parameters):
            column, problem = _first_problem(parameters, value_problem)
            return refuse(row_number, column, cells[column], RefusalReason(problem))
        report.n_taken += 1
        report.n_landlines += msisdn.is_landline
        return ParsedRow(row_number, msisdn.e164, msisdn.country, msisdn.is_landline, tuple(parameters))

    return check


def _first_problem(
    parameters: list[str], value_problem: Callable[[Iterable[str]], str | None]
) -> tuple[int, str]:
    """The column that is to blame: asked only for a row that has a problem."""
    for column, value in enumerate(parameters, start=1):
        if problem := value_problem([value]):
            return column, problem
    raise AssertionError("a row has a problem and none of its values has")


def check_rows(
    rows: Iterable[RawRow], plan: Plan, options: ReadOptions, report: ImportReport
) -> Iterator[CheckedRow]:
    """The rows below the header, in their order. `rows` may be any list: no file is needed."""
    check = make_checker(plan, options, report)
    begin = max(plan.header_row, options.after_row)
    for row_number, cells in rows:
        if row_number > begin:
            yield check(row_number, cells)


def _read_number(cell: RawCell, default_country: str | None) -> Msisdn:
    if isinstance(cell, list):
        if cell[0] != CELL_NUMBER:
            raise MsisdnError(_WHY_NO_NUMBER[cell[0]])
        cell = cell[1]
    elif isinstance(cell, str) and len(cell) > _MAX_NUMBER_CHARACTERS:
        _refuse_long_number(cell, default_country)
    return read_msisdn(cell, default_country=default_country)


_WHY_NO_NUMBER: Final = {
    CELL_ERROR: RefusalReason.CELL_ERROR,
    CELL_FORMULA: RefusalReason.FORMULA_WITHOUT_VALUE,
    CELL_DATE: RefusalReason.DATE_IN_NUMBER,
}


def _refuse_long_number(cell: str, default_country: str | None) -> NoReturn:
    """Its beginning tells why, unless the beginning alone is a number."""
    read_msisdn(cell[:_MAX_NUMBER_CHARACTERS], default_country=default_country)
    raise MsisdnError(RefusalReason.NOT_A_NUMBER)


def _parameter(cell: RawCell) -> str:
    if isinstance(cell, str):
        text = cell
        if not text.isprintable():
            text = _tidy_text(text)
    elif cell is None:
        raise _Refused(RefusalReason.MISSING_PARAMETER)
    elif isinstance(cell, list):
        if cell[0] == CELL_ERROR:
            raise _Refused(RefusalReason.PARAMETER_ERROR)
        if cell[0] == CELL_FORMULA:
            raise _Refused(RefusalReason.FORMULA_WITHOUT_VALUE)
        text = cell_text(cell)
    elif isinstance(cell, bool):
        text = cell_text(cell)
    else:
        text = plain_number(cell)
    if not text:
        raise _Refused(RefusalReason.MISSING_PARAMETER)
    if len(text) > MAX_PARAMETER_CHARACTERS:
        raise _Refused(RefusalReason.PARAMETER_TOO_LONG)
    return text


def _optional_parameter(cell: RawCell) -> str:
    return cell_text(cell)[:MAX_PARAMETER_CHARACTERS]


def _tidy_text(text: str) -> str:
    text = text.strip(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n")
    if _NOT_ALLOWED.search(text):
        raise _Refused(RefusalReason.PARAMETER_NOT_ALLOWED)
    return text
