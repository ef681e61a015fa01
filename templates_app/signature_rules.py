"""The rules that signatures are checked by, one function each; see `rules` for how they work. Pure: no models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from smsconsole.lib.types import Region
from templates_app.rules import Finding, control_characters, in_order

LENGTH_MIN: Final = 2
LENGTH_MAX: Final = {Region.DOMESTIC: 12, Region.INTERNATIONAL: 15}


@dataclass(frozen=True, slots=True)
class SignatureDraft:
    """A signature as the rules see it. `type` and `use` are values of `SignatureType` and `SignatureUse`."""

    text: str
    type: str
    use: str
    region: Region
    remarks: str
    n_certificates: int


SignatureRule = Callable[[SignatureDraft], Iterator[Finding]]


def check_signature(draft: SignatureDraft) -> list[Finding]:
    """Everything the rules find, hard findings first, each group from the text's beginning to its end."""
    return in_order([finding for rule in SIGNATURE_RULES for finding in rule(draft)])


def not_empty(draft: SignatureDraft) -> Iterator[Finding]:
    if not draft.text.strip():
        yield Finding("empty", True, 0, 0, _("Write the name that stands in front of your messages."))


def no_control_characters(draft: SignatureDraft) -> Iterator[Finding]:
    return control_characters(draft.text)


def length_in_bounds(draft: SignatureDraft) -> Iterator[Finding]:
    n, longest = len(draft.text), LENGTH_MAX[draft.region]
    if n and not LENGTH_MIN <= n <= longest:
        message = (
            _("A domestic signature has %(min)d to %(max)d characters; this one has %(n)d.")
            if draft.region is Region.DOMESTIC
            else _("An international signature has %(min)d to %(max)d characters; this one has %(n)d.")
        )
        start = longest if n > longest else 0
        yield Finding("length", True, start, n, message % {"min": LENGTH_MIN, "max": longest, "n": n})


_BRACKET: Final = re.compile(r"[【】\[\]〔〕「」『』]")


def no_brackets(draft: SignatureDraft) -> Iterator[Finding]:
    for match in _BRACKET.finditer(draft.text):
        message = _("Leave the brackets out; the console adds them.")
        yield Finding("brackets", True, *match.span(), message)


def only_letters_and_digits(draft: SignatureDraft) -> Iterator[Finding]:
    """Letters of any script and digits; single spaces inside Latin words. Carriers refuse symbols like + @ |."""
    for index, character in enumerate(draft.text):
        # Brackets and controls have messages of their own.
        if character.isalnum() or _BRACKET.match(character) or any(control_characters(character)):
            continue
        if character == " " and _parts_latin_words(draft.text, index):
            continue
        message = (
            _("Spaces may only part Latin words, one at a time.")
            if character.isspace()
            else _("“%(character)s” may not be in a signature: letters and digits only.")
            % {"character": character}
        )
        yield Finding("characters", True, index, index + 1, message, "Demo Shop 24")


def _parts_latin_words(text: str, index: int) -> bool:
    """Whether this space has a Latin letter or digit on both sides (Latin: before the Greek block)."""
    around = [text[index - 1 : index], text[index + 1 : index + 2]]
    return all(side and side.isalnum() and side < "\u0370" for side in around)


# Words that tell nobody who is writing.
_NEUTRAL: Final = frozenset(
    [
        *("测试", "测试签名", "验证码", "通知", "会议通知", "系统通知", "短信", "提醒", "温馨提示"),
        *("客服", "公司", "系统", "活动", "优惠", "会员", "你好", "您好", "aabb", "abc"),
        *("test", "testing", "code", "verification", "notice", "notification", "message", "sms", "info"),
        *("alert", "reminder", "system", "service", "company", "signature", "hello", "customer"),
    ]
)


def says_who_is_writing(draft: SignatureDraft) -> Iterator[Finding]:
    if draft.text.strip().casefold() in _NEUTRAL:
        message = _("“%(text)s” does not say who is writing. Use the name of the company, app or site.")
        yield Finding(
            "neutral", True, 0, len(draft.text), message % {"text": draft.text.strip()}, "Demo Shop"
        )
    elif draft.text.isdecimal():
        message = _("A signature of digits alone does not say who is writing.")
        yield Finding("neutral", True, 0, len(draft.text), message, "Demo Shop 24")


_DESCRIBED_TYPES: Final = frozenset({"app", "website", "official_account"})


def source_described(draft: SignatureDraft) -> Iterator[Finding]:
    if draft.type in _DESCRIBED_TYPES and not draft.remarks.strip():
        message = _("Give the link of the app, the domain of the website or the full name of the account.")
        yield Finding("no-source", True, 0, 0, message, "https://shop.example", field="remarks")


def right_to_the_name_shown(draft: SignatureDraft) -> Iterator[Finding]:
    if draft.n_certificates:
        return
    if draft.use == "others":
        message = _("A signature for others needs their letter of authorisation and their certificate.")
        yield Finding("no-certificate", True, 0, 0, message, field="certificates")
    else:
        message = _(
            "No certificate is attached. The reviewer may ask for one that shows the right to the name."
        )
        yield Finding("no-certificate", False, 0, 0, message, field="certificates")


SIGNATURE_RULES: Final[list[SignatureRule]] = [
    not_empty,
    no_control_characters,
    length_in_bounds,
    no_brackets,
    only_letters_and_digits,
    says_who_is_writing,
    source_described,
    right_to_the_name_shown,
]
