"""How the simulated gateway shall behave.

What happens to a submit follows from the script and the submit's own reference, never from a clock or an
order of arrival: the same script gives the same campaign the same end, also after a restart.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from delivery.simulation.ledger import Verdict

DELIVERED, UNDELIVERED, EXPIRED, REJECTED = "delivered", "undelivered", "expired", "rejected"

# Codes as carriers really send them, one for each usual reason.
BAD_ENDS = (
    (UNDELIVERED, "MK:0001"),  # the number does not exist
    (UNDELIVERED, "MI:0024"),  # switched off
    (UNDELIVERED, "MC:0055"),  # out of coverage
    (UNDELIVERED, "MK:0017"),  # memory full
    (UNDELIVERED, "MK:0005"),  # cannot receive text messages
    (UNDELIVERED, "MX:0012"),  # unsubscribed
    (UNDELIVERED, "MB:1077"),  # blacklisted
    (UNDELIVERED, "MX:0003"),  # too many messages
    (UNDELIVERED, "TD:0004"),  # text blocked
    (UNDELIVERED, "NOROUTE"),
    (UNDELIVERED, "MI:0022"),  # inside the carrier's network
    (EXPIRED, "EXPIRED"),
    (REJECTED, "REJECTD"),
)
REFUSALS = ("INVALID_NUMBER", "BLACKLISTED", "CONTENT_BLOCKED", "NO_ROUTE", "REFUSED")
DELIVERED_CODE = "DELIVRD"

# Between the two receipts of one segment, where a script asks for two.
SECOND_RECEIPT_SECONDS = 0.1


class End(NamedTuple):
    """What the phone's network says of a taken message. An empty `state` means that no receipt ever comes."""

    state: str = DELIVERED
    code: str = DELIVERED_CODE
    delay_seconds: float = 0.0
    comes_twice: bool = False
    comes_early: bool = False
    # A contradicting receipt of lesser weight comes before (-1) or after (+1) the true one.
    contradiction: int = 0


class Answer(NamedTuple):
    """What the gateway makes of a submit."""

    verdict: Verdict
    code: str = ""


ACCEPT = Answer(Verdict.ACCEPTED)
THROTTLE = Answer(Verdict.THROTTLED, "THROTTLED")
SILENCE = Answer(Verdict.SILENT)
NO_RECEIPT = End(state="", code="")

# With `test_numbers` on, what a number's last four digits do. For trying things out by hand.
TEST_NUMBERS: dict[str, tuple[Answer, End]] = {
    "0000": (ACCEPT, End(UNDELIVERED, "MK:0001")),
    "0001": (SILENCE, End()),  # never answered, and delivered
    "0002": (SILENCE, NO_RECEIPT),  # never answered, never heard of again
    "0003": (Answer(Verdict.REFUSED, "INVALID_NUMBER"), NO_RECEIPT),
    "0004": (THROTTLE, End()),  # at the first attempt, then accepted
    "0005": (ACCEPT, NO_RECEIPT),
    "0006": (ACCEPT, End(comes_twice=True)),
    "0007": (ACCEPT, End(comes_early=True)),
    "0008": (ACCEPT, End(EXPIRED, "EXPIRED")),
    "0009": (ACCEPT, End(REJECTED, "REJECTD")),
}


def option(default: Any, words: str, *, choices: Sequence[str] = ()) -> Any:
    """A field of a script, told to the person at the shell in these words."""
    return field(default=default, metadata={"help": words, "choices": tuple(choices)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Refused, throttled and silent submits exclude each other: together they are at most 100 percent."""

    seed: int = option(0, "another seed picks other messages")
    delay_ms: int = option(0, "milliseconds before a submit is answered")
    reverse_answers: bool = option(False, "answer the messages of a group in reverse order")
    refuse: float = option(0.0, "percentage of submits that are refused for good")
    throttle: float = option(0.0, "percentage of submits that are told to come again later")
    throttle_ms: int = option(500, "milliseconds that a throttled one is told to wait")
    silence: float = option(0.0, "percentage of submits that are taken but never answered")
    receipt_min_ms: int = option(200, "least milliseconds from submit to receipt")
    receipt_max_ms: int = option(1500, "most milliseconds from submit to receipt")
    undelivered: float = option(0.0, "percentage of taken messages that do not reach the phone")
    lose_receipts: float = option(0.0, "percentage of taken messages whose receipt never comes")
    late_receipts: float = option(0.0, "percentage of taken messages whose receipt is late")
    late_ms: int = option(30_000, "milliseconds that a late receipt is late")
    double_receipts: float = option(0.0, "percentage of taken messages whose receipt comes twice")
    early_receipts: float = option(0.0, "percentage of taken messages whose receipt comes before the answer")
    unordered_receipts: float = option(
        0.0, "percentage of taken messages with two contradicting receipts in either order, segments reversed"
    )
    echo_reference: bool = option(True, "receipts carry the console's own reference")
    test_numbers: bool = option(
        False, "the last four digits 0000 to 0009 of a number decide what happens to it"
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, str):
                if value not in each.metadata["choices"]:
                    raise ValueError(f"{each.name} must be one of {', '.join(each.metadata['choices'])}.")
                continue
            if value < 0 and each.name != "seed":
                raise ValueError(f"{each.name} must not be less than 0.")
            if isinstance(each.default, float) and value > 100:
                raise ValueError(f"{each.name} is a percentage and must not be more than 100.")
        if self.refuse + self.throttle + self.silence > 100:
            raise ValueError("refuse, throttle and silence together must not be more than 100.")
        if self.receipt_min_ms > self.receipt_max_ms:
            raise ValueError("receipt_min_ms must not be more than receipt_max_ms.")

    def changed(self, values: Mapping[str, object]) -> Self:
        """This script with some values replaced; raises ValueError with words for a person."""
        known: dict[str, type] = {each.name: type(each.default) for each in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"There is no script option “{name}”.")
            wanted = known[name]
            if type(value) is not wanted and not (wanted is float and type(value) is int):
                raise ValueError(f"{name} must be of type {wanted.__name__}.")
        return replace(self, **dict(values))  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Dice(NamedTuple):
    """Independent numbers below `SIDES`, which decide everything about one submit."""

    answer: int
    end: int
    loss: int
    delay: int
    late: int
    double: int
    early: int
    order: int


SIDES = 2**32


class PlannedReceipt(NamedTuple):
    """A receipt of one segment, and how long after the submit it is due."""

    delay_seconds: float
    gateway_message_id: str
    state: str
    code: str


def throw_dice(script: Script, *, message_id: int, attempt: int) -> Dice:
    """The same for the same seed, message and attempt."""
    digest = blake2b(f"{script.seed}/{message_id}-{attempt}".encode(), digest_size=32).digest()
    return Dice(*struct.unpack("<8I", digest))


def answer_to(script: Script, dice: Dice, *, attempt: int, msisdn: str) -> Answer:
    """What this script makes of a submit."""
    if script.test_numbers and (special := TEST_NUMBERS.get(msisdn[-4:])):
        answer = special[0]
        return ACCEPT if answer is THROTTLE and attempt else answer
    percent = dice.answer * 100 / SIDES
    if percent < script.refuse:
        return Answer(Verdict.REFUSED, REFUSALS[dice.answer % len(REFUSALS)])
    if percent < script.refuse + script.throttle:
        return THROTTLE
    if percent < script.refuse + script.throttle + script.silence:
        return SILENCE
    return ACCEPT


def end_of(script: Script, dice: Dice, *, msisdn: str) -> End:
    """How a message that was taken ends, and when the network says so."""
    spread_ms = script.receipt_max_ms - script.receipt_min_ms
    delay_ms = script.receipt_min_ms + spread_ms * dice.delay / SIDES
    if script.test_numbers and (special := TEST_NUMBERS.get(msisdn[-4:])):
        return special[1]._replace(delay_seconds=delay_ms / 1000)
    if hits(dice.loss, script.lose_receipts):
        return NO_RECEIPT
    if hits(dice.late, script.late_receipts):
        delay_ms += script.late_ms
    is_bad = hits(dice.end, script.undelivered)
    contradicts = hits(dice.order, script.unordered_receipts)
    return End(
        *(BAD_ENDS[dice.end % len(BAD_ENDS)] if is_bad else (DELIVERED, DELIVERED_CODE)),
        delay_seconds=delay_ms / 1000,
        comes_twice=hits(dice.double, script.double_receipts),
        comes_early=hits(dice.early, script.early_receipts),
        contradiction=(1 if dice.order % 2 else -1) if contradicts else 0,
    )


def hits(die: int, percentage: float) -> bool:
    """Whether this die falls within the percentage."""
    return die * 100 < percentage * SIDES


def plan_receipts(end: End, gateway_message_ids: Sequence[str]) -> list[PlannedReceipt]:
    """The receipts of a message with this end, one per segment or more. Early ones are due in 0 seconds."""
    if not end.state:
        return []
    first_seconds = 0.0 if end.comes_early else end.delay_seconds
    second_seconds = first_seconds + SECOND_RECEIPT_SECONDS
    if end.contradiction:
        # Lesser in the fixed order of ends: it must never win, whichever comes first.
        false_end = (EXPIRED, "EXPIRED") if end.state in (DELIVERED, UNDELIVERED) else (REJECTED, "REJECTD")
        turns = [(first_seconds, *end[:2]), (second_seconds, *false_end)]
        if end.contradiction < 0:
            turns = [(first_seconds, *false_end), (second_seconds, *end[:2])]
        gateway_message_ids = gateway_message_ids[::-1]
    else:
        turns = [(first_seconds, *end[:2])]
    if end.comes_twice:
        turns.append((second_seconds, *turns[-1][1:]))
    return [
        PlannedReceipt(seconds, part, state, code)
        for seconds, state, code in turns
        for part in gateway_message_ids
    ]
