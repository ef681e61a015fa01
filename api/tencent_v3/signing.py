"""How requests of Tencent's API 3.0 are signed: TC3-HMAC-SHA256, and the older HmacSHA1 and HmacSHA256. Pure.

The words are those of Tencent's document, so that a string of ours can be laid beside one of a program's own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

ALGORITHM = "TC3-HMAC-SHA256"
# What Tencent's clients name in the credential; the SDKs for Node and Java take the first word of the host's name.
SERVICE = "sms"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
# `SignatureMethod` -> hash; a request without the parameter is signed with the first.
PARAMETER_METHODS = {"HmacSHA1": hashlib.sha1, "HmacSHA256": hashlib.sha256}
# Without these two a signature would hold for another host, or for a body that is read in another way.
HEADERS_TO_SIGN = frozenset({"content-type", "host"})

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<secret_id>[A-Za-z0-9_-]{{1,64}})/(?P<date>\d{{4}}-\d\d-\d\d)"
    r"/(?P<service>[A-Za-z0-9_:-]{1,64})/tc3_request"
    r"\s*,\s*SignedHeaders=(?P<headers>[A-Za-z0-9-]+(?:;[A-Za-z0-9-]+){0,31})"
    r"\s*,\s*Signature=(?P<signature>[0-9A-Fa-f]{64})",
    re.ASCII,
)
_PORT = re.compile(r":[0-9]{1,5}\Z", re.ASCII)


class Authorization(NamedTuple):
    """What stands in the header `Authorization` of a TC3 request."""

    secret_id: str
    date: str  # YYYY-MM-DD in UTC
    service: str  # `sms`, or what the SDK makes of the host's name
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(text: str) -> Authorization | None:
    """None when it does not have the form that Tencent prescribes."""
    found = _AUTHORIZATION.fullmatch(text.strip())
    if not found:
        return None
    return Authorization(
        secret_id=found["secret_id"],
        date=found["date"],
        service=found["service"],
        signed_headers=tuple(name.lower() for name in found["headers"].split(";")),
        signature=found["signature"].lower(),
    )


def utc_date(timestamp: int) -> str:
    """The day that a TC3 signature of this moment names."""
    return datetime.fromtimestamp(timestamp, UTC).date().isoformat()


def canonical_request(
    *,
    method: str,
    path: str = "/",
    query: str,
    headers: Mapping[str, str],
    signed_headers: tuple[str, ...],
    body: bytes = b"",
    payload_hash: str = "",
    as_written: bool = False,
) -> str:
    """Tencent's `CanonicalRequest`. `headers` have lower-case names; one that is missing counts as empty.

    `payload_hash` is that of the body, where it was worked out before.

    The document wants header values in lower case. Some of Tencent's SDKs sign them `as_written`.
    """
    lines = []
    for name in signed_headers:
        value = headers.get(name, "").strip()
        lines.append(f"{name}:{value if as_written else value.lower()}\n")
    payload_hash = payload_hash or hash_of(body)
    return "\n".join((method, path, query, "".join(lines), ";".join(signed_headers), payload_hash))


def hash_of(body: bytes) -> str:
    """Tencent's `HashedRequestPayload`."""
    return hashlib.sha256(body).hexdigest()


def string_to_sign(*, timestamp: int | str, date: str, service: str, canonical: str) -> str:
    """Tencent's `StringToSign` of a TC3 request."""
    digest = hashlib.sha256(_bytes(canonical)).hexdigest()
    return f"{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n{digest}"


def signature(*, secret_key: str, date: str, service: str, to_sign: str) -> str:
    """The TC3 signature, in hexadecimal."""
    key = _hmac(("TC3" + secret_key).encode(), date)
    key = _hmac(_hmac(key, service), "tc3_request")
    return _hmac(key, to_sign).hex()


def parameter_strings(
    *, method: str, host: str, path: str = "/", parameters: Mapping[str, str]
) -> Iterator[str]:
    """What a request with signed parameters may have signed, likeliest first. `Signature` itself is left out.

    An underscore in a name was once written as a dot, and Tencent's Python SDK still does so.
    """
    unsigned = {name: value for name, value in parameters.items() if name != "Signature"}
    yield _parameter_string(method, host, path, unsigned)
    if any("_" in name for name in unsigned):
        yield _parameter_string(
            method, host, path, {name.replace("_", "."): value for name, value in unsigned.items()}
        )


def parameter_signature(*, secret_key: str, to_sign: str, signature_method: str) -> str:
    """The HmacSHA1 or HmacSHA256 signature, in base64."""
    digest = hmac.new(secret_key.encode(), _bytes(to_sign), PARAMETER_METHODS[signature_method]).digest()
    return base64.b64encode(digest).decode()


def hosts_to_sign(host: str) -> tuple[str, ...]:
    """The header `Host` as clients sign it: as it is, or without its port, as Tencent's SDK for Node does."""
    bare = _PORT.sub("", host)
    return (host,) if bare == host else (host, bare)


def is_same(ours: str, theirs: str) -> bool:
    """Compare two signatures in a time that tells nothing of where they differ."""
    return hmac.compare_digest(_bytes(ours), _bytes(theirs))


def _parameter_string(method: str, host: str, path: str, parameters: Mapping[str, str]) -> str:
    pairs = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
    return f"{method}{host}{path}?{pairs}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, _bytes(text), hashlib.sha256).digest()


def _bytes(text: str) -> bytes:
    # A header or parameter may hold anything; what is no text has no right signature, and no error either.
    return text.encode(errors="surrogatepass")
