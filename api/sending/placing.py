"""From an order to messages: the one way by which programs send."""

from __future__ import annotations

from collections.abc import Callable

from api.sending.answers import Replay
from api.sending.orders import Order, Placed
from projects.models import Project


def place(
    project: Project,
    order: Order,
    *,
    replay: Replay | None = None,
    also: Callable[[Placed], None] | None = None,
) -> Placed:
    """Check the order, hand its messages over, and say what became of each recipient.

    With `replay` the answer is kept in the same transaction, and the same request gets it again (`is_repeated`) and
    sends nothing; `AnswerMismatch` when its key came with another body. Do not call it inside `answered_once`.
    `also` is called in that transaction, before the answer is kept: it may write rows and fill `Placed.extra`.
    Raises `OrderRefused` when the order is refused as a whole; nothing is kept then.
    """
    raise NotImplementedError
