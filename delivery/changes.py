"""A status change of many messages, said once: counter deltas and the outbox event that names them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from delivery.sql.sending import APPEND_DELTAS
from smsconsole.outbox.services import append_event


class StatusChanges:
    """Collects the status changes of one transaction and writes them before it commits.

    Every change of a message's status goes through here, so that the counters and the outbox cannot
    disagree with the rows.
    """

    def __init__(self) -> None:
        self._ids: dict[tuple[int, int | None, int], list[int]] = defaultdict(list)
        self._deltas: dict[tuple[int, int, str, int | None, int], list[int]] = defaultdict(lambda: [0, 0])

    def add(
        self,
        *,
        message_id: int,
        dispatch_id: int,
        gateway_id: int,
        country: str,
        n_segments: int,
        before: int | None,
        after: int,
    ) -> None:
        """Note that one message went from `before` (None: it is new) to `after`."""
        self._ids[dispatch_id, before, after].append(message_id)
        delta = self._deltas[dispatch_id, gateway_id, country, before, after]
        delta[0] += 1
        delta[1] += n_segments

    def write(self, cursor: Any, *, kind: str) -> None:
        """Append the deltas and one event per dispatch: `{"changes": [[before, after, [[first, last], …]], …]}`."""
        if not self._ids:
            return
        now = timezone.now()
        rows = [(*key, *counts) for key, counts in self._deltas.items()]
        dispatches, gateways, countries, befores, afters, counts, segments = zip(*rows, strict=True)
        cursor.execute(
            APPEND_DELTAS,
            [
                now.replace(minute=0, second=0, microsecond=0),
                list(dispatches),
                list(gateways),
                list(countries),
                list(befores),
                list(afters),
                list(counts),
                list(segments),
            ],
        )
        changes: dict[int, list[Any]] = defaultdict(list)
        for (dispatch_id, before, after), ids in self._ids.items():
            changes[dispatch_id].append([before, after, to_ranges(ids)])
        for dispatch_id, listed in changes.items():
            append_event(kind=kind, subject=f"dispatch:{dispatch_id}", payload={"changes": listed})


def to_ranges(ids: Iterable[int]) -> list[list[int]]:
    """Sorted [first, last] ranges of consecutive ids."""
    ranges: list[list[int]] = []
    for number in sorted(ids):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges
