"""The rules as tables: for the rule pages, and as `docs/rules.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from smsconsole.lib.countries import country_name
from smsconsole.lib.types import Region
from templates_app.presets import BODY_TEMPLATE_REASONS, SENDER_ID_REASONS, SIGNATURE_REASONS, Reason
from templates_app.rules import (
    BODY_BOOK,
    SENDER_ID_BOOK,
    SIGNATURE_BOOK,
    Needed,
    Rule,
    RuleBook,
    body_general,
    body_kinds,
    body_subjects,
    body_variables,
    certificates_needed,
    sender_id_rules,
    signature_rules,
)
from templates_app.rules.certificates import ENTERPRISE_TYPES
from templates_app.rules.kit import Draft, Words
from templates_app.statuses import SignatureType, SignatureUse, TextKind

_ORDER: Final[list[Words]] = [
    body_general.GENERAL,
    body_variables.VARIABLES,
    body_variables.LINKS,
    body_general.DESCRIPTION,
    body_kinds.VERIFICATION,
    body_kinds.NOTIFICATION,
    body_kinds.MARKETING,
    body_subjects.TIME,
    body_subjects.TOPIC,
    signature_rules.NAME,
    signature_rules.PROOF,
    sender_id_rules.FORM,
    sender_id_rules.COUNTRY,
]

# Longer examples are cut in tables; only that of the length itself is.
_SHOWN_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Example:
    """What an example is shown as. `about` says what of it matters where that is not the text alone."""

    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Row:
    """One rule on its page. `hard`: refused; `soft`: warned; both may be true, depending on the place."""

    rule: Rule[Any]
    refused: Example
    allowed: Example
    only_region: Region | None

    @property
    def is_hard(self) -> bool:
        return any(finding.hard for finding in self.rule(self.rule.refuses))


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that belong together. Topics are many and short: they are shown as a table."""

    title: Words
    rows: list[Row]

    @property
    def is_table(self) -> bool:
        return self.title == body_subjects.TOPIC


def groups_of(book: RuleBook[Any]) -> list[Group]:
    """The rules of a book by group."""
    ranked = sorted(book.rules, key=lambda rule: _ORDER.index(rule.group))
    return [
        Group(title, [_row(rule) for rule in rules])
        for title, rules in groupby(ranked, key=lambda rule: rule.group)
    ]


def _row(rule: Rule[Any]) -> Row:
    only = next(iter(rule.regions)) if len(rule.regions) == 1 else None
    return Row(rule, _example(rule, rule.refuses), _example(rule, rule.allows), only)


def _example(rule: Rule[Any], draft: Draft) -> Example:
    """The example, cut when long; invisible characters are named, so that they can be seen."""
    text = draft.remarks if rule.shows == "remarks" else draft.text
    text = "".join(one if one.isprintable() or one == "\n" else f"<U+{ord(one):04X}>" for one in text)
    text = text.replace("\n", "↵")
    if not text.strip():
        text = _("(nothing)")
    if len(text) > _SHOWN_MAX:
        text = f"{text[:20]}… ({len(text)})"
    return Example(text, " · ".join(_about(rule, draft)))


def _about(rule: Rule[Any], draft: Any) -> Iterator[str]:
    if rule.shows == "n_certificates":
        yield str(SignatureUse(draft.use).label)
        yield _("%(n)d attached") % {"n": draft.n_certificates}
    elif rule.shows == "type":
        yield str(SignatureType(draft.type).label)
    elif rule.shows == "country":
        yield country_name(draft.country)
    elif rule.shows == "entity":
        yield _("individual") if draft.entity == "individual" else _("enterprise")
    kind = getattr(draft, "kind", "")
    if kind and kind != TextKind.NOTIFICATION:
        yield str(TextKind(kind).label)


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """What a signature of this type needs, by who asks and for whom."""

    type: SignatureType
    own: Needed
    individual: Needed | None
    others: Needed


def certificate_rows() -> list[CertificateRow]:
    """The documents that each type needs; `individual` is None where individuals may not choose it."""
    return [
        CertificateRow(
            type=type,
            own=certificates_needed(type=type, use="own", entity="enterprise"),
            individual=None
            if type in ENTERPRISE_TYPES
            else certificates_needed(type=type, use="own", entity="individual"),
            others=certificates_needed(type=type, use="others", entity="enterprise"),
        )
        for type in SignatureType
    ]


def rules_document() -> str:
    """`docs/rules.md`, always in English."""
    with override("en"):
        return "\n".join(_document())


def _document() -> Iterator[str]:
    yield "# Rules of texts"
    yield ""
    yield "Written by `manage.py write_rules` from the rules and their examples; the tests hold every rule to both."
    yield "*Refused* keeps a text from being submitted, *warned* is for author and reviewer to judge. A rule may do"
    yield "either, by region and place; the column says what it does to its example."
    yield from _book("Body templates", BODY_BOOK)
    yield from _book("Signatures", SIGNATURE_BOOK)
    yield from _book("Sender IDs", SENDER_ID_BOOK)
    yield from _reasons("Reasons for rejecting a body template", BODY_TEMPLATE_REASONS, BODY_BOOK)
    yield from _reasons("Reasons for rejecting a signature", SIGNATURE_REASONS, SIGNATURE_BOOK)
    yield from _reasons("Reasons for rejecting a sender ID", SENDER_ID_REASONS, SENDER_ID_BOOK)
    yield ""


def _book(title: str, book: RuleBook[Any]) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| id | what | source | example | allowed |", "|---|---|---|---|---|")
    for group in groups_of(book):
        for row in group.rows:
            result = "refused" if row.is_hard else "warned"
            yield (
                f"| `{row.rule.id}` | {_cell(row.rule.title)} | {_cell(row.rule.source)} "
                f"| {result}: {_shown(row.refused)} | {_shown(row.allowed)} |"
            )


def _reasons(title: str, reasons: Iterable[Reason], book: RuleBook[Any]) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| no. | reason | example | found by |", "|---|---|---|---|")
    for reason in reasons:
        rules = [f"`{rule.id}`" for rule in book.rules if rule.preset == reason.key]
        number = ", ".join(map(str, reason.numbers)) or "–"
        found_by = ", ".join(rules) or "a reviewer"
        yield f"| {number} | {_cell(reason.words)} | {_cell(reason.example)} | {found_by} |"


def _shown(example: Example) -> str:
    about = f" ({_cell(example.about)})" if example.about else ""
    # As code: braces, dollars and angle brackets stay what they are. A code of spaces alone would not be shown.
    return f"`{example.text.replace('|', chr(92) + '|') or ' '}`{about}"


def _cell(words: Words) -> str:
    """Words that do not break a table of Markdown."""
    return str(words).replace("|", "\\|").replace("<", "&lt;")
