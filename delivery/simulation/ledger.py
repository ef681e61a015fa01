"""The append-only file of submits: the only evidence of what really left the console.

One JSON object a line, written before the submit is answered. Nothing makes a line unique, so a second submit
of the same message is there to be found.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple


class Verdict(StrEnum):
    """What the simulated gateway did with a submit. The driver knows the first three by the same words."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    THROTTLED = "throttled"
    SILENT = "silent"  # taken like an accepted one, but never answered


TAKEN = frozenset({Verdict.ACCEPTED, Verdict.SILENT})


class LedgerLine(NamedTuple):
    """One submit as it arrived, and what was made of it."""

    at: datetime
    message_id: int
    attempt: int
    msisdn: str
    sender: str
    n_segments: int
    text: str
    verdict: Verdict
    code: str
    gateway_message_ids: tuple[str, ...]

    @property
    def reference(self) -> str:
        return f"{self.message_id}-{self.attempt}"


class Double(NamedTuple):
    """A submit that should never have come, and the one it repeats."""

    first: LedgerLine
    second: LedgerLine


class LedgerInUse(Exception):
    """Another simulated gateway writes this ledger."""


class LedgerWriter:
    """Appends whole groups, each with one write. One writer per file: a second raises `LedgerInUse`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise LedgerInUse(f"{path} is in use by another simulated gateway.") from None
        self.n_bytes = os.fstat(self._file).st_size
        self._is_torn = self.n_bytes > 0 and os.pread(self._file, 1, self.n_bytes - 1) != b"\n"

    def append(self, lines: Iterable[LedgerLine]) -> None:
        """Write the lines behind the others; when this returns they survive the end of this process.

        A line torn by a full disk does not swallow the next one.
        """
        data = b"".join([_encode(line) for line in lines])
        if self._is_torn:
            data = b"\n" + data
        self._is_torn = True
        while data:
            n_written = os.write(self._file, data)
            self.n_bytes += n_written
            data = data[n_written:]
        self._is_torn = False

    def close(self) -> None:
        os.close(self._file)


def read_ledger(path: Path, *, start: int = 0) -> Iterator[LedgerLine]:
    """The lines from a byte position on, which is moved to the next whole line.

    A line torn by a full disk was never answered and is left out.
    """
    with path.open("rb") as file:
        if start:
            file.seek(start - 1)
            file.readline()
        for line in file:
            try:
                yield line_from_dict(json.loads(line))
            except (ValueError, KeyError):
                continue


def find_doubles(path: Path, *, by_attempt: bool = True) -> list[Double]:
    """Second submits of the same message and attempt, and of a message that an earlier submit had placed.

    Without `by_attempt` only the latter: over SMPP a throttled part comes again within its attempt. Reads the file
    twice, so that only the few repeated messages are kept in memory.
    """
    seen: set[int] = set()
    repeated: set[int] = set()
    for line in read_ledger(path):
        (repeated if line.message_id in seen else seen).add(line.message_id)
    del seen
    doubles: list[Double] = []
    earlier_lines: dict[int, list[LedgerLine]] = {message_id: [] for message_id in repeated}
    for line in read_ledger(path):
        if line.message_id not in repeated:
            continue
        earlier = earlier_lines[line.message_id]
        if first := _repeated_by(line, earlier, by_attempt):
            doubles.append(Double(first, line))
        earlier.append(line)
    return doubles


def _repeated_by(line: LedgerLine, earlier: Sequence[LedgerLine], by_attempt: bool) -> LedgerLine | None:
    for first in earlier:
        if (by_attempt and first.attempt == line.attempt) or first.verdict in TAKEN:
            return first
    return None


def line_as_dict(line: LedgerLine) -> dict[str, Any]:
    """The line as JSON has it."""
    return {
        "at": line.at.isoformat(timespec="milliseconds"),
        "reference": line.reference,
        "msisdn": line.msisdn,
        "sender": line.sender,
        "n_segments": line.n_segments,
        "text": line.text,
        "verdict": line.verdict,
        "code": line.code,
        "ids": line.gateway_message_ids,
    }


def line_from_dict(values: Mapping[str, Any]) -> LedgerLine:
    """The line of such a dict; raises ValueError or KeyError."""
    message_id, _, attempt = values["reference"].partition("-")
    return LedgerLine(
        at=datetime.fromisoformat(values["at"]),
        message_id=int(message_id),
        attempt=int(attempt),
        msisdn=values["msisdn"],
        sender=values["sender"],
        n_segments=values["n_segments"],
        text=values["text"],
        verdict=Verdict(values["verdict"]),
        code=values["code"],
        gateway_message_ids=tuple(values["ids"]),
    )


def _encode(line: LedgerLine) -> bytes:
    # Half a surrogate pair becomes \udXXX, which is how JSON spells it.
    return json.dumps(line_as_dict(line), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
