"""Signatures of API 3.0: Tencent's own SDK as the judge, and each usual mistake told by its name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from api.debugging.checks import TheirStrings, check
from api.debugging.keys import KeyHalf, ProjectSecrets
from api.debugging.pasted import Pasted, Unreadable, read_pasted
from api.debugging.report import Report
from api.tencent_v3 import signing

ID, SECRET = "AKID" + "z" * 32, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
OLD = "AKID" + "o" * 32
SECRETS = ProjectSecrets(1400000000, [], {ID: KeyHalf(SECRET), OLD: KeyHalf("old", is_retired=True)})
# Two in the night in China, and the day before in UTC.
NOW = 1_760_119_200
BODY = '{"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400000000"}'


def canonical(**changed: str) -> str:
    parts = {
        "method": "POST",
        "path": "/",
        "query": "",
        "type": "application/json; charset=utf-8",
        "host": "sms.example.com:8000",
        "names": "content-type;host",
        "body": BODY,
        "before_names": "\n",
        **changed,
    }
    digest = hashlib.sha256(parts["body"].encode()).hexdigest()
    return (
        f"{parts['method']}\n{parts['path']}\n{parts['query']}\ncontent-type:{parts['type']}\nhost:{parts['host']}\n"
        f"{parts['before_names']}{parts['names']}\n{digest}"
    )


def signed(text: str, *, secret: str = SECRET, day: str = "2025-10-10", timestamp: object = NOW) -> str:
    """Written after the document, without our own code."""
    to_sign = (
        f"TC3-HMAC-SHA256\n{timestamp}\n{day}/sms/tc3_request\n{hashlib.sha256(text.encode()).hexdigest()}"
    )
    key = ("TC3" + secret).encode()
    for step in (day, "sms", "tc3_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def request(signature: str, *, day: str = "2025-10-10", secret_id: str = ID, **headers: str) -> Pasted:
    lines = {
        "Host": "sms.example.com:8000",
        "Content-Type": "application/json; charset=utf-8",
        "X-TC-Action": "SendSms",
        "X-TC-Timestamp": str(NOW),
        "Authorization": f"TC3-HMAC-SHA256 Credential={secret_id}/{day}/sms/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={signature}",
        **headers,
    }
    head = "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
    return read_pasted(f"POST / HTTP/1.1\n{head}\n\n{BODY}")


def checked(pasted: Pasted, *, canonical: str = "", to_sign: str = "", now: int = NOW) -> Report:
    return check(pasted, secrets=SECRETS, theirs=TheirStrings(canonical, to_sign), now=now)


def errors(report: Report) -> list[str]:
    return [finding.words for finding in report.findings if finding.level == "error"]


def test_a_right_signature_is_right_however_the_headers_are_written() -> None:
    for text in (canonical(), canonical(type="application/json; charset=utf-8")):
        report = checked(request(signed(text)))
        assert report.is_right
        assert not errors(report)
    # SDKs sign the values as they write them; the document in lower case.
    upper = {"Content-Type": "application/json; charset=UTF-8"}
    for written in ("application/json; charset=utf-8", "application/json; charset=UTF-8"):
        assert checked(request(signed(canonical(type=written)), **upper)).is_right


def test_a_host_signed_without_its_port_is_right() -> None:
    """As Tencent's SDK for Node does."""
    assert checked(request(signed(canonical(host="sms.example.com")))).is_right
    assert checked(form(in_base64(joined(ORDERED, host="sms.example.com")))).is_right


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        (
            signed(canonical(type="application/json")),
            "another Content-Type than it sends: “application/json”",
        ),
        (signed(canonical(host="sms.tencentcloudapi.com")), "“sms.tencentcloudapi.com”"),
        (signed(canonical(body="")), "hashes an empty body"),
        (
            signed(canonical(body=json.dumps(json.loads(BODY), separators=(",", ":")))),
            "JSON written in another way",
        ),
        (signed(canonical(query="Action=SendSms")), "another query"),
        (signed(canonical(method="GET")), "another method"),
        (signed(canonical(method="post")), "small letters"),
        (signed(canonical(path="")), "no path"),
        (signed(canonical(), timestamp=NOW * 1000), "seconds in one, milliseconds in the other"),
        (signed(canonical(), day="2025-10-11"), "another day than Credential: 2025-10-11"),
        (signed(canonical(), secret=SECRET + "\n"), "a blank, a line end or quotation marks"),
    ],
)
def test_a_usual_mistake_is_named(signature: str, words: str) -> None:
    report = checked(request(signature))
    assert report.is_right is False
    assert any(words in found for found in errors(report)), errors(report)


def test_the_wrong_day_is_named_though_the_signature_is_right() -> None:
    report = checked(request(signed(canonical(), day="2025-10-11"), day="2025-10-11"))
    assert report.is_right
    assert any(
        "The day in Credential is 2025-10-11; the timestamp's day in UTC is 2025-10-10." in w
        for w in errors(report)
    )


def test_each_step_is_laid_beside_the_program_s_own() -> None:
    theirs = canonical(type="application/json")
    report = checked(request(signed(theirs)), canonical=theirs.replace("\n", "\r\n"))
    first, second, third = report.steps
    assert first.ours == canonical()
    assert first.difference is not None
    assert (first.difference.line, first.difference.column) == (4, 30)
    assert first.difference.words == "Ours has “;”, yours a line end."
    # Nobody handed it over: the signature gives away what was signed.
    assert second.is_worked_out
    assert second.theirs == second.ours[:-64] + hashlib.sha256(theirs.encode()).hexdigest()
    assert second.ours.startswith(f"TC3-HMAC-SHA256\n{NOW}\n2025-10-10/sms/tc3_request\n")
    assert third.ours == signed(canonical())[:10] + "…"
    shown = str(report)
    assert SECRET not in shown
    assert signed(canonical()) not in shown


def test_what_was_signed_is_worked_out_from_the_signature() -> None:
    first = checked(request(signed(canonical(type="application/json")))).steps[0]
    assert first.is_worked_out
    assert first.theirs == canonical(type="application/json")
    unknown = checked(request("0" * 64))
    assert [step.theirs for step in unknown.steps[:2]] == [None, None]
    assert not unknown.steps[2].is_same
    assert unknown.steps[2].difference is None


def test_a_body_whose_last_line_end_was_lost_on_the_way_is_still_right() -> None:
    assert checked(request(signed(canonical(body=BODY + "\n")))).is_right


def test_an_unknown_or_retired_id_and_missing_headers_are_named() -> None:
    foreign = "AKID" + "f" * 32
    unknown = checked(request(signed(canonical()), secret_id=foreign))
    assert unknown.is_right is None
    assert errors(unknown) == [f"“{foreign}” is no SecretId of this project."]
    assert [step.title for step in unknown.steps] == ["Canonical request", "String to sign"]
    retired = checked(request(signed(canonical(), secret="old"), secret_id=OLD))
    assert any("was retired" in words for words in errors(retired))
    assert any(
        "X-TC-Timestamp" in words for words in errors(checked(request("0" * 64, **{"X-TC-Timestamp": ""})))
    )
    late = checked(request(signed(canonical())), now=NOW - 301)
    assert any("ahead of the console's clock" in words for words in errors(late))


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("", "The header Authorization is missing"),
        ("TC3-HMAC-SHA256 Credential=x", "“Credential” in the header Authorization"),
        (
            f"TC3-HMAC-SHA256 Credential={ID}/2025-10-10/sms/tc3_request, SignedHeaders=host, Signature=abc",
            "“Signature” in the header Authorization",
        ),
        (f"TC3-HMAC-SHA256 Credential={ID}/2025-10-10/sms/tc3_request", "“SignedHeaders” in the header"),
    ],
)
def test_an_authorization_of_another_form_says_what_is_missing(authorization: str, words: str) -> None:
    report = checked(request("0" * 64, Authorization=authorization))
    assert report.is_right is None
    assert any(words in found for found in errors(report))


# --- Signed parameters ----------------------------------------------------------------------------------

PARAMETERS = {
    "Action": "SendSms",
    "Version": "2021-01-11",
    "Timestamp": str(NOW),
    "Nonce": "11886",
    "SecretId": ID,
    "SignatureMethod": "HmacSHA256",
    "SignName": "Acme & Sons",
    "appended": "1",
}


def joined(
    pairs: dict[str, str], *, method: str = "POST", host: str = "sms.example.com:8000", path: str = "/"
) -> str:
    return f"{method}{host}{path}?" + "&".join(f"{name}={value}" for name, value in pairs.items())


def hashed(text: str, *, secret: str = SECRET, method: Any = hashlib.sha256) -> bytes:
    return hmac.new(secret.encode(), text.encode(), method).digest()


def in_base64(text: str, **more: Any) -> str:
    return base64.b64encode(hashed(text, **more)).decode()


def form(signature: str) -> Pasted:
    body = urlencode({**PARAMETERS, "Signature": signature})
    return read_pasted(f"POST / HTTP/1.1\nHost: sms.example.com:8000\n\n{body}")


ORDERED = {name: PARAMETERS[name] for name in sorted(PARAMETERS)}


def test_right_parameters_are_right_by_post_and_by_get() -> None:
    assert checked(form(in_base64(joined(ORDERED)))).is_right
    query = urlencode({**PARAMETERS, "Signature": in_base64(joined(ORDERED, method="GET"))})
    assert checked(read_pasted(f"curl 'http://sms.example.com:8000/?{query}'")).is_right


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        (in_base64(joined(PARAMETERS)), "in the order of the request; sort them"),
        (in_base64(joined({n: PARAMETERS[n] for n in sorted(PARAMETERS, key=str.lower)})), "capital letters"),
        (in_base64(joined({n: quote(v) for n, v in ORDERED.items()})), "values encoded"),
        (in_base64(joined(ORDERED, host="sms.tencentcloudapi.com")), "another host than it sends"),
        (in_base64(joined(ORDERED, method="GET")), "another method"),
        (in_base64(joined(ORDERED, path="")), "no path"),
        (
            in_base64(joined({n: v for n, v in ORDERED.items() if n != "SignatureMethod"})),
            "lacks SignatureMethod",
        ),
        (
            in_base64(joined(ORDERED), method=hashlib.sha1),
            "signed with HmacSHA1, but SignatureMethod says HmacSHA256",
        ),
        (hashed(joined(ORDERED)).hex(), "it must be base64"),
        (in_base64(joined(ORDERED), secret=f" {SECRET}"), "a blank, a line end or quotation marks"),
    ],
)
def test_a_usual_mistake_of_parameters_is_named(signature: str, words: str) -> None:
    report = checked(form(signature))
    assert report.is_right is False
    assert any(words in found for found in errors(report)), errors(report)


def test_a_plus_that_was_lost_on_the_way_is_named() -> None:
    nonce, signature = next(
        (str(n), one) for n in range(1000) if "+" in (one := in_base64(joined(ORDERED | {"Nonce": str(n)})))
    )
    body = urlencode({**PARAMETERS, "Nonce": nonce}) + f"&Signature={signature}"
    report = checked(read_pasted(f"POST / HTTP/1.1\nHost: sms.example.com:8000\n\n{body}"))
    assert any("its + arrived as a blank" in words for words in errors(report))


def test_missing_parameters_and_an_unknown_method_are_named() -> None:
    report = checked(read_pasted("POST /\nHost: h\n\nSignature=x&SecretId=AKIDx&SignatureMethod=HmacMD5"))
    found = errors(report)
    for name in ("Action", "Version", "Timestamp", "Nonce"):
        assert f"“{name}” is missing." in found
    assert any("it must be HmacSHA1 or HmacSHA256" in words for words in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("GET /api/v1/messages\nAuthorization: Bearer sms_live_x", "bearer key are not signed"),
        ("GET /somewhere", "not signed in a way"),
    ],
)
def test_what_is_not_signed_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        checked(read_pasted(text))


def test_our_own_signing_is_what_is_shown() -> None:
    """The page and the interface must not drift apart."""
    assert checked(request(signed(canonical()))).steps[0].ours == signing.canonical_request(
        method="POST",
        query="",
        headers={"content-type": "application/json; charset=utf-8", "host": "sms.example.com:8000"},
        signed_headers=("content-type", "host"),
        body=BODY.encode(),
    )
