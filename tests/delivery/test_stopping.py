"""Stop everything: nothing of the project is claimed, opened or continued until it is allowed again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from delivery import services
from delivery.drain import drain
from delivery.errors import DeliveryError
from delivery.gateways.base import Outcome, SubmitResult
from delivery.ledger import check_dispatch
from delivery.models import Dispatch, Gateway
from delivery.services import UncertainChoice, settle_uncertain
from delivery.statuses import DispatchState, HoldCause
from projects.models import Project
from tests.delivery.conftest import MakeDispatch, ScriptedDriver
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def stop(project: Project) -> int:
    """As *Stop everything* does: the project's row first, then what is open."""
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(stopped_at=timezone.now())
        return services.stop_project(project_id=project.pk)


def allow(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(stopped_at=None)


def test_it_holds_what_runs_and_what_is_suspended_and_leaves_the_rest(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    sent = make_dispatch(3)
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    running, suspended, cancelled = make_dispatch(3), make_dispatch(3), make_dispatch(3)
    services.suspend_dispatch(dispatch_id=suspended.pk)
    services.cancel_dispatch(dispatch_id=cancelled.pk)
    assert stop(project) == 2
    assert stop(project) == 0
    states = {d.pk: (d.state, d.hold_cause) for d in Dispatch.objects.all()}
    held = (DispatchState.HELD, HoldCause.STOPPED)
    assert (states[running.pk], states[suspended.pk]) == (held, held)
    assert states[sent.pk][0] == DispatchState.RUNNING
    assert states[cancelled.pk][0] == DispatchState.CANCELLED
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    assert len(driver.submitted) == 3
    assert check_dispatch(running.pk) == []


def test_what_is_opened_meanwhile_is_held(project: Project, make_dispatch: MakeDispatch) -> None:
    stop(project)
    dispatch = make_dispatch(3)
    assert (dispatch.state, dispatch.hold_cause) == (DispatchState.HELD, HoldCause.STOPPED)


def test_nothing_is_continued_before_it_is_allowed(project: Project, make_dispatch: MakeDispatch) -> None:
    dispatch = make_dispatch(3)
    stop(project)
    with pytest.raises(DeliveryError, match="was stopped"):
        services.resume_dispatch(dispatch_id=dispatch.pk)
    allow(project)
    assert services.resume_dispatch(dispatch_id=dispatch.pk) is True
    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.hold_cause) == (DispatchState.RUNNING, "")


def test_uncertain_messages_of_a_stopped_project_are_not_sent_again(
    project: Project, gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    """Their dispatch was sent, so it was not held: sending again would let it run."""
    by: User = UserFactory()
    dispatch = make_dispatch(3)
    driver.answer = lambda m: SubmitResult(m.id, Outcome.UNCERTAIN)
    drain(gateway, until=time.monotonic() + 10, driver=driver)
    stop(project)
    with pytest.raises(DeliveryError, match="was stopped"):
        settle_uncertain(dispatch_id=dispatch.pk, choice=UncertainChoice.AGAIN, by=by)
    assert settle_uncertain(dispatch_id=dispatch.pk, choice=UncertainChoice.FAILED, by=by) == 3


def test_what_a_cap_holds_stays_held_when_the_cap_is_raised(
    project: Project, make_dispatch: MakeDispatch
) -> None:
    dispatch = make_dispatch(3)
    Dispatch.objects.update(state=DispatchState.HELD, hold_cause=HoldCause.CAP)
    stop(project)
    assert services.release_cap_holds(project_id=project.pk) == []
    allow(project)
    assert services.release_cap_holds(project_id=project.pk) == []
    dispatch.refresh_from_db()
    assert dispatch.hold_cause == HoldCause.STOPPED


def test_what_is_opened_at_the_same_moment_is_held_one_way_or_the_other(
    project: Project, gateway: Gateway
) -> None:
    opened = threading.Barrier(9)

    def open_one(i: int) -> None:
        opened.wait(10)
        services.open_dispatch(owner=f"race:{i}", project=project, gateway=gateway, n_messages=1)

    def stop_them() -> None:
        opened.wait(10)
        stop(project)

    at_once([*[lambda i=i: open_one(i) for i in range(8)], stop_them])
    assert set(Dispatch.objects.values_list("state", flat=True)) == {DispatchState.HELD}


def at_once(functions: list[Callable[[], Any]]) -> None:
    def run(function: Callable[[], Any]) -> None:
        try:
            function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        for future in [pool.submit(run, function) for function in functions]:
            future.result(30)
