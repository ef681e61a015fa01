"""The number rules: who may get a message now. No database here, so the claim, the forecast and a replay agree.

A *slot* is one message that a carrier took or may have taken, remembered with its moment and its content. The rules
count slots; what a calendar day is follows from the project's zone at the moment of the decision.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import NamedTuple, overload
from zoneinfo import ZoneInfo

from delivery.statuses import Reason
from projects.limits import FrequencyLimit, Limits
from projects.statuses import FrequencyDimension, NumberList

MICROSECONDS = 1_000_000
HOUR_SECONDS = 3_600
# A calendar day lasts 25 hours at most; an hour on top for clocks that disagree.
KEEP_SECONDS = 26 * HOUR_SECONDS
# Only a number that bypasses the limits can come near it; its row must not grow for ever.
MAX_SLOTS = 4_096
_PACKED = struct.Struct(">qqq")
_NUMBER = struct.Struct(">q")
# By the number of slots: one call packs a whole row.
_ROWS = [struct.Struct(f">{3 * n}q") for n in range(33)]
# Before any slot.
_NEVER = -(1 << 62)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The words of rules that are no frequency limit, in `Block.rule`.
UNSUBSCRIBED_RULE = str(NumberList.UNSUBSCRIBED)
BLACKLIST_RULE = str(NumberList.BLACKLIST)
COUNTRY_RULE = "country"

REASON_OF_DIMENSION = {
    FrequencyDimension.SAME_CONTENT: Reason.SAME_CONTENT,
    FrequencyDimension.PER_HOUR: Reason.PER_HOUR,
    FrequencyDimension.PER_DAY: Reason.PER_DAY,
    FrequencyDimension.SAME_CONTENT_PER_DAY: Reason.SAME_CONTENT_PER_DAY,
}


class Slot(NamedTuple):
    """A message that counts for its number: when (microseconds since 1970), what (`content_key`), which."""

    at: int
    content: int
    message_id: int


class Candidate(NamedTuple):
    """A message that asks whether it may leave."""

    message_id: int
    msisdn: str
    country: str
    content: int


class Listing(NamedTuple):
    """One entry of a number on a list; an empty `consent_key` is for everything."""

    list: str
    consent_key: str
    expires_at: datetime | None


class Block(NamedTuple):
    """Why a message may not leave. `passes_at` is when it would have, None when waiting does not help."""

    reason: Reason
    rule: str
    n: int | None = None
    seconds: int | None = None
    passes_at: datetime | None = None

    @property
    def code(self) -> str:
        """`<rule>:<n>:<seconds>:<unix time>` as kept in `Message.code`; what is not known stays empty."""
        unix = None if self.passes_at is None else math.ceil(self.passes_at.timestamp())
        return ":".join(
            [self.rule, *("" if part is None else str(part) for part in (self.n, self.seconds, unix))]
        )


def content_key(text: str) -> int:
    """The same for the same final text, a signed 64-bit number."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


def microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def pack(slots: Iterable[Slot]) -> bytes:
    """The slots of a number as its row keeps them: 24 bytes each, big-endian, so that SQL can compare them."""
    if isinstance(slots, PackedSlots):
        return slots.packed
    flat = list(chain.from_iterable(slots))
    n = len(flat) // 3
    return _ROWS[n].pack(*flat) if n < len(_ROWS) else struct.pack(f">{3 * n}q", *flat)


def unpack(packed: bytes | memoryview) -> list[Slot]:
    return list(map(Slot._make, _PACKED.iter_unpack(packed)))


class PackedSlots(Sequence[Slot]):
    """The slots of a number as its row keeps them, in the order of their time, read one by one only when needed.

    Most numbers were last written to so long ago, and with other words, that three looks at the bytes decide.
    """

    __slots__ = ("added", "packed")

    def __init__(self, packed: bytes, added: bytes = b"") -> None:
        self.packed = packed
        # The end of it that the row does not have yet.
        self.added = added

    def __len__(self) -> int:
        return len(self.packed) // _PACKED.size

    @overload
    def __getitem__(self, index: int) -> Slot: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Slot]: ...
    def __getitem__(self, index: int | slice) -> Slot | Sequence[Slot]:
        return unpack(self.packed)[index]

    def __iter__(self) -> Iterator[Slot]:
        return iter(unpack(self.packed))

    def has_after(self, moment: int) -> bool:
        """Whether there is any and the newest is later than this moment (microseconds)."""
        packed = self.packed
        return bool(packed and _NUMBER.unpack_from(packed, len(packed) - _PACKED.size)[0] > moment)

    def is_all_after(self, moment: int) -> bool:
        return bool(_NUMBER.unpack_from(self.packed)[0] > moment)

    def mentions(self, number: int) -> bool:
        """False when no slot has this content or message id. True may be a chance match of the bytes."""
        return _NUMBER.pack(number) in self.packed

    def followed_by(self, slot: Slot) -> Sequence[Slot]:
        """With this slot as the newest; one that the message holds already is replaced."""
        if self.has_after(slot.at) or self.mentions(slot.message_id):
            return _in_order(self, slot)
        new = _PACKED.pack(*slot)
        return PackedSlots(self.packed + new, self.added + new)


def _in_order(held: Iterable[Slot], slot: Slot) -> list[Slot]:
    """The slots with this one, in the order of their time also when the clock was set back."""
    return sorted([*[other for other in held if other[2] != slot.message_id], slot], key=lambda each: each[0])


def decide(
    limits: Limits,
    slots: MutableMapping[str, Sequence[Slot]],
    listed: Mapping[str, Sequence[Listing]],
    consent_key: str,
    now: datetime,
    messages: Iterable[Candidate],
) -> list[Block | None]:
    """For each message, in this order, what keeps it from leaving now; None when nothing does.

    Lists first, then the country, then frequency. Who passes gets a slot in `slots`, so a second message to the
    number meets it; a slot that a message already has never stands in its own way. Of several limits that are
    reached, the one that would hold it longest is named. A number on the whitelist bypasses the frequency limits
    and holds its slots all the same. A number's slots are in the order of their time, and stay so.
    """
    rules = _rules_in_force(limits, now)
    oldest = _looks_back_to(rules)
    at = microseconds(now)
    decisions: list[Block | None] = []
    for message in messages:
        listings = listed.get(message.msisdn)
        held = slots.get(message.msisdn)
        block = _by_list(listings, consent_key, now) if listings else None
        if block is None and limits.countries is not None and message.country not in limits.countries:
            block = Block(Reason.COUNTRY_NOT_ALLOWED, COUNTRY_RULE)
        if (
            block is None
            and rules
            and not (held and isinstance(held, PackedSlots) and not held.has_after(oldest))
            and not (listings and _holds(listings, NumberList.WHITELIST, consent_key, now))
        ):
            block = _by_frequency(rules, held or (), message)
        decisions.append(block)
        if block is None:
            slot = Slot(at, message.content, message.message_id)
            if isinstance(held, PackedSlots):
                slots[message.msisdn] = held.followed_by(slot)
            else:
                slots[message.msisdn] = _in_order(held, slot) if held else [slot]
    return decisions


def still_needed(slots: Sequence[Slot], limits: Limits, now: datetime) -> list[Slot]:
    """Without those that no rule in force can look back to."""
    return list(newest(slots, needed_since(limits, now)))


def needed_since(limits: Limits, now: datetime) -> int:
    """No rule in force can look back to a slot that is not after this moment (microseconds since 1970)."""
    longest = max((limit.n_seconds or 0 for limit in limits.frequency), default=0)
    return microseconds(now) - max(KEEP_SECONDS, longest) * MICROSECONDS


def newest(slots: Sequence[Slot], since: int) -> Sequence[Slot]:
    """Those after `since`, and without the oldest where there are far too many."""
    if isinstance(slots, PackedSlots) and 0 < len(slots) <= MAX_SLOTS and slots.is_all_after(since):
        return slots
    if len(slots) <= MAX_SLOTS and min(slots, default=(since + 1,))[0] > since:
        return slots
    return [slot for slot in slots if slot.at > since][-MAX_SLOTS:]


def has_number_rules(limits: Limits) -> bool:
    """Whether any rule looks at the single number; without one a claim need not ask."""
    return counts_frequency(limits) or limits.has_listed_numbers or limits.countries is not None


def counts_frequency(limits: Limits) -> bool:
    return any(limit.is_on for limit in limits.frequency)


# --- Lists ----------------------------------------------------------------------------------------------


def _holds(listings: Sequence[Listing], name: str, consent_key: str, now: datetime) -> Listing | None:
    """The entry of this list that holds now and for this signature and kind; the one that holds longest."""
    found = [
        listing
        for listing in listings
        if listing.list == name
        and listing.consent_key in ("", consent_key)
        and (listing.expires_at is None or listing.expires_at > now)
    ]
    return max(
        found, key=lambda listing: (listing.expires_at is None, listing.expires_at or now), default=None
    )


def _by_list(listings: Sequence[Listing], consent_key: str, now: datetime) -> Block | None:
    for name, reason in (
        (NumberList.UNSUBSCRIBED, Reason.HAS_UNSUBSCRIBED),
        (NumberList.BLACKLIST, Reason.ON_BLACKLIST),
    ):
        listing = _holds(listings, name, consent_key, now)
        if listing is not None:
            return Block(reason, str(name), passes_at=listing.expires_at)
    return None


# --- Frequency ------------------------------------------------------------------------------------------


class _Rule(NamedTuple):
    """A frequency limit at one moment: slots after `since` count; `until` is when a day's all stop counting."""

    limit: FrequencyLimit
    since: int
    lasts: int | None
    until: datetime | None
    is_same_content: bool
    n_messages: int


def _rules_in_force(limits: Limits, now: datetime) -> list[_Rule]:
    at = microseconds(now)
    rules = []
    for limit in limits.frequency:
        if not limit.is_on:
            continue
        is_same_content = limit.dimension in (
            FrequencyDimension.SAME_CONTENT,
            FrequencyDimension.SAME_CONTENT_PER_DAY,
        )
        if limit.dimension in (FrequencyDimension.PER_DAY, FrequencyDimension.SAME_CONTENT_PER_DAY):
            starts, ends = day_of(now, limits.zone)
            rules.append(
                _Rule(limit, microseconds(starts) - 1, None, ends, is_same_content, limit.n_messages)
            )
        else:
            is_hour = limit.dimension == FrequencyDimension.PER_HOUR
            lasts = (HOUR_SECONDS if is_hour else limit.n_seconds or 0) * MICROSECONDS
            rules.append(_Rule(limit, at - lasts, lasts, None, is_same_content, limit.n_messages))
    return rules


def _looks_back_to(rules: Sequence[_Rule]) -> int:
    """No rule counts a slot that is not after this moment. One that allows no message at all holds without any."""
    return min((rule.since if rule.n_messages else _NEVER for rule in rules), default=_NEVER)


def day_of(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the calendar day in this zone and that of the next one.

    Where the clock skips or repeats midnight, a day begins when its date first shows.
    """
    today = now.astimezone(zone).date()
    starts, ends = (
        datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
        for day in (today, today + timedelta(days=1))
    )
    return starts, ends


def _by_frequency(rules: Sequence[_Rule], held: Sequence[Slot], message: Candidate) -> Block | None:
    worst: Block | None = None
    n_held = len(held)
    for rule in rules:
        n, since, own = rule.n_messages, rule.since, message.message_id
        if n_held < n or (n and not _may_count(rule, held, message)):
            continue
        if rule.is_same_content:
            asked = message.content
            counted = [at for at, content, id_ in held if content == asked and at > since and id_ != own]
        else:
            counted = [at for at, _, id_ in held if at > since and id_ != own]
        if len(counted) < n:
            continue
        block = Block(
            REASON_OF_DIMENSION[rule.limit.dimension],
            str(rule.limit.dimension),
            n,
            rule.limit.n_seconds if rule.limit.dimension == FrequencyDimension.SAME_CONTENT else None,
            _passes_at(rule, sorted(counted), n),
        )
        if worst is None or _later(block, worst):
            worst = block
    return worst


def _may_count(rule: _Rule, held: Sequence[Slot], message: Candidate) -> bool:
    """Whether a slot can count at all: the newest is not too old, and one has the same content."""
    if isinstance(held, PackedSlots):
        return held.has_after(rule.since) and (not rule.is_same_content or held.mentions(message.content))
    return held[-1][0] > rule.since


def _passes_at(rule: _Rule, counted: Sequence[int], n: int) -> datetime | None:
    """When fewer than `n` of the counted slots are left. Never, if none is allowed at all."""
    if n <= 0:
        return None
    if rule.until is not None:
        return rule.until
    return _EPOCH + timedelta(microseconds=counted[-n] + (rule.lasts or 0))


def _later(block: Block, other: Block) -> bool:
    if other.passes_at is None:
        return False
    return block.passes_at is None or block.passes_at > other.passes_at
