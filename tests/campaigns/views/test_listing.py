"""The list of campaigns: what a row says, which rows move, pages, filters."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from campaigns import queries, services
from campaigns.models import Campaign
from campaigns.statuses import CampaignStatus
from projects.models import Project
from tests.campaigns.views.conftest import Visit, words
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

NumQueries = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def listed(project: Project, browser_of_operator: Client) -> Callable[[str], HttpResponse]:
    return lambda query="": browser_of_operator.get(reverse("campaign-list", args=[project.slug]) + query)


def test_an_empty_list_leads_on(listed: Callable[..., HttpResponse], project: Project) -> None:
    response = listed()
    assert "No campaign yet" in words(response)
    assert f'href="{reverse("campaign-new", args=[project.slug])}"' in response.content.decode()


def test_somebody_who_cannot_send_gets_no_button(
    project: Project, reviewer: User, client_of: ClientOf
) -> None:
    response = client_of(reviewer).get(reverse("campaign-list", args=[project.slug]))
    assert reverse("campaign-new", args=[project.slug]) not in response.content.decode()


def test_a_row_says_how_far_it_is_and_what_may_be_done(
    running: Campaign, listed: Callable[..., HttpResponse]
) -> None:
    text = words(listed())
    assert f"{running.name} Order notice · [DemoShop] Running 3 to go" in text
    assert "Suspend Cancel Copy" in text


def test_the_new_one_is_marked(running: Campaign, listed: Callable[..., HttpResponse]) -> None:
    assert "row-new" not in listed().content.decode()
    page = listed(f"?new={running.uuid}").content.decode()
    assert 'class="row-new"' in page


def test_the_new_one_stands_first_though_a_draft_was_begun_later(
    running: Campaign, operator: User, listed: Callable[..., HttpResponse]
) -> None:
    draft = services.create_draft(project=running.project, by=operator)
    page = listed(f"?new={running.uuid}").content.decode()
    assert 0 < page.index(str(running.uuid)) < page.index(str(draft.uuid))


def test_only_rows_that_move_ask_again(
    running: Campaign, operator: User, listed: Callable[..., HttpResponse]
) -> None:
    draft = services.create_draft(project=running.project, by=operator)
    page = listed().content.decode()
    asked = reverse("campaign-row", args=[running.project.slug, running.uuid])
    assert f'hx-get="{asked}?stamp=' in page
    assert 'hx-trigger="every 10s, refresh"' in page
    assert reverse("campaign-row", args=[draft.project.slug, draft.uuid]) not in page


def test_a_row_that_has_not_moved_is_204(running: Campaign, get: Visit, post: Visit) -> None:
    stamp = queries.campaign_row(running).progress.stamp
    assert get("campaign-row", running, f"?stamp={stamp}").status_code == 204
    post("campaign-suspend", running)
    response = get("campaign-row", running, f"?stamp={stamp}")
    assert "Suspended" in words(response)
    assert "hx-trigger" not in response.content.decode()


def test_buttons_of_a_refreshed_row_lead_back_to_the_list(running: Campaign, get: Visit) -> None:
    page = get("campaign-row", running).content.decode()
    assert f'name="next" value="{reverse("campaign-list", args=[running.project.slug])}"' in page


def test_staff_see_no_buttons(running: Campaign, staff: User, client_of: ClientOf) -> None:
    response = client_of(staff).get(reverse("campaign-list", args=[running.project.slug]))
    assert (
        reverse("campaign-suspend", args=[running.project.slug, running.uuid])
        not in response.content.decode()
    )


def test_it_filters_by_state_and_searches_by_name(
    running: Campaign, operator: User, listed: Callable[..., HttpResponse]
) -> None:
    draft = services.create_draft(project=running.project, by=operator)
    services.update_draft(campaign=draft, version=None, changes={"name": "Spring sale"}, by=operator)
    assert "Spring sale" not in words(listed("?status=running"))
    assert running.name not in words(listed("?q=spring"))
    assert "Spring sale" in words(listed("?q=spring"))


def test_a_filter_that_finds_nothing_leads_back(
    running: Campaign, listed: Callable[..., HttpResponse]
) -> None:
    assert "No campaign matches" in words(listed("?q=nonsense"))


def test_it_has_pages(project: Project, operator: User, listed: Callable[..., HttpResponse]) -> None:
    made = [services.create_draft(project=project, by=operator) for _ in range(27)]
    first = listed()
    assert "Previous" not in words(first)
    assert f"?before={made[2].pk}" in first.content.decode()
    second = listed(f"?before={made[2].pk}")
    assert second.content.decode().count("<tr id=") == 2
    assert f"?after={made[1].pk}" in second.content.decode()


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 40, "1.5", ""])
def test_a_made_up_cursor_shows_the_first_page(
    draft: Campaign, listed: Callable[..., HttpResponse], cursor: str
) -> None:
    assert draft.name in words(listed(f"?before={cursor}"))


def test_drafts_say_what_they_have(ready: Campaign, listed: Callable[..., HttpResponse]) -> None:
    assert "a.csv · 3 numbers" in words(listed())


@pytest.mark.parametrize("n", [1, 6])
def test_the_page_takes_the_same_statements_for_any_number_of_rows(
    n: int,
    running: Campaign,
    operator: User,
    listed: Callable[..., HttpResponse],
    django_assert_num_queries: NumQueries,
) -> None:
    for _ in range(n):
        services.copy_campaign(campaign=running, by=operator)
    listed()
    with django_assert_num_queries(11):
        assert len(words(listed())) > 100


def test_a_scheduled_row_says_until_when_it_can_be_cancelled(
    ready: Campaign, operator: User, listed: Callable[..., HttpResponse], post: Visit
) -> None:
    post(
        "campaign-schedule",
        ready,
        when="schedule",
        date="2999-01-01",
        time="09:00",
        time_zone="Asia/Shanghai",
    )
    Campaign.objects.update(status=CampaignStatus.SCHEDULED)
    assert "Cancel possible until 08:55" in words(listed())
