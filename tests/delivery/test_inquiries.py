"""Carriers that can be asked what became of a message: when, how often, and what their answers settle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from delivery import gateways
from delivery.counters import fold_deltas
from delivery.drain import drain
from delivery.gateways.base import (
    GatewayDriver,
    OutboundMessage,
    Outcome,
    QueriesMessages,
    QueryAnswer,
    QueryOutcome,
    ReceiptState,
    SubmitResult,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayUnavailable
from delivery.ledger import check_dispatch
from delivery.lines.profiles import forget_profiles
from delivery.models import Evidence, Gateway, GatewayExchange, Inquiry, Message, MessagePart, Window
from delivery.queries import read_counts
from delivery.services import inquiries
from delivery.services.inquiries import ask_carrier, record_answers, ring_inquiries
from delivery.statuses import MessageStatus, Reason
from tests.delivery.conftest import MakeDispatch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Say = Callable[[SubmittedMessage], QueryAnswer]


class AskedDriver(GatewayDriver, QueriesMessages):
    """Hears nothing of what it submits, and answers queries as its `say` does."""

    kind = "asked"
    label = "Asked"
    say: Say
    asked: list[SubmittedMessage]

    def __init__(self, settings: Mapping[str, Any]) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        for message in messages:
            yield SubmitResult(message.id, Outcome.UNCERTAIN)

    def query(self, messages: Sequence[SubmittedMessage]) -> Iterator[QueryAnswer]:
        for message in messages:
            AskedDriver.asked.append(message)
            yield AskedDriver.say(message)


@pytest.fixture
def asked(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    forget_profiles()
    monkeypatch.setitem(gateways.DRIVERS, "asked", AskedDriver)
    AskedDriver.asked = []
    AskedDriver.say = says(QueryOutcome.UNKNOWN)
    gateway.kind = "asked"
    gateway.save(update_fields=["kind"])
    return gateway


@pytest.fixture
def lost(asked: Gateway, make_dispatch: MakeDispatch) -> Any:
    """Two messages of which nothing was heard, some time ago."""
    dispatch = make_dispatch(2)
    drain(asked, until=time.monotonic() + 5)
    let_pass(timedelta(minutes=2))
    return dispatch


def says(outcome: QueryOutcome, **values: Any) -> Say:
    return staticmethod(lambda message: QueryAnswer(message.id, message.attempt, outcome, **values))  # type: ignore[return-value]


def let_pass(age: timedelta) -> None:
    then = timezone.now() - age
    Message.objects.filter(submitted_at__isnull=False).update(submitted_at=then)
    Window.objects.update(claimed_at=then)
    Inquiry.objects.filter(next_at__isnull=False).update(next_at=NOW)
    fold_deltas()


def statuses() -> list[MessageStatus]:
    return [MessageStatus(m.status) for m in Message.objects.order_by("pk")]


def test_a_final_answer_settles(asked: Gateway, lost: Any) -> None:
    AskedDriver.say = says(
        QueryOutcome.FINAL, state=ReceiptState.UNDELIVERED, code="MK:0001", reported_at=NOW
    )
    assert ask_carrier(asked) == 2
    assert statuses() == [MessageStatus.UNDELIVERED] * 2
    message = Message.objects.first()
    assert (message.reason, message.code, message.final_at) == (Reason.INVALID_NUMBER, "MK:0001", NOW)
    assert set(Evidence.objects.values_list("source", "outcome")) == {("query", "undelivered")}
    fold_deltas()
    assert {s: n for s, n in read_counts(lost.pk)[0].items() if n} == {MessageStatus.UNDELIVERED: 2}
    assert check_dispatch(lost.pk) == []
    assert ask_carrier(asked) == 0


def test_what_the_carrier_has_is_sent_and_its_ids_are_known_from_now_on(asked: Gateway, lost: Any) -> None:
    AskedDriver.say = says(QueryOutcome.TAKEN, gateway_message_ids=("c1",))
    ask_carrier(asked)
    assert statuses() == [MessageStatus.SUBMITTED] * 2
    assert list(MessagePart.objects.values_list("gateway_message_id", "seq")) == [("c1", 1)] * 2
    assert check_dispatch(lost.pk) == []


@pytest.mark.parametrize("outcome", [QueryOutcome.MISSING, QueryOutcome.UNKNOWN])
def test_an_answer_that_settles_nothing_is_kept_and_asked_for_again_later_and_later(
    asked: Gateway, lost: Any, outcome: QueryOutcome
) -> None:
    AskedDriver.say = says(outcome, code="E1")
    pauses = []
    for _ in range(9):
        assert ask_carrier(asked) == 2
        assert ask_carrier(asked) == 0
        inquiry = Inquiry.objects.first()
        pauses.append(round((inquiry.next_at - timezone.now()).total_seconds() / 60))
        let_pass(timedelta(minutes=2))
    assert statuses() == [MessageStatus.UNCERTAIN] * 2
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (inquiry.n_asked, inquiry.outcome, inquiry.code) == (9, outcome, "E1")
    assert Evidence.objects.count() == (2 if outcome == QueryOutcome.MISSING else 0)


def test_nobody_is_asked_too_early_nor_after_the_time_for_receipts(asked: Gateway, lost: Any) -> None:
    let_pass(timedelta(seconds=50))
    assert ask_carrier(asked) == 0
    let_pass(timedelta(hours=73))
    assert ask_carrier(asked) == 0
    let_pass(timedelta(hours=71))
    assert ask_carrier(asked) == 2


def test_a_new_attempt_is_asked_about_anew(asked: Gateway, lost: Any) -> None:
    AskedDriver.say = says(QueryOutcome.MISSING)
    ask_carrier(asked)
    Message.objects.update(attempt=2)
    assert ask_carrier(asked) == 2
    assert set(Inquiry.objects.values_list("attempt", "n_asked")) == {(2, 1)}
    assert {message.reference for message in AskedDriver.asked[2:]} == {
        f"{message.pk}-2" for message in Message.objects.all()
    }


def test_an_answer_that_comes_after_a_receipt_or_for_an_earlier_attempt_changes_nothing(
    asked: Gateway, lost: Any
) -> None:
    first, second = Message.objects.order_by("pk")
    Message.objects.filter(pk=first.pk).update(status=MessageStatus.DELIVERED, rare_status=None)
    Message.objects.filter(pk=second.pk).update(attempt=2)
    answers = [QueryAnswer(pk, 1, QueryOutcome.FINAL, ReceiptState.REJECTED) for pk in (first.pk, second.pk)]
    assert record_answers(asked.pk, answers) == 0
    assert statuses() == [MessageStatus.DELIVERED, MessageStatus.UNCERTAIN]


def test_what_the_carrier_said_before_it_fell_silent_counts(asked: Gateway, lost: Any) -> None:
    first, _second = Message.objects.order_by("pk")

    def one_answer(message: SubmittedMessage) -> QueryAnswer:
        if message.id != first.pk:
            raise GatewayUnavailable("Nobody answers.")
        return QueryAnswer(message.id, 1, QueryOutcome.TAKEN)

    AskedDriver.say = staticmethod(one_answer)  # type: ignore[assignment]
    assert ask_carrier(asked) == 0
    assert statuses() == [MessageStatus.SUBMITTED, MessageStatus.UNCERTAIN]
    assert GatewayExchange.objects.get().answer == "Nobody answers."
    assert ask_carrier(asked) == 0


def test_it_is_rung_for_gateways_that_have_something_to_ask(
    asked: Gateway, lost: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[tuple[Any, ...]] = []
    monkeypatch.setattr(inquiries, "enqueue", lambda *call: rings.append(call))
    assert ring_inquiries() == 1
    assert rings == [("delivery.jobs.ask_carrier", asked.pk)]
    ask_carrier(asked)
    assert ring_inquiries() == 0
    let_pass(timedelta(minutes=2))
    Gateway.objects.update(is_enabled=False)
    assert ring_inquiries() == 0


def test_a_gateway_that_cannot_be_asked_is_not(gateway: Gateway) -> None:
    assert ask_carrier(gateway) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM delivery_inquiry")
        assert cursor.fetchone()[0] == 0
