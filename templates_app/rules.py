"""The rules that signatures and body templates are checked by, one function each. Pure: no models.

A rule takes the text as its author wrote it and yields findings, each with its place in that text. A hard
finding keeps a text from being submitted; a soft one is shown to author and reviewer, who decide. To add a
rule, write its function and put it into `BODY_RULES` or `SIGNATURE_RULES`; editor, submission and review page
take it from there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _

from smsconsole.lib.types import Region
from templates_app.rendering import PLACEHOLDER, find_placeholders

BODY_LENGTH_MAX: Final = 500
REMARKS_LENGTH_MIN: Final = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, from `start` to `end` of the text; both are 0 when it concerns no place in it.

    `example` is a wording that passes. `field` names the input it belongs to: the text or the remarks.
    """

    rule_id: str
    hard: bool
    start: int
    end: int
    message: str
    example: str = ""
    field: str = "text"


@dataclass(frozen=True, slots=True)
class BodyDraft:
    """A body template as the rules see it. `kind` is a value of `TextKind`."""

    text: str
    kind: str
    region: Region
    remarks: str


BodyRule = Callable[[BodyDraft], Iterator[Finding]]


def check_body(draft: BodyDraft) -> list[Finding]:
    """Everything the rules find, hard findings first, each group from the text's beginning to its end."""
    found = [finding for rule in BODY_RULES for finding in rule(draft)]
    return in_order(found)


def in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (not one.hard, one.field != "text", one.start, one.end))


def without_repeats(findings: list[Finding]) -> list[Finding]:
    """For lists beside the marked text: one sentence once, however many places it is about."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.message, finding)
    return list(first.values())


# --- Rules of any text ----------------------------------------------------------------------------------

# Besides line feed: C0 and C1 controls, line and paragraph separators, and the marks that turn the direction
# of writing, with which a text can look different from what it says.
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def control_characters(text: str) -> Iterator[Finding]:
    for match in _CONTROL.finditer(text):
        name = unicodedata.name(match[0], f"U+{ord(match[0]):04X}")
        message = _("This invisible character (%(name)s) may not be sent.") % {"name": name}
        yield Finding("control-character", True, match.start(), match.end(), message)


def no_control_characters(draft: BodyDraft) -> Iterator[Finding]:
    return control_characters(draft.text)


def not_empty(draft: BodyDraft) -> Iterator[Finding]:
    if not draft.text.strip():
        yield Finding("empty", True, 0, 0, _("Write the text that people will read."))


def not_too_long(draft: BodyDraft) -> Iterator[Finding]:
    n = len(draft.text)
    if n > BODY_LENGTH_MAX:
        message = _("The text has %(n)d characters; at most %(max)d are allowed.")
        yield Finding("too-long", True, BODY_LENGTH_MAX, n, message % {"n": n, "max": BODY_LENGTH_MAX})


# --- Variables ------------------------------------------------------------------------------------------

# In braces, or in the full-width braces that Chinese keyboards write.
_LOOKS_LIKE_PLACEHOLDER: Final = re.compile(r"\$?\{[^{}\n]{0,40}\}|\$?｛[^｛｝\n]{0,40}｝")
# What a placeholder is replaced by, so that places stay the same and no other character can be mistaken for it.
_VARIABLE: Final = "\ue000"


def variables_well_formed(draft: BodyDraft) -> Iterator[Finding]:
    good = {match.span() for match in PLACEHOLDER.finditer(draft.text)}
    for match in _LOOKS_LIKE_PLACEHOLDER.finditer(draft.text):
        if match.span() not in good:
            message = _("“%(text)s” is not a variable. Write {1}, {2} … or ${name}, in half-width braces.")
            yield Finding(
                "malformed-variable",
                True,
                *match.span(),
                message % {"text": match[0]},
                "{1}  ${order_number}",
            )


def variables_numbered_from_one(draft: BodyDraft) -> Iterator[Finding]:
    numbers = {int(name) for name in find_placeholders(draft.text) if name.isdecimal()}
    missing = next((n for n in range(1, max(numbers, default=0)) if n not in numbers), None)
    if missing is None:
        return
    message = _("Variables are numbered from 1 without gaps: {%(missing)d} is missing.") % {
        "missing": missing
    }
    for match in PLACEHOLDER.finditer(draft.text):
        if match["number"] and int(match["number"]) > missing:
            yield Finding("variable-numbering", True, *match.span(), message, "{1} … {2} … {3}")


def variables_of_one_style(draft: BodyDraft) -> Iterator[Finding]:
    matches = list(PLACEHOLDER.finditer(draft.text))
    if len({match["name"] is None for match in matches}) < 2:
        return
    first_is_named = matches[0]["name"] is not None
    for match in matches:
        if (match["name"] is not None) != first_is_named:
            message = _("Use either numbered variables like {1} or named ones like ${name}, not both.")
            yield Finding("mixed-variables", True, *match.span(), message)


def variables_apart(draft: BodyDraft) -> Iterator[Finding]:
    matches = list(PLACEHOLDER.finditer(draft.text))
    for left, right in pairwise(matches):
        between = draft.text[left.end() : right.start()]
        if not between:
            message = _("Two variables may not stand side by side. Put words between them.")
            yield Finding("adjacent-variables", True, left.start(), right.end(), message, "{1} at {2}")
        elif between.isspace():
            message = _("Only a space parts these variables; reviewers cannot tell what will stand here.")
            yield Finding("adjacent-variables", False, left.start(), right.end(), message, "{1} at {2}")


def words_besides_variables(draft: BodyDraft) -> Iterator[Finding]:
    fixed = PLACEHOLDER.sub("", draft.text)
    has_words = any(character.isalnum() for character in fixed)
    if draft.text.strip() and not has_words and PLACEHOLDER.search(draft.text):
        message = _("A text of nothing but variables could say anything. Add words of its own.")
        yield Finding("only-variables", True, 0, len(draft.text), message, "Your order {1} is on its way.")


_TOP_LEVEL: Final = "com|cn|net|org|io|me|top|cc|co|link|app|shop|info|site|vip|de|uk|eu"
# Runs of what an address may consist of, a placeholder's stand-in included; Chinese ends it.
_URL_CHARACTERS: Final = rf"[\w.~:/?#@!$&'()*+,;=%{_VARIABLE}-]"
_URL: Final = re.compile(
    rf"(?:https?://|www\.){_URL_CHARACTERS}*"
    rf"|[A-Z0-9{_VARIABLE}-][A-Z0-9.{_VARIABLE}-]*\.(?:{_TOP_LEVEL})\b(?:/{_URL_CHARACTERS}*)?",
    re.IGNORECASE | re.ASCII,
)
_DIGIT: Final = re.compile(r"[0-9]")


def no_partial_variables(draft: BodyDraft) -> Iterator[Finding]:
    masked = PLACEHOLDER.sub(lambda match: _VARIABLE * len(match[0]), draft.text)
    for url in _URL.finditer(masked):
        if _VARIABLE in url[0]:
            message = _("A variable may not be part of a link. Links must be whole and fixed.")
            yield Finding("partial-variable", True, *url.span(), message, "https://shop.example/orders")
    for match in PLACEHOLDER.finditer(draft.text):
        neighbours = draft.text[max(match.start() - 1, 0) : match.start()] + draft.text[match.end() :][:1]
        if _DIGIT.search(neighbours):
            message = _("A variable may not be part of a number. Put the whole number into the variable.")
            yield Finding("partial-variable", True, *match.span(), message, "{1}")


# --- Characters -----------------------------------------------------------------------------------------

_SIGNATURE_BRACKETS: Final = re.compile("[【】]")
_BRACKETED_HEAD: Final = re.compile(r"\s*\[[^\]\n]*\]?")
_BRACKETED_TAIL: Final = re.compile(r"\[[^\[\n]*\]\s*\Z")


def no_signature_brackets(draft: BodyDraft) -> Iterator[Finding]:
    message = _("These brackets mark the signature. The console adds signature and brackets by itself.")
    for match in _SIGNATURE_BRACKETS.finditer(draft.text):
        yield Finding("signature-brackets", True, *match.span(), message)
    if at_an_end := _BRACKETED_HEAD.match(draft.text) or _BRACKETED_TAIL.search(draft.text):
        yield Finding("signature-brackets", True, *at_an_end.span(), message)


_GARBLED: Final = re.compile(r"[￥★☆☞√※♥♡]|\^_\^")


def no_garbled_symbols(draft: BodyDraft) -> Iterator[Finding]:
    for match in _GARBLED.finditer(draft.text):
        message = _("Some phones cannot show “%(text)s”.") % {"text": match[0]}
        yield Finding("garbled-symbol", False, *match.span(), message)


# --- Kinds ----------------------------------------------------------------------------------------------

_CODE_WORDS_DOMESTIC: Final = re.compile("验证码|校验码|注册码|动态码")
_CODE_WORDS_INTERNATIONAL: Final = re.compile(r"\bcodes?\b|验证码|驗證碼|校验码|注册码|动态码", re.IGNORECASE)


def verification_names_its_code(draft: BodyDraft) -> Iterator[Finding]:
    if draft.kind != "verification" or not draft.text.strip():
        return
    if draft.region is Region.DOMESTIC and not _CODE_WORDS_DOMESTIC.search(draft.text):
        message = _("A domestic verification text must contain the word “验证码”.")
        yield Finding("no-code-word", True, 0, 0, message, "您的验证码为{1}，请于{2}分钟内填写。")
    elif draft.region is Region.INTERNATIONAL and not _CODE_WORDS_INTERNATIONAL.search(draft.text):
        message = _("A verification text must contain the word “code”.")
        yield Finding("no-code-word", True, 0, 0, message, "Your verification code is {1}.")
    if not PLACEHOLDER.search(draft.text):
        message = _("Without a variable everybody gets the same code.")
        yield Finding("no-code-variable", False, 0, 0, message, "Your verification code is {1}.")


# At the end: "拒收请回复R", "回T退订", "退订回TD", a full stop after it or not.
_UNSUBSCRIBE_TAIL: Final = re.compile(
    r"(?:(?:拒收|退订)请?(?:回复?|发送?)\s*[A-Z0-9]{1,4}|(?:回复?|发送?)\s*[A-Z0-9]{1,4}\s*(?:即可)?(?:退订|拒收))[。.!！)）]?\s*\Z",
    re.IGNORECASE,
)
_UNSUBSCRIBE_WORDS: Final = re.compile(r"\bSTOP\b|unsubscribe|opt[ -]?out|退订|拒收", re.IGNORECASE)


def marketing_tells_how_to_stop(draft: BodyDraft) -> Iterator[Finding]:
    if draft.kind != "marketing" or not draft.text.strip():
        return
    if draft.region is Region.DOMESTIC and not _UNSUBSCRIBE_TAIL.search(draft.text):
        message = _("A domestic marketing text must end with how to refuse more of them.")
        yield Finding("no-unsubscribe", True, 0, 0, message, "拒收请回复R")
    elif draft.region is Region.INTERNATIONAL and not _UNSUBSCRIBE_WORDS.search(draft.text):
        message = _("Most countries ask marketing texts to say how to refuse more of them.")
        yield Finding("no-unsubscribe", False, 0, 0, message, "Reply STOP to unsubscribe.")


def scenario_described(draft: BodyDraft) -> Iterator[Finding]:
    if len(draft.remarks.strip()) < REMARKS_LENGTH_MIN:
        message = _("Say in at least %(min)d characters when and to whom this text is sent.")
        yield Finding(
            "no-scenario",
            True,
            0,
            0,
            message % {"min": REMARKS_LENGTH_MIN},
            _("Sent to customers when their parcel leaves our warehouse."),
            field="remarks",
        )


BODY_RULES: Final[list[BodyRule]] = [
    not_empty,
    not_too_long,
    no_control_characters,
    variables_well_formed,
    variables_numbered_from_one,
    variables_of_one_style,
    variables_apart,
    words_besides_variables,
    no_partial_variables,
    no_signature_brackets,
    no_garbled_symbols,
    verification_names_its_code,
    marketing_tells_how_to_stop,
    scenario_described,
]
