"""Number rules inside the claim: who is blocked, who holds a slot, who gives it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from delivery import services
from delivery.claim import claim_window
from delivery.drain import drain, lease_batch, send_window
from delivery.gateways.base import OutboundMessage, Outcome, ReceiptEvent, ReceiptState, SubmitResult
from delivery.ledger import check_dispatch, check_usage
from delivery.limits.frequency import content_key, unpack
from delivery.limits.slots import drop_stale_slots
from delivery.lines.health import note_usable
from delivery.lines.profiles import profile_of
from delivery.models import CapUsage, Dispatch, Gateway, GatewayPace, Message, NumberSlots, RuleHit, Window
from delivery.queries import read_counts
from delivery.services import UncertainChoice, settle_uncertain
from delivery.settle import settle_window
from delivery.statuses import MessageStatus, Reason, WindowState
from delivery.sweep import lose_expired_windows, sweep
from delivery.windows import ClaimedWindow, Nothing
from projects.models import AllowedCountry, ListedNumber, Project
from projects.statuses import FrequencyDimension, NumberList
from smsconsole.outbox.models import OutboxEvent
from tests.delivery.conftest import ScriptedDriver, accept
from tests.delivery.limiting import HandOver, limit
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
D = FrequencyDimension
ANN, BOB = "+8613800000001", "+8613800000002"


def run(gateway: Gateway, driver: ScriptedDriver) -> None:
    drain(gateway, until=time.monotonic() + 10, driver=driver)


def statuses(dispatch: Dispatch) -> dict[MessageStatus, int]:
    return {status: n for status, n in read_counts(dispatch.pk)[0].items() if n}


def slots_of(project: Project, number: str) -> list[int]:
    row = NumberSlots.objects.filter(project_id=project.pk, msisdn=number).first()
    return [slot.message_id for slot in unpack(row.slots)] if row else []


def claim(gateway: Gateway) -> ClaimedWindow:
    window = claim_window(gateway, lease_batch(gateway.pk))
    assert isinstance(window, ClaimedWindow)
    return window


# --- Blocking -------------------------------------------------------------------------------------------


def test_one_number_several_times_in_a_window_is_decided_in_row_order(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.SAME_CONTENT, 1, seconds=30)
    dispatch = hand_over([(ANN, "a"), (BOB, "a"), (ANN, "b"), (ANN, "a"), (BOB, "a")])
    run(gateway, driver)
    assert [(m.msisdn, m.text) for m in driver.submitted] == [(ANN, "a"), (BOB, "a"), (ANN, "b")]
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 3, MessageStatus.BLOCKED: 2}
    blocked = Message.objects.get(pk=dispatch.first_id + 3)
    assert (blocked.reason, blocked.rare_status) == (Reason.SAME_CONTENT, MessageStatus.BLOCKED)
    rule, n, seconds, unix = blocked.code.split(":")
    assert (rule, n, seconds) == ("same_content", "1", "30")
    assert 25 < int(unix) - time.time() <= 31
    dispatch.refresh_from_db()
    assert (dispatch.n_open, dispatch.sent_at is None) == (0, False)


def test_a_later_dispatch_of_the_project_meets_the_slots_of_an_earlier_one(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.PER_DAY, 2)
    hand_over([(ANN, "a"), (ANN, "b")])
    run(gateway, driver)
    later = hand_over([(ANN, "c"), (BOB, "c")])
    run(gateway, driver)
    assert statuses(later) == {MessageStatus.SUBMITTED: 1, MessageStatus.BLOCKED: 1}


def test_another_project_has_slots_of_its_own(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    other = Project.objects.create(organization=project.organization, name="Other", slug="other")
    for each in (project, other):
        limit(each, D.PER_DAY, 1)
    hand_over([(ANN, "a")])
    run(gateway, driver)
    theirs = hand_over([(ANN, "a")], project=other)
    run(gateway, driver)
    assert statuses(theirs) == {MessageStatus.SUBMITTED: 1}


def test_a_window_of_blocked_messages_only_is_passed_over(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.PER_DAY, 1)
    dispatch = hand_over([(ANN, str(i)) for i in range(450)])
    run(gateway, driver)
    assert driver.windows == [1]
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 1, MessageStatus.BLOCKED: 449}
    dispatch.refresh_from_db()
    assert (dispatch.n_open, dispatch.sent_at is None) == (0, False)
    assert dispatch.batches.get().n_open == 0
    assert Window.objects.count() == 1


def test_a_dispatch_of_blocked_messages_only_is_sent(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    ListedNumber.objects.create(project=project, list=NumberList.BLACKLIST, msisdn=ANN)
    dispatch = hand_over([(ANN, "a")])
    run(gateway, driver)
    dispatch.refresh_from_db()
    assert dispatch.sent_at is not None
    assert driver.windows == []


def test_hits_are_counted_and_told_once_a_window(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.PER_DAY, 1)
    ListedNumber.objects.create(project=project, list=NumberList.BLACKLIST, msisdn=BOB)
    dispatch = hand_over([(ANN, "a"), (ANN, "b"), (ANN, "c"), (BOB, "a")])
    run(gateway, driver)
    assert dict(RuleHit.objects.values_list("rule", "n")) == {"per_day": 2, "blacklist": 1}
    told = OutboxEvent.objects.filter(kind="limits.hit").order_by("id").values_list("payload", flat=True)
    uuid = str(project.uuid)
    assert list(told) == [
        {"project": uuid, "rule": "blacklist", "n": 1},
        {"project": uuid, "rule": "per_day", "n": 2},
    ]
    blocked = OutboxEvent.objects.get(kind="messages.blocked")
    first = dispatch.first_id
    assert blocked.payload == {"changes": [[0, 9, [[first + 1, first + 3]]]]}


@pytest.mark.parametrize(
    ("consent_key", "reason"), [("s1:marketing", Reason.HAS_UNSUBSCRIBED), ("s1:notification", None)]
)
def test_who_unsubscribed_gets_nothing_of_that_signature_and_kind(
    project: Project,
    gateway: Gateway,
    driver: ScriptedDriver,
    hand_over: HandOver,
    consent_key: str,
    reason: Reason | None,
) -> None:
    ListedNumber.objects.create(
        project=project, list=NumberList.UNSUBSCRIBED, msisdn=ANN, consent_key="s1:marketing"
    )
    hand_over([(ANN, "a"), (BOB, "a")], consent_key=consent_key)
    run(gateway, driver)
    assert len(driver.submitted) == (2 if reason is None else 1)
    reasons = set(Message.objects.exclude(reason=0).values_list("reason", flat=True))
    assert reasons == ({reason} if reason else set())


def test_a_country_that_is_not_allowed_is_blocked(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    Project.objects.update(limits_countries=True)
    AllowedCountry.objects.create(project=project, country="DE")
    dispatch = hand_over([(ANN, "a"), ("+4915112345678", "a")], countries=["CN", "DE"])
    run(gateway, driver)
    assert [m.msisdn for m in driver.submitted] == ["+4915112345678"]
    assert Message.objects.get(pk=dispatch.first_id).code == "country:::"


def test_a_changed_limit_holds_from_the_next_lease_on(
    project: Project, gateway: Gateway, hand_over: HandOver
) -> None:
    hand_over([(ANN, str(i)) for i in range(3)])
    gateway.rate_per_second = 2
    lease = lease_batch(gateway.pk)
    limit(project, D.PER_DAY, 1)
    assert isinstance(claim_window(gateway, lease), ClaimedWindow)
    assert slots_of(project, ANN) == []


# --- Slots ----------------------------------------------------------------------------------------------


def untaken(outcome: Outcome) -> Callable[[OutboundMessage], SubmitResult]:
    return lambda message: SubmitResult(message.id, outcome, retry_after_seconds=60)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.THROTTLED, Outcome.UNSENT])
def test_what_no_carrier_took_gives_its_slot_back(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver, outcome: Outcome
) -> None:
    limit(project, D.PER_DAY, 1)
    hand_over([(ANN, "a"), (BOB, "a")])
    driver.answer = lambda m: accept(m) if m.msisdn == BOB else untaken(outcome)(m)
    window = claim(gateway)
    assert len(slots_of(project, ANN)) == 1
    send_window(gateway, driver, window)
    assert slots_of(project, ANN) == []
    assert len(slots_of(project, BOB)) == 1


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.UNCERTAIN])
def test_what_a_carrier_took_or_may_have_taken_keeps_it(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver, outcome: Outcome
) -> None:
    limit(project, D.PER_DAY, 1)
    dispatch = hand_over([(ANN, "a")])
    driver.answer = lambda m: SubmitResult(m.id, outcome)
    run(gateway, driver)
    assert slots_of(project, ANN) == [dispatch.first_id]


def test_only_the_slot_of_that_message_is_given_back(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.PER_DAY, 5)
    dispatch = hand_over([(ANN, "a"), (ANN, "b"), (ANN, "c")])
    middle = dispatch.first_id + 1
    driver.answer = lambda m: accept(m) if m.id != middle else untaken(Outcome.REFUSED)(m)
    run(gateway, driver)
    assert slots_of(project, ANN) == [dispatch.first_id, dispatch.first_id + 2]
    kept = unpack(NumberSlots.objects.get().slots)
    assert [slot.content for slot in kept] == [content_key("a"), content_key("c")]


def test_a_throttled_message_claims_anew_and_counts_once(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.PER_DAY, 1)
    dispatch = hand_over([(ANN, "a")])

    def throttle_once(message: OutboundMessage) -> SubmitResult:
        if message.attempt == 1:
            return SubmitResult(message.id, Outcome.THROTTLED, retry_after_seconds=0.001)
        return accept(message)

    driver.answer = throttle_once
    run(gateway, driver)
    assert statuses(dispatch) == {MessageStatus.SUBMITTED: 1}
    assert slots_of(project, ANN) == [dispatch.first_id]


def test_a_retry_may_be_blocked_by_what_left_meanwhile(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.PER_DAY, 1)
    first = hand_over([(ANN, "a"), (BOB, "a")])
    driver.answer = untaken(Outcome.THROTTLED)
    run(gateway, driver)
    driver.answer = accept
    GatewayPace.objects.all().delete()
    hand_over([(ANN, "b")])
    run(gateway, driver)
    Window.objects.filter(state=WindowState.WAITING).update(not_before=timezone.now())
    first.batches.update(not_before=None)
    run(gateway, driver)
    assert statuses(first) == {MessageStatus.BLOCKED: 1, MessageStatus.SUBMITTED: 1}
    assert not Message.objects.exclude(window_id=None).exists()
    first.refresh_from_db()
    assert first.sent_at is not None


def expire() -> None:
    Window.objects.filter(state=WindowState.SUBMITTING).update(expires_at="2020-01-01T00:00Z")


def test_a_lost_window_keeps_its_slots(project: Project, gateway: Gateway, hand_over: HandOver) -> None:
    limit(project, D.PER_DAY, 1)
    dispatch = hand_over([(ANN, "a")])
    claim(gateway)
    expire()
    lose_expired_windows()
    assert slots_of(project, ANN) == [dispatch.first_id]


@pytest.mark.parametrize(
    ("outcome", "n_slots"), [(Outcome.REFUSED, 0), (Outcome.ACCEPTED, 1), (Outcome.UNSENT, 1)]
)
def test_late_evidence_of_a_refusal_gives_it_back(
    project: Project, gateway: Gateway, hand_over: HandOver, outcome: Outcome, n_slots: int
) -> None:
    """What came late as unsent stays uncertain, and so does its slot."""
    limit(project, D.PER_DAY, 1)
    hand_over([(ANN, "a")])
    window = claim(gateway)
    expire()
    sweep()
    settle_window(window, [SubmitResult(m.id, outcome) for m in window.messages])
    assert len(slots_of(project, ANN)) == n_slots


@pytest.fixture
def operator(db: None) -> User:
    return UserFactory()


@pytest.mark.parametrize(
    ("choice", "n_slots"),
    [(UncertainChoice.FAILED, 0), (UncertainChoice.SENT, 1), (UncertainChoice.AGAIN, 0)],
)
def test_a_person_who_settles_an_uncertain_message_decides_about_its_slot(
    project: Project,
    gateway: Gateway,
    driver: ScriptedDriver,
    hand_over: HandOver,
    operator: User,
    choice: UncertainChoice,
    n_slots: int,
) -> None:
    limit(project, D.PER_DAY, 1)
    dispatch = hand_over([(ANN, "a")])
    driver.answer = untaken(Outcome.UNCERTAIN)
    run(gateway, driver)
    settle_uncertain(dispatch_id=dispatch.pk, choice=choice, by=operator)
    assert len(slots_of(project, ANN)) == n_slots
    driver.answer = accept
    run(gateway, driver)
    expected = {
        UncertainChoice.FAILED: {MessageStatus.FAILED: 1},
        UncertainChoice.SENT: {MessageStatus.SUBMITTED: 1},
        UncertainChoice.AGAIN: {MessageStatus.SUBMITTED: 1},
    }
    assert statuses(dispatch) == expected[choice]


def test_a_receipt_that_proves_a_person_wrong_takes_the_slot_again(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver, operator: User
) -> None:
    limit(project, D.PER_DAY, 1)
    dispatch = hand_over([(ANN, "a")])
    driver.answer = untaken(Outcome.UNCERTAIN)
    run(gateway, driver)
    settle_uncertain(dispatch_id=dispatch.pk, choice=UncertainChoice.FAILED, by=operator)
    reference = f"{dispatch.first_id}-1"
    event = ReceiptEvent("x", ReceiptState.DELIVERED, "DELIVRD", timezone.now(), reference=reference)
    services.store_receipts(gateway_id=gateway.pk, events=[event])
    with connection.cursor() as cursor:
        # A test's own transaction is still open, and receipts are read behind all that are.
        cursor.execute("UPDATE delivery_receipt SET xid = '3'::xid8")
    services.apply_receipts()
    assert statuses(dispatch) == {MessageStatus.DELIVERED: 1}
    assert slots_of(project, ANN) == [dispatch.first_id]


def test_rows_of_numbers_that_nothing_was_sent_to_lately_are_deleted(
    project: Project,
    gateway: Gateway,
    driver: ScriptedDriver,
    hand_over: HandOver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("delivery.limits.slots.STALE_STEP", 2)
    limit(project, D.PER_DAY, 5)
    hand_over([(f"+86138{i:08d}", "a") for i in range(7)])
    run(gateway, driver)
    stale = [f"+86138{i:08d}" for i in (0, 3, 6)]
    NumberSlots.objects.filter(msisdn__in=stale).update(touched_at=timezone.now() - timedelta(days=3))
    drop_stale_slots()
    left = set(NumberSlots.objects.values_list("msisdn", flat=True))
    assert left == {f"+86138{i:08d}" for i in (1, 2, 4, 5)}


# --- What it costs --------------------------------------------------------------------------------------


def statements(gateway: Gateway, driver: ScriptedDriver, *, n_windows: int = 3) -> list[int]:
    """SQL statements of claim and settle, window by window of one lease."""
    lease = lease_batch(gateway.pk)
    note_usable(gateway.pk)
    profile_of(gateway.pk)
    counted = []
    for _ in range(n_windows):
        with CaptureQueriesContext(connection) as queries:
            window = claim_window(gateway, lease)
            if not isinstance(window, Nothing):
                send_window(gateway, driver, window)
        counted.append(sum(not q["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")) for q in queries))
    return counted


def test_the_statements_of_a_window_under_all_rules_are_constant(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    """Without rules it is 11: three more for slots, one for lists; the first one of a lease looks at the caps."""
    for dimension in D:
        limit(project, dimension, 5, seconds=30)
    project.caps.create(scope="all", period="day", cap=100_000)
    ListedNumber.objects.create(project=project, list=NumberList.WHITELIST, msisdn=ANN)
    hand_over([(f"+86138{i:08d}", "a") for i in range(600)])
    assert statements(gateway, driver) == [16, 15, 15]


def test_blocking_costs_a_constant_number_of_statements_too(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    """Blocked, counters, two events, hits, two open counts; the first claim of a lease begins again."""
    limit(project, D.SAME_CONTENT, 1, seconds=30)
    hand_over([(f"+86138{i % 300:08d}", "a") for i in range(600)])
    first, second, third = statements(gateway, driver)
    assert (first, second) == (14, 4 + 14 + 7)
    # All of it blocked: nothing to claim and to settle.
    assert third == 12


def test_an_eventful_dispatch_under_limits_keeps_every_invariant(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver, operator: User
) -> None:
    limit(project, D.SAME_CONTENT, 1, seconds=30)
    limit(project, D.PER_DAY, 3)
    dispatch = hand_over([(f"+86138{i % 90:08d}", str(i % 7)) for i in range(700)], batch=300)
    answers = [accept, untaken(Outcome.UNCERTAIN), untaken(Outcome.REFUSED)]

    def answer(message: OutboundMessage) -> SubmitResult:
        if message.attempt == 1 and message.id % 11 == 0:
            return SubmitResult(message.id, Outcome.THROTTLED, retry_after_seconds=0.001)
        return answers[message.id % 3](message)

    driver.answer = answer
    claim_window(gateway, lease_batch(gateway.pk))
    run(gateway, driver)
    expire()
    lose_expired_windows()
    run(gateway, driver)
    assert check_dispatch(dispatch.pk) == []
    assert check_usage(project.pk) == []
    uncertain = Message.objects.filter(status=MessageStatus.UNCERTAIN).values_list("id", flat=True)
    settle_uncertain(
        dispatch_id=dispatch.pk, choice=UncertainChoice.FAILED, by=operator, message_ids=list(uncertain)[:20]
    )
    settle_uncertain(
        dispatch_id=dispatch.pk, choice=UncertainChoice.AGAIN, by=operator, message_ids=list(uncertain)[20:40]
    )
    run(gateway, driver)
    assert check_dispatch(dispatch.pk) == []
    assert check_usage(project.pk) == []


def test_a_wrong_slot_or_sum_is_named(
    project: Project, gateway: Gateway, driver: ScriptedDriver, hand_over: HandOver
) -> None:
    limit(project, D.PER_DAY, 5)
    dispatch = hand_over([(ANN, "a"), (BOB, "a")])
    run(gateway, driver)
    assert check_dispatch(dispatch.pk) == []
    row = NumberSlots.objects.get(msisdn=ANN)
    wrong = [
        b"",
        bytes(row.slots) * 2,
        bytes(NumberSlots.objects.get(msisdn=BOB).slots) + bytes(row.slots),
    ]
    for slots in wrong:
        NumberSlots.objects.filter(msisdn=ANN).update(slots=slots)
        assert [breach.invariant for breach in check_dispatch(dispatch.pk)][:1] == [9]
    assert check_usage(project.pk) == []
    CapUsage.objects.filter(scope="domestic", period="day").update(n=1)
    [breach] = check_usage(project.pk)
    assert breach.invariant == 9
    assert "domestic" in breach.what
