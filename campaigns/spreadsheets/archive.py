"""The ZIP archive of a workbook, opened with suspicion: sizes are counted, never believed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from campaigns.spreadsheets.detect import refuse_unless_workbook
from campaigns.spreadsheets.refusals import FileRefusal, FileRefused

MAX_PARTS: Final = 2_000
# A sheet of 1 000 000 rows and 10 columns unpacks to about 600 MB.
MAX_PART_BYTES: Final = 1 << 30
MAX_TOTAL_BYTES: Final = 3 << 29
# Parts that are read at once: workbook, styles, relations.
MAX_SMALL_PART_BYTES: Final = 16 << 20
# Repetitive sheets reach 30:1; deflate ends at 1032:1.
MAX_RATIO: Final = 200
_RATIO_MATTERS_FROM_BYTES: Final = 50 << 20
_CHUNK_BYTES: Final = 1 << 18

_ENCRYPTED_FLAG: Final = 0x1
_END_RECORD: Final = b"PK\x05\x06"
_END_RECORD_BYTES: Final = 22
# A comment may follow the end record.
_TAIL_BYTES: Final = (1 << 16) + _END_RECORD_BYTES


class GuardedArchive(zipfile.ZipFile):
    """A workbook's archive whose parts cannot unpack to more than the limits, whatever its directory says."""

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(path)
        except zipfile.BadZipFile as error:
            if _lacks_its_end(path):
                raise FileRefused(FileRefusal.TRUNCATED) from error
            raise FileRefused(FileRefusal.DAMAGED_ARCHIVE, detail=_zip_complaint(error)) from error
        except (ValueError, OSError, NotImplementedError) as error:
            raise FileRefused(FileRefusal.DAMAGED_ARCHIVE, detail=_zip_complaint(error)) from error
        self._n_bytes_total = 0
        self._refuse_by_directory()
        refuse_unless_workbook(self)
        for name in self.namelist():
            if "vbaproject" in name.lower() or "macrosheets/" in name.lower():
                raise FileRefused(FileRefusal.HAS_MACROS, part=name)

    def _refuse_by_directory(self) -> None:
        """What the directory admits by itself. What it hides is found by `chunks`."""
        infos = self.infolist()
        if len(infos) > MAX_PARTS:
            raise FileRefused(FileRefusal.TOO_MANY_PARTS, n=len(infos), limit=MAX_PARTS)
        for info in infos:
            if info.flag_bits & _ENCRYPTED_FLAG:
                raise FileRefused(FileRefusal.PASSWORD_PROTECTED)
            if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise FileRefused(FileRefusal.DAMAGED_ARCHIVE, detail=f"{info.filename}: unknown compression")
            is_bomb = info.file_size > _RATIO_MATTERS_FROM_BYTES and info.file_size > MAX_RATIO * max(
                info.compress_size, 1
            )
            if info.file_size > MAX_PART_BYTES or is_bomb:
                limit = MAX_RATIO * max(info.compress_size, 1) if is_bomb else MAX_PART_BYTES
                raise _too_large(info.filename, limit)
        if sum(info.file_size for info in infos) > MAX_TOTAL_BYTES:
            raise _too_large("all parts together", MAX_TOTAL_BYTES)

    def chunks(self, name: str) -> Iterator[bytes]:
        """A part's bytes in pieces of 256 KiB; refuses what is damaged or grows beyond the limits."""
        try:
            info = self.getinfo(name)
        except KeyError:
            raise FileRefused(FileRefusal.MISSING_PART, part=name) from None
        n_bytes = 0
        limit = max(_RATIO_MATTERS_FROM_BYTES, min(MAX_PART_BYTES, MAX_RATIO * max(info.compress_size, 1)))
        try:
            with self.open(info) as part:
                while chunk := part.read(_CHUNK_BYTES):
                    n_bytes += len(chunk)
                    self._n_bytes_total += len(chunk)
                    if n_bytes > limit or self._n_bytes_total > 2 * MAX_TOTAL_BYTES:
                        raise _too_large(name, limit)
                    yield chunk
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            detail = f"{name}: {_zip_complaint(error)}"
            raise FileRefused(FileRefusal.DAMAGED_ARCHIVE, detail=detail) from error

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """A small part at once, as openpyxl asks for it."""
        filename = name.filename if isinstance(name, zipfile.ZipInfo) else name
        content = bytearray()
        for chunk in self.chunks(filename):
            content += chunk
            if len(content) > MAX_SMALL_PART_BYTES:
                raise _too_large(filename, MAX_SMALL_PART_BYTES)
        return bytes(content)


def _too_large(part: str, limit_bytes: int) -> FileRefused:
    limit = f"{limit_bytes >> 20} MB" if limit_bytes >= 1 << 20 else f"{limit_bytes} bytes"
    return FileRefused(FileRefusal.UNPACKS_TOO_LARGE, part=part, limit=limit)


def _lacks_its_end(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = file.read()
    place = tail.rfind(_END_RECORD)
    return place < 0 or len(tail) - place < _END_RECORD_BYTES


def _zip_complaint(error: Exception) -> str:
    return str(error)[:120] or type(error).__name__
