"""A carrier that refuses the account refuses everybody: that stops the line instead of failing message by message.

A wrong password or an empty account shows as refusals that have nothing to do with the numbers. Nothing was taken, so
the messages wait, and leave when somebody has mended it or by another gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from delivery.gateways.base import Outcome, SubmitResult
from delivery.models import Gateway
from delivery.statuses import Reason

# Of fewer messages it may be their numbers after all: they are refused one by one.
MANY: Final = 20


def account_trouble(gateway: Gateway, results: Sequence[SubmitResult], *, is_probe: bool) -> str | None:
    """What is wrong, for a person, when a whole window was refused because of the account; else None.

    The one message that tries a line again counts when the line stands still for the same words.
    """
    if not results or any(
        result.outcome != Outcome.REFUSED or result.reason != Reason.ACCOUNT_PROBLEM for result in results
    ):
        return None
    words = _(
        "The carrier refuses the account (%(code)s). Look at the sign-in data, rights and credit there."
    ) % {"code": results[0].code or "–"}
    stands_for_it = is_probe and getattr(gateway, "health", None) and gateway.health.reason == words[:300]
    return words if len(results) >= MANY or stands_for_it else None
