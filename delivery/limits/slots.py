"""The slots of numbers and the entries of number lists, read and written inside the transactions of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from delivery.limits.caps import Usage, give_usage_back
from delivery.limits.frequency import (
    KEEP_SECONDS,
    Listing,
    PackedSlots,
    Slot,
    content_key,
    microseconds,
    needed_since,
    newest,
    pack,
)
from delivery.sql import limits as sql
from projects.limits import Limits
from projects.models import FrequencyRule

# E.164 has 15 digits, less than 50 bits: number and project make one key, and no other lock has one so high.
_DIGIT_BITS = 50
_PROJECT_BITS = 13
# How many rows the clearing away of stale slots looks at in one transaction.
STALE_STEP = 20_000
USAGE_DAYS = 400


def _array(values: Iterable[object]) -> str:
    """An array as one literal: two hundred single ones cost PostgreSQL and the driver a millisecond.

    For numbers and digits only; nothing is quoted.
    """
    return f"{{{','.join(map(str, values))}}}"


def lock_numbers(cursor: Any, project_id: int, numbers: Iterable[str]) -> None:
    """Until the transaction ends nobody else decides about these numbers or changes their slots."""
    project = project_id % (1 << _PROJECT_BITS) << _DIGIT_BITS
    keys = sorted({project | int(number[1:]) for number in numbers})
    cursor.execute(sql.LOCK_NUMBERS, {"keys": _array(keys)})


class ReadSlots(NamedTuple):
    """The slots of those numbers that have any, where their rows lie, and the time of the reading."""

    now: datetime
    slots: dict[str, Sequence[Slot]]
    places: dict[str, str]


def read_slots(cursor: Any, project_id: int, numbers: Sequence[str]) -> ReadSlots:
    """What is remembered of locked numbers."""
    cursor.execute(sql.READ_SLOTS, {"project": project_id, "numbers": _array(numbers)})
    rows = cursor.fetchall()
    found = [row for row in rows if row[1] is not None]
    return ReadSlots(
        rows[0][0], {row[1]: PackedSlots(bytes(row[2])) for row in found}, {row[1]: row[3] for row in found}
    )


def read_listed(cursor: Any, project_id: int, numbers: Sequence[str]) -> dict[str, list[Listing]]:
    """The entries that hold now, by number."""
    cursor.execute(sql.READ_LISTED, {"project": project_id, "numbers": _array(numbers)})
    found: dict[str, list[Listing]] = {}
    for number, name, consent_key, expires_at in cursor.fetchall():
        found.setdefault(number, []).append(Listing(name, consent_key, expires_at))
    return found


def write_slots(
    cursor: Any,
    project_id: int,
    slots: Mapping[str, Sequence[Slot]],
    places: Mapping[str, str],
    limits: Limits,
    now: datetime,
) -> None:
    """Keep these locked numbers' slots as they are now, without those that no rule can see any more.

    `places` says where the rows of some of them were read.
    """
    since = needed_since(limits, now)
    kept = {number: newest(held, since) for number, held in slots.items()}
    known = [number for number in kept if number in places]
    if known and _write_at(cursor, project_id, {number: kept[number] for number in known}, places, now):
        kept = {number: held for number, held in kept.items() if number not in places}
    if kept:
        _write(cursor, project_id, kept, now)


def _write_at(
    cursor: Any,
    project_id: int,
    slots: Mapping[str, Sequence[Slot]],
    places: Mapping[str, str],
    now: datetime,
) -> bool:
    """Whether every row was still where it had been read, and so is written."""
    # A place has a comma and parentheses, which an array wants quoted.
    values = {"places": _array(f'"{places[number]}"' for number in slots)}
    added = [held.added for held in slots.values() if isinstance(held, PackedSlots) and held.added]
    if len(added) == len(slots):
        values |= _values(project_id, slots, [each.hex() for each in added], now)
        cursor.execute(sql.APPEND_TO_READ_SLOTS, values)
    else:
        values |= _values(project_id, slots, [pack(held).hex() for held in slots.values()], now)
        cursor.execute(sql.WRITE_READ_SLOTS, values)
    return bool(cursor.rowcount == len(slots))


def _write(cursor: Any, project_id: int, slots: Mapping[str, Sequence[Slot]], now: datetime) -> None:
    packed = [pack(held).hex() for held in slots.values()]
    cursor.execute(sql.WRITE_SLOTS, _values(project_id, slots, packed, now))


def _values(project_id: int, numbers: Iterable[str], packed: Iterable[str], now: datetime) -> dict[str, Any]:
    return {"project": project_id, "numbers": _array(numbers), "slots": _array(packed), "now": now}


def give_slots_back(cursor: Any, project_id: int, pairs: Sequence[tuple[str, int]]) -> None:
    """Free the slots of these (number, message id): no carrier took them. What is free already stays so."""
    if not pairs:
        return
    numbers, ids = map(list, zip(*pairs, strict=True))
    lock_numbers(cursor, project_id, numbers)
    cursor.execute(
        sql.GIVE_SLOTS_BACK, {"project": project_id, "numbers": _array(numbers), "ids": _array(ids)}
    )


# --- After the settle -----------------------------------------------------------------------------------


class _Claimed(NamedTuple):
    message_id: int
    msisdn: str
    country: str
    text: str
    claimed_at: datetime
    holds_slots: bool
    counted_on: Any


def _claims_of(cursor: Any, message_ids: Sequence[int]) -> list[_Claimed]:
    cursor.execute(sql.CLAIMS_OF_MESSAGES, {"ids": list(message_ids)})
    return [_Claimed(*row) for row in cursor.fetchall()]


def give_back_settled(cursor: Any, project_id: int, message_ids: Sequence[int]) -> None:
    """As if these messages had never left: a person said so of what was uncertain."""
    if not message_ids:
        return
    claims = _claims_of(cursor, message_ids)
    give_slots_back(cursor, project_id, [(c.msisdn, c.message_id) for c in claims if c.holds_slots])
    give_usage_back(cursor, project_id, Usage.of((c.counted_on, c.country) for c in claims if c.counted_on))


def take_settled_again(cursor: Any, project_id: int, message_ids: Sequence[int]) -> None:
    """A receipt says that they did leave, though a person had settled them as failed: they count once more."""
    claims = _claims_of(cursor, message_ids)
    if not claims:
        return
    holding = [claim for claim in claims if claim.holds_slots]
    if holding:
        lock_numbers(cursor, project_id, [claim.msisdn for claim in holding])
        now, slots, _places = read_slots(cursor, project_id, [claim.msisdn for claim in holding])
        for claim in holding:
            slot = Slot(microseconds(claim.claimed_at), content_key(claim.text), claim.message_id)
            others = [s for s in slots.get(claim.msisdn, ()) if s.message_id != claim.message_id]
            slots[claim.msisdn] = sorted([*others, slot])
        _write(cursor, project_id, slots, now)
    usage = Usage.of((c.counted_on, c.country) for c in claims if c.counted_on)
    usage.count(cursor, project_id)


# --- Clearing away --------------------------------------------------------------------------------------


def drop_stale_slots() -> None:
    """Delete the rows of numbers that nothing was sent to for longer than any rule looks back.

    In steps along the key, so that no claim waits long for a row that it wants to write.
    """
    longest = FrequencyRule.objects.aggregate(n=Max("n_seconds"))["n"] or 0
    seconds = max(2 * KEEP_SECONDS, 2 * longest, 2 * settings.SAME_CONTENT_SECONDS)
    values: dict[str, Any] = {"project": 0, "msisdn": "", "seconds": seconds, "step": STALE_STEP}
    with connection.cursor() as cursor:
        while True:
            cursor.execute(sql.NEXT_SLOTS, values)
            last = cursor.fetchone()
            values |= {"last_project": last and last[0], "last_msisdn": last and last[1]}
            with transaction.atomic():
                cursor.execute(sql.DROP_STALE_SLOTS, values)
            if last is None:
                break
            values |= {"project": last[0], "msisdn": last[1]}
        cursor.execute(sql.DROP_OLD_USAGE, {"days": USAGE_DAYS})
        cursor.execute(sql.DROP_OLD_HITS, {"days": USAGE_DAYS})
