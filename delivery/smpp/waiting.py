"""What passes between the threads that send and the loop that owns the line.

Counters are written by one thread each, so that none needs a lock: `n_handed` by the sender, the others by the loop.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from enum import Enum, auto


class PartState(Enum):
    """Where a segment's submit_sm is."""

    WAITING = auto()  # no octet of it was written
    WRITTEN = auto()
    ANSWERED = auto()
    LOST = auto()  # written, and not answered in time or before the connection ended
    WITHDRAWN = auto()  # never written, and it will not be


class Submission:
    """One window as the line sees it. `write_until` (monotonic seconds): nothing of it is written later."""

    __slots__ = ("changed", "n_closed", "n_handed", "n_left", "write_until")

    def __init__(self) -> None:
        self.changed = threading.Event()
        self.write_until = 0.0
        self.n_handed = 0
        self.n_left = 0  # no longer waiting to be written
        self.n_closed = 0  # nothing more will be heard of

    @property
    def is_written(self) -> bool:
        return self.n_left >= self.n_handed

    @property
    def is_closed(self) -> bool:
        return self.n_closed >= self.n_handed


class Part:
    """One submit_sm without its header: the sequence number is given to it when it is written.

    `status` and `answer` are the submit_sm_resp's command status and body, once answered.
    """

    __slots__ = ("answer", "body", "connection", "state", "status", "submission", "written_at")

    def __init__(self, submission: Submission, body: bytes) -> None:
        self.submission = submission
        self.body = body
        self.state = PartState.WAITING
        self.status = 0
        self.answer = b""
        self.written_at = 0.0
        self.connection: object | None = None

    def withdraw(self) -> None:
        self.state = PartState.WITHDRAWN
        self.submission.n_left += 1
        self.submission.n_closed += 1

    def lose(self) -> None:
        self.state = PartState.LOST
        self.submission.n_closed += 1


# The parts of one message, in order: they leave by one connection.
Parcel = Sequence[Part]
