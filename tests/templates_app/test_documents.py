from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from templates_app.documents import PIXELS_MAX, SIZE_MAX_BYTES, Document, read_document
from templates_app.errors import TemplatesError
from tests.templates_app.texts import picture

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def read(content: bytes, name: str = "licence.png") -> Document:
    return read_document(io.BytesIO(content), name=name)


@pytest.mark.parametrize(
    ("content", "content_type", "ending"),
    [
        (picture("PNG"), "image/png", ".png"),
        (picture("JPEG"), "image/jpeg", ".jpg"),
        (PDF, "application/pdf", ".pdf"),
    ],
)
def test_it_takes_the_three_formats_whatever_they_are_called(
    content: bytes, content_type: str, ending: str
) -> None:
    document = read(content, "some paper.exe")
    assert document.content_type == content_type
    assert document.name == "some paper" + ending


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7 without an end",
        picture("GIF"),
        picture("PNG")[:60],
        b"\x89PNG\r\n\x1a\n" + b"<script>" * 100,
    ],
    ids=["empty", "svg", "html", "cut pdf", "gif", "cut png", "html behind a png head"],
)
def test_it_refuses_everything_else(content: bytes) -> None:
    with pytest.raises(TemplatesError, match=r"“licence\.png” is not a readable"):
        read(content)


def test_it_keeps_nothing_but_the_picture() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    Image.new("RGB", (20, 20)).save(out, "JPEG", exif=exif)
    document = read(out.getvalue() + b"<script>alert(1)</script>")
    assert b"<script>" not in document.content
    assert b"secret description" not in document.content


def test_a_turned_photograph_stands_upright() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    Image.new("RGB", (40, 20)).save(out, "JPEG", exif=exif)
    with Image.open(io.BytesIO(read(out.getvalue()).content)) as upright:
        assert upright.size == (20, 40)


def test_it_refuses_a_small_file_that_claims_too_many_pixels() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = int(PIXELS_MAX**0.5) + 2
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    with pytest.raises(TemplatesError, match="pixels"):
        read(bomb)


def test_it_refuses_more_than_five_megabytes() -> None:
    with pytest.raises(TemplatesError, match="5 MB"):
        read(b"%PDF-" + b"x" * SIZE_MAX_BYTES + b"%%EOF")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\licence.png", "licence"),
        ('a"b\r\nSet-Cookie: x.png', "abSet-Cookie: x"),
        ("...", "certificate"),
        ("x" * 400 + ".png", "x" * 150),
        ("营业执照.png", "营业执照"),
    ],
)
def test_names_lose_what_could_mislead(name: str, stem: str) -> None:
    assert read(picture(), name).name == stem + ".png"
