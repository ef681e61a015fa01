"""What happens to endpoints: saved, switched, rotated, tested, and everything told again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from callbacks.beats import drop_old
from callbacks.errors import AddressRefused, CallbacksError, EndpointChanged, ReplayRefused
from callbacks.models import Callback, CallbackAttempt, EndpointHealth, PullItem
from callbacks.services import replaying
from callbacks.services.endpoints import reveal_secret, rotate_secret, save_endpoint, switch_endpoint
from callbacks.services.replaying import Amount, count_replay, replay
from callbacks.services.testing import example_of, send_test
from delivery.models import Gateway, Reply
from delivery.services import apply_replies
from delivery.statuses import MessageStatus
from projects.errors import ProjectDisabled
from projects.models import CallbackEndpoint, Project
from projects.services import delete_project, disable_project
from projects.statuses import CallbackFormat, CallbackKind, CallbackTrouble
from smsconsole.lib.allowed_hosts import parse_allowed_hosts
from smsconsole.outbox.models import OutboxEvent
from tests.callbacks.conftest import SECRET, MakeMessages, endpoint_of, follow, settle
from tests.callbacks.receivers import Receiver, answer
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.CALLBACK_ALLOWED_HOSTS = parse_allowed_hosts("127.0.0.1:*, crm.lan")
    settings.CALLBACK_ALLOW_HTTP = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def save(project: Project, by: User, *, seen_at: datetime | None = None, **fields: Any) -> CallbackEndpoint:
    values: dict[str, Any] = {
        "kind": CallbackKind.STATUS,
        "url": "https://crm.lan/sms",
        "format": CallbackFormat.STANDARD,
        **fields,
    }
    return save_endpoint(project=project, seen_at=seen_at, by=by, **values)


# --- Saving ---------------------------------------------------------------------------------------------


def test_a_new_endpoint_is_on_and_has_a_secret_of_its_own(project: Project, admin: User) -> None:
    save(project, admin)
    endpoint = CallbackEndpoint.objects.get()
    assert (endpoint.is_on, endpoint.url, endpoint.changed_by) == (True, "https://crm.lan/sms", admin)
    assert endpoint.secret.startswith("whsec_")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM projects_callbackendpoint")
        assert endpoint.secret not in cursor.fetchone()[0]


def test_saving_again_keeps_the_secret(project: Project, admin: User) -> None:
    first = save(project, admin)
    second = save(project, admin, seen_at=first.changed_at, n_per_request=7)
    assert second.pk == first.pk
    again = CallbackEndpoint.objects.get()
    assert (again.secret, again.n_per_request) == (first.secret, 7)


@pytest.mark.parametrize("is_known", [True, False])
def test_who_saves_over_somebody_elses_change_is_told(is_known: bool, project: Project, admin: User) -> None:
    seen = save(project, admin).changed_at
    save(project, admin, seen_at=seen, n_per_request=5)
    with pytest.raises(EndpointChanged, match="Ada Admin"):
        save(project, admin, seen_at=seen if is_known else None, n_per_request=9)
    assert CallbackEndpoint.objects.get().n_per_request == 5


def test_a_form_of_an_endpoint_that_is_gone_is_stale(project: Project, admin: User) -> None:
    with pytest.raises(EndpointChanged):
        save(project, admin, seen_at=timezone.now())


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "ftp://crm.lan/", "", "https://crm.lan:22/"])
def test_an_address_that_is_not_called_is_not_saved(url: str, project: Project, admin: User) -> None:
    with pytest.raises(AddressRefused):
        save(project, admin, url=url)
    assert not CallbackEndpoint.objects.exists()


@pytest.mark.parametrize("n", [0, 101, -1])
def test_so_many_receipts_do_not_fit(n: int, project: Project, admin: User) -> None:
    with pytest.raises(CallbacksError):
        save(project, admin, n_per_request=n)


def test_nothing_is_saved_in_a_disabled_project(project: Project, admin: User) -> None:
    disable_project(project=project, by=admin)
    with pytest.raises(ProjectDisabled):
        save(project, admin)


def test_what_waits_goes_to_the_new_address_at_once(
    project: Project, admin: User, make_messages: MakeMessages
) -> None:
    endpoint = save(project, admin)
    settle(make_messages(1))
    follow()
    EndpointHealth.objects.create(endpoint=endpoint, n_failures=12, open_until=timezone.now())
    Callback.objects.update(next_try_at=timezone.now() + timedelta(hours=9))
    save(project, admin, seen_at=endpoint.changed_at, url="https://crm.lan/new")
    assert not EndpointHealth.objects.exists()
    assert (Callback.objects.get().next_try_at or timezone.now()) <= timezone.now()


# --- Switching ------------------------------------------------------------------------------------------


def test_switching_off_drops_what_waits_and_on_again_begins_anew(
    project: Project, admin: User, make_messages: MakeMessages
) -> None:
    endpoint = save(project, admin)
    settle(make_messages(1))
    follow()
    switch_endpoint(endpoint=endpoint, is_on=False, by=admin)
    assert Callback.objects.get().state == "dropped"
    settle(make_messages(1))
    follow()
    switch_endpoint(endpoint=endpoint, is_on=True, by=admin)
    assert Callback.objects.count() == 1
    settle(make_messages(1))
    follow()
    assert Callback.objects.filter(state="waiting").count() == 1


def test_switching_on_clears_the_trouble(project: Project, admin: User) -> None:
    endpoint = save(project, admin)
    CallbackEndpoint.objects.update(is_on=False, trouble=CallbackTrouble.FAILING, troubled_at=timezone.now())
    EndpointHealth.objects.create(endpoint=endpoint, n_failures=99, failing_since=timezone.now())
    switch_endpoint(endpoint=endpoint, is_on=True, by=admin)
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.trouble, endpoint.troubled_at) == (True, "", None)
    assert not EndpointHealth.objects.exists()


def test_an_address_that_leads_inside_by_now_is_not_switched_on(
    project: Project, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = endpoint_of(project, "https://hooks.example.com/", is_on=False)
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: inside)
    with pytest.raises(AddressRefused):
        switch_endpoint(endpoint=endpoint, is_on=True, by=admin)
    endpoint.refresh_from_db()
    assert not endpoint.is_on


def test_switching_twice_does_nothing(project: Project, admin: User) -> None:
    endpoint = save(project, admin)
    switch_endpoint(endpoint=endpoint, is_on=True, by=admin)
    endpoint.refresh_from_db()
    assert not OutboxEvent.objects.filter(kind="callback.switched_on").exists()


# --- Secrets --------------------------------------------------------------------------------------------


def test_a_secret_is_rotated_and_shown_only_after_confirming(project: Project, admin: User) -> None:
    endpoint = save(project, admin)
    long_ago = timezone.now() - timedelta(hours=1)
    for confirmed_at in (None, long_ago):
        with pytest.raises(CallbacksError):
            rotate_secret(endpoint=endpoint, confirmed_at=confirmed_at, by=admin)
        with pytest.raises(CallbacksError):
            reveal_secret(endpoint=endpoint, confirmed_at=confirmed_at, by=admin)
    rotate_secret(endpoint=endpoint, confirmed_at=timezone.now(), by=admin)
    rotated = CallbackEndpoint.objects.get()
    assert (rotated.previous_secret, rotated.secret == endpoint.secret) == (endpoint.secret, False)
    assert reveal_secret(endpoint=rotated, confirmed_at=timezone.now(), by=admin) == rotated.secret
    hours = ((rotated.previous_secret_until or timezone.now()) - timezone.now()).total_seconds() / 3600
    assert 23.9 < hours <= 24
    kinds = set(OutboxEvent.objects.values_list("kind", flat=True))
    assert {"callback.secret_rotated", "callback.secret_revealed", "callback.secret_reveal_refused"} <= kinds
    told = " ".join(str(event.payload) for event in OutboxEvent.objects.all())
    assert rotated.secret not in told
    assert endpoint.secret not in told


# --- The test button ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize("kind", [CallbackKind.STATUS, CallbackKind.REPLY])
def test_a_test_shows_both_sides(
    kind: CallbackKind, is_on: bool, project: Project, admin: User, receiver: Receiver
) -> None:
    endpoint = endpoint_of(project, receiver.url, kind=kind, is_on=is_on)
    outcome = send_test(endpoint=endpoint, by=admin)
    [heard] = receiver.heard
    assert outcome.is_taken
    assert (heard.body, heard.id) == (outcome.request.body, str(outcome.callback.uuid))
    assert heard.headers["webhook-signature"] == outcome.request.headers["webhook-signature"]
    assert heard.is_signed_with(SECRET)
    assert heard.json["test"] is True
    assert (outcome.attempt.status, outcome.attempt.answer) == (200, '{"result":0,"errmsg":"OK"}')
    row = Callback.objects.get()
    assert (row.is_test, row.state, row.attempts.count()) == (True, "delivered", 1)


def test_a_test_that_fails_is_not_tried_again_and_hurts_nothing(
    project: Project, admin: User, receiver: Receiver
) -> None:
    receiver.behaviour = answer(500, b"nope \x00 \xff")
    outcome = send_test(endpoint=endpoint_of(project, receiver.url), by=admin)
    assert not outcome.is_taken
    assert (outcome.attempt.status, outcome.attempt.fault) == (500, "status")
    assert outcome.attempt.answer == "nope \ufffd \ufffd"
    row = Callback.objects.get()
    assert (row.state, row.next_try_at) == ("given_up", None)
    assert not EndpointHealth.objects.exists()


def test_there_is_nothing_to_test_of_voice(project: Project, admin: User, receiver: Receiver) -> None:
    endpoint = endpoint_of(project, receiver.url, kind=CallbackKind.VOICE)
    with pytest.raises(CallbacksError):
        send_test(endpoint=endpoint, by=admin)
    assert not receiver.heard


def test_an_example_is_signed_with_the_secret_that_is_asked_for(project: Project) -> None:
    endpoint = endpoint_of(project)
    example = example_of(endpoint, secret="whsec_c2VjcmV0")
    assert example.url == endpoint.url
    assert len(example.headers["webhook-signature"].split()) == 1


# --- Telling again --------------------------------------------------------------------------------------


def hour_ago() -> datetime:
    return timezone.now() - timedelta(hours=1)


def test_what_was_told_and_what_was_not_is_told_again(
    project: Project, admin: User, make_messages: MakeMessages
) -> None:
    endpoint = endpoint_of(project, n_per_request=4)
    told_before = settle(make_messages(3))
    follow()
    CallbackEndpoint.objects.update(is_on=False)
    while_off = settle(make_messages(3))
    follow()
    CallbackEndpoint.objects.update(is_on=True)
    begin, end = hour_ago(), timezone.now()
    assert count_replay(endpoint=endpoint, begin=begin, end=end) == Amount(6, 2)
    assert replay(endpoint=endpoint, begin=begin, end=end, by=admin) == Amount(6, 2)
    again = Callback.objects.filter(is_replay=True).order_by("pk")
    assert [item[0] for row in again for item in row.items] == [*told_before, *while_off]
    assert {row.state for row in again} == {"waiting"}
    # The same as the first time but for its id.
    first = Callback.objects.filter(is_replay=False).get()
    assert first.items == again[0].items[:3]
    assert first.uuid != again[0].uuid


def test_only_the_time_that_was_asked_for_is_told_again(
    project: Project, admin: User, make_messages: MakeMessages
) -> None:
    endpoint = endpoint_of(project)
    settle(make_messages(1))
    begin = timezone.now()
    ids = settle(make_messages(1))
    end = timezone.now()
    settle(make_messages(1))
    replay(endpoint=endpoint, begin=begin, end=end, by=admin)
    assert [item[0] for item in Callback.objects.get().items] == ids


def test_a_replay_follows_the_endpoints_wishes_and_the_projects_bounds(
    project: Project, gateway: Gateway, make_messages: MakeMessages
) -> None:
    other = ProjectFactory(organization=project.organization, slug="other")
    settle(make_messages(5, project=other))
    settle(make_messages(2))
    settle(make_messages(1, is_stream=True))
    settle(make_messages(1, is_stream=True), MessageStatus.UNCERTAIN)
    settle(make_messages(1, tags={"system": "alarm"}))
    begin, end = hour_ago(), timezone.now()
    standard = endpoint_of(project)
    assert count_replay(endpoint=standard, begin=begin, end=end).n_told == 4
    standard.format, standard.includes_campaigns = CallbackFormat.TENCENT, False
    assert count_replay(endpoint=standard, begin=begin, end=end).n_told == 1


def test_replies_are_told_again(project: Project, admin: User, gateway: Gateway, make_messages: Any) -> None:
    endpoint = endpoint_of(project, kind=CallbackKind.REPLY)
    dispatch = make_messages(1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_message SET submitted_at = now() - interval '1 minute'")
    reply = Reply.objects.create(gateway=gateway, msisdn="+8613800000000", text="yes")
    Reply.objects.create(gateway=gateway, msisdn="+8613899999999", text="who?")
    apply_replies()
    assert replay(endpoint=endpoint, begin=hour_ago(), end=timezone.now(), by=admin) == Amount(1, 1)
    assert Callback.objects.get().items == [[reply.pk]]
    assert dispatch.project_id == project.pk


def test_too_much_at_once_is_refused(
    project: Project, make_messages: MakeMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "MOST_REPLAYED", 4)
    endpoint = endpoint_of(project)
    settle(make_messages(5))
    with pytest.raises(ReplayRefused, match="shorter"):
        count_replay(endpoint=endpoint, begin=hour_ago(), end=timezone.now())


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        (timedelta(hours=-1), timedelta(hours=-1), "before it begins"),
        (timedelta(hours=-1), timedelta(hours=-2), "before it begins"),
        (timedelta(hours=1), timedelta(hours=2), "not come yet"),
        (timedelta(days=-91), timedelta(), "kept for 90 days"),
    ],
)
def test_a_time_that_is_not_right_is_refused(
    begin: timedelta, end: timedelta, words: str, project: Project, admin: User
) -> None:
    now = timezone.now()
    with pytest.raises(ReplayRefused, match=words):
        replay(endpoint=endpoint_of(project), begin=now + begin, end=now + end, by=admin)


def test_an_endpoint_that_is_off_is_told_nothing_again(project: Project, admin: User) -> None:
    endpoint = endpoint_of(project, is_on=False)
    with pytest.raises(ReplayRefused, match="off"):
        replay(endpoint=endpoint, begin=hour_ago(), end=timezone.now(), by=admin)


# --- Keeping --------------------------------------------------------------------------------------------


def test_old_rows_go_and_what_waits_stays(
    project: Project, make_messages: MakeMessages, settings: Any
) -> None:
    settings.CALLBACK_RETENTION_DAYS = 30
    Project.objects.update(pulls_status=True)
    endpoint_of(project, n_per_request=1)
    settle(make_messages(4))
    follow()
    rows = list(Callback.objects.order_by("pk"))
    for row in rows:
        CallbackAttempt.objects.create(callback=row, milliseconds=1, status=200)
    old = timezone.now() - timedelta(days=31)
    Callback.objects.filter(pk__in=[rows[0].pk, rows[1].pk]).update(created_at=old)
    Callback.objects.exclude(pk=rows[1].pk).update(state="delivered")
    items = list(PullItem.objects.order_by("pk"))
    PullItem.objects.filter(pk=items[0].pk).update(event_at=old)
    PullItem.objects.filter(pk=items[1].pk).update(event_at=old, pulled_at=old)
    PullItem.objects.filter(pk=items[2].pk).update(pulled_at=timezone.now())
    drop_old()
    assert set(Callback.objects.values_list("pk", flat=True)) == {row.pk for row in rows[1:]}
    assert CallbackAttempt.objects.count() == 3
    assert set(PullItem.objects.values_list("pk", flat=True)) == {items[2].pk, items[3].pk}


def test_an_endpoint_does_not_keep_an_empty_project(project: Project, admin: User) -> None:
    endpoint_of(project)
    disable_project(project=project, by=admin)
    delete_project(project=project, by=admin)
    assert not CallbackEndpoint.objects.exists()
