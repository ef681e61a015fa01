"""Over real sockets, with smpp34's own client."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import smpp34

from delivery.simulation import control
from tests.delivery.simulation.running_smsc import RunningSmsc
from tests.loops import run_coroutine

SOON = {"receipt_min_ms": 10, "receipt_max_ms": 30}
WAIT_SECONDS = 10


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[RunningSmsc]:
    smsc = RunningSmsc(tmp_path)
    smsc.start(**SOON)
    yield smsc
    smsc.stop()


@asynccontextmanager
async def bound(smsc: RunningSmsc, *, bind_type: str = "TRX") -> AsyncIterator[smpp34.Smsc]:
    client = smpp34.Client(
        "127.0.0.1", smsc.port, "console", "", bind_type=bind_type, window_size=50, inbound_capacity=20_000
    )
    session = await client.connect()
    try:
        yield session
    finally:
        await client.stop()


def run(smsc: RunningSmsc, scene: Callable[[smpp34.Smsc], Awaitable[None]]) -> None:
    async def play() -> None:
        async with bound(smsc) as session:
            await asyncio.wait_for(scene(session), WAIT_SECONDS)

    run_coroutine(play())


def submit(session: smpp34.Smsc, number: int, text: bytes = b"Hello") -> Awaitable[smpp34.SubmitSmResp]:
    return session.submit_sm(f"86138{number:08}", text, source_addr="Shop", registered_delivery=1)


def test_it_answers_and_sends_receipts(smsc: RunningSmsc) -> None:
    async def scene(session: smpp34.Smsc) -> None:
        answers = await asyncio.gather(*[submit(session, number) for number in range(300)])
        ids = {answer.message_id for answer in answers}
        assert len(ids) == 300
        receipts = [await session.next() for _ in range(300)]
        assert {receipt.tlvs[0].as_string() for receipt in receipts} == ids
        assert all(receipt.esm_class == 4 for receipt in receipts)

    run(smsc, scene)
    assert len(smsc.lines()) == 300
    deadline = time.monotonic() + WAIT_SECONDS
    while control.read_stats(smsc.control)["n_receipts_sent"] < 300:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("script", "statuses"),
    [
        ({"refuse": 100.0}, {0x0A, 0x0B, 0x45}),
        ({"throttle": 100.0}, {0x58}),
        ({"throttle": 100.0, "queue_full": 100.0}, {0x14}),
    ],
)
def test_it_says_no_as_scripted(smsc: RunningSmsc, script: dict[str, object], statuses: set[int]) -> None:
    smsc.script(**script)

    async def scene(session: smpp34.Smsc) -> None:
        answers = await asyncio.gather(*[submit(session, number) for number in range(40)])
        assert {answer.command_status for answer in answers} == statuses

    run(smsc, scene)


def test_a_silent_one_is_not_answered_while_the_bind_lives(smsc: RunningSmsc) -> None:
    smsc.script(silence=100.0)

    async def scene(session: smpp34.Smsc) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(submit(session, 1), 1.0)
        receipt = await session.next()
        assert receipt.short_message.startswith(b"id:")

    run(smsc, scene)


def test_answers_may_come_in_reverse(smsc: RunningSmsc) -> None:
    smsc.script(reverse_answers=True)
    sequences = answers_to_ten(smsc)
    assert sorted(sequences) == list(range(2, 12))
    # The server's own threads swap neighbours.
    assert sum(sequences[:5]) > sum(sequences[5:])


def answers_to_ten(smsc: RunningSmsc) -> list[int]:
    """The sequence numbers 2 to 11 in the order in which they are answered."""
    bind = b"me\0\0\0" + bytes([0x34, 0, 0]) + b"\0"
    submits = [smpp34.SubmitSm("Shop", "8613800000001", b"Hello", sequence_number=n) for n in range(2, 12)]
    with socket.create_connection(("127.0.0.1", smsc.port), timeout=WAIT_SECONDS) as line:
        line.sendall(struct.pack(">4I", 16 + len(bind), 0x00000002, 0, 1) + bind)
        read_pdu(line)
        line.sendall(b"".join(submit.encode() for submit in submits))
        return [read_pdu(line)[3] for _ in submits]


def read_pdu(line: socket.socket) -> tuple[int, ...]:
    """The header of the next PDU: length, command, status, sequence number."""
    header = struct.unpack(">4I", line.recv(16, socket.MSG_WAITALL))
    if header[0] > 16:
        line.recv(header[0] - 16, socket.MSG_WAITALL)
    return header


def test_receipts_wait_for_somebody_who_listens(smsc: RunningSmsc) -> None:
    async def play() -> None:
        async with bound(smsc, bind_type="TX") as session:
            await submit(session, 1)
            await asyncio.sleep(0.3)
        async with bound(smsc) as session:
            receipt = await asyncio.wait_for(session.next(), WAIT_SECONDS)
            assert receipt.short_message.startswith(b"id:")

    run_coroutine(play())


def test_receipts_survive_a_kill(smsc: RunningSmsc) -> None:
    smsc.script(receipt_min_ms=1500, receipt_max_ms=1500)

    async def send() -> str | None:
        async with bound(smsc) as session:
            return (await submit(session, 1)).message_id

    async def receive() -> bytes:
        async with bound(smsc) as session:
            event = await asyncio.wait_for(session.next(), WAIT_SECONDS)
            return event.short_message

    message_id = run_coroutine(send())
    smsc.kill()
    smsc.start(**SOON)
    assert run_coroutine(receive()).startswith(f"id:{message_id} ".encode())


def test_a_phone_replies_in_parts(smsc: RunningSmsc) -> None:
    text = "退订 " * 40

    async def scene(session: smpp34.Smsc) -> None:
        reply = asyncio.create_task(
            asyncio.to_thread(
                control.send_reply, smsc.control, msisdn="+8613800000001", destination="10690001", text=text
            )
        )
        parts = [await session.next(), await session.next()]
        assert await reply
        assert [part.short_message[:6] for part in parts] == [b"\5\0\3\1\2\1", b"\5\0\3\1\2\2"]
        read = b"".join(part.short_message[6:] for part in parts).decode("utf-16-be")
        assert read == text.strip()
        assert parts[0].source_addr == "8613800000001"
        assert parts[0].destination_addr == "10690001"

    run(smsc, scene)


def test_a_reply_that_nobody_takes_is_said_so(smsc: RunningSmsc) -> None:
    with pytest.raises(ValueError, match="did not take the reply"):
        control.send_reply(smsc.control, msisdn="+861", destination="1", text="TD")


def test_receipts_may_stand_in_words_or_in_parameters_alone(smsc: RunningSmsc) -> None:
    async def scene(session: smpp34.Smsc) -> None:
        await asyncio.to_thread(smsc.script, receipt_form="text")
        await submit(session, 1)
        in_words = await session.next()
        assert (in_words.short_message[:3], in_words.tlvs) == (b"id:", [])
        await asyncio.to_thread(smsc.script, receipt_form="tlv")
        await submit(session, 2)
        in_parameters = await session.next()
        assert in_parameters.short_message == b""
        assert [tlv.tag for tlv in in_parameters.tlvs] == [
            smpp34.TLV_RECEIPTED_MESSAGE_ID,
            smpp34.TLV_MESSAGE_STATE,
        ]

    run(smsc, scene)
