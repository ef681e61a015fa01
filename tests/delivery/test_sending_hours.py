"""Marketing leaves within its hours: outside them nothing is claimed, nothing is blocked, no attempt is used up."""

from __future__ import annotations

import time as clock
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from delivery import services
from delivery.drain import drain, lease_batch
from delivery.models import Dispatch, Gateway, Message, Window
from delivery.queries import read_counts
from delivery.services import SendingHours
from delivery.statuses import MessageStatus, WindowState
from projects.models import Project
from tests.delivery.conftest import ScriptedDriver
from tests.delivery.limiting import HandOver

pytestmark = pytest.mark.django_db

CHINA, PARIS, NEW_YORK = "+8613800000001", "+33612345678", "+12125551234"


def run(gateway: Gateway, driver: ScriptedDriver) -> None:
    drain(gateway, until=clock.monotonic() + 10, driver=driver)


def statuses(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def hours_around(zone: str, *, from_hours: int, until_hours: int) -> SendingHours:
    """Open from so many hours after now until so many hours after now, on this zone's clock."""
    now = timezone.now().astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0)
    opens, closes = now + timedelta(hours=from_hours), now + timedelta(hours=until_hours)
    return SendingHours(opens.time(), closes.time(), zone)


def test_within_its_hours_it_is_sent(gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver) -> None:
    hand_over([(CHINA, "a")], hours=hours_around("Asia/Shanghai", from_hours=-1, until_hours=2))
    run(gateway, driver)
    assert len(driver.submitted) == 1


def test_outside_its_hours_it_waits_for_the_next_opening(
    gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hours = hours_around("Asia/Shanghai", from_hours=3, until_hours=5)
    dispatch = hand_over([(CHINA, "a")], hours=hours)
    other = hand_over([(CHINA, "a")])
    run(gateway, driver)
    assert [m.id for m in driver.submitted] == [other.first_id]
    dispatch.refresh_from_db()
    assert dispatch.not_before.astimezone(ZoneInfo("Asia/Shanghai")).time() == hours.opens
    assert timedelta(hours=2) <= dispatch.not_before - timezone.now() <= timedelta(hours=3)
    assert dispatch.state == "running"
    assert statuses(dispatch) == {MessageStatus.QUEUED: 1}
    assert lease_batch(gateway.pk) is None
    assert not Window.objects.filter(dispatch_id=dispatch.pk).exists()


def test_when_the_time_has_come_it_goes_on(
    gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    dispatch = hand_over([(CHINA, "a")], hours=hours_around("UTC", from_hours=3, until_hours=5))
    run(gateway, driver)
    opening = hours_around("UTC", from_hours=-1, until_hours=1)
    Dispatch.objects.filter(pk=dispatch.pk).update(
        not_before=timezone.now(), hours_from=opening.opens, hours_until=opening.closes
    )
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 1}


def awake_now(zone: str, others: list[str]) -> SendingHours:
    """Each number's own hours: one hour that it is now in this zone and in none of the others."""
    hour = timezone.now().astimezone(ZoneInfo(zone)).hour
    assert all(timezone.now().astimezone(ZoneInfo(other)).hour != hour for other in others)
    return SendingHours(time(hour), time((hour + 1) % 24), "")


def test_each_number_waits_for_its_own_morning_and_the_rest_goes_on(
    gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    pairs = [(CHINA, "a"), (PARIS, "a"), (NEW_YORK, "a"), (PARIS, "b")]
    hours = awake_now("Europe/Paris", ["Asia/Shanghai", "America/New_York"])
    dispatch = hand_over(pairs, countries=["CN", "FR", "US", "FR"], hours=hours)
    run(gateway, driver)
    assert [m.msisdn for m in driver.submitted] == [PARIS, PARIS]
    waiting = Window.objects.filter(dispatch_id=dispatch.pk, state=WindowState.WAITING)
    assert waiting.count() == 2
    assert all(window.not_before > timezone.now() for window in waiting)
    asleep = Message.objects.filter(dispatch_id=dispatch.pk, status=MessageStatus.QUEUED)
    assert list(asleep.values_list("attempt", flat=True)) == [1, 1]
    dispatch.refresh_from_db()
    assert (dispatch.n_open, dispatch.sent_at, dispatch.not_before) == (2, None, None)
    # Only as long as the earliest of them sleeps.
    pause = dispatch.batches.get().not_before
    assert abs(pause - min(window.not_before for window in waiting)) < timedelta(seconds=2)


def test_what_woke_up_leaves_with_its_first_attempt(
    gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hours = awake_now("Europe/Paris", ["Asia/Shanghai"])
    dispatch = hand_over([(CHINA, "a"), (PARIS, "a")], countries=["CN", "FR"], hours=hours)
    run(gateway, driver)
    china = timezone.now().astimezone(ZoneInfo("Asia/Shanghai")).hour
    Dispatch.objects.update(hours_from=time(china), hours_until=time((china + 1) % 24))
    Window.objects.filter(state=WindowState.WAITING).update(not_before=timezone.now())
    dispatch.batches.update(not_before=None)
    run(gateway, driver)
    assert [(m.msisdn, m.attempt) for m in driver.submitted] == [(PARIS, 1), (CHINA, 1)]
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None


def test_a_number_of_nowhere_follows_the_projects_clock(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    Project.objects.update(time_zone="Asia/Tokyo")
    hand_over([("+882161234567", "a")], countries=[""], hours=awake_now("Asia/Tokyo", ["UTC"]))
    run(gateway, driver)
    assert len(driver.submitted) == 1


def test_cancelling_takes_those_that_sleep_too(
    gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hours = awake_now("Europe/Paris", ["Asia/Shanghai"])
    dispatch = hand_over([(CHINA, "a"), (PARIS, "a")], countries=["CN", "FR"], hours=hours)
    run(gateway, driver)
    services.cancel_dispatch(dispatch_id=dispatch.pk)
    services.cancel_rest(dispatch_id=dispatch.pk)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 1, MessageStatus.CANCELLED: 1}


def test_the_moment_of_opening_is_utc_in_the_row(
    gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    dispatch = hand_over([(CHINA, "a")], hours=hours_around("Asia/Kathmandu", from_hours=2, until_hours=3))
    run(gateway, driver)
    dispatch.refresh_from_db()
    opening = dispatch.not_before.astimezone(UTC)
    assert opening > datetime.now(UTC)
    assert opening.minute == 15
