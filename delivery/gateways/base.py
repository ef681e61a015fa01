"""What the console hands to a gateway, what it hears back, and what every driver promises.

Messages, results and receipts are named tuples because thousands of them are made a second: a frozen
dataclass costs three times as much to build.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from delivery.statuses import Reason


class Outcome(StrEnum):
    """What became of one message at the gateway.

    Only throttled and unsent may be tried again by themselves: nothing of the message was taken.
    """

    ACCEPTED = "accepted"  # taken, with an id per segment
    REFUSED = "refused"  # the gateway said no, and would again
    THROTTLED = "throttled"  # the gateway said not now; nothing was taken
    UNSENT = "unsent"  # no byte of it left
    UNCERTAIN = "uncertain"  # written, or perhaps written, and not answered


class OutboundMessage(NamedTuple):
    """One message to one number, finished: nothing is rendered or looked up behind this point."""

    id: int
    attempt: int
    msisdn: str  # E.164 with its plus sign
    sender: str
    text: str
    n_segments: int

    @property
    def reference(self) -> str:
        """Our name for this submit, handed to gateways that echo one. Differs for each attempt."""
        return f"{self.id}-{self.attempt}"


class SubmitResult(NamedTuple):
    """What a gateway said about one message. `code` is the gateway's own word, kept even when unknown."""

    message_id: int
    outcome: Outcome
    gateway_message_ids: tuple[str, ...] = ()  # accepted: one per segment, in the order of the segments
    code: str = ""
    reason: Reason = Reason.NONE
    retry_after_seconds: float = (
        0.0  # throttled: when the gateway wants to be asked again; 0 if it did not say
    )


class ReceiptState(StrEnum):
    """The final states that a carrier reports. Others, such as enroute, are no news; drivers drop them."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"


class ReceiptEvent(NamedTuple):
    """What a carrier reports of one segment.

    It may come late, twice, out of order, or before the submit's answer.
    """

    gateway_message_id: str
    state: ReceiptState
    code: str
    reported_at: datetime  # aware
    reference: str = ""  # `OutboundMessage.reference`, from carriers that echo it
    msisdn: str = ""


class GatewayDriver(ABC):
    """Speaks one protocol to one line. Knows no database, sets no status, logs neither numbers nor texts.

    A driver belongs to one thread. It is reused from window to window and connects when it has to.
    """

    kind: ClassVar[str]
    sends_receipts: ClassVar[bool] = True
    secret_fields: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Take the settings of a `Gateway` row; raises `GatewayMisconfigured`. Touches no network."""

    @abstractmethod
    def open(self) -> None:
        """Connect now, if not connected. `submit` does so by itself; raises `GatewayUnavailable`."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back. Closing twice does nothing; a later `submit` connects again."""

    @abstractmethod
    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        """Hand one window to the gateway and yield exactly one result per message, in any order.

        Nothing happens before the first result is asked for. `keep_going` is asked before every small group
        of messages; once it says no, the rest is unsent. What was written and is not answered within the
        driver's own deadline is uncertain, and so is everything on a connection that breaks after the write.
        No submit is ever repeated in here.

        Raises `GatewayUnavailable` or `GatewayMisconfigured` only before the first write: then no message of
        the window was sent. After the first write it never raises.
        """
