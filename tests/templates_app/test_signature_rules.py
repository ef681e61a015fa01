from __future__ import annotations

import pytest

from smsconsole.lib.types import Region
from templates_app.rules import Finding, SignatureDraft, check_signature

HOME, ABROAD = Region.DOMESTIC, Region.INTERNATIONAL


def findings(
    text: str,
    *,
    region: Region = ABROAD,
    kind: str = "company",
    use: str = "own",
    remarks: str = "",
    n: int = 1,
) -> list[Finding]:
    return check_signature(SignatureDraft(text, kind, use, region, remarks, n))


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("演示商城", HOME),
        ("DemoShop", ABROAD),
        ("Demo Shop 24", HOME),
        ("Café Müller", ABROAD),
        ("ab", HOME),
        ("a" * 12, HOME),
        ("a" * 15, ABROAD),
        ("中" * 12, HOME),
    ],
)
def test_good_signatures_pass_without_a_word(text: str, region: Region) -> None:
    assert findings(text, region=region) == []


@pytest.mark.parametrize(
    ("text", "region", "rule_id"),
    [
        ("", ABROAD, "empty"),
        ("a", HOME, "length"),
        ("a" * 13, HOME, "length"),
        ("a" * 16, ABROAD, "length"),
        ("[Shop]", ABROAD, "brackets"),
        ("【商城】", HOME, "brackets"),
        ("A+B", HOME, "characters"),
        ("me@shop", ABROAD, "characters"),
        ("Demo  Shop", ABROAD, "characters"),
        ("演示 商城", HOME, "characters"),
        ("Shop\u200bping", ABROAD, "characters"),
        ("Shop\x00", ABROAD, "control-character"),
        ("测试", HOME, "neutral"),
        ("Notice", ABROAD, "neutral"),
        ("123456", ABROAD, "neutral"),
    ],
)
def test_each_rule_refuses_what_it_is_for(text: str, region: Region, rule_id: str) -> None:
    assert rule_id in {f.rule_id for f in findings(text, region=region) if f.hard}


def test_the_refusal_names_the_limit() -> None:
    assert "2 to 12" in findings("a" * 13, region=HOME)[0].message


@pytest.mark.parametrize("kind", ["app", "website", "official_account"])
def test_an_app_or_site_says_where_it_is_found(kind: str) -> None:
    [finding] = findings("DemoShop", kind=kind)
    assert (finding.rule_id, finding.hard, finding.field) == ("no-source", True, "remarks")
    assert findings("DemoShop", kind=kind, remarks="https://shop.example") == []


def test_a_missing_certificate_warns_for_own_use_and_refuses_for_others() -> None:
    assert [(f.rule_id, f.hard) for f in findings("DemoShop", n=0)] == [("no-certificate", False)]
    assert [(f.rule_id, f.hard) for f in findings("DemoShop", use="others", n=0)] == [
        ("no-certificate", True)
    ]
