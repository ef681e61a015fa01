"""Workbooks written by hand, so that tests can say what no spreadsheet program would write."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from campaigns.spreadsheets import FileRefused, ParsedRow, ReadOptions, RowError, import_rows, read_rows

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "xl/worksheets/sheet1.xml"

# A mobile number of each, valid and of its own.
CHINA = "+8613800138000"
BRITAIN = "+447400123456"
BERLIN_LANDLINE = "+493012345678"


def sheet(rows: str, *, before: str = "", after: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def text(reference: str, value: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def text_rows(rows: Iterable[Sequence[str]]) -> str:
    return "".join(
        row(number, *[text(f"{chr(65 + column)}{number}", value) for column, value in enumerate(values)])
        for number, values in enumerate(rows, start=1)
    )


def write_workbook(
    path: Path,
    *sheets: str,
    names: Sequence[str] = ("Recipients", "Second", "Third"),
    states: Sequence[str] = ("visible", "visible", "visible"),
    shared_strings: str | None = None,
    styles: str | None = None,
    parts: Mapping[str, str | bytes] | None = None,
    without: Sequence[str] = (),
    workbook_properties: str = "",
) -> Path:
    """A workbook of the given sheets' XML; `parts` adds or replaces parts, `without` leaves some out."""
    content = {
        "[Content_Types].xml": _content_types(len(sheets), shared_strings is not None, styles is not None),
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{_RELATIONS}">{workbook_properties}<sheets>'
            + "".join(
                f'<sheet name="{names[place]}" sheetId="{place + 1}" state="{states[place]}"'
                f' r:id="rId{place + 1}"/>'
                for place in range(len(sheets))
            )
            + "</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _relations(
            [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        ),
        **{f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets, start=1)},
    }
    if shared_strings is not None:
        content["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{shared_strings}</sst>'
    if styles is not None:
        content["xl/styles.xml"] = styles
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**content, **(parts or {})}.items():
            if name not in without:
                archive.writestr(name, part)
    return path


def write_rows(path: Path, *rows: Sequence[str]) -> Path:
    """A workbook of texts."""
    return write_workbook(path, sheet(text_rows(rows)))


def number_styles(*codes: str) -> str:
    """Cell styles 1, 2, … with these number formats."""
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{code}"/>' for number, code in enumerate(codes, start=164)
    )
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in range(164, 164 + len(codes)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>'
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'
    )


def read(path: Path, **options: object) -> list[ParsedRow | RowError]:
    """The rows by the reader of this process."""
    return list(read_rows(path, ReadOptions(**options)))  # type: ignore[arg-type]


def parameters(path: Path, **options: object) -> list[tuple[str, ...]]:
    return [each.parameters for each in read(path, **options) if isinstance(each, ParsedRow)]


def refusal_of(path: Path, name: str | None = None) -> FileRefused:
    """How the child process refuses the file; it is an error of the test if it does not."""
    try:
        with import_rows(path, ReadOptions(), original_name=name or path.name) as reading:
            rows = [each for chunk in reading.chunks() for each in (*chunk.rows, *chunk.errors)]
    except FileRefused as refusal:
        return refusal
    raise AssertionError(f"{path.name} was read: {rows[:3]}")


def _relations(relations: Iterable[tuple[str, str, str]]) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="{key}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
            for key, kind, target in relations
        )
        + "</Relationships>"
    )


def _content_types(n_sheets: int, has_strings: bool, has_styles: bool) -> str:
    parts = [("/xl/workbook.xml", "sheet.main")]
    parts += [(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in range(1, n_sheets + 1)]
    parts += [("/xl/sharedStrings.xml", "sharedStrings")] if has_strings else []
    parts += [("/xl/styles.xml", "styles")] if has_styles else []
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{_TYPES}.{kind}+xml"/>' for name, kind in parts
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f"{overrides}</Types>"
    )
