"""Callbacks for the pages to show: one that works, one that fails, one that was switched off, and what they sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from callbacks.models import Callback, CallbackAttempt, EndpointHealth
from callbacks.signing import new_secret
from callbacks.statuses import CallbackFault, CallbackState
from delivery.models import Dispatch, Message, Reply
from delivery.statuses import MessageStatus, Reason
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat, CallbackKind, CallbackTrouble
from tests.browser.scene import Scene


@dataclass(frozen=True)
class Told:
    """Deliveries that look different."""

    delivered: Callback
    retried: Callback
    given_up: Callback
    reply: Callback


def make_callbacks(scene: Scene) -> Told:
    status = endpoint(scene.project, CallbackKind.STATUS, changed_by=scene.person)
    reply = endpoint(
        scene.project, CallbackKind.REPLY, format=CallbackFormat.TENCENT, changed_by=scene.person
    )
    now = timezone.now()
    EndpointHealth.objects.create(
        endpoint=reply,
        n_failures=14,
        failing_since=now - timedelta(hours=3),
        open_until=now + timedelta(minutes=20),
    )
    endpoint(
        scene.stopped,
        CallbackKind.STATUS,
        is_on=False,
        trouble=CallbackTrouble.GONE,
        troubled_at=now - timedelta(hours=5),
    )
    made = Told(
        given_up=given_up(status, now),
        delivered=delivered(status, now),
        retried=retried(status, now),
        reply=failing_reply(reply, now),
    )
    tested = callback(status, at=now, items=[], n_items=1, is_test=True, state=CallbackState.DELIVERED)
    attempt(tested, at=now, status=200, answer="ok")
    return made


def endpoint(project: Project, kind: CallbackKind, **fields: object) -> CallbackEndpoint:
    url = f"https://hooks.shop.example/sms/{kind}"
    return CallbackEndpoint.objects.create(project=project, kind=kind, url=url, secret=new_secret(), **fields)


def callback(endpoint: CallbackEndpoint, *, at: datetime, **fields: object) -> Callback:
    values = {"kind": endpoint.kind, "event_at": at, "next_try_at": None, "n_attempts": 1, **fields}
    if values.get("state") == CallbackState.DELIVERED:
        values["delivered_at"] = at + timedelta(milliseconds=740)
    row = Callback.objects.create(endpoint=endpoint, **values)
    Callback.objects.filter(pk=row.pk).update(created_at=at + timedelta(milliseconds=300))
    return row


def attempt(row: Callback, *, at: datetime, **fields: object) -> None:
    made = CallbackAttempt.objects.create(callback=row, **{"milliseconds": 183, **fields})
    CallbackAttempt.objects.filter(pk=made.pk).update(at=at)


def receipts(project: Project, at: datetime, n: int = 3) -> list[list[object]]:
    """Items about messages that are there: delivered, blocked, undelivered."""
    dispatches = Dispatch.objects.filter(project=project).values("pk")
    ids = Message.objects.filter(dispatch_id__in=dispatches).order_by("pk").values_list("pk", flat=True)[:n]
    ends = [
        (MessageStatus.DELIVERED, Reason.NONE, ""),
        (MessageStatus.BLOCKED, Reason.PER_DAY, f"per_day:50:0:{int(at.timestamp())}"),
        (MessageStatus.UNDELIVERED, Reason.UNREACHABLE, "MI:0013"),
    ]
    return [[pk, *map(_plain, end), at.timestamp(), 1] for pk, end in zip(ids, ends, strict=False)]


def _plain(value: object) -> object:
    return int(value) if isinstance(value, int) else value


def delivered(endpoint: CallbackEndpoint, now: datetime) -> Callback:
    at = now - timedelta(minutes=4)
    items = receipts(endpoint.project, at)
    row = callback(endpoint, at=at, items=items, n_items=len(items), state=CallbackState.DELIVERED)
    attempt(row, at=at + timedelta(milliseconds=560), status=204)
    return row


def retried(endpoint: CallbackEndpoint, now: datetime) -> Callback:
    at = now - timedelta(minutes=2)
    items = receipts(endpoint.project, at, 1)
    row = callback(
        endpoint, at=at, items=items, n_items=len(items), n_attempts=2, next_try_at=now + timedelta(minutes=3)
    )
    answer = "<html>\n<head><title>500 Internal Server Error</title></head>\n</html>"
    attempt(row, at=at, status=500, fault=CallbackFault.STATUS, answer=answer, milliseconds=2207)
    attempt(row, at=at + timedelta(seconds=5), fault=CallbackFault.TIMEOUT, milliseconds=15_003)
    return row


def given_up(endpoint: CallbackEndpoint, now: datetime) -> Callback:
    at = now - timedelta(days=4)
    items = receipts(endpoint.project, at, 2)
    row = callback(
        endpoint, at=at, items=items, n_items=len(items), n_attempts=3, state=CallbackState.GIVEN_UP
    )
    faults = [(CallbackFault.REFUSED, None), (CallbackFault.TLS, None), (CallbackFault.REDIRECT, 301)]
    for n, (fault, status) in enumerate(faults):
        attempt(row, at=at + timedelta(hours=n), fault=fault, status=status, milliseconds=12)
    return row


def failing_reply(endpoint: CallbackEndpoint, now: datetime) -> Callback:
    at = now - timedelta(minutes=50)
    reply = Reply.objects.filter(project=endpoint.project).order_by("pk").first()
    row = callback(
        endpoint,
        at=at,
        items=[[reply.pk if reply else 0]],
        n_items=1,
        is_replay=True,
        next_try_at=now + timedelta(minutes=20),
    )
    answer = '{"result": 1, "errmsg": "unknown number"}'
    attempt(row, at=at, status=200, fault=CallbackFault.RESULT, answer=answer)
    return row
