"""What is added to openpyxl's parser of worksheets: guarded pieces, forgotten rows, noted columns."""

from __future__ import annotations

import io
import tracemalloc
import weakref
from collections.abc import Iterator, Sequence

import pytest

from campaigns.spreadsheets import FileRefusal, FileRefused
from campaigns.spreadsheets.sheet import SheetPart, read_sheet
from campaigns.spreadsheets.strings import SharedStrings
from campaigns.spreadsheets.types import RawRow
from campaigns.spreadsheets.xml import finished_children
from tests.campaigns.spreadsheets.making import MAIN, SHEET, row, sheet, text

_DATA = f"{{{MAIN}}}sheetData"


def in_pieces(xml: str, n_bytes: int) -> Iterator[bytes]:
    reading = io.BytesIO(xml.encode())
    return iter(lambda: reading.read(n_bytes), b"")


def part(strings: str = "") -> SheetPart:
    table = f'<sst xmlns="{MAIN}">{strings}</sst>'.encode()
    return SheetPart(SHEET, SharedStrings(iter([table]), "xl/sharedStrings.xml"), [])


def rows_of(xml: str, columns: Sequence[int] = (0, 1)) -> list[RawRow]:
    return list(read_sheet(part(), in_pieces(xml, 1 << 18), columns))


@pytest.mark.parametrize("n_bytes", [1, 2, 7, 40, 1_000_000])
def test_rows_are_the_same_however_the_bytes_are_cut(n_bytes: int) -> None:
    xml = sheet(
        "".join(row(n, text(f"A{n}", f"文 {n} {'x' * n}")) for n in range(1, 30)),
        before='<cols><col min="1" max="2"/></cols>',
        after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
    )
    found = list(read_sheet(part(), in_pieces(xml, n_bytes), [0]))
    assert found == [(n, [f"文 {n} {'x' * n}"]) for n in range(1, 30)]


def test_an_end_that_expat_puts_off_is_not_lost() -> None:
    start, end = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row spans="{"1:1 " * 1_000}',
        '"><c><v>7</v></c></row>',
    )
    pieces = [start.encode(), f"{end}</sheetData></worksheet>".encode()]
    assert list(read_sheet(part(), iter(pieces), [0])) == [(1, [7])]


def test_children_are_forgotten_once_they_were_handed_out() -> None:
    xml = sheet("".join(row(n, text(f"A{n}", "some text")) for n in range(1, 101)))
    seen: list[weakref.ref[object]] = []
    for number, element in enumerate(finished_children(SHEET, in_pieces(xml, 60), _DATA), start=1):
        seen.append(weakref.ref(element))
        if number == 100:
            assert sum(reference() is not None for reference in seen) <= 3
    assert len(seen) == 100


def test_memory_does_not_grow_with_the_rows() -> None:
    def pieces() -> Iterator[bytes]:
        yield f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
        for n in range(1, 20_001):
            yield f'<row r="{n}" ht="{n}" customHeight="1"><c r="A{n}"><v>{n}</v></c></row>'.encode()
        yield b"</sheetData><mergeCells>"
        for n in range(1, 20_001):
            yield f'<mergeCell ref="A{n}:B{n}"/>'.encode()
        yield b"</mergeCells></worksheet>"

    tracemalloc.start()
    try:
        assert sum(1 for _ in read_sheet(part(), pieces(), [0])) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_damage_behind_the_rows_is_still_damage() -> None:
    with pytest.raises(FileRefused) as refused:
        rows_of(sheet(row(1, text("A1", "x")), after="<mergeCells><broken></mergeCells>"))
    assert refused.value.reason is FileRefusal.DAMAGED_PART
    assert "mismatched tag" in str(refused.value.details["detail"])


def test_a_document_type_is_refused_before_any_row_is_built() -> None:
    xml = '<!DOCTYPE worksheet [<!ENTITY name "Ann">]>' + sheet(row(1, text("A1", "&name;")))
    rows = read_sheet(part(), in_pieces(xml, 20), [0])
    with pytest.raises(FileRefused) as refused:
        next(rows)
    assert refused.value.reason is FileRefusal.XML_ENTITIES


def test_runs_of_an_inline_text_are_joined_and_readings_left_out() -> None:
    rich = (
        '<c r="A1" t="inlineStr"><is><r><t>Hello </t></r><r><rPr><b/></rPr><t xml:space="preserve">world_x0021_'
        '</t></r><rPh sb="0" eb="2"><t>reading</t></rPh></is></c>'
    )
    assert rows_of(sheet(row(1, rich))) == [(1, ["Hello world!", None])]


def test_plain_inline_texts_are_spared_the_objects_of_rich_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openpyxl.worksheet._reader.Text", None)
    assert rows_of(sheet(row(1, text("A1", " a_x0021_ "), text("B1", "")))) == [(1, ["a!", None])]


def test_an_inline_text_that_openpyxl_gives_up_on_is_named_by_its_cell() -> None:
    odd = '<c r="B7" t="inlineStr"><is><r><rPr><sz val="large"/></rPr><t>x</t></r></is></c>'
    with pytest.raises(FileRefused) as refused:
        rows_of(sheet(row(7, odd)))
    assert refused.value.reason is FileRefusal.DAMAGED_PART
    assert refused.value.details["part"] == SHEET
    assert str(refused.value.details["detail"]).startswith("cell B7: ")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<c r="A1" s="none"><v> 17 </v></c>', "17"),
        ('<c r="A1" s="900"><v>17</v></c>', 17),
        ('<c r="A1" t="b"><v>true</v></c>', True),
        ('<c r="A1" t="d"><v>no date</v></c>', "no date"),
        ('<c r="A1" t="later"><v> new kind </v></c>', "new kind"),
        (f'<c r="A1"><v>{"9" * 400}</v></c>', "9" * 400),
    ],
)
def test_what_openpyxl_cannot_convert_is_shown_as_it_is_written(cell: str, shown: object) -> None:
    ((_, cells),) = rows_of(sheet(row(1, cell)))
    assert cells == [shown, None]
    assert type(cells[0]) is type(shown)


def test_a_column_that_nobody_asked_for_is_noted_and_then_passed_over() -> None:
    asked = part("<si><t>note</t></si>")
    missing = '<c r="C2" t="s"><v>99</v></c>'
    xml = sheet(
        row(1, text("A1", "x"), '<c r="C1" t="s"><v>0</v></c>', text("D1", "  "))
        + row(2, text("A2", "y"), missing)
    )
    assert list(read_sheet(asked, in_pieces(xml, 1_000), [0])) == [(1, ["x"]), (2, ["y"])]
    assert asked.other_columns == {2}


def test_a_row_that_is_filled_elsewhere_only_is_a_row() -> None:
    xml = sheet(row(1, text("C1", "x")) + row(2, text("C2", "y")) + row(3, text("C3", " ")))
    assert rows_of(xml, [0]) == [(1, [None]), (2, [None])]
    assert rows_of(xml, []) == [(1, []), (2, [])]
