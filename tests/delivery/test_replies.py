"""What people answer: stored raw, applied once, and words that unsubscribe are obeyed."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch
from delivery.gateways.base import Outcome, ReplyEvent, SubmitResult
from delivery.models import Gateway, Message, Reply
from delivery.queries import read_counts
from delivery.services import apply_replies, store_replies
from delivery.settle import settle_window
from delivery.statuses import MessageStatus, ReplyOutcome
from delivery.unsubscribe_words import UNSUBSCRIBE_WORDS, is_unsubscribe
from projects import services
from projects.models import ListedNumber, Project, RemovalRequest
from projects.statuses import ListingSource, NumberList, RemovalStatus
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import ScriptedDriver, accept
from tests.delivery.limiting import HandOver
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ANN, BOB = "+8613800000001", "+8613800000002"
KEY = "3f8a:marketing"


def run(gateway: Gateway, driver: ScriptedDriver) -> None:
    drain(gateway, until=time.monotonic() + 10, driver=driver)


def answer(gateway: Gateway, text: str, *, msisdn: str = ANN, reply_id: str = "") -> None:
    store_replies(gateway_id=gateway.pk, events=[ReplyEvent(msisdn, text, "Acme", reply_id)])
    apply_replies()


@pytest.mark.parametrize(
    "text",
    [
        *UNSUBSCRIBE_WORDS,
        "td",
        " Stop. ",
        "“STOP”",
        "ＴＤ",
        "Ｔ退订",
        "０００0",
        "stop all",
        "opt-out",
        "退订!",
        "t\n",
        "T\u200b退订",
        "unsubscribe",
    ],
)
def test_these_replies_unsubscribe(text: str) -> None:
    assert is_unsubscribe(text)


@pytest.mark.parametrize(
    "text", ["", " ", "?", "T-shirt, size L", "STOP it, I like it", "No", "Thanks", "00", "谢谢", "不退订"]
)
def test_these_do_not(text: str) -> None:
    assert not is_unsubscribe(text)


def test_an_installation_may_know_more_words(settings: Any) -> None:
    assert is_unsubscribe("Hör auf!", more_words=["hör auf"])
    assert not is_unsubscribe("Hör auf!")


def test_td_takes_the_number_off_this_signature_and_kind(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hand_over([(ANN, "Sale"), (BOB, "Sale")], consent_key=KEY)
    run(gateway, driver)
    answer(gateway, "TD")
    listed = ListedNumber.objects.get()
    assert (listed.project, listed.list, listed.msisdn) == (project, NumberList.UNSUBSCRIBED, ANN)
    assert (listed.consent_key, listed.source) == (KEY, ListingSource.REPLY)
    event = OutboxEvent.objects.get(kind="number.unsubscribed")
    assert event.payload == {"project": str(project.uuid), "consent_key": KEY}

    again = hand_over([(ANN, "More"), (BOB, "More")], consent_key=KEY)
    other_kind = hand_over([(ANN, "Your code")], consent_key="3f8a:verification")
    run(gateway, driver)
    counts = {status: n for status, n in read_counts(again.pk)[0].items() if n}
    assert counts == {MessageStatus.SUBMITTED: 1, MessageStatus.BLOCKED: 1}
    assert Message.objects.get(dispatch_id=other_kind.pk).status == MessageStatus.SUBMITTED


def test_a_reply_that_comes_twice_counts_once(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hand_over([(ANN, "Sale")], consent_key=KEY)
    run(gateway, driver)
    for _twice in range(2):
        answer(gateway, "STOP", reply_id="mo-1")
    assert Reply.objects.get().outcome == ReplyOutcome.UNSUBSCRIBED
    answer(gateway, "STOP", reply_id="mo-2")
    assert Reply.objects.get(gateway_reply_id="mo-2").outcome == ReplyOutcome.REPEATED
    assert ListedNumber.objects.count() == OutboxEvent.objects.filter(kind="number.unsubscribed").count() == 1
    assert apply_replies() == 0


def test_the_newest_message_says_from_what(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    for key in ("one:marketing", "two:marketing"):
        hand_over([(ANN, key)], consent_key=key)
        run(gateway, driver)
    answer(gateway, "QX")
    assert ListedNumber.objects.get().consent_key == "two:marketing"


def test_another_projects_newest_message_is_the_one_that_is_answered(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    other = Project.objects.create(
        organization=Organization.objects.create(name="Other"), name="Other", slug="other"
    )
    hand_over([(ANN, "ours")], consent_key=KEY)
    run(gateway, driver)
    hand_over([(ANN, "theirs")], project=other, consent_key="theirs:marketing")
    run(gateway, driver)
    answer(gateway, "TD")
    assert ListedNumber.objects.get().project == other


def test_other_words_are_kept_and_change_nothing(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hand_over([(ANN, "Sale")], consent_key=KEY)
    run(gateway, driver)
    answer(gateway, "Thanks\0, see you")
    reply = Reply.objects.get()
    assert (reply.outcome, reply.text, reply.project) == (ReplyOutcome.NOTED, "Thanks, see you", project)
    assert not ListedNumber.objects.exists()


def test_a_reply_through_another_line_or_too_late_answers_nothing(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver, settings: Any
) -> None:
    hand_over([(ANN, "Sale")], consent_key=KEY)
    run(gateway, driver)
    other = Gateway.objects.create(slug="other", name="Other", kind="simulator")
    answer(other, "TD")
    settings.REPLY_MATCH_SECONDS = 60
    Message.objects.update(submitted_at=timezone.now() - timedelta(seconds=90))
    answer(gateway, "TD")
    assert set(Reply.objects.values_list("outcome", flat=True)) == {ReplyOutcome.WAITING}
    Reply.objects.update(next_try_at=timezone.now(), received_at=timezone.now() - timedelta(minutes=11))
    apply_replies()
    assert set(Reply.objects.values_list("outcome", flat=True)) == {ReplyOutcome.UNMATCHED}
    assert not ListedNumber.objects.exists()
    assert apply_replies() == 0


def test_a_reply_before_the_settle_waits_for_its_message(
    project: Project, gateway: Gateway, hand_over: HandOver
) -> None:
    hand_over([(ANN, "Sale")], consent_key=KEY)
    window = claim_window(gateway, lease_batch(gateway.pk))
    answer(gateway, "TD")
    assert not ListedNumber.objects.exists()
    settle_window(window, [accept(message) for message in window.messages])
    Reply.objects.update(next_try_at=timezone.now())
    apply_replies()
    assert ListedNumber.objects.get().consent_key == KEY


def test_what_a_carrier_refused_is_not_answered(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hand_over([(ANN, "Sale")], consent_key="one:marketing")
    run(gateway, driver)
    driver.answer = lambda message: SubmitResult(message.id, Outcome.REFUSED, code="NO")
    hand_over([(ANN, "More")], consent_key="two:marketing")
    run(gateway, driver)
    answer(gateway, "TD")
    assert ListedNumber.objects.get().consent_key == "one:marketing"


def test_unsubscribing_again_refuses_a_request_to_remove(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    hand_over([(ANN, "Sale")], consent_key=KEY)
    run(gateway, driver)
    answer(gateway, "TD")
    services.request_removal(
        listed=ListedNumber.objects.get(), reason="Agreed again by phone.", by=UserFactory()
    )
    answer(gateway, "TD")
    assert RemovalRequest.objects.get().status == RemovalStatus.REFUSED
    assert ListedNumber.objects.count() == 1
