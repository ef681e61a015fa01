"""What the answers to a message's segments come to: pure, so that every mixture can be tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from delivery.gateways.base import (
    OutboundMessage,
    Outcome,
    QueryAnswer,
    QueryOutcome,
    ReceiptState,
    SubmitResult,
    SubmittedMessage,
)
from delivery.gateways.masking import masked
from delivery.reason_codes.smpp import NOT_NOW, reason_of_status
from delivery.smpp import pdu, statuses
from delivery.smpp.connection import UNBOUND
from delivery.smpp.errors import BadField
from delivery.smpp.waiting import Part, PartState
from delivery.statuses import Reason

THROTTLED_AGAIN_SECONDS = 1.0
UNBOUND_AGAIN_SECONDS = 2.0

# message_state of query_sm_resp, section 5.2.28.
STATES = {
    2: ReceiptState.DELIVERED,
    3: ReceiptState.EXPIRED,
    4: ReceiptState.REJECTED,
    5: ReceiptState.UNDELIVERED,
    8: ReceiptState.REJECTED,
}
ON_ITS_WAY = frozenset({1, 6})


class Underway(NamedTuple):
    """A message and the submit_sm of its segments."""

    message: OutboundMessage
    parts: list[Part]


def result_of(message: OutboundMessage, parts: Sequence[Part]) -> SubmitResult:
    """One result for all segments of a message.

    A segment without an answer makes the message uncertain; one that is not taken beside one that is makes it
    partly taken, which is a failure that was paid for.
    """
    taken = [part for part in parts if _is_taken(part)]
    ids = tuple(filter(None, (pdu.read_message_id(part.answer) for part in taken)))
    if len(taken) == len(parts):
        return SubmitResult(message.id, Outcome.ACCEPTED, ids)
    if any(part.state in (PartState.LOST, PartState.WRITTEN) for part in parts):
        return SubmitResult(message.id, Outcome.UNCERTAIN, ids, reason=Reason.NO_ANSWER)
    refusals = [part.status for part in parts if part.state is PartState.ANSWERED and part.status]
    final = [status for status in refusals if status not in NOT_NOW and status not in UNBOUND]
    code = statuses.status_name((final or refusals)[0]) if refusals else ""
    if taken:
        return SubmitResult(message.id, Outcome.REFUSED, ids, code, Reason.PARTIAL)
    if final:
        return SubmitResult(message.id, Outcome.REFUSED, (), code, reason_of_status(final[0]))
    if any(status in UNBOUND for status in refusals):
        return SubmitResult(message.id, Outcome.UNSENT, (), code, retry_after_seconds=UNBOUND_AGAIN_SECONDS)
    if refusals:
        return SubmitResult(
            message.id, Outcome.THROTTLED, (), code, Reason.THROTTLED, THROTTLED_AGAIN_SECONDS
        )
    return SubmitResult(message.id, Outcome.UNSENT)


def _is_taken(part: Part) -> bool:
    return part.state is PartState.ANSWERED and part.status == statuses.ROK


def missing_parts(parts: Sequence[Part]) -> list[int]:
    """The segments to offer again: others were taken, and nothing is unknown or refused for good."""
    if len(parts) == 1:
        return []
    missing = []
    for index, part in enumerate(parts):
        if _is_taken(part):
            continue
        if part.state is PartState.WITHDRAWN or (
            part.state is PartState.ANSWERED and (part.status in NOT_NOW or part.status in UNBOUND)
        ):
            missing.append(index)
        else:
            return []
    return missing if len(missing) < len(parts) else []


def is_nothing_written(underway: Iterable[Underway]) -> bool:
    return all(part.state is PartState.WITHDRAWN for one in underway for part in one.parts)


def unwritable(message: OutboundMessage, error: BadField) -> SubmitResult:
    reason = {"source_addr": Reason.SENDER_REFUSED, "destination_addr": Reason.INVALID_NUMBER}.get(
        error.field, Reason.GATEWAY_REFUSED
    )
    return SubmitResult(message.id, Outcome.REFUSED, (), f"{error.field} unwritable"[:80], reason)


def query_answer(
    unknown: QueryAnswer, message: SubmittedMessage, answers: Sequence[pdu.QueryAnswer]
) -> QueryAnswer:
    found = [STATES.get(answer.message_state) for answer in answers]
    failed = [state for state in found if state not in (None, ReceiptState.DELIVERED)]
    ids = message.gateway_message_ids
    code = str(max(answer.error_code for answer in answers))
    if failed:
        return QueryAnswer(message.id, message.attempt, QueryOutcome.FINAL, failed[0], code, ids)
    if all(state is ReceiptState.DELIVERED for state in found):
        return QueryAnswer(message.id, message.attempt, QueryOutcome.FINAL, found[0], code, ids)
    if any(answer.message_state in ON_ITS_WAY or answer.message_state in STATES for answer in answers):
        return QueryAnswer(message.id, message.attempt, QueryOutcome.TAKEN, None, code, ids)
    return unknown


def request_words(one: Underway) -> str:
    message = one.message
    words = (
        f"submit_sm segments={len(one.parts)} octets={sum(len(part.body) for part in one.parts)}"
        f" source_addr={message.sender} destination_addr={message.msisdn} text={message.text}"
    )
    return masked(words, [message.text])


def answer_words(parts: Sequence[Part]) -> str:
    return "\n".join(
        f"submit_sm_resp {statuses.status_name(part.status)} message_id={pdu.read_message_id(part.answer)}"
        if part.state is PartState.ANSWERED
        else f"no answer ({part.state.name.lower()})"
        for part in parts
    )
