"""What programs ask about their messages, replies and numbers: one answer for every interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from delivery.queries import StatusWord
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from smsconsole.lib.types import RefusalReason


@dataclass(frozen=True, slots=True)
class MessageTold:
    """A message as its program may know it. `text` is whole, `signature` is what stands in its brackets."""

    message_id: int
    msisdn: str
    country: str
    signature: str
    text: str
    # A `TextKind`, empty for what has none.
    kind: str
    region: str
    n_segments: int
    status: MessageStatus
    word: StatusWord
    reason: Reason
    # The carrier's own, or the rule that blocked it.
    code: str
    # When it left for the gateway; None while it has not.
    submitted_at: datetime | None
    # When its status became final.
    final_at: datetime | None
    context: str
    extend: str
    sender: str
    is_sandbox: bool


@dataclass(frozen=True, slots=True)
class ReplyTold:
    """A reply as a program may know it, with the message that it answers where that is known."""

    reply_id: int
    uuid: str
    msisdn: str
    country: str
    text: str
    received_at: datetime
    message_id: int | None
    signature: str
    extend: str
    context: str


@dataclass(frozen=True, slots=True)
class NumberTold:
    """What is known of a number; `refusal` says why it is none. The parts are empty where nothing is known."""

    written: str
    refusal: RefusalReason | None
    msisdn: str = ""
    calling_code: str = ""
    # Without the calling code.
    national: str = ""
    country: str = ""
    # In English.
    country_name: str = ""


def messages_of_number(
    project: Project, msisdn: str, begin: datetime, end: datetime, *, limit: int, offset: int = 0
) -> tuple[list[MessageTold], int]:
    """The messages to a number that left (or were blocked) from `begin` until before `end`, oldest first, and how many.

    Of the newest `MOST_OF_NUMBER` messages to the number. One statement.
    """
    raise NotImplementedError


def statuses_of(project: Project, message_ids: Sequence[int]) -> list[MessageTold]:
    """These messages in this order, without those that are not the project's. One statement."""
    raise NotImplementedError


def replies_of_number(
    project: Project, msisdn: str, begin: datetime, end: datetime, *, limit: int, offset: int = 0
) -> tuple[list[ReplyTold], int]:
    """The replies of a number from `begin` until before `end`, oldest first, and how many there are."""
    raise NotImplementedError


def replies_of(project: Project, reply_ids: Sequence[int]) -> list[ReplyTold]:
    """These replies in this order, without those that are not the project's. One statement."""
    raise NotImplementedError


def describe_numbers(numbers: Sequence[str], *, default_country: str = "") -> list[NumberTold]:
    """What each of these is, in this order. No statement."""
    raise NotImplementedError


def convert(project: Project, public_id: str, at: datetime) -> bool:
    """Note that the person used what the message brought; the first time counts. False: no message of the project."""
    raise NotImplementedError
