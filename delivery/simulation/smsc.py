"""The simulated SMSC's judgement: what becomes of each submit_sm, joined to whole messages. Knows no sockets."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, ClassVar, NamedTuple

from delivery.simulation.courier import Courier
from delivery.simulation.ledger import TAKEN, LedgerLine, LedgerWriter, Verdict
from delivery.simulation.script import (
    ACCEPT,
    THROTTLE,
    Answer,
    End,
    answer_to,
    end_of,
    hits,
    plan_receipts,
    throw_dice,
)
from delivery.simulation.server import SimulatedGateway, TakeReply
from delivery.simulation.short_messages import Content, read_content
from delivery.simulation.smsc_receipts import MANGLERS, SmscReceipt
from delivery.simulation.smsc_script import SmscScript, throw_quirks

# The console's own name of a message, where its gateway is set up to send one: “id-attempt” in characters.
REFERENCE_TAG = 0x1501

RTHROTTLED, RMSGQFUL = 0x58, 0x14
STATUS_OF = {
    "INVALID_NUMBER": 0x0B,
    "BLACKLISTED": 0x45,
    "CONTENT_BLOCKED": 0x45,
    "NO_ROUTE": 0x0A,
    "REFUSED": 0x45,
}
# Written instead of a code when not all parts of a message came within the time.
INCOMPLETE = "INCOMPLETE"
ASSEMBLY_SECONDS = 30.0
# Between the copies of one receipt.
COPY_SECONDS = 0.02

# From here on numbers of messages are made up from what they say.
MADE_UP = 1 << 60

# Called once, with the message's id or the status of the refusal; never for a silent one.
AnswerWith = Callable[[str | int], None]


class Submit(NamedTuple):
    """A submit_sm, as far as it matters here."""

    system_id: str
    source: str
    destination: str
    esm_class: int
    data_coding: int
    registered_delivery: int
    data: bytes
    tlvs: Mapping[int, bytes]


@dataclass(slots=True)
class _Assembly:
    """The parts of a message that were taken so far, each with its id and text."""

    submit: Submit
    message_id: int
    attempt: int
    n_parts: int
    verdict: Verdict
    started: float
    parts: dict[int, tuple[str, str]] = field(default_factory=dict)


class SimulatedSmsc(SimulatedGateway):
    """Judges parts one by one, as an SMSC does, and writes whole messages to the ledger before their last answer.

    A part is known by the reference that the console sends along, else by its number, sender and text:
    without references two messages that say the same to one number count as one.
    """

    script: SmscScript
    has_one_submit_per_attempt: ClassVar[bool] = False

    def __init__(
        self,
        *,
        ledger: LedgerWriter,
        courier: Courier[Any],
        script: SmscScript,
        take_reply: TakeReply | None = None,
    ) -> None:
        super().__init__(ledger=ledger, courier=courier, script=script, take_reply=take_reply)
        # Unique over restarts, as a carrier's ids are, and short enough for every notation.
        self._ids = itertools.count(time.time_ns() // 1_000_000 << 16)
        self._assemblies: dict[tuple[str, str, str, int, int], _Assembly] = {}
        self._n_throttled: dict[int, int] = {}
        self.part_counts: Counter[str] = Counter()

    def take(self, submit: Submit, answer: AnswerWith) -> None:
        """Judge a submit_sm; the answer may follow later, from the courier's thread.

        Raises OSError when the ledger cannot be written: an unwritten submit must not be answered.
        """
        content = read_content(
            esm_class=submit.esm_class,
            data_coding=submit.data_coding,
            data=submit.data,
            tlvs=submit.tlvs,
            alphabet=self.script.alphabet,
        )
        message_id, attempt = _identity(submit, content)
        verdict, code = self._judge(message_id, attempt, content, _msisdn(submit))
        self.part_counts[verdict] += 1
        if verdict not in TAKEN:
            self._refuse(submit, content, Answer(verdict, code), (message_id, attempt), answer)
            return
        assembly = self._place(submit, content, message_id, attempt, verdict)
        written = self.script.write_id(next(self._ids))
        number = content.place.number if content.place else 1
        if number in assembly.parts:
            self.part_counts["doubled"] += 1
        assembly.parts[number] = (written, content.text)

        def answer_taken() -> None:
            if verdict is not Verdict.SILENT:
                answer(written)

        if len(assembly.parts) < assembly.n_parts:
            answer_taken()
            return
        self._assemblies.pop(self._key(submit, content), None)
        self._n_throttled.pop(message_id, None)
        self._write(assembly, "", then=answer_taken)

    def flush(self, *, older_than_seconds: float = ASSEMBLY_SECONDS) -> None:
        """Write down what is incomplete and was begun so long ago: the rest of it does not come."""
        now = time.monotonic()
        for key, assembly in list(self._assemblies.items()):
            if now - assembly.started >= older_than_seconds:
                del self._assemblies[key]
                self.part_counts["incomplete"] += 1
                self._write(assembly, INCOMPLETE, then=lambda: None)

    def _judge(self, message_id: int, attempt: int, content: Content, msisdn: str) -> Answer:
        """Refused and silent ones are so as a whole; each part may be throttled by itself, each time anew."""
        script = self.script
        place = content.place
        if place and place.number == place.n_parts:
            quirks = throw_quirks(script, message_id=message_id, attempt=attempt)
            if hits(quirks.part, script.refuse_parts):
                return Answer(Verdict.REFUSED, "REFUSED")
        dice = throw_dice(script, message_id=message_id, attempt=attempt)
        n_throttled = self._n_throttled.get(message_id, 0)
        first = answer_to(script, dice, attempt=attempt, msisdn=msisdn)
        if first.verdict in (Verdict.REFUSED, Verdict.SILENT) or (not n_throttled and not place):
            return first
        turn = attempt + 1_000 * n_throttled + 1_000_000 * (place.number if place else 0)
        dice = throw_dice(script, message_id=message_id, attempt=turn)
        again = answer_to(script, dice, attempt=turn, msisdn=msisdn)
        return THROTTLE if again.verdict is Verdict.THROTTLED else ACCEPT

    def _refuse(
        self, submit: Submit, content: Content, judged: Answer, identity: tuple[int, int], answer: AnswerWith
    ) -> None:
        """Write the part down by itself and say no to it."""
        message_id, attempt = identity
        if judged.verdict is Verdict.THROTTLED:
            self._n_throttled[message_id] = self._n_throttled.get(message_id, 0) + 1
            quirks = throw_quirks(self.script, message_id=message_id, attempt=attempt)
            status = RMSGQFUL if hits(quirks.queue, self.script.queue_full) else RTHROTTLED
        else:
            status = STATUS_OF[judged.code]
        line = LedgerLine(
            datetime.now(UTC),
            message_id,
            attempt,
            _msisdn(submit),
            submit.source,
            1,
            content.text,
            *judged,
            (),
        )
        self._ledger.append([line])
        self._keep(line)
        answer(status)

    def _place(
        self, submit: Submit, content: Content, message_id: int, attempt: int, verdict: Verdict
    ) -> _Assembly:
        n_parts = content.place.n_parts if content.place else 1
        fresh = _Assembly(submit, message_id, attempt, n_parts, verdict, time.monotonic())
        if n_parts == 1:
            return fresh
        return self._assemblies.setdefault(self._key(submit, content), fresh)

    def _key(self, submit: Submit, content: Content) -> tuple[str, str, str, int, int]:
        place = content.place
        reference, n_parts = (place.reference, place.n_parts) if place else (0, 1)
        return submit.system_id, submit.source, submit.destination, reference, n_parts

    def _write(self, assembly: _Assembly, code: str, *, then: Callable[[], None]) -> None:
        """Append the message, plan its receipts, and go on: after receipts that shall be there first."""
        submit = assembly.submit
        parts = [assembly.parts[number] for number in sorted(assembly.parts)]
        text = "".join(text for _, text in parts)
        message_id = assembly.message_id
        if REFERENCE_TAG not in submit.tlvs:
            message_id = _number_of(submit.source, submit.destination, text)
        line = LedgerLine(
            at=datetime.now(UTC),
            message_id=message_id,
            attempt=assembly.attempt,
            msisdn=_msisdn(submit),
            sender=submit.source,
            n_segments=len(parts),
            text=text,
            verdict=assembly.verdict,
            code=code,
            gateway_message_ids=tuple(written for written, _ in parts),
        )
        dice = throw_dice(self.script, message_id=line.message_id, attempt=line.attempt)
        end = end_of(self.script, dice, msisdn=line.msisdn)
        planned = self._receipts(line, end, system_id=submit.system_id)
        if not submit.registered_delivery & 0x03:
            planned = []
        start = self._ledger.n_bytes
        self._ledger.append([line])
        stop = self._ledger.n_bytes
        self._keep(line)
        early = [receipt for seconds, receipt in planned if end.comes_early and not seconds]
        later = [(seconds, receipt) for seconds, receipt in planned if seconds or not end.comes_early]
        self._courier.add(later, start=start, end=stop)
        if early:
            self._courier.add_urgent(early, start=start, end=stop, then=then)
        else:
            then()

    def _keep(self, line: LedgerLine) -> None:
        self.counts[line.verdict] += 1
        self.recent.append(line)

    def _receipts(self, line: LedgerLine, end: End, *, system_id: str = "") -> list[tuple[float, Any]]:
        """Also after a restart, when nobody knows any more which client a message came from."""
        script = self.script
        quirks = throw_quirks(script, message_id=line.message_id, attempt=line.attempt)
        planned = plan_receipts(end, line.gateway_message_ids)
        if len(line.gateway_message_ids) > 1 and hits(quirks.loss, script.lose_parts):
            planned = [each for each in planned if each.gateway_message_id != line.gateway_message_ids[-1]]
        if planned and hits(quirks.unknown, script.unknown_receipts):
            # A number of 32 bits was never given to anybody: those count milliseconds, shifted.
            planned.append(planned[-1]._replace(gateway_message_id=script.write_id(quirks.unknown + 1)))
        is_mangled = hits(quirks.form, script.malformed_receipts)
        return [
            (
                each.delay_seconds + COPY_SECONDS * copy if each.delay_seconds else 0.0,
                SmscReceipt(
                    gateway_message_id=script.id_in_receipt(each.gateway_message_id),
                    state=each.state,
                    code=each.code,
                    reference=line.reference if script.echo_reference and line.message_id < MADE_UP else "",
                    msisdn=line.msisdn,
                    sender=line.sender,
                    system_id=system_id,
                    text=line.text,
                    submitted_at=line.at,
                    mangled_by=1 + quirks.form % len(MANGLERS) if is_mangled else 0,
                ),
            )
            for copy in range(script.receipt_copies)
            for each in planned
        ]

    def _reached(self, line: LedgerLine) -> bool:
        return line.code != INCOMPLETE and super()._reached(line)

    def _stats(self) -> dict[str, Any]:
        counts = self.part_counts
        return super()._stats() | {
            "n_parts": sum(counts[verdict] for verdict in Verdict),
            "n_parts_throttled": counts[Verdict.THROTTLED],
            "n_parts_doubled": counts["doubled"],
            "n_incomplete": counts["incomplete"],
            "n_assembling": len(self._assemblies),
        }


def _msisdn(submit: Submit) -> str:
    return "+" + re.sub(r"\D", "", submit.destination)


def _identity(submit: Submit, content: Content) -> tuple[int, int]:
    """Whose part this is: by the reference in the vendor's parameter, else by what the PDU says."""
    written = submit.tlvs.get(REFERENCE_TAG, b"").rstrip(b"\0").decode("ascii", "replace")
    if found := re.fullmatch(r"(\d{1,18})-(\d{1,9})", written):
        return int(found[1]), int(found[2])
    place = content.place
    what = f"{place.reference}/{place.n_parts}" if place else content.text
    return _number_of(submit.source, submit.destination, what), 0


def _number_of(*words: str) -> int:
    """The same for the same words, and larger than any number of the console's own."""
    data = "\0".join(words).encode("utf-8", "surrogatepass")
    return MADE_UP | int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 5
