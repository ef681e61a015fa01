"""What the limits would do to a draft, rule by rule."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from campaigns import services
from campaigns.marketing import MarketingHours, moment_after
from campaigns.models import Campaign, Forecast
from campaigns.services.forecasts import refresh_limits
from campaigns.statuses import CampaignStatus
from campaigns.texts import text_maker
from delivery.limits.frequency import Slot, content_key, microseconds, pack
from delivery.limits.hours import Hours
from delivery.models import CapUsage, Gateway, NumberSlots
from delivery.statuses import Reason
from projects.models import AllowedCountry, Cap, FrequencyRule, ListedNumber, Project
from projects.statuses import CapPeriod, FrequencyDimension, NumberList
from templates_app.statuses import TextKind
from tests.campaigns import making

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD = making.numbers(3)


@pytest.fixture
def campaign(project: Project, operator: User, gateway: Gateway) -> Campaign:
    return making.ready(project, operator)


def asked(campaign: Campaign) -> dict[str, object]:
    """What the forecast says after the limits were asked again."""
    campaign = Campaign.objects.select_related("project").get(pk=campaign.pk)
    forecast = Forecast.objects.get(campaign=campaign)
    refresh_limits(campaign, services.current_upload(campaign), forecast, anyhow=True)
    return forecast.limits


def hold_slots(project: Project, msisdn: str, *slots: tuple[datetime, int]) -> None:
    packed = pack(Slot(microseconds(at), content, 1_000 + i) for i, (at, content) in enumerate(slots))
    NumberSlots.objects.create(project_id=project.pk, msisdn=msisdn, slots=packed, touched_at=timezone.now())


def limit(project: Project, dimension: FrequencyDimension, n: int, seconds: int | None = None) -> None:
    FrequencyRule.objects.create(project=project, dimension=dimension, n_messages=n, n_seconds=seconds)


def test_without_anything_in_the_way_nothing_is_blocked(campaign: Campaign) -> None:
    found = asked(campaign)
    assert (found["n_blocked"], found["blocked"], found["cap"]) == (0, {}, None)


def test_a_number_at_its_daily_limit_is_foreseen(campaign: Campaign, project: Project) -> None:
    limit(project, FrequencyDimension.PER_DAY, 2)
    now = timezone.now()
    hold_slots(project, FIRST, (now, 1), (now, 2))
    hold_slots(project, SECOND, (now, 1))
    found = asked(campaign)
    assert found["blocked"] == {str(Reason.PER_DAY.value): 1}
    (row, code) = found["rows"][str(Reason.PER_DAY.value)][0]
    assert (row, code.split(":")[:2]) == (2, ["per_day", "2"])


def test_the_same_final_text_a_moment_ago_is_foreseen(campaign: Campaign, project: Project) -> None:
    limit(project, FrequencyDimension.SAME_CONTENT, 1, 3600)
    made = text_maker(Campaign.objects.get(pk=campaign.pk))
    now = timezone.now()
    hold_slots(project, FIRST, (now, content_key(made(["Person 0", "Berlin"]))))
    hold_slots(project, SECOND, (now, content_key("another text")))
    assert asked(campaign)["blocked"] == {str(Reason.SAME_CONTENT.value): 1}


def test_a_number_that_comes_again_meets_its_own_messages(
    project: Project, operator: User, gateway: Gateway
) -> None:
    limit(project, FrequencyDimension.PER_DAY, 2)
    campaign = making.draft(project, operator)
    rows = [[FIRST, f"Person {i}", "Berlin"] for i in range(5)]
    making.uploaded(campaign, [*rows, [SECOND, "Somebody", "Bonn"]], by=operator)
    assert asked(campaign)["blocked"] == {str(Reason.PER_DAY.value): 3}


def test_lists_and_countries_are_asked(campaign: Campaign, project: Project) -> None:
    ListedNumber.objects.create(project=project, msisdn=FIRST, list=NumberList.BLACKLIST)
    key = f"{campaign.signature_revision.signature.uuid}:{campaign.kind}"
    ListedNumber.objects.create(project=project, msisdn=SECOND, list=NumberList.UNSUBSCRIBED, consent_key=key)
    ListedNumber.objects.create(
        project=project, msisdn=THIRD, list=NumberList.UNSUBSCRIBED, consent_key="other:marketing"
    )
    assert asked(campaign)["blocked"] == {
        str(Reason.ON_BLACKLIST.value): 1,
        str(Reason.HAS_UNSUBSCRIBED.value): 1,
    }
    Project.objects.filter(pk=project.pk).update(limits_countries=True)
    AllowedCountry.objects.create(project=project, country="FR")
    assert asked(campaign)["blocked"][str(Reason.COUNTRY_NOT_ALLOWED.value)] == 1


def test_at_the_scheduled_time_yesterdays_messages_do_not_count(
    campaign: Campaign, project: Project, operator: User
) -> None:
    limit(project, FrequencyDimension.PER_DAY, 1)
    hold_slots(project, FIRST, (timezone.now(), 1))
    wall = timezone.now().astimezone(project.zone).replace(tzinfo=None) + timedelta(days=2)
    services.set_schedule(campaign=campaign, version=None, wall=wall, zone=project.time_zone, by=operator)
    found = asked(campaign)
    assert (found["blocked_now"], found["n_blocked"]) == ({str(Reason.PER_DAY.value): 1}, 0)


def test_a_cap_is_foreseen_with_the_number_that_still_leaves(campaign: Campaign, project: Project) -> None:
    Cap.objects.create(project=project, scope="DE", period=CapPeriod.MONTH, cap=10)
    starts_on = timezone.now().astimezone(project.zone).date().replace(day=1)
    CapUsage.objects.create(project_id=project.pk, period="month", starts_on=starts_on, scope="DE", n=8)
    assert asked(campaign)["cap"] == {"scope": "DE", "period": "month", "value": 10, "after": 2}


def test_blocked_messages_do_not_count_for_a_cap(campaign: Campaign, project: Project) -> None:
    ListedNumber.objects.create(project=project, msisdn=FIRST, list=NumberList.BLACKLIST)
    Cap.objects.create(project=project, scope="all", period=CapPeriod.DAY, cap=2)
    assert asked(campaign)["cap"] is None


def test_the_console_asks_again_when_a_limit_or_the_time_changes(
    campaign: Campaign, project: Project, operator: User
) -> None:
    upload, forecast = services.current_upload(campaign), Forecast.objects.get(campaign=campaign)
    campaign = Campaign.objects.select_related("project").get(pk=campaign.pk)
    before = forecast.limits["checked_at"]
    refresh_limits(campaign, upload, forecast)
    assert forecast.limits["checked_at"] == before
    limit(project, FrequencyDimension.PER_HOUR, 1)
    refresh_limits(campaign, upload, forecast)
    assert forecast.limits["checked_at"] > before
    before = forecast.limits["checked_at"]
    campaign.scheduled_at = timezone.now() + timedelta(days=1)
    refresh_limits(campaign, upload, forecast)
    assert forecast.limits["checked_at"] > before


def test_a_large_draft_waits_for_a_worker_and_cannot_be_sent_meanwhile(
    campaign: Campaign, project: Project, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.services.forecasts.AT_ONCE_ROWS", 1)
    campaign = Campaign.objects.select_related("project").get(pk=campaign.pk)
    upload, forecast = services.current_upload(campaign), Forecast.objects.get(campaign=campaign)
    limit(project, FrequencyDimension.PER_HOUR, 1)
    refresh_limits(campaign, upload, forecast)
    assert Forecast.objects.get(campaign=campaign).limits == {}
    assert [problem.code for problem in services.problems_before_sending(campaign)] == ["no_forecast"]
    services.make_forecast(campaign_id=campaign.pk)
    assert services.problems_before_sending(campaign) == []


def test_it_reads_slices_whatever_the_number_of_rows(
    campaign: Campaign, project: Project, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(16):
        asked(campaign)


# --- Marketing ------------------------------------------------------------------------------------------

BERLIN = MarketingHours(Hours(time(8), time(22)), ZoneInfo("Europe/Berlin"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23 10:00", 2, "2026-11-23 12:00"),
        ("2026-11-23 21:00", 2, "2026-11-24 09:00"),
        ("2026-11-23 23:00", 1, "2026-11-24 09:00"),
        ("2026-11-23 07:59", 1, "2026-11-23 09:00"),
        ("2026-11-23 10:00", 12, "2026-11-23 22:00"),
        ("2026-11-23 10:00", 30, "2026-11-25 12:00"),
        # The night of 24 to 25 October has an hour more; the day's hours are as long as ever.
        ("2026-10-24 21:00", 2, "2026-10-25 09:00"),
    ],
)
def test_sending_pauses_at_night(start: str, hours: float, end: str) -> None:
    assert moment_after(at(start), 3600 * hours, BERLIN) == at(end)


def test_without_marketing_nothing_pauses() -> None:
    assert moment_after(at("2026-11-23 21:00"), 7200, None) == at("2026-11-23 23:00").astimezone(UTC)


@pytest.fixture
def marketing(project: Project, operator: User, gateway: Gateway) -> Campaign:
    text = making.body(project, kind=TextKind.MARKETING)
    campaign = making.draft(project, operator, body_template_revision=text)
    making.uploaded(campaign, making.order_rows(3), by=operator)
    return campaign


def test_marketing_at_night_is_foreseen_for_the_morning(marketing: Campaign) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 15, 30, tzinfo=UTC), tick=False):  # 23:30 in Shanghai
        found = asked(marketing)
    assert datetime.fromisoformat(found["starts_at"]) == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def test_by_each_recipients_clock_those_who_sleep_are_counted(marketing: Campaign) -> None:
    Project.objects.filter(pk=marketing.project_id).update(marketing_zone="recipient")
    with time_machine.travel(datetime(2026, 11, 23, 3, 0, tzinfo=UTC), tick=False):  # 04:00 in Germany
        found = asked(marketing)
    assert found["n_later"] == 3
    assert datetime.fromisoformat(found["finish_at"]) == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert Campaign.objects.get(pk=marketing.pk).status == CampaignStatus.READY
