"""How a gateway set up by form reads what it is answered, and what is pushed to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from delivery.gateways.base import Outcome, Push, ReceiptEvent, ReceiptState, ReplyEvent, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.gateways.json_paths import steps_of, text_at, value_at
from delivery.statuses import Reason

T = TypeVar("T")

CODE_LENGTH = 40
ID_LENGTH = 80

# The words that gateways commonly use; what a form names goes before them.
RECEIPT_STATES: Mapping[str, ReceiptState] = {
    **dict.fromkeys(("delivrd", "delivered", "success", "ok", "received"), ReceiptState.DELIVERED),
    **dict.fromkeys(
        ("undeliv", "undelivrd", "undelivered", "undeliverable", "failed", "fail", "error", "unknown"),
        ReceiptState.UNDELIVERED,
    ),
    **dict.fromkeys(("expired", "timeout"), ReceiptState.EXPIRED),
    **dict.fromkeys(("rejectd", "rejected", "refused", "blocked", "deleted"), ReceiptState.REJECTED),
}


# What a refusal can mean, as it is written in the form: invalid_number, content_blocked, …
REASON_NAMES: Mapping[str, Reason] = {
    reason.name.lower(): reason
    for reason in (
        Reason.INVALID_NUMBER,
        Reason.UNREACHABLE,
        Reason.SERVICE_UNSUPPORTED,
        Reason.CARRIER_REJECTED,
        Reason.UNSUBSCRIBED,
        Reason.BLACKLISTED,
        Reason.FREQUENCY_LIMIT,
        Reason.CONTENT_BLOCKED,
        Reason.ROUTE_ERROR,
        Reason.CARRIER_INTERNAL,
        Reason.NO_CARRIER_TEMPLATE,
        Reason.ACCOUNT_PROBLEM,
        Reason.SENDER_REFUSED,
    )
}


class ReadAnswer(NamedTuple):
    """What came back: the status, and the body as text and, where it is JSON, as data."""

    status: int
    text: str
    data: Any
    retry_after_seconds: float = 0.0


class AnswerRules:
    """When a message counts as taken, and where its id or the refusal's code stands.

    What is neither success nor a refusal that can be told is uncertain: a gateway whose answers change, or a page
    about maintenance in place of one, must not make a message fail that may have been taken.
    """

    def __init__(
        self,
        *,
        success_statuses: str,
        success_path: str,
        success_value: str,
        id_path: str,
        id_pattern: str,
        code_path: str,
        code_pattern: str,
        code_meanings: str,
        throttle_statuses: str,
        throttle_codes: str,
    ) -> None:
        self._success = statuses_of(success_statuses)
        self._throttle = statuses_of(throttle_statuses)
        for path in (success_path, id_path, code_path):
            checked_path(path)
        self._success_path, self._id_path, self._code_path = success_path, id_path, code_path
        self._is_success = _condition(success_value)
        self._id_pattern = _pattern(id_pattern)
        self._code_pattern = _pattern(code_pattern)
        self._reasons = _meanings(code_meanings)
        self._throttle_codes = frozenset(throttle_codes.replace(",", " ").split())
        if success_path and not success_value:
            raise GatewayMisconfigured(_("Say what stands at the path of the success condition."))

    def result(self, message_id: int, answer: ReadAnswer) -> SubmitResult:
        """What the answer says of the message."""
        code = _first(answer, self._code_path, self._code_pattern)[:CODE_LENGTH]
        if answer.status in self._throttle or (code and code in self._throttle_codes):
            return SubmitResult(
                message_id,
                Outcome.THROTTLED,
                code=code or f"HTTP {answer.status}",
                reason=Reason.THROTTLED,
                retry_after_seconds=answer.retry_after_seconds or 1.0,
            )
        if answer.status in self._success:
            return self._told(message_id, answer, code)
        if 400 <= answer.status < 500:
            if code:
                return self._refused(message_id, code)
            is_account = answer.status in (401, 402, 403)
            reason = Reason.ACCOUNT_PROBLEM if is_account else Reason.GATEWAY_REFUSED
            return SubmitResult(message_id, Outcome.REFUSED, code=f"HTTP {answer.status}", reason=reason)
        return _uncertain(message_id, f"HTTP {answer.status}")

    def _told(self, message_id: int, answer: ReadAnswer, code: str) -> SubmitResult:
        """What an answer says whose status is one of success."""
        if self._is_success is None:
            is_success = not code
        else:
            found = text_at(answer.data, self._success_path) if self._success_path else answer.text.strip()
            is_success = self._is_success(found)
            if not is_success and not code and self._success_path:
                code = re.sub(r"\d{5,}", "#", found)[:CODE_LENGTH]
        if is_success:
            return SubmitResult(message_id, Outcome.ACCEPTED, self._ids(answer))
        if code:
            return self._refused(message_id, code)
        return _uncertain(message_id, "unreadable answer")

    def _refused(self, message_id: int, code: str) -> SubmitResult:
        reason = self._reasons.get(code.lower(), Reason.UNKNOWN_CODE)
        return SubmitResult(message_id, Outcome.REFUSED, code=code, reason=reason)

    def _ids(self, answer: ReadAnswer) -> tuple[str, ...]:
        found = value_at(answer.data, self._id_path) if self._id_path else None
        if isinstance(found, list):
            return tuple(str(item)[:ID_LENGTH] for item in found if isinstance(item, (str, int)))
        text = _first(answer, self._id_path, self._id_pattern)
        return (text[:ID_LENGTH],) if text else ()


def _first(answer: ReadAnswer, path: str, pattern: re.Pattern[str] | None) -> str:
    """What stands at the path, else what the pattern finds in the text, else ""."""
    if text := text_at(answer.data, path):
        return text
    match = pattern.search(answer.text) if pattern else None
    if match is None:
        return ""
    return match[1] or "" if match.re.groups else match[0]


def _uncertain(message_id: int, code: str) -> SubmitResult:
    return SubmitResult(message_id, Outcome.UNCERTAIN, code=code, reason=Reason.UNKNOWN_CODE)


class PushRules:
    """Where receipts and replies stand in what the gateway's carrier pushes."""

    def __init__(
        self, *, list_path: str, receipt: Mapping[str, str], states: str, reply: Mapping[str, str]
    ) -> None:
        for path in (list_path, *receipt.values(), *reply.values()):
            checked_path(path)
        self._list_path, self._receipt, self._reply = list_path, receipt, reply
        self._states = {**RECEIPT_STATES, **_states(states)}

    def events(self, push: Push, now: datetime) -> tuple[list[ReceiptEvent], list[ReplyEvent]]:
        """What the push holds. An entry with a state is a receipt, one with a text a reply, others are no news."""
        data = _read(push)
        entries = value_at(data, self._list_path)
        if entries is None:
            raise PushRefused("There is nothing at the path of the list.")
        receipts: list[ReceiptEvent] = []
        replies: list[ReplyEvent] = []
        for entry in entries if isinstance(entries, list) else [entries]:
            if state := text_at(entry, self._receipt["state"]):
                receipts += self._receipt_of(entry, state, now)
            elif value_at(entry, self._reply["text"]) is not None and self._reply["text"]:
                replies += self._reply_of(entry)
        return receipts, replies

    def _receipt_of(self, entry: Any, word: str, now: datetime) -> Sequence[ReceiptEvent]:
        state = self._states.get(word.lower())
        if state is None:
            return ()
        code = text_at(entry, self._receipt["code"]) or ("" if state is ReceiptState.DELIVERED else word)
        receipt = ReceiptEvent(
            gateway_message_id=text_at(entry, self._receipt["id"])[:ID_LENGTH],
            state=state,
            code=code[:CODE_LENGTH],
            reported_at=now,
            reference=text_at(entry, self._receipt["reference"])[:ID_LENGTH],
            msisdn=msisdn_of(text_at(entry, self._receipt["msisdn"])),
        )
        # One that names no message at all could never be matched.
        names_one = receipt.gateway_message_id or receipt.reference or receipt.msisdn
        return (receipt,) if names_one else ()

    def _reply_of(self, entry: Any) -> Sequence[ReplyEvent]:
        msisdn = msisdn_of(text_at(entry, self._reply["msisdn"]))
        text = value_at(entry, self._reply["text"])
        if not msisdn or not isinstance(text, (str, int, float)):
            return ()
        return (
            ReplyEvent(
                msisdn=msisdn,
                text=str(text),
                destination=text_at(entry, self._reply["destination"])[:20],
                gateway_reply_id=text_at(entry, self._reply["id"])[:ID_LENGTH],
            ),
        )


def msisdn_of(written: str) -> str:
    """A number as carriers write it (8613…, 00 86 13…, +86-13…) in ours; "" when it is none."""
    digits = re.sub(r"[\s()./-]", "", written)
    digits = digits.removeprefix("+").removeprefix("00") if digits.startswith(("+", "00")) else digits
    return f"+{digits}" if re.fullmatch(r"[1-9][0-9]{4,14}", digits) else ""


def statuses_of(words: str) -> frozenset[int]:
    """HTTP statuses as people list them: `200, 202` or `200-299`; raises `GatewayMisconfigured`."""
    statuses: set[int] = set()
    for word in words.replace(",", " ").split():
        match = re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", word)
        if match is None:
            raise GatewayMisconfigured(
                _("“%(word)s” is not an HTTP status. Write 200 or 200-299.") % {"word": word}
            )
        statuses.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return frozenset(statuses)


def checked_path(path: str) -> str:
    """The path, if it is one; raises `GatewayMisconfigured`."""
    try:
        steps_of(path)
    except ValueError as error:
        raise GatewayMisconfigured(str(error)) from None
    return path


def data_of(text: str) -> Any:
    """The text as JSON, None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _condition(written: str) -> Callable[[str], bool] | None:
    """Whether a value fits: it is what is written, or has what the regular expression between slashes looks for."""
    if not written.strip():
        return None
    if written.startswith("/") and written.endswith("/") and len(written) > 2:
        pattern = _pattern(written)
        return lambda value: pattern is not None and pattern.search(value) is not None
    return lambda value: value == written.strip()


def _pattern(written: str) -> re.Pattern[str] | None:
    """A regular expression, with slashes around it or without; raises `GatewayMisconfigured`."""
    if not written:
        return None
    bare = written[1:-1] if len(written) > 2 and written[0] == written[-1] == "/" else written
    try:
        return re.compile(bare)
    except re.error as error:
        raise GatewayMisconfigured(
            _("%(written)s is not a regular expression: %(why)s.") % {"written": written, "why": error}
        ) from None


def _states(lines: str) -> dict[str, ReceiptState]:
    """The gateway's own words for states, one a line: `2 = delivered`."""
    return _dictionary(lines, {str(state): state for state in ReceiptState})


def _meanings(lines: str) -> dict[str, Reason]:
    """What the gateway's codes mean, one a line: `1701 = invalid_number`."""
    return _dictionary(lines, REASON_NAMES)


def _dictionary(lines: str, meanings: Mapping[str, T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        word, equals, meaning = (part.strip().lower() for part in line.rpartition("="))
        if not equals or not word or meaning not in meanings:
            raise GatewayMisconfigured(
                _(
                    "“%(line)s” does not say what a word means. Write one a line: 2 = %(example)s. "
                    "Possible are %(all)s."
                )
                % {"line": line, "example": next(iter(meanings)), "all": ", ".join(meanings)}
            )
        found[word] = meanings[meaning]
    return found


def _read(push: Push) -> Any:
    """The body as JSON or as a form, together with nothing else; the query where there is no body."""
    if not push.body.strip():
        return dict(push.query)
    text = push.body.decode("utf-8", "replace")
    if "json" in push.headers.get("content-type", "") or text.lstrip()[:1] in "{[":
        data = data_of(text)
        if data is None:
            raise PushRefused("The body is not JSON.")
        return data
    return dict(parse_qsl(text, keep_blank_values=True))
