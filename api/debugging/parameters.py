"""Signed parameters of Tencent's API 3.0 (HmacSHA1, HmacSHA256), step by step."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from django.utils.translation import gettext as _

from api.debugging.clocks import compare_clocks, read_moment
from api.debugging.hosts import TENCENT_HOSTS, other_hosts
from api.debugging.keys import KeyHalf
from api.debugging.pasted import Pasted
from api.debugging.report import Report
from api.debugging.tc3 import CLOCK_SECONDS
from api.tencent_v3 import signing

_NEEDED = ("Action", "Version", "Timestamp", "Nonce", "SecretId", "Signature")


def check_parameters(
    pasted: Pasted, *, keys: Mapping[str, KeyHalf], now: int, their_string: str = ""
) -> Report:
    """Sign the parameters again and say why their own signature differs. `keys`: the project's, by SecretId."""
    report = Report(scheme="parameters", mistakes=usual_mistakes())
    parameters = pasted.parameters()
    for name in _NEEDED:
        if not parameters.get(name):
            report.error(_("“%(name)s” is missing.") % {"name": name})
    method = parameters.get("SignatureMethod") or "HmacSHA1"
    if method not in signing.PARAMETER_METHODS:
        report.error(
            _("SignatureMethod is “%(written)s”; it must be HmacSHA1 or HmacSHA256.")
            % {"written": method[:40]}
        )
        return report
    if parameters.get("Timestamp"):
        moment = read_moment(report, parameters["Timestamp"], name="Timestamp")
        if moment is not None:
            compare_clocks(report, moment, now=now, most_seconds=CLOCK_SECONDS)
    key = _key_of(report, parameters.get("SecretId", ""), keys)
    theirs = parameters.get("Signature", "")
    strings = [
        string
        for host in signing.hosts_to_sign(pasted.host)
        for string in signing.parameter_strings(method=pasted.method, host=host, parameters=parameters)
    ]
    chosen, worked_out = strings[0], ""
    if key is not None and theirs:
        right = [one for one in strings if _sign(key.secret, one, method) == theirs]
        chosen = next(iter(right), chosen)
        report.is_right = bool(right)
        if not right:
            worked_out = _explain(report, pasted, parameters, key.secret, method)
    report.step(
        _("String to sign"),
        _(
            "Method, host, path and a question mark, then all parameters but Signature, sorted by name, not encoded."
        ),
        chosen,
        their_string.replace("\r\n", "\n").strip("\n"),
        worked_out=worked_out,
    )
    if key is not None:
        report.last_step(
            _("Signature"),
            _("%(method)s with the SecretKey, in base64. Only its beginning is shown.") % {"method": method},
            _sign(key.secret, chosen, method),
            theirs,
        )
    return report


def usual_mistakes() -> tuple[str, ...]:
    return (
        _("The parameters are sorted by name, capital letters before small ones."),
        _("The values are signed as they are, and only encoded when they are sent."),
        _("The signature is encoded when it is sent: + becomes %2B, or arrives as a blank."),
        _("The host is the one that is sent, with the port where the address has one, like localhost:8000."),
        _("The method is that of the request: GET in the string of a POST is refused."),
        _("SignatureMethod is itself one of the signed parameters; without it HmacSHA1 is meant."),
        _("Timestamp is in seconds."),
    )


def _key_of(report: Report, secret_id: str, keys: Mapping[str, KeyHalf]) -> KeyHalf | None:
    key = keys.get(secret_id)
    if key is None and secret_id:
        report.error(_("“%(id)s” is no SecretId of this project.") % {"id": secret_id[:60]})
    elif key is not None and key.is_retired:
        report.error(_("This SecretId was retired; requests with it are refused."))
    return key


def _sign(secret: str, to_sign: str, method: str) -> str:
    return signing.parameter_signature(secret_key=secret, to_sign=to_sign, signature_method=method)


def _explain(report: Report, pasted: Pasted, parameters: Mapping[str, str], secret: str, method: str) -> str:
    """The first mistake whose signature is exactly the one of the request; the string that was signed with it."""
    theirs = parameters["Signature"]
    for to_sign in signing.parameter_strings(method=pasted.method, host=pasted.host, parameters=parameters):
        if words := _mistake_after_signing(to_sign, theirs, secret, method):
            report.error(words)
            return to_sign
    for words, to_sign, used in _variants(pasted, parameters, secret):
        if _sign(used, to_sign, method) == theirs:
            report.error(words)
            return to_sign
    return ""


def _mistake_after_signing(to_sign: str, theirs: str, secret: str, method: str) -> str:
    """What went wrong with the right string; "" when that is not how the signature came about."""
    if _sign(secret, to_sign, method) == theirs.replace(" ", "+"):
        return _("The signature was sent without being encoded: its + arrived as a blank. Write %2B.")
    other = next(name for name in signing.PARAMETER_METHODS if name != method)
    if _sign(secret, to_sign, other) == theirs:
        return _("It was signed with %(used)s, but SignatureMethod says %(said)s.") % {
            "used": other,
            "said": method,
        }
    written = to_sign.encode(errors="surrogatepass")
    digits = hmac.new(secret.encode(), written, signing.PARAMETER_METHODS[method]).hexdigest()
    if theirs.lower() == digits or theirs == base64.b64encode(digits.encode()).decode():
        return _("The signature is hexadecimal; it must be base64 of the bytes.")
    return ""


def _variants(pasted: Pasted, parameters: Mapping[str, str], secret: str) -> Iterator[tuple[str, str, str]]:
    """What a program may have signed instead and with what, and how that is said."""
    own = {name: value for name, value in parameters.items() if name != "Signature"}

    def string(
        pairs: Mapping[str, str] | None = None,
        *,
        method: str = pasted.method,
        host: str = pasted.host,
        path: str = "/",
    ) -> str:
        chosen = pairs if pairs is not None else {name: own[name] for name in sorted(own)}
        return f"{method}{host}{path}?" + "&".join(f"{name}={value}" for name, value in chosen.items())

    for host in (
        *other_hosts(pasted.host),
        *TENCENT_HOSTS,
        f"https://{pasted.host}",
        f"http://{pasted.host}",
    ):
        words = _("Your program signs another host than it sends: “%(signed)s”, and “%(sent)s”.")
        yield words % {"signed": host, "sent": pasted.host}, string(host=host), secret
    yield (
        _("Your string has the parameters in the order of the request; sort them by name."),
        string(own),
        secret,
    )
    without_case = {name: own[name] for name in sorted(own, key=str.lower)}
    words = _("Your string has the parameters sorted without regard to capital letters; those come first.")
    yield words, string(without_case), secret
    for encode in (quote, quote_plus, lambda value: quote(value, safe="")):
        words = _("Your string has the values encoded; they are signed as they are.")
        yield words, string({name: encode(own[name]) for name in sorted(own)}), secret
    other = "GET" if pasted.method == "POST" else "POST"
    yield _("Your string has another method than the request."), string(method=other), secret
    yield _("Your string has no path; it is /."), string(path=""), secret
    yield (
        _("Your string contains the signature itself."),
        string({n: parameters[n] for n in sorted(parameters)}),
        secret,
    )
    without_method = {name: own[name] for name in sorted(own) if name != "SignatureMethod"}
    yield _("Your string lacks SignatureMethod."), string(without_method), secret
    for used in (f"{secret}\n", f" {secret}", f"{secret} ", f'"{secret}"'):
        words = _("The SecretKey was used with a blank, a line end or quotation marks around it.")
        yield words, string(), used
