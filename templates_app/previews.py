"""What the editor shows while somebody types: the text on a phone, what it costs, what the rules say. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from smsconsole.lib.segments import SegmentCount, count_segments, suggest_replacement
from smsconsole.lib.types import Region
from templates_app.rendering import find_placeholders, render_body, sample_parameters, signed_text
from templates_app.rules import (
    BodyDraft,
    Finding,
    SenderIdDraft,
    SignatureDraft,
    check_body,
    check_sender_id,
    check_signature,
    value_problems,
    without_repeats,
)

SAMPLE_SIGNATURES = {Region.DOMESTIC: "演示商城", Region.INTERNATIONAL: "DemoShop"}
SAMPLE_BODIES = {
    Region.DOMESTIC: "您的订单A20394已打包发送，请注意查收。",
    Region.INTERNATIONAL: "Hello Maria, your order to Berlin is on its way.",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with one look: "" (plain), hard, soft or forcing."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Forcing:
    """A character that forces UCS-2. `replacement` is None when there is none, "" to leave it out.

    `is_in_source`: the author can replace it here; else it comes with the signature.
    """

    character: str
    name: str
    replacement: str | None
    is_in_source: bool


@dataclass(frozen=True, slots=True)
class SampleValue:
    """What a preview fills a variable with. `problems` say why a row with this value would be refused."""

    name: str
    value: str
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """`phone` is the final text with sample values, `source` the text as it is written, with its findings.

    `forcing` are the characters worth replacing; empty where the script itself needs UCS-2 (`needs_ucs2`).
    `without_forcing` is what the text would cost then.
    """

    phone: list[Piece]
    source: list[Piece]
    findings: list[Finding]
    n_characters: int
    count: SegmentCount
    forcing: list[Forcing]
    without_forcing: SegmentCount | None
    samples: Sequence[SampleValue] = ()

    @property
    def names(self) -> str:
        """The names of the variables, as the editor sends them back to say which values it shows."""
        return ",".join(sample.name for sample in self.samples)

    @property
    def n_replaceable(self) -> int:
        return sum(one.is_in_source for one in self.forcing)

    @property
    def needs_ucs2(self) -> bool:
        return self.count.encoding == "UCS-2" and not self.forcing


def preview_body(
    draft: BodyDraft, *, signature_text: str, values: Mapping[str, str] | None = None
) -> Preview:
    """A body template behind this signature (a sample one when empty), filled with `values` by name.

    A variable without one gets a plausible value.
    """
    samples = sample_values(draft, values or {})
    body = render_body(draft.text, [sample.value for sample in samples])
    signature_text = signature_text or SAMPLE_SIGNATURES[draft.region]
    final = signed_text(signature_text, draft.region, body)
    return _preview(final, source=draft.text, findings=check_body(draft), samples=samples)


def sample_values(draft: BodyDraft, values: Mapping[str, str]) -> list[SampleValue]:
    """A value for each variable of the text: the given one, else a plausible one; with what a row may not hold."""
    names = find_placeholders(draft.text)
    usual = sample_parameters(names, region=draft.region, is_code=draft.kind == "verification")
    chosen = {name: values.get(name, value) for name, value in zip(names, usual, strict=True)}
    return [
        SampleValue(
            name=name,
            value=value,
            problems=[one.words for one in value_problems(draft.kind, draft.entity, name, value)],
        )
        for name, value in chosen.items()
    ]


def preview_signature(draft: SignatureDraft) -> Preview:
    """A signature in front of a sample text."""
    final = signed_text(draft.text.strip(), draft.region, SAMPLE_BODIES[draft.region])
    return _preview(final, source=draft.text, findings=check_signature(draft))


def preview_sender_id(draft: SenderIdDraft) -> Preview:
    """A sample text under a sender ID."""
    final = signed_text("", Region.INTERNATIONAL, SAMPLE_BODIES[Region.INTERNATIONAL])
    return _preview(final, source=draft.text, findings=check_sender_id(draft))


def replace_forcing(text: str, which: str) -> str:
    """The text with one character that forces UCS-2 replaced as suggested, or all of them ("all")."""
    if which == "all":
        return "".join(map(_replaced, text))
    return text.replace(which, _replaced(which)) if len(which) == 1 else text


def marked(text: str, findings: Iterable[Finding], forcing: Iterable[str] = ()) -> list[Piece]:
    """The text cut where findings begin and end; where hard and soft ones overlap, hard shows.

    The characters of `forcing` are marked too where no finding is.
    """
    forcing = frozenset(forcing)
    looks = ["forcing" if character in forcing else "" for character in text]
    for finding in sorted(findings, key=lambda one: one.hard):
        if finding.field == "text":
            width = finding.end - finding.start
            looks[finding.start : finding.end] = ["hard" if finding.hard else "soft"] * width
    return _pieces(text, looks)


def _preview(
    final: str, *, source: str, findings: list[Finding], samples: Sequence[SampleValue] = ()
) -> Preview:
    count = count_segments(final)
    forcing = _worth_replacing(count, source=source)
    characters = {one.character for one in forcing}
    looks = ["forcing" if character in characters else "" for character in final]
    replaced = "".join(_replaced(character) for character in final) if forcing else ""
    return Preview(
        phone=_pieces(final, looks),
        source=marked(source, findings, characters),
        findings=without_repeats(findings),
        n_characters=len(final),
        count=count,
        forcing=forcing,
        without_forcing=count_segments(replaced) if forcing else None,
        samples=samples,
    )


def _worth_replacing(count: SegmentCount, *, source: str) -> list[Forcing]:
    """Nothing, as soon as a letter cannot be written otherwise: then the script needs UCS-2, and that is fine."""
    forcing = [
        Forcing(
            character=character,
            name=unicodedata.name(character, f"U+{ord(character):04X}"),
            replacement=suggest_replacement(character),
            is_in_source=character in source,
        )
        for character in count.forcing
    ]
    is_script = any(one.replacement is None and one.character.isalpha() for one in forcing)
    return [] if is_script else forcing


def _replaced(character: str) -> str:
    """The suggested replacement; characters without one (pictures, mostly) are left out."""
    if count_segments(character).encoding == "GSM-7":
        return character
    return suggest_replacement(character) or ""


def _pieces(text: str, looks: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or looks[index] != looks[start]:
            pieces.append(Piece(text[start:index], looks[start]))
            start = index
    return pieces
