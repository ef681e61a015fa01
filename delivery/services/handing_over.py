"""Programs' messages: handed over loose in the transaction of the request, sent within milliseconds.

reserve_message_ids   before the transaction: a few ids from this process's block
open_stream           the project's dispatch of today for messages of this kind
hand_over             in the transaction: messages, bodies, notes, what counts them, and the hand-over itself
gather                what has come is put into windows (`delivery.urgent`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from delivery.frequency import Block
from delivery.models import Dispatch
from delivery.routing import Router
from delivery.services.dispatches import NewMessage, SendingHours
from projects.models import Project


class LooseMessage(NamedTuple):
    """A finished message of a program. `block`: it is written as blocked, for this reason, and never leaves."""

    message: NewMessage
    context: str = ""
    extend: str = ""
    block: Block | None = None


def reserve_message_ids(n: int) -> range:
    """`n` consecutive ids that nobody else gets; call it outside of the request's transaction.

    They come from a block of this process that is a few seconds old at most, so ids follow the time of day.
    """
    raise NotImplementedError


def open_stream(
    *,
    project: Project,
    tags: Mapping[str, str],
    consent_key: str = "",
    hours: SendingHours | None = None,
) -> Dispatch:
    """The dispatch of today for the project's messages with these tags and this consent key; made when there is none.

    `tags` hold at least `kind` and `region`; `sandbox` keeps all of it inside the console. Raises `DeliveryError` when
    no gateway is set up, and `ProjectStopped` while everything of the project is stopped.
    """
    raise NotImplementedError


def hand_over(
    *, stream: Dispatch, ids: range, messages: Sequence[LooseMessage], router: Router | None
) -> None:
    """Write `messages` with these ids into the caller's transaction, and wake who sends them when it commits.

    Six statements at most, however many messages. Nothing of them is lost when the wake-up is.
    """
    raise NotImplementedError
