from __future__ import annotations

import io
import os
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from campaigns.spreadsheets.refusals import FileRefused
from campaigns.spreadsheets.workbook import Workbook
from campaigns.workbooks import (
    ResultColumnsDoNotFit,
    ResultSource,
    RowResult,
    results,
    write_result_workbook,
    write_rows,
)

TITLES = ["Status", "Reason"]
# xlsxwriter would write this one into the sheet as it stands, with a formula cell.
MARKUP = "<r><t>x</t></r></is></c><c r='Z9'><f>1+1</f></c><c><is><r></r>"
NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", MARKUP, "\x00\x0b", "_x0041_", "<b>&amp;</b>"]
NASTY_TEXT = st.one_of(st.sampled_from(NASTY), st.text(), st.text(alphabet="=+-@|<>r/ ab'\"", max_size=12))


def write_back(
    path: Path, *, sheet: str = "Sheet", header_row: int = 1, result: list[RowResult], **options: Any
) -> tuple[bool, bytes]:
    stream = io.BytesIO()
    source = ResultSource(
        kind=options.pop("kind", "xlsx"),
        sheet=sheet,
        header_row=header_row,
        encoding=options.pop("encoding", None),
        separator=options.pop("separator", None),
    )
    kept = write_result_workbook(
        path, stream, source=source, titles=options.pop("titles", TITLES), results=iter(result), **options
    )
    return kept, stream.getvalue()


def first_sheet(content: bytes) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def table(content: bytes) -> list[list[Any]]:
    return [list(row) for row in first_sheet(content).iter_rows(values_only=True)]


def has_formula(content: bytes) -> bool:
    """By the XML itself: no `<f>` in any sheet."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    return any(
        tag in archive.read(name)
        for name in archive.namelist()
        if "/worksheets/" in name
        for tag in (b"<f>", b"<f ")
    )


def plain_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MAX_FORMATTED_ROWS", 0)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """What operators have: a title row, a formatted header, a second sheet, widths, a formula, a note."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Customers"
    sheet["A1"] = "Customers of March"
    sheet.merge_cells("A1:C1")
    sheet.append(["mobile", "name", "note"])
    sheet["A2"].font = sheet["C2"].font = Font(bold=True)
    sheet["C2"].fill = PatternFill("solid", fgColor="FFCC00")
    sheet.append(["+8613800138000", "Anna", "first"])
    sheet.append([8613900139000, "=A3&B3", None])
    sheet.append(["n/a", "Zoë", "third"])
    sheet["B3"].alignment = Alignment(horizontal="center")
    sheet["A3"].comment = Comment("call +8613800138000", "me")
    sheet["A3"].hyperlink = "https://example.com/8613800138000"
    sheet.column_dimensions["A"].width = 33
    other = book.create_sheet("Notes")
    other["A1"] = "+8613800138000"
    other["A2"] = "=1+1"
    path = tmp_path / "customers.xlsx"
    book.save(path)
    return path


RESULTS = [
    RowResult(3, ["delivered", ""]),
    RowResult(4, ["failed", "no such number"]),
    RowResult(5, ["refused", "letters"]),
]


def test_the_operators_workbook_comes_back_with_its_columns_and_the_results_at_the_right(workbook: Path):
    kept, content = write_back(workbook, sheet="Customers", header_row=2, result=RESULTS)

    assert kept
    assert table(content) == [
        ["Customers of March", None, None, None, None],
        ["mobile", "name", "note", "Status", "Reason"],
        ["+8613800138000", "Anna", "first", "delivered", None],
        [8613900139000, None, None, "failed", "no such number"],
        ["n/a", "Zoë", "third", "refused", "letters"],
    ]


def test_formatting_widths_merges_notes_and_other_sheets_are_kept(workbook: Path):
    _, content = write_back(workbook, sheet="Customers", header_row=2, result=RESULTS)
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Customers"]

    assert book.sheetnames == ["Customers", "Notes"]
    assert sheet["A2"].font.bold
    assert not sheet["B2"].font.bold
    assert sheet["C2"].fill.fgColor.rgb == "00FFCC00"
    assert sheet["B3"].alignment.horizontal == "center"
    assert sheet.column_dimensions["A"].width == 33
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A1:C1"]
    assert sheet["A3"].comment is not None


def test_the_result_titles_look_like_the_header_beside_them(workbook: Path):
    _, content = write_back(workbook, sheet="Customers", header_row=2, result=RESULTS)
    sheet = first_sheet(content)

    assert sheet["D2"].font.bold
    assert sheet["E2"].fill.fgColor.rgb == "00FFCC00"


def test_a_formula_becomes_the_value_it_had(tmp_path: Path):
    path = tmp_path / "formula.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "=21*2"
    book.active["B1"] = "=FOO()"
    book.save(path)
    insert_cached_value(path, b"21*2</f><v />", b"21*2</f><v>42</v>")

    for is_plain in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if is_plain:
                plain_mode(patch)
            kept, content = write_back(path, header_row=0, result=[RowResult(1, ["sent", ""])])
        assert kept is not is_plain
        assert not has_formula(content)
        assert table(content)[0][:3] == [42, None, "sent"]


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_cell_that_calls_itself_a_formula_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_plain: bool
):
    path = tmp_path / "hostile.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = 42
    book.save(path)
    insert_cached_value(path, b't="n"><v>42</v>', b't="f"><v>=1+1</v>')
    if is_plain:
        plain_mode(monkeypatch)

    kept, content = write_back(path, header_row=0, result=[RowResult(1, ["sent", ""])])

    assert kept is not is_plain
    assert not has_formula(content)
    assert table(content) == [["=1+1", "sent"]]


def insert_cached_value(path: Path, before: bytes, after: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert before in parts["xl/worksheets/sheet1.xml"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(before, after))


@settings(max_examples=60, deadline=None)
@given(cell=NASTY_TEXT, title=NASTY_TEXT, value=NASTY_TEXT, is_plain=st.booleans())
def test_no_text_of_anybody_becomes_a_formula(
    tmp_path_factory: pytest.TempPathFactory, cell: str, title: str, value: str, is_plain: bool
):
    path = tmp_path_factory.mktemp("nasty") / "nasty.xlsx"
    with path.open("wb") as file:
        write_rows(file, headers=["mobile", "1"], rows=[["+8613800138000", cell]])

    with pytest.MonkeyPatch.context() as patch:
        if is_plain:
            plain_mode(patch)
        _, content = write_back(path, sheet="Export", titles=[title], result=[RowResult(2, [value])])

    sheet = first_sheet(content)
    assert not has_formula(content)
    assert "f" not in {each.data_type for row in sheet.iter_rows() for each in row}
    assert sheet.max_column <= 3


@pytest.mark.parametrize("text", NASTY[:5])
@pytest.mark.parametrize("is_plain", [False, True])
def test_text_that_begins_like_a_formula_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, is_plain: bool
):
    path = tmp_path / "text.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["mobile", "1"])
    book.active["B2"] = text
    book.active["B2"].data_type = "s"
    book.save(path)
    if is_plain:
        plain_mode(monkeypatch)

    kept, content = write_back(path, titles=[text], result=[RowResult(2, [text])])

    assert kept is not is_plain
    assert table(content) == [["mobile", "1", text], [None, text, text]]


def test_a_large_workbook_comes_back_plain_in_the_same_order(workbook: Path, monkeypatch: pytest.MonkeyPatch):
    plain_mode(monkeypatch)

    kept, content = write_back(workbook, sheet="Customers", header_row=2, result=RESULTS)

    assert not kept
    assert table(content) == [
        ["Customers of March", None, None, None, None],
        ["mobile", "name", "note", "Status", "Reason"],
        ["+8613800138000", "Anna", "first", "delivered", None],
        [8613900139000, None, None, "failed", "no such number"],
        ["n/a", "Zoë", "third", "refused", "letters"],
    ]


@pytest.mark.parametrize("is_plain", [False, True])
def test_cells_beside_the_header_are_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_plain: bool
):
    path = tmp_path / "wide.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["mobile"])
    book.active.append(["+8613800138000", "Anna", None, None, "far away"])
    book.active["T5"].font = Font(bold=True)
    book.save(path)
    if is_plain:
        plain_mode(monkeypatch)

    _, content = write_back(path, result=[RowResult(2, ["sent", "ok"])])

    assert table(content)[1][:7] == ["+8613800138000", "Anna", None, None, "far away", "sent", "ok"]


@pytest.mark.parametrize("is_plain", [False, True])
def test_empty_rows_keep_their_place_and_missing_results_leave_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_plain: bool
):
    path = tmp_path / "gaps.xlsx"
    book = openpyxl.Workbook()
    for row in (1, 4, 5, 9):
        book.active.cell(row, 1, f"row {row}")
    book.save(path)
    if is_plain:
        plain_mode(monkeypatch)

    _, content = write_back(
        path,
        header_row=0,
        titles=["Status"],
        result=[RowResult(2, ["?"]), RowResult(5, ["five"]), RowResult(9, ["nine"])],
    )

    sheet = first_sheet(content)
    assert {row: (sheet.cell(row, 1).value, sheet.cell(row, 2).value) for row in (1, 4, 5, 9)} == {
        1: ("row 1", None),
        4: ("row 4", None),
        5: ("row 5", "five"),
        9: ("row 9", "nine"),
    }


def test_without_a_header_no_title_takes_the_place_of_a_row(workbook: Path):
    _, content = write_back(workbook, sheet="Customers", header_row=0, result=RESULTS)

    assert "Status" not in [value for row in table(content) for value in row]


def test_a_csv_comes_back_as_a_workbook(tmp_path: Path):
    path = tmp_path / "recipients.csv"
    path.write_bytes('手机;姓名\n13800138000;"安;娜"\n\n013;=1+1\n'.encode("gb18030"))

    kept, content = write_back(
        path, kind="csv", sheet="", encoding="gb18030", separator=";",
        result=[RowResult(2, ["delivered", ""]), RowResult(4, ["refused", "too short"])],
    )  # fmt: skip

    assert not kept
    assert table(content) == [
        ["手机", "姓名", "Status", "Reason"],
        ["13800138000", "安;娜", "delivered", None],
        [None, None, None, None],
        ["013", "=1+1", "refused", "too short"],
    ]


@pytest.mark.parametrize("is_plain", [False, True])
def test_masked_numbers_stand_nowhere_in_the_file(
    workbook: Path, monkeypatch: pytest.MonkeyPatch, is_plain: bool
):
    if is_plain:
        plain_mode(monkeypatch)

    _, content = write_back(workbook, sheet="Customers", header_row=2, result=RESULTS, masked_column=0)

    archive = zipfile.ZipFile(io.BytesIO(content))
    assert not [name for name in archive.namelist() if b"138001380" in archive.read(name)]
    assert [row[0] for row in table(content)[1:]] == ["mobile", "+86138****8000", "86139****9000", "n/a"]


@pytest.mark.parametrize("rows_and_columns", ["A1:XFD1048576", "A2:A1048576", "B:B"])
def test_ranges_that_would_fill_the_memory_come_back_plain(tmp_path: Path, rows_and_columns: str):
    path = tmp_path / "merged.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "+8613800138000"
    book.active.merge_cells("C1:D2")
    book.save(path)
    insert_cached_value(path, b'ref="C1:D2"', f'ref="{rows_and_columns}"'.encode())

    kept, content = write_back(path, header_row=0, result=[RowResult(1, ["sent", ""])])

    assert not kept
    assert table(content) == [["+8613800138000", "sent"]]


def test_what_openpyxl_cannot_carry_over_comes_back_plain(workbook: Path):
    with zipfile.ZipFile(workbook) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(workbook, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, b"<theme" if name == "xl/comments/comment1.xml" else content)

    kept, content = write_back(workbook, sheet="Customers", header_row=2, result=RESULTS)

    assert not kept
    assert table(content)[2] == ["+8613800138000", "Anna", "first", "delivered", None]


def test_hidden_columns_to_the_end_of_the_sheet_do_not_hide_the_results(tmp_path: Path):
    path = tmp_path / "hidden.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["mobile", "name"])
    book.active.column_dimensions.group("B", "XFD", hidden=True)
    book.save(path)

    _, content = write_back(path, result=[RowResult(2, ["sent", ""])])

    dimensions = first_sheet(content).column_dimensions
    spans = sorted((each.min, each.max, each.hidden) for each in dimensions.values())
    assert spans == [(2, 2, True), (3, 3, False), (4, 4, False)]


def test_it_says_when_there_is_no_column_left(tmp_path: Path):
    path = tmp_path / "full.xlsx"
    book = openpyxl.Workbook()
    book.active["XFD1"] = "the end"
    book.save(path)

    with pytest.raises(ResultColumnsDoNotFit):
        write_back(path, result=[])


def test_what_is_no_workbook_is_refused(tmp_path: Path):
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04 and then nothing")

    with pytest.raises(FileRefused):
        write_back(path, result=[])


@pytest.mark.skipif("CORPUS_DIR" not in os.environ, reason="CORPUS_DIR names the folder of trial data")
def test_every_odd_workbook_of_the_corpus_comes_back_or_is_refused():
    n_written = 0
    for path in sorted((Path(os.environ["CORPUS_DIR"]) / "hostile-workbooks").glob("*.xls*")):
        try:
            with closing(Workbook(path)) as workbook:
                sheet, _rows = workbook.choose_sheet(None)
            _, content = write_back(path, sheet=sheet, result=[RowResult(2, ["sent", ""])])
        except (FileRefused, ResultColumnsDoNotFit):
            continue
        n_written += 1
        assert not has_formula(content), path
    assert n_written > 40
