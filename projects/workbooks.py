"""Small tables as files to take away; nothing in them is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from django.http import HttpResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet program would take for a formula when it opens a .csv.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_xlsx(name: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A workbook of one sheet; texts stay texts, long numbers too."""
    stream = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "in_memory": False,
    }
    with xlsxwriter.Workbook(stream, options) as workbook:
        sheet = workbook.add_worksheet()
        sheet.set_column(0, len(headers) - 1, 22)
        sheet.freeze_panes(1, 0)
        bold = workbook.add_format({"bold": True})
        for column, header in enumerate(headers):
            sheet.write_string(0, column, str(header), bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value is not None:
                    sheet.write_string(number, column, str(value))
    return _attachment(stream.getvalue(), XLSX, f"{name}.xlsx")


def as_csv(name: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """UTF-8 with a mark, as spreadsheet programs want it; a text that looks like a formula is quoted away."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([str(header) for header in headers])
    writer.writerows([[_harmless(value) for value in row] for row in rows])
    return _attachment(stream.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{name}.csv")


def _harmless(value: Any) -> Any:
    if (
        isinstance(value, str)
        and value.startswith(_FORMULA_STARTS)
        and not value[1:].replace(" ", "").replace("*", "").isdigit()
    ):
        return f"'{value}"
    return "" if value is None else value


def _attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
