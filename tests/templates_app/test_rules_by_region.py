"""Where a rule is hard in one region and soft in the other, and which documents a signature needs."""

from __future__ import annotations

import pytest

from smsconsole.lib.types import Region
from templates_app.rules import BodyDraft, SignatureDraft, certificates_needed, check_body, check_signature
from templates_app.rules.signature_rules import signature_bounds

HOME, ABROAD = Region.DOMESTIC, Region.INTERNATIONAL
SCENARIO = "Sent when a parcel leaves the warehouse."


def found(text: str, region: Region, kind: str = "notification") -> dict[str, bool]:
    """The rules that found something, and whether they refuse."""
    return {one.rule_id: one.hard for one in check_body(BodyDraft(text, kind, region, SCENARIO))}


def of_signature(text: str, region: Region = HOME, **fields: object) -> dict[str, bool]:
    values = {"type": "company", "use": "own", "remarks": "", "n_certificates": 2, **fields}
    draft = SignatureDraft(text=text, region=region, **values)  # type: ignore[arg-type]
    return {one.rule_id: one.hard for one in check_signature(draft)}


@pytest.mark.parametrize("symbol", ["￥", "★", "☞", "√", "※", "&", "^_^"])
def test_symbols_that_carriers_at_home_refuse(symbol: str) -> None:
    assert found(f"您的订单{symbol}已发出，请注意查收。", HOME) == {"garbled-symbol": True}


def test_symbols_abroad_are_only_advised_against() -> None:
    assert found("Hello ★ you, welcome to us.", ABROAD) == {"garbled-symbol": False}
    assert found("Fish & chips are ready for you.", ABROAD) == {}
    assert found("您的订单♥已发出，请注意查收。", HOME) == {"garbled-symbol": False}


def test_an_ampersand_belongs_to_a_link() -> None:
    text = "订单详情见 https://shop.example/o?a=1&b=2 请查收。"
    assert "garbled-symbol" not in found(text, HOME)


@pytest.mark.parametrize(
    ("region", "n", "expected"),
    [
        (HOME, 497, {"too-long": True}),
        (HOME, 496, {"too-long": False}),
        (HOME, 486, {}),
        (ABROAD, 501, {"too-long": True}),
        (ABROAD, 500, {"too-long": False}),
        (ABROAD, 483, {}),
    ],
)
def test_the_signature_counts_towards_the_length(region: Region, n: int, expected: dict[str, bool]) -> None:
    text = ("words " * 100)[:n].rstrip()
    text += "x" * (n - len(text))
    assert found(text, region) == expected


def test_a_notification_offers_no_way_to_unsubscribe() -> None:
    assert found("您的订单{1}已发出，回T退订", HOME) == {"notification-unsubscribe": True}
    assert found("Your order {1} left. Reply STOP to end.", ABROAD) == {"notification-unsubscribe": False}
    assert found("Your bus {1} will stop to take you in.", ABROAD) == {}


def test_marketing_abroad_is_only_advised_to_say_how_to_stop() -> None:
    assert found("Dear member, new shoes are here.", ABROAD, "marketing") == {"no-unsubscribe": False}
    assert found("Dear member, new shoes are here. STOP: 12345", ABROAD, "marketing") == {}


def test_a_verification_text_carries_neither_link_nor_offer() -> None:
    for text in ("验证码{1}，点 www.shop.example 登录。", "验证码{1}，登录领优惠券。"):
        assert found(text, HOME, "verification")["verification-extras"] is True


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("Your file report.pdf version 2.10 is ready.", False),
        ("Meet us at 10.30, e.g. near the gate.", False),
        ("您的金额为12.50元，请查收。", False),
        ("See shop.com/a for {1} details now.", True),
    ],
)
def test_links_are_told_from_other_dots(text: str, is_link: bool) -> None:
    assert ("verification-extras" in found("code " + text, ABROAD, "verification")) is is_link


def test_a_forbidden_name_is_refused_at_home_and_left_to_the_reviewer_abroad() -> None:
    assert of_signature("天天彩票") == {"forbidden-content": True}
    assert of_signature("Casino Royal", ABROAD) == {"forbidden-content": False}


@pytest.mark.parametrize("text", ["测试商城", "Test Shop", "验证码", "会议通知", "aabb", "12345"])
def test_neutral_names_are_refused(text: str) -> None:
    assert of_signature(text, ABROAD)["neutral"] is True


def test_names_that_only_contain_a_neutral_word_pass() -> None:
    for text in ("Contest Shop", "通知书店", "Latest News"):
        assert of_signature(text, ABROAD) == {}


@pytest.mark.parametrize(
    ("type", "use", "entity", "at_least", "word"),
    [
        ("company", "own", "enterprise", 0, "licence"),
        ("app", "own", "enterprise", 0, "licence"),
        ("app", "own", "individual", 1, "store"),
        ("website", "own", "individual", 1, "ICP"),
        ("official_account", "own", "individual", 1, "settings page"),
        ("trademark", "own", "enterprise", 1, "trademark"),
        ("government", "own", "enterprise", 1, "institution"),
        ("company", "others", "enterprise", 2, "letter of authorization"),
        ("trademark", "others", "enterprise", 2, "letter of authorization"),
    ],
)
def test_documents_by_type_use_and_entity(type: str, use: str, entity: str, at_least: int, word: str) -> None:
    needed = certificates_needed(type=type, use=use, entity=entity)
    assert needed.at_least == at_least
    assert word in " ".join(str(one) for one in needed.documents)
    if at_least:
        missing = of_signature(
            "演示商城",
            type=type,
            use=use,
            entity=entity,
            remarks="https://a.example",
            n_certificates=at_least - 1,
        )
        assert missing["no-certificate"] is True
        enough = of_signature(
            "演示商城",
            type=type,
            use=use,
            entity=entity,
            remarks="https://a.example",
            n_certificates=at_least,
        )
        assert "no-certificate" not in enough


def test_the_bounds_are_those_of_the_settings(settings: object) -> None:
    settings.SIGNATURE_MIN, settings.SIGNATURE_MAX_INTERNATIONAL = 3, 20  # type: ignore[attr-defined]
    assert signature_bounds(ABROAD) == (3, 20)
    assert of_signature("ab", ABROAD) == {"length": True}
