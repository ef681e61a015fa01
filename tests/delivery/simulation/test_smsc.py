from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from delivery.simulation.courier import Courier
from delivery.simulation.ledger import LedgerLine, LedgerWriter, Verdict, find_doubles, read_ledger
from delivery.simulation.smsc import INCOMPLETE, REFERENCE_TAG, RTHROTTLED, SimulatedSmsc, Submit
from delivery.simulation.smsc_receipts import MANGLERS, SmscReceipt, receipt_parameters, receipt_words
from delivery.simulation.smsc_script import NOTATIONS, SmscScript

SOON: dict[str, object] = {"receipt_min_ms": 0, "receipt_max_ms": 10}


class Trial:
    """An SMSC without sockets: what it answered, what it wrote, the receipts in the order in which they left."""

    def __init__(self, folder: Path, script: dict[str, object]) -> None:
        self.happened: list[tuple[str, Any]] = []
        self.writer = LedgerWriter(folder / "ledger.jsonl")
        self._courier = Courier(deliver=self._deliver, checkpoint=folder / "checkpoint")
        self._courier.start()
        self.smsc = SimulatedSmsc(
            ledger=self.writer, courier=self._courier, script=SmscScript().changed(SOON | script)
        )

    def _deliver(self, receipts: Sequence[SmscReceipt], _reported_at: datetime) -> None:
        self.happened += [("receipt", receipt) for receipt in receipts]

    def submit(self, text: str, *, number: str = "8613800000001", part: bytes = b"", **fields: Any) -> None:
        values = {
            "system_id": "console",
            "source": "Shop",
            "destination": number,
            "esm_class": 0x40 if part else 0,
            "data_coding": 8,
            "registered_delivery": 1,
            "data": part + text.encode("utf-16-be"),
            "tlvs": {},
        }
        self.smsc.take(Submit(**values | fields), lambda what: self.happened.append(("answer", what)))

    def answers(self) -> list[str | int]:
        return [what for kind, what in self.happened if kind == "answer"]

    def receipts(self, n: int) -> list[SmscReceipt]:
        """Waits until there are so many, and a little longer for more."""
        deadline = time.monotonic() + 5
        while len(found := self._receipts()) < n and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.15)
        found = self._receipts()
        assert len(found) == n
        return found

    def _receipts(self) -> list[SmscReceipt]:
        return [what for kind, what in self.happened if kind == "receipt"]

    def lines(self) -> list[LedgerLine]:
        return list(read_ledger(self.writer.path))

    def close(self) -> None:
        self._courier.stop()
        self.writer.close()


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[Callable[..., Trial]]:
    trials: list[Trial] = []

    def make(**script: object) -> Trial:
        folder = tmp_path / str(len(trials))
        folder.mkdir()
        trials.append(Trial(folder, script))
        return trials[-1]

    yield make
    for trial in trials:
        trial.close()


def header(number: int, *, n_parts: int = 3, reference: int = 7) -> bytes:
    return bytes([5, 0, 3, reference, n_parts, number])


def test_parts_in_any_order_become_one_line_with_the_whole_text(smsc: Callable[..., Trial]) -> None:
    trial = smsc()
    for number, text in ((2, "退订回"), (3, "复 TD"), (1, "您好，")):
        trial.submit(text, part=header(number))
    (line,) = trial.lines()
    assert (line.text, line.n_segments, line.msisdn, line.sender) == (
        "您好，退订回复 TD",
        3,
        "+8613800000001",
        "Shop",
    )
    assert set(line.gateway_message_ids) == set(trial.answers())
    assert {receipt.gateway_message_id for receipt in trial.receipts(3)} == set(trial.answers())


def test_parts_of_two_messages_do_not_mix(smsc: Callable[..., Trial]) -> None:
    trial = smsc()
    for number in (1, 2):
        trial.submit(f"a{number}", part=header(number, n_parts=2, reference=1))
        trial.submit(f"b{number}", part=header(number, n_parts=2, reference=2))
        trial.submit(f"c{number}", part=header(number, n_parts=2, reference=1), number="8613800000002")
    assert sorted(line.text for line in trial.lines()) == ["a1a2", "b1b2", "c1c2"]


def test_what_does_not_come_to_its_end_is_written_down_as_incomplete(smsc: Callable[..., Trial]) -> None:
    trial = smsc()
    trial.submit("one", part=header(1))
    trial.smsc.flush(older_than_seconds=60)
    assert trial.lines() == []
    trial.smsc.flush(older_than_seconds=0)
    (line,) = trial.lines()
    assert (line.code, line.n_segments, line.verdict) == (INCOMPLETE, 1, Verdict.ACCEPTED)
    assert trial.smsc.control({"control": "recent"})["messages"] == []
    assert trial.smsc.control({"control": "stats"})["stats"]["n_incomplete"] == 1


def test_a_throttled_one_is_taken_in_the_end_and_is_no_double(smsc: Callable[..., Trial]) -> None:
    trial = smsc(throttle=60.0)
    for number in range(1, 4):
        while trial.answers()[-1:] in ([], [RTHROTTLED]) or len(trial.answers()) == 0:
            trial.submit(f"part {number}", part=header(number))
        trial.happened.append(("answer", RTHROTTLED))
    taken = [line for line in trial.lines() if line.verdict is Verdict.ACCEPTED]
    assert [line.text for line in taken] == ["part 1part 2part 3"]
    assert len(trial.lines()) > 1, "something was throttled"
    assert find_doubles(trial.writer.path, by_attempt=False) == []


def test_the_same_text_to_the_same_number_is_a_double(smsc: Callable[..., Trial]) -> None:
    trial = smsc()
    trial.submit("Hello")
    trial.submit("Hello", number="8613800000002")
    assert trial.smsc.control({"control": "doubles"})["n_doubles"] == 0
    trial.submit("Hello")
    assert trial.smsc.control({"control": "doubles"})["n_doubles"] == 1


def test_a_reference_tells_messages_apart_that_say_the_same(smsc: Callable[..., Trial]) -> None:
    trial = smsc()
    trial.submit("Hello", tlvs={REFERENCE_TAG: b"41-0\0"})
    trial.submit("Hello", tlvs={REFERENCE_TAG: b"42-1\0"})
    assert [(line.message_id, line.attempt) for line in trial.lines()] == [(41, 0), (42, 1)]
    assert trial.smsc.control({"control": "doubles"})["n_doubles"] == 0
    assert sorted(receipt.reference for receipt in trial.receipts(2)) == ["41-0", "42-1"]


def test_a_made_up_number_is_not_sent_back_as_a_reference(smsc: Callable[..., Trial]) -> None:
    trial = smsc()
    trial.submit("Hello")
    assert trial.receipts(1)[0].reference == ""


def test_silent_ones_are_taken_and_heard_of_by_their_receipt_only(smsc: Callable[..., Trial]) -> None:
    trial = smsc(silence=100.0)
    trial.submit("Hello")
    assert trial.lines()[0].verdict is Verdict.SILENT
    trial.receipts(1)
    assert trial.answers() == []


def test_early_receipts_come_before_the_answer(smsc: Callable[..., Trial]) -> None:
    trial = smsc(early_receipts=100.0)
    trial.submit("Hello")
    trial.receipts(1)
    assert [kind for kind, _ in trial.happened] == ["receipt", "answer"]


def test_a_refused_part_leaves_the_others_taken(smsc: Callable[..., Trial]) -> None:
    trial = smsc(refuse_parts=100.0)
    for number in (1, 2, 3):
        trial.submit(f"part {number}", part=header(number))
    assert [type(answer) for answer in trial.answers()] == [str, str, int]
    trial.submit("alone")
    assert type(trial.answers()[-1]) is str


def test_a_lost_part_gets_no_receipt(smsc: Callable[..., Trial]) -> None:
    trial = smsc(lose_parts=100.0)
    for number in (1, 2, 3):
        trial.submit(f"part {number}", part=header(number))
    assert [receipt.gateway_message_id for receipt in trial.receipts(2)] == trial.answers()[:2]


def test_copies_and_unknown_ids_come_beside_the_true_receipt(smsc: Callable[..., Trial]) -> None:
    trial = smsc(receipt_copies=3, unknown_receipts=100.0)
    trial.submit("Hello")
    ids = [receipt.gateway_message_id for receipt in trial.receipts(6)]
    assert ids.count(str(trial.answers()[0])) == 3
    assert len(set(ids)) == 2


def test_nobody_who_wants_no_receipt_gets_one(smsc: Callable[..., Trial]) -> None:
    trial = smsc()
    trial.submit("Hello", registered_delivery=0)
    trial.submit("You", registered_delivery=1)
    assert trial.receipts(1)[0].text == "You"


@pytest.mark.parametrize("in_answers", NOTATIONS)
@pytest.mark.parametrize("in_receipts", NOTATIONS)
def test_every_notation_names_the_same_number(in_answers: str, in_receipts: str) -> None:
    script = SmscScript(id_notation=in_answers, receipt_notation=in_receipts)
    number = 0xABCDEF012345
    written = script.id_in_receipt(script.write_id(number))
    assert int(written, NOTATIONS[in_receipts][1]) == number
    assert SmscScript(id_notation=in_answers).id_in_receipt("x-1") == "x-1"


def test_a_choice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="id_notation must be one of decimal, padded"):
        SmscScript().changed({"id_notation": "roman"})


def receipt(**values: Any) -> SmscReceipt:
    at = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    example = SmscReceipt("77", "undelivered", "MK:0001", "", "+861", "Shop", "console", "Hello " * 9, at)
    return example._replace(**values)


def test_a_receipt_says_so_in_words_and_in_parameters() -> None:
    done_at = datetime(2026, 3, 4, 5, 7, tzinfo=UTC)
    assert receipt_words(receipt(), done_at) == (
        "id:77 sub:001 dlvrd:000 submit date:2603040506 done date:2603040507 stat:UNDELIV err:MK:0001 "
        "text:Hello Hello Hello He"
    )
    assert receipt_parameters(receipt()) == [
        (0x001E, b"77\0"),
        (0x0427, b"\x05"),
        (0x0423, b"\x03\x00\x01"),
    ]
    assert "stat:DELIVRD err:000" in receipt_words(receipt(state="delivered", code="DELIVRD"), done_at)


@pytest.mark.parametrize("way", range(1, len(MANGLERS) + 1))
def test_a_badly_written_receipt_still_has_its_id_and_state(way: int) -> None:
    words = receipt_words(receipt(mangled_by=way), datetime.now(UTC))
    assert words != receipt_words(receipt(), datetime.now(UTC))
    assert "77" in words
    assert "UNDELIV" in words


def test_what_was_due_when_the_process_died_is_due_afterwards(tmp_path: Path) -> None:
    first = Trial(tmp_path, {"receipt_min_ms": 60_000, "receipt_max_ms": 60_000})
    first.submit("Hello")
    first.close()
    second = Trial(tmp_path, {})
    second.smsc.take_up()
    assert [receipt.gateway_message_id for receipt in second.receipts(1)] == first.answers()
    assert second.smsc.control({"control": "recent"})["messages"][0]["text"] == "Hello"
    second.close()
