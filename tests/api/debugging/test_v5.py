"""Signatures of v5: right ones, and each usual mistake told by its name."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.debugging.checks import TheirStrings, check
from api.debugging.keys import KeyHalf, ProjectSecrets
from api.debugging.pasted import Unreadable, read_pasted, request_of
from api.debugging.report import HIDDEN, Report
from tests.timing import measures_time

# The example of Tencent's document.
KEY, RANDOM, TIME = "5f03a35d00ee52a21327ab048186a2c4", "7226249334", 1457336869
APP_ID = 1400000000
SECRETS = ProjectSecrets(APP_ID, [KeyHalf("another"), KeyHalf(KEY), KeyHalf("old", is_retired=True)], {})
ONE = {"tel": {"nationcode": "86", "mobile": "13788888888"}}
TWO = {"tel": [{"mobile": "13788888888"}, {"mobile": "13788888889"}]}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def string(suffix: str = "", *, key: str = KEY, random: str = RANDOM, time: object = TIME) -> str:
    return f"appkey={key}&random={random}&time={time}{suffix}"


def checked(
    sig: str,
    *,
    method: str = "sendsms",
    body: dict[str, Any] | None = None,
    theirs: str = "",
    now: int = TIME,
    app_id: int = APP_ID,
    **more: Any,
) -> Report:
    pasted = request_of(
        method="POST",
        url=f"https://sms.example.com/v5/tlssmssvr/{method}?sdkappid={app_id}&random={RANDOM}",
        headers={},
        body=json.dumps({**(ONE if body is None else body), "sig": sig, "time": TIME, **more}),
    )
    return check(pasted, secrets=SECRETS, theirs=TheirStrings("", theirs), now=now)


def errors(report: Report) -> list[str]:
    return [finding.words for finding in report.findings if finding.level == "error"]


@pytest.mark.parametrize(
    ("method", "body", "sig"),
    [
        ("pullstatus", {}, "c13e54f047ed75e821e698730c72d030dc30e5b510b3f8a0fb6fb7605283d7df"),
        ("sendsms", ONE, "ecab4881ee80ad3d76bb1da68387428ca752eb885e52621a3129dcf4d9bc4fd4"),
        ("sendmultisms2", TWO, "be66bb4aeb54701ed0637d0996a0b75111d5b8eda9b3a71bdc579a3d26f3edfb"),
        (
            "sendisms",
            {"tel": "+8613711112222"},
            "bbdf4a186050258cab2ec766ad77f7d7b959ae12c28d1057baedb537c304f347",
        ),
    ],
)
def test_the_document_s_signatures_are_right(method: str, body: dict[str, Any], sig: str) -> None:
    report = checked(sig, method=method, body=body)
    assert report.is_right
    assert not errors(report)
    assert checked(sig.upper(), method=method, body=body).is_right


@pytest.mark.parametrize(
    ("method", "body", "signed", "words"),
    [
        ("sendsms", ONE, string(), "lacks the numbers; sendsms signs them"),
        ("sendmultisms2", TWO, string("&mobile=13788888888, 13788888889"), "comma and a blank"),
        ("sendmultisms2", TWO, string("&mobile=13788888888"), "only the first number"),
        ("sendmultisms2", TWO, string("&mobile=13788888889,13788888888"), "reverse order"),
        ("sendsms", ONE, string("&mobile=+8613788888888"), "with their country code"),
        ("sendsms", ONE, string("&tel=13788888888"), "has “tel”; this method signs “mobile”"),
        ("sendisms", {"tel": "+4915"}, string("&tel=4915"), "without its +"),
        ("sendisms", {"tel": "+4915"}, string("&mobile=+4915"), "sendisms signs “tel”"),
        ("pullstatus", ONE, string("&mobile=13788888888"), "this method signs none"),
        ("sendsms", ONE, string("&mobile=13788888888", time=TIME * 1000), "seconds in one, milliseconds"),
        ("sendsms", ONE, string("&mobile=13788888888", random="99"), "“random” of the body"),
        (
            "sendsms",
            ONE,
            f"appkey={KEY}&mobile=13788888888&random={RANDOM}&time={TIME}",
            "sorted by name",
        ),
        (
            "sendsms",
            ONE,
            f"appkey={KEY}&time={TIME}&random={RANDOM}&mobile=13788888888",
            "time before random",
        ),
        ("sendsms", ONE, string("&mobile=13788888888", key="old"), "retired AppKey"),
        ("sendsms", ONE, string("&mobile=13788888888", key=KEY + "\n"), "a blank, a line end or quotation"),
        ("sendsms", ONE, string("&mobile=13788888888", key=str(APP_ID)), "SDK AppID in the place"),
        ("sendsms", ONE, string("&mobile=13788888888", key=""), "empty AppKey"),
    ],
)
def test_a_usual_mistake_is_named(method: str, body: dict[str, Any], signed: str, words: str) -> None:
    report = checked(sha256(signed), method=method, body=body, random="99")
    assert report.is_right is False
    assert any(words in found for found in errors(report)), errors(report)


def test_another_hash_is_recognized() -> None:
    text = string("&mobile=13788888888")
    for sig in (
        hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest(),
        hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
    ):
        assert any("another hash" in found for found in errors(checked(sig)))


def test_what_was_signed_is_worked_out_from_the_signature_without_the_key() -> None:
    step = checked(sha256(string())).steps[0]
    assert step.is_worked_out
    assert step.theirs == f"appkey={HIDDEN}&random={RANDOM}&time={TIME}"
    assert KEY not in str(step)


def test_two_mistakes_of_key_and_string_are_both_named() -> None:
    found = errors(checked(sha256(string(key="old"))))
    assert any("retired" in words for words in found)
    assert any("lacks the numbers" in words for words in found)


def test_the_strings_are_laid_side_by_side_without_the_key() -> None:
    report = checked("0" * 64, theirs=string("&mobile=13788888889"))
    step = report.steps[0]
    assert step.ours == f"appkey={HIDDEN}&random={RANDOM}&time={TIME}&mobile=13788888888"
    assert step.difference is not None
    assert step.difference.words == "Ours has “8”, yours “9”."
    shown = str(report)
    for secret in (KEY, "another"):
        assert f"appkey={secret}" not in shown
    assert sha256(string("&mobile=13788888888")) not in shown


@pytest.mark.parametrize("written", [KEY, "*", "•••", "<AppKey>", "xxxx", "${APP_KEY}"])
def test_their_string_may_hide_the_key(written: str) -> None:
    report = checked("0" * 64, theirs=string("&mobile=13788888888", key=written))
    assert report.steps[0].is_same


def test_a_foreign_key_in_their_string_is_named_and_not_shown() -> None:
    report = checked("0" * 64, theirs=string("&mobile=13788888888", key="5f03a35d00ee52a21327"))
    assert any("none of this project" in words for words in errors(report))
    assert "5f03a35d00ee52a21327" not in str(report)
    quoted = checked("0" * 64, theirs=string(key=f'"{KEY}"'))
    assert any("quotation marks" in words for words in errors(quoted))


def test_a_signature_is_shown_by_its_beginning_only() -> None:
    ours = sha256(string("&mobile=13788888888", key="another"))
    report = checked("0" * 64)
    assert report.steps[-1].ours == ours[:10] + "…"


@pytest.mark.parametrize(
    ("now", "level", "words"),
    [
        (TIME + 30, "info", "30 seconds from the console's clock"),
        (TIME + 601, "warning", "10 minutes ago. Sent now it would be refused: at most 10 minutes"),
        (TIME - 7200, "error", "2 hours ahead of the console's clock"),
    ],
)
def test_the_clocks_are_compared(now: int, level: str, words: str) -> None:
    report = checked(sha256(string("&mobile=13788888888")), now=now)
    assert report.is_right
    assert any(found.level == level and words in found.words for found in report.findings)


def test_milliseconds_another_app_id_and_what_is_missing_are_named() -> None:
    found = errors(checked(sha256("no"), time=TIME * 1000, app_id=1499999999))
    assert any("“time” is in milliseconds" in words for words in found)
    assert any("“sdkappid” in the address is 1499999999" in words for words in found)
    for change, words in (
        ({"sig": ""}, "“sig” is missing"),
        ({"sig": 5}, "“sig” is missing"),
        ({"tel": "1"}, "“tel” is missing in the body"),
        ({"time": ""}, "“time” is missing"),
        ({"time": "yesterday"}, "“time” is yesterday"),
        ({"time": 99999999999}, "ten digits"),
    ):
        sig = change.pop("sig", "0" * 64)
        assert any(words in found for found in errors(checked(sig, body={**ONE, **change}, **change)))


def test_without_a_valid_key_nothing_is_compared() -> None:
    pasted = request_of(method="POST", url="/v5/tlssmssvr/sendsms", headers={}, body="{}")
    report = check(pasted, secrets=ProjectSecrets(APP_ID, [], {}), theirs=TheirStrings(), now=TIME)
    assert report.is_right is None
    assert any("no valid AppKey" in words for words in errors(report))


@measures_time
def test_deep_and_long_bodies_get_a_report_in_time() -> None:
    deep: Any = []
    for _n in range(900):
        deep = [deep]
    for body in ({"mobile": deep, "tel": deep, "random": deep}, {"tel": [{"mobile": "1" * 50}] * 4000}):
        for method in ("sendmultisms2", "get_sign"):
            began = time.monotonic()
            assert not checked("0" * 64, method=method, body=body).is_right
            assert time.monotonic() - began < 10


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["tel", "mobile", "sig", "time", "random"]) | st.text(), inner)
        ),
        max_leaves=8,
    ),
    st.sampled_from(["sendsms", "sendmultisms2", "sendisms", "querysms4mobile", "get_sign", ""]),
)
def test_any_body_gets_a_report(body: Any, method: str) -> None:
    pasted = request_of(
        method="POST", url=f"/v5/tlssmssvr/{method}?sdkappid=x&random=", headers={}, body=json.dumps(body)
    )
    report = check(pasted, secrets=SECRETS, theirs=TheirStrings("", "appkey="), now=TIME)
    assert not report.is_right


@given(st.text())
def test_any_request_gets_a_report_or_words(text: str) -> None:
    for start in (
        "POST /v5/tlssmssvr/sendsms\n\n",
        "POST / HTTP/1.1\nX-TC-Action: A\nAuthorization: ",
        "GET /?Signature=",
    ):
        with contextlib.suppress(Unreadable):
            pasted = read_pasted(start + text)
            check(pasted, secrets=SECRETS, theirs=TheirStrings(text, text), now=TIME)
