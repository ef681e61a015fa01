"""A TC3-HMAC-SHA256 signature of Tencent's API 3.0, step by step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from api.debugging.clocks import Moment, compare_clocks, read_moment
from api.debugging.hosts import TENCENT_HOSTS, other_hosts
from api.debugging.keys import KeyHalf
from api.debugging.pasted import Pasted
from api.debugging.report import Report
from api.tencent_v3 import signing

CLOCK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a signature is made of."""

    secret: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    signed_headers: tuple[str, ...]
    body: str
    timestamp: str
    date: str
    service: str
    as_written: bool = False

    def canonical(self) -> str:
        return signing.canonical_request(
            method=self.method,
            path=self.path,
            query=self.query,
            headers=self.headers,
            signed_headers=self.signed_headers,
            body=self.body.encode(errors="surrogatepass"),
            as_written=self.as_written,
        )

    def to_sign(self) -> str:
        return signing.string_to_sign(
            timestamp=self.timestamp, date=self.date, service=self.service, canonical=self.canonical()
        )

    def signature(self) -> str:
        return signing.signature(
            secret_key=self.secret, date=self.date, service=self.service, to_sign=self.to_sign()
        )

    def with_header(self, name: str, value: str) -> Parts:
        return replace(self, headers={**self.headers, name: value})


def check_tc3(
    pasted: Pasted,
    *,
    keys: Mapping[str, KeyHalf],
    now: int,
    their_canonical: str = "",
    their_string: str = "",
) -> Report:
    """Sign the request again and say why its own signature differs. `keys`: the project's, by SecretId."""
    report = Report(scheme="tc3", mistakes=usual_mistakes())
    written = pasted.headers.get("authorization", "")
    authorization = signing.parse_authorization(written)
    if authorization is None:
        _explain_authorization(report, written)
        return report
    key = keys.get(authorization.secret_id)
    if key is None:
        report.error(_("“%(id)s” is no SecretId of this project.") % {"id": authorization.secret_id})
    elif key.is_retired:
        report.error(_("This SecretId was retired; requests with it are refused."))
    _check_headers(report, pasted, authorization)
    moment = read_moment(report, pasted.headers.get("x-tc-timestamp", ""), name="X-TC-Timestamp")
    if moment is not None:
        _check_day(report, moment, authorization)
        compare_clocks(report, moment, now=now, most_seconds=CLOCK_SECONDS)
    parts = Parts(
        secret=key.secret if key else "",
        method=pasted.method,
        path="/",
        query=pasted.query,
        headers=pasted.headers,
        signed_headers=authorization.signed_headers,
        body=pasted.body,
        timestamp=pasted.headers.get("x-tc-timestamp", ""),
        date=authorization.date,
        service=authorization.service,
    )
    theirs = _canonical_of(their_canonical)
    found = _reading(parts, authorization.signature, theirs)
    if key is not None:
        report.is_right = found.signature() == authorization.signature
    worked_out = (
        _explain(report, found, authorization.signature, moment) if report.is_right is False else None
    )
    _show(report, found, worked_out, theirs, their_string)
    if key is not None:
        report.last_step(
            _("Signature"),
            _(
                "HMAC-SHA256 with a key made of TC3 and the SecretKey, the day, the service and tc3_request. "
                "Only its beginning is shown."
            ),
            found.signature(),
            authorization.signature,
        )
    return report


def usual_mistakes() -> tuple[str, ...]:
    return (
        _("The signed Content-Type is exactly the one that is sent, with or without its charset."),
        _(
            "The signed host is the one that is sent, with the port where the address has one, like localhost:8000."
        ),
        _("The day in Credential is the UTC day of X-TC-Timestamp, not the day of the program's own zone."),
        _("X-TC-Timestamp is in seconds, and the same in the string to sign."),
        _("The body is hashed exactly as it is sent: no other blanks, order or line ends."),
        _("Names and values of signed headers are in lower case, in the order of SignedHeaders."),
        _("An empty line stands between the last header and SignedHeaders."),
        _("The key begins with the letters TC3 before the SecretKey; its steps are bytes, not hexadecimal."),
    )


def _explain_authorization(report: Report, written: str) -> None:
    if not written:
        report.error(_("The header Authorization is missing."))
        return
    if not written.startswith(signing.ALGORITHM):
        report.error(_("The header Authorization must begin with %(name)s.") % {"name": signing.ALGORITHM})
    for name, form in (
        ("Credential", r"Credential=[A-Za-z0-9_-]+/\d{4}-\d\d-\d\d/[A-Za-z0-9_:-]+/tc3_request"),
        ("SignedHeaders", r"SignedHeaders=[A-Za-z0-9-]+(;[A-Za-z0-9-]+)*"),
        ("Signature", r"Signature=[0-9A-Fa-f]{64}\b"),
    ):
        if not re.search(form, written):
            report.error(
                _("“%(name)s” in the header Authorization is missing or has another form.") % {"name": name}
            )
    report.info(
        _(
            "It must be: TC3-HMAC-SHA256 Credential=<SecretId>/<date>/sms/tc3_request, "
            "SignedHeaders=content-type;host, Signature=<64 hexadecimal digits>"
        )
    )


def _check_headers(report: Report, pasted: Pasted, authorization: signing.Authorization) -> None:
    for name in sorted(signing.HEADERS_TO_SIGN - set(authorization.signed_headers)):
        report.error(_("The header %(name)s must be among SignedHeaders.") % {"name": name})
    for name in authorization.signed_headers:
        if not pasted.headers.get(name):
            report.error(
                _("The header %(name)s is signed, but the request that you pasted has none.") % {"name": name}
            )
    if pasted.headers.get("x-tc-content-sha256", "").upper() == signing.UNSIGNED_PAYLOAD:
        report.error(_("The console takes no UNSIGNED-PAYLOAD: sign the body."))


def _check_day(report: Report, moment: Moment, authorization: signing.Authorization) -> None:
    day = signing.utc_date(moment.seconds)
    if authorization.date != day:
        report.error(
            _("The day in Credential is %(written)s; the timestamp's day in UTC is %(day)s.")
            % {"written": authorization.date, "day": day}
        )


def _canonical_of(written: str) -> str:
    """What was pasted, with its own line ends only. The hash of the body is its last line."""
    return written.replace("\r\n", "\n").strip("\n")


def _reading(parts: Parts, signature: str, theirs: str) -> Parts:
    """The reading of what was pasted that fits best: line ends get lost on the way, and SDKs differ about case."""
    readings = [
        replace(parts.with_header("host", host), body=body, as_written=as_written)
        for host in signing.hosts_to_sign(parts.headers.get("host", ""))
        for body in _bodies(parts.body)
        for as_written in (False, True)
    ]
    fits = [one for one in readings if one.signature() == signature]
    close = [one for one in readings if theirs and one.canonical() == theirs]
    return next(iter(fits or close or readings))


def _bodies(body: str) -> list[str]:
    """The body as it may have been before it was pasted."""
    return list(dict.fromkeys([body, body.rstrip("\n"), body + "\n", body.replace("\n", "\r\n")]))


def _show(
    report: Report, parts: Parts, worked_out: Parts | None, their_canonical: str, their_string: str
) -> None:
    report.step(
        _("Canonical request"),
        _("Method, path, query, the signed headers, their names, and the SHA-256 of the body; a line each."),
        parts.canonical(),
        their_canonical,
        worked_out=worked_out.canonical() if worked_out else "",
    )
    report.step(
        _("String to sign"),
        _("The algorithm, the timestamp, the scope, and the SHA-256 of the canonical request."),
        parts.to_sign(),
        their_string.replace("\r\n", "\n").strip("\n"),
        worked_out=worked_out.to_sign() if worked_out else "",
    )


def _explain(report: Report, parts: Parts, signature: str, moment: Moment | None) -> Parts | None:
    """The first mistake whose signature is exactly the one of the request; what was signed with it."""
    for words, other in _variants(parts, moment):
        for as_written in (False, True):
            mistaken = replace(other, as_written=as_written)
            if mistaken.signature() == signature:
                report.error(words)
                return mistaken
    return None


def _variants(parts: Parts, moment: Moment | None) -> Iterator[tuple[str, Parts]]:
    yield from _other_headers(parts)
    yield from _other_bodies(parts)
    yield from _other_times(parts, moment)
    for secret in (f"{parts.secret}\n", f" {parts.secret}", f"{parts.secret} ", f'"{parts.secret}"'):
        words = _("The SecretKey was used with a blank, a line end or quotation marks around it.")
        yield words, replace(parts, secret=secret)
    query = "" if parts.query else "Action=" + parts.headers.get("x-tc-action", "")
    yield _("Your canonical request has another query than the address."), replace(parts, query=query)
    other = "GET" if parts.method == "POST" else "POST"
    yield _("Your canonical request has another method than the request."), replace(parts, method=other)
    yield (
        _("Your canonical request has the method in small letters."),
        replace(parts, method=parts.method.lower()),
    )
    yield _("Your canonical request has no path; it is /."), replace(parts, path="")
    yield (
        _("Your canonical request has the signed headers in another order than SignedHeaders."),
        replace(parts, signed_headers=tuple(sorted(parts.signed_headers))),
    )


def _other_headers(parts: Parts) -> Iterator[tuple[str, Parts]]:
    content_type = parts.headers.get("content-type", "")
    bare = content_type.partition(";")[0].strip()
    words = _("Your program signs another Content-Type than it sends: “%(signed)s”, and “%(sent)s”.")
    for other in dict.fromkeys((bare, f"{bare}; charset=utf-8", f"{bare};charset=utf-8", "application/json")):
        if other != content_type:
            yield words % {"signed": other, "sent": content_type}, parts.with_header("content-type", other)
    words = _("Your program signs another host than it sends: “%(signed)s”, and “%(sent)s”.")
    host = parts.headers.get("host", "")
    for other in (*other_hosts(host), *TENCENT_HOSTS):
        yield words % {"signed": other, "sent": host}, parts.with_header("host", other)


def _other_bodies(parts: Parts) -> Iterator[tuple[str, Parts]]:
    yield _("Your program hashes an empty body."), replace(parts, body="")
    words = _("Your program hashes its JSON written in another way than it sends it.")
    try:
        yield from ((words, replace(parts, body=body)) for body in _rewritten(parts.body))
    except (ValueError, RecursionError):
        return


def _rewritten(body: str) -> Iterator[str]:
    """The same JSON as the usual libraries write it. Raises `ValueError` or `RecursionError` for what is none."""
    read = json.loads(body)
    for ascii_only in (True, False):
        for separators in ((",", ":"), (", ", ": ")):
            for is_sorted in (False, True):
                yield json.dumps(read, ensure_ascii=ascii_only, separators=separators, sort_keys=is_sorted)


def _other_times(parts: Parts, moment: Moment | None) -> Iterator[tuple[str, Parts]]:
    if moment is None:
        return
    words = _(
        "Your string to sign has another timestamp than the header: seconds in one, milliseconds in the other."
    )
    for timestamp in (f"{moment.seconds}000", str(moment.seconds)):
        if timestamp != parts.timestamp:
            yield words, replace(parts, timestamp=timestamp)
    words = _("Your string to sign has another day than Credential: %(day)s.")
    middle = datetime.fromtimestamp(moment.seconds, UTC)
    for day in (middle + timedelta(days=n) for n in (-1, 0, 1)):
        for written in (f"{day:%Y-%m-%d}", f"{day:%Y%m%d}"):
            yield words % {"day": written}, replace(parts, date=written)
