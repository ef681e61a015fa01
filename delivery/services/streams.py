"""Streams: the dispatches of programs' messages. One a day for each project, kind of message and consent.

A stream is open the whole day, though often nothing of it is. An hour after the day it is closed, and then ends like
any other dispatch.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.errors import DeliveryError, ProjectStopped
from delivery.models import Dispatch, Gateway
from delivery.queries import default_gateway
from delivery.services.dispatches import SendingHours
from delivery.services.gateways import ensure_sandbox_gateway
from delivery.sql import sending as sql
from delivery.sql import streams as sql_streams
from delivery.statuses import SANDBOX_TAG, URGENT_KINDS, DispatchState
from projects.models import Project

# Nobody who began a request yesterday is still at it then.
CLOSED_AFTER = timedelta(hours=1)


class _Known:
    """The streams of today that this process has opened or found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: date | None = None
        self._streams: dict[str, Dispatch] = {}

    def get(self, owner: str, day: date) -> Dispatch | None:
        with self._lock:
            return self._streams.get(owner) if self._day == day else None

    def keep(self, owner: str, day: date, stream: Dispatch) -> None:
        with self._lock:
            if self._day != day:
                self._day, self._streams = day, {}
            self._streams[owner] = stream

    def forget(self, owner: str) -> None:
        with self._lock:
            self._streams.pop(owner, None)


_known = _Known()


def todays_stream(
    *, project: Project, tags: Mapping[str, str], consent_key: str, hours: SendingHours | None
) -> Dispatch:
    """The stream of today; made when there is none, or when the last one takes nothing more. See `open_stream`."""
    day = timezone.now().astimezone(UTC).date()
    owner = _owner(project, tags, consent_key, hours, day)
    known = _known.get(owner, day)
    if known is not None and _takes_more(known):
        return known
    _known.forget(owner)
    stream = _open(owner, project, tags, consent_key, hours)
    _known.keep(owner, day, stream)
    return stream


def _owner(
    project: Project, tags: Mapping[str, str], consent_key: str, hours: SendingHours | None, day: date
) -> str:
    said = json.dumps([dict(tags), consent_key, hours and list(map(str, hours))], sort_keys=True)
    digest = hashlib.blake2b(said.encode(), digest_size=12).hexdigest()
    return f"stream:{project.pk}:{digest}:{day.isoformat()}"


def _takes_more(stream: Dispatch) -> bool:
    """Whether messages may still come to it. Raises `ProjectStopped`."""
    with connection.cursor() as cursor:
        cursor.execute(sql_streams.FIND_STREAM, {"dispatch": stream.pk})
        row = cursor.fetchone()
    if row is None:
        return False
    state, fanout_done, stopped_at = row
    if stopped_at is not None:
        raise _stopped()
    return state != DispatchState.CANCELLED and not fanout_done


def _stopped() -> ProjectStopped:
    return ProjectStopped(_("All sending of this project was stopped. An admin can allow it again."))


def _open(
    owner: str,
    project: Project,
    tags: Mapping[str, str],
    consent_key: str,
    hours: SendingHours | None,
) -> Dispatch:
    """Find or make it; one that was cancelled or closed meanwhile is followed by another one of the same day."""
    gateway = _gateway_for(tags)
    defaults: dict[str, Any] = {
        "project": project,
        "gateway": gateway,
        "consent_key": consent_key,
        "tags": dict(tags),
        "is_stream": True,
        "is_urgent": tags.get("kind") in URGENT_KINDS,
        "hours_from": hours.opens if hours else None,
        "hours_until": hours.closes if hours else None,
        "hours_zone": hours.zone if hours else "",
    }
    number = 1
    while True:
        name = owner if number == 1 else f"{owner}:{number}"
        with transaction.atomic(), connection.cursor() as cursor:
            # Nobody stops the project between this look and the stream that a stop would have to hold.
            cursor.execute(sql.SHARE_PROJECT, {"project": project.pk})
            if cursor.fetchone()[0] is not None:
                raise _stopped()
            stream, _is_new = Dispatch.objects.get_or_create(owner=name, defaults=defaults)
        if stream.state != DispatchState.CANCELLED and not stream.fanout_done:
            return stream
        number += 1


def _gateway_for(tags: Mapping[str, str]) -> Gateway:
    if SANDBOX_TAG in tags:
        return ensure_sandbox_gateway()
    gateway = default_gateway()
    if gateway is None:
        raise DeliveryError(_("No gateway is set up, or all are paused, so nothing can leave."))
    return gateway


def close_streams() -> int:
    """Let streams of former days end, an hour after their day: once nothing of them is open they are sent.

    Returns how many.
    """
    day = (timezone.now().astimezone(UTC) - CLOSED_AFTER).date()
    with connection.cursor() as cursor:
        cursor.execute(sql_streams.CLOSE_STREAMS, {"before": datetime.combine(day, time.min, UTC)})
        return int(cursor.rowcount)
