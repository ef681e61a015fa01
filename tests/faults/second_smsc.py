"""A second SMSC, written by neither us nor the authors of the first: smpp.twisted's server, as a process.

It appends each submit_sm, as that library has read it, to a file of its own before it answers, and sends a receipt
for it a moment later. `lines_of` joins the file's parts to whole messages.

    python -m tests.faults.second_smsc PORT FILE
"""

from __future__ import annotations

import itertools
import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smpp.pdu.operations import DeliverSM
from smpp.pdu.pdu_types import (
    AddrNpi,
    AddrTon,
    CommandStatus,
    EsmClass,
    EsmClassMode,
    EsmClassType,
    MessageState,
)
from smpp.pdu.sm_encoding import SMStringEncoder
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import IAuthenticatedSMPP, SMPPServerFactory
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor
from zope.interface import implementer

from delivery.simulation.short_messages import read_content

SYSTEM_ID, PASSWORD = "console", "secret"
RECEIPT_SECONDS = 0.3
log = logging.getLogger(__name__)


@implementer(IRealm)
class Realm:
    def requestAvatar(self, avatar_id: bytes, mind: object, *interfaces: object) -> tuple[Any, ...]:
        return IAuthenticatedSMPP, avatar_id, lambda: None


class SecondSmsc:
    """What the library's server asks what to do with a PDU."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab", buffering=0)
        self._ids = itertools.count(time.time_ns() // 1_000_000 << 16)
        self._encoder = SMStringEncoder()
        self.factory: SMPPServerFactory | None = None

    def take(self, system_id: str, connection: object, pdu: Any) -> DataHandlerResponse:
        message_id = f"{next(self._ids):X}"
        params = pdu.params
        _, header, octets = self._encoder.splitSM(pdu)
        line = {
            "at": time.time(),
            "id": message_id,
            "source": params["source_addr"].decode(),
            "destination": params["destination_addr"].decode(),
            "ton": params["dest_addr_ton"].name,
            "coding": params["data_coding"].schemeData.name,
            "header": (header or b"").hex(),
            "octets": octets.hex(),
        }
        self._file.write(json.dumps(line).encode() + b"\n")
        reactor.callLater(RECEIPT_SECONDS, self._send_receipt, line)
        return DataHandlerResponse(status=CommandStatus.ESME_ROK, message_id=message_id.encode())

    def _send_receipt(self, line: dict[str, Any]) -> None:
        binds = self.factory.getBoundConnections(SYSTEM_ID) if self.factory else None
        bind = binds.getNextBindingForDelivery() if binds else None
        if bind is None:
            reactor.callLater(1.0, self._send_receipt, line)
            return
        when = time.strftime("%y%m%d%H%M")
        words = f"id:{line['id']} sub:001 dlvrd:001 submit date:{when} done date:{when} stat:DELIVRD err:000 text:"
        sent = bind.sendDataRequest(
            DeliverSM(
                source_addr=line["destination"].encode(),
                source_addr_ton=AddrTon.INTERNATIONAL,
                source_addr_npi=AddrNpi.ISDN,
                destination_addr=line["source"].encode(),
                dest_addr_ton=AddrTon.ALPHANUMERIC,
                esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.SMSC_DELIVERY_RECEIPT),
                short_message=words.encode(),
                receipted_message_id=line["id"].encode(),
                message_state=MessageState.DELIVERED,
            )
        )
        sent.addErrback(lambda _: reactor.callLater(1.0, self._send_receipt, line))


def lines_of(file: Path, *, start: int = 0) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Number, text and ids of each whole message, in the order in which they became whole."""
    parts: dict[tuple[str, str, int, int], dict[int, tuple[str, str]]] = {}
    if not file.exists():
        return
    with file.open("rb") as stream:
        stream.seek(start)
        for written in stream:
            line = json.loads(written)
            header = bytes.fromhex(line["header"])
            content = read_content(
                esm_class=0x40 if header else 0,
                data_coding={"SMSC_DEFAULT_ALPHABET": 0, "UCS2": 8}[line["coding"]],
                data=header + bytes.fromhex(line["octets"]),
                tlvs={},
                alphabet="gsm7",
            )
            msisdn = f"+{line['destination']}"
            if content.place is None:
                yield msisdn, content.text, (line["id"],)
                continue
            reference, n_parts, number = content.place
            key = (msisdn, line["source"], reference, n_parts)
            place = parts.setdefault(key, {})
            assert number not in place, "a part came twice"
            place[number] = (line["id"], content.text)
            if len(place) == n_parts:
                whole = [place[number] for number in sorted(parts.pop(key))]
                yield msisdn, "".join(text for _, text in whole), tuple(written_id for written_id, _ in whole)
    assert not parts, "a message is not whole"


def main() -> None:
    smsc = SecondSmsc(Path(sys.argv[2]))
    config = SMPPServerConfig(
        msgHandler=smsc.take, systems={SYSTEM_ID: {"max_bindings": 4}}, enquireLinkTimerSecs=60
    )
    portal = Portal(Realm())
    checker = InMemoryUsernamePasswordDatabaseDontUse()
    checker.users = {SYSTEM_ID: PASSWORD}  # the library hands over names as text
    portal.registerChecker(checker)
    smsc.factory = SMPPServerFactory(config, auth_portal=portal)
    reactor.listenTCP(int(sys.argv[1]), smsc.factory, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
