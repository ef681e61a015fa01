"""Certificates of signatures, refused in this app's own words of error (`smsconsole.lib.documents`)."""

from __future__ import annotations

from typing import IO, Final

from smsconsole.lib import documents
from smsconsole.lib.documents import Document, DocumentRefused
from templates_app.errors import TemplatesError

__all__ = ["CERTIFICATES_MAX", "Document", "read_document"]

CERTIFICATES_MAX: Final = 5


def read_document(file: IO[bytes], *, name: str) -> Document:
    """The uploaded certificate, checked by its content. Raises `TemplatesError` in words about this file."""
    try:
        return documents.read_document(file, name=name)
    except DocumentRefused as error:
        raise TemplatesError(str(error)) from error
