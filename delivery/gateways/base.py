"""What the console hands to a gateway, what it hears back, and what every driver promises.

Messages, results and receipts are named tuples because thousands of them are made a second: a frozen
dataclass costs three times as much to build.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from delivery.gateways.fields import SettingField, SettingKind, Words
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
    # Accepted: one per segment, in the order of the segments, or a single one for all of them.
    gateway_message_ids: tuple[str, ...] = ()
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


class ReplyPart(NamedTuple):
    """Where a reply that came in several messages belongs: which reply, how many parts, which of them (from 1)."""

    reference: str
    n_parts: int
    seq: int


class ReplyEvent(NamedTuple):
    """A reply as a carrier hands it over. `destination` is what it was sent to, `gateway_reply_id` the carrier's."""

    msisdn: str  # E.164 with its plus sign
    text: str
    destination: str = ""
    gateway_reply_id: str = ""
    part: ReplyPart | None = None


class Exchange(NamedTuple):
    """What went over the line, for the person who looks for a fault. Numbers and texts are masked already."""

    what: str  # "submit_sm", "SendSms", "receipt", …: the protocol's own word
    request: str
    answer: str
    is_fault: bool = False
    milliseconds: int = 0


class DrivenBy(StrEnum):
    """Who sends through a gateway: the delivery workers, or a process of its own that holds the line open."""

    WORKERS = "workers"
    SESSION = "session"


class GatewayDriver(ABC):
    """Speaks one protocol to one line. Knows no database, sets no status, logs neither numbers nor texts.

    A driver belongs to one thread. It is reused from window to window and connects when it has to.
    """

    kind: ClassVar[str]
    label: ClassVar[Words]
    # What its form asks for; secrets are kept encrypted and reach `__init__` beside the other settings.
    fields: ClassVar[tuple[SettingField, ...]] = ()
    sends_receipts: ClassVar[bool] = True
    # What the codes in its carrier's receipts mean, where they are the carrier's own. Asked before the common tables.
    receipt_reasons: ClassVar[Mapping[str, Reason]] = MappingProxyType({})
    driven_by: ClassVar[DrivenBy] = DrivenBy.WORKERS
    # So many segments keep the line busy; more in a window would only wait, and be uncertain when its sender dies.
    # None: as many as a window may hold.
    most_at_once: int | None = None
    # Takes what went over the line; whoever opens the driver may set it. It never raises.
    on_exchange: Callable[[Exchange], None] | None = None

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """The names of the settings that are kept encrypted and never shown again."""
        return frozenset(field.name for field in cls.fields if field.kind == SettingKind.SECRET)

    def note(self, exchange: Exchange) -> None:
        """Hand an exchange to whoever listens."""
        if self.on_exchange is not None:
            self.on_exchange(exchange)

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


# --- What some gateways can besides ---------------------------------------------------------------------------


class SubmittedMessage(NamedTuple):
    """A message that was submitted and about which nothing is known since."""

    id: int
    attempt: int
    msisdn: str
    sender: str
    text: str
    n_segments: int
    submitted_at: datetime  # aware; when its window was claimed
    gateway_message_ids: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return f"{self.id}-{self.attempt}"


class QueryOutcome(StrEnum):
    """What a carrier knows about a message."""

    FINAL = "final"  # `state` says how it ended
    TAKEN = "taken"  # it has the message and no final state yet
    MISSING = "missing"  # it answered, and never had the message
    UNKNOWN = "unknown"  # it could not be asked, or its answer names several messages that may be this one


class QueryAnswer(NamedTuple):
    """A carrier's answer about one message."""

    message_id: int
    attempt: int
    outcome: QueryOutcome
    state: ReceiptState | None = None
    code: str = ""
    gateway_message_ids: tuple[str, ...] = ()
    reported_at: datetime | None = None


class QueriesMessages(ABC):
    """A driver whose carrier can be asked what became of a message."""

    @abstractmethod
    def query(self, messages: Sequence[SubmittedMessage]) -> Iterator[QueryAnswer]:
        """Ask about each message; exactly one answer each. Asking changes nothing at the carrier.

        Raises `GatewayUnavailable` when nobody answers.
        """


class Push(NamedTuple):
    """A request that a carrier made to the gateway's own address of the console."""

    method: str
    url: str  # the public one, as the carrier called it, for signatures that cover it
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class PushedEvents(NamedTuple):
    """What a push brought, and the answer that its carrier wants once all of it is stored."""

    receipts: Sequence[ReceiptEvent] = ()
    replies: Sequence[ReplyEvent] = ()
    answer: bytes = b""
    content_type: str = "text/plain"


class ReceivesPushes(ABC):
    """A driver whose carrier calls the console with receipts or replies."""

    @abstractmethod
    def read_push(self, push: Push) -> PushedEvents:
        """Check the carrier's signature and read what it brought. Pure: stores nothing, calls nobody.

        Raises `PushRefused` for a wrong signature or a body that is not the carrier's.
        """


class PolledEvents(NamedTuple):
    """What a carrier had to report. `has_more`: ask again at once."""

    receipts: Sequence[ReceiptEvent] = ()
    replies: Sequence[ReplyEvent] = ()
    has_more: bool = False


class PollsEvents(ABC):
    """A driver whose carrier hands out receipts or replies when asked."""

    @abstractmethod
    def poll(self) -> PolledEvents:
        """Ask once. The caller stores what came before it asks again.

        Raises `GatewayUnavailable` or `GatewayMisconfigured`.
        """
