"""Every kind of gateway has words that help to choose it, and names what it needs."""

from __future__ import annotations

import tomllib

import pytest
from django.conf import settings

from delivery.gateway_forms import GatewayForm
from delivery.gateways import DRIVERS
from delivery.lines.gateway_kinds import WORDS, KindWords, all_kinds, kind_of
from delivery.models import Gateway


def test_every_kind_has_words() -> None:
    for kind in all_kinds():
        assert kind.label
        assert kind.words.summary, kind.name
        assert bool(kind.words.push_hint) == kind.receives_pushes, kind.name


def test_every_kind_fits_its_column() -> None:
    longest = Gateway._meta.get_field("kind").max_length or 0
    assert all(len(name) <= longest for name in DRIVERS)


def test_what_has_to_be_installed_is_an_extra_of_the_console() -> None:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    named = {words.extra for words in WORDS.values() if words.extra}
    assert named <= set(project["optional-dependencies"])


def test_a_missing_sdk_is_named_as_pip_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "twilio", KindWords("x", "twilio", "no_such_module.inside"))
    assert kind_of("twilio").missing_extra == "smsconsole[twilio]"
    monkeypatch.setitem(WORDS, "twilio", KindWords("x", "twilio", "json"))
    assert kind_of("twilio").missing_extra == ""


def test_a_kind_of_another_version_is_shown_by_its_name() -> None:
    kind = kind_of("pigeon")
    assert kind.label == "pigeon"
    abilities = (kind.receives_pushes, kind.polls, kind.can_be_asked, kind.takes_templates, kind.has_session)
    assert not any(abilities)


def test_every_form_can_be_drawn() -> None:
    for name, driver in DRIVERS.items():
        drawn = str(GatewayForm(driver=driver))
        assert all(f"setting_{field.name}" in drawn for field in driver.fields), name
