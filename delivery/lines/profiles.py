"""What the hot paths have to know of a gateway beside its driver: kind, id form, what staff made of its codes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from delivery.gateways import DRIVERS
from delivery.models import CarrierCode, Gateway
from delivery.reasons import reason_of_code
from delivery.smpp.ids import IdForm, answered, receipted
from delivery.statuses import Reason

# A code that staff mapped, or another id form, holds after so long in every process.
BELIEF_SECONDS: Final = 10.0


class Profile(NamedTuple):
    """Of one gateway. `mapped` are the codes of its kind that staff gave a reason."""

    kind: str = ""
    id_form: str = IdForm.AS_IS
    mapped: Mapping[str, Reason] = {}

    def answered(self, gateway_message_id: str) -> str:
        """The key of an id that a submit's answer gave."""
        return answered(gateway_message_id, self.id_form)

    def receipted(self, gateway_message_id: str) -> str:
        """The key of an id that a receipt named; equal to that of its answer."""
        return receipted(gateway_message_id, self.id_form)

    def reason_of(self, code: str) -> Reason:
        """What the console's own tables say, else what staff said, else `UNKNOWN_CODE`."""
        driver = DRIVERS.get(self.kind)
        own = driver.receipt_reasons if driver is not None else {}
        found = reason_of_code(code, kind=self.kind, receipt_reasons=own)
        return self.mapped.get(code, found) if found == Reason.UNKNOWN_CODE else found


_known: dict[int, tuple[float, Profile]] = {}


def profile_of(gateway_id: int) -> Profile:
    """The gateway's profile, at most `BELIEF_SECONDS` old; an empty one for a gateway that is gone. Two queries."""
    now = time.monotonic()
    read_at, profile = _known.get(gateway_id, (float("-inf"), Profile()))
    if now - read_at >= BELIEF_SECONDS:
        profile = _read(gateway_id)
        _known[gateway_id] = now, profile
    return profile


def forget_profiles() -> None:
    """Read them anew: something of them was changed in this process."""
    _known.clear()


def _read(gateway_id: int) -> Profile:
    row = Gateway.objects.filter(pk=gateway_id).values_list("kind", "settings__id_form").first()
    if row is None:
        return Profile()
    kind, id_form = row
    mapped = CarrierCode.objects.filter(kind=kind, reason__isnull=False).values_list("code", "reason")
    form = id_form if id_form in set(IdForm) else IdForm.AS_IS
    return Profile(kind, form, {code: Reason(reason) for code, reason in mapped if reason})
