"""Reads for the pages about carriers' codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

from delivery.lines.gateway_kinds import kind_of
from delivery.models import CarrierCode
from delivery.reasons import ADVICE
from delivery.statuses import Reason

CODES_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code that no table knows, and what staff made of it."""

    code: CarrierCode

    @property
    def kind_label(self) -> str:
        return kind_of(self.code.kind).label

    @property
    def reason_label(self) -> str:
        return "" if self.code.reason is None else str(Reason(self.code.reason).label)

    @property
    def advice(self) -> str | Promise:
        return "" if self.code.reason is None else ADVICE.get(Reason(self.code.reason), "")


def code_rows(*, is_mapped: bool) -> list[CodeRow]:
    """The codes that wait for a meaning, most often seen first; or those that have one, by kind. One query."""
    found = CarrierCode.objects.filter(reason__isnull=not is_mapped).select_related("changed_by")
    order = ("kind", "code") if is_mapped else ("-n_seen", "kind", "code")
    return [CodeRow(code) for code in found.order_by(*order)[:CODES_SHOWN]]
