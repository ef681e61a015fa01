"""From a reviewed text and a row's parameters to the text that leaves. Pure: no models, no settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Final

from smsconsole.lib.types import Region

# `{1}` to `{99}`, or `${name}`. `${1}` is neither: it could mean a dollar sign before a variable, so the rules
# refuse it and it stays as it is written.
PLACEHOLDER: Final = re.compile(
    r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]{0,31})\}|(?<!\$)\{(?P<number>[1-9][0-9]?)\}"
)

BRACKETS: Final[dict[Region, tuple[str, str]]] = {
    Region.DOMESTIC: ("【", "】"),
    Region.INTERNATIONAL: ("[", "]"),
}


def placeholder_name(match: re.Match[str]) -> str:
    """The name in a match of `PLACEHOLDER`: "1" or "code"."""
    return match["name"] or match["number"]


def find_placeholders(text: str) -> list[str]:
    """The distinct placeholder names in the order in which a row's parameters fill them.

    Named ones come in the order of first use. Numbered ones come in the order of their numbers, because there
    the number itself says the position: in "{2} for {1}" the first parameter still is {1}.
    """
    names = list(dict.fromkeys(map(placeholder_name, PLACEHOLDER.finditer(text))))
    if all(name.isdecimal() for name in names):
        names.sort(key=int)
    return names


def compile_body(text: str, placeholders: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """A function that fills one row's parameters, given in the order of `placeholders`, into the text.

    Made once for a campaign and called a million times: all work per row is done by one `%`, in C. Values are
    put in as they are; a value that looks like a placeholder stays what it is. Surplus parameters are ignored,
    a missing one raises `IndexError`. A placeholder that is not in `placeholders` raises `ValueError` here.
    """
    position = {name: index for index, name in enumerate(placeholders)}
    pieces: list[str] = []
    used: list[int] = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        name = placeholder_name(match)
        if name not in position:
            raise ValueError(f"no parameter is given for the placeholder {match[0]}")
        pieces.append(text[end : match.start()].replace("%", "%%"))
        used.append(position[name])
        end = match.end()
    if not used:
        return lambda parameters: text
    pattern = "%s".join([*pieces, text[end:].replace("%", "%%")])
    if len(used) == 1:
        only = used[0]
        return lambda parameters: pattern % (parameters[only],)
    pick = itemgetter(*used)
    return lambda parameters: pattern % pick(parameters)


def render_body(text: str, parameters: Mapping[str, str] | Sequence[str]) -> str:
    """The text with its parameters, by name or in the order of `find_placeholders`."""
    placeholders = find_placeholders(text)
    if isinstance(parameters, Mapping):
        parameters = [parameters[name] for name in placeholders]
    return compile_body(text, placeholders)(parameters)


def signed_text(signature_text: str, region: Region | str, body: str) -> str:
    """The whole text as it leaves: 【signature】body at home, [signature]body abroad; unsigned when it is empty."""
    if not signature_text:
        return body
    opening, closing = BRACKETS[Region(region)]
    return f"{opening}{signature_text}{closing}{body}"


# What a preview shows for a variable, by words in its name; numbered ones take from a list of their own.
_SAMPLES_BY_WORD: Final = {
    "code": "482913",
    "name": "Maria",
    "time": "10:30",
    "date": "12 May",
    "day": "12 May",
    "minute": "5",
    "order": "A20394",
    "number": "A20394",
    "amount": "128.00",
    "price": "128.00",
    "city": "Berlin",
    "url": "sms.example",
}
_SAMPLES_OF_CODES: Final = ["482913", "5"]
_SAMPLES_INTERNATIONAL: Final = ["Maria", "Berlin", "12 May", "10:30"]
_SAMPLES_DOMESTIC: Final = ["王女士", "上海市", "5月12日", "10:30"]


def sample_parameters(placeholders: Sequence[str], *, region: Region, is_code: bool) -> list[str]:
    """Plausible values for a preview, one per placeholder; `is_code`: the text carries a verification code."""
    if is_code:
        numbered: Sequence[str] = _SAMPLES_OF_CODES
    elif region is Region.DOMESTIC:
        numbered = _SAMPLES_DOMESTIC
    else:
        numbered = _SAMPLES_INTERNATIONAL
    return list(_samples(placeholders, numbered))


def _samples(placeholders: Sequence[str], numbered: Sequence[str]) -> Iterator[str]:
    for index, name in enumerate(placeholders):
        by_word = (value for word, value in _SAMPLES_BY_WORD.items() if word in name.lower())
        usual = numbered[index] if index < len(numbered) else f"value {index + 1}"
        yield next(by_word, usual)
