from __future__ import annotations

import datetime
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.workbooks import exports, write_recipient_template, write_rows
from campaigns.workbooks.plain import clean_text
from smsconsole.lib.types import Region

MARKUP = "<r><t>x</t></r></is></c><c r='Z9'><f>1+1</f></c><c><is><r></r>"
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.text(),
    st.sampled_from(
        ["=1+1", "+1", "-1", "@A1", "{=1}", "http://x", "internal:A1", MARKUP, "<r></r>", "1e5", "00123"]
    ),
)


def written(*, headers: list[str], rows: Any, **options: Any) -> openpyxl.Workbook:
    stream = io.BytesIO()
    write_rows(stream, headers=headers, rows=rows, **options)
    return openpyxl.load_workbook(stream)


def table(workbook: openpyxl.Workbook, sheet: int = 0) -> list[list[Any]]:
    return [list(row) for row in workbook.worksheets[sheet].iter_rows(values_only=True)]


def test_a_table_arrives_with_its_headers_and_types():
    moment = datetime.datetime(2026, 3, 21, 13, 20, 5)  # noqa: DTZ001 - a cell has no zone
    workbook = written(
        headers=["Number", "Segments", "Time", "Day", "Sent", "Rate", "Note"],
        rows=[["+8613800138000", 2, moment, moment.date(), True, 0.5, None]],
    )

    assert table(workbook) == [
        ["Number", "Segments", "Time", "Day", "Sent", "Rate", "Note"],
        ["+8613800138000", 2, moment, datetime.datetime(2026, 3, 21), True, 0.5, None],  # noqa: DTZ001
    ]
    assert workbook.worksheets[0]["A1"].font.bold


def test_numbers_stay_text_also_when_somebody_edits_the_cell():
    cell = written(headers=["Number"], rows=[["+8613800138000"]]).worksheets[0]["A2"]

    assert (cell.value, cell.data_type, cell.number_format) == ("+8613800138000", "s", "@")


def test_what_a_cell_would_round_is_written_as_text():
    values = [86138001380001234, 10**400, float("nan"), float("-inf")]

    assert table(written(headers=[], rows=[values]))[1] == [str(value) for value in values]


def test_times_are_shown_in_the_zone_asked_for():
    moment = datetime.datetime(2026, 3, 21, 22, 0, tzinfo=datetime.UTC)

    workbook = written(headers=["Time"], rows=[[moment]], time_zone=ZoneInfo("Asia/Shanghai"))

    assert table(workbook)[1] == [datetime.datetime(2026, 3, 22, 6, 0)]  # noqa: DTZ001


@settings(max_examples=150, deadline=None)
@given(header=st.text(), rows=st.lists(st.lists(VALUES, max_size=4), max_size=4))
def test_whatever_the_values_there_is_no_formula_and_no_cell_too_many(header: str, rows: list[list[Any]]):
    stream = io.BytesIO()
    n_rows = write_rows(stream, headers=[header], rows=rows)
    content = zipfile.ZipFile(stream).read("xl/worksheets/sheet1.xml")
    sheet = openpyxl.load_workbook(stream).worksheets[0]

    assert n_rows == len(rows)
    assert b"<f" not in content.replace(b"<font", b"")
    assert b"<hyperlink" not in content
    assert sheet.max_column <= max([1, *(len(row) for row in rows)])
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d", "inlineStr"}


@given(text=st.text())
def test_a_text_arrives_as_it_was_but_for_what_xml_cannot_hold(text: str):
    cleaned = clean_text(text)

    assert clean_text(cleaned) == cleaned
    assert cleaned == text or any(character < " " or character in "\ufffe\uffff" for character in text)


def test_a_text_is_cut_where_a_cell_ends_and_not_within_a_character():
    assert clean_text("a" + "😀" * 20_000) == "a" + "😀" * 16_383


def test_rows_beyond_a_sheet_go_on_on_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exports, "MAX_SHEET_ROWS", 3)

    workbook = written(headers=["n"], rows=([number] for number in range(5)))

    assert [table(workbook, sheet) for sheet in range(3)] == [
        [["n"], [0], [1]],
        [["n"], [2], [3]],
        [["n"], [4]],
    ]


@pytest.mark.parametrize("n_rows", [2, 4])
def test_no_sheet_is_begun_for_nothing(monkeypatch: pytest.MonkeyPatch, n_rows: int):
    monkeypatch.setattr(exports, "MAX_SHEET_ROWS", 3)

    assert len(written(headers=["n"], rows=[[number] for number in range(n_rows)]).worksheets) == n_rows // 2


def test_an_empty_table_has_its_headers():
    assert table(written(headers=["Number", "Status"], rows=[])) == [["Number", "Status"]]


def peak_bytes(n_rows: int) -> int:
    rows: Iterator[list[Any]] = (["+8613800138000", number, "delivered"] for number in range(n_rows))
    tracemalloc.start()
    write_rows(NullStream(), headers=["Number", "n", "Status"], rows=rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


class NullStream(io.RawIOBase):
    """Takes everything, keeps nothing."""

    def __init__(self) -> None:
        self.n_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.n_bytes += len(data)
        return len(data)


def test_memory_does_not_grow_with_the_rows():
    small, large = peak_bytes(500), peak_bytes(10_000)

    assert large < small + 500_000


def test_rows_that_end_in_an_error_leave_no_files_behind(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def rows() -> Iterator[list[str]]:
        yield ["a"]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        write_rows(io.BytesIO(), headers=["x"], rows=rows())

    assert list(tmp_path.iterdir()) == []


def template(**options: Any) -> openpyxl.Workbook:
    stream = io.BytesIO()
    wanted: dict[str, Any] = {
        "columns": ["mobile", "1", "2"],
        "example_rows": [["+447400123456", "Anna", "London"]],
        "region": Region.INTERNATIONAL,
        "notes": ["One number per row.", "At most 1 000 000 rows."],
    }
    write_recipient_template(stream, **(wanted | options))
    return openpyxl.load_workbook(stream)


def test_the_template_has_exactly_the_columns_and_the_examples():
    assert table(template()) == [["mobile", "1", "2"], ["+447400123456", "Anna", "London"]]


def test_the_template_has_only_headers_without_examples():
    assert table(template(columns=["mobile", "code"], example_rows=[])) == [["mobile", "code"]]


def test_what_is_typed_into_the_template_stays_text():
    columns = template().worksheets[0].column_dimensions.values()

    assert {(each.min, each.max) for each in columns} == {(1, 1), (2, 3)}
    assert {each.number_format for each in columns} == {"@"}
    assert all(each.width > 15 for each in columns)


def test_the_format_notes_are_on_the_second_sheet():
    workbook = template()

    assert workbook.sheetnames == ["Recipients", "Format notes"]
    assert [row[0] for row in table(workbook, 1)] == [
        "For an international campaign: numbers of every country but the home country.",
        "One number per row.",
        "At most 1 000 000 rows.",
    ]


def test_the_notes_of_a_domestic_template_say_so():
    assert table(template(region=Region.DOMESTIC), 1)[0] == [
        "For a domestic campaign: numbers of the home country only."
    ]
