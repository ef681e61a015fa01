"""Abuse of verification codes: three signals, all of them, once an hour, from what delivery really counted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from delivery.counters import fold_deltas
from delivery.drain import claim_window, lease_batch
from delivery.models import Dispatch, Gateway, HourCount
from delivery.services import NewMessage, append_messages, finish_fanout, open_dispatch
from delivery.settle import settle_window
from delivery.statuses import MessageStatus
from notifications.abuse import HourFigures, check_abuse, hours_of
from notifications.models import AbuseAlarm
from projects.models import AbuseWatch, Project
from projects.services.contacts import abuse_watch_of
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import accept

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = datetime(2026, 3, 1, 12, tzinfo=timezone.get_default_timezone())


def this_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def count(project: Project, hour: datetime, *, queued: int, delivered: int = 0, failed: int = 0) -> None:
    found = {
        MessageStatus.QUEUED: queued,
        MessageStatus.DELIVERED: delivered,
        MessageStatus.UNDELIVERED: failed,
    }
    for status, n in found.items():
        HourCount.objects.create(project_id=project.pk, hour=hour, kind="verification", status=status, n=n)


@pytest.mark.parametrize(
    ("requested", "delivered", "failed", "before", "is_reached"),
    [
        (500, 200, 300, 100, True),
        (499, 200, 299, 100, False),  # too few
        (500, 251, 249, 100, False),  # half of them arrive
        (500, 200, 300, 170, False),  # as many as ever
        (500, 0, 0, 100, False),  # nobody knows yet
        (500, 200, 300, 0, True),  # out of nothing
    ],
)
def test_all_three_signals_are_needed(
    requested: int, delivered: int, failed: int, before: int, is_reached: bool
) -> None:
    assert HourFigures(HOUR, requested, delivered, failed, before).reaches(AbuseWatch()) is is_reached


def test_the_alarm_goes_off_once_an_hour(project: Project) -> None:
    count(project, this_hour(), queued=900, delivered=100, failed=700)
    assert check_abuse() == 1
    assert check_abuse() == 0
    event = OutboxEvent.objects.get(kind="otp.abuse")
    assert event.payload["requested"] == 900
    assert (event.payload["day_before"], event.payload["success_percent"]) == (0, 12.5)
    assert AbuseAlarm.objects.count() == 1


def test_the_last_hour_is_looked_at_again_when_its_receipts_are_in(project: Project) -> None:
    count(project, this_hour() - timedelta(hours=1), queued=900, delivered=100, failed=700)
    assert check_abuse() == 1


def test_a_watch_that_is_off_stays_silent(project: Project) -> None:
    AbuseWatch.objects.create(project=project, is_on=False)
    count(project, this_hour(), queued=900, delivered=0, failed=700)
    assert check_abuse() == 0


def test_thresholds_are_the_projects_own(project: Project) -> None:
    AbuseWatch.objects.create(project=project, min_requests=3, max_success_percent=100, min_growth_percent=0)
    count(project, this_hour(), queued=3, delivered=3)
    assert check_abuse() == 1


def test_other_kinds_are_no_verification_codes(project: Project) -> None:
    HourCount.objects.create(
        project_id=project.pk, hour=this_hour(), kind="marketing", status=MessageStatus.QUEUED, n=10_000
    )
    assert check_abuse() == 0


def test_the_figures_are_what_delivery_counted(project: Project) -> None:
    gateway = Gateway.objects.create(slug="scripted", name="Scripted", kind="simulator")
    dispatch = open_dispatch(owner="codes", project=project, gateway=gateway, n_messages=3)
    Dispatch.objects.filter(pk=dispatch.pk).update(tags={"kind": "verification"})
    rows = [NewMessage(i, f"+86138{i:08d}", "CN", "", "Your code is 1", 1) for i in range(3)]
    append_messages(dispatch=dispatch, offset=0, rows=rows)
    finish_fanout(dispatch_id=dispatch.pk)
    fold_deltas()
    lease = lease_batch(gateway.pk)
    window = claim_window(gateway, lease)
    settle_window(window, [accept(message) for message in window.messages])
    fold_deltas()
    fold_deltas()
    figures = hours_of(project, abuse_watch_of(project))
    assert [(each.requested, each.delivered) for each in figures] == [(3, 0)]
    counted = dict(HourCount.objects.values_list("status", "n"))
    assert counted == {MessageStatus.QUEUED: 3, MessageStatus.SUBMITTED: 3}
