"""The files of a verification's documents, and the pictures of their pages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import IdentityVerification, VerificationDocument
from smsconsole.lib.documents import Document

PAPERS_MAX = 5


@dataclass(frozen=True, slots=True)
class Paper:
    """A checked document with the pictures of its pages; a picture is its own page and has none."""

    document: Document
    pages: tuple[bytes, ...] = ()


def store_papers(verification: IdentityVerification, papers: Sequence[Paper]) -> list[str]:
    """Rows and files of the papers; returns the names of the files, for the caller to delete if it fails later."""
    stored: list[str] = []
    try:
        for paper in papers:
            _store(verification, paper, stored)
    except BaseException:
        forget_files(stored)
        raise
    return stored


def _store(verification: IdentityVerification, paper: Paper, stored: list[str]) -> None:
    document = paper.document
    # A random name: what somebody called a file never becomes a path.
    name = f"verifications/{uuid.uuid4().hex}.{document.extension}"
    stored.append(default_storage.save(name, ContentFile(document.content)))
    file = stored[-1]
    for number, picture in enumerate(paper.pages, start=1):
        stored.append(default_storage.save(page_name(file, number), ContentFile(picture)))
    VerificationDocument.objects.create(
        verification=verification,
        file=file,
        original_name=document.name,
        content_type=document.content_type,
        size_bytes=len(document.content),
        n_pages=len(paper.pages),
    )


def page_name(file: str, number: int) -> str:
    """Where the picture of a PDF's page lies: beside the PDF."""
    return str(PurePosixPath(file).with_suffix("")) + f"-page-{number}.jpg"


def keep_papers(verification: IdentityVerification, kept: Sequence[VerificationDocument]) -> None:
    """The new request shows documents of an earlier one, too; the files are shared, not copied."""
    VerificationDocument.objects.bulk_create(
        VerificationDocument(
            verification=verification,
            file=document.file.name,
            original_name=document.original_name,
            content_type=document.content_type,
            size_bytes=document.size_bytes,
            n_pages=document.n_pages,
        )
        for document in kept
    )


def forget_files(names: Sequence[str]) -> None:
    for name in names:
        default_storage.delete(name)
