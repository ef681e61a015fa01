"""Every code that the native API answers with: its status, what happened, why, and what to do. Pure.

The words are for people: the answers carry them in English, the page of each code in the reader's language.
"""

from __future__ import annotations

from api.native.codes.numbers import NUMBER_CODES
from api.native.codes.orders import ORDER_CODES
from api.native.codes.requests import REQUEST_CODES
from api.native.codes.things import THING_CODES
from api.native.codes.types import CodeGroup, ErrorCode

__all__ = ["ALL_CODES", "CodeGroup", "ErrorCode", "code_named"]

ALL_CODES: dict[str, ErrorCode] = {
    code.code: code for code in (*REQUEST_CODES, *ORDER_CODES, *NUMBER_CODES, *THING_CODES)
}


def code_named(name: str) -> ErrorCode:
    """The code of this name; `KeyError` for none."""
    return ALL_CODES[name]
