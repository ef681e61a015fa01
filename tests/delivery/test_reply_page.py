"""The page of replies: what it finds, what it hides, what it hands out."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, Role
from delivery.models import Gateway, Reply
from delivery.queries.replies import PAGE_SIZE, ReplyFilter, reply_page
from delivery.statuses import ReplyOutcome
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent
from tests.factories import member

pytestmark = pytest.mark.django_db
ANN, BOB = "+8613812345678", "+4915112345679"


@pytest.fixture
def client(project: Project) -> Client:
    client = Client()
    client.force_login(member(project.organization, Role.OPERATOR))
    return client


def reply(
    project: Project, text: str, *, msisdn: str = ANN, ago: timedelta = timedelta(), **more: str
) -> Reply:
    gateway, _ = Gateway.objects.get_or_create(slug="line", defaults={"name": "Line", "kind": "simulator"})
    return Reply.objects.create(
        gateway=gateway,
        project=project,
        msisdn=msisdn,
        text=text,
        received_at=timezone.now() - ago,
        outcome=more.get("outcome", ReplyOutcome.NOTED),
        next_try_at=None,
    )


def shown(client: Client, project: Project, **query: str) -> str:
    response = client.get(reverse("reply-list", args=[project.slug]), query)
    assert response.status_code == 200
    return response.content.decode()


def test_replies_are_masked_and_the_newest_come_first(client: Client, project: Project) -> None:
    reply(project, "Thanks", ago=timedelta(hours=1))
    reply(project, "<b>STOP</b>", msisdn=BOB, outcome=ReplyOutcome.UNSUBSCRIBED)
    page = shown(client, project)
    assert page.index("&lt;b&gt;STOP") < page.index("Thanks")
    assert "+86 138 **** 5678" in page
    assert "12345678" not in page


def test_another_project_s_replies_are_not_there(
    client: Client, project: Project, organization: Organization
) -> None:
    other = Project.objects.create(organization=organization, name="Other", slug="other-room")
    reply(other, "For the neighbours")
    assert "neighbours" not in shown(client, project)
    assert "No replies yet" in shown(client, project)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "+86 138 1234 5678"}, {"Thanks", "0000"}),
        ({"q": "45679"}, {"Where is my parcel?"}),
        ({"q": "PARCEL"}, {"Where is my parcel?"}),
        ({"q": "0000"}, {"0000"}),
        ({"outcome": "unsubscribed"}, {"0000"}),
        ({"q": "parcel", "outcome": "unsubscribed"}, set()),
        ({"q": "100%"}, set()),
    ],
)
def test_a_filter_finds_by_number_words_and_outcome(
    client: Client, project: Project, query: dict[str, str], found: set[str]
) -> None:
    reply(project, "Thanks")
    reply(project, "0000", outcome=ReplyOutcome.UNSUBSCRIBED)
    reply(project, "Where is my parcel?", msisdn=BOB)
    rows = client.get(reverse("reply-list", args=[project.slug]), query).context["rows"]
    assert {each.row.reply.text for each in rows} == found


def test_days_are_those_of_the_project_s_zone(client: Client, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(time_zone="Asia/Shanghai")
    early = reply(project, "Late in the evening of the 20th in London")
    Reply.objects.filter(pk=early.pk).update(received_at=datetime(2026, 11, 20, 17, 0, tzinfo=UTC))
    assert "Late in the evening" in shown(client, project, since="2026-11-21", until="2026-11-21")
    assert "Late in the evening" not in shown(client, project, since="2026-11-20", until="2026-11-20")
    assert "before the first one" in shown(client, project, since="2026-11-22", until="2026-11-21")


def test_words_are_looked_for_in_a_month_unless_days_are_chosen(client: Client, project: Project) -> None:
    reply(project, "A very old answer", ago=timedelta(days=60))
    assert "very old" not in shown(client, project, q="old answer")
    since = (timezone.now() - timedelta(days=70)).date().isoformat()
    assert "very old" in shown(client, project, q="old answer", since=since)


def test_pages_meet_without_gap_or_overlap_at_equal_times(project: Project) -> None:
    moment = timezone.now()
    ids = [reply(project, f"Number {n}").pk for n in range(2 * PAGE_SIZE + 7)]
    Reply.objects.filter(project=project).update(received_at=moment)
    seen: list[int] = []
    before = None
    while True:
        page = reply_page(project, ReplyFilter(), before=before)
        seen += [row.reply.pk for row in page.rows]
        if page.older is None:
            break
        before = page.older
    assert seen == sorted(ids, reverse=True)
    back = reply_page(project, ReplyFilter(), after=page.newer)
    assert [row.reply.pk for row in back.rows] == seen[PAGE_SIZE : 2 * PAGE_SIZE]


def test_a_page_costs_the_same_statements_however_many_replies_there_are(
    client: Client, project: Project
) -> None:
    reply(project, "One")
    shown(client, project)
    counts = []
    for n in (1, PAGE_SIZE):
        for _ in range(n):
            reply(project, "More")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            shown(client, project)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_export_holds_what_is_filtered_without_formulas_and_is_recorded(
    client: Client, project: Project
) -> None:
    reply(project, "=1+1", outcome=ReplyOutcome.UNSUBSCRIBED)
    reply(project, "Not asked for")
    address = reverse("reply-export", args=[project.slug])
    response = client.post(address, {"format": "xlsx", "outcome": "unsubscribed", "whole": "yes"})
    rows = list(openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True))
    assert [row[2] for row in rows[1:]] == ["=1+1"]
    assert rows[1][1] == "+86 138 **** 5678"  # an operator may not see whole numbers
    csv = client.post(address, {"format": "csv", "outcome": "unsubscribed"}).content.decode("utf-8-sig")
    assert "'=1+1" in csv
    assert OutboxEvent.objects.filter(kind="replies.exported").count() == 2


def test_who_may_see_whole_numbers_may_take_them_away(project: Project) -> None:
    reply(project, "Thanks")
    person = member(project.organization, Role.OPERATOR)
    person.memberships.update(may_reveal_numbers=True)
    client = Client()
    client.force_login(person)
    response = client.post(reverse("reply-export", args=[project.slug]), {"format": "csv", "whole": "yes"})
    assert ANN in response.content.decode("utf-8-sig")


@pytest.mark.parametrize(
    "query",
    [{"q": "x" * 200}, {"since": "yesterday"}, {"before": "-1"}, {"outcome": "waiting"}, {"after": "9" * 30}],
)
def test_an_address_nobody_would_type_is_answered_calmly(
    client: Client, project: Project, query: dict[str, str]
) -> None:
    reply(project, "Thanks")
    shown(client, project, **query)
