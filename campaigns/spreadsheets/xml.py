"""XML of a workbook's large parts by expat: no tree, no document types, no entities.

openpyxl reads rows through defusedxml, which has to build every element in Python: 60 µs a row of three cells,
where this takes 12. It also keeps an element per row and cannot tell a formula without a result from an empty cell.
"""

from __future__ import annotations

from typing import Final, NoReturn
from xml.parsers import expat

from openpyxl.xml.constants import SHEET_MAIN_NS

from campaigns.spreadsheets.refusals import FileRefusal, FileRefused

STRICT_NAMESPACE: Final = "http://purl.oclc.org/ooxml/spreadsheetml/main"

_OUT_OF_MEMORY: Final = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]


def names_of(local: str) -> frozenset[str]:
    """An element's name as expat reports it in either namespace of workbooks."""
    return frozenset({f"{SHEET_MAIN_NS} {local}", f"{STRICT_NAMESPACE} {local}"})


class PartParser:
    """An expat parser that is fed a part's bytes and refuses the file for what no spreadsheet program writes.

    The handlers are set by its user on `expat`.
    """

    def __init__(self, part: str) -> None:
        self.part = part
        self.expat = expat.ParserCreate(namespace_separator=" ")
        self.expat.buffer_text = True
        self.expat.buffer_size = 1 << 16
        # Without a document type there can be no entities: neither bombs nor files of ours.
        self.expat.StartDoctypeDeclHandler = self._refuse_document_type

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        try:
            self.expat.Parse(chunk, is_last)
        except expat.ExpatError as error:
            if error.code == _OUT_OF_MEMORY:
                raise MemoryError from error
            detail = f"line {error.lineno}: {expat.ErrorString(error.code)}"
            raise FileRefused(FileRefusal.DAMAGED_PART, part=self.part, detail=detail) from error

    def _refuse_document_type(self, *_args: object) -> NoReturn:
        raise FileRefused(FileRefusal.XML_ENTITIES, part=self.part)
