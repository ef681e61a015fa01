"""The simulated gateway's server: one thread for submits and control requests, one for receipts."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, cast

from delivery.simulation.address import Address, connect
from delivery.simulation.courier import Courier, Deliver, Receipt
from delivery.simulation.ledger import (
    TAKEN,
    LedgerLine,
    LedgerWriter,
    Verdict,
    find_doubles,
    line_as_dict,
    read_ledger,
)
from delivery.simulation.script import DELIVERED, End, Script, answer_to, end_of, plan_receipts, throw_dice

log = logging.getLogger(__name__)

# What the handset can show: this many messages, and after a restart those in so much of the ledger's end.
N_RECENT = 5_000
RECENT_BYTES = 2 << 20
# A longer line is no submit of ours.
MAX_LINE_BYTES = 8 << 20

SubmitRow = tuple[int, int, str, str, str, int]
MAX_REPLY_CHARACTERS = 2_000


class PhoneReply(NamedTuple):
    """What a person answers from a phone: from whom, to which sender, with the id that this gateway gave it."""

    gateway_reply_id: str
    msisdn: str
    destination: str
    text: str


# Returns when the console has the reply for good; raises when it has not.
TakeReply = Callable[[PhoneReply], None]


class AddressInUse(Exception):
    """Somebody answers at the address where this server should listen."""


class SimulatedGateway:
    """Judges submits by the script, writes them down, plans their receipts. Knows no sockets."""

    script: Script
    # Whether a second submit of one attempt is a double, whatever became of the first.
    has_one_submit_per_attempt: ClassVar[bool] = True

    def __init__(
        self,
        *,
        ledger: LedgerWriter,
        courier: Courier[Any],
        script: Script,
        take_reply: TakeReply | None = None,
    ) -> None:
        self.script = script
        self._take_reply = take_reply
        self._ledger = ledger
        self._courier = courier
        # Unique over restarts, as a carrier's ids are.
        self._id_prefix = f"{time.time_ns() // 1_000_000:x}"
        self._numbers = itertools.count(1)
        self.counts: Counter[Verdict] = Counter()
        self.recent: deque[LedgerLine] = deque(maxlen=N_RECENT)

    def take_up(self) -> None:
        """Go on where an earlier process on the same ledger stopped: recent messages, receipts still due."""
        end = self._ledger.n_bytes
        for line in read_ledger(self._ledger.path, start=max(0, end - RECENT_BYTES)):
            self.recent.append(line)
        place = min(self._courier.read_checkpoint(), end)
        now = datetime.now(UTC)
        due = []
        for line in read_ledger(self._ledger.path, start=place):
            dice = throw_dice(self.script, message_id=line.message_id, attempt=line.attempt)
            passed_seconds = (now - line.at).total_seconds()
            planned = self._receipts(line, end_of(self.script, dice, msisdn=line.msisdn))
            due += [(seconds - passed_seconds, receipt) for seconds, receipt in planned]
        self._courier.add(due, start=place, end=end)

    def submit(self, group: Iterable[SubmitRow], *, answer_later: Callable[[bytes], None]) -> bytes:
        """Write a group of submits to the ledger; the answers to it.

        Where receipts have to be there before the answers, nothing is returned and `answer_later` is called
        from the courier's thread. Raises OSError when the ledger cannot be written: an unwritten submit must
        not be answered.
        """
        script = self.script
        at = datetime.now(UTC)
        lines: list[LedgerLine] = []
        due: list[tuple[float, Any]] = []
        early: list[Any] = []
        for message_id, attempt, msisdn, sender, text, n_segments in group:
            dice = throw_dice(script, message_id=message_id, attempt=attempt)
            verdict, code = answer_to(script, dice, attempt=attempt, msisdn=msisdn)
            ids = self._new_ids(n_segments) if verdict in TAKEN else ()
            line = LedgerLine(at, message_id, attempt, msisdn, sender, n_segments, text, verdict, code, ids)
            lines.append(line)
            if not ids:
                continue
            end = end_of(script, dice, msisdn=msisdn)
            planned = self._receipts(line, end)
            if end.comes_early:
                early += [receipt for seconds, receipt in planned if not seconds]
                planned = [(seconds, receipt) for seconds, receipt in planned if seconds]
            due += planned
        start = self._ledger.n_bytes
        self._ledger.append(lines)
        stop = self._ledger.n_bytes
        self.counts.update([line.verdict for line in lines])
        self.recent.extend(lines)
        self._courier.add(due, start=start, end=stop)
        answers = self._answers(lines)
        if not early:
            return answers
        self._courier.add_urgent(early, start=start, end=stop, then=lambda: answer_later(answers))
        return b""

    def _new_ids(self, n_segments: int) -> tuple[str, ...]:
        return tuple([f"{self._id_prefix}-{next(self._numbers):x}" for _ in range(n_segments)])

    def _receipts(self, line: LedgerLine, end: End) -> list[tuple[float, Any]]:
        reference = line.reference if self.script.echo_reference else ""
        return [
            (seconds, Receipt(gateway_message_id, state, code, reference, line.msisdn))
            for seconds, gateway_message_id, state, code in plan_receipts(end, line.gateway_message_ids)
        ]

    def _answers(self, lines: list[LedgerLine]) -> bytes:
        retry_after_seconds = self.script.throttle_ms / 1000
        answers = [
            (
                line.message_id,
                line.attempt,
                line.verdict,
                line.gateway_message_ids,
                line.code,
                retry_after_seconds if line.verdict is Verdict.THROTTLED else 0.0,
            )
            for line in lines
            if line.verdict is not Verdict.SILENT
        ]
        if self.script.reverse_answers:
            answers.reverse()
        return json.dumps(answers).encode() + b"\n" if answers else b""

    def control(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a control request; raises ValueError with words for a person."""
        match request.get("control"):
            case "stats":
                return {"stats": self._stats()}
            case "recent":
                return {
                    "messages": self._recent(str(request.get("digits", "")), int(request.get("limit", 50)))
                }
            case "reply":
                return {"reply": self._reply(request)}
            case "script":
                self.script = self.script.changed(request.get("set", {}))
                return {"script": self.script.as_dict()}
            case "doubles":
                doubles = find_doubles(self._ledger.path, by_attempt=self.has_one_submit_per_attempt)
                return {
                    "n_doubles": len(doubles),
                    "references": [double.second.reference for double in doubles],
                }
        raise ValueError("There is no such control request.")

    def _reply(self, request: Mapping[str, Any]) -> str:
        """Hand a phone's answer to the console; its id, once the console has it."""
        text = str(request.get("text", "")).strip()
        if not text or len(text) > MAX_REPLY_CHARACTERS:
            raise ValueError(f"A reply is 1 to {MAX_REPLY_CHARACTERS} characters.")
        if self._take_reply is None:
            raise ValueError("This simulated gateway takes no replies.")
        reply = PhoneReply(
            f"{self._id_prefix}-r{next(self._numbers):x}",
            str(request.get("msisdn", "")),
            str(request.get("destination", "")),
            text,
        )
        try:
            self._take_reply(reply)
        except Exception as error:
            log.warning("reply not taken error=%s", type(error).__name__)
            raise ValueError("The console did not take the reply. Try again.") from error
        return reply.gateway_reply_id

    def _stats(self) -> dict[str, Any]:
        return {
            "n_submits": self.counts.total(),
            **{f"n_{verdict}": self.counts[verdict] for verdict in Verdict},
            "n_receipts_sent": self._courier.n_sent,
            "n_receipts_waiting": self._courier.n_waiting,
            "ledger": str(self._ledger.path),
            "ledger_bytes": self._ledger.n_bytes,
        }

    def _recent(self, digits: str, limit: int) -> list[dict[str, Any]]:
        """What phones show, newest first: of numbers that end so, messages that were taken and not lost."""
        arrived = (
            line for line in reversed(self.recent) if line.msisdn.endswith(digits) and self._reached(line)
        )
        return [line_as_dict(line) for line in itertools.islice(arrived, limit)]

    def _reached(self, line: LedgerLine) -> bool:
        """Whether the phone got it. One whose receipt gets lost did."""
        if line.verdict not in TAKEN:
            return False
        dice = throw_dice(self.script, message_id=line.message_id, attempt=line.attempt)
        return end_of(self.script, dice, msisdn=line.msisdn).state in (DELIVERED, "")


class Connection(asyncio.Protocol):
    """One client: cuts what it sends into lines and passes them on."""

    def __init__(self, gateway: SimulatedGateway, loop: asyncio.AbstractEventLoop) -> None:
        self._gateway = gateway
        self._loop = loop
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        lines, newline, rest = self._unread.rpartition(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            self._transport.abort()
            return
        if not newline:
            return
        self._unread = rest
        try:
            for line in lines.split(b"\n"):
                self._take(json.loads(line))
        except (ValueError, TypeError) as error:
            log.error("request unreadable error=%s", type(error).__name__)
            self._transport.abort()
        except OSError as error:
            log.error("ledger not written error=%s", error.strerror)
            self._transport.abort()

    def _take(self, request: Any) -> None:
        if isinstance(request, list):
            self._answer(self._gateway.submit(request, answer_later=self._answer_later))
            return
        if not isinstance(request, dict):
            raise TypeError
        try:
            answer = self._gateway.control(request)
        except ValueError as error:
            answer = {"error": str(error)}
        self._transport.write(json.dumps(answer).encode() + b"\n")

    def _answer_later(self, answers: bytes) -> None:
        self._loop.call_soon_threadsafe(self._answer, answers)

    def _answer(self, answers: bytes) -> None:
        if delay_ms := self._gateway.script.delay_ms:
            self._loop.call_later(delay_ms / 1000, self._transport.write, answers)
        else:
            self._transport.write(answers)


def serve(
    *,
    address: Address,
    ledger: Path,
    script: Script,
    deliver: Deliver,
    when_ready: Callable[[], None],
    take_reply: TakeReply | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises `LedgerInUse`, `AddressInUse` or OSError when it cannot start."""
    writer = LedgerWriter(ledger)
    courier = Courier(deliver=deliver, checkpoint=ledger.with_name(ledger.name + ".checkpoint"))
    gateway = SimulatedGateway(ledger=writer, courier=courier, script=script, take_reply=take_reply)
    try:
        gateway.take_up()
        asyncio.run(_listen(gateway, courier, address, when_ready))
    finally:
        courier.stop()
        writer.close()


async def _listen(
    gateway: SimulatedGateway, courier: Courier[Receipt], address: Address, when_ready: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    def connection() -> Connection:
        return Connection(gateway, loop)

    if address.path:
        make_way(address)
        server = await loop.create_unix_server(connection, address.path)
        Path(address.path).chmod(0o600)
    else:
        server = await loop.create_server(connection, address.host, address.port)
    courier.start()
    when_ready()
    await stopped.wait()
    server.close()


def make_way(address: Address) -> None:
    """Remove the socket of a process that was killed; raises `AddressInUse` when somebody answers there."""
    path = Path(address.path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        connect(address, timeout_seconds=1).close()
    except ConnectionRefusedError:
        path.unlink()
    except FileNotFoundError:
        pass
    else:
        raise AddressInUse(f"Another process listens at {address}.")
