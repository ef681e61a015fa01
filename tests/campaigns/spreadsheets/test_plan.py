"""Headers, number columns and placeholders."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.spreadsheets import ReadOptions, RowError, import_rows, inspect_file
from smsconsole.lib.types import RefusalReason
from tests.campaigns.spreadsheets.making import (
    BRITAIN,
    CHINA,
    parameters,
    read,
    row,
    sheet,
    text,
    write_rows,
    write_workbook,
)


@pytest.mark.parametrize(
    ("first", "is_header"),
    [
        ("mobile", True),
        ("手机号码", True),
        ("Phone 1", True),
        (CHINA, False),
        ("+86138", False),
        ("8.6138E+12", False),
        ("13800138000", False),
        ("#N/A", False),
        ("", False),
    ],
)
def test_the_first_row_is_a_header_when_its_number_is_a_word(
    tmp_path: Path, first: str, is_header: bool
) -> None:
    path = write_rows(tmp_path / "a.xlsx", [first, "x"], [BRITAIN, "y"])
    facts = inspect_file(path, original_name="a.xlsx")
    assert (facts.has_header, facts.header_row) == (is_header, int(is_header))


def test_the_operator_may_overrule_the_header(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["n/a", "x"], [BRITAIN, "y"])
    assert len(read(path)) == 1
    first, second = read(path, has_header=False)
    assert first == RowError(1, "A", "n/a", RefusalReason.NOT_A_NUMBER)
    assert second.row_number == 2
    assert [
        each.row_number for each in read(write_rows(tmp_path / "b.xlsx", [CHINA], [BRITAIN]), has_header=True)
    ] == [2]


def test_the_header_is_the_first_filled_row(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx", sheet(row(4, text("A4", "mobile")) + row(6, text("A6", CHINA)))
    )
    assert inspect_file(path, original_name="a.xlsx").header_row == 4
    assert [each.row_number for each in read(path)] == [6]


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ([["name", "mobile"], ["Ann", CHINA], ["Bob", BRITAIN]], 1),
        ([["mobile", "backup"], [CHINA, BRITAIN]], 0),
        # One number in the first column is enough, however damaged the others are.
        ([["mobile", "other"], ["n/a", BRITAIN], [CHINA, BRITAIN], ["x", BRITAIN]], 0),
        ([["a", "b"], ["x", "12"], ["y", "20260321"]], 0),
        ([["name", "amount"], ["x", "12"], ["y", "13800138000"], ["z", "1"]], 0),
    ],
)
def test_the_number_column_is_the_first_unless_only_another_has_numbers(
    tmp_path: Path, rows: list[list[str]], column: int
) -> None:
    path = write_rows(tmp_path / "a.xlsx", *rows)
    assert inspect_file(path, original_name="a.xlsx").number_column == column


def test_national_numbers_count_as_numbers(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["Ann", "0170 1234567"], ["Bob", "0171 7654321"])
    for country in (None, "DE"):
        options = ReadOptions(default_country=country)
        assert inspect_file(path, original_name="a.xlsx", options=options).number_column == 1


def test_numbered_placeholders_follow_the_number_column(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["name", "mobile", "x", "y"], ["Ann", CHINA, "one", "two"])
    assert parameters(path, placeholders=("2", "1")) == [("two", "one")]


def test_named_placeholders_are_found_by_their_headings(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["mobile", " Code ", "${name}", "note"], [CHINA, "123", "Ann", ""])
    assert parameters(path, placeholders=("name", "code")) == [("Ann", "123")]


def test_named_placeholders_without_a_header_go_by_position(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", [CHINA, "Ann", "123"])
    assert parameters(path, placeholders=("name", "code")) == [("Ann", "123")]


def test_a_heading_that_is_missing_refuses_each_row_by_its_name(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["mobile", "name"], [CHINA, "Ann"])
    with import_rows(path, ReadOptions(placeholders=("name", "code")), original_name="a.xlsx") as reading:
        (chunk,) = reading.chunks()
    assert chunk.errors == [RowError(2, "code", "", RefusalReason.MISSING_PARAMETER)]
    assert reading.report.missing_columns == ["code"]


def test_a_column_that_is_missing_refuses_each_row_by_its_letter(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["mobile", "1"], [CHINA, "Ann"])
    assert read(path, placeholders=("1", "2")) == [RowError(2, "C", "", RefusalReason.MISSING_PARAMETER)]


def test_a_text_without_placeholders_needs_no_columns(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["mobile", "1"], [CHINA, "Ann"])
    assert parameters(path, placeholders=()) == [()]


def test_without_a_known_text_all_columns_come_along_and_none_is_missed(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["mobile", "1", "2"], [CHINA, "Ann"], [BRITAIN, "", "x"])
    assert parameters(path, placeholders=None) == [("Ann", ""), ("", "x")]


def test_the_operator_may_choose_the_number_column(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", [BRITAIN, CHINA, "x"])
    assert [each.msisdn for each in read(path, number_column=1)] == [CHINA]
    assert parameters(path, number_column=1, placeholders=("1",)) == [("x",)]


def test_surplus_columns_are_named_by_heading_or_letter(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", ["mobile", "1", "note", "", ""], [CHINA, "Ann", "", "", "e"])
    with import_rows(path, ReadOptions(placeholders=("1",)), original_name="a.xlsx") as reading:
        list(reading.chunks())
    assert reading.report.surplus_columns == ["note", "E"]


def test_facts_show_the_first_five_rows_as_text(tmp_path: Path) -> None:
    rows = row(1, text("A1", "mobile"), text("B1", "amount"))
    rows += "".join(
        row(n, f'<c r="A{n}"><v>8613800138{n:03}</v></c><c r="B{n}"><v>1.50</v></c>') for n in range(2, 9)
    )
    facts = inspect_file(write_workbook(tmp_path / "a.xlsx", sheet(rows)), original_name="a.xlsx")
    assert facts.first_rows[:2] == ((1, ("mobile", "amount")), (2, ("8613800138002", "1.5")))
    assert len(facts.first_rows) == 5
