"""A project, a gateway and a scripted driver for the tests of delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest
from django.db import transaction

from accounts.models import Organization
from delivery import services
from delivery.gateways.base import GatewayDriver, OutboundMessage, Outcome, SubmitResult
from delivery.models import Dispatch, Gateway
from projects.models import Project
from smsconsole.queue import stop_requested
from tests.factories import lift_limits

Answer = Callable[[OutboundMessage], SubmitResult]


def accept(message: OutboundMessage) -> SubmitResult:
    ids = tuple(f"gw-{message.reference}-{seq}" for seq in range(1, message.n_segments + 1))
    return SubmitResult(message.id, Outcome.ACCEPTED, ids)


class ScriptedDriver(GatewayDriver):
    """Answers as its `answer` says and remembers every submit."""

    kind: ClassVar[str] = "scripted"

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self.submitted: list[OutboundMessage] = []
        self.windows: list[int] = []
        self.answer: Answer = accept
        self.before_window: Callable[[], None] = lambda: None

    def open(self) -> None: ...

    def close(self) -> None: ...

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        self.before_window()
        self.windows.append(len(messages))
        for message in messages:
            if keep_going():
                self.submitted.append(message)
                yield self.answer(message)
            else:
                yield SubmitResult(message.id, Outcome.UNSENT)


@pytest.fixture(autouse=True)
def no_stop() -> Iterator[None]:
    stop_requested.clear()
    yield
    stop_requested.clear()


@pytest.fixture
def project(db: None) -> Project:
    """Without any limit: tests of limits set those that they speak of."""
    organization = Organization.objects.create(name="Acme")
    project = Project.objects.create(organization=organization, name="Shop", slug="shop")
    lift_limits(project)
    return project


@pytest.fixture
def gateway(db: None) -> Gateway:
    gateway = Gateway.objects.create(slug="scripted", name="Scripted", kind="simulator")
    return gateway


@pytest.fixture
def driver() -> ScriptedDriver:
    return ScriptedDriver()


MakeDispatch = Callable[..., Dispatch]


@pytest.fixture
def make_dispatch(project: Project, gateway: Gateway) -> MakeDispatch:
    """Opens a dispatch of `n` messages in batches of `batch`, all handed over."""

    def make(n: int, *, batch: int = 1_000, n_segments: int = 1, done: bool = True) -> Dispatch:
        owner = f"test:{Dispatch.objects.count()}"
        dispatch = services.open_dispatch(owner=owner, project=project, gateway=gateway, n_messages=n)
        rows = [
            services.NewMessage(i + 2, f"+86138{i:08d}", "CN", "Acme", f"Hello {i}", n_segments)
            for i in range(n)
        ]
        for offset in range(0, n, batch):
            with transaction.atomic():
                services.append_messages(dispatch=dispatch, offset=offset, rows=rows[offset : offset + batch])
        if done:
            services.finish_fanout(dispatch_id=dispatch.pk)
        dispatch.refresh_from_db()
        return dispatch

    return make


@pytest.fixture
def hand_over(project: Project, gateway: Gateway) -> MakeDispatch:
    """Opens a dispatch of these (number, text) pairs, all handed over."""

    def make(
        pairs: Sequence[tuple[str, str]],
        *,
        project: Project = project,
        countries: Sequence[str] | None = None,
        batch: int = 1_000,
        **fields: Any,
    ) -> Dispatch:
        owner = f"test:{Dispatch.objects.count()}"
        dispatch = services.open_dispatch(
            owner=owner, project=project, gateway=gateway, n_messages=len(pairs), **fields
        )
        rows = [
            services.NewMessage(i + 2, msisdn, countries[i] if countries else "CN", "Acme", text, 1)
            for i, (msisdn, text) in enumerate(pairs)
        ]
        for offset in range(0, len(rows), batch):
            with transaction.atomic():
                services.append_messages(dispatch=dispatch, offset=offset, rows=rows[offset : offset + batch])
        services.finish_fanout(dispatch_id=dispatch.pk)
        dispatch.refresh_from_db()
        return dispatch

    return make
