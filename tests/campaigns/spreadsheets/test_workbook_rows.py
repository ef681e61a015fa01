"""Which rows and cells come out of a workbook."""

from __future__ import annotations

import datetime
import io
import warnings
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.spreadsheets import FileRefusal, FileRefused, RowError
from campaigns.spreadsheets.strings import SharedStrings
from campaigns.spreadsheets.workbook import Workbook
from smsconsole.lib.types import RefusalReason
from tests.campaigns.spreadsheets.making import (
    BRITAIN,
    CHINA,
    MAIN,
    number_styles,
    parameters,
    read,
    row,
    sheet,
    text,
    text_rows,
    write_rows,
    write_workbook,
)


def cells_of(path: Path, n_columns: int = 4, sheet: str = "Recipients") -> list[tuple[int, list[object]]]:
    return [(number, list(cells)) for number, cells in Workbook(path).rows(sheet, range(n_columns))]


def test_a_lying_dimension_loses_no_row(tmp_path: Path) -> None:
    rows = text_rows([[CHINA], [BRITAIN], ["+6591234567"], ["+14155550123"]])
    path = write_workbook(tmp_path / "a.xlsx", sheet(rows, before='<dimension ref="A1"/>'))
    assert [each.row_number for each in read(path)] == [1, 2, 3, 4]


def test_a_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    rows = row(1, text("A1", CHINA)) + row(1_048_576, text("XFD1048576", "far away"))
    path = write_workbook(tmp_path / "a.xlsx", sheet(rows, before='<dimension ref="A1:XFD1048576"/>'))
    first, last = read(path)
    assert first.row_number == 1
    assert last == RowError(1_048_576, "A", "", RefusalReason.EMPTY_NUMBER)


def test_it_reads_a_sheet_of_16384_columns(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as workbook:
        worksheet = workbook.add_worksheet("Recipients")
        worksheet.write_row(0, 0, [BRITAIN, "Ann"] + ["x"] * 16_382)
    assert parameters(tmp_path / "a.xlsx", placeholders=("1",)) == [("Ann",)]


def test_rows_carry_the_numbers_that_the_sheet_shows(tmp_path: Path) -> None:
    rows = row(3, text("A3", CHINA)) + "<row>" + text("A4", BRITAIN) + "</row>" + row(9, text("A9", CHINA))
    assert [number for number, _ in cells_of(write_workbook(tmp_path / "a.xlsx", sheet(rows)))] == [3, 4, 9]


def test_cells_without_a_reference_follow_each_other(tmp_path: Path) -> None:
    rows = '<row><c><v>1</v></c><c r="C1"><v>3</v></c><c><v>4</v></c></row>'
    assert cells_of(write_workbook(tmp_path / "a.xlsx", sheet(rows))) == [(1, [1, None, 3, 4])]


def test_empty_and_formatted_rows_are_not_rows(tmp_path: Path) -> None:
    rows = row(1, text("A1", CHINA)) + row(2, '<c r="A2" s="1"/>') + row(3, text("A3", "  "), text("B3", ""))
    assert [each.row_number for each in read(write_workbook(tmp_path / "a.xlsx", sheet(rows)))] == [1]


def test_every_kind_of_cell_keeps_its_meaning(tmp_path: Path) -> None:
    rows = row(
        1,
        '<c r="A1"><v>13800138000</v></c>',
        '<c r="B1"><v>8.613711112222E12</v></c>',
        '<c r="C1" t="b"><v>1</v></c>',
        '<c r="D1" t="e"><v>#N/A</v></c>',
        '<c r="E1" t="str"><f>A1</f><v>from a formula</v></c>',
        '<c r="F1"><f>A1</f></c>',
        '<c r="G1"><f>A1</f><v/></c>',
        '<c r="H1" t="str"><f>T(A1)</f><v></v></c>',
        '<c r="I1" t="d"><v>2026-03-21T13:20:00</v></c>',
        '<c r="J1"><v>not a number</v></c>',
        '<c r="K1"><v>1e999</v></c>',
    )
    ((_, cells),) = cells_of(write_workbook(tmp_path / "a.xlsx", sheet(rows)), 11)
    assert cells == [
        13800138000,
        8613711112222.0,
        True,
        ["e", "#N/A"],
        "from a formula",
        ["f"],
        ["f"],
        None,
        ["d", "2026-03-21 13:20"],
        "not a number",
        "1e999",
    ]


def test_numbers_and_dates_are_read_as_the_sheet_shows_them(tmp_path: Path) -> None:
    styles = number_styles("000000", "0.00", "#,##0", "0%", "yyyy/m/d", "mmmm d, yyyy", "[h]:mm", "h:mm", "@")
    values = [1234, 5.5, 17500, 0.25, 46102, 46102.5, 1.5, 46102.75, 77]
    cells = [f'<c r="{chr(66 + n)}1" s="{n + 1}"><v>{value}</v></c>' for n, value in enumerate(values)]
    path = write_workbook(tmp_path / "a.xlsx", sheet(row(1, text("A1", CHINA), *cells)), styles=styles)
    assert parameters(path, placeholders=tuple("123456789")) == [
        ("001234", "5.50", "17,500", "25%", "2026/3/21", "2026-03-21", "36:00", "18:00", "77")
    ]


def test_the_calendar_of_1904_is_minded(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx",
        sheet(row(1, text("A1", CHINA), '<c r="B1" s="1"><v>44640</v></c>')),
        styles=number_styles("yyyy-mm-dd"),
        workbook_properties='<workbookPr date1904="1"/>',
    )
    assert parameters(path, placeholders=("1",)) == [("2026-03-21",)]


def test_a_number_format_of_the_number_column_does_not_harm_the_number(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx",
        sheet(row(1, '<c r="A1" s="1"><v>8613800138000</v></c>')),
        styles=number_styles("#,##0"),
    )
    assert [each.msisdn for each in read(path)] == [CHINA]


def test_shared_strings_join_runs_and_leave_readings_out(tmp_path: Path) -> None:
    strings = (
        "<si><r><t>Hello </t></r><r><t>world</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
        "<si><t>two_x000A_lines _x005F_x000A_ _x0000_ _xD800_</t></si>"
    )
    cells = [f'<c r="{chr(65 + n)}1" t="s"><v>{n}</v></c>' for n in range(3)]
    path = write_workbook(tmp_path / "a.xlsx", sheet(row(1, *cells)), shared_strings=strings)
    assert cells_of(path, 3) == [(1, ["Hello world", "東京", "two\nlines _x000A_ _x0000_ _xD800_"])]


def test_a_text_that_is_missing_is_named_by_its_cell(tmp_path: Path) -> None:
    rows = row(1, text("A1", CHINA)) + row(7, '<c r="B7" t="s"><v>5</v></c>')
    path = write_workbook(tmp_path / "a.xlsx", sheet(rows), shared_strings="<si><t>one</t></si>")
    with pytest.raises(FileRefused) as refused:
        read(path)
    assert refused.value.reason is FileRefusal.MISSING_TEXT
    assert refused.value.details == {"cell": "B7"}


def test_many_shared_strings_go_to_a_file_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.spreadsheets.strings._MAX_STRINGS_IN_MEMORY", 100)
    table = f'<sst xmlns="{MAIN}">' + "".join(f"<si><t>文 {n}</t></si>" for n in range(5_000)) + "</sst>"
    encoded = table.encode()
    blocks = (encoded[place : place + 1_000] for place in range(0, len(encoded), 1_000))
    strings = SharedStrings(blocks, "xl/sharedStrings.xml")
    try:
        assert [strings[n] for n in (4_999, 0, 2_500, 4_998, 1)] == [
            f"文 {n}" for n in (4_999, 0, 2_500, 4_998, 1)
        ]
        assert len(strings._recent) < 1_000
        for wrong in (5_000, -1):
            with pytest.raises(IndexError):
                strings[wrong]
    finally:
        strings.close()


def test_shared_strings_are_read_no_further_than_asked() -> None:
    def blocks() -> list[bytes]:
        raise AssertionError("the second block is not needed")

    def stream():  # type: ignore[no-untyped-def]
        yield f'<sst xmlns="{MAIN}"><si><t>one</t></si>'.encode()
        yield blocks()

    assert SharedStrings(stream(), "xl/sharedStrings.xml")[0] == "one"


def test_it_takes_the_first_visible_sheet_that_has_cells(tmp_path: Path) -> None:
    hidden, empty, filled = (
        sheet(text_rows([["+6591234567"]])),
        sheet(row(1, '<c r="A1"/>')),
        sheet(text_rows([[CHINA]])),
    )
    path = write_workbook(tmp_path / "a.xlsx", hidden, empty, filled, states=("hidden", "visible", "visible"))
    assert Workbook(path).choose_sheet(None)[0] == "Third"
    assert [each.msisdn for each in read(path)] == [CHINA]
    assert [each.msisdn for each in read(path, sheet="Recipients")] == ["+6591234567"]


def test_a_hidden_sheet_is_taken_when_no_other_has_cells(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx", sheet(text_rows([[CHINA]])), sheet(""), states=("veryHidden", "visible")
    )
    assert Workbook(path).choose_sheet(None)[0] == "Recipients"


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", [CHINA])
    with pytest.raises(FileRefused) as refused:
        read(path, sheet="Kunden")
    assert refused.value.reason is FileRefusal.NO_SUCH_SHEET
    assert refused.value.details == {"sheet": "Kunden", "sheets": "Recipients"}


def test_hidden_rows_are_read_and_counted(tmp_path: Path) -> None:
    rows = row(1, text("A1", CHINA)) + f'<row r="2" hidden="1">{text("A2", BRITAIN)}</row>'
    workbook = Workbook(write_workbook(tmp_path / "a.xlsx", sheet(rows)))
    assert len(list(workbook.rows("Recipients", [0]))) == 2
    assert workbook.n_hidden_rows == 1


@pytest.mark.parametrize("second", [1, 2])
def test_rows_that_do_not_rise_are_refused(tmp_path: Path, second: int) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx", sheet(row(2, text("A2", CHINA)) + row(second, text("A2", BRITAIN)))
    )
    with pytest.raises(FileRefused) as refused:
        read(path)
    assert refused.value.reason is FileRefusal.ROWS_OUT_OF_ORDER
    assert refused.value.details == {"row": second, "previous": 2}


def test_a_prefix_of_the_namespace_changes_nothing(tmp_path: Path) -> None:
    xml = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>{CHINA}'
        "</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert [each.msisdn for each in read(write_workbook(tmp_path / "a.xlsx", xml))] == [CHINA]


_VALUES = st.one_of(
    st.none(),
    st.integers(-(10**14), 10**14),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
    st.dates(datetime.date(1950, 1, 1), datetime.date(2100, 1, 1)),
    st.times(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_VALUES, min_size=1, max_size=6), min_size=1, max_size=12))
def test_the_reader_and_openpyxl_see_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[object]]
) -> None:
    path = tmp_path_factory.mktemp("oracle") / "a.xlsx"
    workbook = openpyxl.Workbook()
    workbook.active.title = "Recipients"
    for values in rows:
        workbook.active.append([f"'{v}" if isinstance(v, str) and v.startswith("=") else v for v in values])
    content = io.BytesIO()
    workbook.save(content)
    path.write_bytes(content.getvalue())
    assert_same_cells(path)


def assert_same_cells(path: Path) -> None:
    """openpyxl's own row reader is the oracle for every sheet of the workbook, the first 64 columns of it."""
    ours = Workbook(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        for facts in ours.sheets:
            worksheet = theirs[facts.name]
            worksheet.reset_dimensions()
            expected = {
                (row_number, column): value
                for row_number, values in enumerate(worksheet.iter_rows(values_only=True, max_col=64), 1)
                for column, value in enumerate(values)
                if value is not None and not (isinstance(value, str) and not value.strip())
            }
            found = {
                (row_number, column): cell
                for row_number, cells in ours.rows(facts.name, range(64))
                for column, cell in enumerate(cells)
                if cell is not None and cell != ["f"]
            }
            assert found.keys() == expected.keys()
            for place, cell in found.items():
                assert is_same(cell, expected[place]), place


def is_same(cell: object, value: object) -> bool:
    if isinstance(cell, list):
        if cell[0] == "d":
            return isinstance(value, (datetime.date, datetime.time, datetime.timedelta))
        return bool(cell[1] == value)
    return cell == (value.strip() if isinstance(value, str) else value)
