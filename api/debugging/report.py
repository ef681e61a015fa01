"""What a check of a signature found, ready to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from django.utils.translation import gettext as _

# Of a signature only its beginning is shown: whole, it would let whoever reads the page send the request.
SHOWN_CHARACTERS = 10
# What stands in a string in the place of a secret.
HIDDEN = "••••••"

_NAMES = {"\n": "↵", "\t": "⇥", "\r": "␍", " ": "␣", "\u00a0": "⍽"}


class Marked(NamedTuple):
    """A text in three parts: as far as both are the same, the first character that differs, the rest."""

    same: str
    differs: str
    rest: str


class Difference(NamedTuple):
    """Where two texts part. `line` and `column` begin at 1."""

    line: int
    column: int
    ours: Marked
    theirs: Marked
    words: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of signing. `theirs` None: the program's own is not known.

    `is_worked_out`: nobody handed it over; a mistake was found by which the signature of the request comes about.
    """

    title: str
    explanation: str
    ours: str
    theirs: str | None = None
    is_same: bool = False
    difference: Difference | None = None
    is_worked_out: bool = False


class Finding(NamedTuple):
    """Something that is wrong (`error`), may be wrong (`warning`), or is worth knowing (`info`)."""

    level: Literal["error", "warning", "info"]
    words: str


@dataclass(slots=True)
class Report:
    """`is_right` None: it could not be checked, the findings say why."""

    scheme: str
    is_right: bool | None = None
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    mistakes: Sequence[str] = ()

    def by_weight(self) -> list[Finding]:
        """The findings, errors first."""
        weights = ("error", "warning", "info")
        return sorted(self.findings, key=lambda finding: weights.index(finding.level))

    def has_errors(self) -> bool:
        return any(finding.level == "error" for finding in self.findings)

    def error(self, words: str) -> None:
        self.findings.append(Finding("error", words))

    def warning(self, words: str) -> None:
        self.findings.append(Finding("warning", words))

    def info(self, words: str) -> None:
        self.findings.append(Finding("info", words))

    def step(
        self, title: str, explanation: str, ours: str, theirs: str = "", *, worked_out: str = ""
    ) -> None:
        """Add a step, compared with the program's own (`theirs`), or with what it must have been (`worked_out`)."""
        known = theirs or worked_out
        self.steps.append(
            Step(
                title,
                explanation,
                ours,
                theirs=known or None,
                is_same=ours == known,
                difference=difference(ours, known) if known else None,
                is_worked_out=bool(worked_out and not theirs),
            )
        )

    def last_step(self, title: str, explanation: str, ours: str, theirs: str) -> None:
        """The signatures, by their beginnings. Where two of them part says nothing."""
        self.steps.append(
            Step(title, explanation, beginning(ours), theirs=beginning(theirs), is_same=ours == theirs)
        )


def beginning(signature: str) -> str:
    """As much of a signature as is shown."""
    return signature if len(signature) <= SHOWN_CHARACTERS else signature[:SHOWN_CHARACTERS] + "…"


def difference(ours: str, theirs: str) -> Difference | None:
    """The first place at which two texts differ; None when they are the same."""
    if ours == theirs:
        return None
    shorter = min(len(ours), len(theirs))
    at = next((n for n in range(shorter) if ours[n] != theirs[n]), shorter)
    before = ours[:at]
    return Difference(
        line=before.count("\n") + 1,
        column=at - (before.rfind("\n") + 1) + 1,
        ours=_marked(ours, at),
        theirs=_marked(theirs, at),
        words=_words(ours, theirs, at),
    )


def _marked(text: str, at: int) -> Marked:
    differs = text[at : at + 1]
    # A line end that is marked is drawn and still ends its line.
    drawn = "∎" if not differs else _NAMES.get(differs, differs) + ("\n" if differs == "\n" else "")
    return Marked(text[:at], drawn, text[at + 1 :])


def _words(ours: str, theirs: str, at: int) -> str:
    if at == len(theirs):
        return _("Yours ends here; ours goes on with %(ours)s.") % {"ours": _name(ours[at])}
    if at == len(ours):
        return _("Ours ends here; yours goes on with %(theirs)s.") % {"theirs": _name(theirs[at])}
    return _("Ours has %(ours)s, yours %(theirs)s.") % {"ours": _name(ours[at]), "theirs": _name(theirs[at])}


def _name(character: str) -> str:
    """How a single character is called in a sentence."""
    if character == "\n":
        return _("a line end")
    if character in " \t\r\u00a0" or not character.isprintable():
        return f"U+{ord(character):04X}"
    return f"“{character}”"
