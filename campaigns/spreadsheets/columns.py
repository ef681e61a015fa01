"""Columns by letter and by number, counted from 0."""

from __future__ import annotations

from functools import cache
from typing import Final

MAX_SHEET_COLUMNS: Final = 16_384


@cache
def column_letters(column: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    letters = ""
    number = column + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


_COLUMNS: Final = {column_letters(column): column for column in range(MAX_SHEET_COLUMNS)}


def column_of_letters(letters: str) -> int:
    """A -> 0; -1 for what is no column of a sheet."""
    return _COLUMNS.get(letters, -1)
