"""How the request of a gateway set up by form is written: texts with placeholders, each escaped for where it stands."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

from defusedxml import ElementTree
from django.utils.translation import gettext as _

from delivery.gateways.base import OutboundMessage
from delivery.gateways.errors import GatewayMisconfigured
from smsconsole.lib.gsm0338 import is_gsm7

# What may stand in braces. Any other brace is left as it is: JSON is full of them.
PLACEHOLDERS = (
    "msisdn",  # +8613800000000
    "msisdn_plain",  # 8613800000000
    "text",
    "text_ucs2",  # the text in hexadecimal UTF-16
    "is_unicode",  # 1 when the text does not fit GSM-7, else 0
    "n_segments",
    "sender",
    "reference",  # ours; carriers that echo it are matched even when their answer got lost
    "credential",  # the secret of the form
    "basic",  # the secret in Base64, for an Authorization header
)
_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
# Headers cannot hold everything; what may stand in them is plain ASCII by its nature.
_IN_HEADERS = frozenset({"credential", "basic", "reference", "msisdn", "msisdn_plain"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Set by the connection itself.
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})

TRIAL = OutboundMessage(1, 0, "+8613800000000", 'A "b" & <c>', 'a "b" \\ <c>\n& = 花', 1)

Escape = Callable[[str], str]


class BodyKind(StrEnum):
    """What the body of the request is."""

    NONE = "none"
    JSON = "json"
    FORM = "form"
    XML = "xml"
    TEXT = "text"


CONTENT_TYPES = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
    BodyKind.XML: "text/xml; charset=utf-8",
    BodyKind.TEXT: "text/plain; charset=utf-8",
}


class WrittenRequest(NamedTuple):
    """A request as it leaves."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class RequestTemplate:
    """Writes the request for one message; raises `GatewayMisconfigured` when what was set up cannot work."""

    def __init__(
        self, *, method: str, url: str, headers: str, body_kind: str, body: str, credential: str
    ) -> None:
        self._method = method
        self._url = url.strip()
        self._kind = BodyKind(body_kind)
        self._body = body
        if self._kind is BodyKind.FORM:
            self._body = "&".join(line.strip().strip("&") for line in body.splitlines() if line.strip())
        self._credential = credential
        self._headers = _headers(headers, self._kind)
        self._check()

    def written(self, message: OutboundMessage) -> WrittenRequest:
        """The request that submits this message."""
        values = self._values(message)
        return WrittenRequest(
            self._method,
            _filled(self._url, values, _quoted),
            tuple((name, _filled(value, values, str)) for name, value in self._headers),
            _filled(self._body, values, _ESCAPES[self._kind]).encode("utf-8", "surrogatepass"),
        )

    def credential_forms(self) -> tuple[str, ...]:
        """The credential in every way in which a request may show it."""
        if not self._credential:
            return ()
        return (self._credential, base64.b64encode(self._credential.encode()).decode())

    def _values(self, message: OutboundMessage) -> Mapping[str, str]:
        return {
            "msisdn": message.msisdn,
            "msisdn_plain": message.msisdn.removeprefix("+"),
            "text": message.text,
            "text_ucs2": message.text.encode("utf-16-be", "surrogatepass").hex().upper(),
            "is_unicode": "0" if is_gsm7(message.text) else "1",
            "n_segments": str(message.n_segments),
            "sender": message.sender,
            "reference": message.reference,
            "credential": self._credential,
            "basic": base64.b64encode(self._credential.encode()).decode(),
        }

    def _check(self) -> None:
        in_headers = "".join(value for _name, value in self._headers)
        if "{credential}" in in_headers and not (
            self._credential.isascii() and self._credential.isprintable()
        ):
            raise GatewayMisconfigured(_("The secret holds characters that headers cannot carry."))
        if _PLACEHOLDER.search(urlsplit(self._url).netloc):
            raise GatewayMisconfigured(_("No placeholder may stand in the host of the address."))
        if self._method == "GET" and self._kind is not BodyKind.NONE:
            raise GatewayMisconfigured(_("A GET request has no body. Choose POST, or “No body”."))
        if self._kind is not BodyKind.NONE and not self._body.strip():
            raise GatewayMisconfigured(_("Type the body of the request, or choose “No body”."))
        whole = self._url + self._body
        if "{msisdn}" not in whole and "{msisdn_plain}" not in whole:
            raise GatewayMisconfigured(_("Neither address nor body says the number: use {msisdn} somewhere."))
        if "{text}" not in whole and "{text_ucs2}" not in whole:
            raise GatewayMisconfigured(_("Neither address nor body says the text: use {text} somewhere."))
        self._check_body()

    def _check_body(self) -> None:
        """Write the request for a text full of quotes, and see whether it can be read."""
        body = self.written(TRIAL).body
        try:
            if self._kind is BodyKind.JSON:
                json.loads(body)
            elif self._kind is BodyKind.XML:
                ElementTree.fromstring(body)
        except json.JSONDecodeError as error:
            raise GatewayMisconfigured(
                _(
                    "The body is not JSON in line %(line)s. Placeholders for words stand inside quotes: "
                    '"text": "{text}".'
                )
                % {"line": error.lineno}
            ) from None
        except (ElementTree.ParseError, ValueError):
            raise GatewayMisconfigured(
                _("The body is not XML once its placeholders are filled in.")
            ) from None


def _headers(lines: str, kind: BodyKind) -> tuple[tuple[str, str], ...]:
    """The headers, one a line; raises `GatewayMisconfigured`."""
    headers: list[tuple[str, str]] = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise GatewayMisconfigured(
                _("“%(line)s” is not a header. Write one a line: Name: value.") % {"line": line}
            )
        if name.lower() in _OWN_HEADERS:
            raise GatewayMisconfigured(
                _("The header %(name)s is set by the console itself.") % {"name": name}
            )
        if not value.isascii() or not value.isprintable():
            raise GatewayMisconfigured(
                _("The header %(name)s holds characters that headers cannot carry.") % {"name": name}
            )
        for placeholder in _PLACEHOLDER.findall(value):
            if placeholder not in _IN_HEADERS:
                raise GatewayMisconfigured(
                    _("{%(placeholder)s} cannot stand in a header.") % {"placeholder": placeholder}
                )
        headers.append((name, value))
    if kind in CONTENT_TYPES and not any(name.lower() == "content-type" for name, _value in headers):
        headers.append(("Content-Type", CONTENT_TYPES[kind]))
    return tuple(headers)


def _filled(template: str, values: Mapping[str, str], escape: Escape) -> str:
    """The template with its placeholders replaced in one pass: braces inside a text stay what they are."""
    return _PLACEHOLDER.sub(lambda match: escape(values[match[1]]), template)


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="surrogatepass")


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _in_form(value: str) -> str:
    return quote_plus(value, errors="surrogatepass")


_ESCAPES: Mapping[BodyKind, Escape] = {
    BodyKind.NONE: str,
    BodyKind.JSON: _in_json,
    BodyKind.FORM: _in_form,
    BodyKind.XML: html.escape,
    BodyKind.TEXT: str,
}
