"""Caps: the window ends where one is reached, then the dispatch is held; nothing is ever blocked by one."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from delivery import services
from delivery.drain import drain
from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import CapUsage, Dispatch, Gateway
from delivery.queries import read_counts
from delivery.statuses import DispatchState, HoldCause, MessageStatus
from projects.models import Cap, Project
from projects.statuses import FrequencyDimension
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import MakeDispatch, ScriptedDriver, accept
from tests.delivery.limiting import HandOver, limit

pytestmark = pytest.mark.django_db


def run(gateway: Gateway, driver: ScriptedDriver) -> None:
    drain(gateway, until=time.monotonic() + 10, driver=driver)


def cap(
    project: Project, scope: str, value: int | None, *, period: str = "day", warn_at: int | None = None
) -> None:
    Cap.objects.update_or_create(
        project=project, scope=scope, period=period, defaults={"cap": value, "warn_at": warn_at}
    )


def used(project: Project) -> dict[tuple[str, str], int]:
    rows = CapUsage.objects.filter(project_id=project.pk)
    return {(row.scope, row.period): row.n for row in rows if row.n}


def told(kind: str) -> list[dict[str, object]]:
    return list(OutboxEvent.objects.filter(kind=kind).order_by("id").values_list("payload", flat=True))


def statuses(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def test_every_taken_message_counts_by_scope_and_period(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hand_over(
        [("+8613800000001", "a"), ("+4915112345678", "a"), ("+4915112345679", "a")],
        countries=["CN", "DE", "DE"],
    )
    run(gateway, driver)
    by_scope = {"all": 3, "domestic": 1, "international": 2, "CN": 1, "DE": 2}
    assert used(project) == {(s, p): n for s, n in by_scope.items() for p in ("day", "month")}


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNSENT, Outcome.THROTTLED])
def test_what_no_carrier_took_counts_no_more(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch, outcome: Outcome
) -> None:
    make_dispatch(10)
    driver.answer = lambda m: accept(m) if m.id % 2 else SubmitResult(m.id, outcome, retry_after_seconds=60)
    run(gateway, driver)
    assert used(project) == {(s, p): 5 for s in ("all", "domestic", "CN") for p in ("day", "month")}


def test_a_cap_cuts_the_window_and_then_holds_the_dispatch(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    cap(project, "domestic", 250)
    dispatch = make_dispatch(600)
    run(gateway, driver)
    assert driver.windows == [200, 50]
    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.hold_cause) == (DispatchState.HELD, HoldCause.CAP)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 250, MessageStatus.QUEUED: 350}
    assert told("cap.reached") == [
        {"project": str(project.uuid), "scope": "domestic", "period": "day", "value": 250, "n": 250}
    ]
    held = OutboxEvent.objects.get(kind="dispatch.held")
    assert held.payload == {"cause": "cap", "scope": "domestic", "period": "day", "value": 250}


def test_a_released_dispatch_is_held_again_without_another_alarm_until_the_cap_is_raised(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    cap(project, "all", 100)
    dispatch = make_dispatch(300)
    run(gateway, driver)
    assert services.release_cap_holds(project_id=project.pk) == [dispatch.pk]
    run(gateway, driver)
    assert len(driver.submitted) == 100
    assert len(told("cap.reached")) == 1
    cap(project, "all", 150)
    services.release_cap_holds(project_id=project.pk)
    run(gateway, driver)
    assert len(driver.submitted) == 150
    assert [event["value"] for event in told("cap.reached")] == [100, 150]
    cap(project, "all", None)
    services.release_cap_holds(project_id=project.pk)
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 300}
    dispatch.refresh_from_db()
    assert dispatch.hold_cause == ""


def test_what_a_person_holds_is_not_released_with_a_cap(
    project: Project, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    services.hold_dispatch(dispatch_id=dispatch.pk)
    assert services.release_cap_holds(project_id=project.pk) == []


def test_a_warning_is_told_once_when_its_value_is_crossed(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    cap(project, "all", None, warn_at=300)
    make_dispatch(200)
    run(gateway, driver)
    assert told("cap.warning") == []
    make_dispatch(600)
    run(gateway, driver)
    assert told("cap.warning") == [
        {"project": str(project.uuid), "scope": "all", "period": "day", "value": 300, "n": 400}
    ]
    cap(project, "all", None, warn_at=900)
    make_dispatch(200)
    run(gateway, driver)
    assert [event["value"] for event in told("cap.warning")] == [300, 900]


def test_a_new_day_counts_from_the_beginning(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    cap(project, "all", 5)
    dispatch = make_dispatch(8)
    run(gateway, driver)
    for row in CapUsage.objects.filter(period="day"):
        yesterday = row.starts_on - timedelta(days=1)
        CapUsage.objects.filter(period="day", starts_on=row.starts_on, scope=row.scope).update(
            starts_on=yesterday
        )
    services.release_cap_holds(project_id=project.pk)
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 8}


def test_a_countrys_cap_stops_at_its_first_message_and_lets_those_before_it_go(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    cap(project, "FR", 1)
    countries = ["DE", "FR", "DE", "FR", "DE"]
    pairs = [(f"+4915112345{i:03d}", "a") for i in range(5)]
    dispatch = hand_over(pairs, countries=countries)
    run(gateway, driver)
    assert [m.id - dispatch.first_id for m in driver.submitted] == [0, 1, 2]
    dispatch.refresh_from_db()
    assert dispatch.hold_cause == HoldCause.CAP


def test_a_cap_leaves_what_is_behind_it_undecided(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    """A message behind the cut is neither blocked nor does it hold a slot."""
    cap(project, "all", 2)
    limit(project, FrequencyDimension.PER_DAY, 1)
    pairs = [("+8613800000001", "a"), ("+8613800000001", "b"), ("+8613800000002", "a")]
    pairs += [("+8613800000003", "a"), ("+8613800000001", "c")]
    dispatch = hand_over(pairs)
    run(gateway, driver)
    assert statuses(dispatch) == {
        MessageStatus.SUBMITTED: 2,
        MessageStatus.BLOCKED: 1,
        MessageStatus.QUEUED: 2,
    }
    cap(project, "all", 9)
    services.release_cap_holds(project_id=project.pk)
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 3, MessageStatus.BLOCKED: 2}


def test_a_cap_cuts_a_retry_window_too(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(10)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.THROTTLED, retry_after_seconds=0.001)
    driver.before_window = lambda: services.suspend_dispatch(dispatch_id=dispatch.pk)
    run(gateway, driver)
    cap(project, "all", 4)
    driver.answer, driver.before_window = accept, lambda: None
    driver.submitted.clear()
    services.resume_dispatch(dispatch_id=dispatch.pk)
    time.sleep(0.01)
    run(gateway, driver)
    assert [m.attempt for m in driver.submitted] == [2] * 4
    cap(project, "all", 40)
    services.release_cap_holds(project_id=project.pk)
    run(gateway, driver)
    assert sorted(m.id for m in driver.submitted) == list(range(dispatch.first_id, dispatch.first_id + 10))
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 10}


def test_international_sending_has_a_cap_from_the_start(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver, settings: object
) -> None:
    settings.INTERNATIONAL_DAILY_CAP = 3
    Cap.objects.all().delete()
    hand_over([(f"+4915112345{i:03d}", "a") for i in range(5)], countries=["DE"] * 5)
    run(gateway, driver)
    assert len(driver.submitted) == 3
