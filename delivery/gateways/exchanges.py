"""A request and its answer as a person reads them: laid out, without credentials, masked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit

from delivery.gateways.http_line import NotWritten, Trip, Verdict
from delivery.gateways.masking import masked

# What is kept of each side.
MAX_CHARACTERS = 4000
# Headers that tell something about a fault; all others are left out, for some carry credentials.
_TELLING_HEADERS = (
    "content-type",
    "retry-after",
    "location",
    "x-acs-request-id",
    "x-tc-action",
    "x-acs-action",
)
_CREDENTIALS = frozenset({"signature", "accesskeyid", "securitytoken", "bearertoken", "sig"})


def written_out(
    trip: Trip,
    verdict: Verdict | None,
    *,
    texts: Iterable[str],
    secrets: Iterable[str] = (),
    hides_numbers: bool = True,
) -> tuple[str, str]:
    """The two sides of a trip. Queries, forms and JSON are laid out; credentials are left out.

    Numbers are shown only to the person whose own number it is.
    """
    texts, secrets = list(texts), list(secrets)
    request = masked(_request(trip), texts, secrets, hides_numbers=hides_numbers) if trip.request else ""
    answer = masked(_answer(trip), texts, secrets, hides_numbers=hides_numbers) if trip.answer else ""
    if isinstance(verdict, NotWritten):
        answer = f"({verdict.words})"
    elif verdict is not None and verdict.code:
        answer = f"({verdict.code})\n{answer}"
    return request[:MAX_CHARACTERS], answer.strip()[:MAX_CHARACTERS]


def _request(trip: Trip) -> str:
    if trip.request is None:
        return ""
    method, url, headers, body = trip.request
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return "\n".join(
        [
            f"{method} {parts.scheme}://{host}{parts.path}",
            *_fields(parts.query),
            *_headers(headers),
            "",
            laid_out(body, _header(headers, "content-type")),
        ]
    ).strip()


def _answer(trip: Trip) -> str:
    if trip.answer is None:
        return ""
    status, headers, body = trip.answer
    return "\n".join(
        [f"HTTP {status}", *_headers(headers), "", laid_out(body, _header(headers, "content-type"))]
    )


def laid_out(body: bytes, content_type: str) -> str:
    """A body as text: JSON and forms in the open, anything else as it came."""
    text = body.decode("utf-8", errors="replace")
    if "form-urlencoded" in content_type:
        return "\n".join(_fields(text))
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except ValueError:
        return text


def _fields(query: str) -> list[str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    return [f"{name}={'…' if name.lower() in _CREDENTIALS else value}" for name, value in pairs]


def _headers(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {headers[name]}" for name in headers if name.lower() in _TELLING_HEADERS]


def _header(headers: Mapping[str, str], wanted: str) -> str:
    for name in headers:
        if name.lower() == wanted:
            return headers[name]
    return ""
