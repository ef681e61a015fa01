"""Now or by schedule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from time_machine import travel

from campaigns.models import Campaign
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
