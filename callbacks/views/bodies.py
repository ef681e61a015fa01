"""Bodies of requests for eyes: indented, and without whole numbers of people unless they are asked for."""

from __future__ import annotations

import json
from typing import Any

from smsconsole.lib.msisdn import mask_msisdn, mask_written

_NUMBER = "number"
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
        return {name: _masked_field(name, each) for name, each in value.items()}
    return value


def _masked_field(name: str, value: Any) -> Any:
    if name == _NUMBER and isinstance(value, str) and value:
        return mask_msisdn(value)
    if name == _NATIONAL_NUMBER and isinstance(value, str):
        return mask_written(value)
    return _masked(value)
