"""Hostile, broken and foreign files: each ends as its own refusal, said by the child process."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from campaigns.refused_files import describe_refusal
from campaigns.spreadsheets import FileRefusal, ReadOptions, import_rows
from campaigns.spreadsheets.archive import MAX_PARTS
from tests.campaigns.spreadsheets.making import (
    BRITAIN,
    CHINA,
    MAIN,
    SHEET,
    number_styles,
    refusal_of,
    row,
    sheet,
    text,
    text_rows,
    write_rows,
    write_workbook,
)

_ROWS = sheet(text_rows([[CHINA], [BRITAIN]]))
_ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def assert_refused(path: Path, reason: FileRefusal, sentence: str, name: str | None = None) -> None:
    refusal = refusal_of(path, name)
    words = describe_refusal(refusal)
    assert refusal.reason is reason, words
    assert sentence in words.sentence
    assert words.advice


def ole_with(*streams: str) -> bytes:
    """The header of a compound file and a directory that names these streams."""
    return _OLE.ljust(512, b"\0") + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)


# --- Bombs ----------------------------------------------------------------------------------------------


def test_a_zip_bomb_is_refused_by_what_its_directory_admits(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, parts={SHEET: b" " * (60 << 20)})
    assert_refused(path, FileRefusal.UNPACKS_TOO_LARGE, SHEET)


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, parts={SHEET: b" " * (60 << 20)})
    content = path.read_bytes()
    # Both the local header and the directory say 1 000 bytes.
    path.write_bytes(content.replace(struct.pack("<I", 60 << 20), struct.pack("<I", 1_000)))
    assert zipfile.ZipFile(path).getinfo(SHEET).file_size == 1_000
    assert_refused(path, FileRefusal.DAMAGED_ARCHIVE, "Bad CRC-32")


def test_a_bomb_in_the_shared_strings_is_refused(tmp_path: Path) -> None:
    rows = sheet(row(1, text("A1", CHINA)) + row(2, '<c r="A2" t="s"><v>0</v></c>'))
    path = write_workbook(
        tmp_path / "a.xlsx",
        rows,
        shared_strings="<si><t>one</t></si>",
        parts={"xl/sharedStrings.xml": b" " * (60 << 20)},
    )
    assert_refused(path, FileRefusal.UNPACKS_TOO_LARGE, "xl/sharedStrings.xml")


def test_a_part_that_is_read_whole_has_a_limit_of_its_own(tmp_path: Path) -> None:
    filler = "<!--" + "x" * (17 << 20) + "-->"
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, parts={"[Content_Types].xml": filler})
    assert_refused(path, FileRefusal.UNPACKS_TOO_LARGE, "[Content_Types].xml")


def test_thousands_of_parts_are_refused(tmp_path: Path) -> None:
    parts = {f"xl/media/{n}": "" for n in range(MAX_PARTS)}
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, parts=parts)
    assert_refused(path, FileRefusal.TOO_MANY_PARTS, "2005 parts")


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"])
def test_entities_are_refused_wherever_they_are_declared(tmp_path: Path, part: str) -> None:
    laughs = f'{_ENTITIES}<worksheet xmlns="{MAIN}"><sheetData>&b;</sheetData></worksheet>'
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, styles=number_styles("0.00"), parts={part: laughs})
    assert_refused(path, FileRefusal.XML_ENTITIES, part)


def test_an_entity_in_utf_16_is_refused(tmp_path: Path) -> None:
    xml = f'<?xml version="1.0" encoding="utf-16"?>{_ENTITIES}{_ROWS}'.encode("utf-16")
    assert_refused(
        write_workbook(tmp_path / "a.xlsx", _ROWS, parts={SHEET: xml}), FileRefusal.XML_ENTITIES, SHEET
    )


def test_columns_beyond_the_last_that_is_read_are_counted(tmp_path: Path) -> None:
    cells = [text("A1", BRITAIN), text("C1", "seen"), text("BM1", "beyond"), text("XFD1", "far beyond")]
    path = write_workbook(tmp_path / "a.xlsx", sheet(row(1, *cells)))
    with import_rows(path, ReadOptions(), original_name="a.xlsx") as reading:
        list(reading.chunks())
    assert reading.report.surplus_columns == ["C"]
    assert reading.report.n_columns_beyond == 2


# --- Damage ---------------------------------------------------------------------------------------------


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").touch()
    assert_refused(tmp_path / "a.xlsx", FileRefusal.EMPTY_FILE, "no bytes")


@pytest.mark.parametrize("n_missing", [10, 200, 1_000])
def test_a_truncated_workbook_is_refused(tmp_path: Path, n_missing: int) -> None:
    path = write_rows(tmp_path / "a.xlsx", *[[f"+86138001{n:05}", f"name {n * n}"] for n in range(500)])
    path.write_bytes(path.read_bytes()[:-n_missing])
    assert_refused(path, FileRefusal.TRUNCATED, "cut short")


def test_a_part_with_flipped_bytes_is_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", *[[f"+86138001{n:05}", f"name {n * n}"] for n in range(2_000)])
    content = bytearray(path.read_bytes())
    place = content.index(SHEET.encode()) + 2_000
    content[place : place + 8] = bytes(byte ^ 0xFF for byte in content[place : place + 8])
    path.write_bytes(content)
    assert_refused(path, FileRefusal.DAMAGED_ARCHIVE, SHEET)


def test_xml_that_breaks_off_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", _ROWS[:-30])
    assert_refused(path, FileRefusal.DAMAGED_PART, f"{SHEET} cannot be understood (line 1: ")


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("[Content_Types].xml", "[Content_Types].xml"),
        ("xl/workbook.xml", "xl/workbook.xml"),
        (SHEET, SHEET),
    ],
)
def test_a_missing_part_is_named(tmp_path: Path, part: str, named: str) -> None:
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, without=[part])
    assert_refused(path, FileRefusal.MISSING_PART, f"lacks {named}")


def test_a_workbook_part_of_nonsense_is_refused(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx", _ROWS, parts={"xl/workbook.xml": f'<workbook xmlns="{MAIN}"><b'}
    )
    assert_refused(path, FileRefusal.DAMAGED_PART, "xl/workbook.xml")


def test_a_sheet_that_the_relations_do_not_know_is_refused(tmp_path: Path) -> None:
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, parts={"xl/_rels/workbook.xml.rels": relations})
    assert_refused(path, FileRefusal.DAMAGED_PART, "rId1")


@pytest.mark.parametrize("number", ["0", "-1", "1048577", "x", "99999999999999999999"])
def test_impossible_row_numbers_are_refused(tmp_path: Path, number: str) -> None:
    path = write_workbook(tmp_path / "a.xlsx", sheet(f'<row r="{number}">{text("A1", CHINA)}</row>'))
    assert refusal_of(path).reason in {FileRefusal.DAMAGED_PART, FileRefusal.ROWS_OUT_OF_ORDER}


@pytest.mark.parametrize("reference", ["XFE1", "1", "a1", "ZZZZ9", "$A$1"])
def test_impossible_cells_are_refused(tmp_path: Path, reference: str) -> None:
    path = write_workbook(tmp_path / "a.xlsx", sheet(row(1, text(reference, CHINA))))
    assert_refused(path, FileRefusal.DAMAGED_PART, SHEET)


def test_a_workbook_without_cells_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", sheet(row(1, '<c r="A1" s="3"/>')), sheet(""))
    assert_refused(path, FileRefusal.NO_CELLS, "no filled cells")


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    assert_refused(write_rows(tmp_path / "a.xlsx", ["mobile", "1"]), FileRefusal.NO_ROWS, "row 1")


# --- Other kinds of file --------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml"])
def test_macros_are_refused_whatever_the_name_says(tmp_path: Path, part: str) -> None:
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, parts={part: "program"})
    assert_refused(path, FileRefusal.HAS_MACROS, part)
    assert_refused(path, FileRefusal.HAS_MACROS, part, name="a.xlsm")


def test_an_xlsm_without_macros_is_read(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsm", [CHINA])
    with import_rows(path, ReadOptions(), original_name="a.xlsm") as reading:
        assert [each.msisdn for chunk in reading.chunks() for each in chunk.rows] == [CHINA]


@pytest.mark.parametrize(
    ("streams", "reason", "sentence"),
    [
        (["EncryptionInfo", "EncryptedPackage"], FileRefusal.PASSWORD_PROTECTED, "password"),
        (["Workbook"], FileRefusal.OLD_EXCEL, "Excel 97-2003"),
        (["Book"], FileRefusal.OLD_EXCEL, "Excel 97-2003"),
        (["WordDocument"], FileRefusal.NOT_A_SPREADSHEET, "a Word document"),
        (["PowerPoint Document"], FileRefusal.NOT_A_SPREADSHEET, "a PowerPoint presentation"),
        (["Something"], FileRefusal.NOT_A_SPREADSHEET, "old Office program"),
    ],
)
def test_old_office_files_are_told_apart(
    tmp_path: Path, streams: list[str], reason: FileRefusal, sentence: str
) -> None:
    (tmp_path / "a.xlsx").write_bytes(ole_with("Root Entry", *streams))
    assert_refused(tmp_path / "a.xlsx", reason, sentence)


def test_an_encrypted_part_is_a_password(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.xlsx", [CHINA])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert_refused(path, FileRefusal.PASSWORD_PROTECTED, "password")


@pytest.mark.parametrize(
    ("part", "content", "reason", "sentence"),
    [
        ("xl/workbook.bin", "", FileRefusal.BINARY_WORKBOOK, ".xlsb"),
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet", FileRefusal.OPEN_DOCUMENT, ".ods"),
        ("mimetype", "application/epub+zip", FileRefusal.NOT_A_SPREADSHEET, "a ZIP archive"),
        ("word/document.xml", "", FileRefusal.NOT_A_SPREADSHEET, "a Word document"),
        ("ppt/presentation.xml", "", FileRefusal.NOT_A_SPREADSHEET, "a PowerPoint presentation"),
        ("Index/Document.iwa", "", FileRefusal.NOT_A_SPREADSHEET, "an Apple Numbers"),
        ("recipients.csv", "", FileRefusal.NOT_A_SPREADSHEET, "a ZIP archive without a workbook"),
    ],
)
def test_other_archives_are_told_apart(
    tmp_path: Path, part: str, content: str, reason: FileRefusal, sentence: str
) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr(part, content)
    assert_refused(tmp_path / "a.xlsx", reason, sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n....", "a picture"),
        (b"\xff\xd8\xff\xe0....", "a picture"),
        (b"<html><table><tr><td>1", "a web page"),
        (b"\xef\xbb\xbf \r\n<!DOCTYPE html>", "a web page"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "an XML document",
        ),
        (b"{\\rtf1", "a rich text document"),
        (b"\x1f\x8b\x08", "a compressed archive"),
        (b"\x7fELF", "a program"),
    ],
)
@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_foreign_files_are_called_what_they_are(
    tmp_path: Path, content: bytes, sentence: str, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert_refused(tmp_path / name, FileRefusal.NOT_A_SPREADSHEET, sentence)


def test_a_text_file_called_xlsx_is_refused_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text(f"mobile,1\n{CHINA},Ann\n")
    assert_refused(
        tmp_path / "a.xlsx",
        FileRefusal.WRONG_EXTENSION,
        "called .xlsx, but its content is a text file (.csv)",
    )


def test_a_workbook_called_csv_is_refused_by_what_it_is(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.csv", [CHINA])
    assert_refused(path, FileRefusal.WRONG_EXTENSION, "called .csv, but its content is an Excel workbook")


def test_bytes_of_nothing_called_xlsx_are_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(bytes(range(1, 256)))
    assert_refused(tmp_path / "a.xlsx", FileRefusal.DAMAGED_ARCHIVE, "not a ZIP archive")


def test_a_strict_workbook_is_refused_by_its_name(tmp_path: Path) -> None:
    xml = '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'
    path = write_workbook(tmp_path / "a.xlsx", _ROWS, parts={"xl/workbook.xml": xml})
    assert_refused(path, FileRefusal.STRICT_WORKBOOK, "Strict Open XML")


def test_every_refusal_has_words() -> None:
    from campaigns.refused_files import _WORDS

    assert set(_WORDS) == set(FileRefusal)
