"""Callbacks on their way to real servers with every fault: what arrives, how often, and when it is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from callbacks import sql
from callbacks.desk import MOST_IN_FLIGHT, Desk, fair_shares
from callbacks.models import Callback, CallbackAttempt, EndpointHealth
from callbacks.services.endpoints import rotate_secret, switch_endpoint
from callbacks.services.sending import (
    BREAKER_FAILURES,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    SCHEDULE_SECONDS,
    Errand,
    take_due,
)
from callbacks.transport import Exchange, post
from delivery.message_ids import public_message_id
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackFormat, CallbackTrouble
from smsconsole.lib.allowed_hosts import parse_allowed_hosts
from smsconsole.outbox.models import OutboxEvent
from tests.callbacks.conftest import SECRET, MakeMessages, endpoint_of, follow, settle
from tests.callbacks.receivers import Behaviour, Receiver, answer, drip, hang_up, huge, slow
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db(transaction=True)

# Instead of fifteen seconds.
DEADLINE = 0.8


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.CALLBACK_ALLOWED_HOSTS = parse_allowed_hosts("127.0.0.1:*")
    settings.CALLBACK_ALLOW_HTTP = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def send(errand: Errand) -> Exchange:
    url, body = errand.callback.endpoint.url, errand.body or ""
    return post(url, headers=errand.headers, body=body.encode(), deadline_seconds=DEADLINE)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(n_threads=16, send=send)
    yield desk
    desk.finish()


def work(desk: Desk) -> None:
    """Send until nothing is due and nothing under way."""
    until = time.monotonic() + 30
    while desk.turn(wait_seconds=0.05 if desk.n_in_flight else 0) or desk.n_in_flight:
        assert time.monotonic() < until, "it does not come to an end"


def let_be_due() -> None:
    Callback.objects.filter(state="waiting").update(next_try_at=timezone.now())
    EndpointHealth.objects.filter(open_until__isnull=False).update(open_until=timezone.now())


def told(endpoint: CallbackEndpoint, make: MakeMessages, n: int = 1) -> list[str]:
    """Let `n` messages of the endpoint's project be delivered; their public ids."""
    ids = settle(make(n, project=endpoint.project))
    follow()
    return [public_message_id(pk) for pk in ids]


def faults() -> list[str]:
    return list(CallbackAttempt.objects.order_by("pk").values_list("fault", flat=True))


def test_a_receipt_arrives_signed_and_once(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    ids = told(endpoint_of(project, receiver.url), make_messages)
    work(desk)
    work(desk)
    [heard] = receiver.heard
    assert heard.message_ids == ids
    assert heard.is_signed_with(SECRET)
    callback = Callback.objects.get()
    assert (callback.state, callback.n_attempts, callback.next_try_at) == ("delivered", 1, None)
    assert heard.id == str(callback.uuid)
    attempt = CallbackAttempt.objects.get()
    assert (attempt.status, attempt.fault, attempt.answer) == (200, "", '{"result":0,"errmsg":"OK"}')


# --- The fault table ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "fault", "is_heard"),
    [
        (None, "refused", False),
        (hang_up, "connection", True),
        (answer(500, b"no"), "status", True),
        (answer(404, b"no"), "status", True),
        (answer(301, b"", Location="https://example.com/"), "redirect", True),
        (slow(60), "timeout", True),
        (drip(b"HTTP/1.1 200 OK\r\nX: "), "timeout", True),
    ],
    ids=["down", "hangs up", "500", "404", "301", "slow 60 s", "dripping header"],
)
def test_what_failed_is_the_same_when_it_comes_again(
    behaviour: Behaviour | None,
    fault: str,
    is_heard: bool,
    project: Project,
    receiver: Receiver,
    desk: Desk,
    make_messages: MakeMessages,
) -> None:
    endpoint = endpoint_of(project, receiver.url)
    ids = told(endpoint, make_messages, n=3)
    if behaviour is None:
        receiver.stop()
    else:
        receiver.behaviour = behaviour
    before = timezone.now()
    work(desk)
    callback = Callback.objects.get()
    assert (callback.state, callback.n_attempts, faults()) == ("waiting", 1, [fault])
    wait = (callback.next_try_at or before) - before
    assert timedelta(seconds=SCHEDULE_SECONDS[1]) <= wait < timedelta(seconds=SCHEDULE_SECONDS[1] * 1.1 + 4)
    assert len(receiver.heard) == is_heard

    receiver.behaviour = answer()
    if behaviour is None:
        receiver.start()
    work(desk)
    assert len(receiver.heard) == is_heard, "it came before its time"
    let_be_due()
    work(desk)
    assert receiver.heard[-1].message_ids == ids
    assert {(heard.id, heard.body) for heard in receiver.heard} == {
        (str(callback.uuid), receiver.heard[0].body)
    }
    assert len(receiver.heard) == is_heard + 1
    callback.refresh_from_db()
    assert (callback.state, callback.n_attempts) == ("delivered", 2)
    health = EndpointHealth.objects.get()
    assert (health.n_failures, health.failing_since) == (0, None)


@pytest.mark.parametrize(
    ("behaviour", "callback_format", "fault"),
    [
        (huge(4 << 20), CallbackFormat.STANDARD, ""),
        (huge(4 << 20), CallbackFormat.TENCENT, "too_long"),
        (drip(b"HTTP/1.1 200 OK\r\n\r\n"), CallbackFormat.STANDARD, ""),
        (drip(b"HTTP/1.1 200 OK\r\n\r\n"), CallbackFormat.TENCENT, "timeout"),
        (answer(200, b"taken"), CallbackFormat.STANDARD, ""),
        (answer(204, b""), CallbackFormat.STANDARD, ""),
        (answer(200, b"taken"), CallbackFormat.TENCENT, "result"),
        (answer(200, b'{"result":1,"errmsg":"busy"}'), CallbackFormat.TENCENT, "result"),
        (answer(200, b'{"result":false}'), CallbackFormat.TENCENT, "result"),
        (answer(200, b"[0]"), CallbackFormat.TENCENT, "result"),
        (answer(200, b""), CallbackFormat.TENCENT, "result"),
        (answer(200, b"[" * 60_000), CallbackFormat.TENCENT, "result"),
        (answer(500, b'{"result":0}'), CallbackFormat.TENCENT, "status"),
        (answer(200, b'{"result":0,"errmsg":"OK"}', Content_Type="text/html"), CallbackFormat.TENCENT, ""),
        (answer(200, b'\xef\xbb\xbf {"result":"0"}'), CallbackFormat.TENCENT, ""),
    ],
    ids=[
        "huge answer",
        "huge answer, Tencent",
        "dripping body",
        "dripping body, Tencent",
        "any words",
        "no words",
        "any words, Tencent",
        "result 1",
        "result false",
        "an array",
        "nothing",
        "deep",
        "result 0 with 500",
        "result 0 as text/html",
        "result '0' behind a BOM",
    ],
)
def test_what_counts_as_taken(
    behaviour: Behaviour,
    callback_format: CallbackFormat,
    fault: str,
    project: Project,
    receiver: Receiver,
    desk: Desk,
    make_messages: MakeMessages,
) -> None:
    receiver.behaviour = behaviour
    told(endpoint_of(project, receiver.url, format=callback_format), make_messages)
    work(desk)
    assert faults() == [fault]
    assert Callback.objects.get().state == ("waiting" if fault else "delivered")
    assert len(CallbackAttempt.objects.get().answer) <= 1024


def test_an_answer_that_came_too_late_leaves_a_double_that_its_id_gives_away(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = slow(DEADLINE + 0.5)
    told(endpoint_of(project, receiver.url), make_messages)
    work(desk)
    assert faults() == ["timeout"]
    receiver.behaviour = answer()
    let_be_due()
    work(desk)
    assert len(receiver.heard) == 2
    assert len(set(receiver.ids)) == 1
    assert Callback.objects.get().state == "delivered"


def test_410_switches_the_endpoint_off_and_people_are_told(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    endpoint = endpoint_of(project, receiver.url, n_per_request=1)
    receiver.behaviour = answer(410, b"gone")
    told(endpoint, make_messages, n=3)
    work(desk)
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.trouble) == (False, CallbackTrouble.GONE)
    assert len(receiver.heard) == 1
    assert set(Callback.objects.values_list("state", flat=True)) == {"dropped"}
    event = OutboxEvent.objects.get(kind="callback.given_up")
    assert event.payload["callback_trouble"] == "gone"
    told(endpoint, make_messages)
    work(desk)
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_left_alone_until_the_time_it_names(
    status: int, project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = answer(status, b"", Retry_After="900")
    endpoint = endpoint_of(project, receiver.url)
    told(endpoint, make_messages)
    work(desk)
    callback = Callback.objects.get()
    assert (callback.next_try_at or timezone.now()) > timezone.now() + timedelta(seconds=890)
    told(endpoint, make_messages)
    work(desk)
    assert len(receiver.heard) == 1, "the next one was sent although the server asked for time"


def test_what_waits_too_long_is_given_up(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = answer(500)
    told(endpoint_of(project, receiver.url), make_messages)
    waits = []
    for _ in range(MAX_ATTEMPTS + 2):
        work(desk)
        next_try_at = Callback.objects.get().next_try_at
        waits.append((next_try_at - timezone.now()).total_seconds() if next_try_at else None)
        let_be_due()
    assert len(receiver.heard) == MAX_ATTEMPTS
    assert Callback.objects.get().state == "given_up"
    for wait, planned in zip(waits, SCHEDULE_SECONDS[1:], strict=False):
        assert wait is not None
        assert planned - 2 <= wait <= planned * 1.1


# --- Secrets --------------------------------------------------------------------------------------------


def test_while_a_secret_is_rotated_both_open_the_signature(
    project: Project, admin: User, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    endpoint = endpoint_of(project, receiver.url)
    told(endpoint, make_messages)
    rotate_secret(endpoint=endpoint, confirmed_at=timezone.now(), by=admin)
    endpoint.refresh_from_db()
    assert endpoint.secret != SECRET
    work(desk)
    assert receiver.heard[0].is_signed_with(SECRET)
    assert receiver.heard[0].is_signed_with(endpoint.secret)
    CallbackEndpoint.objects.update(previous_secret_until=timezone.now())
    told(endpoint, make_messages)
    work(desk)
    assert not receiver.heard[1].is_signed_with(SECRET)
    assert receiver.heard[1].is_signed_with(endpoint.secret)


# --- The breaker ----------------------------------------------------------------------------------------


def test_after_ten_failures_in_a_row_one_request_tries(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = answer(500)
    endpoint = endpoint_of(project, receiver.url, n_per_request=1)
    told(endpoint, make_messages, n=30)
    work(desk)
    n_heard = len(receiver.heard)
    # Those that were under way when it opened still end.
    assert BREAKER_FAILURES <= n_heard < BREAKER_FAILURES + MOST_IN_FLIGHT
    health = EndpointHealth.objects.get()
    assert health.open_until is not None
    assert health.open_until > timezone.now() + timedelta(seconds=20)
    work(desk)
    assert len(receiver.heard) == n_heard
    let_be_due()
    work(desk)
    assert len(receiver.heard) == n_heard + 1, "one request tries, and opens the breaker again"

    receiver.behaviour = answer()
    EndpointHealth.objects.update(open_until=timezone.now())
    Callback.objects.filter(n_attempts=1).update(next_try_at=timezone.now() + timedelta(hours=9))
    work(desk)
    # What failed before does not wait for its hour once the server works again.
    assert set(Callback.objects.values_list("state", flat=True)) == {"delivered"}
    assert len(set(receiver.message_ids)) == 30
    health.refresh_from_db()
    assert (health.n_failures, health.open_until, health.failing_since) == (0, None, None)


def test_a_probe_is_a_single_request(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    endpoint = endpoint_of(project, receiver.url, n_per_request=1)
    told(endpoint, make_messages)
    work(desk)
    EndpointHealth.objects.create(
        endpoint=endpoint,
        n_failures=BREAKER_FAILURES,
        open_until=timezone.now(),
        failing_since=timezone.now(),
    )
    receiver.behaviour = slow(0.3)
    receiver.most_at_once = 0
    told(endpoint, make_messages, n=5)
    desk.turn(wait_seconds=0)
    desk.turn(wait_seconds=0.05)
    assert desk.n_in_flight == 1
    work(desk)
    assert len(receiver.heard) == 6


def test_people_are_told_after_an_hour_and_once(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = answer(500)
    told(endpoint_of(project, receiver.url), make_messages)
    work(desk)
    assert not OutboxEvent.objects.filter(kind="callback.failing").exists()
    EndpointHealth.objects.update(failing_since=timezone.now() - timedelta(minutes=61))
    for _ in range(2):
        let_be_due()
        work(desk)
    assert OutboxEvent.objects.filter(kind="callback.failing").count() == 1
    assert CallbackEndpoint.objects.get().is_on


def test_after_three_days_it_is_switched_off_and_people_are_told(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.stop()
    endpoint = endpoint_of(project, receiver.url, n_per_request=1)
    told(endpoint, make_messages, n=2)
    work(desk)
    EndpointHealth.objects.update(failing_since=timezone.now() - timedelta(days=3))
    let_be_due()
    work(desk)
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.trouble) == (False, CallbackTrouble.FAILING)
    assert set(Callback.objects.values_list("state", flat=True)) == {"dropped"}
    assert OutboxEvent.objects.get(kind="callback.given_up").payload["callback_trouble"] == "failing"


def test_a_success_in_between_begins_the_three_days_anew(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    endpoint = endpoint_of(project, receiver.url)
    receiver.behaviour = answer(500)
    told(endpoint, make_messages)
    work(desk)
    EndpointHealth.objects.update(failing_since=timezone.now() - timedelta(days=9))
    receiver.behaviour = answer()
    let_be_due()
    work(desk)
    receiver.behaviour = answer(500)
    told(endpoint, make_messages)
    work(desk)
    endpoint.refresh_from_db()
    assert endpoint.is_on


# --- Switching off --------------------------------------------------------------------------------------


def test_what_was_under_way_when_it_was_switched_off_still_counts_when_it_got_through(
    project: Project, admin: User, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = slow(0.3)
    endpoint = endpoint_of(project, receiver.url, n_per_request=1)
    told(endpoint, make_messages, n=2)
    desk.turn(wait_seconds=0)
    switch_endpoint(endpoint=endpoint, is_on=False, by=admin)
    work(desk)
    assert sorted(Callback.objects.values_list("state", flat=True)) == ["delivered", "dropped"]
    assert len(receiver.heard) == 1


def test_what_was_under_way_when_it_was_switched_off_stays_dropped_when_it_failed(
    project: Project, admin: User, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = slow(0.3, then=answer(500))
    endpoint = endpoint_of(project, receiver.url)
    told(endpoint, make_messages)
    desk.turn(wait_seconds=0)
    switch_endpoint(endpoint=endpoint, is_on=False, by=admin)
    work(desk)
    callback = Callback.objects.get()
    assert (callback.state, callback.next_try_at) == ("dropped", None)


# --- Who died -------------------------------------------------------------------------------------------


def test_what_a_dead_process_had_taken_is_sent_by_the_next_one(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    endpoint = endpoint_of(project, receiver.url)
    ids = told(endpoint, make_messages)
    [errand] = take_due({endpoint.pk: 4})
    assert take_due({endpoint.pk: 4}) == []
    work(desk)
    assert receiver.heard == []
    lease = (Callback.objects.get().next_try_at or timezone.now()) - timezone.now()
    assert timedelta(seconds=LEASE_SECONDS - 5) < lease <= timedelta(seconds=LEASE_SECONDS)
    let_be_due()
    work(desk)
    assert receiver.message_ids == ids
    assert receiver.heard[0].body == errand.body


def test_what_has_been_erased_meanwhile_is_not_sent(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    told(endpoint_of(project, receiver.url), make_messages)
    Callback.objects.update(items=[[987_654_321, 3, 0, "", 0.0, 1]])
    work(desk)
    assert receiver.heard == []
    assert (Callback.objects.get().state, faults()) == ("given_up", ["empty"])


@pytest.mark.parametrize("is_analysed", [False, True])
def test_a_long_queue_of_one_endpoint_costs_the_others_nothing(is_analysed: bool, project: Project) -> None:
    endpoint = endpoint_of(project)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO callbacks_callback (uuid, endpoint_id, kind, items, n_items, event_at, state, n_attempts,"
            " next_try_at, is_test, is_replay) SELECT gen_random_uuid(), %s, 'status', '[]', 1, now(), 'waiting', 0,"
            " now() - interval '1 minute', false, false FROM generate_series(1, 50000)",
            [endpoint.pk],
        )
        if is_analysed:
            cursor.execute("ANALYZE callbacks_callback")
        plans = []
        taking: dict[str, Any] = {"endpoints": [endpoint.pk], "limits": [4], "most": 4, "lease": 30}
        for statement, values in ((sql.DUE_ENDPOINTS, {}), (sql.TAKE_DUE, taking)):
            cursor.execute(f"EXPLAIN {statement}", values)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    for plan in plans:
        assert "callback_waiting" in plan
        assert "Seq Scan on callbacks_callback " not in plan
        assert "Sort Key: callbacks_callback.next_try_at" not in plan, "it sorts the whole queue"


# --- Fair shares ----------------------------------------------------------------------------------------


def test_at_most_four_requests_are_with_an_endpoint(
    project: Project, receiver: Receiver, desk: Desk, make_messages: MakeMessages
) -> None:
    receiver.behaviour = slow(0.05)
    ids = told(endpoint_of(project, receiver.url, n_per_request=1), make_messages, n=24)
    work(desk)
    assert sorted(receiver.message_ids) == sorted(ids)
    assert 2 <= receiver.most_at_once <= MOST_IN_FLIGHT


@pytest.fixture
def many_dead(project: Project) -> Callable[[str], list[CallbackEndpoint]]:
    """More endpoints than there are threads, all of one server."""

    def make(url: str) -> list[CallbackEndpoint]:
        return [
            endpoint_of(
                ProjectFactory(organization=project.organization, slug=f"slow-{n}"), url, n_per_request=1
            )
            for n in range(24)
        ]

    return make


def test_slow_endpoints_do_not_hold_up_a_quick_one(
    project: Project,
    receiver: Receiver,
    desk: Desk,
    make_messages: MakeMessages,
    many_dead: Callable[[str], list[CallbackEndpoint]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callbacks.desk.SLOW_MILLISECONDS", 200)
    quick = endpoint_of(project, receiver.url, n_per_request=1)
    told(quick, make_messages)
    work(desk)
    with Receiver(behaviour=slow(60)) as dead:
        endpoints = many_dead(dead.url)
        for endpoint in endpoints:
            told(endpoint, make_messages, n=3)
        # All of them are known to be slow now, and have more to tell.
        work(desk)
        let_be_due()
        EndpointHealth.objects.all().delete()
        desk.turn(wait_seconds=0)
        assert desk.n_in_flight == 12
        began = time.monotonic()
        ids = told(quick, make_messages, n=20)
        while len(receiver.heard) < 21 and time.monotonic() - began < 10:
            desk.turn(wait_seconds=0.02)
        took = time.monotonic() - began
        assert sorted(receiver.message_ids[1:]) == sorted(ids)
        assert took < DEADLINE * 3
        work(desk)


@given(
    due=st.dictionaries(st.integers(1, 60), st.integers(0, 30), max_size=60),
    in_flight=st.dictionaries(st.integers(1, 80), st.integers(1, 4), max_size=8),
    slow_ones=st.dictionaries(st.integers(1, 80), st.booleans(), max_size=80),
    n_threads=st.integers(4, 40),
)
def test_shares_are_fair(
    due: dict[int, int], in_flight: dict[int, int], slow_ones: dict[int, bool], n_threads: int
) -> None:
    given_ = fair_shares(due, in_flight, slow_ones, n_threads=n_threads)
    n_before = sum(in_flight.values())
    assert sum(given_.values()) <= max(0, n_threads - n_before)
    assert set(given_) <= set(due)
    after = {key: in_flight.get(key, 0) + given_.get(key, 0) for key in due}
    for key, n in given_.items():
        assert 0 < n <= MOST_IN_FLIGHT
        assert after[key] <= MOST_IN_FLIGHT
        if key not in slow_ones or due[key] >= BREAKER_FAILURES:
            assert after[key] == 1
    slow_now = sum(n for key, n in in_flight.items() if slow_ones.get(key))
    slow_given = sum(n for key, n in given_.items() if slow_ones.get(key))
    if slow_given:
        assert slow_now + slow_given <= n_threads - n_threads // 4
    # Nobody waits with less than another one was given beside it, unless its own bound or the slow ones' says so.
    n_free = n_threads - n_before - sum(given_.values())
    for key in due:
        is_bounded = after[key] >= (
            1 if key not in slow_ones or due[key] >= BREAKER_FAILURES else MOST_IN_FLIGHT
        )
        if not is_bounded and not slow_ones.get(key):
            assert n_free <= 0
            assert all(after[other] <= after[key] + 1 for other in given_)
