"""Bodies of requests for eyes: indented, and without whole numbers of people unless they are asked for."""

from __future__ import annotations

import json
import re
from typing import Any

from smsconsole.lib.msisdn import mask_msisdn, mask_written

# Whatever the field is called.
_E164 = re.compile(r"\+\d{5,15}")
# Tencent's, without the calling code.
_NATIONAL_NUMBER = "mobile"


def readable(body: str, *, is_masked: bool = False) -> str:
    """JSON with a line for each value, anything else as it is; masked, nothing is left of what is no JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "" if is_masked else body
    return json.dumps(_masked(value) if is_masked else value, ensure_ascii=False, indent=2)


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if isinstance(value, dict):
        return {
            name: mask_written(each) if name == _NATIONAL_NUMBER else _masked(each)
            for name, each in value.items()
        }
    return mask_msisdn(value) if isinstance(value, str) and _E164.fullmatch(value) else value
