"""Uploaded certificates: what they really are, whatever they are called. Pure: no models, no storage."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from templates_app.errors import TemplatesError

SIZE_MAX_BYTES: Final = 5 << 20
CERTIFICATES_MAX: Final = 5
# A scan of a page at 600 dpi has 35 million pixels. A small file can claim billions and fill the memory.
_SUFFIX_SHOWN: Final = 10
PIXELS_MAX: Final = 50_000_000
NAME_LENGTH_MAX: Final = 150

_PDF_HEAD: Final = b"%PDF-"
_PDF_END: Final = b"%%EOF"
# Programs that make PDFs may append a few bytes after the end mark.
_PDF_END_WITHIN_BYTES: Final = 2048


@dataclass(frozen=True, slots=True)
class Document:
    """A certificate ready to be stored. `name` ends as the content demands, not as the upload was called."""

    name: str
    content_type: str
    extension: str
    content: bytes


def read_document(file: IO[bytes], *, name: str) -> Document:
    """The uploaded file, checked by its content. Raises `TemplatesError` in words about this file.

    Pictures are drawn anew, so that nothing but the picture is kept: no hidden data, no second format in one file.
    """
    content = file.read(SIZE_MAX_BYTES + 1)
    stem = _safe_stem(name)
    # People look for the name they know, with its ending.
    shown = stem + PurePath(name).suffix[:_SUFFIX_SHOWN]
    if len(content) > SIZE_MAX_BYTES:
        raise TemplatesError(_("“%(name)s” is larger than 5 MB.") % {"name": shown})
    if content.startswith(_PDF_HEAD) and _PDF_END in content[-_PDF_END_WITHIN_BYTES:]:
        return Document(f"{stem}.pdf", "application/pdf", "pdf", content)
    return _redrawn(content, stem, shown)


def _redrawn(content: bytes, stem: str, shown: str) -> Document:
    refusal = TemplatesError(
        _("“%(name)s” is not a readable JPG, PNG or PDF file. Save it again in one of these formats.")
        % {"name": shown}
    )
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as probe:
            if probe.width * probe.height > PIXELS_MAX:
                raise TemplatesError(_("“%(name)s” has too many pixels. Scan it coarser.") % {"name": shown})
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
    return kept.strip(". ")[:NAME_LENGTH_MAX] or "certificate"
