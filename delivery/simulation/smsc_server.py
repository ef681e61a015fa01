"""The simulated SMSC's sockets: SMPP by smpp34, which shares no line with the console's own client, and control.

What smpp34's server cannot do, as of 1.5: refuse a bind, speak TLS, answer query_sm (it says RQUERYFAIL), send a
status that it has no name for (it says RSYSERR), hang up in the middle. Tests of those use sockets of their own.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import smpp34

from delivery.simulation.address import Address
from delivery.simulation.courier import Courier
from delivery.simulation.ledger import LedgerWriter
from delivery.simulation.server import AddressInUse, Connection, PhoneReply, make_way
from delivery.simulation.short_messages import write_parts
from delivery.simulation.smsc import REFERENCE_TAG, SimulatedSmsc, Submit
from delivery.simulation.smsc_receipts import (
    IS_RECEIPT,
    SmscReceipt,
    as_latin1,
    receipt_parameters,
    receipt_words,
)
from delivery.simulation.smsc_script import SmscScript

log = logging.getLogger(__name__)

# Submits that wait to be looked at. The server refuses more with RSYSERR, which no script has asked for.
INBOUND_CAPACITY: Final = 100_000
ACKNOWLEDGED_WITHIN_SECONDS: Final = 30.0
FLUSH_SECONDS: Final = 1.0
# With `reverse_answers` the answers of so long are turned round.
REVERSE_SECONDS: Final = 0.02
BETWEEN_TURNED_SECONDS: Final = 0.002
INTERNATIONAL, ISDN, ALPHANUMERIC = 1, 1, 5


class NobodyListens(Exception):
    """No client with a receiving bind is there, or it did not acknowledge."""


class SmscLine:
    """Everything that happens in the server's event loop, but for the courier's knocking."""

    # Set before anything is served: the two know each other.
    smsc: SimulatedSmsc

    def __init__(self, loop: asyncio.AbstractEventLoop, server: smpp34.Server) -> None:
        self._loop = loop
        self._server = server
        self._binds: dict[str, smpp34.Esme] = {}
        self._turns = itertools.count()
        # Never answered; forgetting one would answer it.
        self._silent: dict[str, dict[int, smpp34.SubmitSmEvent]] = {}
        self._turned_round: list[Callable[[], None]] = []
        self._references = itertools.count(1)
        # What of the courier's batch is not acknowledged yet: the same list comes again until all of it is.
        self._batch: Sequence[SmscReceipt] = ()
        self._left: list[SmscReceipt] = []

    # --- From the client -------------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Take what comes, for ever."""
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.SubmitSmEvent):
                self._take(event)
            elif isinstance(event, smpp34.Esme):
                self._binds[event.session_id] = event
                log.info("bound system_id=%s receives=%s", event.system_id, event.can_receive)
            elif isinstance(event, smpp34.Unbound):
                self._binds.pop(event.session_id, None)
                self._silent.pop(event.session_id, None)
                log.info("unbound")

    def _take(self, event: smpp34.SubmitSmEvent) -> None:
        bind = self._binds.get(event.session_id)
        submit = Submit(
            system_id=bind.system_id if bind else "",
            source=event.source_addr,
            destination=event.destination_addr,
            esm_class=event.esm_class,
            data_coding=event.data_coding,
            registered_delivery=event.registered_delivery,
            data=event.short_message,
            tlvs={tlv.tag: tlv.value for tlv in event.tlvs},
        )
        waiting = self._silent.setdefault(event.session_id, {})
        waiting[id(event)] = event

        def answer(what: str | int) -> None:
            del waiting[id(event)]
            self._answer(event, what)

        def answer_from_anywhere(what: str | int) -> None:
            if _is_in(self._loop):
                answer(what)
            else:
                self._loop.call_soon_threadsafe(answer, what)

        try:
            self.smsc.take(submit, answer_from_anywhere)
        except OSError as error:
            log.error("ledger not written error=%s", error.strerror)

    def _answer(self, event: smpp34.SubmitSmEvent, what: str | int) -> None:
        script = self.smsc.script
        now = functools.partial(_decide, event, what)
        if script.reverse_answers:
            if not self._turned_round:
                self._loop.call_later(REVERSE_SECONDS + script.delay_ms / 1000, self._turn_round)
            self._turned_round.append(now)
        elif script.delay_ms:
            self._loop.call_later(script.delay_ms / 1000, now)
        else:
            now()

    def _turn_round(self) -> None:
        answers, self._turned_round = self._turned_round, []
        # One after the other: answers given at once leave in any order.
        for place, answer in enumerate(reversed(answers)):
            self._loop.call_later(place * BETWEEN_TURNED_SECONDS, answer)

    # --- To the client ---------------------------------------------------------------------------------------

    def deliver(self, receipts: Sequence[SmscReceipt], reported_at: datetime) -> None:
        """Hand receipts over and wait until each is acknowledged; called from the courier's thread.

        Raises `NobodyListens` when some were not: the next call with the same receipts sends only those.
        """
        if receipts is not self._batch:
            self._batch, self._left = receipts, list(receipts)
        sending = asyncio.run_coroutine_threadsafe(self._send_receipts(self._left, reported_at), self._loop)
        acknowledged = sending.result()
        self._left = [
            receipt for receipt, is_known in zip(self._left, acknowledged, strict=True) if not is_known
        ]
        if self._left:
            raise NobodyListens(f"{len(self._left)} receipts are not acknowledged.")

    async def _send_receipts(self, receipts: Sequence[SmscReceipt], at: datetime) -> list[bool]:
        form = self.smsc.script.receipt_form
        sent = [self._send_receipt(receipt, at, form) for receipt in receipts]
        return list(await asyncio.gather(*sent))

    async def _send_receipt(self, receipt: SmscReceipt, at: datetime, form: str) -> bool:
        parameters = [] if form == "text" else receipt_parameters(receipt)
        if receipt.reference:
            parameters.append((REFERENCE_TAG, receipt.reference.encode()))
        return await self._send(
            source=receipt.msisdn,
            destination=receipt.sender,
            data=b"" if form == "tlv" else as_latin1(receipt_words(receipt, at)),
            esm_class=IS_RECEIPT,
            system_id=receipt.system_id,
            tlvs=[smpp34.Tlv(tag, value) for tag, value in parameters],
        )

    def take_reply(self, reply: PhoneReply) -> None:
        """Hand a phone's answer over, in parts where it is long; called from a thread of its own."""
        asyncio.run_coroutine_threadsafe(self._send_reply(reply), self._loop).result()

    async def _send_reply(self, reply: PhoneReply) -> None:
        parts = write_parts(reply.text, reference=next(self._references), alphabet=self.smsc.script.alphabet)
        for part in parts:
            if not await self._send(
                source=reply.msisdn,
                destination=reply.destination,
                data=part.data,
                esm_class=part.esm_class,
                data_coding=part.data_coding,
                tlvs=[],
            ):
                raise NobodyListens("The reply was not acknowledged.")

    async def _send(
        self,
        *,
        source: str,
        destination: str,
        data: bytes,
        esm_class: int,
        tlvs: list[smpp34.Tlv],
        data_coding: int = 0,
        system_id: str = "",
    ) -> bool:
        """Whether a client has acknowledged it: one of the system's, or any where none is named."""
        binds = [
            bind for bind in self._binds.values() if bind.can_receive and system_id in ("", bind.system_id)
        ]
        if not binds:
            return False
        ton = INTERNATIONAL if destination.lstrip("+").isdecimal() else ALPHANUMERIC
        try:
            sent = binds[next(self._turns) % len(binds)].deliver_sm(
                destination,
                data,
                source_addr=source.lstrip("+"),
                source_addr_ton=INTERNATIONAL,
                source_addr_npi=ISDN,
                dest_addr_ton=ton,
                dest_addr_npi=ISDN if ton == INTERNATIONAL else 0,
                esm_class=esm_class,
                data_coding=data_coding,
                tlvs=tlvs,
            )
            answer = await asyncio.wait_for(sent, ACKNOWLEDGED_WITHIN_SECONDS)
        except (smpp34.SmppError, TimeoutError):
            return False
        return answer.is_success


def _decide(event: smpp34.SubmitSmEvent, what: str | int) -> None:
    try:
        if isinstance(what, str):
            event.accept(what)
        else:
            event.reject(what)
    except smpp34.SmppError:
        # The client is gone; it will ask again or not.
        log.info("answer came too late")


def _is_in(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class ControlConnection(Connection):
    """Control requests alone. Those that wait for a client or read a whole ledger are answered from a thread."""

    def _take(self, request: Any) -> None:
        if not isinstance(request, dict):
            raise TypeError
        if request.get("control") in ("reply", "doubles"):
            self._loop.run_in_executor(None, self._control_later, request)
        else:
            self._transport.write(self._control(request))

    def _control_later(self, request: Mapping[str, Any]) -> None:
        self._loop.call_soon_threadsafe(self._transport.write, self._control(request))

    def _control(self, request: Mapping[str, Any]) -> bytes:
        try:
            answer = self._gateway.control(request)
        except ValueError as error:
            answer = {"error": str(error)}
        return json.dumps(answer).encode() + b"\n"


def serve_smsc(
    *,
    host: str,
    port: int,
    control: Address,
    ledger: Path,
    script: SmscScript,
    when_ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT. Raises `LedgerInUse`, `AddressInUse` or OSError when it cannot start."""
    writer = LedgerWriter(ledger)
    try:
        asyncio.run(_listen(host, port, control, writer, script, when_ready))
    finally:
        writer.close()


async def _listen(
    host: str,
    port: int,
    control: Address,
    writer: LedgerWriter,
    script: SmscScript,
    when_ready: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    server = smpp34.Server(host, port, system_id="SIMULATED", inbound_capacity=INBOUND_CAPACITY)
    line = SmscLine(loop, server)
    courier = Courier(
        deliver=line.deliver, checkpoint=writer.path.with_name(writer.path.name + ".checkpoint")
    )
    smsc = SimulatedSmsc(ledger=writer, courier=courier, script=script, take_reply=line.take_reply)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        await server.start()
    except smpp34.SmppError as error:
        raise AddressInUse(f"SMPP cannot be served at {host}:{port}: {error}") from None
    line.smsc = smsc
    smsc.take_up()
    serving = loop.create_task(line.serve())
    flushing = loop.create_task(_flush(smsc))
    stopping = loop.create_task(stopped.wait())
    make_way(control)
    control_server = await loop.create_unix_server(lambda: ControlConnection(smsc, loop), control.path)
    Path(control.path).chmod(0o600)
    courier.start()
    when_ready()
    # The other two end only by a fault, and then nothing works any more.
    await asyncio.wait({serving, flushing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    control_server.close()
    # A courier that waits for an acknowledgement needs this loop until it has given up.
    await asyncio.gather(loop.run_in_executor(None, courier.stop), server.stop())
    smsc.flush(older_than_seconds=0)
    for task in (serving, flushing, stopping):
        if task.done():
            task.result()
        task.cancel()


async def _flush(smsc: SimulatedSmsc) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        smsc.flush()


def leave(code: int = 0) -> NoReturn:
    """End this process, with everything written, without taking Python down first.

    smpp34's threads may still hold on to it, and then it aborts. To be deleted when a release joins its threads.
    """
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)
