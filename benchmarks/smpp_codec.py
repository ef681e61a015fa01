"""What SMPP costs per message before it reaches a socket: writing windows, cutting frames, reading what comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from delivery.smpp import pdu, tlv
from delivery.smpp.pdu import Address, ShortMessage
from delivery.smpp.receipts import read_delivery
from delivery.smpp.submits import SubmitSettings, SubmitWriter, submits

N = 2_000
REPEATS = 7
NUMBER = "+8613800138000"
TEXT = "Your parcel 4711 leaves the warehouse today and arrives tomorrow between 9 and 12."
CHINESE = "【商店】您的包裹4711今天已从仓库发出，预计明天上午9点至12点送达，请注意查收。"
RECEIPT = "id:0123456789 sub:001 dlvrd:001 submit date:2611211625 done date:2611211626 stat:DELIVRD err:000 text:Your"
PHONE, SHOP = Address("8613800138000", 1, 1), Address("Shop", 5, 0)


def run() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    writer = SubmitWriter(SubmitSettings(validity_minutes=1_440))
    short = writer.bodies("Shop", NUMBER, TEXT)[0]
    receipt = ShortMessage(
        PHONE, SHOP, RECEIPT.encode(), 0x04, tlvs={tlv.RECEIPTED_MESSAGE_ID: b"0123456789\0"}
    )
    answers = b"".join(pdu.submit_sm_resp(n + 1, f"{n:010}") for n in range(N))
    receipts = b"".join(pdu.deliver_sm(n + 1, receipt) for n in range(N))
    bodies = [short] * N

    def written(text: str) -> Callable[[], object]:
        def window() -> bytes:
            own = [body for _ in range(N) for body in writer.bodies("Shop", NUMBER, text, reference=7)]
            return submits(own, range(1, len(own) + 1))

        return window

    def answered() -> list[str]:
        return [pdu.read_message_id(frame.body) for frame in pdu.frames(answers)[0]]

    def delivered() -> list[object]:
        return [
            read_delivery(pdu.read_short_message(frame.body), received_at=now)
            for frame in pdu.frames(receipts)[0]
        ]

    def messages() -> list[ShortMessage]:
        return [pdu.read_short_message(frame.body) for frame in pdu.frames(receipts)[0]]

    return [
        result("submit_sm written, GSM-7", microseconds(written(TEXT)), 4),
        result("submit_sm written, UCS-2", microseconds(written(CHINESE)), None),
        result("long message of 3 segments written, GSM-7", microseconds(written(TEXT * 4)), None),
        result(
            "headers of a window put in front", microseconds(lambda: submits(bodies, range(1, N + 1))), None
        ),
        result("submit_sm_resp cut out and read", microseconds(answered), 5),
        result("deliver_sm cut out and read", microseconds(messages), 5),
        result("... and understood as a receipt", microseconds(delivered), None),
    ]


def microseconds(work: Callable[[], object]) -> float:
    """Of processor time for each of N; the best of a few runs, since others share the machine."""
    best = float("inf")
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return 1e6 * best / N


def result(name: str, value: float, at_most: float | None) -> dict[str, Any]:
    bound = None if at_most is None else f"≤ {at_most}"
    return {
        "name": name,
        "value": value,
        "unit": "µs",
        "bound": bound,
        "ok": None if at_most is None else value <= at_most,
    }
