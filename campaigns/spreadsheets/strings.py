"""A workbook's shared strings, in memory as long as they are few and in a file when they are many."""

from __future__ import annotations

import os
import re
import tempfile
from array import array
from collections.abc import Iterator
from typing import Final

from campaigns.spreadsheets.types import MAX_CELL_CHARACTERS
from campaigns.spreadsheets.xml import PartParser, names_of

# Together about 40 MB of Python strings.
_MAX_CHARACTERS_IN_MEMORY: Final = 4_000_000
_MAX_STRINGS_IN_MEMORY: Final = 250_000
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")

_SI: Final = names_of("si")
_T: Final = names_of("t")
# Readings of Chinese and Japanese words, which the cell does not show.
_PHONETIC: Final = names_of("rPh")


def unescape(text: str) -> str:
    """`_x000D_` as the character it stands for. NUL and halves of surrogate pairs, which are none, stay as written."""
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if code == 0 or 0xD800 <= code <= 0xDFFF else chr(code)


class SharedStrings:
    """Texts by index, read from the part no further than somebody asked for.

    Sheets mostly refer to their texts in the order of the table, so those parsed last are kept at hand; what is
    older goes to a file without a name (8 bytes a text stay in memory for its place).
    """

    def __init__(self, chunks: Iterator[bytes], part: str) -> None:
        self._chunks = chunks
        self._is_read = False
        self._recent: list[str] = []
        # Index of the first text in `_recent`; all before are in the file.
        self._n_in_file = 0
        self._n_characters = 0
        self._ends = array("Q", [0])
        self._file: int | None = None
        self._text: list[str] = []
        self._is_phonetic = False
        self._parser = PartParser(part)
        self._parser.expat.StartElementHandler = self._start
        self._parser.expat.EndElementHandler = self._end

    def __getitem__(self, index: int) -> str:
        """Raises `IndexError` when the table ends before."""
        place = index - self._n_in_file
        while place >= len(self._recent):
            self._read_on()
            place = index - self._n_in_file
        if place >= 0:
            return self._recent[place]
        if index < 0 or self._file is None:
            raise IndexError(index)
        begin, end = self._ends[index], self._ends[index + 1]
        return os.pread(self._file, end - begin, begin).decode()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _read_on(self) -> None:
        if self._is_read:
            raise IndexError
        if self._n_characters > _MAX_CHARACTERS_IN_MEMORY or len(self._recent) > _MAX_STRINGS_IN_MEMORY:
            self._spill()
        chunk = next(self._chunks, b"")
        self._is_read = not chunk
        self._parser.feed(chunk, is_last=self._is_read)

    def _spill(self) -> None:
        if self._file is None:
            with tempfile.TemporaryFile(prefix="shared-strings-") as file:
                self._file = os.dup(file.fileno())
        encoded = [text.encode() for text in self._recent]
        end = self._ends[-1]
        for text in encoded:
            end += len(text)
            self._ends.append(end)
        unwritten = memoryview(b"".join(encoded))
        while unwritten:
            unwritten = unwritten[os.write(self._file, unwritten) :]
        self._n_in_file += len(encoded)
        self._recent = []
        self._n_characters = 0

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if name in _T:
            if not self._is_phonetic:
                self._parser.expat.CharacterDataHandler = self._text.append
        elif name in _PHONETIC:
            self._is_phonetic = True

    def _end(self, name: str) -> None:
        if name in _T:
            self._parser.expat.CharacterDataHandler = None
        elif name in _SI:
            text = "".join(self._text)[:MAX_CELL_CHARACTERS]
            self._text.clear()
            self._recent.append(unescape(text))
            self._n_characters += len(text)
        elif name in _PHONETIC:
            self._is_phonetic = False
