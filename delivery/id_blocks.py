"""Ids of messages for programs' requests: a block per process, so that a request waits for no other one's lock."""

from __future__ import annotations

import os
import threading
import time

from django.db import connection, transaction

from delivery.sql import sending as sql

# What is left of an older block is thrown away: ids follow the time of day.
BLOCK_SECONDS = 2.0
SMALLEST_BLOCK = 20
LARGEST_BLOCK = 5_000


class IdBlock:
    """Hands out consecutive ids to the threads of this process; they come from the sequence in blocks."""

    def __init__(self) -> None:
        self._begin_anew()
        # A child would hand out the ids of its parent once more.
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._next = self._end = 0
        self._taken_at = float("-inf")
        self._n_asked = 0

    def take(self, n: int) -> range:
        """`n` consecutive ids that nobody else gets. A statement of its own when the block is used up or old."""
        if n < 1:
            return range(0)
        with self._lock:
            now = time.monotonic()
            if self._next + n > self._end or now - self._taken_at > BLOCK_SECONDS:
                # As many as the last seconds wanted, so that a busy process asks about once in that time.
                size = max(n, min(LARGEST_BLOCK, max(SMALLEST_BLOCK, 2 * self._n_asked)))
                self._next = _reserve(size)
                self._end = self._next + size
                self._taken_at, self._n_asked = now, 0
            first = self._next
            self._next += n
            self._n_asked += n
            return range(first, first + n)


def _reserve(n: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.RESERVE_IDS, {"n": n})
        first: int = cursor.fetchone()[0]
    return first
