"""XML of a workbook's large parts: streamed, without document types and entities.

openpyxl streams through defusedxml, whose parser is written in Python (21 µs for a row of three cells, where this
takes 12), keeps an element of every row that it has read, and lets document types pass. What is here refuses
those, has ElementTree build the elements in C, and forgets them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser  # nosec B405
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


def finished_children(part: str, chunks: Iterator[bytes], path: str) -> Iterator[Element]:
    """The children of the first element at `path`, below any root, each as soon as it is complete.

    They are dropped from the tree when they are handed out. What follows their parent only has to be XML.
    """
    guard = PartParser(part)
    builder = TreeBuilder()
    # Opened by us, so that the tree can be looked into while it grows.
    above = builder.start("part", {})
    parser = XMLParser(target=builder)  # nosec B314 # noqa: S314 - sees nothing that the guard has not passed
    parent: Element | None = None
    is_over = False
    for chunk in chunks:
        guard.feed(chunk)
        if is_over:
            continue
        _build(parser, chunk)
        if parent is None:
            parent = above.find(f"*/{path}")
        if parent is not None:
            is_over = above[0][-1] is not parent
            # The last one may still be growing.
            n_finished = len(parent) if is_over else max(0, len(parent) - 1)
            finished = parent[:n_finished]
            del parent[:n_finished]
            yield from finished
    guard.feed(b"", is_last=True)
    if not is_over:
        _build(parser, b"", is_last=True)
        yield from above.iterfind(f"*/{path}/*")


def _build(parser: XMLParser[Element], chunk: bytes, *, is_last: bool = False) -> None:
    try:
        parser.feed(chunk)
        if is_last:
            # From version 2.6 on expat leaves an unfinished piece lying until there is no more to come.
            parser.close()
    except ParseError as error:
        # The guard has parsed these bytes before: all that can have failed is to keep what they say.
        raise MemoryError from error
