"""Whose request it is, as far as one can believe it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping


def client_address(meta: Mapping[str, object], *, n_proxies: int) -> str:
    """The address of the person behind a WSGI request; "" when none is known.

    `X-Forwarded-For` is believed only as far as own proxies wrote it: each of the `n_proxies` appends whom it saw,
    so the last but `n_proxies - 1` entry is the first that no client could invent.
    """
    candidate = str(meta.get("REMOTE_ADDR") or "")
    if n_proxies:
        seen = [
            part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",") if part.strip()
        ]
        if seen:
            candidate = seen[-min(n_proxies, len(seen))]
    try:
        return str(ipaddress.ip_address(candidate.strip("[]")))
    except ValueError:
        return ""
