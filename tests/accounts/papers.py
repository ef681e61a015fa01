"""Documents and data of verifications for tests."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from accounts.services.papers import Paper
from accounts.services.verification import Identity
from accounts.statuses import EntityKind
from smsconsole.lib.documents import Document


def picture(kind: str = "PNG", colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), colour).save(out, kind)
    return out.getvalue()


def pdf(n_pages: int = 1) -> bytes:
    out = io.BytesIO()
    pages = [Image.new("RGB", (200, 280), "white") for _ in range(n_pages)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def paper(n_pages: int = 0) -> Paper:
    """A picture, or a PDF with so many pages already drawn."""
    if n_pages:
        document = Document("licence.pdf", "application/pdf", "pdf", b"%PDF-1.7 ... %%EOF")
        return Paper(document, tuple(picture("JPEG") for _ in range(n_pages)))
    return Paper(Document("licence.png", "image/png", "png", picture()))


def identity(**changed: Any) -> Identity:
    values: dict[str, Any] = {
        "kind": EntityKind.ENTERPRISE,
        "legal_name": "Example Trading GmbH",
        "registration_number": "HRB 12345 B",
        "address": "Beispielstraße 1\n10115 Berlin",
        "contact_name": "Erika Example",
        "contact_msisdn": "+493012345678",
    }
    return Identity(**(values | changed))
