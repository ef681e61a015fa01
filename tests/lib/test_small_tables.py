"""Small uploaded lists: every format, and files that are none or mean harm."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from smsconsole.lib import small_tables
from smsconsole.lib.small_tables import TableProblem, TableRefused, TableRow, read_table


def read(content: bytes, *, max_rows: int = 10) -> list[TableRow]:
    return read_table(io.BytesIO(content), max_bytes=1 << 20, max_rows=max_rows)


def problem(content: bytes, *, max_rows: int = 10) -> TableProblem:
    with pytest.raises(TableRefused) as caught:
        read(content, max_rows=max_rows)
    return caught.value.problem


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_in_any_shape(separator: str, encoding: str) -> None:
    content = f"号码{separator}备注\n\n1{separator} 二 \n".encode(encoding)
    assert read(content) == [TableRow(1, ("号码", "备注")), TableRow(3, ("1", "二"))]


def test_workbooks_keep_their_row_numbers_and_lie_about_their_size() -> None:
    content = workbook(("Number",), (), (8613800138000, " x "))
    assert read(content) == [TableRow(1, ("Number",)), TableRow(3, (8613800138000, "x"))]
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:B3"', b'ref="A1"'))
    assert len(read(changed.getvalue())) == 2


def test_what_is_no_list_is_refused() -> None:
    assert problem(b"") == problem(b" \n\n") == TableProblem.EMPTY
    assert problem(b"\xd0\xcf\x11\xe0old") == TableProblem.OLD_WORKBOOK
    assert problem(b"PK\x03\x04broken") == TableProblem.UNREADABLE
    assert problem(b"\xff\xfe\x00") == TableProblem.UNREADABLE
    assert problem(b"x" * ((1 << 20) + 1)) == TableProblem.TOO_LARGE
    assert problem(b"1\n" * 11) == TableProblem.TOO_MANY_ROWS
    assert problem(b'"' + b"1" * 200_000) == TableProblem.UNREADABLE


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert problem(stream.getvalue()) == TableProblem.UNREADABLE


def test_a_bomb_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_tables, "MAX_UNPACKED_BYTES", 1 << 20)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (2 << 20))
    assert problem(stream.getvalue()) == TableProblem.TOO_LARGE


def test_entities_of_a_hostile_sheet_are_refused() -> None:
    content = workbook(("1",))
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = (
                    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
                    + part.split(b"?>", 1)[-1]
                )
            new.writestr(name, part)
    assert problem(changed.getvalue()) == TableProblem.UNREADABLE
