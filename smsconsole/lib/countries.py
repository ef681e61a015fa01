"""Names of countries and regions for people, from the data that phonenumbers carries."""

from __future__ import annotations

from functools import cache

import phonenumbers
from phonenumbers.geodata.locale import LOCALE_DATA

# Regions with numbers of their own that the data has no name for.
_UNNAMED = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}


@cache
def country_name(code: str, language: str = "en") -> str:
    """ "CN" -> "China"; the code itself when there is no name, an empty string for an empty code."""
    names = LOCALE_DATA.get(code, {})
    name = names.get(language) or names.get("en", "")
    if name.startswith("*"):
        # The data writes "as in that language" as a star and the language.
        name = names.get(name[1:], "")
    return name or _UNNAMED.get(code, code)


@cache
def countries(language: str = "en") -> tuple[tuple[str, str, int], ...]:
    """(code, name, calling code) of every region that phonenumbers knows, by name."""
    named = (
        (code, country_name(code, language), phonenumbers.country_code_for_region(code))
        for code in phonenumbers.SUPPORTED_REGIONS
    )
    return tuple(sorted(named, key=lambda country: country[1]))
