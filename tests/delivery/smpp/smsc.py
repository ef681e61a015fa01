"""A small SMSC for tests: real sockets, a memory of everything, and every kind of misbehaviour.

It reads and writes PDUs by itself, not by the console's codec, so that a fault of the codec shows here.
`python -m tests.delivery.smpp.smsc --port 2775` runs a well-behaved one as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import socket
import ssl
import struct
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

HEADER = struct.Struct(">IIII")
BINDS = {1: "receiver", 2: "transmitter", 9: "transceiver"}
SUBMIT, DELIVER, UNBIND, ENQUIRE, QUERY, NACK = 4, 5, 6, 0x15, 3, 0x80000000
RESPONSE = 0x80000000
RTHROTTLED, RINVDSTADR, RMSGQFUL = 0x58, 0x0B, 0x14


class Submit(NamedTuple):
    """A submit_sm as it arrived."""

    sequence: int
    source: str
    source_type: tuple[int, int]
    destination: str
    destination_type: tuple[int, int]
    esm_class: int
    validity: str
    registered: int
    data_coding: int
    octets: bytes
    tlvs: dict[int, bytes]
    connection: int
    at: float

    @property
    def udh(self) -> tuple[int, int, int] | None:
        """Reference, number of parts, which part."""
        if not self.esm_class & 0x40:
            return None
        if self.octets[1] == 0:
            return self.octets[3], self.octets[4], self.octets[5]
        return int.from_bytes(self.octets[3:5], "big"), self.octets[5], self.octets[6]

    @property
    def text(self) -> str:
        octets = self.octets or self.tlvs.get(0x0424, b"")
        octets = octets[octets[0] + 1 :] if self.esm_class & 0x40 else octets
        if self.data_coding == 8:
            return octets.decode("utf-16-be")
        return _of_gsm7(octets) if self.data_coding == 0 else octets.decode("latin-1")


class Answer(NamedTuple):
    """What to answer a submit with. A status of None: nothing at all."""

    status: int | None = 0
    message_id: str | None = None
    delay_seconds: float = 0.0


ACCEPT = Answer()
SILENCE = Answer(status=None)


@dataclass
class Behaviour:
    """What the SMSC does; to be changed while it runs."""

    on_submit: Callable[[Submit], Answer] = lambda submit: ACCEPT
    # After the nth submit (counted over all) this happens to its connection, before it is answered.
    after: dict[int, str] = field(default_factory=dict)  # "close" | "reset" | "garbage" | "unknown" | "nack"
    bind_status: int = 0
    answers_binds: bool = True
    answers_enquire: bool = True
    answers_unbind: bool = True
    reads: bool = True
    bytewise: bool = False
    # Seconds after the answer at which a receipt goes out; None: no receipts.
    receipt_after: float | None = None


class Smsc:
    """Runs in a thread of its own between `start` and `stop`."""

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.port = port or free_port()
        self._host = host
        self._tls = tls
        self.behaviour = Behaviour()
        self.submits: list[Submit] = []
        self.answered: dict[str, Submit] = {}  # by message id
        self.binds: list[tuple[float, str, str]] = []  # when, as what, who
        self.enquiries = 0
        self.nacks: list[tuple[int, int]] = []  # status, sequence
        self.unbinds = 0
        self.acknowledged: list[tuple[int, int]] = []  # sequence, status of deliver_sm_resp
        self.delivered: dict[int, bytes] = {}  # bodies by sequence
        self.receive_buffer = 0  # of connections to come; 0: as the system has it
        self._connections: dict[int, _Peer] = {}
        self._numbers = itertools.count(1)
        self.ids = itertools.count(1_000_000_001)
        self.sequences = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    # --- From the test's thread ---------------------------------------------------------------------------

    def start(self) -> None:
        async def listen() -> None:
            self._server = await self._loop.create_server(
                lambda: _Peer(self), self._host, self.port, ssl=self._tls
            )

        self._do(listen())

    def hang_up(self, *, reset: bool = False) -> None:
        """No longer listen, and end every connection."""

        async def end() -> None:
            if self._server is not None:
                self._server.close()
                self._server = None
            for peer in list(self._connections.values()):
                peer.end("reset" if reset else "close")

        self._do(end())

    def stop(self) -> None:
        if self._thread.is_alive():
            self.hang_up(reset=True)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def deliver(self, body: bytes, *, command: int = DELIVER, raw: bytes | None = None) -> int:
        """Send a deliver_sm on a connection that receives; its sequence number."""

        async def send() -> int:
            peer = self._receiver()
            sequence = next(self.sequences)
            self.delivered[sequence] = body
            peer.write(raw if raw is not None else _pdu(command, 0, sequence, body))
            return sequence

        return self._do(send())

    def deliver_many(self, bodies: list[bytes]) -> None:
        """Many at once, as fast as the other side reads."""

        async def send() -> None:
            peer, octets = self._receiver(), []
            for body in bodies:
                sequence = next(self.sequences)
                self.delivered[sequence] = body
                octets.append(_pdu(DELIVER, 0, sequence, body))
            peer.write(b"".join(octets))

        self._do(send())

    def send_raw(self, octets: bytes) -> None:
        async def send() -> None:
            self._receiver().write(octets)

        self._do(send())

    def unbind(self) -> None:
        self.send_raw(_pdu(UNBIND, 0, next(self.sequences), b""))

    def stop_reading(self) -> None:
        """On connections that are there and on those to come."""

        async def stop() -> None:
            for peer in self._connections.values():
                peer.transport.pause_reading()

        self.behaviour.reads = False
        self._do(stop())

    def read_again(self) -> None:
        async def go_on() -> None:
            for peer in self._connections.values():
                peer.transport.resume_reading()

        self.behaviour.reads = True
        self._do(go_on())

    @property
    def n_connected(self) -> int:
        return len(self._connections)

    def wait_for(self, is_so: Callable[[], bool], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "it did not come to that"
            time.sleep(0.005)

    def by_destination(self) -> dict[str, list[Submit]]:
        found: dict[str, list[Submit]] = defaultdict(list)
        for submit in list(self.submits):
            found[submit.destination].append(submit)
        return found

    def _do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    # --- In the loop ----------------------------------------------------------------------------------------

    def _receiver(self) -> _Peer:
        for peer in self._connections.values():
            if peer.role in ("receiver", "transceiver"):
                return peer
        raise LookupError("nobody is bound to receive")


class _Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc
        self.number = next(smsc._numbers)
        self.role = ""
        self.transport: asyncio.Transport
        self._unread = b""
        self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.smsc.receive_buffer:
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, self.smsc.receive_buffer
            )
        self.smsc._connections[self.number] = self
        if not self.smsc.behaviour.reads:
            transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over = True
        self.smsc._connections.pop(self.number, None)

    def write(self, octets: bytes) -> None:
        if self._is_over:
            return
        if not self.smsc.behaviour.bytewise:
            self.transport.write(octets)
            return
        for at in range(len(octets)):
            # Each byte is a segment of its own: there is no delay on this socket.
            self.transport.write(octets[at : at + 1])

    def end(self, how: str) -> None:
        if how == "reset":
            option = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
            self.transport.abort()
        else:
            self.transport.close()
        self._is_over = True

    def data_received(self, data: bytes) -> None:
        buffer, start, octets = self._unread + data, 0, []
        while not self._is_over and len(buffer) - start >= 16:
            length, command, status, sequence = HEADER.unpack_from(buffer, start)
            if len(buffer) - start < length:
                break
            answer = self._take(command, status, sequence, buffer[start + 16 : start + length])
            if answer:
                octets.append(answer)
            start += length
        self._unread = buffer[start:]
        if octets:
            self.write(b"".join(octets))

    def _take(self, command: int, status: int, sequence: int, body: bytes) -> bytes:
        smsc, behaviour = self.smsc, self.smsc.behaviour
        if command == SUBMIT:
            return self._take_submit(sequence, body)
        if command == DELIVER | RESPONSE:
            smsc.acknowledged.append((sequence, status))
        elif command == ENQUIRE:
            smsc.enquiries += 1
            return _pdu(ENQUIRE | RESPONSE, 0, sequence) if behaviour.answers_enquire else b""
        elif command in BINDS:
            smsc.binds.append((time.monotonic(), BINDS[command], body[: body.index(0)].decode()))
            if not behaviour.answers_binds:
                return b""
            if behaviour.bind_status:
                return _pdu(command | RESPONSE, behaviour.bind_status, sequence)
            self.role = BINDS[command]
            return _pdu(command | RESPONSE, 0, sequence, b"TEST\0")
        elif command == UNBIND:
            smsc.unbinds += 1
            if behaviour.answers_unbind:
                self.write(_pdu(UNBIND | RESPONSE, 0, sequence))
                self.end("close")
        elif command == NACK:
            smsc.nacks.append((status, sequence))
        elif command == QUERY:
            message_id = body[: body.index(0)]
            return _pdu(QUERY | RESPONSE, 0, sequence, message_id + b"\0" + b"\0" + b"\x02\x00")
        return b""

    def _take_submit(self, sequence: int, body: bytes) -> bytes:
        smsc = self.smsc
        submit = read_submit(sequence, body, self.number)
        smsc.submits.append(submit)
        what = smsc.behaviour.after.pop(len(smsc.submits), "")
        if what in ("close", "reset"):
            self.end(what)
            return b""
        if what:
            return {
                "garbage": b"\x00\x00\x00\x03" + b"\xff" * 20,
                "unknown": _pdu(0x00000777, 0, sequence, b"what is this"),
                "nack": _pdu(NACK, 2, sequence),
            }[what]
        answer = smsc.behaviour.on_submit(submit)
        if answer.status is None:
            return b""
        octets = self._answer(submit, answer)
        if answer.delay_seconds:
            smsc._loop.call_later(answer.delay_seconds, self.write, octets)
            return b""
        return octets

    def _answer(self, submit: Submit, answer: Answer) -> bytes:
        smsc = self.smsc
        if answer.status:
            return _pdu(SUBMIT | RESPONSE, answer.status, submit.sequence)
        message_id = answer.message_id if answer.message_id is not None else str(next(smsc.ids))
        smsc.answered[message_id] = submit
        after = smsc.behaviour.receipt_after
        if after is not None and submit.registered & 1:
            body = receipt(message_id, source=submit.destination, destination=submit.source)
            smsc._loop.call_later(after + answer.delay_seconds, self._send_receipt, body)
        return _pdu(SUBMIT | RESPONSE, 0, submit.sequence, message_id.encode() + b"\0")

    def _send_receipt(self, body: bytes) -> None:
        try:
            peer = self.smsc._receiver()
        except LookupError:
            return
        sequence = next(self.smsc.sequences)
        self.smsc.delivered[sequence] = body
        peer.write(_pdu(DELIVER, 0, sequence, body))


# --- PDUs ---------------------------------------------------------------------------------------------------------


def _pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    return HEADER.pack(16 + len(body), command, status, sequence) + body


def read_submit(sequence: int, body: bytes, connection: int) -> Submit:
    at = body.index(0) + 1
    source_type, end = (body[at], body[at + 1]), body.index(0, at + 2)
    source, at = body[at + 2 : end].decode("latin-1"), end + 1
    destination_type, end = (body[at], body[at + 1]), body.index(0, at + 2)
    destination, at = body[at + 2 : end].decode("latin-1"), end + 1
    esm_class = body[at]
    schedule_end = body.index(0, at + 3)
    validity_end = body.index(0, schedule_end + 1)
    validity = body[schedule_end + 1 : validity_end].decode()
    registered, _replace, data_coding, _default, length = body[validity_end + 1 : validity_end + 6]
    start = validity_end + 6
    tlvs, at = {}, start + length
    while at + 4 <= len(body):
        tag, size = struct.unpack_from(">HH", body, at)
        tlvs[tag] = body[at + 4 : at + 4 + size]
        at += 4 + size
    assert at == len(body), "something is left over"
    return Submit(
        sequence,
        source,
        source_type,
        destination,
        destination_type,
        esm_class,
        validity,
        registered,
        data_coding,
        body[start : start + length],
        tlvs,
        connection,
        time.time(),
    )


def deliver_body(
    octets: bytes,
    *,
    source: str,
    destination: str,
    esm_class: int = 0,
    data_coding: int = 0,
    tlvs: dict[int, bytes] | None = None,
) -> bytes:
    return b"".join(
        (
            b"\0\x01\x01" + source.encode() + b"\0",
            b"\x05\x00" + destination.encode() + b"\0",
            bytes((esm_class, 0, 0, 0, 0, 0, 0, data_coding, 0, len(octets))),
            octets,
            *(struct.pack(">HH", tag, len(value)) + value for tag, value in (tlvs or {}).items()),
        )
    )


def receipt(
    message_id: str, *, source: str, destination: str, stat: str = "DELIVRD", err: str = "000"
) -> bytes:
    stamp = time.strftime("%y%m%d%H%M", time.gmtime())
    text = (
        f"id:{message_id} sub:001 dlvrd:001 submit date:{stamp} done date:{stamp} stat:{stat} err:{err} text:"
    )
    return deliver_body(text.encode(), source=source, destination=destination, esm_class=4)


_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_ESCAPED = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]"} | {
    0x40: "|",
    0x65: "€",
}


def _of_gsm7(octets: bytes) -> str:
    characters, rest = [], iter(octets)
    for code in rest:
        characters.append(_GSM7_ESCAPED[next(rest)] if code == 0x1B else _GSM7[code])
    return "".join(characters)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def running_smsc() -> Iterator[Smsc]:
    smsc = Smsc()
    smsc.start()
    try:
        yield smsc
    finally:
        smsc.stop()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=2775)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--receipts", type=float, metavar="SECONDS")
    options = parser.parse_args(arguments)
    smsc = Smsc(options.port, host=options.host)
    smsc.behaviour.receipt_after = options.receipts
    smsc.start()
    try:
        while True:
            time.sleep(0.1)
            destinations = [submit.destination for submit in smsc.submits]
            print(json.dumps({"binds": len(smsc.binds), "destinations": destinations}), flush=True)  # noqa: T201
    except KeyboardInterrupt:
        smsc.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
