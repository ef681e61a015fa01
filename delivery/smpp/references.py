"""The reference that joins the segments of a long message: counted up for each number, never drawn by lot."""

from __future__ import annotations

import threading

# More numbers than this are not remembered: the ones that had no long message for longest are forgotten.
MOST_NUMBERS = 50_000


class References:
    """May be asked by several threads. Two long messages to a number meet again only after 256 others."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._lock = threading.Lock()

    def next(self, msisdn: str, *, start: int) -> int:
        """The reference for the next long message to this number; a number not known begins at `start`."""
        with self._lock:
            # Taken out and put back, so that the dictionary's order is that of the last use.
            last = self._last.pop(msisdn, None)
            reference = (start if last is None else last + 1) & 0xFFFF
            self._last[msisdn] = reference
            if len(self._last) > MOST_NUMBERS:
                del self._last[next(iter(self._last))]
            return reference
