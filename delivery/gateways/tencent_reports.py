"""What Tencent Cloud reports of messages and replies, pushed or fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from delivery.gateways.base import ReceiptEvent, ReceiptState, ReplyEvent

# Times without a zone are those of the carrier.
CARRIER_OFFSET = timedelta(hours=8)


def _state(report: str, code: str) -> ReceiptState | None:
    if report == "SUCCESS":
        return ReceiptState.DELIVERED
    if report != "FAIL":
        return None
    if code.startswith("EXPIRED"):
        return ReceiptState.EXPIRED
    return ReceiptState.REJECTED if code.startswith("REJECTD") else ReceiptState.UNDELIVERED


def receipts_of(rows: Iterable[Any] | None) -> list[ReceiptEvent]:
    """Receipts as the API hands them out; rows without id or known state are left out."""
    events = []
    for row in rows or ():
        code = str(row.Description or "")
        state = _state(str(row.ReportStatus or ""), code)
        if state is None or not row.SerialNo:
            continue
        at = datetime.fromtimestamp(row.UserReceiveTime, UTC) if row.UserReceiveTime else timezone.now()
        events.append(
            ReceiptEvent(
                str(row.SerialNo),
                state,
                code,
                at,
                str(row.SessionContext or ""),
                e164(row.PhoneNumber or ""),
            )
        )
    return events


def replies_of(rows: Iterable[Any] | None) -> list[ReplyEvent]:
    return [
        _reply(e164(row.PhoneNumber), str(row.ReplyContent or ""), str(row.ExtendCode or ""), row.ReplyTime)
        for row in rows or ()
        if row.PhoneNumber
    ]


def pushed_receipt(row: Mapping[str, Any]) -> ReceiptEvent | None:
    code = str(row.get("errmsg") or "")
    state = _state(str(row.get("report_status") or ""), code)
    gateway_message_id = str(row.get("sid") or "")
    if state is None or not gateway_message_id:
        return None
    return ReceiptEvent(
        gateway_message_id,
        state,
        code,
        _carrier_time(row.get("user_receive_time")),
        msisdn=_pushed_number(row),
    )


def pushed_reply(row: Mapping[str, Any]) -> ReplyEvent | None:
    msisdn = _pushed_number(row)
    if "text" not in row or "report_status" in row or not msisdn:
        return None
    return _reply(msisdn, str(row["text"] or ""), str(row.get("extend") or ""), row.get("time"))


def _reply(msisdn: str, text: str, destination: str, at: Any) -> ReplyEvent:
    # The carrier names no reply; the same one brought twice must be known again.
    name = hashlib.sha256(f"{msisdn}\0{text}\0{at}".encode()).hexdigest()[:32]
    return ReplyEvent(msisdn, text, destination, name)


def _pushed_number(row: Mapping[str, Any]) -> str:
    number = f"{row.get('nationcode') or ''}{row.get('mobile') or ''}"
    return f"+{number}" if number.isascii() and number.isdigit() else ""


def _carrier_time(value: Any) -> datetime:
    """A time as pushes write it, "2015-10-17 08:03:04" in China; now where there is none."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - CARRIER_OFFSET
    except ValueError:
        return timezone.now()


def e164(number: str) -> str:
    return "+" + number.removeprefix("+")
