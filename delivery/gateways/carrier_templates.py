"""Texts approved at a carrier that takes a template and its values instead of a finished text.

The console writes the whole text; here it is taken apart again. Whatever split is found, the carrier puts the same
text together from it, so the first one that fits is as good as any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from delivery.gateways.errors import GatewayMisconfigured

# Where `delivery.lines.opening` puts the texts fetched from the carrier: [[id, text], …].
SETTING = "carrier_templates"

TENCENT_PLACEHOLDER = re.compile(r"\{(\d{1,3})\}")
ALIBABA_PLACEHOLDER = re.compile(r"\$\{(\w{1,40})\}")

# Both carriers put the signature in front by themselves, between these brackets.
_SIGNATURE = re.compile(r"【([^【】]{1,40})】|\[([^\[\]]{1,40})\]")


class Signed(NamedTuple):
    """A finished text and the signature it begins with; without brackets, "" when it has none."""

    signature: str
    body: str


class TemplateMatch(NamedTuple):
    """A template of the carrier, and its values by the names of its placeholders, in their order in the text."""

    template_id: str
    values: Mapping[str, str]


class _Template(NamedTuple):
    template_id: str
    literals: Sequence[str]  # what stands before, between and behind the placeholders
    names: Sequence[str]

    @property
    def n_literal(self) -> int:
        return sum(map(len, self.literals))


def split_signature(text: str) -> Signed:
    """The text without the signature in front of it."""
    match = _SIGNATURE.match(text)
    return Signed(match[1] or match[2], text[match.end() :]) if match else Signed("", text)


def templates_of(settings: Mapping[str, Any], placeholder: re.Pattern[str]) -> CarrierTemplates:
    """The templates among a gateway's settings; raises `GatewayMisconfigured`."""
    pairs = settings.get(SETTING) or []
    try:
        return CarrierTemplates([(str(template_id), str(text)) for template_id, text in pairs], placeholder)
    except (TypeError, ValueError):
        raise GatewayMisconfigured(_("The carrier's templates cannot be read. Fetch them again.")) from None


class CarrierTemplates:
    """The templates of one carrier account."""

    def __init__(self, pairs: Iterable[tuple[str, str]], placeholder: re.Pattern[str]) -> None:
        """`placeholder` finds one, with its name as the only group."""
        self._whole: dict[str, str] = {}
        templates = []
        for template_id, text in pairs:
            pieces = placeholder.split(_lines(text))
            if len(pieces) == 1:
                self._whole.setdefault(pieces[0], template_id)
            else:
                templates.append(_Template(template_id, pieces[::2], pieces[1::2]))
        # The most literal first: "Your code is {1}" must not be sent as "Your {1}".
        self._templates = sorted(templates, key=lambda template: (-template.n_literal, template.template_id))

    def __bool__(self) -> bool:
        return bool(self._whole or self._templates)

    def find(self, text: str) -> TemplateMatch | None:
        """The most literal template that the text can be made from; values are empty only if nothing else fits."""
        return self._find(text) or self._find(_lines(text))

    def _find(self, text: str) -> TemplateMatch | None:
        if (template_id := self._whole.get(text)) is not None:
            return TemplateMatch(template_id, {})
        for n_least in (1, 0):
            for template in self._templates:
                values = _values(template, text, n_least)
                if values is not None:
                    return TemplateMatch(template.template_id, values)
        return None


def _values(template: _Template, text: str, n_least: int) -> dict[str, str] | None:
    """The values that make the text from the template, each at least so long; None when there are none.

    Each literal is taken where it is found first. That finds a split whenever there is one, in one pass: a regular
    expression would try all of them on a text made to that end. Only where a name is used twice may it miss one.
    """
    first, *middle, last = template.literals
    end = len(text) - len(last)
    place = len(first)
    if not text.startswith(first) or not text.endswith(last) or end < place:
        return None
    values: dict[str, str] = {}
    for name, literal in zip(template.names, [*middle, None], strict=True):
        if literal is None:
            found, after = end, end
        else:
            found = text.find(literal, place + n_least, end)
            after = found + len(literal)
        if found < place + n_least:
            return None
        value = text[place:found]
        if values.setdefault(name, value) != value:
            return None
        place = after
    return values


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
