"""The signature of a request of Tencent's API v5, step by step."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from api.debugging.clocks import compare_clocks, read_moment
from api.debugging.keys import KeyHalf
from api.debugging.pasted import Pasted
from api.debugging.report import HIDDEN, Report
from api.tencent_v5 import signing
from api.tencent_v5.signing import TEL_METHODS

CLOCK_SECONDS = 600
# Characters of the numbers; no request has more, and some hundred strings with them are tried.
LONGEST_EXPLAINED = 20_000
_APP_KEY = re.compile(r"(?<=appkey=)[^&]*")
# What people write where the AppKey stands, rather than to paste it.
_PLACEHOLDER = re.compile(r"[*•x.…]{0,64}|<.*>|\{.*\}|\$.*", re.IGNORECASE)


class Said(NamedTuple):
    """What a request says that is signed. `body` is the whole of it, for what was signed by mistake."""

    method: str
    random: str
    time: str
    numbers: str
    sig: str
    body: Mapping[str, Any]


def check_v5(
    pasted: Pasted, *, sdk_app_id: int, keys: Sequence[KeyHalf], now: int, their_string: str = ""
) -> Report:
    """Sign the request again and say why its own signature differs. `keys`: the project's, newest first."""
    report = Report(scheme="v5", mistakes=usual_mistakes())
    said = _read(report, pasted, sdk_app_id)
    valid = [key for key in keys if not key.is_retired]
    if said is None or not valid:
        if not valid:
            report.error(_("The project has no valid AppKey. Add one under “Application information”."))
        return report
    signed_by = next((key for key in valid if _sign(key.secret, said) == said.sig.lower()), None)
    report.is_right = signed_by is not None
    worked_out = "" if report.is_right else _explain(report, said, keys, sdk_app_id)
    moment = read_moment(report, said.time, name="time")
    if moment is not None:
        compare_clocks(report, moment, now=now, most_seconds=CLOCK_SECONDS)
    theirs = _hide_key(report, their_string, [key.secret for key in keys]) if their_string else ""
    _show(report, said, (signed_by or valid[0]).secret, theirs, worked_out)
    return report


def usual_mistakes() -> tuple[str, ...]:
    return (
        _("The parts stand in the order appkey, random, time, mobile (or tel); they are not sorted."),
        _("“random” is the same text in the address and in the string."),
        _("“time” is in seconds, ten digits, and the same in the string and in the body."),
        _(
            "sendsms, sendmultisms2 and querysms4mobile sign “&mobile=”, several numbers joined by commas without "
            "spaces, in the order of the body, without country codes."
        ),
        _(
            "sendisms signs “&tel=” with the number as it is in the body, with its +. Other methods sign no number."
        ),
        _("It is a plain SHA-256 of the string in UTF-8, in hexadecimal: no HMAC, no base64."),
    )


def _read(report: Report, pasted: Pasted, sdk_app_id: int) -> Said | None:
    query = parse_qs(pasted.query, keep_blank_values=True, max_num_fields=None)
    method = pasted.path.rstrip("/").rpartition("/")[2]
    app_id = query.get("sdkappid", [""])[-1]
    if app_id != str(sdk_app_id):
        report.error(
            _("“sdkappid” in the address is %(written)s; this project has %(ours)s.")
            % {"written": app_id[:40] or _("missing"), "ours": sdk_app_id}
        )
    random = query.get("random", [""])[-1]
    if not random:
        report.error(_("“random” is missing in the address."))
    try:
        body = json.loads(pasted.body)
    except (ValueError, RecursionError):
        report.error(_("The body is no JSON. It must be one object with “sig” and “time” in it."))
        return None
    if not isinstance(body, dict):
        report.error(_("The body is no JSON object. It must be one with “sig” and “time” in it."))
        return None
    try:
        numbers = signing.signed_numbers(method, body)
    except ValueError as error:
        report.error(
            _("“%(name)s” is missing in the body, or has another form than %(method)s wants.")
            % {"name": error, "method": method}
        )
        return None
    sig = body.get("sig")
    if not isinstance(sig, str) or not sig:
        report.error(_("“sig” is missing in the body."))
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{64}", sig):
        report.error(
            _("“sig” must be 64 hexadecimal digits, the SHA-256 of the string; it has %(n)s characters.")
            % {"n": len(sig)}
        )
    time = body.get("time", "")
    written = "" if isinstance(time, bool | dict | list) or time is None else str(time)
    return Said(method, random, written, numbers, sig.strip(), body)


def _sign(secret: str, said: Said) -> str:
    return signing.signature(app_key=secret, random=said.random, time=said.time, numbers=said.numbers)


def _show(report: Report, said: Said, secret: str, theirs: str, worked_out: str) -> None:
    report.step(
        _("String to sign"),
        _("The AppKey, random and time, and the numbers where the method signs them."),
        signing.string_to_sign(app_key=HIDDEN, random=said.random, time=said.time, numbers=said.numbers),
        theirs,
        worked_out=worked_out,
    )
    report.last_step(
        _("Signature"),
        _("SHA-256 of the string, in hexadecimal. Only its beginning is shown."),
        _sign(secret, said),
        said.sig.lower(),
    )


def _hide_key(report: Report, theirs: str, secrets: Sequence[str]) -> str:
    """Their string without its AppKey; what is wrong with that is said."""
    theirs = theirs.strip("\r\n")
    found = _APP_KEY.search(theirs)
    if found is None:
        return theirs
    written = found[0]
    if written in secrets or _PLACEHOLDER.fullmatch(written):
        return _APP_KEY.sub(HIDDEN, theirs, count=1)
    if written.strip(" '\"\t") in secrets:
        report.error(_("The AppKey in your string has blanks or quotation marks around it."))
    else:
        report.error(_("The AppKey in your string is none of this project."))
    return _APP_KEY.sub("××××××", theirs, count=1)


def _explain(report: Report, said: Said, keys: Sequence[KeyHalf], sdk_app_id: int) -> str:
    """The first mistake whose signature is exactly the one of the request; the string that was signed with it."""
    if len(said.numbers) > LONGEST_EXPLAINED:
        return ""
    for secret, about_key in _secrets(keys, sdk_app_id):
        for words, text in _variants(said, secret):
            if hashlib.sha256(_bytes(text)).hexdigest() == said.sig.lower():
                for found in filter(None, (about_key, words)):
                    report.error(found)
                return _APP_KEY.sub(HIDDEN, text, count=1)
        text = signing.string_to_sign(
            app_key=secret, random=said.random, time=said.time, numbers=said.numbers
        )
        if said.sig.lower() in _other_hashes(secret, text):
            report.error(
                _("Your program used another hash. It must be the plain SHA-256 of the string, no HMAC.")
            )
            break
    return ""


def _secrets(keys: Sequence[KeyHalf], sdk_app_id: int) -> Iterator[tuple[str, str]]:
    """Secrets that may have been used, and what is wrong with using them."""
    for key in keys:
        yield key.secret, _("It was signed with a retired AppKey.") if key.is_retired else ""
    for key in keys:
        for changed in (f" {key.secret}", f"{key.secret} ", f"{key.secret}\n", f'"{key.secret}"'):
            yield changed, _("The AppKey was used with a blank, a line end or quotation marks around it.")
        yield key.secret.upper(), _("The AppKey was used in capital letters.")
    yield str(sdk_app_id), _("It was signed with the SDK AppID in the place of the AppKey.")
    yield "", _("It was signed with an empty AppKey.")


def _variants(said: Said, secret: str) -> Iterator[tuple[str, str]]:
    """What a program may have signed instead, and how that is said; the right string first."""

    def string(**changed: Any) -> str:
        other = said._replace(**changed)
        return signing.string_to_sign(
            app_key=secret, random=other.random, time=other.time, numbers=other.numbers
        )

    yield "", string()
    yield from ((words, string(numbers=numbers)) for words, numbers in _other_numbers(said))
    for time in (f"{said.time}000", said.time[:10]):
        words = _("Your string has another time than the body: seconds in one, milliseconds in the other.")
        yield words, string(time=time)
    random = said.body.get("random")
    if isinstance(random, str | int):
        yield (
            _("Your string has the “random” of the body; the one in the address is signed."),
            string(random=str(random)),
        )
    if said.random != said.random.strip("0 "):
        yield _("Your string has “random” without its zeros."), string(random=said.random.lstrip("0 "))
    numbers = said.numbers.lstrip("&")
    parts = [
        f"appkey={secret}",
        f"random={said.random}",
        f"time={said.time}",
        *([numbers] if numbers else []),
    ]
    yield (
        _("Your string is sorted by name. Its order is appkey, random, time, mobile."),
        "&".join(sorted(parts)),
    )
    swapped = [parts[0], parts[2], parts[1], *parts[3:]]
    yield (
        _("Your string has time before random. Its order is appkey, random, time, mobile."),
        "&".join(swapped),
    )


def _other_numbers(said: Said) -> Iterator[tuple[str, str]]:
    if not said.numbers:
        yield from _needless_numbers(said.body)
        return
    yield _("Your string lacks the numbers; %(method)s signs them.") % {"method": said.method}, ""
    _name, _is, joined = said.numbers.lstrip("&").partition("=")
    numbers = joined.split(",")
    if said.method in TEL_METHODS:
        bare = joined.removeprefix("+")
        yield _("Your string has the number without its +."), f"&tel={bare}"
        yield _("Your string has “mobile”; sendisms signs “tel”."), f"&mobile={joined}"
        yield _("Your string has the + of the number written as %2B."), f"&tel=%2B{bare}"
        return
    yield _("Your string has the numbers joined by a comma and a blank."), "&mobile=" + ", ".join(numbers)
    yield _("Your string has only the first number."), f"&mobile={numbers[0]}"
    yield (
        _("Your string has the numbers sorted; their order is that of the body."),
        "&mobile=" + ",".join(sorted(numbers)),
    )
    yield _("Your string has the numbers in the reverse order."), "&mobile=" + ",".join(reversed(numbers))
    yield _("Your string has the numbers joined by semicolons."), "&mobile=" + ";".join(numbers)
    yield _("Your string has “tel”; this method signs “mobile”."), f"&tel={joined}"
    for prefix in ("+86", "86", "0086"):
        words = _(
            "Your string has the numbers with their country code; they are signed as they stand in “mobile”."
        )
        yield words, "&mobile=" + ",".join(prefix + number for number in numbers)
    yield _("Your string has a list of the numbers as JSON."), "&mobile=" + json.dumps(numbers)


def _needless_numbers(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """This method signs no number, and the body may have one."""
    words = _("Your string has a number; this method signs none.")
    for value in (body.get("mobile"), body.get("tel")):
        number = value.get("mobile") if isinstance(value, dict) else value
        if isinstance(number, str | int):
            yield words, f"&mobile={number}"
            yield words, f"&tel={number}"


def _other_hashes(secret: str, text: str) -> set[str]:
    written = _bytes(text)
    return {
        hmac.new(_bytes(secret), written, hashlib.sha256).hexdigest(),
        hashlib.sha256(_bytes(hashlib.sha256(written).hexdigest())).hexdigest(),
        hashlib.sha1(written, usedforsecurity=False).hexdigest(),
        hashlib.md5(written, usedforsecurity=False).hexdigest(),
    }


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
