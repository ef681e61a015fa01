"""The rules that sender IDs are checked by; see `rules` for how they work. Pure: no models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from templates_app.rules import Finding

# The address field of SMPP and of every carrier: letters and digits with a letter, or digits alone.
SENDER_ID: Final = re.compile(r"(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{1,11}|[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class SenderIdDraft:
    """A sender ID as the rules see it. `country` is an ISO 3166 code or empty for every country."""

    text: str
    country: str
    remarks: str


def check_sender_id(draft: SenderIdDraft) -> list[Finding]:
    return list(form_of_sender_id(draft))


def form_of_sender_id(draft: SenderIdDraft) -> Iterator[Finding]:
    if not SENDER_ID.fullmatch(draft.text):
        message = _(
            "A sender ID is 1 to 11 Latin letters and digits with at least one letter, or 1 to 15 digits."
        )
        yield Finding("sender-id-form", True, 0, len(draft.text), message, "DemoShop")
