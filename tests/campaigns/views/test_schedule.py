"""Now or by schedule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from time_machine import travel

from accounts.models import User
from campaigns.models import Campaign
from delivery.models import Gateway
from projects.models import Project
from tests.campaigns import making
from tests.campaigns.views.conftest import Visit, words

pytestmark = [pytest.mark.django_db]

BERLIN = {"when": "schedule", "time_zone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def january() -> object:
    with travel(datetime(2027, 1, 10, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def test_it_schedules_by_the_clock_on_that_wall(ready: Campaign, post: Visit) -> None:
    response = post("campaign-schedule", ready, date="2027-02-01", time="09:00", **BERLIN)
    assert response.status_code == 302
    ready.refresh_from_db()
    assert ready.scheduled_at == datetime(2027, 2, 1, 8, tzinfo=UTC)


def test_it_rejects_get(ready: Campaign, get: Visit) -> None:
    assert get("campaign-schedule", ready).status_code == 405


def test_the_page_shows_it_again(ready: Campaign, post: Visit, get: Visit) -> None:
    post("campaign-schedule", ready, date="2027-02-01", time="09:00", **BERLIN)
    text = words(get("campaign-send", ready))
    assert "Mon 1 Feb 2027, 09:00 (Europe/Berlin)" in text
    assert "Schedule 3 messages (3 segments) to 3 people" in text


def test_send_now_takes_it_back(ready: Campaign, post: Visit) -> None:
    post("campaign-schedule", ready, date="2027-02-01", time="09:00", **BERLIN)
    post("campaign-schedule", ready, when="now")
    ready.refresh_from_db()
    assert ready.scheduled_at is None


def test_a_time_that_clocks_skip_is_refused_at_the_field(ready: Campaign, post: Visit) -> None:
    response = post("campaign-schedule", ready, date="2027-03-28", time="02:30", **BERLIN)
    assert response.status_code == 422
    page = response.content.decode()
    assert 'id="id_time_error"' in page
    assert "Clocks in Europe/Berlin skip 02:30 on that day." in words(response)
    assert 'btn-send" disabled>' in page


def test_a_time_that_comes_twice_is_asked_about(ready: Campaign, post: Visit) -> None:
    twice = {"date": "2027-10-31", "time": "02:30", **BERLIN}
    assert "Which one?" in words(post("campaign-schedule", ready, **twice))
    post("campaign-schedule", ready, fold="1", **twice)
    ready.refresh_from_db()
    assert ready.scheduled_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_a_past_time_is_refused(ready: Campaign, post: Visit) -> None:
    response = post("campaign-schedule", ready, date="2027-01-01", time="09:00", **BERLIN)
    assert "This time has passed." in words(response)


def test_a_date_typed_digit_by_digit_leaves_its_field_alone(ready: Campaign, post: Visit) -> None:
    response = post("campaign-schedule", ready, date="2027-03-28", time="02:30", htmx="date", **BERLIN)
    page = response.content.decode()
    assert 'id="when-result" hx-swap-oob="true"' in page
    assert 'name="date"' not in page
    assert "skip 02:30" in page


def test_an_older_page_changes_nothing(ready: Campaign, post: Visit) -> None:
    response = post("campaign-schedule", ready, date="2027-02-01", time="09:00", version="1", **BERLIN)
    assert "Somebody else changed this draft." in words(response)
    ready.refresh_from_db()
    assert ready.scheduled_at is None


# --- Moving a campaign that has not started -------------------------------------------------------------


@pytest.fixture
def scheduled(ready: Campaign, post: Visit, operator: User) -> Campaign:
    post("campaign-schedule", ready, date="2027-02-01", time="09:00", **BERLIN)
    return making.send(ready, operator)


def test_it_moves_to_another_time(scheduled: Campaign, get: Visit, post: Visit) -> None:
    assert "It was scheduled for Mon 1 Feb 2027, 09:00 (Europe/Berlin)." in words(
        get("campaign-move", scheduled)
    )
    post("campaign-move", scheduled, date="2027-02-02", time="10:00", time_zone="Europe/Berlin")
    scheduled.refresh_from_db()
    assert scheduled.scheduled_at == datetime(2027, 2, 2, 9, tzinfo=UTC)
    assert "It starts Tue 2 Feb 2027, 10:00 (Europe/Berlin)." in words(get("campaign-numbers", scheduled))


def test_a_time_that_does_not_exist_moves_nothing(scheduled: Campaign, post: Visit) -> None:
    response = post("campaign-move", scheduled, date="2027-03-28", time="02:30", time_zone="Europe/Berlin")
    assert (response.status_code, "skip 02:30" in words(response)) == (422, True)
    scheduled.refresh_from_db()
    assert scheduled.scheduled_at == datetime(2027, 2, 1, 8, tzinfo=UTC)


def test_moving_to_a_time_that_comes_twice_asks(scheduled: Campaign, post: Visit) -> None:
    twice = {"date": "2027-10-31", "time": "02:30", "time_zone": "Europe/Berlin"}
    assert "Which one?" in words(post("campaign-move", scheduled, **twice))
    assert post("campaign-move", scheduled, fold="0", **twice).status_code == 302


def test_the_second_of_two_moves_is_refused(scheduled: Campaign, post: Visit) -> None:
    scheduled.refresh_from_db()
    seen = {"version": scheduled.version, "time": "10:00", "time_zone": "Europe/Berlin"}
    assert post("campaign-move", scheduled, date="2027-02-02", **seen).status_code == 302
    assert "after you had opened it" in words(post("campaign-move", scheduled, date="2027-02-03", **seen))


def test_what_has_started_cannot_be_moved(running: Campaign, post: Visit, get: Visit) -> None:
    post("campaign-move", running, date="2027-02-02", time="10:00", time_zone="Europe/Berlin")
    assert "Only a campaign that has not started can be moved" in words(get("campaign-numbers", running))


def test_moving_what_somebody_else_changed_is_a_conflict_and_keeps_what_was_typed(
    project: Project, operator: User, gateway: Gateway, post: Visit
) -> None:
    campaign = making.scheduled(project, operator, in_seconds=3600)
    response = post("campaign-move", campaign, date="2031-02-03", time="09:15", version="1", **BERLIN)
    assert response.status_code == 409
    page = response.content.decode()
    assert "2031-02-03" in page
    assert "09:15" in page
