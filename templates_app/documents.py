"""Certificates of signatures: checked by `smsconsole.lib.documents`, refused in this app's own words of error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Final

from smsconsole.lib import documents
from smsconsole.lib.documents import DocumentRefused
from templates_app.errors import TemplatesError

CERTIFICATES_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Document(documents.Document):
    """A certificate ready to be stored; of a PDF also its pages, as pictures."""

    pages: tuple[bytes, ...] = ()


def read_document(file: IO[bytes], *, name: str) -> Document:
    """The uploaded certificate, checked by its content. Raises `TemplatesError` in words about this file.

    A PDF that nobody could look at is refused, too.
    """
    try:
        read = documents.read_document(file, name=name)
        is_pdf = read.extension == "pdf"
        pages = documents.render_pdf_pages(read.content, name=read.name) if is_pdf else []
    except DocumentRefused as error:
        raise TemplatesError(str(error)) from error
    return Document(read.name, read.content_type, read.extension, read.content, tuple(pages))
