"""Telling again what happened in a span of time, also while nobody could be told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from callbacks import sql
from callbacks.errors import ReplayRefused
from callbacks.models import Callback
from callbacks.services.following import (
    Endpoint,
    ReadEvent,
    Told,
    reply_callback,
    status_callbacks,
    statuses_of,
    write_callbacks,
)
from delivery.models import Reply
from projects.models import CallbackEndpoint
from projects.services import require_enabled, tell_of_project
from projects.statuses import CallbackKind

# What one replay tells at most.
MOST_REPLAYED = 100_000
_EVENTS_AT_ONCE = 200


class Amount(NamedTuple):
    """How much a replay tells: receipts or replies, and the requests they take."""

    n_told: int
    n_requests: int


def count_replay(*, endpoint: CallbackEndpoint, begin: datetime, end: datetime) -> Amount:
    """How much `replay` would tell now, for the question before it. Raises `ReplayRefused`."""
    _check(endpoint, begin, end)
    if endpoint.kind == CallbackKind.REPLY:
        n = len(_replies(endpoint, begin, end))
        return Amount(n, n)
    n = len(_statuses(endpoint, begin, end))
    return Amount(n, -(-n // endpoint.n_per_request))


def replay(*, endpoint: CallbackEndpoint, begin: datetime, end: datetime, by: User) -> Amount:
    """Tell the endpoint again what became final from `begin` until before `end`, as it is now.

    They are new requests with ids of their own, for those that were told before and those that were not. Raises
    `ReplayRefused` for a time or an amount that is not right, and while the endpoint is off.
    """
    require_enabled(endpoint.project)
    _check(endpoint, begin, end)
    if endpoint.kind == CallbackKind.REPLY:
        replies = _replies(endpoint, begin, end)
        amount = Amount(len(replies), len(replies))
        requests: Iterable[Callback] = (
            reply_callback(endpoint.pk, reply, is_replay=True) for reply in replies
        )
    else:
        statuses = _statuses(endpoint, begin, end)
        per_request = endpoint.n_per_request
        amount = Amount(len(statuses), -(-len(statuses) // per_request))
        requests = status_callbacks(endpoint.pk, statuses, n_per_request=per_request, is_replay=True)
    with transaction.atomic():
        locked = CallbackEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        _refuse_off(locked)
        write_callbacks(requests)
        tell_of_project(
            "callback.replayed",
            endpoint.project,
            by=by,
            callback_kind=str(endpoint.kind),
            begin=begin.isoformat(),
            end=end.isoformat(),
            n=amount.n_told,
        )
    return amount


def _check(endpoint: CallbackEndpoint, begin: datetime, end: datetime) -> None:
    now = timezone.now()
    _refuse_off(endpoint)
    if endpoint.kind == CallbackKind.VOICE:
        raise ReplayRefused(
            _("Voice callbacks go out once voice messages exist. There is nothing to tell again.")
        )
    if begin >= end:
        raise ReplayRefused(_("The time ends before it begins. Choose a later end."))
    if begin >= now:
        raise ReplayRefused(_("This time has not come yet. Choose one that is over."))
    if begin < now - timedelta(days=settings.EVENT_RETENTION_DAYS):
        raise ReplayRefused(
            _("What happened is kept for %(days)s days. Choose a later beginning.")
            % {"days": settings.EVENT_RETENTION_DAYS}
        )


def _refuse_off(endpoint: CallbackEndpoint) -> None:
    if not endpoint.is_on:
        raise ReplayRefused(_("This callback is off. Switch it on first."))


def _statuses(endpoint: CallbackEndpoint, begin: datetime, end: datetime) -> list[Told]:
    """What the endpoint wants of what happened then, in its order. A statement for each few hundred events."""
    wish = Endpoint(
        endpoint.pk,
        endpoint.project_id,
        endpoint.kind,
        endpoint.format,
        endpoint.includes_campaigns,
        endpoint.n_per_request,
    )
    found: list[Told] = []
    with connection.cursor() as cursor:
        for events in _events(endpoint.project_id, begin, end):
            found += [told for told in statuses_of(cursor, events) if wish.wants(told)]
            _refuse_many(len(found))
    return sorted(found, key=lambda told: (told.item.sequence, told.item.message_id))


def _events(project_id: int, begin: datetime, end: datetime) -> Iterator[list[ReadEvent]]:
    values: dict[str, Any] = {"project": project_id, "begin": begin, "end": end, "limit": _EVENTS_AT_ONCE}
    with connection.cursor() as cursor:
        cursor.execute(sql.DISPATCHES_OF_TIME, values)
        for dispatch_id, is_stream in cursor.fetchall():
            last_id = 0
            while True:
                of_dispatch = {**values, "subject": f"dispatch:{dispatch_id}", "last_id": last_id}
                cursor.execute(sql.EVENTS_OF_DISPATCH, of_dispatch)
                rows = cursor.fetchall()
                yield [
                    ReadEvent(event_id, at, project_id, is_stream, json.loads(payload))
                    for event_id, at, payload in rows
                ]
                if len(rows) < _EVENTS_AT_ONCE:
                    break
                last_id = rows[-1][0]


def _replies(endpoint: CallbackEndpoint, begin: datetime, end: datetime) -> list[Reply]:
    """One statement."""
    rows = Reply.objects.filter(
        project_id=endpoint.project_id, received_at__gte=begin, received_at__lt=end, next_try_at=None
    )
    found = list(rows.only("received_at").order_by("received_at", "pk")[: MOST_REPLAYED + 1])
    _refuse_many(len(found))
    return found


def _refuse_many(n: int) -> None:
    if n > MOST_REPLAYED:
        raise ReplayRefused(
            _("More than %(n)s happened in this time. Tell it again in shorter pieces.")
            % {"n": f"{MOST_REPLAYED:,}"}
        )
