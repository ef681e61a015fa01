from __future__ import annotations

from typing import Any

import pytest

from smsconsole.lib.types import Region
from templates_app.rules import BodyDraft, SignatureDraft, check_body, check_signature
from templates_app.setting_checks import check_lengths

SCENARIO = "Sent when a parcel leaves the warehouse."


def test_the_settings_as_they_come_are_fine() -> None:
    assert check_lengths() == []


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("SIGNATURE_MIN", 0, "templates_app.E001"),
        ("SIGNATURE_MIN", 13, "templates_app.E001"),
        ("SIGNATURE_MAX_DOMESTIC", 31, "templates_app.E001"),
        ("BODY_MAX", 17, "templates_app.E002"),
        ("BODY_MAX", 2001, "templates_app.E002"),
        ("SCENARIO_MIN", -1, "templates_app.E003"),
    ],
)
def test_a_length_that_makes_no_sense_is_named(settings: Any, name: str, value: int, id: str) -> None:
    setattr(settings, name, value)
    assert id in {error.id for error in check_lengths()}


def test_the_older_limit_of_signatures_can_be_set_and_is_named(settings: Any) -> None:
    settings.SIGNATURE_MAX_DOMESTIC = 8
    [finding] = check_signature(
        SignatureDraft("九个汉字的签名太长", "company", "own", Region.DOMESTIC, "", 1)
    )
    assert "2 to 8 characters; this one has 9" in finding.message
    assert (
        "The person who runs this installation may change the limit (SIGNATURE_MAX_DOMESTIC)"
        in finding.message
    )


def test_the_length_of_messages_and_descriptions_can_be_set(settings: Any) -> None:
    settings.BODY_MAX, settings.SCENARIO_MIN = 60, 50
    found = check_body(BodyDraft("word " * 12 + "!", "notification", Region.INTERNATIONAL, SCENARIO))
    assert [(one.rule_id, one.field) for one in found] == [("too-long", "text"), ("no-scenario", "remarks")]
    assert "60" in found[0].message
    assert "BODY_MAX" in found[0].message
    assert "50" in found[1].message
