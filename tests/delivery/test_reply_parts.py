"""Replies in parts, in any order, twice, and never all of them."""

from __future__ import annotations

import itertools
import random
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from delivery.drain import drain
from delivery.gateways.base import ReplyEvent, ReplyPart
from delivery.models import Gateway, MessageBody, Reply, StoredReplyPart
from delivery.services import apply_replies, store_replies
from delivery.services.reply_parts import join_replies
from delivery.statuses import ReplyOutcome
from tests.delivery.conftest import MakeDispatch, ScriptedDriver

pytestmark = pytest.mark.django_db
ANN = "+8613800000001"


def part(seq: int, text: str, *, n: int = 3, reference: str = "7", reply_id: str = "") -> ReplyEvent:
    return ReplyEvent(ANN, text, "1069", reply_id, ReplyPart(reference, n, seq))


def bring(gateway: Gateway, *events: ReplyEvent) -> None:
    store_replies(gateway_id=gateway.pk, events=events)
    join_replies()


def texts() -> list[str]:
    return list(Reply.objects.order_by("pk").values_list("text", flat=True))


def let_pass(**age: int) -> None:
    then = timezone.now() - timedelta(**age)
    StoredReplyPart.objects.update(received_at=then)
    StoredReplyPart.objects.filter(joined_at__isnull=False).update(joined_at=then)
    join_replies()


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_parts_in_any_order_become_one_reply(gateway: Gateway, order: tuple[int, ...]) -> None:
    for n_before, seq in enumerate(order):
        assert texts() == []
        assert StoredReplyPart.objects.count() == n_before
        bring(gateway, part(seq, f"<{seq}>"))
    assert texts() == ["<1><2><3>"]


def test_parts_that_come_twice_or_after_the_reply_was_made_count_once(gateway: Gateway) -> None:
    for _ in range(3):
        bring(gateway, *(part(seq, f"<{seq}>") for seq in (1, 1, 3, 2)))
    let_pass(minutes=11)
    assert texts() == ["<1><2><3>"]
    assert join_replies() == 0


def test_what_is_there_becomes_a_reply_after_ten_minutes(gateway: Gateway) -> None:
    bring(gateway, part(2, "middle", n=4))
    let_pass(minutes=9)
    assert texts() == []
    let_pass(minutes=11)
    assert texts() == ["…middle…"]
    bring(gateway, part(1, "late", n=4))
    let_pass(minutes=11)
    assert texts() == ["…middle…", "late…"]


def test_a_reference_that_the_phone_uses_again_is_another_reply(gateway: Gateway) -> None:
    bring(gateway, *(part(seq, f"<{seq}>") for seq in (1, 2, 3)))
    bring(gateway, *(part(seq, f"[{seq}]") for seq in (1, 2, 3)))
    assert texts() == ["<1><2><3>", "[1][2][3]"]
    let_pass(hours=2)
    assert not StoredReplyPart.objects.exists()


def test_two_numbers_and_two_gateways_do_not_mix(gateway: Gateway) -> None:
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    bring(gateway, part(1, "a", n=2), part(2, "b", n=2)._replace(msisdn="+8613800000002"))
    bring(other, part(2, "c", n=2))
    assert texts() == []
    bring(gateway, part(2, "A", n=2))
    assert texts() == ["aA"]


@pytest.mark.parametrize("nonsense", [ReplyPart("1", 1, 1), ReplyPart("1", 3, 4), ReplyPart("1", 0, 0)])
def test_a_part_of_nothing_is_a_whole_reply(gateway: Gateway, nonsense: ReplyPart) -> None:
    bring(gateway, ReplyEvent(ANN, "whole", "1069", "", nonsense))
    assert texts() == ["whole"]


def test_a_word_that_unsubscribes_is_recognized_once_its_parts_are_joined(
    gateway: Gateway, driver: ScriptedDriver, make_dispatch: MakeDispatch
) -> None:
    make_dispatch(1)
    drain(gateway, until=time.monotonic() + 5, driver=driver)
    MessageBody.objects.update(msisdn=ANN)
    bring(gateway, part(2, "SCRIBE", n=2, reply_id="r2"))
    apply_replies()
    assert not Reply.objects.exists()
    bring(gateway, part(1, "UNSUB", n=2, reply_id="r1"))
    apply_replies()
    reply = Reply.objects.get()
    assert (reply.text, reply.outcome, reply.gateway_reply_id) == (
        "UNSUBSCRIBE",
        ReplyOutcome.UNSUBSCRIBED,
        "r1",
    )


def test_any_shuffle_of_many_with_doubles_ends_the_same(gateway: Gateway) -> None:
    dice = random.Random(7)
    events = [part(seq, f"{r}.{seq} ", n=4, reference=str(r)) for r in range(12) for seq in (1, 2, 3, 4)]
    brought = events + dice.sample(events, 20)
    dice.shuffle(brought)
    for start in range(0, len(brought), 5):
        bring(gateway, *brought[start : start + 5])
    assert sorted(texts()) == sorted("".join(f"{r}.{seq} " for seq in (1, 2, 3, 4)) for r in range(12))
