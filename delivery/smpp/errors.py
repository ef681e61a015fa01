"""What may be wrong with what a peer sent, and with what we were asked to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delivery.smpp import statuses

if TYPE_CHECKING:
    from delivery.smpp.pdu import Frame


class BadPdu(ValueError):
    """Something a peer sent that is not SMPP 3.4. `status` is what to answer it with."""

    status: int = statuses.RSYSERR

    def __init__(self, words: str, *, status: int | None = None) -> None:
        super().__init__(words)
        if status is not None:
            self.status = status


class BadLength(BadPdu):
    """A command_length that cannot be: where the next PDU begins is unknown, so the session has to be closed.

    `frames` are the whole PDUs that stood before it in the same buffer; they count.
    """

    status = statuses.RINVCMDLEN

    def __init__(self, words: str, frames: list[Frame]) -> None:
        super().__init__(words)
        self.frames = frames


class BadBody(BadPdu):
    """A body whose fields do not add up. The PDU's end is known, so the session may go on."""

    status = statuses.RINVCMDLEN


class BadField(ValueError):
    """A value that does not fit its field; nothing was written. `field` is its name in the specification."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(f"{field}: {words}")
        self.field = field
