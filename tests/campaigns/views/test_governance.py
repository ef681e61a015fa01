"""What the pages of campaigns say about marketing hours, caps, blocked messages and the forecast of limits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import ServiceActivation, User
from accounts.statuses import ActivationStatus
from campaigns import services
from campaigns.models import Campaign, Forecast
from campaigns.queries import failures
from campaigns.statuses import CampaignStatus, HoldReason
from campaigns.views.live import pause_words
from delivery.models import Gateway, Message
from delivery.statuses import MessageStatus, Reason
from projects.models import ListedNumber, Project
from projects.statuses import FrequencyDimension, NumberList
from templates_app.statuses import TextKind
from tests.campaigns import making
from tests.campaigns.views.conftest import Visit, words
from tests.factories import ProjectFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
MIDNIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def marketing(project: Project, operator: User, gateway: Gateway) -> Campaign:
    text = making.body(project, kind=TextKind.MARKETING)
    campaign = making.draft(project, operator, body_template_revision=text)
    making.uploaded(campaign, making.order_rows(3), by=operator)
    return campaign


def blacklist(project: Project, *numbers: str) -> None:
    for number in numbers:
        ListedNumber.objects.create(project=project, msisdn=number, list=NumberList.BLACKLIST)


# --- Marketing ------------------------------------------------------------------------------------------


def test_marketing_takes_the_hours_of_its_project_along(marketing: Campaign) -> None:
    sent = making.send(marketing, marketing.created_by)
    dispatch = sent.dispatch
    assert (str(dispatch.hours_from), str(dispatch.hours_until)) == ("08:00:00", "22:00:00")
    assert dispatch.hours_zone == "Asia/Shanghai"
    assert dispatch.consent_key == f"{sent.signature_revision.signature.uuid}:marketing"
    assert dispatch.tags["kind"] == "marketing"


def test_a_notification_leaves_at_any_time(ready: Campaign) -> None:
    dispatch = making.send(ready, ready.created_by).dispatch
    assert (dispatch.hours_from, dispatch.hours_zone) == (None, "")


def test_a_running_campaign_says_until_when_it_pauses(marketing: Campaign, get: Visit) -> None:
    making.send(marketing, marketing.created_by)
    campaign = Campaign.objects.select_related("dispatch", "project").get(pk=marketing.pk)
    with time_machine.travel(NIGHT, tick=False):
        assert pause_words(campaign) == ("Paused until 08:00 (marketing leaves 08:00–22:00, Asia/Shanghai)")
    with time_machine.travel(NOON, tick=False):
        assert pause_words(campaign) == ""


def test_a_schedule_at_night_says_when_it_would_really_start(marketing: Campaign, post: Visit) -> None:
    answer = post(
        "campaign-schedule",
        marketing,
        htmx="when",
        when="schedule",
        date="2999-01-01",
        time="23:00",
        time_zone="Asia/Shanghai",
        version=marketing.version,
    )
    assert "The first message would leave Wed 2 Jan, 08:00." in words(answer)


# --- The forecast of limits -----------------------------------------------------------------------------


def test_the_button_and_the_forecast_say_how_many_are_blocked(ready: Campaign, get: Visit) -> None:
    blacklist(ready.project, *making.numbers(2))
    page = words(get("campaign-send", ready, "?recheck=1"))
    assert "to 3 people · 2 blocked" in page
    assert "The number is on the project's blacklist 2" in page


def test_each_figure_leads_to_its_rows_with_masked_numbers(ready: Campaign, get: Visit) -> None:
    first = making.numbers(1)[0]
    blacklist(ready.project, first)
    get("campaign-send", ready, "?recheck=1")
    answer = get("campaign-blocked", ready, f"?reason={Reason.ON_BLACKLIST.value}")
    assert answer.status_code == 200
    assert first not in answer.content.decode()
    assert "2 +49 151" in words(answer)


@pytest.mark.parametrize("query", ["", "?reason=24", "?reason=x", "?reason=²", "?reason=99999", "?reason=-1"])
def test_a_rule_that_blocks_nothing_has_no_list(ready: Campaign, get: Visit, query: str) -> None:
    assert get("campaign-blocked", ready, query).status_code == 404


def test_the_outcome_is_compared_rule_by_rule(running: Campaign, get: Visit) -> None:
    Forecast.objects.filter(campaign=running).update(
        limits={**Forecast.objects.get(campaign=running).limits, "blocked": {"26": 2}}
    )
    first = Message.objects.order_by("id").first()
    Message.objects.filter(pk=first.pk).update(
        status=MessageStatus.BLOCKED, rare_status=9, reason=Reason.ON_BLACKLIST, code="blacklist:::"
    )
    page = words(get("campaign-forecast", running))
    assert "Blocked: The number is on the project's blacklist 2 1 1 fewer" in page


# --- Blocked messages -----------------------------------------------------------------------------------


def block(campaign: Campaign) -> None:
    """Two messages at the limit of 10 a day, which pass at different moments."""
    for i, message in enumerate(Message.objects.order_by("id")[:2]):
        Message.objects.filter(pk=message.pk).update(
            status=MessageStatus.BLOCKED,
            rare_status=MessageStatus.BLOCKED,
            reason=Reason.PER_DAY,
            code=f"per_day:10::{int(MIDNIGHT.timestamp()) + i}",
        )


def test_the_table_says_which_rule_blocked_and_when_it_would_have_passed(
    running: Campaign, get: Visit
) -> None:
    block(running)
    page = words(get("campaign-numbers", running, "?status=blocked"))
    assert "At most 10 messages a day go to one number. It would have passed" in page
    assert "00:00:01" in page
    assert "per_day" not in page


def test_failures_of_one_rule_stand_on_one_line(running: Campaign, get: Visit) -> None:
    block(running)
    found = failures(running)
    assert [(failure.label, failure.code, failure.n) for failure in found] == [
        ("At most 10 messages a day go to one number.", "", 2)
    ]
    assert "Send again tomorrow, or raise the limit." in words(get("campaign-failures", running))


# --- Held -----------------------------------------------------------------------------------------------


def test_a_campaign_at_its_cap_says_which_and_until_when(running: Campaign, get: Visit) -> None:
    services.hold_campaign(
        campaign_id=running.pk,
        reason=HoldReason.CAP,
        detail={"scope": "DE", "period": "month", "value": 500, "until": "2026-11-30T16:00:00+00:00"},
    )
    said = "The cap of 500 messages a month to Germany is reached until 1 Dec, 00:00"
    assert said in words(get("campaign-numbers", running))
    assert said in words(get("campaign-timeline", running))


def test_the_timeline_keeps_the_reason_of_each_hold(running: Campaign, get: Visit) -> None:
    services.hold_campaign(campaign_id=running.pk, reason=HoldReason.TEXT_REVOKED)
    Campaign.objects.filter(pk=running.pk).update(
        status=CampaignStatus.RUNNING, hold_reason="", started_at=timezone.now()
    )
    assert "Its text is no longer approved" in words(get("campaign-timeline", running))


# --- Sending again, and a limit on trial ----------------------------------------------------------------


def test_failures_offer_to_send_again_to_them(running: Campaign, get: Visit, post: Visit) -> None:
    block(running)
    assert "Send again to the 2 blocked" in words(get("campaign-failures", running))
    answer = post("campaign-again", running, status="blocked", reason=str(Reason.PER_DAY.value))
    draft = Campaign.objects.get(copied_from=running)
    assert answer.headers["Location"].endswith(f"/{draft.uuid}/send/")
    assert get("campaign-again", running).status_code == 405


def test_sending_again_to_nobody_says_so(running: Campaign, post: Visit, get: Visit) -> None:
    post("campaign-again", running)
    assert "there is nobody to send to again" in words(get("campaign-failures", running))
    assert not Campaign.objects.filter(copied_from=running).exists()


def test_a_limit_is_tried_and_its_answer_shown(running: Campaign, client_of: ClientOf, admin: User) -> None:
    Message.objects.update(status=MessageStatus.DELIVERED, submitted_at=timezone.now())
    there = reverse("limits-simulation", args=[running.project.slug])
    client = client_of(admin)
    asked = {"dimension": "per_day", "n_messages": "1"}
    answer = client.post(there, asked, follow=True)
    assert "It would have blocked nothing. 3 messages were sent" in words(answer)
    for wrong in ({**asked, "n_messages": "0"}, {**asked, "dimension": "x"}, {"dimension": "same_content"}):
        assert client.post(there, wrong).status_code == 422


def test_an_answer_of_another_project_is_not_shown(
    running: Campaign, client_of: ClientOf, admin: User
) -> None:
    foreign = services.start_simulation(
        project=ProjectFactory(),
        dimension=FrequencyDimension.PER_DAY,
        n_messages=1,
        n_seconds=None,
        by=admin,
    )
    there = reverse("limits-simulation", args=[running.project.slug])
    assert "Nothing was sent" not in words(client_of(admin).get(f"{there}?asked={foreign.uuid}"))


def test_the_first_send_asks_for_an_alarm_contact(ready: Campaign, get: Visit) -> None:
    assert "This project has no alarm contact yet" in words(get("campaign-send", ready))
    making.send(ready, ready.created_by)
    second = making.ready(ready.project, ready.created_by)
    assert "no alarm contact" not in words(get("campaign-send", second))


def test_without_activation_the_page_leads_to_what_is_missing(ready: Campaign, get: Visit) -> None:
    ServiceActivation.objects.update(status=ActivationStatus.REVOKED)
    page = get("campaign-send", ready)
    assert "International SMS is not activated for the organization." in words(page)
    checklist = reverse("organization-checklist", args=[ready.project.organization.uuid])
    assert f'<a href="{checklist}">See what is missing</a>' in page.content.decode()
