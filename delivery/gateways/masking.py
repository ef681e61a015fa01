"""What is taken out of a raw exchange before anybody may look at it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

# A phone number, whole or almost: shorter runs of digits are amounts, statuses, prices.
_LONG_RUN = re.compile(r"\d{7,}")
_N_SHORT = 3  # a text this short is replaced only where it stands by itself


def masked(raw: str, texts: Iterable[str], secrets: Iterable[str] = (), *, hides_numbers: bool = True) -> str:
    """The exchange with every run of 7 or more digits hidden but for its end, and each text replaced by its length.

    Texts are found as they are, in JSON (once or twice wrapped) and in a URL or form. Secrets leave nothing behind.
    """
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        for form in _forms_of(secret):
            raw = raw.replace(form, "…")
    for text in sorted({text for text in texts if text}, key=len, reverse=True):
        stand_in = f"…({len(text)} characters)"
        for form in _forms_of(text):
            if len(text) > _N_SHORT:
                raw = raw.replace(form, stand_in)
            else:
                raw = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", stand_in, raw)
    return _LONG_RUN.sub(_hide, raw) if hides_numbers else raw


def _hide(run: re.Match[str]) -> str:
    digits = run[0]
    n_shown = 4 if len(digits) >= 10 else 2
    return "*" * (len(digits) - n_shown) + digits[-n_shown:]


def _forms_of(text: str) -> list[str]:
    """How the text may be written in an exchange, the longest first: a short form may be part of a long one."""
    forms = {text, quote(text, safe=""), quote_plus(text)}
    for is_ascii in (True, False):
        once = json.dumps(text, ensure_ascii=is_ascii)[1:-1]
        forms |= {once, json.dumps(once, ensure_ascii=is_ascii)[1:-1]}
    return sorted(forms, key=len, reverse=True)
