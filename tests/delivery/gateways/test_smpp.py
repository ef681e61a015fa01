from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from delivery.gateways import open_driver
from delivery.gateways.base import (
    Exchange,
    GatewayDriver,
    OutboundMessage,
    Outcome,
    QueryOutcome,
    ReceiptState,
    SubmittedMessage,
)
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.gateways.smpp import SmppDriver
from delivery.statuses import Reason
from tests.delivery.gateways.contract import (
    LATE_SECONDS,
    Behaviour,
    GatewayContract,
    Line,
    messages,
    outcomes,
    submit,
    times,
)
from tests.delivery.smpp.smsc import ACCEPT, RTHROTTLED, SILENCE, Answer, Smsc, Submit

RINVDSTADR, VENDOR = 0x0B, 0x0489
LONG = "Grüße aus Köln. " * 30  # 480 characters of GSM 03.38: four segments


def in_turn(submit: Submit) -> Answer:
    """Some of each, by the last digit of the number."""
    last = int(submit.destination[-1])
    return (ACCEPT, Answer(RINVDSTADR), Answer(RTHROTTLED), SILENCE)[last % 4]._replace(
        delay_seconds=0.05 * (last % 3)
    )


ANSWERS = {
    Behaviour.ACCEPT: lambda _: ACCEPT,
    Behaviour.REFUSE: lambda _: Answer(RINVDSTADR),
    Behaviour.REFUSE_WITH_UNKNOWN_CODE: lambda _: Answer(VENDOR),
    Behaviour.THROTTLE: lambda _: Answer(RTHROTTLED),
    Behaviour.STAY_SILENT: lambda _: SILENCE,
    Behaviour.ANSWER_LATE: lambda _: Answer(delay_seconds=LATE_SECONDS),
    Behaviour.MIX: in_turn,
}


class SmppLine(Line):
    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc
        self._drivers: list[GatewayDriver] = []

    def settings(self, **changed: object) -> dict[str, object]:
        given = {"host": "127.0.0.1", "port": self.smsc.port, "system_id": "acme", "password": "secret"}
        return given | {"window": 1_000, "connect_seconds": 3} | changed

    def driver(self, *, patient: bool = True, **changed: object) -> SmppDriver:
        driver = open_driver("smpp", self.settings(**{"response_seconds": 12 if patient else 0.8} | changed))
        assert isinstance(driver, SmppDriver)
        self._drivers.append(driver)
        return driver

    def behave(self, behaviour: Behaviour) -> None:
        self.smsc.behaviour.on_submit = ANSWERS[behaviour]

    def arrived(self) -> list[OutboundMessage]:
        """The number says which message it is: SMPP carries no name of ours."""
        texts: dict[int, list[Submit]] = defaultdict(list)
        for one in list(self.smsc.submits):
            message_id = 1 if one.destination.startswith("1") else int(one.destination[-6:])
            texts[message_id].append(one)
        return [
            OutboundMessage(
                message_id, 0, f"+{parts[0].destination}", parts[0].source, "".join(p.text for p in parts), 1
            )
            for message_id, parts in texts.items()
        ]

    def hang_up(self) -> None:
        self.smsc.hang_up()

    def come_back(self) -> None:
        self.smsc.start()

    def close(self) -> None:
        for driver in self._drivers:
            driver.close()


@pytest.fixture
def smsc() -> Iterator[Smsc]:
    smsc = Smsc()
    smsc.start()
    yield smsc
    smsc.stop()


@pytest.fixture
def line(smsc: Smsc) -> Iterator[SmppLine]:
    line = SmppLine(smsc)
    yield line
    # The SMSC may be away or silent: nobody waits for it.
    smsc.hang_up(reset=True)
    line.close()


class TestSmpp(GatewayContract):
    def test_each_segment_of_each_message_has_an_id_of_its_own(self, line: SmppLine) -> None:  # type: ignore[override]
        window = [message._replace(text=LONG, n_segments=4) for message in messages(60)]
        results = submit(line.driver(), window)
        ids = [part for result in results.values() for part in result.gateway_message_ids]
        assert {len(result.gateway_message_ids) for result in results.values()} == {4}
        assert len(set(ids)) == 240
        assert {message.text for message in line.arrived()} == {LONG}


def long_message(message_id: int = 1) -> OutboundMessage:
    return OutboundMessage(message_id, 1, f"+8613800{message_id:06d}", "Shop", LONG, 4)


def test_no_more_submits_wait_for_an_answer_than_the_window_allows(line: SmppLine) -> None:
    waiting, most = 0, 0

    def count(submit: Submit) -> Answer:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        line.smsc._loop.call_later(0.02, leave)
        return Answer(delay_seconds=0.02)

    def leave() -> None:
        nonlocal waiting
        waiting -= 1

    line.smsc.behaviour.on_submit = count
    assert outcomes(submit(line.driver(window=7), messages(60))) == {Outcome.ACCEPTED}
    assert most == 7


def test_what_the_window_has_no_room_for_is_unsent_when_it_must_stop(line: SmppLine) -> None:
    line.behave(Behaviour.STAY_SILENT)
    results = submit(line.driver(patient=False, window=10), messages(40), times(3))
    assert len(line.arrived()) == 10
    assert sum(result.outcome == Outcome.UNCERTAIN for result in results.values()) == 10
    assert sum(result.outcome == Outcome.UNSENT for result in results.values()) == 30


def test_the_parts_of_a_message_leave_in_order_with_one_reference(line: SmppLine) -> None:
    driver = line.driver()
    submit(driver, [long_message(1), long_message(2)])
    submit(driver, [long_message(1)])
    first, second, again = (line.smsc.submits[start : start + 4] for start in (0, 4, 8))
    assert [part.udh[1:] for part in first if part.udh] == [(4, 1), (4, 2), (4, 3), (4, 4)]
    references = [{part.udh[0] for part in parts if part.udh} for parts in (first, second, again)]
    assert [len(found) for found in references] == [1, 1, 1]
    assert references[2] == {references[0].pop() + 1}


def test_a_throttled_part_is_offered_again_with_the_same_reference(line: SmppLine) -> None:
    n_refused = 0

    def refuse_the_third_twice(submit: Submit) -> Answer:
        nonlocal n_refused
        if submit.udh and submit.udh[2] == 3 and n_refused < 2:
            n_refused += 1
            return Answer(RTHROTTLED)
        return ACCEPT

    line.smsc.behaviour.on_submit = refuse_the_third_twice
    [result] = submit(line.driver(), [long_message()]).values()
    assert result.outcome == Outcome.ACCEPTED
    assert len(set(result.gateway_message_ids)) == 4
    assert [part.udh[2] for part in line.smsc.submits if part.udh] == [1, 2, 3, 4, 3, 3]
    assert len({part.udh[0] for part in line.smsc.submits if part.udh}) == 1


def test_a_message_that_has_begun_to_leave_is_finished_when_nothing_more_may_begin(line: SmppLine) -> None:
    """Its last two parts wait for room in the window of the line when the dispatch is suspended."""
    line.smsc.behaviour.on_submit = lambda _: Answer(delay_seconds=0.3)
    may_go_on = iter([True])
    results = submit(
        line.driver(window=2), [long_message(1), long_message(2)], keep_going=lambda: next(may_go_on, False)
    )
    assert [results[number].outcome for number in (1, 2)] == [Outcome.ACCEPTED, Outcome.UNSENT]
    assert len(results[1].gateway_message_ids) == 4
    assert [part.udh[2] for part in line.smsc.submits if part.udh] == [1, 2, 3, 4]


def test_a_message_that_stays_partly_taken_has_failed_and_is_paid_for(line: SmppLine) -> None:
    line.smsc.behaviour.on_submit = lambda s: Answer(RTHROTTLED) if s.udh and s.udh[2] == 3 else ACCEPT
    [result] = submit(line.driver(response_seconds=2.5), [long_message()]).values()
    assert (result.outcome, result.reason) == (Outcome.REFUSED, Reason.PARTIAL)
    assert len(result.gateway_message_ids) == 3
    assert result.code == "ESME_RTHROTTLED"


def test_a_message_of_which_nothing_was_taken_is_throttled_as_a_whole(line: SmppLine) -> None:
    line.behave(Behaviour.THROTTLE)
    [result] = submit(line.driver(), [long_message()]).values()
    assert result.outcome == Outcome.THROTTLED
    assert len(line.smsc.submits) == 4


def test_a_part_without_an_answer_makes_the_message_uncertain(line: SmppLine) -> None:
    line.smsc.behaviour.on_submit = lambda s: SILENCE if s.udh and s.udh[2] == 2 else ACCEPT
    [result] = submit(line.driver(patient=False), [long_message()]).values()
    assert result.outcome == Outcome.UNCERTAIN
    assert len(result.gateway_message_ids) == 3
    assert len(line.smsc.submits) == 4


def test_a_refused_part_beside_a_taken_one_fails_the_message(line: SmppLine) -> None:
    line.smsc.behaviour.on_submit = lambda s: Answer(RINVDSTADR) if s.udh and s.udh[2] == 4 else ACCEPT
    [result] = submit(line.driver(), [long_message()]).values()
    assert (result.outcome, result.reason, result.code) == (
        Outcome.REFUSED,
        Reason.PARTIAL,
        "ESME_RINVDSTADR",
    )


def test_a_vendors_status_is_kept_in_hexadecimal(line: SmppLine) -> None:
    line.behave(Behaviour.REFUSE_WITH_UNKNOWN_CODE)
    [result] = submit(line.driver(), messages(1)).values()
    assert result.code == "0x00000489"


def test_a_sender_that_cannot_be_written_is_refused_and_the_others_leave(line: SmppLine) -> None:
    window = messages(3)
    window[1] = window[1]._replace(sender="中文" * 3)
    results = submit(line.driver(), window)
    assert results[2].outcome == Outcome.REFUSED
    assert results[2].reason == Reason.SENDER_REFUSED
    assert {results[1].outcome, results[3].outcome} == {Outcome.ACCEPTED}


@pytest.mark.parametrize(
    ("status", "error"),
    [(0x0E, GatewayMisconfigured), (0x0F, GatewayMisconfigured), (0x05, GatewayUnavailable)],
    ids=["password", "system id", "already bound"],
)
def test_a_refused_bind_says_what_the_smsc_said(line: SmppLine, status: int, error: type[Exception]) -> None:
    line.smsc.behaviour.bind_status = status
    with pytest.raises(error, match="ESME_R"):
        line.driver().open()


def test_a_bind_that_nobody_answers_is_given_up(line: SmppLine) -> None:
    line.smsc.behaviour.answers_binds = False
    with pytest.raises(GatewayUnavailable, match="does not answer"):
        line.driver(connect_seconds=0.3).open()


@pytest.mark.parametrize(
    "changed",
    [
        {"host": ""},
        {"port": "soon"},
        {"port": 0},
        {"window": 0},
        {"system_id": "x" * 16},
        {"tls": True, "tls_ca": "not a certificate"},
        {"vendor_tlvs": "nonsense"},
        {"alphabet": "klingon"},
        {"dest_ton": 999},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_settings_that_cannot_work_are_refused(line: SmppLine, changed: dict[str, object]) -> None:
    with pytest.raises(GatewayMisconfigured):
        open_driver("smpp", line.settings(**changed))


def test_it_binds_as_a_transmitter_while_nobody_stores_receipts(line: SmppLine) -> None:
    submit(line.driver(), messages(1))
    assert [role for _, role, _ in line.smsc.binds] == ["transmitter"]


def test_several_threads_share_the_window_without_mixing_results(line: SmppLine) -> None:
    driver = line.driver(window=20)
    windows = [messages(200, first_id=1 + 1_000 * number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda window: submit(driver, window), windows))
    assert all(outcomes(found) == {Outcome.ACCEPTED} for found in results)
    given = {result.gateway_message_ids[0]: mid for found in results for mid, result in found.items()}
    assert {gid: int(one.destination[-6:]) for gid, one in line.smsc.answered.items()} == given


def test_the_line_is_shown_without_numbers_and_texts(line: SmppLine) -> None:
    seen: list[Exchange] = []
    driver = line.driver()
    driver.on_exchange = seen.append
    line.behave(Behaviour.MIX)
    driver = line.driver(patient=False)
    driver.on_exchange = seen.append
    submit(driver, messages(8))
    assert {exchange.is_fault for exchange in seen} == {True, False}
    said = "".join(exchange.request + exchange.answer for exchange in seen)
    assert "471100" not in said
    assert "13800" not in said
    assert "ESME_RINVDSTADR" in said


def test_the_carrier_can_be_asked_what_became_of_a_message(line: SmppLine) -> None:
    now = datetime.now(UTC)
    known = SubmittedMessage(1, 1, "+8613800000001", "Shop", "x", 1, now, ("77",))
    answers = list(line.driver().query([known, known._replace(id=2, gateway_message_ids=())]))
    assert answers[0].outcome == QueryOutcome.FINAL
    assert answers[0].state == ReceiptState.DELIVERED
    assert answers[1].outcome == QueryOutcome.UNKNOWN


def test_nothing_leaves_after_the_process_was_frozen(line: SmppLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A yes is good for a second: what was to be written later is not."""
    monkeypatch.setattr("delivery.gateways.smpp.YES_SECONDS", -1.0)
    results = submit(line.driver(), messages(20))
    assert outcomes(results) == {Outcome.UNSENT}
    assert line.arrived() == []
