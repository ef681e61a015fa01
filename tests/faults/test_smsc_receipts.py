"""Whatever an SMSC does to its receipts: each message ends once, as the last word of its own receipts says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict

import pytest
from django.db import connection

from delivery.models import UnmatchedReceipt
from delivery.simulation.smsc_script import SmscScript
from delivery.statuses import MessageStatus
from tests.faults.smpp_trials import TEXTS, SmppTrial, running
from tests.faults.stack import FaultStack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

Table = Callable[..., None]
MESSAGES = 800
N_LONG = MESSAGES // 2
SOON = {"receipt_min_ms": 50, "receipt_max_ms": 400}


@pytest.fixture(scope="module")
def line(stack: FaultStack) -> Iterator[SmppTrial]:
    with running(SmppTrial(stack)) as trial:
        yield trial


@pytest.fixture
def trial(line: SmppTrial) -> SmppTrial:
    """The line, well behaved again."""
    line.script(**asdict(SmscScript()) | SOON)
    return line


def unmatched(trial: SmppTrial) -> int:
    return UnmatchedReceipt.objects.filter(gateway_id=trial.gateway.pk).count()


def has_no_receipt_left(trial: SmppTrial) -> bool:
    return bool(trial.stats()["n_receipts_waiting"] == 0)


@pytest.mark.parametrize(
    ("what", "script"),
    [
        ("each receipt three times", {"receipt_copies": 3}),
        ("receipts before the submit's answer", {"early_receipts": 100.0}),
        ("answers and receipts out of order", {"reverse_answers": True, "unordered_receipts": 100.0}),
        ("malformed receipts", {"malformed_receipts": 100.0, "receipt_form": "text"}),
        ("receipts in parameters alone", {"receipt_form": "tlv"}),
    ],
)
def test_every_message_is_delivered_once(
    trial: SmppTrial, table: Table, what: str, script: dict[str, object]
) -> None:
    trial.script(**script)
    dispatch = trial.hand_over(MESSAGES)
    row = trial.assert_books_agree(dispatch)
    trial.wait_until_delivered(dispatch)
    trial.stack.wait_for(lambda: has_no_receipt_left(trial), what="the SMSC has no receipt left")
    # One that came before its message was settled is asked again after a second, two, four …
    trial.stack.wait_for(lambda: unmatched(trial) == 0, what="each receipt has found its message")
    assert trial.counts(dispatch) == {MessageStatus.DELIVERED: MESSAGES}
    table(fault=f"SMPP: {what}", messages=MESSAGES, strikes=1, **row)


def test_receipts_of_unknown_ids_are_kept_and_harm_nobody(trial: SmppTrial, table: Table) -> None:
    trial.script(unknown_receipts=100.0)
    before = unmatched(trial)
    dispatch = trial.hand_over(MESSAGES)
    row = trial.assert_books_agree(dispatch)
    trial.wait_until_delivered(dispatch)
    trial.stack.wait_for(lambda: unmatched(trial) == before + MESSAGES, what="each strange receipt is kept")
    UnmatchedReceipt.objects.filter(gateway_id=trial.gateway.pk).delete()
    table(fault="SMPP: receipts of unknown ids", messages=MESSAGES, strikes=1, **row)


def test_receipts_of_all_parts_but_one_deliver_nothing(trial: SmppTrial, table: Table) -> None:
    trial.script(lose_parts=100.0)
    dispatch = trial.hand_over(MESSAGES)
    row = trial.assert_books_agree(dispatch)
    expected = {MessageStatus.DELIVERED: MESSAGES - N_LONG, MessageStatus.SUBMITTED: N_LONG}
    trial.wait_for_counts(dispatch, expected)
    trial.stack.wait_for(lambda: has_no_receipt_left(trial), what="the SMSC has no receipt left")
    assert trial.counts(dispatch) == expected
    table(fault="SMPP: receipts of all parts but one", messages=MESSAGES, strikes=1, **row)


@pytest.mark.parametrize(
    ("in_answers", "in_receipts", "id_form"),
    [
        ("hex", "decimal", "hex_to_dec"),
        ("decimal", "padded_hex", "dec_to_hex"),
        ("padded", "decimal", "strip_zeros"),
        ("hex", "upper", "lower"),
    ],
)
def test_ids_in_another_notation_find_their_messages(
    trial: SmppTrial, table: Table, in_answers: str, in_receipts: str, id_form: str
) -> None:
    trial.script(id_notation=in_answers, receipt_notation=in_receipts)
    trial.change(id_form=id_form)
    try:
        dispatch = trial.hand_over(MESSAGES)
        trial.stack.wait_until_sent(dispatch)
        seconds = trial.wait_until_delivered(dispatch)
    finally:
        trial.change(id_form="as_is")
    whole = {"doubled": 0, "missing": 0, "uncertain": 0, "seconds": round(seconds, 1)}
    table(fault=f"SMPP: ids {in_answers}, receipts {in_receipts}", messages=MESSAGES, strikes=1, **whole)


def test_receipts_three_days_late_still_count(trial: SmppTrial, table: Table) -> None:
    """The clock's seam: what is three days old is the row. Its times are set back before the receipts may come."""
    trial.change(bind_mode="transmitter")
    dispatch = trial.hand_over(MESSAGES)
    row = trial.assert_books_agree(dispatch)
    trial.wait_for_counts(dispatch, {MessageStatus.SUBMITTED: MESSAGES})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery_message SET submitted_at = submitted_at - interval '71 hours 50 minutes' "
            "WHERE dispatch_id = %s",
            [dispatch.pk],
        )
    trial.change(bind_mode="transceiver")
    trial.wait_until_delivered(dispatch)
    table(fault="SMPP: receipts three days late", messages=MESSAGES, strikes=1, **row)


def test_a_flood_of_receipts_while_every_store_is_slow(trial: SmppTrial, table: Table) -> None:
    """They wait at the SMSC until the line may receive, and then all come at once."""
    n = 5_000
    trial.change(bind_mode="transmitter")
    dispatch = trial.hand_over(n, texts=TEXTS[:1])
    row = trial.assert_books_agree(dispatch)
    with slow_receipts(seconds=0.2):
        trial.change(bind_mode="transceiver")
        n_before = trial.stats()["n_receipts_sent"]
        trial.stack.wait_for(
            lambda: trial.stats()["n_receipts_sent"] > n_before, what="receipts begin to come", pause=0.02
        )
        seconds = trial.stack.wait_for(
            lambda: has_no_receipt_left(trial), what="all are acknowledged", pause=0.02
        )
        # The line lives: what is handed over meanwhile leaves.
        another = trial.hand_over(50, texts=TEXTS[:1])
        trial.stack.wait_until_sent(another)
    trial.wait_until_delivered(dispatch)
    trial.wait_until_delivered(another)
    fault = f"SMPP: {n:,} receipts at once, {n / max(seconds, 0.01):,.0f}/s while each store takes 0.2 s more"
    table(fault=fault, messages=n, strikes=1, **row)


@contextlib.contextmanager
def slow_receipts(*, seconds: float) -> Iterator[None]:
    """Each statement that stores receipts takes so much longer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION trial_slow() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER trial_slow AFTER INSERT ON delivery_receipt "
            "FOR EACH STATEMENT EXECUTE FUNCTION trial_slow()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER trial_slow ON delivery_receipt")
            cursor.execute("DROP FUNCTION trial_slow()")


def test_answers_that_come_too_late_are_never_sent_again(trial: SmppTrial, table: Table) -> None:
    """The session has given up by then."""
    trial.script(delay_ms=2_500, receipt_min_ms=3_000, receipt_max_ms=3_500)
    dispatch = trial.hand_over(200)
    row = trial.assert_books_agree(dispatch, max_uncertain=200)
    table(fault="SMPP: answers after the session's patience", messages=200, strikes=1, **row)
