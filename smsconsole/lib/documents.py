"""Uploaded papers: what they really are, whatever they are called, and how their pages look.

No models, no storage. Pictures are drawn anew; a PDF is kept as it is and never opened in this process.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from smsconsole.lib.pdf_pages import MAX_DRAWN_BYTES, PAGES_MAX, Ending

SIZE_MAX_BYTES: Final = 5 << 20
# A scan of a page at 600 dpi has 35 million pixels. A small file can claim billions and fill the memory.
PIXELS_MAX: Final = 50_000_000
_SUFFIX_SHOWN: Final = 10
NAME_LENGTH_MAX: Final = 150

_PDF_HEAD: Final = b"%PDF-"
_PDF_END: Final = b"%%EOF"
# Programs that make PDFs may append a few bytes after the end mark.
_PDF_END_WITHIN_BYTES: Final = 2048

# For drawing one PDF; its processor time is limited, too (`pdf_pages`).
_DRAWING_MAX_SECONDS: Final = 20
_JPEG_HEAD: Final = b"\xff\xd8\xff"
_PROJECT: Final = Path(__file__).resolve().parent.parent.parent
_KEPT_VARIABLES: Final = ("PATH", "PYTHONPATH", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


class DocumentRefused(Exception):
    """The file cannot be taken; `str(error)` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Document:
    """A paper ready to be stored. `name` ends as the content demands, not as the upload was called."""

    name: str
    content_type: str
    extension: str
    content: bytes


def read_document(file: IO[bytes], *, name: str) -> Document:
    """The uploaded file, checked by its content. Raises `DocumentRefused` in words about this file.

    Pictures are drawn anew, so that nothing but the picture is kept: no hidden data, no second format in one file.
    """
    content = file.read(SIZE_MAX_BYTES + 1)
    stem = _safe_stem(name)
    # People look for the name they know, with its ending.
    shown = stem + PurePath(name).suffix[:_SUFFIX_SHOWN]
    if len(content) > SIZE_MAX_BYTES:
        raise DocumentRefused(_("“%(name)s” is larger than 5 MB.") % {"name": shown})
    if content.startswith(_PDF_HEAD) and _PDF_END in content[-_PDF_END_WITHIN_BYTES:]:
        return Document(f"{stem}.pdf", "application/pdf", "pdf", content)
    return _redrawn(content, stem, shown)


def _redrawn(content: bytes, stem: str, shown: str) -> Document:
    refusal = DocumentRefused(
        _("“%(name)s” is not a readable JPG, PNG or PDF file. Save it again in one of these formats.")
        % {"name": shown}
    )
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as probe:
            if probe.width * probe.height > PIXELS_MAX:
                raise DocumentRefused(_("“%(name)s” has too many pixels. Scan it coarser.") % {"name": shown})
            probe.verify()
        # A verified picture cannot be used any more and is opened again.
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            return _encoded(picture, stem)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise refusal from error


def _encoded(picture: Image.Image, stem: str) -> Document:
    out = io.BytesIO()
    is_jpeg = picture.format == "JPEG"
    upright = ImageOps.exif_transpose(picture)
    if is_jpeg:
        upright.convert("RGB").save(out, "JPEG", quality=90)
        return Document(f"{stem}.jpg", "image/jpeg", "jpg", out.getvalue())
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    upright.convert(mode).save(out, "PNG")
    return Document(f"{stem}.png", "image/png", "png", out.getvalue())


def _safe_stem(name: str) -> str:
    """The name without folders, ending and characters that could mislead a header or a reader."""
    stem = PurePath(name.replace("\\", "/")).stem
    kept = "".join(character for character in stem if character.isprintable() and character not in '"/')
    return kept.strip(". ")[:NAME_LENGTH_MAX] or "document"


def render_pdf_pages(content: bytes, *, name: str) -> list[bytes]:
    """The pages of a PDF as JPEG pictures, at most `PAGES_MAX`; `name` is only said in refusals.

    A PDF may be made to harm who opens it, so a child process without secrets draws it, within limits of
    memory and time. Raises `DocumentRefused` when it cannot be drawn: nobody could read it either.
    """
    environment = {key: os.environ[key] for key in _KEPT_VARIABLES if key in os.environ}
    with tempfile.TemporaryFile() as drawn:
        child = subprocess.Popen(
            [sys.executable, "-m", "smsconsole.lib.pdf_pages", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=drawn,
            stderr=subprocess.DEVNULL,
            cwd=_PROJECT,
            env=environment,
            start_new_session=True,
        )
        try:
            child.communicate(content, timeout=_DRAWING_MAX_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        _refuse_ending(child.returncode, name)
        if drawn.seek(0, io.SEEK_END) > MAX_DRAWN_BYTES:
            _refuse_ending(Ending.UNREADABLE, name)
        drawn.seek(0)
        return _frames(drawn.read(), name)


def _refuse_ending(status: int, name: str) -> None:
    """Pass when the child has drawn every page."""
    if status == Ending.DRAWN:
        return
    if status == Ending.TOO_MANY_PAGES:
        raise DocumentRefused(
            _("“%(name)s” has more than %(max)d pages. Keep only those that prove something.")
            % {"name": name, "max": PAGES_MAX}
        )
    raise DocumentRefused(
        _(
            "“%(name)s” cannot be shown: it is damaged, protected by a password or too large to draw. "
            "Print it to a new PDF."
        )
        % {"name": name}
    )


def _frames(drawn: bytes, name: str) -> list[bytes]:
    pages: list[bytes] = []
    place = 0
    while place < len(drawn):
        length = int.from_bytes(drawn[place : place + 4], "big")
        pages.append(drawn[place + 4 : place + 4 + length])
        place += 4 + length
    if not pages or not all(page.startswith(_JPEG_HEAD) for page in pages):
        _refuse_ending(Ending.UNREADABLE, name)
    return pages
