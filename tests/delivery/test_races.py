"""What two processes do at the same moment, with real connections and a barrier."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from delivery import claim as claim_module
from delivery import services, settle
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch
from delivery.models import Dispatch, Gateway, Message
from delivery.queries import read_counts
from delivery.settle import settle_window
from delivery.statuses import MessageStatus
from delivery.windows import ClaimedWindow
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*functions: Callable[[], Any]) -> list[Any]:
    """Run the functions in threads with connections of their own; returns what they return."""

    def run(function: Callable[[], Any]) -> Any:
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result(30) for future in [pool.submit(run, function) for function in functions]]


def test_two_last_settles_cannot_miss_each_other(
    gateway: Gateway, make_dispatch: MakeDispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = make_dispatch(20, batch=10)
    windows = [claim_window(gateway, lease_batch(gateway.pk)) for _ in range(2)]
    barrier = threading.Barrier(2)
    append_parts = settle._append_parts

    def meet_in_the_middle(*args: Any) -> None:
        append_parts(*args)
        barrier.wait(10)

    monkeypatch.setattr(settle, "_append_parts", meet_in_the_middle)
    at_once(*[lambda w=w: settle_window(w, [accept(m) for m in w.messages]) for w in windows])
    dispatch.refresh_from_db()
    assert dispatch.n_open == 0
    assert dispatch.sent_at is not None


def test_no_claim_commits_after_a_suspension_has(
    gateway: Gateway, make_dispatch: MakeDispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that was under way when the suspension came is waited for; the next one finds the gate closed."""
    dispatch = make_dispatch(400)
    lease = lease_batch(gateway.pk)
    inside, go_on = threading.Event(), threading.Event()
    claimed = claim_module._Claim._claimed

    def pause(*args: Any) -> ClaimedWindow:
        inside.set()
        go_on.wait(10)
        return claimed(*args)

    monkeypatch.setattr(claim_module._Claim, "_claimed", pause)
    order: list[str] = []

    def claim() -> None:
        claim_window(gateway, lease)
        order.append("claimed")

    def suspend() -> None:
        inside.wait(10)
        threading.Timer(0.3, go_on.set).start()
        services.suspend_dispatch(dispatch_id=dispatch.pk)
        order.append("suspended")

    at_once(claim, suspend)
    assert order == ["claimed", "suspended"]
    monkeypatch.undo()
    assert not isinstance(claim_window(gateway, lease), ClaimedWindow)


def test_four_workers_send_everything_once(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(4_000, batch=300)
    drivers = [ScriptedDriver() for _ in range(4)]
    until = time.monotonic() + 20
    at_once(*[lambda d=d: drain(gateway, until=until, driver=d) for d in drivers])
    sent = sorted(message.id for driver in drivers for message in driver.submitted)
    assert sent == list(range(dispatch.first_id, dispatch.first_id + 4_000))
    assert sum(bool(driver.submitted) for driver in drivers) > 1
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None


def test_cancelling_while_workers_send_loses_nothing(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3_000, batch=300)
    drivers = [ScriptedDriver() for _ in range(2)]
    drivers[0].before_window = lambda: time.sleep(0.01)
    until = time.monotonic() + 20

    def cancel() -> None:
        time.sleep(0.05)
        services.cancel_dispatch(dispatch_id=dispatch.pk)
        services.cancel_rest(dispatch_id=dispatch.pk)

    at_once(*[lambda d=d: drain(gateway, until=until, driver=d) for d in drivers], cancel)
    services.cancel_rest(dispatch_id=dispatch.pk)
    counts = read_counts(dispatch.pk)[0]
    assert counts[MessageStatus.SUBMITTED] == sum(len(driver.submitted) for driver in drivers)
    assert counts[MessageStatus.SUBMITTED] + counts[MessageStatus.CANCELLED] == 3_000
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None


def test_two_dispatches_opened_at_once_get_separate_ids(project: Any, gateway: Gateway) -> None:
    def open_one(name: str) -> Dispatch:
        with transaction.atomic():
            return services.open_dispatch(owner=name, project=project, gateway=gateway, n_messages=1_000)

    dispatches = at_once(*[lambda i=i: open_one(f"test:{i}") for i in range(6)])
    firsts = sorted(dispatch.first_id for dispatch in dispatches)
    assert all(later - earlier >= 1_000 for earlier, later in itertools.pairwise(firsts))


def test_a_chunk_handed_over_by_two_at_once_is_there_once(
    gateway: Gateway, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(0, done=False)
    Dispatch.objects.update(n_reserved=500)
    dispatch.refresh_from_db()
    rows = [services.NewMessage(i, f"+86138{i:08d}", "CN", "", "x", 1) for i in range(500)]
    at_once(*[lambda: services.append_messages(dispatch=dispatch, offset=0, rows=rows)] * 3)
    dispatch.refresh_from_db()
    assert (dispatch.n_total, dispatch.n_open, Message.objects.count()) == (500, 500, 500)
