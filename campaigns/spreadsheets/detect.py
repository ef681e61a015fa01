"""What a file is by its content; its name is only compared with that."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePath
from typing import Final

from campaigns.spreadsheets.refusals import FileRefusal, FileRefused

_N_FIRST_BYTES: Final = 4096
_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_MAGIC: Final = b"PK\x03\x04"
_EMPTY_ZIP_MAGIC: Final = b"PK\x05\x06"

_MAGIC: Final = [
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"\x7fELF", "program"),
    (b"MZ\x90\x00", "program"),
]
# Entries that tell one ZIP-based format from another.
_ZIP_CONTENT: Final = [
    ("word/", "word"),
    ("ppt/", "powerpoint"),
    ("Index/", "numbers"),
    ("Index.zip", "numbers"),
]
_WORKBOOK_EXTENSIONS: Final = {".xlsx", ".xlsm", ".xltx", ".xltm"}
_TEXT_EXTENSIONS: Final = {".csv", ".txt", ".tsv", ".tab"}


def detect_kind(path: Path, *, original_name: str) -> str:
    """ "xlsx" or "csv"; `FileRefused` for everything else, saying what the file really is.

    A file whose name says something else than its content is refused as well: the person who sees a .csv
    expects to read what a text editor shows. Names without an ending that we know are not held against a file.
    """
    with path.open("rb") as file:
        first = file.read(_N_FIRST_BYTES)
    if not first:
        raise FileRefused(FileRefusal.EMPTY_FILE)
    if first.startswith(_OLE_MAGIC):
        raise _ole_refusal(path)
    extension = PurePath(original_name).suffix.lower()
    if first.startswith((_ZIP_MAGIC, _EMPTY_ZIP_MAGIC)):
        if extension in _TEXT_EXTENSIONS or extension in {".xls", ".xlsb", ".ods"}:
            _refuse_other_archives(path)
            raise FileRefused(FileRefusal.WRONG_EXTENSION, extension=extension, content="xlsx", right=".xlsx")
        return "xlsx"
    for magic, content in _MAGIC:
        if first.startswith(magic):
            raise FileRefused(FileRefusal.NOT_A_SPREADSHEET, content=content)
    _refuse_markup(first)
    if extension in _WORKBOOK_EXTENSIONS or extension in {".xls", ".xlsb", ".ods"}:
        content = "csv" if _is_like_text(first) else ""
        if not content:
            raise FileRefused(FileRefusal.DAMAGED_ARCHIVE, detail="not a ZIP archive")
        raise FileRefused(FileRefusal.WRONG_EXTENSION, extension=extension, content=content, right=".csv")
    return "csv"


def _is_like_text(first: bytes) -> bool:
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 9 or 13 < byte < 32 for byte in first)


def _refuse_markup(first: bytes) -> None:
    """Web pages and XML that some systems export under a spreadsheet's name."""
    beginning = first.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<body")):
        raise FileRefused(FileRefusal.NOT_A_SPREADSHEET, content="html")
    if beginning.startswith(b"<?xml"):
        raise FileRefused(FileRefusal.NOT_A_SPREADSHEET, content="html" if b"<html" in beginning else "xml")


def _ole_refusal(path: Path) -> FileRefused:
    """Of an OLE compound file: its directory names the streams in UTF-16."""
    with path.open("rb") as file:
        # The directory may lie anywhere; an old workbook or an encrypted one is seldom larger than this.
        content = file.read(64 << 20)

    def has_stream(name: str) -> bool:
        return name.encode("utf-16-le").ljust(64, b"\0") in content

    if has_stream("EncryptedPackage") or has_stream("EncryptionInfo"):
        return FileRefused(FileRefusal.PASSWORD_PROTECTED)
    if has_stream("Workbook") or has_stream("Book"):
        return FileRefused(FileRefusal.OLD_EXCEL)
    if has_stream("WordDocument"):
        return FileRefused(FileRefusal.NOT_A_SPREADSHEET, content="word")
    if has_stream("PowerPoint Document"):
        return FileRefused(FileRefusal.NOT_A_SPREADSHEET, content="powerpoint")
    return FileRefused(FileRefusal.NOT_A_SPREADSHEET, content="ole")


def _refuse_other_archives(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_unless_workbook(archive)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError):
        # Damage is told when the archive is opened for reading.
        return


def refuse_unless_workbook(archive: zipfile.ZipFile) -> None:
    """Refuse the ZIP-based formats that are no `.xlsx`, each by its name."""
    names = archive.namelist()
    if "xl/workbook.bin" in names:
        raise FileRefused(FileRefusal.BINARY_WORKBOOK)
    if "mimetype" in names:
        if b"opendocument.spreadsheet" in archive.open("mimetype").read(200):
            raise FileRefused(FileRefusal.OPEN_DOCUMENT)
        raise FileRefused(FileRefusal.NOT_A_SPREADSHEET, content="zip")
    if any(name.startswith("xl/") for name in names):
        return
    for prefix, content in _ZIP_CONTENT:
        if any(name.startswith(prefix) for name in names):
            raise FileRefused(FileRefusal.NOT_A_SPREADSHEET, content=content)
    if "[Content_Types].xml" not in names:
        raise FileRefused(FileRefusal.NOT_A_SPREADSHEET, content="zip")
