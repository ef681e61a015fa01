"""Each refused row has its own reason. Rows are plain lists here: no file is needed."""

from __future__ import annotations

import pytest

from campaigns.spreadsheets import ImportReport, ParsedRow, ReadOptions, RowError
from campaigns.spreadsheets.checking import check_rows
from campaigns.spreadsheets.plan import Plan
from campaigns.spreadsheets.types import RawCell
from smsconsole.lib.types import RefusalReason, Region
from tests.campaigns.spreadsheets.making import BERLIN_LANDLINE, BRITAIN, CHINA

_PLAN = Plan((0, 1), ("mobile", "name"), 0, ("mobile", "name"), (), False)


def check(*cells: RawCell, **options: object) -> ParsedRow | RowError:
    report = ImportReport()
    read = ReadOptions(placeholders=("1",), **options)  # type: ignore[arg-type]
    (row,) = check_rows([(7, list(cells))], _PLAN, read, report)
    assert report.n_rows == report.n_taken + report.n_refused == 1
    return row


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        (None, "", RefusalReason.EMPTY_NUMBER),
        (["e", "#N/A"], "#N/A", RefusalReason.CELL_ERROR),
        (["f"], "", RefusalReason.FORMULA_WITHOUT_VALUE),
        (["d", "2026-03-21"], "2026-03-21", RefusalReason.DATE_IN_NUMBER),
        (True, "TRUE", RefusalReason.NOT_A_NUMBER),
        ("n/a", "n/a", RefusalReason.NOT_A_NUMBER),
        ("8.6138E+12", "8.6138E+12", RefusalReason.NUMBER_DAMAGED),
        (8613800138000.5, "8613800138000.5", RefusalReason.NUMBER_DAMAGED),
        (86138001380001234, "86138001380001234", RefusalReason.NUMBER_DAMAGED),
        (["n", 12.5, "12.50"], "12.50", RefusalReason.NUMBER_DAMAGED),
        ("10086", "10086", RefusalReason.SHORT_CODE),
        (f"{CHINA};{BRITAIN}", f"{CHINA};{BRITAIN}", RefusalReason.SEVERAL_NUMBERS),
        (f"{CHINA};" * 40, f"{CHINA};" * 13 + "+8613", RefusalReason.SEVERAL_NUMBERS),
        ("030 12345678", "030 12345678", RefusalReason.NO_DEFAULT_COUNTRY),
    ],
)
def test_numbers_are_refused_by_their_own_reason(cell: RawCell, value: str, reason: RefusalReason) -> None:
    row = check(cell, "Ann")
    assert isinstance(row, RowError)
    assert (row.row_number, row.column, row.reason) == (7, "mobile", reason)
    assert row.value == value or row.value.startswith(value)
    assert len(row.value) <= 200


def test_a_number_with_a_novel_behind_it_is_no_number() -> None:
    row = check(CHINA + " " * 200 + "and so on", "Ann")
    assert isinstance(row, RowError)
    assert row.reason is RefusalReason.NOT_A_NUMBER


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        (None, "", RefusalReason.MISSING_PARAMETER),
        ("", "", RefusalReason.MISSING_PARAMETER),
        ("\u200b\ufeff", "\u200b\ufeff", RefusalReason.MISSING_PARAMETER),
        (["e", "#REF!"], "#REF!", RefusalReason.PARAMETER_ERROR),
        (["f"], "", RefusalReason.FORMULA_WITHOUT_VALUE),
        ("x" * 501, "x" * 200, RefusalReason.PARAMETER_TOO_LONG),
        ("a\x07b", "a\x07b", RefusalReason.PARAMETER_NOT_ALLOWED),
        ("a\uffffb", "a\uffffb", RefusalReason.PARAMETER_NOT_ALLOWED),
    ],
)
def test_parameters_are_refused_by_their_own_reason(cell: RawCell, value: str, reason: RefusalReason) -> None:
    assert check(CHINA, cell) == RowError(7, "name", value, reason)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("Ann", "Ann"),
        (1234, "1234"),
        (13.0, "13"),
        (0.1 + 0.2, "0.3"),
        (1e20, "100000000000000000000"),
        (0.00001234, "0.00001234"),
        (True, "TRUE"),
        (["n", 1234, "001234"], "001234"),
        (["d", "2026/3/21"], "2026/3/21"),
        ("two\r\nlines", "two\nlines"),
        ("\ufeffAnn\u200b", "Ann"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("全角Ａ", "全角Ａ"),
        ("{1} ${x}", "{1} ${x}"),
    ],
)
def test_parameters_are_what_the_sheet_shows(cell: RawCell, value: str) -> None:
    row = check(CHINA, cell)
    assert isinstance(row, ParsedRow)
    assert row.parameters == (value,)


@pytest.mark.parametrize(
    ("region", "number", "is_taken"),
    [
        (Region.DOMESTIC, CHINA, True),
        (Region.DOMESTIC, BRITAIN, False),
        # Hong Kong is international.
        (Region.DOMESTIC, "+85251234567", False),
        (Region.INTERNATIONAL, "+85251234567", True),
        (Region.INTERNATIONAL, CHINA, False),
        (None, CHINA, True),
    ],
)
def test_numbers_of_the_other_region_are_refused(region: Region | None, number: str, is_taken: bool) -> None:
    row = check(number, "Ann", region=region, home_country="CN")
    assert isinstance(row, ParsedRow) is is_taken
    if isinstance(row, RowError):
        assert row.reason is RefusalReason.OTHER_REGION


def test_landlines_are_taken_and_counted() -> None:
    report = ImportReport()
    rows: list[tuple[int, list[RawCell]]] = [(1, [BERLIN_LANDLINE, "a"]), (2, [CHINA, "b"])]
    taken = list(check_rows(rows, _PLAN, ReadOptions(placeholders=("1",)), report))
    assert [row.is_landline for row in taken if isinstance(row, ParsedRow)] == [True, False]
    assert report.n_landlines == 1


def test_the_default_country_reads_national_numbers() -> None:
    row = check("030 12345678", "Ann", default_country="DE")
    assert isinstance(row, ParsedRow)
    assert row.msisdn == BERLIN_LANDLINE
    number = check(13800138000, "Ann", default_country="CN")
    assert isinstance(number, ParsedRow)
    assert number.msisdn == CHINA


def test_dates_that_the_text_takes_are_counted() -> None:
    report = ImportReport()
    rows: list[tuple[int, list[RawCell]]] = [(1, [CHINA, ["d", "2026-03-21"]])]
    assert list(check_rows(rows, _PLAN, ReadOptions(placeholders=("1",)), report))
    assert report.n_dates == 1
