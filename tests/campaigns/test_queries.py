"""Reads for the campaign pages: right figures, and a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from accounts.models import User
from campaigns import fanout, queries, services
from campaigns.models import Campaign, Upload
from campaigns.queries import Action
from campaigns.statuses import CampaignStatus
from delivery.models import CounterDelta, Dispatch
from delivery.statuses import MessageStatus
from projects.models import Project
from tests.campaigns import making
from tests.factories import ProjectFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]

NumQueries = Callable[[int], AbstractContextManager[None]]


def moved(dispatch: Dispatch, to: MessageStatus, n: int) -> None:
    """Let `n` queued messages go to another status, as far as the counters are concerned."""
    CounterDelta.objects.create(
        dispatch_id=dispatch.pk,
        hour=dispatch.created_at,
        gateway_id=dispatch.gateway_id,
        country="DE",
        from_status=MessageStatus.QUEUED,
        to_status=to,
        n=n,
        n_segments=n,
    )


def sent(project: Project, by: User, *, n: int = 20) -> Campaign:
    campaign = making.send(making.ready(project, by, n=n), by)
    fanout.run(campaign.pk)
    return Campaign.objects.select_related("dispatch").get(pk=campaign.pk)


def test_sent_failed_and_other_are_all_the_numbers(project: Project, operator: User) -> None:
    campaign = sent(project, operator)
    for status, n in [
        (MessageStatus.SUBMITTED, 2),
        (MessageStatus.DELIVERED, 3),
        (MessageStatus.UNDELIVERED, 1),
        (MessageStatus.FAILED, 1),
        (MessageStatus.UNCERTAIN, 4),
        (MessageStatus.BLOCKED, 1),
    ]:
        moved(campaign.dispatch, status, n)
    progress = queries.campaign_progress(campaign)
    assert (progress.sent, progress.delivered, progress.failed, progress.other) == (5, 3, 2, 13)
    assert progress.total == progress.sent + progress.failed + progress.other == 20
    assert (progress.waiting, progress.uncertain, progress.blocked) == (8, 4, 1)
    assert progress.segments_taken == 2 + 3 + 1 + 4


def test_recipients_not_handed_over_yet_are_waiting(project: Project, operator: User) -> None:
    campaign = making.send(making.ready(project, operator, n=7), operator)
    progress = queries.campaign_progress(campaign)
    assert (progress.total, progress.waiting, progress.is_fanned_out) == (7, 7, False)


def test_the_stamp_changes_with_what_is_shown(project: Project, operator: User) -> None:
    campaign = sent(project, operator)
    first = queries.campaign_progress(campaign).stamp
    assert queries.campaign_progress(campaign).stamp == first
    moved(campaign.dispatch, MessageStatus.SUBMITTED, 1)
    second = queries.campaign_progress(campaign).stamp
    assert second != first
    suspended = services.suspend_campaign(campaign=campaign, by=operator)
    assert queries.campaign_progress(suspended).stamp != second


def test_a_page_stops_asking_when_nothing_more_comes(project: Project, operator: User) -> None:
    campaign = sent(project, operator)
    assert queries.campaign_progress(campaign).is_moving
    moved(campaign.dispatch, MessageStatus.DELIVERED, 20)
    Campaign.objects.update(status=CampaignStatus.FINISHED)
    campaign.refresh_from_db()
    assert not queries.campaign_progress(campaign).is_moving


def test_progress_costs_the_same_for_any_campaign(
    project: Project, operator: User, django_assert_num_queries: NumQueries
) -> None:
    campaign = sent(project, operator)
    with django_assert_num_queries(4):
        queries.campaign_progress(campaign)


@pytest.mark.parametrize("n", [1, 4])
def test_a_list_takes_four_statements(
    project: Project, operator: User, django_assert_num_queries: NumQueries, n: int
) -> None:
    campaign = sent(project, operator)
    for _ in range(n):
        services.copy_campaign(campaign=campaign, by=operator)
    with django_assert_num_queries(4):
        rows = queries.campaign_list(project).rows
        assert {str(row.campaign.body_template_revision.body_template) for row in rows} == {"Order notice"}
    assert len(rows) == n + 1


@pytest.fixture
def five(project: Project, operator: User) -> Iterator[list[Campaign]]:
    return [services.create_draft(project=project, by=operator) for _ in range(5)]


def ids(page: queries.CampaignPage) -> list[int]:
    return [row.campaign.pk for row in page.rows]


def test_the_list_is_paged_newest_first(project: Project, five: list[Campaign]) -> None:
    newest = [campaign.pk for campaign in reversed(five)]
    first = queries.campaign_list(project, limit=2)
    assert (ids(first), first.next_before) == (newest[:2], newest[1])
    last = queries.campaign_list(project, limit=3, before_id=first.next_before)
    assert (ids(last), last.next_before) == (newest[2:], None)
    back = queries.campaign_list(project, limit=2, after_id=newest[2])
    assert ids(back) == newest[:2]


def test_the_list_is_filtered_and_searched(project: Project, operator: User, five: list[Campaign]) -> None:
    services.update_draft(campaign=five[0], version=None, changes={"name": "Spring sale"}, by=operator)
    services.discard_draft(campaign=five[1], version=None, by=operator)
    assert ids(queries.campaign_list(project, search="spring")) == [five[0].pk]
    assert ids(queries.campaign_list(project, status="cancelled")) == [five[1].pk]


def test_the_list_shows_no_other_project(operator: User, five: list[Campaign]) -> None:
    assert queries.campaign_list(ProjectFactory()).rows == []


def test_a_row_knows_how_many_it_will_be_sent_to(project: Project, operator: User) -> None:
    campaign = making.ready(project, operator, n=4)
    assert queries.campaign_row(campaign).progress.total == 4


def test_refused_rows_are_paged_in_the_order_of_the_file(project: Project, operator: User) -> None:
    campaign = making.draft(project, operator)
    upload = making.uploaded(
        campaign, [["+4915123000001", "a", "b"], *[["10086", "a", "b"]] * 3, ["x", "a", "b"]], by=operator
    )
    first = queries.refused_rows(upload, limit=2)
    assert [row.row_number for row in first.rows] == [2, 3]
    rest = queries.refused_rows(upload, limit=2, after_row=first.next_after)
    assert ([row.row_number for row in rest.rows], rest.next_after) == ([4, 5], None)
    assert rest.rows[-1].label == "Not a number"
    assert [row.row_number for row in queries.refused_rows(upload, reason="not_a_number").rows] == [5]
    assert len(list(queries.iter_refused(upload))) == upload.n_refused == 4


def test_the_progress_of_an_import_is_in_its_own_row(
    project: Project, operator: User, django_assert_num_queries: NumQueries
) -> None:
    upload = services.current_upload(making.ready(project, operator, n=4))
    with django_assert_num_queries(0):
        progress = queries.import_progress(upload)
    assert (progress.percent, progress.n_rows, progress.seconds_left) == (100, 4, None)


def test_the_same_file_or_text_of_the_last_day_is_found(project: Project, operator: User) -> None:
    first = making.send(making.ready(project, operator), operator)
    copy = services.copy_campaign(campaign=first, by=operator)
    assert [(t.campaign, t.same_file, t.same_text) for t in queries.twins_sent_lately(copy)] == [
        (first, True, True)
    ]
    other_file = making.uploaded(copy, making.order_rows(5), by=operator)
    assert other_file.sha256 != Upload.objects.get(campaign=first).sha256
    assert [(t.same_file, t.same_text) for t in queries.twins_sent_lately(copy)] == [(False, True)]


def test_what_was_not_sent_is_no_twin(project: Project, operator: User) -> None:
    draft = making.ready(project, operator)
    copy = services.copy_campaign(campaign=draft, by=operator)
    assert queries.twins_sent_lately(copy) == []


def test_actions_follow_the_state(project: Project, operator: User) -> None:
    campaign = making.ready(project, operator)
    assert queries.allowed_actions(campaign) == {Action.EDIT, Action.COPY}
    campaign = making.send(campaign, operator)
    assert queries.allowed_actions(campaign) == {Action.SUSPEND, Action.CANCEL, Action.COPY}
    campaign = services.suspend_campaign(campaign=campaign, by=operator)
    assert queries.allowed_actions(campaign) == {Action.RESUME, Action.CANCEL, Action.COPY}
    campaign = services.cancel_campaign(campaign=campaign, by=operator)
    assert queries.allowed_actions(campaign) == {Action.COPY}


def test_a_campaign_about_to_start_can_be_suspended_not_cancelled(project: Project, operator: User) -> None:
    soon = making.scheduled(project, operator, in_seconds=100)
    assert queries.allowed_actions(soon) == {Action.SUSPEND, Action.RESCHEDULE, Action.COPY}


def test_own_drafts_are_ones_own(project: Project, operator: User, admin: User, five: list[Campaign]) -> None:
    assert queries.own_drafts(project, operator)[0] == five[-1]
    assert queries.own_drafts(project, admin) == []


def test_a_draft_that_was_thrown_away_is_listed_only_where_it_is_asked_for(
    project: Project, operator: User
) -> None:
    kept, thrown_away = making.draft(project, operator), services.create_draft(project=project, by=operator)
    services.discard_draft(campaign=thrown_away, version=None, by=operator)
    assert [row.campaign for row in queries.campaign_list(project).rows] == [kept]
    assert [row.campaign for row in queries.campaign_list(project, status="cancelled").rows] == [thrown_away]
