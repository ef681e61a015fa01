from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsconsole.lib.types import Region
from templates_app.rules import BODY_BOOK, BodyDraft, check_body

HOME, ABROAD = Region.DOMESTIC, Region.INTERNATIONAL
SCENARIO = "Sent when a parcel leaves the warehouse."


def found(
    text: str, *, kind: str = "notification", region: Region = ABROAD, remarks: str = SCENARIO
) -> set[str]:
    """The rules that refuse the text."""
    return {f.rule_id for f in check_body(BodyDraft(text, kind, region, remarks)) if f.hard}


def warned(text: str, *, kind: str = "notification", region: Region = ABROAD) -> set[str]:
    return {f.rule_id for f in check_body(BodyDraft(text, kind, region, SCENARIO)) if not f.hard}


@pytest.mark.parametrize(
    ("kind", "region", "text"),
    [
        ("verification", HOME, "{1}为您的登录验证码，请于{2}分钟内填写，如非本人操作，请忽略本短信。"),
        ("verification", HOME, "验证码为：{1}，您正在登录，若非本人操作，请勿泄露。"),
        ("notification", HOME, "您的订单{1}已打包发送，快递单号{2}，请注意查收。"),
        ("notification", HOME, "您的排队号为{1}，您前面还有{2}人等待，请在现场等候叫号。"),
        ("notification", HOME, "您好{1}，您寄往{2}的订单已发出。"),
        ("notification", ABROAD, "Hello {1}, your order to {2} is on its way."),
        (
            "verification",
            ABROAD,
            "Your login verification code is {1}, which is valid for {2} minutes. If you are not using our "
            "service, ignore the message.",
        ),
        (
            "verification",
            ABROAD,
            "Your verification code is ${code}. This code is valid for 5 minutes. Do not share it with others.",
        ),
        ("marketing", HOME, "会员您好，夏季新品全场八折。拒收请回复R"),
        ("marketing", ABROAD, "Dear member, 20% off all summer shoes. Reply STOP to unsubscribe."),
        ("notification", ABROAD, "Track it at https://shop.example/orders with your number {1}."),
        ("notification", ABROAD, "Seat a[1] is yours, {1}."),
    ],
)
def test_good_texts_pass_without_a_word(kind: str, region: Region, text: str) -> None:
    assert check_body(BodyDraft(text, kind, region, SCENARIO)) == []


@pytest.mark.parametrize(
    ("text", "rule_id"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("x" * 501, "too-long"),
        ("bell\x07", "control-character"),
        ("turned \u202eback", "control-character"),
        ("tab\there", "control-character"),
        ("Hello {0}", "malformed-variable"),
        ("Hello { 1 }", "malformed-variable"),
        ("Hello {name}", "malformed-variable"),
        ("Hello ｛1｝", "malformed-variable"),
        ("It costs ${1}", "malformed-variable"),
        ("Hello {2}", "variable-numbering"),
        ("Hello {1} and {3}", "variable-numbering"),
        ("Hello {1} and ${name}", "mixed-variables"),
        ("Hello {1}{2}", "adjacent-variables"),
        ("{1}", "only-variables"),
        ("{1}, {2}!", "only-variables"),
        ("Go to www.{1}.com now", "partial-variable"),
        ("Go to {1}.com now", "partial-variable"),
        ("Go to https://shop.example/{1}", "partial-variable"),
        ("看www.a.com/{1}吧", "partial-variable"),
        ("Call 186{1}1234", "partial-variable"),
        ("You won {1}00 points", "partial-variable"),
        ("【Shop】hello", "signature-brackets"),
        ("hello 【x】 there", "signature-brackets"),
        ("[Shop] hello", "signature-brackets"),
        ("hello [Shop]", "signature-brackets"),
    ],
)
def test_each_rule_refuses_what_it_is_for(text: str, rule_id: str) -> None:
    assert rule_id in found(text)


def test_a_line_break_is_no_control_character() -> None:
    assert found("Hello {1},\nyour order left.") == set()


def test_the_longest_allowed_text_passes() -> None:
    assert found("x" * 500) == set()


def test_findings_point_at_their_place() -> None:
    text = "Hello {1}{2}, go to www.{3}.com"
    places = {
        f.rule_id: text[f.start : f.end]
        for f in check_body(BodyDraft(text, "notification", ABROAD, SCENARIO))
    }
    assert places == {"adjacent-variables": "{1}{2}", "partial-variable": "www.{3}.com"}


def test_verification_needs_its_word() -> None:
    assert "no-code-word" in found("您的号码是{1}，请填写。", kind="verification", region=HOME)
    assert "no-code-word" in found("Your number is {1} now.", kind="verification")
    assert "no-code-word" in found("Decode {1} now.", kind="verification")
    assert "no-code-word" not in found("Your number is {1} now.", kind="notification")


def test_domestic_marketing_must_end_with_the_way_out() -> None:
    assert "no-unsubscribe" in found("夏季新品八折。", kind="marketing", region=HOME)
    assert "no-unsubscribe" in found("拒收请回复R。夏季新品八折。", kind="marketing", region=HOME)
    for tail in ("拒收请回复R", "回T退订", "回复TD退订。", "退订回T", "退订请回复TD"):
        assert "no-unsubscribe" not in found("夏季新品八折，" + tail, kind="marketing", region=HOME)


def test_soft_findings_warn_and_do_not_refuse() -> None:
    assert warned("20% off all shoes.", kind="marketing") == {"no-unsubscribe"}
    assert warned("Hello {1} {2}, welcome.") == {"adjacent-variables"}
    assert warned("Hello ★ {1}, welcome.") == {"garbled-symbol"}
    assert warned("Your code is 1234.", kind="verification") == {"no-code-variable"}


def test_the_scenario_needs_ten_characters_and_belongs_to_the_remarks() -> None:
    [finding] = check_body(BodyDraft("Hello {1}, welcome.", "notification", ABROAD, "  too short "))
    assert (finding.rule_id, finding.hard, finding.field) == ("no-scenario", True, "remarks")


def test_hard_findings_come_first() -> None:
    text = "★ Hello {2}, welcome to us"
    findings = check_body(BodyDraft(text, "notification", ABROAD, SCENARIO))
    assert [f.hard for f in findings] == [True, False]


@given(
    text=st.text(st.sampled_from("ab1{}$%[]【】.\nwcom/:验证码 "), max_size=60),
    kind=st.sampled_from(["verification", "marketing"]),
)
def test_no_rule_fails_and_every_place_is_inside_the_text(text: str, kind: str) -> None:
    for region in Region:
        for rule in BODY_BOOK.rules:
            for finding in rule(BodyDraft(text, kind, region, "")):
                assert 0 <= finding.start <= finding.end <= len(text)
                assert finding.message


def test_examples_of_a_rule_pass_that_rule() -> None:
    text = "Hi {1}{2}"
    [finding] = [f for f in check_body(BodyDraft(text, "notification", ABROAD, SCENARIO)) if f.hard]
    assert finding.rule_id not in found(finding.example)
