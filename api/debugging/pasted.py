"""A request as somebody pastes it: as it goes over the line, or as a command of curl."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext as _

METHODS = ("GET", "POST")
FORM = "application/x-www-form-urlencoded"
_DATA_OPTIONS = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"})
# Options of curl that are followed by a value which is no part of the request.
_OTHER_OPTIONS = frozenset(
    {
        "-o",
        "--output",
        "-m",
        "--max-time",
        "--connect-timeout",
        "-x",
        "--proxy",
        "-A",
        "--user-agent",
        "--cacert",
    }
)


class Unreadable(Exception):
    """What was pasted is no request; the words say what is missing."""


class Pasted(NamedTuple):
    """A request. Names of headers are in lower case; `host` is that of the header, else of the address."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str

    def parameters(self) -> dict[str, str]:
        """Those of the query, or of the form in the body. Raises `Unreadable`."""
        written = self.query if self.method == "GET" else self.body.strip()
        try:
            return dict(parse_qsl(written, keep_blank_values=True, max_num_fields=5_000))
        except ValueError:
            raise Unreadable(_("The parameters cannot be read: there are too many of them.")) from None


def read_pasted(text: str) -> Pasted:
    """The request in the text. Raises `Unreadable`."""
    text = text.replace("\r\n", "\n").strip("\n \t")
    if not text:
        raise Unreadable(_("Paste the request: its first line, its headers, an empty line, its body."))
    return _of_curl(text) if text.startswith("curl ") else _of_lines(text)


def request_of(*, method: str, url: str, headers: Mapping[str, str], body: str = "") -> Pasted:
    """A request from its parts. Raises `Unreadable`."""
    named = {name.strip().lower(): value.strip() for name, value in headers.items()}
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Unreadable(_("“%(url)s” is no address.") % {"url": url[:100]}) from None
    host = named.get("host") or parts.netloc.rpartition("@")[2]
    return Pasted(method.upper(), host, parts.path or "/", parts.query, {**named, "host": host}, body)


def _of_lines(text: str) -> Pasted:
    head, _gap, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    words = first.split()
    if len(words) not in (2, 3) or words[0].upper() not in METHODS:
        raise Unreadable(
            _(
                "The first line must be the method and the address, like POST "
                "https://sms.example.com/v5/tlssmssvr/sendsms?sdkappid=1400000000&random=1234"
            )
        )
    return request_of(method=words[0], url=words[1], headers=dict(_headers(lines)), body=body)


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Unreadable(
                _("“%(line)s” is no header. A header is a line like Content-Type: application/json.")
                % {"line": line[:100]}
            )
        yield name, value


def _of_curl(text: str) -> Pasted:
    try:
        words = shlex.split(text.replace("\\\n", " ").replace("^\n", " "))
    except ValueError:
        raise Unreadable(_("A quotation mark of the command is not closed.")) from None
    method, url, lines, data = "", "", [], []
    rest = iter(words[1:])
    for word in rest:
        option, _is, joined = word.partition("=") if word.startswith("--") else (word, "", "")
        if option in ("-X", "--request"):
            method = joined or next(rest, "")
        elif option in ("-H", "--header"):
            lines.append(joined or next(rest, ""))
        elif option in _DATA_OPTIONS:
            data.append(joined or next(rest, ""))
            if option == "--json":
                lines.append("Content-Type: application/json")
        elif option in ("--url",):
            url = joined or next(rest, "")
        elif option in _OTHER_OPTIONS:
            next(rest, "")
        elif not option.startswith("-"):
            url = option
    if any(part.startswith("@") for part in data):
        raise Unreadable(_("The command reads its body from a file. Paste the body itself in its place."))
    headers = dict(_headers([line for line in lines if line]))
    if data and not any(name.strip().lower() == "content-type" for name in headers):
        headers["Content-Type"] = FORM
    if not url:
        raise Unreadable(_("The command names no address."))
    return request_of(
        method=method or ("POST" if data else "GET"), url=url, headers=headers, body="&".join(data)
    )
