"""The log of callbacks and the page of one of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organization, User
from callbacks.models import Callback, CallbackAttempt
from callbacks.queries.log import PAGE_SIZE, LogFilters, log_page
from callbacks.statuses import CallbackFault, CallbackState
from callbacks.views.bodies import readable
from delivery.statuses import MessageStatus
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat, CallbackKind
from smsconsole.outbox.models import OutboxEvent
from tests.callbacks.conftest import MakeMessages, endpoint_of, settle
from tests.factories import ProjectFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(project: Project) -> CallbackEndpoint:
    return endpoint_of(project)


@pytest.fixture
def as_operator(client_of: ClientOf, operator: User) -> Client:
    return client_of(operator)


def callback(endpoint: CallbackEndpoint, *, at: datetime | None = None, **fields: Any) -> Callback:
    values = {"kind": endpoint.kind, "items": [], "n_items": 1, "event_at": at or timezone.now(), **fields}
    row = Callback.objects.create(endpoint=endpoint, **values)
    if at is not None:
        Callback.objects.filter(pk=row.pk).update(created_at=at)
    return row


def log(project: Project, query: str = "") -> str:
    return reverse("callback-log", args=[project.slug]) + query


def detail(row: Callback) -> str:
    return reverse("callback-detail", args=[row.endpoint.project.slug, row.uuid])


def shown_ids(project: Project, **filters: Any) -> list[int]:
    return [row.pk for row in log_page(project, LogFilters(**filters)).rows]


# --- The log --------------------------------------------------------------------------------------------


def test_an_empty_log_teaches(as_operator: Client, project: Project) -> None:
    assert "No callback is set up" in as_operator.get(log(project)).content.decode()
    endpoint_of(project)
    assert "Nothing was told yet" in as_operator.get(log(project)).content.decode()
    assert "Nothing matches" in as_operator.get(log(project, "?kind=reply")).content.decode()


def test_kinds_are_merged_newest_first_and_filtered(project: Project, endpoint: CallbackEndpoint) -> None:
    reply = endpoint_of(project, kind=CallbackKind.REPLY)
    rows = [
        callback(endpoint),
        callback(reply, state=CallbackState.GIVEN_UP),
        callback(endpoint, state=CallbackState.DELIVERED),
    ]
    ids = [row.pk for row in rows]
    assert shown_ids(project) == ids[::-1]
    assert shown_ids(project, kind=CallbackKind.REPLY) == [ids[1]]
    assert shown_ids(project, state=CallbackState.DELIVERED) == [ids[2]]
    assert shown_ids(project, kind=CallbackKind.REPLY, state=CallbackState.DELIVERED) == []


def test_another_project_has_its_own_log(
    as_operator: Client, endpoint: CallbackEndpoint, organization: Organization
) -> None:
    row = callback(endpoint)
    other = ProjectFactory(organization=organization, name="Other", slug="other")
    endpoint_of(other)
    assert shown_ids(other) == []
    assert as_operator.get(reverse("callback-detail", args=[other.slug, row.uuid])).status_code == 404


def test_days_are_those_of_the_project(project: Project, endpoint: CallbackEndpoint) -> None:
    project.time_zone = "Asia/Shanghai"
    project.save(update_fields=["time_zone"])
    zone = ZoneInfo("Asia/Shanghai")
    moments = [
        datetime(2026, 6, 1, 23, 59, tzinfo=zone),
        datetime(2026, 6, 2, 0, 0, tzinfo=zone),
        datetime(2026, 6, 2, 23, 59, tzinfo=zone),
        datetime(2026, 6, 3, 0, 0, tzinfo=zone),
    ]
    ids = [callback(endpoint, at=at).pk for at in moments]
    day = moments[1].date()
    assert shown_ids(project, first_day=day, last_day=day) == [ids[2], ids[1]]
    assert shown_ids(project, first_day=day) == [ids[3], ids[2], ids[1]]
    assert shown_ids(project, last_day=day - timedelta(days=1)) == [ids[0]]


def test_pages_lead_there_and_back_without_a_gap(project: Project, endpoint: CallbackEndpoint) -> None:
    reply = endpoint_of(project, kind=CallbackKind.REPLY)
    ids = [callback(endpoint if n % 3 else reply).pk for n in range(PAGE_SIZE + 5)][::-1]
    first = log_page(project, LogFilters())
    second = log_page(project, LogFilters(), before_id=first.next_before)
    assert [row.pk for row in [*first.rows, *second.rows]] == ids
    assert second.next_before is None
    back = log_page(project, LogFilters(), after_id=second.rows[0].pk)
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]


def test_statements_do_not_grow_with_the_rows(as_operator: Client, endpoint: CallbackEndpoint) -> None:
    def n_statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            as_operator.get(log(endpoint.project))
        return len(captured)

    CallbackAttempt.objects.create(callback=callback(endpoint), milliseconds=3, status=204)
    n_statements()
    few = n_statements()
    for _n in range(30):
        CallbackAttempt.objects.create(callback=callback(endpoint), milliseconds=3, status=204)
    assert n_statements() == few


def test_the_newest_page_asks_again_and_an_older_one_only_while_it_moves(
    as_operator: Client, endpoint: CallbackEndpoint
) -> None:
    rows = [callback(endpoint, state=CallbackState.DELIVERED) for _n in range(PAGE_SIZE + 1)]
    older = log(endpoint.project, f"?before={rows[1].pk}")
    assert "every 10s" in as_operator.get(log(endpoint.project)).content.decode()
    assert "every 10s" not in as_operator.get(older).content.decode()
    Callback.objects.filter(pk=rows[0].pk).update(state=CallbackState.WAITING)
    assert "every 10s" in as_operator.get(older).content.decode()
    part = as_operator.get(older, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="card" id="callbacks"')


@pytest.mark.parametrize(
    "query",
    [
        "?kind=smoke",
        "?state=x&first_day=yesterday",
        "?before=x",
        "?after=" + "9" * 30,
        "?last_day=0001-01-01",
        "?last_day=9999-12-31",
    ],
)
def test_what_nobody_can_ask_for_is_left_out(
    as_operator: Client, endpoint: CallbackEndpoint, query: str
) -> None:
    assert as_operator.get(log(endpoint.project, query)).status_code == 200


# --- One delivery ---------------------------------------------------------------------------------------


def test_each_try_says_what_happened_and_what_to_do(as_operator: Client, endpoint: CallbackEndpoint) -> None:
    row = callback(endpoint, n_attempts=3, next_try_at=timezone.now() + timedelta(minutes=5))
    page = "<script>alert(1)</script>"
    CallbackAttempt.objects.create(
        callback=row, milliseconds=12, status=500, fault=CallbackFault.STATUS, answer=page
    )
    CallbackAttempt.objects.create(callback=row, milliseconds=15_000, fault=CallbackFault.TIMEOUT)
    CallbackAttempt.objects.create(callback=row, milliseconds=9, status=301, fault=CallbackFault.REDIRECT)
    shown = as_operator.get(detail(row)).content.decode()
    for words in (
        "Answered 500",
        "Its own log says why",
        "No whole answer within 15 seconds",
        "Answered 301",
    ):
        assert words in shown
    assert "Redirects are not followed" in shown
    assert "next try at" in shown
    assert page not in shown
    assert "&lt;script&gt;alert(1)" in shown


@pytest.mark.parametrize("fault", CallbackFault.values)
def test_every_fault_has_words(as_operator: Client, endpoint: CallbackEndpoint, fault: str) -> None:
    row = callback(endpoint, n_attempts=1)
    CallbackAttempt.objects.create(callback=row, milliseconds=1, fault=fault)
    told = as_operator.get(detail(row)).context["attempts"][0]
    assert told.title != fault
    assert told.advice


def test_it_asks_again_until_it_is_taken(as_operator: Client, endpoint: CallbackEndpoint) -> None:
    row = callback(endpoint)
    assert "every 10s" in as_operator.get(detail(row)).content.decode()
    part = as_operator.get(detail(row), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="delivery"')
    Callback.objects.update(state=CallbackState.DELIVERED, delivered_at=timezone.now())
    assert "every 10s" not in as_operator.get(detail(row)).content.decode()


def told_of(project: Project, make_messages: MakeMessages, format: CallbackFormat) -> Callback:
    [message_id] = settle(make_messages(1))
    endpoint = endpoint_of(project, format=format)
    items = [[message_id, int(MessageStatus.DELIVERED), 0, "DELIVRD", timezone.now().timestamp(), 1]]
    return callback(endpoint, items=items, state=CallbackState.DELIVERED)


@pytest.mark.parametrize("format", CallbackFormat)
def test_numbers_are_masked_until_who_may_asks(
    client_of: ClientOf,
    operator: User,
    project: Project,
    make_messages: MakeMessages,
    format: CallbackFormat,
) -> None:
    row = told_of(project, make_messages, format)
    client = client_of(operator)
    reveal = reverse("callback-reveal", args=[project.slug, row.uuid])

    assert "13800000000" not in client.get(detail(row)).content.decode()
    assert client.post(reveal).status_code == 403
    Membership.objects.filter(user=operator).update(may_reveal_numbers=True)
    assert "13800000000" not in client.get(detail(row)).content.decode()

    answer = client.post(reveal, follow=True)

    assert "13800000000" in answer.content.decode()
    assert OutboxEvent.objects.filter(kind="callback.numbers_revealed").count() == 1
    Membership.objects.filter(user=operator).update(may_reveal_numbers=False)
    assert "13800000000" not in client.get(detail(row)).content.decode()


def test_it_leads_to_the_messages_it_tells_of(
    as_operator: Client, project: Project, make_messages: MakeMessages
) -> None:
    row = told_of(project, make_messages, CallbackFormat.STANDARD)
    shown = as_operator.get(detail(row)).content.decode()
    assert reverse("message-detail", args=[project.slug, row.items[0][0]]) in shown
    assert row.endpoint.secret not in shown


def test_the_log_holds_no_signature_that_a_server_would_take(
    as_operator: Client, endpoint: CallbackEndpoint
) -> None:
    shown = as_operator.get(detail(callback(endpoint, is_test=True))).content.decode()
    assert "webhook-signature: v1,…" in shown
    assert "webhook-timestamp: …" in shown


def test_what_was_erased_says_so(as_operator: Client, endpoint: CallbackEndpoint) -> None:
    row = callback(
        endpoint, items=[[2**60, int(MessageStatus.DELIVERED), 0, "", timezone.now().timestamp(), 1]]
    )
    assert "is not kept any more" in as_operator.get(detail(row)).content.decode()


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ('{"to": "+8613800138000"}', "13800138000"),
        ('{"data": {"messages": [{"anything": "+4915123000000"}]}}', "15123000000"),
        ('[{"mobile": "13800138000", "nationcode": "86"}]', "13800138000"),
        ("call +8613800138000", "13800138000"),
    ],
)
def test_masked_bodies_hold_no_whole_number(body: str, hidden: str) -> None:
    assert hidden not in readable(body, is_masked=True)
    assert hidden in readable(body)


@pytest.mark.parametrize("state", [CallbackState.GIVEN_UP, CallbackState.DROPPED])
def test_what_was_lost_is_found_among_many_by_an_index_of_its_own(
    endpoint: CallbackEndpoint, state: CallbackState
) -> None:
    Callback.objects.bulk_create(
        Callback(
            endpoint=endpoint,
            kind="status",
            items=[],
            n_items=1,
            event_at=timezone.now(),
            state=CallbackState.DELIVERED if n % 500 else state,
        )
        for n in range(5000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE callbacks_callback")
    rows = Callback.objects.filter(endpoint_id=endpoint.pk, state=state).order_by("-pk")[: PAGE_SIZE + 1]
    assert "callback_lost" in rows.explain()
