"""A project with endpoints, and messages that get the statuses a test wants, as the console itself gives them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from callbacks.services.following import BATCH_SIZE, follow_events
from delivery import services
from delivery.changes import StatusChanges
from delivery.models import Dispatch, Gateway, Message, MessageNote
from delivery.statuses import MessageStatus, Reason
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat, CallbackKind
from tests.factories import lift_limits

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()

MakeMessages = Callable[..., Dispatch]


@pytest.fixture
def gateway(db: None) -> Gateway:
    return Gateway.objects.create(slug="scripted", name="Scripted", kind="simulator")


@pytest.fixture
def make_messages(project: Project, gateway: Gateway) -> MakeMessages:
    """Opens a dispatch of `n` messages that wait; `notes` are the context and extension of its first ones."""
    lift_limits(project)

    def make(
        n: int,
        *,
        project: Project = project,
        is_stream: bool = False,
        notes: Sequence[tuple[str, str]] = (),
        **fields: Any,
    ) -> Dispatch:
        owner = f"test:{Dispatch.objects.count()}"
        dispatch = services.open_dispatch(
            owner=owner, project=project, gateway=gateway, n_messages=n, **fields
        )
        Dispatch.objects.filter(pk=dispatch.pk).update(is_stream=is_stream)
        rows = [services.NewMessage(i + 2, f"+86138{i:08d}", "CN", "Acme", f"Hello {i}", 1) for i in range(n)]
        with transaction.atomic():
            services.append_messages(dispatch=dispatch, offset=0, rows=rows)
        services.finish_fanout(dispatch_id=dispatch.pk)
        dispatch.refresh_from_db()
        for offset, (context, extend) in enumerate(notes):
            MessageNote.objects.create(
                message_id=(dispatch.first_id or 0) + offset,
                project_id=project.pk,
                context=context,
                extend=extend,
            )
        return dispatch

    return make


def endpoint_of(
    project: Project, url: str = "https://shop.example.com/sms", **fields: Any
) -> CallbackEndpoint:
    """An endpoint that is on: of statuses as Standard Webhooks unless told otherwise."""
    values: dict[str, Any] = {"kind": CallbackKind.STATUS, "format": CallbackFormat.STANDARD, **fields}
    return CallbackEndpoint.objects.create(project=project, url=url, secret=SECRET, **values)


def settle(
    dispatch: Dispatch,
    status: MessageStatus = MessageStatus.DELIVERED,
    *,
    offsets: Sequence[int] | None = None,
    before: MessageStatus | None = MessageStatus.SUBMITTED,
    reason: Reason = Reason.NONE,
    code: str | None = None,
    kind: str = "messages.receipted",
) -> list[int]:
    """Give messages of the dispatch this status, with the event that names them, in one transaction; their ids."""
    first = dispatch.first_id or 0
    chosen = range(dispatch.n_reserved) if offsets is None else offsets
    ids = [first + offset for offset in chosen]
    with transaction.atomic(), connection.cursor() as cursor:
        Message.objects.filter(pk__in=ids).update(
            status=status, reason=reason, code=code, final_at=timezone.now()
        )
        changes = StatusChanges()
        for message_id in ids:
            changes.add(
                message_id=message_id,
                dispatch_id=dispatch.pk,
                gateway_id=dispatch.gateway_id,
                country="CN",
                n_segments=1,
                before=before,
                after=status,
            )
        changes.write(cursor, kind=kind)
    return ids


def follow() -> None:
    """Read all events there are."""
    while follow_events() >= BATCH_SIZE:
        pass


def only(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names}
