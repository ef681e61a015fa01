"""The page of a campaign: its live head and its tabs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.urls import reverse

from accounts.models import User
from campaigns import services
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from delivery.models import Gateway, Message, Window
from delivery.statuses import MessageStatus, Reason, WindowState
from projects.models import Project
from tests.campaigns import making
from tests.campaigns.test_queries import moved
from tests.campaigns.views.conftest import Visit, words
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

NumQueries = Callable[[int], AbstractContextManager[None]]


def stamp_of(page: str) -> str:
    return page.split("?stamp=")[1].split('"')[0]


def in_flight(campaign: Campaign, n: int) -> None:
    """Let a window with `n` messages be with the gateway."""
    Window.objects.create(
        batch_id=campaign.dispatch.batches.get().pk,
        dispatch_id=campaign.dispatch_id,
        gateway_id=campaign.dispatch.gateway_id,
        state=WindowState.SUBMITTING,
        first_id=campaign.dispatch.first_id,
        last_id=campaign.dispatch.first_id + n - 1,
        n_messages=n,
    )


# --- The live head --------------------------------------------------------------------------------------


def test_sent_failed_and_other_are_all_the_numbers(running: Campaign, get: Visit) -> None:
    moved(running.dispatch, MessageStatus.DELIVERED, 1)
    moved(running.dispatch, MessageStatus.UNDELIVERED, 1)
    text = words(get("campaign-progress", running))
    assert "2 of 3 handed to the carrier" in text
    assert (
        "Sent 1 taken by the carrier Delivered 1 100 % of the sent ones Failed 1 see the reasons Other 1"
        in text
    )


def test_the_numbers_of_a_campaign_that_waits_for_its_time_are_other(
    project: Project, operator: User, gateway: Gateway, get: Visit
) -> None:
    waiting = making.scheduled(project, operator, in_seconds=3600)
    page = get("campaign-numbers", waiting)
    assert "Failed 0 Other 3 3 waiting" in words(page)
    assert "?status=waiting" not in page.content.decode()


def test_cancelled_before_its_start_says_that_nothing_was_sent(
    project: Project, operator: User, gateway: Gateway, get: Visit
) -> None:
    cancelled = making.scheduled(project, operator, in_seconds=3600)
    services.cancel_campaign(campaign=cancelled, by=operator)
    text = words(get("campaign-numbers", cancelled))
    assert "Cancelled before its start; nothing was sent" in text
    assert "Failed 0 Other 3 3 cancelled" in text
    assert "Copy it to send to the same numbers after all." in text


def test_every_figure_leads_to_its_rows(running: Campaign, get: Visit) -> None:
    moved(running.dispatch, MessageStatus.SUBMITTED, 1)
    moved(running.dispatch, MessageStatus.FAILED, 1)
    page = get("campaign-progress", running).content.decode()
    numbers = reverse("campaign-numbers", args=[running.project.slug, running.uuid])
    for url in (
        f"{numbers}?status=sent",
        f"{numbers}?status=delivered",
        f"{numbers}?status=waiting",
        reverse("campaign-failures", args=[running.project.slug, running.uuid]),
    ):
        assert f'href="{url}"' in page


def test_it_carries_its_own_question_every_ten_seconds(running: Campaign, get: Visit) -> None:
    page = get("campaign-progress", running).content.decode()
    assert 'hx-trigger="every 10s, refresh"' in page
    assert "refreshed every 10 s" in page


def test_nothing_new_is_204(running: Campaign, get: Visit) -> None:
    stamp = stamp_of(get("campaign-progress", running).content.decode())
    assert get("campaign-progress", running, f"?stamp={stamp}").status_code == 204
    moved(running.dispatch, MessageStatus.SUBMITTED, 1)
    assert get("campaign-progress", running, f"?stamp={stamp}").status_code == 200


def test_it_stops_asking_when_it_is_finished(running: Campaign, get: Visit) -> None:
    moved(running.dispatch, MessageStatus.DELIVERED, 3)
    Campaign.objects.update(status=CampaignStatus.FINISHED)
    response = get("campaign-progress", running)
    assert "All 3 done" in words(response)
    assert "hx-trigger" not in response.content.decode()


def test_a_suspension_is_watched_each_second_until_it_has_settled(
    running: Campaign, get: Visit, operator: User
) -> None:
    in_flight(running, 2)
    services.suspend_campaign(campaign=running, by=operator)
    response = get("campaign-progress", running)
    assert "Suspending… 2 in flight" in words(response)
    assert 'hx-trigger="every 1s, refresh"' in response.content.decode()
    Window.objects.all().delete()
    assert "Suspended at 0 of 3" in words(get("campaign-progress", running))


def test_after_continue_it_asks_each_second_until_something_leaves(running: Campaign, get: Visit) -> None:
    page = get("campaign-progress", running, "?settling=3").content.decode()
    assert 'hx-trigger="every 1s, refresh"' in page
    assert "settling=2" in page
    in_flight(running, 2)
    assert "every 10s" in get("campaign-progress", running, "?settling=2").content.decode()


def test_it_does_not_ask_quickly_for_ever(running: Campaign, get: Visit) -> None:
    assert "every 10s" in get("campaign-progress", running, "?settling=0").content.decode()
    assert "settling=9" in get("campaign-progress", running, "?settling=99999").content.decode()


def test_cancelling_asks_first_and_names_the_effect(running: Campaign, get: Visit) -> None:
    moved(running.dispatch, MessageStatus.DELIVERED, 1)
    page = get("campaign-progress", running).content.decode()
    assert "2 messages that have not left are cancelled for good. 1 that left cannot be called back." in page


def test_only_an_operator_gets_buttons(running: Campaign, reviewer: User, client_of: ClientOf) -> None:
    url = reverse("campaign-progress", args=[running.project.slug, running.uuid])
    assert "<button" not in client_of(reviewer).get(url).content.decode()


def test_the_fragment_takes_a_fixed_number_of_statements(
    running: Campaign, get: Visit, django_assert_num_queries: NumQueries
) -> None:
    get("campaign-progress", running)
    with django_assert_num_queries(9):
        get("campaign-progress", running)


# --- Tabs -----------------------------------------------------------------------------------------------


def test_the_page_leads_to_its_numbers(running: Campaign, get: Visit) -> None:
    response = get("campaign-detail", running, "?settling=1")
    numbers = reverse("campaign-numbers", args=[running.project.slug, running.uuid])
    assert response.headers["Location"] == f"{numbers}?settling=1"


def test_a_draft_leads_to_the_send_page(draft: Campaign, get: Visit) -> None:
    location = get("campaign-detail", draft).headers["Location"]
    assert location == reverse("campaign-send", args=[draft.project.slug, draft.uuid])


def test_a_reviewer_is_not_led_into_somebody_s_draft(
    draft: Campaign, reviewer: User, client_of: ClientOf
) -> None:
    url = reverse("campaign-detail", args=[draft.project.slug, draft.uuid])
    assert client_of(reviewer).get(url).headers["Location"] == reverse(
        "campaign-list", args=[draft.project.slug]
    )


def test_failures_are_grouped_with_code_and_advice(running: Campaign, get: Visit) -> None:
    Message.objects.update(
        status=MessageStatus.UNDELIVERED,
        rare_status=MessageStatus.UNDELIVERED,
        reason=Reason.INVALID_NUMBER,
        code="MK:0001",
    )
    response = get("campaign-failures", running)
    assert "The number does not exist MK:0001 Remove the number from your list. 3" in words(response)
    assert "?status=failed" in response.content.decode()


def test_the_forecast_stands_against_the_outcome(running: Campaign, get: Visit) -> None:
    moved(running.dispatch, MessageStatus.SUBMITTED, 2)
    text = words(get("campaign-forecast", running))
    assert "Messages 3 3 as foreseen" in text
    assert "Segments a carrier took 3 2 1 fewer (-33.3 %)" in text


def test_the_timeline_says_who_did_what(running: Campaign, get: Visit, operator: User) -> None:
    services.suspend_campaign(campaign=running, by=operator)
    text = words(get("campaign-timeline", running))
    told = [text.index(f"{word} by {operator}") for word in ("Suspended", "Started", "Draft made")]
    assert told == sorted(told)
    assert "3 messages · from the shell, without a verification code" in text


def test_text_and_settings_are_those_it_was_sent_with(running: Campaign, get: Visit) -> None:
    text = words(get("campaign-settings", running))
    assert "Template name Order notice, revision 1" in text
    assert "Signature name [DemoShop]" in text


def test_uncertain_ones_are_offered_to_be_settled(running: Campaign, get: Visit) -> None:
    moved(running.dispatch, MessageStatus.UNCERTAIN, 2)
    text = words(get("campaign-timeline", running))
    assert "2 messages are uncertain." in text
    assert "Treat as sent Treat as failed Send again" in text


@pytest.mark.parametrize(
    "name",
    [
        "campaign-numbers",
        "campaign-refused",
        "campaign-failures",
        "campaign-forecast",
        "campaign-timeline",
        "campaign-settings",
    ],
)
def test_a_tab_takes_a_bounded_number_of_statements(
    running: Campaign, get: Visit, name: str, django_assert_max_num_queries: NumQueries
) -> None:
    get(name, running)
    with django_assert_max_num_queries(17):
        assert get(name, running).status_code == 200
