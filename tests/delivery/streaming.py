"""Handing messages over as programs do, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from delivery.models import Dispatch
from delivery.routing import Router
from delivery.services import NewMessage
from delivery.services.handing_over import LooseMessage, hand_over, open_stream, reserve_message_ids
from projects.models import Project

TAGS = {"kind": "verification", "region": "domestic"}


def loose(number: int | str, text: str = "", *, country: str = "CN", **fields: Any) -> LooseMessage:
    msisdn = number if isinstance(number, str) else f"+86138{number:08d}"
    return LooseMessage(NewMessage(0, msisdn, country, "Acme", text or f"Code {number}", 1), **fields)


class FixedWays(Router):
    """Every message goes these ways."""

    def __init__(self, *gateway_ids: int) -> None:
        self._ways = gateway_ids

    def route(self, msisdn: str, country: str) -> tuple[int, ...]:
        return self._ways


def send(
    project: Project,
    messages: Sequence[LooseMessage],
    *,
    router: Router | None = None,
    tags: dict[str, str] = TAGS,
    **fields: Any,
) -> tuple[Dispatch, range]:
    """One request: the stream it went into and the ids of its messages."""
    stream = open_stream(project=project, tags=tags, **fields)
    ids = reserve_message_ids(len(messages))
    with transaction.atomic():
        hand_over(stream=stream, ids=ids, messages=messages, router=router)
    return stream, ids
