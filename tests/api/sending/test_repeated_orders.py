"""The same request once more, at once, or after the answer was lost: one message, one answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection

from api.models import Answer, MessageBatch
from api.sending.answers import AnswerMismatch, Replay, StoredAnswer, keep_answer
from api.sending.orders import OrderRefused, Placed, Refusal
from api.sending.placing import place
from delivery.models import Handover, Message, MessageBody
from projects.models import Project
from tests.api.sending.offers import Shop, home_number
from tests.api.sending.test_answers import at_once

pytestmark = pytest.mark.django_db(transaction=True)

REPLAY = Replay("v5:sendsms:abc", b"1" * 32)


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    return Shop()


def test_the_same_request_gets_the_same_answer_and_sends_nothing(shop: Shop) -> None:
    order = shop.order(numbers=[home_number(), "12"], context="order 7")
    first = place(shop.project, order, replay=REPLAY)
    again = place(shop.project, order, replay=REPLAY)
    assert (first.is_repeated, again.is_repeated) == (False, True)
    assert again.results == first.results
    assert [each.refusal for each in again.results] == [None, Refusal.NUMBER_INVALID]
    assert Message.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(shop: Shop) -> None:
    place(shop.project, shop.order(), replay=REPLAY)
    with pytest.raises(AnswerMismatch):
        place(shop.project, shop.order(numbers=[home_number(1)]), replay=REPLAY._replace(body_hash=b"2" * 32))
    assert Message.objects.count() == 1


def test_without_a_key_the_same_order_is_another_one(shop: Shop) -> None:
    place(shop.project, shop.order())
    place(shop.project, shop.order())
    assert Message.objects.count() == 2


def test_it_is_answered_as_before_though_the_text_was_revoked_since(shop: Shop) -> None:
    first = place(shop.project, shop.order(), replay=REPLAY)
    Project.objects.filter(pk=shop.project.pk).update(stopped_at="2026-01-01T00:00Z")
    shop.project.refresh_from_db()
    assert place(shop.project, shop.order(), replay=REPLAY).results == first.results
    with pytest.raises(OrderRefused):
        place(shop.project, shop.order(), replay=REPLAY._replace(key="v5:sendsms:def"))


def test_what_comes_along_is_written_with_it_once(shop: Shop) -> None:
    def note_batch(placed: Placed) -> None:
        batch = MessageBatch.objects.create(
            project=shop.project, first_id=placed.results[0].message_id, n_messages=1
        )
        placed.extra["batch"] = str(batch.uuid)

    first = place(shop.project, shop.order(), replay=REPLAY, also=note_batch)
    again = place(shop.project, shop.order(), replay=REPLAY, also=note_batch)
    assert first.extra == again.extra == {"batch": str(MessageBatch.objects.get().uuid)}


def test_what_fails_beside_it_undoes_all(shop: Shop) -> None:
    def fail(placed: Placed) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        place(shop.project, shop.order(), replay=REPLAY, also=fail)
    assert not Message.objects.exists()
    assert not MessageBody.objects.exists()
    assert not Handover.objects.exists()
    assert not Answer.objects.exists()


def test_of_six_at_once_one_sends(shop: Shop) -> None:
    barrier = threading.Barrier(6)

    def ask() -> Placed:
        barrier.wait(10)
        return place(shop.project, shop.order(), replay=REPLAY)

    given = at_once(*[ask] * 6)
    assert len({tuple(placed.results) for placed in given}) == 1
    assert sorted(placed.is_repeated for placed in given) == [False] + [True] * 5
    assert Message.objects.count() == MessageBody.objects.count() == Handover.objects.count() == 1


def test_who_loses_the_race_at_the_last_moment_leaves_nothing(shop: Shop) -> None:
    other = StoredAnswer(200, '{"results":[],"waits_until":"","extra":{"by":"the other"}}')

    def overtaken(placed: Placed) -> None:
        # From a connection of its own, while ours has written everything but the answer.
        at_once(lambda: keep_answer(shop.project, REPLAY, other))

    placed = place(shop.project, shop.order(), replay=REPLAY, also=overtaken)
    assert (placed.is_repeated, placed.extra) == (True, {"by": "the other"})
    assert not Message.objects.exists()
    assert not Handover.objects.exists()


KILLED = """
import os, sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from api.sending import placing
from api.sending.answers import Replay
from api.sending.orders import Order, Recipient
from projects.models import Project

def die(*_):
    os.kill(os.getpid(), 9)

also = None
if sys.argv[3] == "before commit":
    also = die
else:
    carry_out = placing._carry_out
    placing._carry_out = lambda *arguments: (carry_out(*arguments), die())
project = Project.objects.get(pk=sys.argv[2])
order = Order([Recipient(sys.argv[5], ("1234", "5"))], template_id=sys.argv[4], signature="演示商城")
placing.place(project, order, replay=Replay("v5:sendsms:abc", b"1" * 32), also=also)
"""


@pytest.mark.faults
@pytest.mark.parametrize(("moment", "n_stored"), [("before commit", 0), ("after commit", 1)])
def test_who_is_killed_before_the_answer_has_sent_once_or_not_at_all(
    shop: Shop, moment: str, n_stored: int
) -> None:
    order = shop.order()
    arguments = [str(connection.settings_dict["NAME"]), str(shop.project.pk), moment]
    arguments += [order.template_id, order.recipients[0].number]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "smsconsole.settings"},
        cwd=Path(__file__).parents[3],
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert Message.objects.count() == Answer.objects.count() == n_stored
    placed = place(shop.project, order, replay=REPLAY)
    assert placed.is_repeated is bool(n_stored)
    assert [each.message_id for each in placed.results] == [Message.objects.get().pk]
