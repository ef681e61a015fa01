from __future__ import annotations

import io
import struct
import subprocess
import zlib
from typing import Any

import pytest
from PIL import Image

from smsconsole.lib.documents import (
    PIXELS_MAX,
    SIZE_MAX_BYTES,
    Document,
    DocumentRefused,
    read_document,
    render_pdf_pages,
)
from smsconsole.lib.pdf_pages import PAGES_MAX
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
    with pytest.raises(DocumentRefused, match=r"“licence\.png” is not a readable"):
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
    with pytest.raises(DocumentRefused, match="pixels"):
        read(bomb)


def test_it_refuses_more_than_five_megabytes() -> None:
    with pytest.raises(DocumentRefused, match="5 MB"):
        read(b"%PDF-" + b"x" * SIZE_MAX_BYTES + b"%%EOF")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\licence.png", "licence"),
        ('a"b\r\nSet-Cookie: x.png', "abSet-Cookie: x"),
        ("...", "document"),
        ("x" * 400 + ".png", "x" * 150),
        ("营业执照.png", "营业执照"),
    ],
)
def test_names_lose_what_could_mislead(name: str, stem: str) -> None:
    assert read(picture(), name).name == stem + ".png"


def pdf(*, n_pages: int = 1, size: tuple[int, int] = (595, 842)) -> bytes:
    out = io.BytesIO()
    pages = [Image.new("RGB", size, (10 * number, 200, 100)) for number in range(n_pages)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def handmade_pdf(*, content: bytes, box: str = "0 0 200 200", catalog: str = "") -> bytes:
    return (
        f"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R{catalog}>>endobj\n"
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R>>endobj\n"
        f"4 0 obj<</Length {len(content)}/Filter/FlateDecode>>stream\n".encode()
        + content
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def test_each_page_of_a_pdf_becomes_a_picture() -> None:
    pages = render_pdf_pages(pdf(n_pages=3), name="licence.pdf")
    assert len(pages) == 3
    for number, page in enumerate(pages):
        with Image.open(io.BytesIO(page), formats=("JPEG",)) as picture:
            assert max(picture.size) == 1600
            red = picture.getpixel((50, 50))[0]  # type: ignore[index]
            assert abs(red - 10 * number) < 6


@pytest.mark.parametrize("box", ["0 0 14400 14400", "0 0 1 14400", "0 0 0 0", "5 5 -5 -5", "0 0 1e30 1e30"])
def test_no_page_is_drawn_larger_than_readable(box: str) -> None:
    drawing = zlib.compress(b"0 0 100 100 re f")
    for page in render_pdf_pages(handmade_pdf(content=drawing, box=box), name="licence.pdf"):
        with Image.open(io.BytesIO(page)) as picture:
            assert max(picture.size) <= 1600


def test_a_script_in_a_pdf_changes_nothing() -> None:
    script = "/OpenAction<</S/JavaScript/JS(app.alert\\(1\\); while\\(true\\){})>>"
    content = handmade_pdf(content=zlib.compress(b"0 0 100 100 re f"), catalog=script)
    assert len(render_pdf_pages(content, name="licence.pdf")) == 1


def test_too_many_pages_are_refused() -> None:
    assert len(render_pdf_pages(pdf(n_pages=PAGES_MAX, size=(20, 20)), name="book.pdf")) == PAGES_MAX
    with pytest.raises(DocumentRefused, match=r"“book\.pdf” has more than 20 pages"):
        render_pdf_pages(pdf(n_pages=PAGES_MAX + 1, size=(20, 20)), name="book.pdf")


@pytest.mark.parametrize(
    "content",
    [b"", PDF, b"%PDF-1.7\n" + b"\0" * 5000 + b"%%EOF", pdf()[:300] + b"%%EOF"],
    ids=["empty", "no pages", "zeros", "cut"],
)
def test_a_pdf_that_cannot_be_drawn_is_refused(content: bytes) -> None:
    with pytest.raises(DocumentRefused, match=r"“licence\.pdf” cannot be shown"):
        render_pdf_pages(content, name="licence.pdf")


def test_a_pdf_that_swells_to_gigabytes_ends_its_child_only() -> None:
    # A fully flushed piece of a deflate stream may stand any number of times.
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = deflate.compress(b"q " * (8 << 20)) + deflate.flush(zlib.Z_FULL_FLUSH)
    swollen = b"\x78\xda" + piece * 120 + deflate.flush()
    with pytest.raises(DocumentRefused, match="cannot be shown"):
        render_pdf_pages(handmade_pdf(content=swollen), name="licence.pdf")


def test_who_draws_a_pdf_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    seen: dict[str, str] = {}
    start = subprocess.Popen.__init__

    def watched(self: subprocess.Popen[bytes], *args: Any, **kwargs: Any) -> None:
        seen.update(kwargs["env"])
        start(self, *args, **kwargs)

    monkeypatch.setattr(subprocess.Popen, "__init__", watched)
    render_pdf_pages(pdf(), name="licence.pdf")
    assert "PATH" in seen
    assert "SECRET_KEY" not in seen
