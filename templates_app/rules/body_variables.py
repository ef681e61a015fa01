"""Rules of the variables in body templates, and of links and numbers, which variables may not be part of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smsconsole.lib.types import Region
from templates_app.rendering import PLACEHOLDER, find_placeholders
from templates_app.rules.body_general import HOME, notice
from templates_app.rules.kit import BODY_BOOK, BodyDraft, Spot
from templates_app.rules.places import CONTACT_NUMBER, VARIABLE, links, masked

VARIABLES: Final = gettext_lazy("Variables")
LINKS: Final = gettext_lazy("Links and numbers")

# In braces, or in the full-width braces that Chinese keyboards write.
_LOOKS_LIKE_PLACEHOLDER: Final = re.compile(r"\$?\{[^{}\n]{0,40}\}|\$?｛[^｛｝\n]{0,40}｝")


@BODY_BOOK.rule(
    "malformed-variable",
    group=VARIABLES,
    title=gettext_lazy("Variables are written {1} or ${name}"),
    why=gettext_lazy("Anything else in braces would be sent as it stands."),
    source="Tencent Cloud SMS, 正文模板审核标准: half-width {n}; Alibaba Cloud SMS, help 108088: ${name}",
    preset="format",
    refuses=notice("Hello {name}, your order left."),
    allows=notice("Hello ${name}, your order left."),
)
def variables_well_formed(draft: BodyDraft) -> Iterator[Spot]:
    good = {match.span() for match in PLACEHOLDER.finditer(draft.text)}
    for match in _LOOKS_LIKE_PLACEHOLDER.finditer(draft.text):
        if match.span() not in good:
            message = _(
                "“%(text)s” is not a variable and would be sent as it stands. Write {1}, {2} … or ${name}, in "
                "half-width braces."
            )
            yield Spot(message % {"text": match[0]}, *match.span(), example="{1}  ${order_number}")


@BODY_BOOK.rule(
    "variable-numbering",
    group=VARIABLES,
    title=gettext_lazy("Numbers run from {1} without gaps"),
    why=gettext_lazy("The number is the column of the spreadsheet that fills it."),
    source="Tencent Cloud SMS, 正文模板审核标准: numbered consecutively from 1",
    preset="format",
    refuses=notice("Hello {1}, your order to {3} left."),
    allows=notice("Hello {1}, your order to {2} left."),
)
def variables_numbered_from_one(draft: BodyDraft) -> Iterator[Spot]:
    numbers = {int(name) for name in find_placeholders(draft.text) if name.isdecimal()}
    missing = next((n for n in range(1, max(numbers, default=0)) if n not in numbers), None)
    if missing is None:
        return
    message = _(
        "Variables are numbered from 1 without gaps, because the number is the column that fills it: {%(missing)d} "
        "is missing. Number them anew."
    ) % {"missing": missing}
    for match in PLACEHOLDER.finditer(draft.text):
        if match["number"] and int(match["number"]) > missing:
            yield Spot(message, *match.span(), example="{1} … {2} … {3}")


@BODY_BOOK.rule(
    "mixed-variables",
    group=VARIABLES,
    title=gettext_lazy("Numbered or named, not both"),
    why=gettext_lazy(
        "Numbers go by the order of the columns, names by their headers; one file cannot do both."
    ),
    source="Our own rule",
    preset="format",
    refuses=notice("Hello {1}, your order to ${city} left."),
    allows=notice("Hello ${name}, your order to ${city} left."),
)
def variables_of_one_style(draft: BodyDraft) -> Iterator[Spot]:
    matches = list(PLACEHOLDER.finditer(draft.text))
    if len({match["name"] is None for match in matches}) < 2:
        return
    first_is_named = matches[0]["name"] is not None
    for match in matches:
        if (match["name"] is not None) != first_is_named:
            message = _("Use either numbered variables like {1} or named ones like ${name}, not both.")
            yield Spot(message, *match.span(), example="{1} … {2}")


@BODY_BOOK.rule(
    "adjacent-variables",
    group=VARIABLES,
    title=gettext_lazy("Words between two variables"),
    why=gettext_lazy("Variables side by side could together say anything, a link for example."),
    source="Tencent Cloud SMS, 正文模板审核标准: {1}{2} is refused",
    preset="variable",
    refuses=notice("Hello {1}{2}, your order left."),
    allows=notice("Hello {1}, your order to {2} left."),
)
def variables_apart(draft: BodyDraft) -> Iterator[Spot]:
    matches = list(PLACEHOLDER.finditer(draft.text))
    for left, right in pairwise(matches):
        between = draft.text[left.end() : right.start()]
        if not between:
            message = _(
                "Two variables may not stand side by side: together they could say anything. Put words between them."
            )
            yield Spot(message, left.start(), right.end(), example="{1} at {2}")
        elif between.isspace():
            message = _(
                "Only a space parts these variables, so a reviewer cannot tell what will stand here. Put words "
                "between them."
            )
            yield Spot(message, left.start(), right.end(), hard=False, example="{1} at {2}")


_DIGIT: Final = re.compile(r"[0-9]")


@BODY_BOOK.rule(
    "partial-variable",
    group=VARIABLES,
    title=gettext_lazy("A variable is a whole thing"),
    why=gettext_lazy("A variable inside a link or a number could lead people anywhere."),
    source="Tencent Cloud SMS, 正文模板审核标准: www.{1}.com and 186{2}1234 are refused",
    preset="partial",
    refuses=notice("Look at www.{1}.com for your order."),
    allows=notice("Look at https://shop.example/orders for your order {1}."),
)
def no_partial_variables(draft: BodyDraft) -> Iterator[Spot]:
    for start, end, address in links(draft.text):
        if VARIABLE in address:
            message = _(
                "A variable may not be part of a link, because it could lead anywhere. Write the whole link as it is."
            )
            yield Spot(message, start, end, example="https://shop.example/orders")
    for match in PLACEHOLDER.finditer(draft.text):
        neighbours = draft.text[max(match.start() - 1, 0) : match.start()] + draft.text[match.end() :][:1]
        if _DIGIT.search(neighbours):
            message = _("A variable may not be part of a number. Put the whole number into the variable.")
            yield Spot(message, *match.span(), example="{1}")


_NAMED_LINK: Final = re.compile(r"url|link|website|wangzhi|http", re.IGNORECASE)
_BEFORE_LINK: Final = re.compile(
    rf"(?:点击|链接|网址|戳|访问|登录网站|\bclick(?: here)?|\bvisit|\blink|\bopen|\bgo to)[:：]?\s*{VARIABLE}+",
    re.IGNORECASE,
)


@BODY_BOOK.rule(
    "link-as-variable",
    group=LINKS,
    title=gettext_lazy("Links are fixed"),
    why=gettext_lazy(
        "Nobody can review a link that comes from a spreadsheet. Values with links are refused when the file is read."
    ),
    source="Tencent Cloud SMS, 常见模板驳回原因: link as variable; error 1048",
    preset="link-variable",
    refuses=notice("Your bill is ready: ${bill_url}"),
    allows=notice("Your bill {1} is ready: https://shop.example/bills"),
)
def no_link_as_variable(draft: BodyDraft) -> Iterator[Spot]:
    message = _(
        "A link may not come from a variable, because nobody could review where it leads. Write the link into the "
        "text."
    )
    for match in PLACEHOLDER.finditer(draft.text):
        if match["name"] and _NAMED_LINK.search(match["name"]):
            yield Spot(message, *match.span(), example="https://shop.example/bills")
    soft = _(
        "This reads as if the variable held a link. Links may not come from variables: rows with one are refused."
    )
    for match in _BEFORE_LINK.finditer(masked(draft.text)):
        yield Spot(soft, *match.span(), hard=False, example="https://shop.example/bills")


_SHORTENER: Final = re.compile(
    r"(?:^|//|\.)(?:bit\.ly|t\.cn|url\.cn|dwz\.cn|suo\.im|goo\.gl|tinyurl\.com|t\.co|is\.gd|ow\.ly|rb\.gy|w\.url\.cn)(?:/|$)",
    re.IGNORECASE,
)
_ADDRESS_OF_DIGITS: Final = re.compile(r"(?:https?://)(?:[0-9]{1,3}\.){3}[0-9]{1,3}", re.IGNORECASE)


@BODY_BOOK.rule(
    "link-hidden",
    group=LINKS,
    title=gettext_lazy("Links show where they lead"),
    why=gettext_lazy(
        "Short links and addresses of digits hide the site, so reviewers and carriers often refuse them."
    ),
    source="Tencent Cloud SMS, 常见模板驳回原因: invalid or non-matching link",
    hard=False,
    preset="link",
    refuses=notice("Track your order at https://bit.ly/3abcd today."),
    allows=notice("Track your order at https://shop.example/orders today."),
)
def no_hidden_links(draft: BodyDraft) -> Iterator[Spot]:
    for start, end, address in links(draft.text):
        if _SHORTENER.search(address) or _ADDRESS_OF_DIGITS.match(address):
            message = _(
                "This link hides where it leads, which reviewers often refuse. Use the address of the site."
            )
            yield Spot(message, start, end, example="https://shop.example/orders")


@BODY_BOOK.rule(
    "link-unregistered",
    group=LINKS,
    title=gettext_lazy("Links of domestic texts are ICP-filed"),
    why=gettext_lazy(
        "The reviewer opens each link: it must work, belong to a filed site and match the text. The filing number "
        "in the description helps."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准: ICP-filed, must open and match",
    hard=False,
    preset="link",
    regions=frozenset({HOME}),
    shows="remarks",
    refuses=notice("订单{1}详情见 https://shop.example/orders 谢谢。", HOME),
    allows=notice(
        "订单{1}详情见 https://shop.example/orders 谢谢。",
        HOME,
        remarks="发给下单的客户，网站备案号：沪ICP备12345678号",
    ),
)
def links_registered(draft: BodyDraft) -> Iterator[Spot]:
    if draft.region is not Region.DOMESTIC or re.search(r"ICP|备案", draft.remarks, re.IGNORECASE):
        return
    for start, end, _address in links(draft.text):
        message = _(
            "The reviewer opens this link: its site must be ICP-filed and match the text. Give the filing number in "
            "the scenario description."
        )
        yield Spot(message, start, end, example="沪ICP备12345678号")


_CONTACT_NUMBERS_MAX: Final = 2


@BODY_BOOK.rule(
    "contact-numbers",
    group=LINKS,
    title=gettext_lazy("At most two contact numbers"),
    why=gettext_lazy("Carriers take a text with many numbers for an advertisement."),
    source="Alibaba Cloud SMS, help 463270: at most 2 contact numbers",
    hard=False,
    preset="link",
    refuses=notice("客服电话13800138000、13800138001或400-820-8820。", HOME),
    allows=notice("客服电话400-820-8820。", HOME),
)
def few_contact_numbers(draft: BodyDraft) -> Iterator[Spot]:
    for match in list(CONTACT_NUMBER.finditer(masked(draft.text)))[_CONTACT_NUMBERS_MAX:]:
        message = _("More than two contact numbers look like an advertisement. Keep the one that helps most.")
        yield Spot(message, *match.span(), example="400-820-8820")
