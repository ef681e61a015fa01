"""Programs' messages are written loose: whole, counted, and told, with nothing that one waits for another for."""

from __future__ import annotations

import threading
from datetime import time as clock
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from delivery.errors import DeliveryError, ProjectStopped
from delivery.id_blocks import IdBlock
from delivery.limits.frequency import Block
from delivery.models import Dispatch, Gateway, Handover, Message, MessageBody, MessageNote
from delivery.queries import read_counts
from delivery.routing import Router
from delivery.services import NewMessage, SendingHours
from delivery.services.handing_over import LooseMessage, hand_over, open_stream, reserve_message_ids
from delivery.statuses import DispatchState, MessageStatus, Reason
from projects.models import Project
from smsconsole.outbox.models import OutboxEvent

pytestmark = pytest.mark.django_db

TAGS = {"kind": "verification", "region": "domestic"}


def loose(i: int, **fields: Any) -> LooseMessage:
    return LooseMessage(NewMessage(0, f"+86138{i:08d}", "CN", "Acme", f"Code {i}", 1), **fields)


def test_a_request_writes_messages_bodies_notes_counters_and_one_event(
    project: Project, gateway: Gateway
) -> None:
    stream = open_stream(project=project, tags=TAGS)
    ids = reserve_message_ids(3)
    blocked = Block(Reason.PER_HOUR, "per_hour", 3, 3_600)
    messages = [loose(1, context="my\tcontext", extend="77"), loose(2, block=blocked), loose(3)]
    with transaction.atomic():
        hand_over(stream=stream, ids=ids, messages=messages, router=None)
    rows = Message.objects.order_by("pk")
    assert [(row.pk, row.status, row.window_id) for row in rows] == [
        (ids[0], MessageStatus.QUEUED, None),
        (ids[1], MessageStatus.BLOCKED, None),
        (ids[2], MessageStatus.QUEUED, None),
    ]
    one = rows[1]
    assert (one.reason, one.code, one.rare_status) == (
        Reason.PER_HOUR,
        "per_hour:3:3600:",
        MessageStatus.BLOCKED,
    )
    assert one.final_at is not None
    assert [body.text for body in MessageBody.objects.order_by("pk")] == ["Code 1", "Code 2", "Code 3"]
    note = MessageNote.objects.get()
    assert (note.message_id, note.project_id, note.context, note.extend) == (
        ids[0],
        project.pk,
        "my\tcontext",
        "77",
    )
    assert {k: n for k, n in read_counts(stream.pk)[0].items() if n} == {
        MessageStatus.QUEUED: 2,
        MessageStatus.BLOCKED: 1,
    }
    event = OutboxEvent.objects.get(subject=f"dispatch:{stream.pk}")
    assert event.payload["changes"] == [
        [None, 0, [[ids[0], ids[2]]]],
        [0, 9, [[ids[1], ids[1]]]],
    ]
    assert [(h.gateways, h.first_id, h.last_id) for h in Handover.objects.order_by("pk")] == [
        ([gateway.pk], ids[0], ids[0]),
        ([], ids[1], ids[1]),
        ([gateway.pk], ids[2], ids[2]),
    ]


def test_it_takes_three_statements_for_many_messages(project: Project, gateway: Gateway) -> None:
    stream = open_stream(project=project, tags=TAGS)
    ids = reserve_message_ids(200)
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        hand_over(stream=stream, ids=ids, messages=[loose(i, context="x") for i in range(200)], router=None)
    assert len([q for q in asked.captured_queries if "SAVEPOINT" not in q["sql"]]) == 3


def test_neighbours_that_go_the_same_ways_are_handed_over_together(
    project: Project, gateway: Gateway
) -> None:
    class TwoWays(Router):
        def __init__(self) -> None: ...

        def route(self, msisdn: str, country: str) -> tuple[int, ...]:
            return (7, 8) if msisdn.endswith(("0", "1")) else ()

    stream = open_stream(project=project, tags=TAGS)
    ids = reserve_message_ids(4)
    hand_over(stream=stream, ids=ids, messages=[loose(i) for i in range(4)], router=TwoWays())
    assert [(h.gateways, h.first_id, h.last_id) for h in Handover.objects.order_by("pk")] == [
        ([7, 8], ids[0], ids[1]),
        ([gateway.pk], ids[2], ids[3]),
    ]


def test_nothing_is_left_of_a_request_that_is_rolled_back(project: Project, gateway: Gateway) -> None:
    stream = open_stream(project=project, tags=TAGS)
    with transaction.atomic():
        hand_over(stream=stream, ids=reserve_message_ids(1), messages=[loose(1)], router=None)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Handover.objects.exists()


def test_what_postgresql_cannot_keep_is_left_out(project: Project, gateway: Gateway) -> None:
    stream = open_stream(project=project, tags=TAGS)
    message = NewMessage(0, "+8613800000000", "CN", "Ac\0me", "Co\0de", 1)
    hand_over(
        stream=stream,
        ids=reserve_message_ids(1),
        messages=[LooseMessage(message, context="a\0b")],
        router=None,
    )
    assert MessageBody.objects.get().text == "Code"
    assert MessageNote.objects.get().context == "ab"


def test_as_many_ids_as_messages_are_wanted(project: Project, gateway: Gateway) -> None:
    stream = open_stream(project=project, tags=TAGS)
    with pytest.raises(ValueError, match="one id"):
        hand_over(stream=stream, ids=reserve_message_ids(2), messages=[loose(1)], router=None)


# --- Ids ------------------------------------------------------------------------------------------------


def test_ids_are_given_once_to_threads_that_ask_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    next_id = iter(range(0, 10**9, 10_000))
    monkeypatch.setattr("delivery.id_blocks._reserve", lambda n: next(next_id))
    block = IdBlock()

    def take() -> None:
        for n in range(1, 60):
            taken.extend(block.take(n % 7 + 1))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 6 * sum(n % 7 + 1 for n in range(1, 60))


def test_what_is_left_of_an_old_block_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("delivery.id_blocks.time.monotonic", lambda: now[0])
    block = IdBlock()
    first, second = block.take(1), block.take(2)
    assert second.start == first.stop
    now[0] += 3
    later = block.take(1)
    assert later.start > second.stop


def test_a_block_grows_with_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def reserve(n: int) -> int:
        sizes.append(n)
        return 1

    monkeypatch.setattr("delivery.id_blocks._reserve", reserve)
    block = IdBlock()
    for _ in range(500):
        block.take(1)
    assert len(sizes) < 8
    assert block.take(9_000) == range(1, 9_001)
    assert sizes[-1] == 9_000


# --- Streams --------------------------------------------------------------------------------------------


def test_the_same_tags_and_consent_share_the_stream_of_the_day(project: Project, gateway: Gateway) -> None:
    stream = open_stream(project=project, tags=TAGS, consent_key="shop")
    assert open_stream(project=project, tags=dict(reversed(TAGS.items())), consent_key="shop").pk == stream.pk
    others = [
        open_stream(project=project, tags=TAGS, consent_key="news"),
        open_stream(project=project, tags={**TAGS, "template": "t"}, consent_key="shop"),
        open_stream(
            project=project, tags=TAGS, consent_key="shop", hours=SendingHours(clock(8), clock(22), "UTC")
        ),
    ]
    assert len({stream.pk, *(other.pk for other in others)}) == 4
    assert stream.is_stream
    assert others[2].hours_zone == "UTC"


@pytest.mark.parametrize(
    ("kind", "is_urgent"), [("verification", True), ("notification", True), ("marketing", False)]
)
def test_what_somebody_waits_for_is_urgent(
    project: Project, gateway: Gateway, kind: str, is_urgent: bool
) -> None:
    assert open_stream(project=project, tags={"kind": kind, "region": "domestic"}).is_urgent is is_urgent


def test_a_day_has_a_stream_of_its_own(project: Project, gateway: Gateway, time_machine: Any) -> None:
    time_machine.move_to("2026-11-21T23:59:59Z", tick=False)
    before = open_stream(project=project, tags=TAGS)
    time_machine.move_to("2026-11-22T00:00:00Z", tick=False)
    after = open_stream(project=project, tags=TAGS)
    assert before.pk != after.pk
    assert before.owner.endswith(":2026-11-21")
    assert after.owner.endswith(":2026-11-22")


def test_a_known_stream_costs_one_statement(project: Project, gateway: Gateway) -> None:
    open_stream(project=project, tags=TAGS)
    with CaptureQueriesContext(connection) as asked:
        open_stream(project=project, tags=TAGS)
    assert len(asked) == 1


def test_a_cancelled_stream_is_followed_by_another_one(project: Project, gateway: Gateway) -> None:
    first = open_stream(project=project, tags=TAGS)
    Dispatch.objects.filter(pk=first.pk).update(state=DispatchState.CANCELLED)
    second = open_stream(project=project, tags=TAGS)
    assert second.pk != first.pk
    assert open_stream(project=project, tags=TAGS).pk == second.pk


def test_a_stopped_project_opens_nothing_and_sends_nothing(project: Project, gateway: Gateway) -> None:
    open_stream(project=project, tags=TAGS)
    Project.objects.filter(pk=project.pk).update(stopped_at="2026-01-01T00:00:00Z")
    with pytest.raises(ProjectStopped):
        open_stream(project=project, tags=TAGS)
    with pytest.raises(ProjectStopped):
        open_stream(project=project, tags={**TAGS, "region": "international"})
    assert Dispatch.objects.count() == 1


def test_without_a_gateway_it_says_so(project: Project) -> None:
    with pytest.raises(DeliveryError, match="No gateway"):
        open_stream(project=project, tags=TAGS)


def test_the_sandbox_has_a_gateway_of_its_own_that_is_no_way_out(project: Project) -> None:
    stream = open_stream(project=project, tags={**TAGS, "sandbox": "yes"})
    assert stream.gateway.kind == "sandbox"
    with pytest.raises(DeliveryError):
        open_stream(project=project, tags=TAGS)
