"""What rules are made of: a rule, what it found, and the drafts that it looks at. Pure: no models.

A rule is one function. It takes a draft as its author wrote it and yields a `Spot` for each place that is wrong.
The decorator of its rule book gives it an id, the words of the rule page, an example that it refuses and one that
it allows; the tests hold it to both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final, Generic, TypeVar

from django.utils import timezone
from django.utils.functional import Promise

from smsconsole.lib.types import Region

Words = str | Promise

EVERY_REGION: Final = frozenset(Region)


@dataclass(frozen=True, slots=True)
class BodyDraft:
    """A body template as the rules see it. `kind` is a value of `TextKind`, `entity` one of `EntityKind`.

    `on` is the day on which it is looked at: what is said of a holiday is right only near it.
    """

    text: str
    kind: str
    region: Region
    remarks: str
    entity: str = "enterprise"
    on: date = field(default_factory=timezone.localdate)


@dataclass(frozen=True, slots=True)
class SignatureDraft:
    """A signature as the rules see it. `type` and `use` are values of `SignatureType` and `SignatureUse`."""

    text: str
    type: str
    use: str
    region: Region
    remarks: str
    n_certificates: int
    entity: str = "enterprise"


@dataclass(frozen=True, slots=True)
class SenderIdDraft:
    """A sender ID as the rules see it. `country` is an ISO 3166 code or empty for every country."""

    text: str
    country: str
    remarks: str


@dataclass(frozen=True, slots=True)
class Spot:
    """One place where a rule is broken, from `start` to `end`; both are 0 when it concerns no place in the text.

    `hard` is set where it differs from the rule's; `field` names the input it belongs to; `example` passes.
    """

    message: str
    start: int = 0
    end: int = 0
    hard: bool | None = None
    example: str = ""
    field: str = "text"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, from `start` to `end` of the text; both are 0 when it concerns no place in it.

    A hard finding keeps a text from being submitted; a soft one is shown to author and reviewer, who decide.
    `page` is the name of the page that explains the rule, `preset` the reviewer's reason that fits.
    """

    rule_id: str
    hard: bool
    start: int
    end: int
    message: str
    example: str = ""
    field: str = "text"
    page: str = ""
    preset: str = ""


Draft = TypeVar("Draft", BodyDraft, SignatureDraft, SenderIdDraft)
Checker = Callable[[Draft], Iterator[Spot]]


@dataclass(frozen=True, slots=True)
class Rule(Generic[Draft]):
    """`title` says what holds, `why` the reason. `source` is the public rule it follows.

    `refuses` and `allows` are drafts; the part of them that matters is named by `shows`.
    """

    # A page shows the rule; Django's templates would call whatever can be called.
    do_not_call_in_templates: ClassVar[bool] = True

    id: str
    group: Words
    title: Words
    why: Words
    source: str
    hard: bool
    preset: str
    refuses: Draft
    allows: Draft
    shows: str
    check: Checker[Draft]
    page: str
    regions: frozenset[Region] = EVERY_REGION

    def __call__(self, draft: Draft) -> Iterator[Finding]:
        for spot in self.check(draft):
            yield Finding(
                rule_id=self.id,
                hard=self.hard if spot.hard is None else spot.hard,
                start=spot.start,
                end=spot.end,
                message=spot.message,
                example=spot.example,
                field=spot.field,
                page=self.page,
                preset=self.preset,
            )


class RuleBook(Generic[Draft]):
    """All rules of one kind of text, in the order of its page, which is called `page`."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.rules: list[Rule[Draft]] = []

    def rule(
        self,
        id: str,
        *,
        group: Words,
        title: Words,
        why: Words,
        source: str,
        refuses: Draft,
        allows: Draft,
        hard: bool = True,
        preset: str = "",
        shows: str = "text",
        regions: frozenset[Region] = EVERY_REGION,
    ) -> Callable[[Checker[Draft]], Rule[Draft]]:
        """Add the function below to the book."""

        def add(check: Checker[Draft]) -> Rule[Draft]:
            rule = Rule(
                id=id,
                group=group,
                title=title,
                why=why,
                source=source,
                hard=hard,
                preset=preset,
                refuses=refuses,
                allows=allows,
                shows=shows,
                check=check,
                page=self.page,
                regions=regions,
            )
            self.rules.append(rule)
            return rule

        return add

    def check(self, draft: Draft) -> list[Finding]:
        """Everything the rules find, hard findings first, each group from the text's beginning to its end."""
        return in_order(finding for rule in self.rules for finding in rule(draft))


BODY_BOOK: Final[RuleBook[BodyDraft]] = RuleBook("template-rules")
SIGNATURE_BOOK: Final[RuleBook[SignatureDraft]] = RuleBook("signature-rules")
SENDER_ID_BOOK: Final[RuleBook[SenderIdDraft]] = RuleBook("sender-id-rules")


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (not one.hard, one.field != "text", one.start, one.end))


def without_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """For lists beside the marked text: one sentence once, however many places it is about."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.message, finding)
    return list(first.values())
