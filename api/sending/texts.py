"""Which reviewed text an order means, and who signs it: by number, or found behind a whole text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from api.sending.ground import Ground, UsableSignature, UsableTemplate, read_ground, read_json
from api.sending.matching import Match, Pattern, best_match, pattern_of
from api.sending.orders import COMMON, Order, OrderRefused, Refusal
from api.sending.remembered import Remembered
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.rendering import compile_body, signed_text
from templates_app.statuses import TextKind

# A text that no remembered template fits is compared with what is approved now, but not more often than so.
_ASK_AGAIN_SECONDS = 0.5
_MAX_ID = 2**63 - 1
_TEMPLATE_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_FRONT = re.compile(r"\s*(?:【([^【】\n]{1,30})】|\[([^\[\]\n]{1,30})\])")
_APPROVED = """
SELECT t.region, t.id, r.id, r.kind, r.text, r.placeholders
FROM templates_app_bodytemplate t
JOIN templates_app_bodytemplaterevision r ON r.body_template_id = t.id AND r.status = 'approved'
WHERE t.project_id = %s ORDER BY t.id
"""

_NOT_USABLE = {
    "template": "The project has no approved template with this number. Look it up on the page of its templates.",
    "region": "The template is for the other region: domestic and international texts are reviewed apart.",
    "signature": "The project has no approved signature “%(text)s” for this region.",
    "missing": "Domestic messages carry a signature. Name one of the project's approved signatures.",
    "unmatched": "The text fits none of the project's approved templates for this region. Submit it for review first.",
}

_patterns: Remembered[dict[Region, list[Pattern]]] = Remembered()


@dataclass(frozen=True, slots=True)
class ChosenText:
    """The approved text of an order. `parameters` are those found in a whole text; None: each recipient has its own."""

    ground: Ground
    region: Region
    template: UsableTemplate
    signature: UsableSignature | None
    parameters: tuple[str, ...] | None

    @property
    def kind(self) -> str:
        return self.template.kind

    @property
    def consent_key(self) -> str:
        """For whom entries of number lists count; empty for an unsigned text, for which only the general ones do."""
        return f"{self.signature.uuid}:{self.kind}" if self.signature else ""

    @property
    def tags(self) -> dict[str, str]:
        """What statistics and alarms go by."""
        tags = {"kind": self.kind, "region": str(self.region), "template": self.template.uuid}
        if self.signature is not None:
            tags["signature"] = self.signature.uuid
        return tags

    def maker(self) -> Callable[[Sequence[str]], str]:
        """A function from a recipient's parameters to the whole text."""
        front = signed_text(self.signature.text if self.signature else "", self.region, "")
        fill = compile_body(self.template.text, self.template.placeholders)
        return lambda parameters: front + fill(parameters)


class _Split(NamedTuple):
    """A way to read a whole text: who signs, and the body."""

    signature: str
    body: str


def choose_text(project: Project, order: Order, region: Region | None) -> ChosenText:
    """The text that the order means. One statement for a template's number, two at most for a whole text.

    Raises `OrderRefused`. A `region` of None (no number is one) is that of the template.
    """
    if not is_plain(order.signature):
        raise OrderRefused(
            Refusal.SIGNATURE_UNUSABLE, _NOT_USABLE["signature"] % {"text": ""}, field="signature"
        )
    if order.template_id:
        return _by_number(project, order, region)
    return _by_text(project, order, region or order.region or Region.DOMESTIC)


def _by_number(project: Project, order: Order, region: Region | None) -> ChosenText:
    asked = int(order.template_id) if _TEMPLATE_ID.fullmatch(order.template_id) else 0
    template_id = asked if asked <= _MAX_ID else 0
    ground = _ground(project, order, region or Region.DOMESTIC, template_id, order.signature)
    template = ground.template
    if template is None:
        raise OrderRefused(Refusal.TEMPLATE_UNUSABLE, _NOT_USABLE["template"], field="template_id")
    if region is None and template.region is not Region.DOMESTIC:
        ground = _ground(project, order, template.region, template_id, order.signature)
    if template.region is not (region or template.region):
        raise OrderRefused(Refusal.TEMPLATE_OF_OTHER_REGION, _NOT_USABLE["region"], field="template_id")
    signature = _signature(ground, order, template.region, order.signature)
    return ChosenText(ground, template.region, template, signature, None)


def _by_text(project: Project, order: Order, region: Region) -> ChosenText:
    """Of the ways to read the text the first one with both an approved body and an approved signature."""
    unsigned: OrderRefused | None = None
    for split in _splits(order, region):
        match = _match(project, order, region, split.body)
        if match is None:
            continue
        ground = _ground(project, order, region, match.pattern.template_id, split.signature)
        template = ground.template
        if template is None or template.revision_id != match.pattern.revision_id:
            # What was remembered is not approved any more.
            _patterns.forget(project.pk)
            match = _match(project, order, region, split.body)
            if match is None:
                continue
            ground = _ground(project, order, region, match.pattern.template_id, split.signature)
            template = ground.template
        if template is None:
            continue
        try:
            signature = _signature(ground, order, region, split.signature)
        except OrderRefused as refused:
            unsigned = unsigned or refused
            continue
        return ChosenText(ground, region, template, signature, match.parameters)
    raise unsigned or OrderRefused(Refusal.TEXT_MATCHES_NO_TEMPLATE, _NOT_USABLE["unmatched"], field="text")


def _splits(order: Order, region: Region) -> Iterator[_Split]:
    """The ways to read the text: as signed by its front, then, where nobody need sign, as a body alone."""
    front = _FRONT.match(order.text)
    signed_by = (front[1] or front[2]).strip() if front else ""
    if front and order.signature in ("", signed_by):
        yield _Split(signed_by, order.text[front.end() :])
    if order.signature or not front or region is Region.INTERNATIONAL:
        yield _Split(order.signature, order.text)


def _match(project: Project, order: Order, region: Region, body: str) -> Match | None:
    """The approved template behind a body, as this process remembers them; asked again when none fits."""
    if not is_plain(body):
        return None
    match = best_match(_fitting(project, order, region), body)
    if match is None and _patterns.age(project.pk) > _ASK_AGAIN_SECONDS:
        _patterns.forget(project.pk)
        match = best_match(_fitting(project, order, region), body)
    return match


def _fitting(project: Project, order: Order, region: Region) -> Iterator[Pattern]:
    known = _patterns.get(project.pk, lambda: _read_patterns(project))
    for pattern in known[region]:
        if order.kind in ("", pattern.kind) or (order.kind == COMMON and pattern.kind != TextKind.MARKETING):
            yield pattern


def _read_patterns(project: Project) -> dict[Region, list[Pattern]]:
    found: dict[Region, list[Pattern]] = {region: [] for region in Region}
    with connection.cursor() as cursor:
        cursor.execute(_APPROVED, [project.pk])
        for region, template_id, revision_id, kind, text, placeholders in cursor.fetchall():
            found[Region(region)].append(
                pattern_of(template_id, revision_id, kind, text, read_json(placeholders))
            )
    return found


def _ground(project: Project, order: Order, region: Region, template_id: int, signature: str) -> Ground:
    sender_id = order.sender_id if is_plain(order.sender_id) else "\ufffd"
    return read_ground(project, region, template_id=template_id, signature=signature, sender_id=sender_id)


def _signature(ground: Ground, order: Order, region: Region, asked: str) -> UsableSignature | None:
    """The approved signature of this text. Without one asked for: at home the project's only one, abroad none."""
    if asked:
        if not ground.signatures:
            words = _NOT_USABLE["signature"] % {"text": asked[:30]}
            raise OrderRefused(Refusal.SIGNATURE_UNUSABLE, words, field="signature")
        return ground.signatures[0]
    if region is Region.INTERNATIONAL:
        return None
    if order.needs_signature or len(ground.signatures) != 1:
        raise OrderRefused(Refusal.SIGNATURE_MISSING, _NOT_USABLE["missing"], field="signature")
    return ground.signatures[0]


def is_plain(text: str) -> bool:
    """Whether PostgreSQL can keep it: no NUL, no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text))
