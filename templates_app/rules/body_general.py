"""Rules that hold for every body template: its length, its characters, its fixed words, its description."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smsconsole.lib.types import Region
from templates_app.rendering import PLACEHOLDER, find_placeholders
from templates_app.rules.kit import BODY_BOOK, BodyDraft, Spot
from templates_app.rules.limits import body_max, scenario_min, signature_bounds, who_may_change
from templates_app.rules.places import CONTROL, links, n_words

GENERAL: Final = gettext_lazy("Every text")
DESCRIPTION: Final = gettext_lazy("Scenario description")

HOME, ABROAD = Region.DOMESTIC, Region.INTERNATIONAL
_SCENARIO: Final = "Sent to customers when their parcel leaves our warehouse."


def notice(text: str, region: Region = ABROAD, *, remarks: str = _SCENARIO) -> BodyDraft:
    """A notification to show a rule by."""
    return BodyDraft(text, "notification", region, remarks)


@BODY_BOOK.rule(
    "empty",
    group=GENERAL,
    title=gettext_lazy("There is a text"),
    why=gettext_lazy("A message without words tells nobody anything."),
    source="Alibaba Cloud SMS, template content: 1 to 500 characters",
    preset="unclear",
    refuses=notice("   "),
    allows=notice("Your parcel has left our warehouse."),
)
def not_empty(draft: BodyDraft) -> Iterator[Spot]:
    if not draft.text.strip():
        yield Spot(_("Write the text that people will read."), example="Your order {1} is on its way.")


@BODY_BOOK.rule(
    "too-long",
    group=GENERAL,
    title=gettext_lazy("The whole message fits its limit"),
    why=gettext_lazy(
        "Carriers take up to 500 characters in one message. The signature, its brackets and the values of the "
        "variables count too; every letter, digit, sign, space and Chinese character counts as one."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准: at most 500 characters with signature",
    preset="format",
    refuses=notice("x" * 501),
    allows=notice("Your order {1} is on its way."),
)
def not_too_long(draft: BodyDraft) -> Iterator[Spot]:
    n, most = len(draft.text), body_max()
    fewest, longest = signature_bounds(draft.region)
    # At home every message is signed; abroad the signature may be left out.
    room = most - fewest - 2 if draft.region is HOME else most
    if n > room:
        message = _(
            "The text has %(n)d characters; %(room)d have room, because a message holds %(max)d with its "
            "signature. Shorten it. %(who)s"
        )
        yield Spot(message % {"n": n, "room": room, "max": most, "who": who_may_change("BODY_MAX")}, room, n)
    elif n > most - longest - 2:
        message = _(
            "With a signature of %(longest)d characters this is longer than the %(max)d characters of a message. "
            "Shorten it, or use a short signature."
        )
        yield Spot(message % {"longest": longest, "max": most}, most - longest - 2, n, hard=False)


def control_characters(text: str) -> Iterator[Spot]:
    for match in CONTROL.finditer(text):
        name = unicodedata.name(match[0], f"U+{ord(match[0]):04X}")
        message = _(
            "This invisible character (%(name)s) may not be sent: with it a text can look different from what it "
            "says. Delete it."
        )
        yield Spot(message % {"name": name}, match.start(), match.end())


@BODY_BOOK.rule(
    "control-character",
    group=GENERAL,
    title=gettext_lazy("No invisible characters"),
    why=gettext_lazy(
        "Control characters and those that turn the direction of writing can make a text look different from what "
        "it says. A line break is fine."
    ),
    source="Our own rule",
    preset="format",
    refuses=notice("Your parcel \u202ehas left."),
    allows=notice("Your parcel\nhas left."),
)
def no_control_characters(draft: BodyDraft) -> Iterator[Spot]:
    return control_characters(draft.text)


_SIGNATURE_BRACKETS: Final = re.compile("[【】]")
_BRACKETED_HEAD: Final = re.compile(r"\s*\[[^\]\n]*\]?")
_BRACKETED_TAIL: Final = re.compile(r"\[[^\[\n]*\]\s*\Z")


@BODY_BOOK.rule(
    "signature-brackets",
    group=GENERAL,
    title=gettext_lazy("No signature inside the text"),
    why=gettext_lazy(
        "【】 anywhere, and [ ] at the beginning or the end, look like a second signature. The console adds the "
        "signature and its brackets by itself."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准; Alibaba Cloud SMS, help 463270",
    preset="symbols",
    refuses=notice("【演示商城】您的订单已发出。", HOME),
    allows=notice("您的订单A20394已发出，请注意查收。", HOME),
)
def no_signature_brackets(draft: BodyDraft) -> Iterator[Spot]:
    message = _(
        "These brackets mark the signature. The console adds the signature and its brackets by itself; leave both out."
    )
    for match in _SIGNATURE_BRACKETS.finditer(draft.text):
        yield Spot(message, *match.span())
    if at_an_end := _BRACKETED_HEAD.match(draft.text) or _BRACKETED_TAIL.search(draft.text):
        yield Spot(message, *at_an_end.span())


_FORBIDDEN_AT_HOME: Final = re.compile(r"[￥★☞√※&]|\^_\^")
_GARBLED: Final = re.compile(r"[￥★☆☞√※♥♡]|\^_\^")


@BODY_BOOK.rule(
    "garbled-symbol",
    group=GENERAL,
    title=gettext_lazy("No symbols that phones garble"),
    why=gettext_lazy(
        "Carriers at home refuse ￥ ★ ☞ √ ※ & and faces like ^_^, because many phones show something else in "
        "their place. Abroad they are only advised against."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准: illegal characters",
    preset="symbols",
    refuses=notice("全场满￥100免运费。", HOME),
    allows=notice("全场满100元免运费。", HOME),
)
def no_garbled_symbols(draft: BodyDraft) -> Iterator[Spot]:
    inside_links = {n for start, end, _address in links(draft.text) for n in range(start, end)}
    pattern = _FORBIDDEN_AT_HOME if draft.region is HOME else _GARBLED
    for match in pattern.finditer(draft.text):
        if match.start() not in inside_links:
            message = _("Some phones cannot show “%(text)s”. Say it in words.") % {"text": match[0]}
            yield Spot(message, *match.span(), hard=draft.region is HOME)
    if draft.region is HOME:
        for match in re.finditer("[☆♥♡]", draft.text):
            message = _("Some phones cannot show “%(text)s”. Say it in words.") % {"text": match[0]}
            yield Spot(message, *match.span(), hard=False)


@BODY_BOOK.rule(
    "only-variables",
    group=GENERAL,
    title=gettext_lazy("Words besides the variables"),
    why=gettext_lazy("A text of nothing but variables could say anything; nobody can approve that."),
    source="Tencent Cloud SMS, 正文模板审核标准: no all-variable template",
    preset="unclear",
    refuses=notice("{1}, {2}!"),
    allows=notice("Your order {1} to {2} is on its way."),
)
def words_besides_variables(draft: BodyDraft) -> Iterator[Spot]:
    fixed = PLACEHOLDER.sub("", draft.text)
    has_words = any(character.isalnum() for character in fixed)
    if draft.text.strip() and not has_words and PLACEHOLDER.search(draft.text):
        message = _("A text of nothing but variables could say anything. Add words of its own.")
        yield Spot(message, 0, len(draft.text), example="Your order {1} is on its way.")


@BODY_BOOK.rule(
    "little-fixed-text",
    group=GENERAL,
    title=gettext_lazy("Enough fixed words to see what it is about"),
    why=gettext_lazy(
        "A reviewer must be able to tell from the fixed words what people will read. Texts that leave it open are "
        "sent back."
    ),
    source="Tencent Cloud SMS, 常见模板驳回原因: unclear content",
    hard=False,
    preset="unclear",
    refuses=notice("Info: {1}"),
    allows=notice("Your order {1} has been shipped."),
)
def enough_fixed_words(draft: BodyDraft) -> Iterator[Spot]:
    n = n_words(draft.text)
    n_variables = len(find_placeholders(draft.text))
    if draft.text.strip() and 0 < n < max(2, n_variables):
        message = _(
            "There are few fixed words, so a reviewer cannot tell what people will read. Say in the text what it "
            "is about."
        )
        yield Spot(message, 0, len(draft.text), example="Your order {1} has been shipped.")


@BODY_BOOK.rule(
    "no-scenario",
    group=DESCRIPTION,
    title=gettext_lazy("When and to whom it is sent"),
    why=gettext_lazy("The reviewer decides by the occasion. A few words now save a rejection later."),
    source="Tencent Cloud SMS, 正文模板审核标准: remarks",
    preset="unclear",
    shows="remarks",
    refuses=notice("Your parcel has left our warehouse.", remarks="orders"),
    allows=notice("Your parcel has left our warehouse."),
)
def scenario_described(draft: BodyDraft) -> Iterator[Spot]:
    if len(draft.remarks.strip()) < scenario_min():
        message = _("Say in at least %(min)d characters when and to whom this text is sent.")
        yield Spot(
            message % {"min": scenario_min()},
            example=_("Sent to customers when their parcel leaves our warehouse."),
            field="remarks",
        )


_VARIABLES_TO_EXPLAIN: Final = 4
_REMARKS_THAT_EXPLAIN: Final = 40


@BODY_BOOK.rule(
    "variables-unexplained",
    group=DESCRIPTION,
    title=gettext_lazy("What many variables hold"),
    why=gettext_lazy(
        "With four or more numbered variables a reviewer wants to read one filled text, so that none is a surprise."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准: give a filled sample",
    hard=False,
    preset="variable",
    shows="remarks",
    refuses=notice("Hello {1}, room {2} is ready from {3} to {4} for you.", remarks="To hotel guests"),
    allows=notice(
        "Hello {1}, room {2} is ready from {3} to {4} for you.",
        remarks="To hotel guests: Hello Maria, room 12 is ready from 10:00 to 12:00 for you.",
    ),
)
def many_variables_explained(draft: BodyDraft) -> Iterator[Spot]:
    numbered = [name for name in find_placeholders(draft.text) if name.isdecimal()]
    remarks = len(draft.remarks.strip())
    if len(numbered) >= _VARIABLES_TO_EXPLAIN and scenario_min() <= remarks < _REMARKS_THAT_EXPLAIN:
        message = _(
            "This text has %(n)d numbered variables. Write the text once with sample values, so that the reviewer "
            "sees what they hold."
        )
        yield Spot(
            message % {"n": len(numbered)},
            example=_("To hotel guests: Hello Maria, room 12 is ready from 10:00 to 12:00."),
            field="remarks",
        )
