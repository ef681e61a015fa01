"""Carriers' codes that no table knows: counted as they come, mapped by staff, and read again."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.errors import CodeChanged, DeliveryError
from delivery.gateways.base import Outcome, SubmitResult
from delivery.lines.profiles import forget_profiles, profile_of
from delivery.models import CarrierCode, Gateway
from delivery.sql import codes as sql
from delivery.statuses import Reason
from smsconsole.outbox.services import append_event
from smsconsole.queue import enqueue

log = logging.getLogger(__name__)

CODE_MAX: Final = 80
# A carrier that puts a number of its own into every code shall not fill the list.
CODES_PER_KIND: Final = 1_000
# Messages that ended so long ago are read again when their code is mapped.
PAST_HOURS: Final = 72
# Codes of refused submits are gathered in the sending process for so long.
FLUSH_SECONDS: Final = 5.0
_DISPATCHES_PER_STEP: Final = 500
# What drivers say of a refusal whose code they do not know.
_VAGUE: Final = frozenset({Reason.NONE, Reason.GATEWAY_REFUSED, Reason.UNKNOWN_CODE})

# What a code may mean. The others are the console's own.
MAPPABLE: Final = tuple(
    reason
    for reason in Reason
    if reason.value in range(Reason.GATEWAY_REFUSED, Reason.UNKNOWN_CODE)
    or reason in (Reason.NO_CARRIER_TEMPLATE, Reason.ACCOUNT_PROBLEM, Reason.SENDER_REFUSED)
)


def count_codes(cursor: Any, seen: Mapping[tuple[str, str], int]) -> None:
    """Count codes of kinds, in the caller's transaction; of new ones at most `CODES_PER_KIND` are kept."""
    cut: Counter[tuple[str, str]] = Counter()
    for (kind, code), n in seen.items():
        if kind and code:
            cut[kind, code[:CODE_MAX]] += n
    listed = [(kind, code, n) for (kind, code), n in sorted(cut.items())]
    if not listed:
        return
    kinds, codes, counts = map(list, zip(*listed, strict=True))
    values = {"kinds": kinds, "codes": codes, "counts": counts, "most": CODES_PER_KIND}
    cursor.execute(sql.COUNT_KNOWN, values)
    if cursor.rowcount < len(listed):
        cursor.execute(sql.ADD_NEW, values)


_gathered: Counter[tuple[int, str]] = Counter()
_flushed_at = time.monotonic()


def note_submit_codes(gateway_id: int, codes: Iterable[str]) -> None:
    """Count codes that submits were refused with. Gathered in this process; what it loses by dying is a count."""
    global _flushed_at
    for code in codes:
        _gathered[gateway_id, code] += 1
    now = time.monotonic()
    if not _gathered or now - _flushed_at < FLUSH_SECONDS:
        return
    _flushed_at = now
    seen: Counter[tuple[str, str]] = Counter()
    for (gateway, code), n in list(_gathered.items()):
        seen[profile_of(gateway).kind, code] += n
    _gathered.clear()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            count_codes(cursor, seen)
    except (OperationalError, InterfaceError) as error:
        log.warning("codes not counted error=%s", type(error).__name__)
        if not connection.in_atomic_block:
            connection.close()


def translated(gateway_id: int, results: Iterable[SubmitResult]) -> Iterator[SubmitResult]:
    """The results with the reasons that staff gave to codes that the driver does not know; these are counted."""
    unknown: list[str] = []
    for result in results:
        if result.outcome == Outcome.REFUSED and result.code and result.reason in _VAGUE:
            unknown.append(result.code)
            mapped = profile_of(gateway_id).mapped.get(result.code)
            yield result if mapped is None else result._replace(reason=mapped)
        else:
            yield result
    if unknown:
        note_submit_codes(gateway_id, unknown)


def map_code(*, code: CarrierCode, reason: Reason | None, seen_at: datetime | None, by: User) -> None:
    """Say what the code means from now on; None: nothing again. New receipts take it up within 10 seconds.

    `seen_at` is the `changed_at` that the page showed. Raises `CodeChanged` when somebody was faster, or another
    `DeliveryError`.
    """
    if not by.is_staff:
        raise DeliveryError(_("Only platform staff may do this."))
    if reason is not None and reason not in MAPPABLE:
        raise DeliveryError(_("Choose one of the reasons that a carrier can mean."))
    with transaction.atomic():
        present = (
            CarrierCode.objects.select_for_update(of=("self",)).select_related("changed_by").get(pk=code.pk)
        )
        if present.changed_at != seen_at:
            raise CodeChanged(_changed_words(present))
        if present.reason == reason:
            return
        CarrierCode.objects.filter(pk=code.pk).update(reason=reason, changed_at=timezone.now(), changed_by=by)
        append_event(
            kind="carrier_code.mapped",
            subject=f"carrier_code:{code.pk}",
            payload={"gateway_kind": present.kind, "reason": reason, "by": str(by.uuid)},
        )
        transaction.on_commit(forget_profiles)


def reread_past(*, code: CarrierCode, by: User) -> None:
    """Give messages of the last 72 hours that ended with this code the reason that it means now, in a job."""
    if not by.is_staff:
        raise DeliveryError(_("Only platform staff may do this."))
    if not CarrierCode.objects.filter(pk=code.pk, reason__isnull=False).exists():
        raise DeliveryError(_("Say first what the code means."))
    enqueue("delivery.jobs.reread_code", code.pk)


def reread_code(code_id: int) -> int:
    """What the job of `reread_past` does; how many messages and waiting receipts it changed. Twice: nothing more.

    Only reasons change, never a status: no counter and no limit hangs on them.
    """
    code = CarrierCode.objects.filter(pk=code_id, reason__isnull=False).first()
    if code is None:
        return 0
    values = _past_values(code) | {"reason": code.reason}
    n = 0
    with connection.cursor() as cursor:
        cursor.execute(sql.REREAD_UNMATCHED, values)
        n += int(cursor.rowcount)
        for dispatches in _recent_dispatches(cursor):
            cursor.execute(sql.REREAD_MESSAGES, {**values, "dispatches": dispatches})
            n += int(cursor.rowcount)
    return n


def count_past(code: CarrierCode) -> int:
    """How many messages `reread_past` would change. Reads only messages with rare statuses, by index."""
    n: int = 0
    with connection.cursor() as cursor:
        for dispatches in _recent_dispatches(cursor):
            cursor.execute(sql.COUNT_MESSAGES, {**_past_values(code), "dispatches": dispatches})
            n += cursor.fetchone()[0]
    return n


def _past_values(code: CarrierCode) -> dict[str, Any]:
    gateways = list(Gateway.objects.filter(kind=code.kind).values_list("pk", flat=True))
    return {"code": code.code, "gateways": gateways, "hours": PAST_HOURS}


def _recent_dispatches(cursor: Any) -> Iterable[list[int]]:
    cursor.execute(sql.RECENT_DISPATCHES, {"hours": PAST_HOURS})
    ids = [row[0] for row in cursor.fetchall()]
    return [ids[start : start + _DISPATCHES_PER_STEP] for start in range(0, len(ids), _DISPATCHES_PER_STEP)]


def _changed_words(code: CarrierCode) -> str:
    return _(
        "%(who)s said what this code means at %(when)s UTC, after you opened the page. Look at what holds now, "
        "then save again if your change is still right."
    ) % {
        "who": code.changed_by or _("The console"),
        "when": date_format(code.changed_at or timezone.now(), "MOMENT_WITH_SECONDS"),
    }
