"""What becomes of the events of messages and replies: callbacks and what waits to be fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from callbacks import sql
from callbacks.models import Callback, PullItem
from callbacks.services import following
from callbacks.services.following import follow_events
from callbacks.services.pulling import pull
from delivery.message_ids import public_message_id
from delivery.models import Gateway, Message, ReadCursor, Reply
from delivery.services import apply_replies
from delivery.statuses import MessageStatus, Reason
from projects.models import Project
from projects.statuses import CallbackFormat, CallbackKind
from smsconsole.outbox.services import append_event
from tests.callbacks.conftest import MakeMessages, endpoint_of, follow, settle
from tests.factories import OrganizationFactory, ProjectFactory

# Events are read behind the oldest running transaction, so these tests have to commit.
pytestmark = pytest.mark.django_db(transaction=True)

DELIVERED, UNDELIVERED = MessageStatus.DELIVERED, MessageStatus.UNDELIVERED


def told() -> list[tuple[int, int]]:
    """Message and status of everything that is to be told by callback, in its order."""
    return [(item[0], item[1]) for callback in Callback.objects.order_by("pk") for item in callback.items]


@pytest.fixture
def fetching(project: Project) -> Project:
    Project.objects.filter(pk=project.pk).update(pulls_status=True, pulls_replies=True)
    return project


def test_a_final_status_becomes_a_callback(project: Project, make_messages: MakeMessages) -> None:
    endpoint = endpoint_of(project)
    dispatch = make_messages(1)
    [message_id] = settle(dispatch, UNDELIVERED, reason=Reason.INVALID_NUMBER, code="MK:0001")
    follow()
    callback = Callback.objects.get()
    assert (callback.endpoint, callback.kind, callback.n_items, callback.state) == (
        endpoint,
        "status",
        1,
        "waiting",
    )
    assert callback.items[0][:4] == [message_id, UNDELIVERED, Reason.INVALID_NUMBER, "MK:0001"]
    assert callback.next_try_at <= timezone.now()


def test_following_twice_tells_once(project: Project, make_messages: MakeMessages, fetching: Project) -> None:
    endpoint_of(project)
    settle(make_messages(3))
    follow()
    follow()
    assert len(told()) == 3
    assert PullItem.objects.count() == 3


def test_a_reader_that_is_cut_off_has_told_nothing(project: Project, make_messages: MakeMessages) -> None:
    endpoint_of(project)
    settle(make_messages(3))
    before = ReadCursor.objects.filter(name="callbacks").values("xid", "last_id").first()
    with transaction.atomic():
        assert follow_events() > 0
        assert Callback.objects.exists()
        transaction.set_rollback(True)
    assert not Callback.objects.exists()
    assert ReadCursor.objects.filter(name="callbacks").values("xid", "last_id").first() == before
    follow()
    assert len(told()) == 3


def test_receipts_share_requests_up_to_the_endpoints_number(
    project: Project, make_messages: MakeMessages
) -> None:
    endpoint_of(project, n_per_request=4)
    ids = settle(make_messages(10))
    follow()
    assert [callback.n_items for callback in Callback.objects.order_by("pk")] == [4, 4, 2]
    assert told() == [(pk, DELIVERED) for pk in ids]


def test_a_message_that_moved_on_is_told_once_as_what_it_is(
    project: Project, make_messages: MakeMessages
) -> None:
    endpoint_of(project)
    dispatch = make_messages(1)
    [message_id] = settle(dispatch, UNDELIVERED)
    settle(dispatch, DELIVERED, before=UNDELIVERED)
    follow()
    assert told() == [(message_id, DELIVERED)]


def test_an_event_that_is_overtaken_before_it_is_read_leaves_the_telling_to_the_later_one(
    project: Project, make_messages: MakeMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_of(project)
    dispatch = make_messages(1)
    [message_id] = settle(dispatch, UNDELIVERED)
    settle(dispatch, DELIVERED, before=UNDELIVERED)
    monkeypatch.setattr(following, "BATCH_SIZE", 1)
    while follow_events():
        pass
    assert told() == [(message_id, DELIVERED)]


def test_a_later_status_has_a_higher_sequence(project: Project, make_messages: MakeMessages) -> None:
    endpoint_of(project)
    dispatch = make_messages(1)
    settle(dispatch, UNDELIVERED)
    follow()
    settle(dispatch, DELIVERED, before=UNDELIVERED)
    follow()
    first, second = (callback.items[0][5] for callback in Callback.objects.order_by("pk"))
    assert second > first


@pytest.mark.parametrize(
    ("status", "formats"),
    [
        (MessageStatus.DELIVERED, {"standard", "tencent"}),
        (MessageStatus.UNDELIVERED, {"standard", "tencent"}),
        (MessageStatus.EXPIRED, {"standard", "tencent"}),
        (MessageStatus.REJECTED, {"standard", "tencent"}),
        (MessageStatus.FAILED, {"standard", "tencent"}),
        (MessageStatus.BLOCKED, {"standard", "tencent"}),
        (MessageStatus.UNCERTAIN, {"standard"}),
        (MessageStatus.SUBMITTED, set()),
        (MessageStatus.CANCELLED, set()),
    ],
)
def test_which_statuses_are_told(
    status: MessageStatus,
    formats: set[str],
    project: Project,
    gateway: Gateway,
    make_messages: MakeMessages,
) -> None:
    for callback_format in CallbackFormat:
        other = ProjectFactory(
            organization=project.organization, slug=f"of-{callback_format}", pulls_status=True
        )
        endpoint_of(other, format=callback_format)
        settle(make_messages(1, project=other), status, before=MessageStatus.QUEUED)
    follow()
    assert {callback.endpoint.format for callback in Callback.objects.all()} == formats
    # What is fetched has Tencent's words.
    assert PullItem.objects.exists() == ("tencent" in formats)


def test_a_message_that_was_refused_in_the_answer_is_not_told_again(
    project: Project, make_messages: MakeMessages
) -> None:
    endpoint_of(project)
    settle(make_messages(1), MessageStatus.BLOCKED, before=None, kind="messages.appended")
    follow()
    assert told() == []


def test_campaigns_can_be_left_out(project: Project, make_messages: MakeMessages) -> None:
    endpoint_of(project, includes_campaigns=False)
    settle(make_messages(2))
    ids = settle(make_messages(2, is_stream=True))
    follow()
    assert [pk for pk, _status in told()] == ids


def test_alarms_of_the_console_are_not_told(
    project: Project, make_messages: MakeMessages, fetching: Project
) -> None:
    endpoint_of(project)
    settle(make_messages(1, tags={"system": "alarm"}))
    follow()
    assert told() == []
    assert not PullItem.objects.exists()


def test_sandbox_messages_are_told(project: Project, make_messages: MakeMessages) -> None:
    endpoint_of(project)
    settle(make_messages(1, is_stream=True, tags={"kind": "notification", "sandbox": "yes"}))
    follow()
    assert len(told()) == 1


def test_an_endpoint_that_is_off_gets_nothing(project: Project, make_messages: MakeMessages) -> None:
    endpoint_of(project, is_on=False)
    settle(make_messages(1))
    follow()
    assert not Callback.objects.exists()


def test_each_project_is_told_of_its_own_messages_only(
    project: Project, gateway: Gateway, make_messages: MakeMessages
) -> None:
    other = ProjectFactory(organization=OrganizationFactory(), slug="other", pulls_status=True)
    mine, theirs = endpoint_of(project), endpoint_of(other)
    my_ids, their_ids = settle(make_messages(2)), settle(make_messages(2, project=other))
    follow()
    assert [item[0] for item in Callback.objects.get(endpoint=mine).items] == my_ids
    assert [item[0] for item in Callback.objects.get(endpoint=theirs).items] == their_ids
    assert pull(project, CallbackKind.STATUS, 100) == []
    assert [status.message_id for status in pull(other, CallbackKind.STATUS, 100)] == their_ids


def test_the_number_of_statements_does_not_depend_on_the_messages(
    project: Project, make_messages: MakeMessages, fetching: Project
) -> None:
    endpoint_of(project)
    settle(make_messages(2))
    with CaptureQueriesContext(
        connection,
    ) as few:
        follow_events()
    settle(make_messages(400), offsets=range(0, 400, 2))
    with CaptureQueriesContext(connection) as many:
        follow_events()
    assert len(many) == len(few) <= 12


def test_a_project_without_wishes_costs_no_statement(project: Project, make_messages: MakeMessages) -> None:
    settle(make_messages(50))
    with CaptureQueriesContext(connection) as statements:
        assert follow_events() > 0
    # Begin, the position (three), the events, commit.
    assert not any("delivery_message" in query["sql"] for query in statements.captured_queries)
    assert len(statements) <= 6


def test_events_of_other_kinds_are_passed_over(project: Project, make_messages: MakeMessages) -> None:
    endpoint_of(project)
    with transaction.atomic():
        append_event(
            kind="messages.settled", subject="dispatch:none", payload={"changes": [[0, 3, [[1, 9]]]]}
        )
        append_event(kind="project.changed", subject=f"project:{project.uuid}", payload={})
        append_event(kind="reply.received", subject="reply:gone", payload={"reply": 99_999_999})
    settle(make_messages(1))
    follow()
    assert len(told()) == 1


def test_an_event_of_a_transaction_that_commits_late_is_not_missed(
    project: Project, make_messages: MakeMessages
) -> None:
    endpoint_of(project)
    early, late = make_messages(1), make_messages(1)
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("UPDATE delivery_message SET status = 3 WHERE id = %s", [late.first_id])
        cursor.execute(
            "INSERT INTO outbox_event (kind, subject, payload) VALUES ('messages.receipted', %s, %s)",
            [f"dispatch:{late.pk}", f'{{"changes": [[2, 3, [[{late.first_id}, {late.first_id}]]]]}}'],
        )
    settle(early)
    follow()
    other.commit()
    other.close()
    follow()
    assert sorted(pk for pk, _status in told()) == sorted([early.first_id or 0, late.first_id or 0])


def test_the_plans_look_up_what_the_events_name_and_nothing_else(project: Project) -> None:
    """On tables that were never analysed, as after a start."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_event (kind, subject, payload) SELECT 'messages.settled', 'dispatch:' || n, '{}'"
            " FROM generate_series(1, 20000) n"
        )
        cursor.execute(f"EXPLAIN {sql.READ_EVENTS}", {"xid": 0, "last_id": 0, "limit": 1000})
        reading = "\n".join(row[0] for row in cursor.fetchall())
        values = {
            "numbers": [0] * 2000,
            "firsts": [*range(2000)],
            "lasts": [*range(2000)],
            "afters": [3] * 2000,
        }
        cursor.execute(f"EXPLAIN {sql.READ_CHANGED}", values)
        changed = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using delivery_dispatch_pkey" in reading
    assert "_xid_id_idx" in reading
    assert "Seq Scan on delivery_dispatch" not in reading
    assert "Seq Scan on delivery_message" not in changed


# --- Replies --------------------------------------------------------------------------------------------


def answer(gateway: Gateway, msisdn: str, text: str) -> Reply:
    return Reply.objects.create(gateway=gateway, msisdn=msisdn, destination="1069", text=text)


def test_a_reply_becomes_a_callback_of_its_own(
    project: Project, gateway: Gateway, make_messages: MakeMessages, fetching: Project
) -> None:
    endpoint = endpoint_of(project, kind=CallbackKind.REPLY)
    dispatch = make_messages(1, is_stream=True, notes=[("order 7", "12")])
    Message.objects.update(submitted_at=timezone.now() - timedelta(minutes=1))
    reply = answer(gateway, "+8613800000000", "yes, please")
    apply_replies()
    follow()
    callback = Callback.objects.get()
    assert (callback.endpoint, callback.kind, callback.items) == (endpoint, "reply", [[reply.pk]])
    [fetched] = pull(project, CallbackKind.REPLY, 100)
    assert (fetched.msisdn, fetched.text, fetched.extend) == ("+8613800000000", "yes, please", "12")
    assert fetched.message_id == public_message_id(dispatch.first_id or 0)


def test_a_reply_to_nobody_is_not_told(project: Project, gateway: Gateway, fetching: Project) -> None:
    endpoint_of(project, kind=CallbackKind.REPLY)
    answer(gateway, "+8613800000000", "who are you?")
    apply_replies()
    follow()
    assert not Callback.objects.exists()
    assert not PullItem.objects.exists()


# --- Fetching -------------------------------------------------------------------------------------------


def test_each_receipt_is_fetched_once_and_the_oldest_first(
    make_messages: MakeMessages, fetching: Project
) -> None:
    dispatch = make_messages(5, is_stream=True, notes=[("order 7", "")])
    ids = settle(dispatch, UNDELIVERED, reason=Reason.UNREACHABLE, code="MI:0013")
    follow()
    first = pull(fetching, CallbackKind.STATUS, 3)
    second = pull(fetching, CallbackKind.STATUS, 3)
    assert [status.message_id for status in [*first, *second]] == ids
    assert pull(fetching, CallbackKind.STATUS, 3) == []
    status = first[0]
    assert (status.id, status.msisdn, status.context, status.code) == (
        public_message_id(ids[0]),
        "+8613800000000",
        "order 7",
        "MI:0013",
    )
    final_at: Any = Message.objects.get(pk=ids[0]).final_at
    assert abs(status.at - final_at) < timedelta(milliseconds=2)


def test_what_was_fetched_in_a_transaction_that_fails_is_there_again(
    make_messages: MakeMessages, fetching: Project
) -> None:
    settle(make_messages(1))
    follow()
    with transaction.atomic():
        assert len(pull(fetching, CallbackKind.STATUS, 100)) == 1
        transaction.set_rollback(True)
    assert len(pull(fetching, CallbackKind.STATUS, 100)) == 1


@pytest.mark.parametrize("limit", [0, -1])
def test_fetching_nothing_gives_nothing(limit: int, make_messages: MakeMessages, fetching: Project) -> None:
    settle(make_messages(1))
    follow()
    assert pull(fetching, CallbackKind.STATUS, limit) == []


def test_a_project_that_does_not_fetch_has_nothing_put_aside(
    project: Project, make_messages: MakeMessages
) -> None:
    endpoint_of(project)
    settle(make_messages(1))
    follow()
    assert not PullItem.objects.exists()
