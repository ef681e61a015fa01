"""Going another way while workers die, gateways are switched off and everything moves at once: nothing doubles."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from delivery import failpoints
from delivery.gateways.base import OutboundMessage, Outcome, SubmitResult
from delivery.ledger import check_dispatch
from delivery.lines import health
from delivery.models import Batch, Gateway, Message, Window
from delivery.statuses import MessageStatus, Reason, WindowState
from delivery.sweep import lose_expired_windows, move_stranded
from tests.delivery.conftest import MakeDispatch
from tests.delivery.crowd import _CONTEXT, _drain_all, accept_all, crowd

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES = 3_000
WAIT_SECONDS = 90.0
MIN_STRIKES = 3
# Shared with the forked processes.
_n_strikes = _CONTEXT.Value("i")


@pytest.fixture(autouse=True)
def no_beliefs() -> None:
    health._worked_at.clear()


@pytest.fixture
def second(db: None) -> Gateway:
    return Gateway.objects.create(slug="second", name="Second", kind="simulator")


def refuse_a_third(message: OutboundMessage) -> SubmitResult:
    """Slowly, until it was disturbed often enough."""
    time.sleep(0.005 if _n_strikes.value < MIN_STRIKES else 0.001)
    if message.id % 3 == 0:
        return SubmitResult(message.id, Outcome.REFUSED, code="E1", reason=Reason.ROUTE_ERROR)
    return accept_all(message)


def test_nothing_doubles_through_kill_9_and_a_gateway_that_comes_and_goes(
    gateway: Gateway, second: Gateway, make_dispatch: MakeDispatch, tmp_path: Path, settings: Any
) -> None:
    settings.LEASE_SECONDS = 3
    dispatch = make_dispatch(MESSAGES, batch=250)
    dispatch.batches.update(fallbacks=[second.pk])
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    dice, began_at = random.Random(5), time.monotonic()
    _n_strikes.value = 0

    def strike() -> None:
        if time.monotonic() - began_at < 0.4 * (_n_strikes.value + 1) or _n_strikes.value >= 8:
            return
        _n_strikes.value += 1
        dice.choice([first, other]).kill_one()
        is_enabled = _n_strikes.value % 3 != 1
        Gateway.objects.filter(pk=gateway.pk).update(is_enabled=is_enabled)

    with (
        crowd(gateway, folders[0], n=3, answer=refuse_a_third) as first,
        crowd(second, folders[1], n=2, answer=accept_all) as other,
    ):
        first.wait(dispatch, seconds=WAIT_SECONDS, meanwhile=strike)
    submits = first.submits() + other.submits()
    assert _n_strikes.value >= MIN_STRIKES
    dispatch.refresh_from_db()
    assert (dispatch.n_open, dispatch.n_total) == (0, MESSAGES)
    assert check_dispatch(dispatch.pk) == []
    tries = Counter((submit.message_id, submit.attempt) for submit in submits)
    assert max(tries.values()) == 1, "a message was submitted twice in one attempt"
    taken = Counter(submit.message_id for submit in submits if submit.outcome == Outcome.ACCEPTED)
    assert max(taken.values()) == 1, "two gateways took the same message"
    assert set(Message.objects.values_list("status", flat=True)) <= {
        MessageStatus.SUBMITTED,
        MessageStatus.UNCERTAIN,
    }
    left_by = dict(Counter(Message.objects.values_list("gateway_id", flat=True)))
    assert left_by[second.pk] > MESSAGES / 4


def test_dying_amid_a_move_moves_nothing(
    gateway: Gateway,
    second: Gateway,
    make_dispatch: MakeDispatch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the gateway refused is then uncertain: nobody is left who heard it."""
    dispatch = make_dispatch(30)
    dispatch.batches.update(fallbacks=[second.pk])
    monkeypatch.setattr(failpoints, "_name", "moved")
    monkeypatch.setattr(failpoints, "_left", 1)
    connection.close()
    process = _CONTEXT.Process(
        target=_drain_all, args=(gateway.pk, tmp_path / "submits.jsonl", refuse_a_third), daemon=True
    )
    process.start()
    process.join(20)
    assert process.exitcode == -9
    assert list(Batch.objects.values_list("gateway_id", "n_open")) == [(gateway.pk, 30)]
    Window.objects.filter(state=WindowState.SUBMITTING).update(expires_at=dispatch.created_at)
    Batch.objects.update(leased_until=dispatch.created_at)
    Gateway.objects.filter(pk=gateway.pk).update(is_enabled=False)
    lose_expired_windows()
    assert move_stranded() == 0
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.UNCERTAIN}
    assert check_dispatch(dispatch.pk) == []
