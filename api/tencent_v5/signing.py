"""How programs sign requests of Tencent's API v5. Pure: the interface and the signature debugger share it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

# The numbers are part of what these methods sign; of all others they are not.
MOBILE_METHODS: Final = frozenset({"sendsms", "sendmultisms2", "querysms4mobile"})
TEL_METHODS: Final = frozenset({"sendisms"})


def string_to_sign(*, app_key: str, random: str, time: int | str, numbers: str = "") -> str:
    """What is hashed. `numbers` comes from `signed_numbers`; `random` is the text in the address of the request."""
    return f"appkey={app_key}&random={random}&time={time}{numbers}"


def signature(*, app_key: str, random: str, time: int | str, numbers: str = "") -> str:
    """The `sig` of a request: 64 hexadecimal digits."""
    text = string_to_sign(app_key=app_key, random=random, time=time, numbers=numbers)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_signed(sig: str, *, app_key: str, random: str, time: int | str, numbers: str = "") -> bool:
    """Whether `sig` is the signature, compared in a time that says nothing about it."""
    ours = signature(app_key=app_key, random=random, time=time, numbers=numbers)
    return hmac.compare_digest(ours.encode(), sig.lower().encode("utf-8", "surrogatepass"))


def signed_numbers(method: str, body: Mapping[str, Any]) -> str:
    """`&mobile=…` or `&tel=…` for the methods that sign their numbers, else "".

    Several numbers are joined by commas in the order of the request. Raises `ValueError` with the name of the member
    that is not what this method has there.
    """
    if method in TEL_METHODS:
        return f"&tel={_number(body.get('tel'), 'tel')}"
    if method not in MOBILE_METHODS:
        return ""
    if method == "querysms4mobile":
        return f"&mobile={_number(body.get('mobile'), 'mobile')}"
    tel = body.get("tel")
    phones = [tel] if method == "sendsms" else tel
    if not isinstance(phones, list):
        raise ValueError("tel")
    return "&mobile=" + ",".join(_mobile(phone) for phone in phones)


def _mobile(phone: object) -> str:
    if not isinstance(phone, Mapping):
        raise ValueError("tel")
    return _number(phone.get("mobile"), "tel.mobile")


def _number(value: object, name: str) -> str:
    # Clients that never quoted their numbers are as common as those that did.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(name)
    return str(value)
