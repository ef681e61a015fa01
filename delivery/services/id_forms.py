"""Ids that receipts write otherwise than the answers did: found again, and the form proposed that would fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.errors import DeliveryError, GatewayChanged
from delivery.lines.profiles import forget_profiles, profile_of
from delivery.models import Gateway
from delivery.services.gateway_changes import changed_words
from delivery.smpp.ids import IdForm, answered, candidates, proposal, receipted
from smsconsole.outbox.services import append_event

# A sample tells as much as all of them.
SAMPLE: Final = 50
# Fewer or a smaller share may be chance: short numbers often name something in both readings.
LEAST_MATCHED: Final = 3
LEAST_SHARE: Final = 0.5
# Looked up at once.
_STEP: Final = 200

_PARTS_OF = """
SELECT DISTINCT gateway_message_id FROM delivery_messagepart
WHERE gateway_id = %(gateway)s AND gateway_message_id = ANY(%(ids)s::text[])
"""
_CALL_BY_PART = """
UPDATE delivery_unmatchedreceipt r SET gateway_message_id = u.part_id
FROM unnest(%(ids)s::bigint[], %(part_ids)s::text[]) AS u (id, part_id) WHERE r.receipt_id = u.id
"""
_SAMPLE_OF = """
SELECT coalesce(nullif(written_id, ''), gateway_message_id) FROM delivery_unmatchedreceipt
WHERE gateway_id = %(gateway)s AND received_at > clock_timestamp() - interval '1 hour'
ORDER BY receipt_id DESC LIMIT %(limit)s
"""
_ASK_AT_ONCE = """
UPDATE delivery_unmatchedreceipt SET next_try_at = clock_timestamp()
WHERE gateway_id = %(gateway)s AND next_try_at IS NOT NULL
"""


class Unmatched(Protocol):
    """What is asked of a receipt without a message."""

    @property
    def id(self) -> int: ...
    @property
    def gateway_id(self) -> int: ...
    @property
    def gateway_message_id(self) -> str: ...
    @property
    def written_id(self) -> str: ...


def find_by_other_form(cursor: Any, receipts: Sequence[Unmatched]) -> set[int]:
    """Receipts that were stored, or whose answers were, before the gateway's id form was what it is.

    They are called by the id of their answer from now on; returns their ids. Nothing is asked for gateways whose ids
    are, and were, taken as they are.
    """
    by_gateway: dict[int, list[Unmatched]] = {}
    for receipt in receipts:
        if receipt.written_id or profile_of(receipt.gateway_id).id_form != IdForm.AS_IS:
            by_gateway.setdefault(receipt.gateway_id, []).append(receipt)
    found: dict[int, str] = {}
    for gateway_id, of_gateway in by_gateway.items():
        form = profile_of(gateway_id).id_form
        for start in range(0, len(of_gateway), _STEP):
            step = of_gateway[start : start + _STEP]
            parts = _parts(cursor, gateway_id, [_written(receipt) for receipt in step])
            by_key = {answered(part, form): part for part in parts}
            plain = _without_doubles((answered(part, IdForm.STRIP_ZEROS), part) for part in parts)
            for receipt in step:
                raw = _written(receipt)
                key = receipted(raw, form)
                # An answer that was stored in another form has lost its zeros in front and its capitals.
                part = by_key.get(raw) or by_key.get(key) or plain.get(answered(key, IdForm.STRIP_ZEROS))
                if part is not None:
                    found[receipt.id] = part
    if found:
        cursor.execute(_CALL_BY_PART, {"ids": list(found), "part_ids": list(found.values())})
    return set(found)


def _written(receipt: Unmatched) -> str:
    """Its id as the carrier wrote it."""
    return receipt.written_id or receipt.gateway_message_id


def _without_doubles(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What each key names, without keys that name several."""
    named: dict[str, set[str]] = {}
    for key, value in pairs:
        named.setdefault(key, set()).add(value)
    return {key: values.pop() for key, values in named.items() if len(values) == 1}


def _parts(cursor: Any, gateway_id: int, receipt_ids: Sequence[str]) -> list[str]:
    wanted = sorted({candidate for raw in receipt_ids for candidate in candidates(raw)})
    cursor.execute(_PARTS_OF, {"gateway": gateway_id, "ids": wanted})
    return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class IdFormProposal:
    """Of the newest waiting receipts so many would find their messages if ids were read in this form."""

    form: IdForm
    n_matched: int
    n_waiting: int


def propose_id_form(gateway: Gateway) -> IdFormProposal | None:
    """The form that would fit the unmatched receipts of the last hour better than the present one, if any does.

    Two queries, over at most `SAMPLE` receipts.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE_OF, {"gateway": gateway.pk, "limit": SAMPLE})
        waiting = [row[0] for row in cursor.fetchall()]
        if len(waiting) < LEAST_MATCHED:
            return None
        best = proposal(waiting, _parts(cursor, gateway.pk, waiting))
    if best is None:
        return None
    form, n_matched = best
    is_present = form == gateway.settings.get("id_form", IdForm.AS_IS)
    if is_present or n_matched < max(LEAST_MATCHED, len(waiting) * LEAST_SHARE):
        return None
    return IdFormProposal(form, n_matched, len(waiting))


def accept_id_form(*, gateway: Gateway, form: str, seen_at: datetime | None, by: User) -> None:
    """Read the gateway's ids in this form from now on, and ask all its waiting receipts again at once.

    `seen_at` is the gateway's `changed_at` on the page; raises `GatewayChanged` or another `DeliveryError`.
    """
    if not by.is_staff:
        raise DeliveryError(_("Only platform staff may do this."))
    if form not in set(IdForm):
        raise DeliveryError(_("There is no such form of ids."))
    with transaction.atomic(), connection.cursor() as cursor:
        present = (
            Gateway.objects.select_for_update(of=("self",)).select_related("changed_by").get(pk=gateway.pk)
        )
        if present.changed_at != seen_at:
            raise GatewayChanged(changed_words(present))
        Gateway.objects.filter(pk=gateway.pk).update(
            settings={**present.settings, "id_form": str(form)}, changed_at=timezone.now(), changed_by=by
        )
        cursor.execute(_ASK_AT_ONCE, {"gateway": gateway.pk})
        append_event(
            kind="gateway.changed",
            subject=f"gateway:{gateway.uuid}",
            payload={"gateway": str(gateway.uuid), "by": str(by.uuid)},
        )
        transaction.on_commit(forget_profiles)
