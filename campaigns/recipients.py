"""Recipients in the order of their rows, a slice at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

_NEXT = """
SELECT row_number, msisdn, country, parameters FROM campaigns_recipient
WHERE upload_id = %s AND row_number > %s AND NOT is_duplicate ORDER BY row_number LIMIT %s
"""


class RecipientRow(NamedTuple):
    """One message to be: a plain row, because a million of them pass."""

    row_number: int
    msisdn: str
    country: str
    parameters: list[str]


def recipients_after(upload_id: int, row_number: int, limit: int) -> list[RecipientRow]:
    """The next `limit` recipients that are not duplicates. One statement over the primary key."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [upload_id, row_number, limit])
        return list(map(RecipientRow._make, cursor.fetchall()))


def recipient_slices(upload_id: int, *, size: int = 5_000) -> Iterator[list[RecipientRow]]:
    """All of them, `size` at a time; memory does not grow with their number."""
    row_number = 0
    while rows := recipients_after(upload_id, row_number, size):
        yield rows
        row_number = rows[-1].row_number


def numbers_of_rows(upload_id: int, row_numbers: list[int]) -> dict[int, str]:
    """The numbers in these rows. One statement over the primary key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_number, msisdn FROM campaigns_recipient WHERE upload_id = %s AND row_number = ANY(%s)",
            [upload_id, row_numbers],
        )
        return dict(cursor.fetchall())
