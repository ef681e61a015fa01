"""From the outbox to notifications: each event once, in one transaction with the position that was read to."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from notifications import sql
from notifications.kinds import KINDS, Kind
from notifications.models import Notification
from notifications.scenes import Event, Scene
from notifications.services.telling import begin_quiet_time, kind_of, quiet_key, quiet_time, tell

log = logging.getLogger(__name__)

BATCH_SIZE = 500


def follow_outbox() -> int:
    """Read the next events and tell what they mean; then the summaries that are due. How many events were read.

    Whoever is cut off has told nothing: notifications, deliveries and the position are one commit.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.ENSURE_POSITION)
        cursor.execute(sql.LOCK_POSITION)
        position = cursor.fetchone()
        if position is None:
            return 0
        cursor.execute(sql.READ_EVENTS, {"xid": position[0], "last_id": position[1], "limit": BATCH_SIZE})
        rows = cursor.fetchall()
        for _xid, event_id, kind, subject, payload, at in rows:
            _read(Event(event_id, kind, subject, json.loads(payload), at))
        if rows:
            cursor.execute(sql.MOVE_POSITION, {"xid": rows[-1][0], "id": rows[-1][1]})
        _tell_collected()
    return len(rows)


def _read(event: Event) -> None:
    """One event. What is wrong with it is logged and costs the others nothing."""
    kind = KINDS.get(event.kind)
    if kind is None:
        return
    try:
        scenes = list(kind.read(event))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.error("event=%s kind=%s cannot be told error=%s", event.id, event.kind, type(error).__name__)
        return
    for scene in scenes:
        _take(event, kind, scene)


def _take(event: Event, kind: Kind, scene: Scene) -> None:
    notification = Notification(
        organization=scene.organization,
        project=scene.project,
        kind=event.kind,
        topic=kind.topic,
        params=_first_params(kind, scene.params),
        path=scene.path,
        first_event_at=event.at,
        last_event_at=event.at,
    )
    if not kind.folds:
        notification.save(force_insert=True)
        tell(notification, kind, scene)
        return
    key = quiet_key(notification)
    quiet = quiet_time(key)
    if quiet is None:
        notification.save(force_insert=True)
        tell(notification, kind, scene)
        begin_quiet_time(key)
        return
    collecting = Notification.objects.filter(
        project=scene.project, kind=event.kind, collects_until__isnull=False
    ).first()
    if collecting is None:
        notification.collects_until = quiet.until
        notification.save(force_insert=True)
    else:
        _add(collecting, event, kind, scene)


def _add(collecting: Notification, event: Event, kind: Kind, scene: Scene) -> None:
    """Count one more event in; its values replace those before, except what adds up or is listed."""
    params: dict[str, Any] = {**scene.params}
    for name in kind.adds:
        params[name] = (collecting.params.get(name) or 0) + (params.get(name) or 0)
    for name in kind.gathers:
        listed = list(collecting.params.get(name) or [])
        params[name] = listed if params[name] in listed else [*listed, params[name]]
    collecting.params = params
    collecting.path = scene.path
    collecting.n_events += 1
    collecting.last_event_at = event.at
    collecting.save(update_fields=["params", "path", "n_events", "last_event_at"])


def _first_params(kind: Kind, params: dict[str, Any]) -> dict[str, Any]:
    return {name: [value] if name in kind.gathers else value for name, value in params.items()}


def _tell_collected() -> None:
    """Send the summary of each quiet time that is over; the next one begins with it."""
    due = Notification.objects.filter(collects_until__lte=timezone.now()).select_related(
        "project", "organization"
    )
    for notification in due.order_by("collects_until"):
        scene = Scene(organization=notification.organization, project=notification.project)
        tell(notification, kind_of(notification), scene)
        notification.collects_until = None
        notification.save(update_fields=["collects_until"])
        begin_quiet_time(quiet_key(notification))
