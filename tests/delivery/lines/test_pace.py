"""How fast a line goes: its rate, what its carrier slows it to, and the share that is kept for verification codes."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from delivery import services
from delivery.claim import claim_window
from delivery.drain import Verdict, drain, lease_batch, release_batch, send_window
from delivery.gateways.base import OutboundMessage, Outcome, SubmitResult
from delivery.lines.pace import Slowed, effective_rate, slow_line
from delivery.models import Dispatch, Gateway, GatewayPace, Window
from delivery.statuses import WindowState
from delivery.windows import ClaimedWindow, Nothing
from projects.models import Project
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept
from tests.delivery.crowd import accept_all, crowd
from tests.timing import measures_time

pytestmark = pytest.mark.django_db


def make_codes(project: Project, gateway: Gateway, n: int) -> Dispatch:
    """Verification codes."""
    tags = {"kind": "verification"}
    owner = f"codes:{Dispatch.objects.count()}"
    dispatch = services.open_dispatch(owner=owner, project=project, gateway=gateway, n_messages=n, tags=tags)
    rows = [services.NewMessage(i, f"+49151{i:08d}", "DE", "", f"Code {i}", 1) for i in range(n)]
    services.append_messages(dispatch=dispatch, offset=0, rows=rows)
    services.finish_fanout(dispatch_id=dispatch.pk)
    return dispatch


def set_rate(gateway: Gateway, rate: float | None, *, share: float = 0) -> None:
    gateway.rate_per_second, gateway.verification_share = rate, share
    gateway.save()


def throttle(message: OutboundMessage) -> SubmitResult:
    return SubmitResult(message.id, Outcome.THROTTLED)


def throttle_all(gateway: Gateway, driver: ScriptedDriver) -> Verdict:
    lease = lease_batch(gateway.pk)
    driver.answer = throttle
    window = claim_window(gateway, lease)
    assert isinstance(window, ClaimedWindow)
    verdict = send_window(gateway, driver, window)
    release_batch(lease)
    return verdict


# --- The rate it may go at ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nominal", "slowed", "expected"),
    [
        (100, None, 100),
        (None, None, None),
        (100, Slowed(50, 0, 100), 50),
        (100, Slowed(50, 4, 100), 70),
        (100, Slowed(50, 10, 100), 100),
        (100, Slowed(50, 1_000, 100), 100),
        (None, Slowed(40, 0, 80), 40),
        (None, Slowed(40, 5, 80), 60),
        (None, Slowed(40, 10, 80), 80),
        (None, Slowed(40, 20, 80), None),
    ],
)
def test_a_slowed_line_climbs_back_by_a_twentieth_of_its_rate_each_second(
    nominal: float | None, slowed: Slowed | None, expected: float | None
) -> None:
    assert effective_rate(nominal, slowed) == expected


@pytest.mark.parametrize(("share", "least"), [(0.1, 900), (0.3, 280), (1.0, 45)])
@pytest.mark.parametrize("has_rate", [True, False])
def test_a_gateway_that_always_throttles_a_share_keeps_a_rate(
    gateway: Gateway, share: float, least: float, has_rate: bool
) -> None:
    """Whatever the rate: the line must not come to a stand."""
    set_rate(gateway, 1_000 if has_rate else None)
    for _ in range(60):
        slow_line(gateway, throttled_share=share, seen_rate=1_000)
        GatewayPace.objects.update(slowed_at=timezone.now() - timedelta(seconds=1.01))
    assert GatewayPace.objects.get().slowed_rate > least


def test_a_carrier_that_throttles_everything_halves_the_rate_once_a_second(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    set_rate(gateway, 400)
    make_dispatch(600)
    assert throttle_all(gateway, driver) == Verdict.SLOWED
    slow_line(gateway, throttled_share=1, seen_rate=1)
    assert GatewayPace.objects.get().slowed_rate == 200
    GatewayPace.objects.update(slowed_at=timezone.now() - timedelta(seconds=2))
    slow_line(gateway, throttled_share=1, seen_rate=1)
    assert GatewayPace.objects.get().slowed_rate == pytest.approx((200 + 40) / 2, abs=1)


def test_the_slower_rate_makes_the_windows_smaller(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    set_rate(gateway, 100)
    make_dispatch(300)
    throttle_all(gateway, driver)
    GatewayPace.objects.update(next_free_at=timezone.now())
    window = claim_window(gateway, lease_batch(gateway.pk))
    assert isinstance(window, ClaimedWindow)
    assert len(window.messages) == pytest.approx(25, abs=2)


def test_a_retry_window_holds_no_more_than_the_rate_allows_either(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(200)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNSENT)
    lease = lease_batch(gateway.pk)
    send_window(gateway, driver, claim_window(gateway, lease))
    set_rate(gateway, 20)
    window = claim_window(gateway, lease)
    assert isinstance(window, ClaimedWindow)
    assert len(window.messages) == 10
    assert Window.objects.get(state=WindowState.WAITING).n_messages == 190


def test_nothing_makes_a_line_stand_still(gateway: Gateway) -> None:
    set_rate(gateway, 3)
    for _ in range(10):
        slow_line(gateway, throttled_share=1, seen_rate=1)
        GatewayPace.objects.update(slowed_at=timezone.now() - timedelta(seconds=1.5))
    assert GatewayPace.objects.get().slowed_rate == 1


def test_a_line_without_a_rate_gets_one_from_what_passed(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    """And loses it again when its carrier is content for twenty seconds."""
    dispatch = make_dispatch(400)
    driver.answer = lambda m: throttle(m) if m.id % 2 else accept(m)
    driver.before_window = lambda: time.sleep(0.5)
    send_window(gateway, driver, claim_window(gateway, lease := lease_batch(gateway.pk)))
    assert GatewayPace.objects.get().slowed_rate == pytest.approx(150, rel=0.3)
    release_batch(lease)
    assert len(claim_window(gateway, lease_batch(gateway.pk)).messages) < 100
    GatewayPace.objects.update(slowed_at=timezone.now() - timedelta(seconds=25), next_free_at=timezone.now())
    dispatch.batches.update(lease_token=None, leased_until=None)
    lease = lease_batch(gateway.pk)
    assert not lease.is_paced


def test_what_was_throttled_goes_before_what_was_never_tried(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(400)
    driver.answer = lambda m: throttle(m) if m.attempt == 1 and m.id % 2 else accept(m)
    lease = lease_batch(gateway.pk)
    first = claim_window(gateway, lease)
    send_window(gateway, driver, first)
    Window.objects.filter(state=WindowState.WAITING).update(not_before=timezone.now())
    second = claim_window(gateway, lease)
    assert {message.attempt for message in second.messages} == {2}


def test_a_gateway_that_says_how_long_is_left_alone_for_so_long(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(400)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.THROTTLED, retry_after_seconds=7)
    send_window(gateway, driver, claim_window(gateway, lease := lease_batch(gateway.pk)))
    release_batch(lease)
    later = claim_window(gateway, lease_batch(gateway.pk))
    assert isinstance(later, Nothing)
    assert 6 < later.wait_seconds <= 7
    waiting = Window.objects.get(state=WindowState.WAITING)
    assert waiting.not_before - timezone.now() > timedelta(seconds=6)


def test_one_throttled_message_does_not_stop_the_others(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(200)
    slow = SubmitResult(dispatch.first_id, Outcome.THROTTLED, retry_after_seconds=30)
    driver.answer = lambda m: slow if m.id == dispatch.first_id else accept(m)
    send_window(gateway, driver, claim_window(gateway, lease_batch(gateway.pk)))
    assert GatewayPace.objects.get().next_free_at < timezone.now() + timedelta(seconds=2)


# --- Verification codes ---------------------------------------------------------------------------------


def test_verification_codes_are_leased_first(
    gateway: Gateway, make_dispatch: MakeDispatch, project: Project
) -> None:
    make_dispatch(10)
    codes = make_codes(project, gateway, 1)
    assert codes.is_urgent
    assert lease_batch(gateway.pk).dispatch_id == codes.pk


def test_who_sends_something_else_makes_way_for_them(
    gateway: Gateway, make_dispatch: MakeDispatch, project: Project
) -> None:
    make_dispatch(600)
    lease = lease_batch(gateway.pk)
    assert isinstance(claim_window(gateway, lease), ClaimedWindow)
    make_codes(project, gateway, 1)
    assert claim_window(gateway, lease) == Nothing()
    lease_batch(gateway.pk)
    assert isinstance(claim_window(gateway, lease), ClaimedWindow), "somebody else has them in hand"


def test_codes_of_another_gateway_stop_nobody(
    gateway: Gateway, make_dispatch: MakeDispatch, project: Project
) -> None:
    make_dispatch(10)
    make_codes(project, Gateway.objects.create(slug="other", name="Other", kind="simulator"), 1)
    assert isinstance(claim_window(gateway, lease_batch(gateway.pk)), ClaimedWindow)


def test_others_go_by_what_is_left_of_the_rate(gateway: Gateway, make_dispatch: MakeDispatch) -> None:
    set_rate(gateway, 100, share=0.4)
    make_dispatch(300)
    lease = lease_batch(gateway.pk)
    assert len(claim_window(gateway, lease).messages) == 30
    again = claim_window(gateway, lease)
    assert isinstance(again, Nothing)
    assert 0.4 < again.wait_seconds <= 0.5


def test_codes_may_use_the_whole_line(gateway: Gateway, project: Project) -> None:
    set_rate(gateway, 100, share=0.4)
    make_codes(project, gateway, 300)
    assert len(claim_window(gateway, lease_batch(gateway.pk)).messages) == 50


def test_codes_do_not_wait_behind_a_window_of_others(
    gateway: Gateway, make_dispatch: MakeDispatch, project: Project
) -> None:
    set_rate(gateway, 100)
    make_dispatch(300)
    claim_window(gateway, lease_batch(gateway.pk))
    make_codes(project, gateway, 300)
    lease = lease_batch(gateway.pk)
    assert isinstance(claim_window(gateway, lease), ClaimedWindow)
    again = claim_window(gateway, lease)
    assert isinstance(again, Nothing)
    assert again.wait_seconds > 0, "but the rate holds for them too"


@pytest.mark.django_db(transaction=True)
@measures_time
def test_a_worker_that_waits_for_the_line_makes_way(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, project: Project
) -> None:
    """The only worker is in the middle of a slow campaign when a code comes."""
    set_rate(gateway, 2)
    make_dispatch(100)
    worker = threading.Thread(target=_drain_for, args=(gateway, driver, 4.0))
    worker.start()
    time.sleep(1.2)
    asked_at = time.monotonic()
    codes = make_codes(project, gateway, 1)
    while Dispatch.objects.get(pk=codes.pk).sent_at is None and time.monotonic() < asked_at + 3:
        time.sleep(0.01)
    waited = time.monotonic() - asked_at
    worker.join()
    assert Dispatch.objects.get(pk=codes.pk).sent_at is not None
    assert waited < 0.6


def _drain_for(gateway: Gateway, driver: ScriptedDriver, seconds: float) -> None:
    try:
        drain(gateway, until=time.monotonic() + seconds, driver=driver)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@measures_time
def test_three_workers_keep_one_rate(gateway: Gateway, make_dispatch: MakeDispatch, tmp_path: Path) -> None:
    set_rate(gateway, 500)
    dispatch = make_dispatch(1_500, batch=250)
    with crowd(gateway, tmp_path, n=3, answer=accept_all) as workers:
        workers.wait(dispatch, seconds=20)
        began = sorted(submit.began_at for submit in workers.submits())
    # The last window's own time is not in it.
    sent_before_the_last = len([at for at in began if at < began[-1]])
    assert sent_before_the_last / (began[-1] - began[0]) == pytest.approx(500, rel=0.05)
