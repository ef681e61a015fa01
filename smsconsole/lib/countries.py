"""Names of countries and regions for people, from the data that phonenumbers carries."""

from __future__ import annotations

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import phonenumbers
from django.utils.translation import get_language

# Regions with numbers of their own that the data has no name for.
_UNNAMED = {
    "AC": {"en": "Ascension Island", "zh": "阿森松岛"},
    "TA": {"en": "Tristan da Cunha", "zh": "特里斯坦-达库尼亚"},
    "WS": {"en": "Samoa", "zh": "萨摩亚"},
    "XK": {"en": "Kosovo", "zh": "科索沃"},
}


@cache
def _locale_data() -> dict[str, dict[str, str]]:
    """The names by code and language.

    The file is loaded by itself: importing its package loads the map of all area codes too, 100 MB in every
    process.
    """
    path = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    spec = spec_from_file_location("phonenumbers.geodata.locale", path)
    if spec is None or spec.loader is None:
        return {}
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    names: dict[str, dict[str, str]] = module.LOCALE_DATA
    return names


def country_name(code: str, language: str | None = None) -> str:
    """ "CN" -> "China"; the code itself when there is no name, an empty string for an empty code.

    `language` (by default that of the page) may have a variant, as in "zh-hans".
    """
    return _name(code, (language or get_language() or "en").split("-")[0])


@cache
def _name(code: str, language: str) -> str:
    names = _locale_data().get(code, {})
    name = names.get(language) or names.get("en", "")
    if name.startswith("*"):
        # The data writes "as in that language" as a star and the language; Samoa's Chinese points at itself.
        name = names.get(name[1:], "").removeprefix(name)
    unnamed = _UNNAMED.get(code, {})
    return name or unnamed.get(language) or unnamed.get("en", code)


def countries(language: str | None = None) -> tuple[tuple[str, str, int], ...]:
    """(code, name, calling code) of every region that phonenumbers knows, by name."""
    return _countries((language or get_language() or "en").split("-")[0])


@cache
def _countries(language: str) -> tuple[tuple[str, str, int], ...]:
    named = (
        (code, _name(code, language), phonenumbers.country_code_for_region(code))
        for code in phonenumbers.SUPPORTED_REGIONS
    )
    return tuple(sorted(named, key=lambda country: country[1]))
