"""Rules of one kind of text each: verification codes, notifications, marketing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smsconsole.lib.types import Region
from templates_app.rendering import PLACEHOLDER
from templates_app.rules.body_general import ABROAD, HOME
from templates_app.rules.kit import BODY_BOOK, BodyDraft, Spot
from templates_app.rules.places import links

VERIFICATION: Final = gettext_lazy("Verification codes")
NOTIFICATION: Final = gettext_lazy("Notifications")
MARKETING: Final = gettext_lazy("Marketing")

_AT_SIGN_IN: Final = "Sent when somebody signs in on our website."
_TO_MEMBERS: Final = "Sent to members who agreed to receive offers."


def _code(text: str, region: Region = ABROAD) -> BodyDraft:
    return BodyDraft(text, "verification", region, _AT_SIGN_IN)


def _note(text: str, region: Region = ABROAD) -> BodyDraft:
    return BodyDraft(text, "notification", region, _AT_SIGN_IN)


def _offer(text: str, region: Region = ABROAD) -> BodyDraft:
    return BodyDraft(text, "marketing", region, _TO_MEMBERS)


_CODE_WORDS_DOMESTIC: Final = re.compile("验证码|校验码|注册码|动态码")
_CODE_WORDS_INTERNATIONAL: Final = re.compile(r"\bcodes?\b|验证码|驗證碼|校验码|注册码|动态码", re.IGNORECASE)


@BODY_BOOK.rule(
    "no-code-word",
    group=VERIFICATION,
    title=gettext_lazy("The word 验证码 or “code”"),
    why=gettext_lazy(
        "Carriers recognize verification texts by it: 验证码, 校验码, 注册码 or 动态码 at home, “code” abroad."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准; Alibaba Cloud SMS, help 108088",
    preset="keyword",
    refuses=_code("Your number is {1}, valid for {2} minutes."),
    allows=_code("Your verification code is {1}, valid for {2} minutes."),
)
def verification_names_its_code(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind != "verification" or not draft.text.strip():
        return
    if draft.region is Region.DOMESTIC and not _CODE_WORDS_DOMESTIC.search(draft.text):
        message = _(
            "A domestic verification text must contain “验证码”, “校验码”, “注册码” or “动态码”: carriers recognize "
            "it by that. Add the word."
        )
        yield Spot(message, example="您的验证码为{1}，请于{2}分钟内填写。")
    elif draft.region is Region.INTERNATIONAL and not _CODE_WORDS_INTERNATIONAL.search(draft.text):
        message = _(
            "A verification text must contain the word “code”: carriers recognize it by that. Add the word."
        )
        yield Spot(message, example="Your verification code is {1}.")


@BODY_BOOK.rule(
    "no-code-variable",
    group=VERIFICATION,
    title=gettext_lazy("A variable for the code"),
    why=gettext_lazy("Without one everybody gets the same code."),
    source="Our own rule",
    hard=False,
    preset="kind",
    refuses=_code("Your verification code is 482913."),
    allows=_code("Your verification code is {1}."),
)
def verification_has_a_variable(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind == "verification" and draft.text.strip() and not PLACEHOLDER.search(draft.text):
        message = _("Without a variable everybody gets the same code. Put {1} where the code stands.")
        yield Spot(message, example="Your verification code is {1}.")


_VALUE_OF_WORDS: Final = re.compile(
    r"name|address|company|text|content|title|order|city|product|shop|store|brand|email|mail", re.IGNORECASE
)


@BODY_BOOK.rule(
    "code-values",
    group=VERIFICATION,
    title=gettext_lazy("Values are up to six digits"),
    why=gettext_lazy(
        "Variables of verification texts hold 0 to 6 digits: the code and the minutes. Rows with anything else are "
        "refused when the file is read."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准: 0 to 6 digits; 常见模板驳回原因: extra long variables",
    hard=False,
    preset="code-values",
    refuses=_code("Hello ${user_name}, your code is ${code}."),
    allows=_code("Your code is ${code}, valid for ${minutes} minutes."),
)
def verification_values_are_digits(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind != "verification":
        return
    for match in PLACEHOLDER.finditer(draft.text):
        if match["name"] and _VALUE_OF_WORDS.search(match["name"]):
            message = _(
                "Variables of verification texts hold up to six digits, and this one looks as if it held words. "
                "Rows with words are refused; leave it out."
            )
            yield Spot(message, *match.span(), example="Your code is ${code}.")


_OFFER_WORDS: Final = re.compile(
    r"优惠|促销|特价|折扣|[0-9一二三四五六七八九]折|满减|满[0-9]+减|秒杀|抢购|代金券|优惠券|红包|大促|限时|免费领|返现|"
    r"\b(?:discounts?|coupons?|vouchers?|promo(?:tion)?s?|special offers?|best price|flash sale|buy now|shop now|"
    r"limited time|cash ?back|free gift)\b|[0-9]{1,2} ?% off\b",
    re.IGNORECASE,
)


@BODY_BOOK.rule(
    "verification-extras",
    group=VERIFICATION,
    title=gettext_lazy("No links and no offers"),
    why=gettext_lazy(
        "A verification text carries its code and nothing else; anything more teaches people to fall for fraud."
    ),
    source="Tencent Cloud SMS, 正文模板审核标准: no promotion or links in verification codes",
    preset="smuggled",
    refuses=_code("Your code is {1}. Sign in at https://shop.example/in now."),
    allows=_code("Your code is {1}. Do not share it with others."),
)
def verification_without_extras(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind != "verification":
        return
    for start, end, _address in links(draft.text):
        yield Spot(
            _("A verification text carries no link: people learn to fall for fraud. Leave it out."),
            start,
            end,
        )
    for match in _OFFER_WORDS.finditer(draft.text):
        message = _("A verification text carries no offer. Write a marketing text for “%(words)s”.")
        yield Spot(message % {"words": match[0]}, *match.span())


# At the end: "拒收请回复R", "回T退订", "退订回TD", a full stop after it or not.
_UNSUBSCRIBE_TAIL: Final = re.compile(
    r"(?:(?:拒收|退订)请?(?:回复?|发送?)\s*[A-Z0-9]{1,4}|(?:回复?|发送?)\s*[A-Z0-9]{1,4}\s*(?:即可)?(?:退订|拒收))[。.!！)）]?\s*\Z",
    re.IGNORECASE,
)
_UNSUBSCRIBE_WORDS: Final = re.compile(
    r"\b(?:reply|text|send) STOP\b|(?-i:\bSTOP\b)|unsubscribe|opt[ -]?out|退订|拒收", re.IGNORECASE
)


@BODY_BOOK.rule(
    "notification-unsubscribe",
    group=NOTIFICATION,
    title=gettext_lazy("No way to unsubscribe"),
    why=gettext_lazy(
        "Only marketing texts offer that. A notification with it is taken for marketing filed under the wrong type."
    ),
    source="Alibaba Cloud SMS, help 463270: notifications must not contain it",
    preset="kind",
    refuses=_note("您的订单{1}已发出，拒收请回复R", HOME),
    allows=_note("您的订单{1}已发出，请注意查收。", HOME),
)
def notification_without_unsubscribing(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind != "notification":
        return
    tail = _UNSUBSCRIBE_TAIL.search(draft.text)
    for match in [tail] if tail else _UNSUBSCRIBE_WORDS.finditer(draft.text):
        message = _(
            "A notification offers no way to unsubscribe: that is how carriers recognize marketing. Leave it out, or "
            "choose the type marketing."
        )
        # Abroad somebody may be told how to end a service that they ordered.
        yield Spot(message, *match.span(), hard=draft.region is Region.DOMESTIC)


@BODY_BOOK.rule(
    "notification-offer",
    group=NOTIFICATION,
    title=gettext_lazy("No offers"),
    why=gettext_lazy(
        "Offers belong into marketing texts, which people can refuse. A notification with one is sent back."
    ),
    source="Tencent Cloud SMS, 常见模板驳回原因: smuggled marketing, wrong type",
    hard=False,
    preset="smuggled",
    refuses=_note("Your order {1} left. Take 20% off your next one!"),
    allows=_note("Your order {1} left our warehouse."),
)
def notification_without_offers(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind != "notification":
        return
    for match in _OFFER_WORDS.finditer(draft.text):
        message = _(
            "“%(words)s” sounds like an offer, and offers in notifications are sent back. Choose the type marketing "
            "or leave it out."
        )
        yield Spot(message % {"words": match[0]}, *match.span())


_CODE_WITH_VARIABLE: Final = re.compile(
    r"验证码|校验码|动态码|\b(?:verification|security|login|sign-in) code\b", re.IGNORECASE
)


@BODY_BOOK.rule(
    "notification-code",
    group=NOTIFICATION,
    title=gettext_lazy("Verification codes have a type of their own"),
    why=gettext_lazy("Under it they go out first and are watched for abuse."),
    source="Tencent Cloud SMS, 常见模板驳回原因: wrong SMS type",
    hard=False,
    preset="kind",
    refuses=_note("Your verification code is {1}."),
    allows=_note("Your table {1} is ready."),
)
def notification_without_codes(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind == "verification" or not PLACEHOLDER.search(draft.text):
        return
    for match in _CODE_WITH_VARIABLE.finditer(draft.text):
        message = _("“%(words)s” belongs to a verification text. Choose the type verification code.")
        yield Spot(message % {"words": match[0]}, *match.span())


@BODY_BOOK.rule(
    "no-unsubscribe",
    group=MARKETING,
    title=gettext_lazy("It says how to refuse more"),
    why=gettext_lazy("At home a marketing text must end with it; most other countries ask for it."),
    source="Tencent Cloud SMS, announcement 100568: 拒收请回复R; Alibaba Cloud SMS, help 463270",
    preset="keyword",
    refuses=_offer("会员您好，夏季新品全场上架。", HOME),
    allows=_offer("会员您好，夏季新品全场上架。拒收请回复R", HOME),
)
def marketing_tells_how_to_stop(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind != "marketing" or not draft.text.strip():
        return
    if draft.region is Region.DOMESTIC and not _UNSUBSCRIBE_TAIL.search(draft.text):
        message = _(
            "A domestic marketing text must end with how to refuse more of them; carriers stop it otherwise. Add it at "
            "the end."
        )
        yield Spot(message, example="拒收请回复R")
    elif draft.region is Region.INTERNATIONAL and not _UNSUBSCRIBE_WORDS.search(draft.text):
        message = _("Most countries ask marketing texts to say how to refuse more of them. Add it.")
        yield Spot(message, hard=False, example="Reply STOP to unsubscribe.")


_MEMBERSHIP: Final = re.compile(
    r"会员|用户|顾客|客户|车主|业主|粉丝|老友|贵宾|vip|members?\b|customers?\b|subscribers?\b|guests?\b",
    re.IGNORECASE,
)


@BODY_BOOK.rule(
    "no-relation",
    group=MARKETING,
    title=gettext_lazy("It shows why these people are written to"),
    why=gettext_lazy(
        "Marketing goes to members and customers only; a text that does not show it counts as blind sending."
    ),
    source="Tencent Cloud SMS, 常见模板驳回原因: blind sending",
    hard=False,
    preset="relation",
    regions=frozenset({HOME}),
    refuses=_offer("夏季新品全场上架。拒收请回复R", HOME),
    allows=_offer("尊敬的会员，夏季新品全场上架。拒收请回复R", HOME),
)
def marketing_shows_the_relation(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind != "marketing" or draft.region is not Region.DOMESTIC or not draft.text.strip():
        return
    if not _MEMBERSHIP.search(draft.text):
        message = _(
            "The text does not show that people know you, and blind sending is refused. Address them as what they are "
            "to you."
        )
        yield Spot(message, example="尊敬的会员，")


@BODY_BOOK.rule(
    "marketing-individual",
    group=MARKETING,
    title=gettext_lazy("Enterprises only"),
    why=gettext_lazy("An organization verified as an individual sends verification codes and notifications."),
    source="Tencent Cloud SMS, 使用须知: individuals send no marketing",
    preset="kind",
    shows="entity",
    refuses=BodyDraft(
        "尊敬的会员，夏季新品上架。拒收请回复R", "marketing", HOME, _TO_MEMBERS, entity="individual"
    ),
    allows=_offer("尊敬的会员，夏季新品上架。拒收请回复R", HOME),
)
def marketing_by_enterprises_only(draft: BodyDraft) -> Iterator[Spot]:
    if draft.kind == "marketing" and draft.entity == "individual":
        message = _(
            "Your organization is not verified as an enterprise, and only enterprises send marketing. Choose another "
            "type, or let an admin apply for enterprise verification."
        )
        yield Spot(message, field="kind")
