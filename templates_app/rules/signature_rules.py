"""The rules that signatures are checked by, one function each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from smsconsole.lib.types import Region
from templates_app.rules.body_general import control_characters
from templates_app.rules.certificates import ENTERPRISE_TYPES, certificates_needed
from templates_app.rules.kit import SIGNATURE_BOOK, SignatureDraft, Spot
from templates_app.rules.limits import signature_bounds, who_may_change
from templates_app.rules.places import URL
from templates_app.rules.topics import IN_SIGNATURES, TOPICS

NAME: Final = gettext_lazy("The name")
PROOF: Final = gettext_lazy("Proof")
HOME, ABROAD = Region.DOMESTIC, Region.INTERNATIONAL


def _signature(text: str, region: Region = ABROAD, **fields: Any) -> SignatureDraft:
    values: dict[str, Any] = {"type": "company", "use": "own", "remarks": "", "n_certificates": 1, **fields}
    return SignatureDraft(text=text, region=region, **values)


@SIGNATURE_BOOK.rule(
    "empty",
    group=NAME,
    title=gettext_lazy("There is a name"),
    why=gettext_lazy("People want to know at once who is writing."),
    source="Tencent Cloud SMS, 签名审核标准",
    preset="neutral",
    refuses=_signature("  "),
    allows=_signature("Demo Shop"),
)
def not_empty(draft: SignatureDraft) -> Iterator[Spot]:
    if not draft.text.strip():
        yield Spot(_("Write the name that stands in front of your messages."), example="Demo Shop")


@SIGNATURE_BOOK.rule(
    "control-character",
    group=NAME,
    title=gettext_lazy("No invisible characters"),
    why=gettext_lazy("With them a name can look like another one."),
    source="Our own rule",
    preset="content",
    refuses=_signature("Demo\u202eShop"),
    allows=_signature("DemoShop"),
)
def no_control_characters(draft: SignatureDraft) -> Iterator[Spot]:
    return control_characters(draft.text.replace("\n", "\x0b"))


@SIGNATURE_BOOK.rule(
    "length",
    group=NAME,
    title=gettext_lazy("Neither too short nor too long"),
    why=gettext_lazy(
        "2 to 12 characters at home and 2 to 15 abroad, without the brackets, unless this installation has "
        "other limits."
    ),
    source="Tencent Cloud SMS, 签名审核标准: 2-12; 审核标准_intl: 2-15",
    preset="content",
    refuses=_signature("DemoShopAndCompany"),
    allows=_signature("DemoShop"),
)
def length_in_bounds(draft: SignatureDraft) -> Iterator[Spot]:
    shortest, longest = signature_bounds(draft.region)
    n = len(draft.text)
    if not n or shortest <= n <= longest:
        return
    is_home = draft.region is HOME
    message = (
        _("A domestic signature has %(min)d to %(max)d characters; this one has %(n)d. %(who)s")
        if is_home
        else _("An international signature has %(min)d to %(max)d characters; this one has %(n)d. %(who)s")
    )
    longest_name = "SIGNATURE_MAX_DOMESTIC" if is_home else "SIGNATURE_MAX_INTERNATIONAL"
    who = who_may_change("SIGNATURE_MIN" if n < shortest else longest_name)
    start = longest if n > longest else 0
    yield Spot(message % {"min": shortest, "max": longest, "n": n, "who": who}, start, n, example="Demo Shop")


_BRACKET: Final = re.compile(r"[【】\[\]〔〕「」『』]")


@SIGNATURE_BOOK.rule(
    "brackets",
    group=NAME,
    title=gettext_lazy("No brackets"),
    why=gettext_lazy("The console adds 【】 at home and [ ] abroad."),
    source="Tencent Cloud SMS, 签名审核标准: brackets are added by the system",
    preset="content",
    refuses=_signature("【演示商城】", HOME),
    allows=_signature("演示商城", HOME),
)
def no_brackets(draft: SignatureDraft) -> Iterator[Spot]:
    for match in _BRACKET.finditer(draft.text):
        yield Spot(_("Leave the brackets out; the console adds them."), *match.span(), example="Demo Shop")


@SIGNATURE_BOOK.rule(
    "characters",
    group=NAME,
    title=gettext_lazy("Letters and digits only"),
    why=gettext_lazy("Carriers refuse signs like + @ |. Single spaces may part Latin words."),
    source="Tencent Cloud SMS, 签名审核标准; Alibaba Cloud SMS, sign names",
    preset="content",
    refuses=_signature("Demo+Shop"),
    allows=_signature("Demo Shop 24"),
)
def only_letters_and_digits(draft: SignatureDraft) -> Iterator[Spot]:
    for index, character in enumerate(draft.text):
        # Brackets and controls have messages of their own.
        if character.isalnum() or _BRACKET.match(character) or any(control_characters(character)):
            continue
        if character == " " and _parts_latin_words(draft.text, index):
            continue
        message = (
            _("Spaces may only part Latin words, one at a time.")
            if character.isspace()
            else _(
                "“%(character)s” may not be in a signature: letters and digits only, because carriers refuse signs."
            )
            % {"character": character}
        )
        yield Spot(message, index, index + 1, example="Demo Shop 24")


def _parts_latin_words(text: str, index: int) -> bool:
    """Whether this space has a Latin letter or digit on both sides (Latin: before the Greek block)."""
    around = [text[index - 1 : index], text[index + 1 : index + 2]]
    return all(side and side.isalnum() and side < "\u0370" for side in around)


# Words that tell nobody who is writing.
_NEUTRAL: Final = frozenset(
    [
        *("验证码", "通知", "会议通知", "系统通知", "短信", "提醒", "温馨提示"),
        *("客服", "公司", "系统", "活动", "优惠", "会员", "你好", "您好", "aabb", "abc"),
        *("testing", "code", "verification", "notice", "notification", "message", "sms", "info"),
        *("alert", "reminder", "system", "service", "company", "signature", "hello", "customer"),
    ]
)
_TEST: Final = re.compile(r"测试|\btest\b", re.IGNORECASE)


@SIGNATURE_BOOK.rule(
    "neutral",
    group=NAME,
    title=gettext_lazy("It says who is writing"),
    why=gettext_lazy("Words like “notice” or “code”, tests and digits alone could be anybody."),
    source="Tencent Cloud SMS, 常见签名驳回原因: neutral content; Alibaba Cloud SMS: no “test”",
    preset="neutral",
    refuses=_signature("验证码", HOME),
    allows=_signature("演示商城", HOME),
)
def says_who_is_writing(draft: SignatureDraft) -> Iterator[Spot]:
    name = draft.text.strip()
    if name.casefold() in _NEUTRAL:
        message = _("“%(text)s” does not say who is writing. Use the name of the company, app or site.")
        yield Spot(message % {"text": name}, 0, len(draft.text), example="Demo Shop")
    elif match := _TEST.search(draft.text):
        message = _("“%(text)s” marks a trial, not somebody who writes. Use the real name.")
        yield Spot(message % {"text": match[0]}, *match.span(), example="Demo Shop")
    elif name.isdecimal():
        message = _("A signature of digits alone does not say who is writing. Use the name.")
        yield Spot(message, 0, len(draft.text), example="Demo Shop 24")


_PERSON: Final = re.compile(r"(?:先生|女士|小姐|老师|经理)$|^(?:mr|mrs|ms|dr)\.? ", re.IGNORECASE)


@SIGNATURE_BOOK.rule(
    "person",
    group=NAME,
    title=gettext_lazy("Not a person's name"),
    why=gettext_lazy("A signature stands for an organization or what it offers."),
    source="Tencent Cloud SMS, 签名常见问题: a person's name is neutral",
    hard=False,
    preset="neutral",
    refuses=_signature("王经理", HOME),
    allows=_signature("王府井百货", HOME),
)
def not_a_person(draft: SignatureDraft) -> Iterator[Spot]:
    if match := _PERSON.search(draft.text):
        message = _("This looks like a person's name. Use the name of the company, app or site.")
        yield Spot(message, *match.span(), example="Demo Shop")


@SIGNATURE_BOOK.rule(
    "forbidden-content",
    group=NAME,
    title=gettext_lazy("No topic that carriers refuse"),
    why=gettext_lazy("Gambling, pornography, drugs, religion and party politics are refused in signatures."),
    source="Tencent Cloud SMS, 签名常见问题; 常见签名驳回原因: non-compliant content",
    preset="content",
    refuses=_signature("天天彩票", HOME),
    allows=_signature("天天商城", HOME),
)
def no_forbidden_content(draft: SignatureDraft) -> Iterator[Spot]:
    for topic in TOPICS:
        if topic.key in IN_SIGNATURES:
            for match in topic.pattern.finditer(draft.text):
                message = _("“%(words)s” belongs to a topic that carriers refuse: %(topic)s.")
                # Abroad some of them are lawful trades; a reviewer decides.
                is_hard = draft.region is HOME or draft.region in topic.hard_in
                yield Spot(message % {"words": match[0], "topic": topic.name}, *match.span(), hard=is_hard)


_OFFICIAL: Final = re.compile(
    r"政府|公安|法院|检察|税务|海关|交警|社保|医保|人民银行|央行|\b(?:police|government|ministry|customs|tax office)\b",
    re.IGNORECASE,
)


@SIGNATURE_BOOK.rule(
    "official-name",
    group=NAME,
    title=gettext_lazy("Official names have their type"),
    why=gettext_lazy("A name of the state needs the type government and the institution's certificate."),
    source="Tencent Cloud SMS, 常见签名驳回原因: certificate does not match the type",
    hard=False,
    preset="mismatch",
    shows="type",
    refuses=_signature("浦东交警", HOME),
    allows=_signature("浦东交警", HOME, type="government"),
)
def official_names_have_their_type(draft: SignatureDraft) -> Iterator[Spot]:
    if draft.type != "government" and (match := _OFFICIAL.search(draft.text)):
        message = _(
            "“%(words)s” sounds like a public institution. Choose that type and attach the institution's certificate."
        )
        yield Spot(message % {"words": match[0]}, *match.span())


@SIGNATURE_BOOK.rule(
    "no-source",
    group=PROOF,
    title=gettext_lazy("Where the app, site or account is found"),
    why=gettext_lazy(
        "The reviewer looks it up: the link in a store, the domain, or the full name of the account."
    ),
    source="Tencent Cloud SMS, 签名审核标准: application description; 常见签名驳回原因: app link invalid",
    preset="source",
    shows="remarks",
    refuses=_signature("DemoShop", type="app", remarks="our app"),
    allows=_signature("DemoShop", type="app", remarks="https://apps.example/demoshop"),
)
def source_described(draft: SignatureDraft) -> Iterator[Spot]:
    remarks = draft.remarks.strip()
    if draft.type == "app" and not URL.search(remarks):
        message = _("Give the link of the app in a store, so that the reviewer can look it up.")
        yield Spot(message, example="https://apps.example/demoshop", field="remarks")
    elif draft.type == "website" and not URL.search(remarks):
        message = _("Give the domain of the website; at home it must be ICP-filed.")
        yield Spot(message, example="https://shop.example", field="remarks")
    elif draft.type == "official_account" and not remarks:
        message = _("Give the full name of the account, under which it is found by searching.")
        yield Spot(message, example=_("Demo Shop Service"), field="remarks")


@SIGNATURE_BOOK.rule(
    "no-certificate",
    group=PROOF,
    title=gettext_lazy("Documents that prove the right to the name"),
    why=gettext_lazy(
        "For others: their letter of authorization and their certificate. Trademarks and institutions: their own. A "
        "verified enterprise needs nothing more for its own names."
    ),
    source="Tencent Cloud SMS, 签名审核标准: certificates; 常见签名驳回原因: authorisation letter missing",
    preset="authorisation",
    shows="n_certificates",
    refuses=_signature("DemoShop", use="others", n_certificates=1),
    allows=_signature("DemoShop", use="others", n_certificates=2),
)
def right_to_the_name_shown(draft: SignatureDraft) -> Iterator[Spot]:
    needed = certificates_needed(type=draft.type, use=draft.use, entity=draft.entity)
    documents = " ".join(str(one) for one in needed.documents)
    if draft.n_certificates < needed.at_least:
        message = ngettext(
            "%(n)d document must be attached: %(documents)s",
            "%(n)d documents must be attached: %(documents)s",
            needed.at_least,
        )
        yield Spot(message % {"n": needed.at_least, "documents": documents}, field="certificates")
    elif not draft.n_certificates:
        message = _("No certificate is attached. The reviewer may ask for one: %(documents)s")
        yield Spot(message % {"documents": documents}, hard=False, field="certificates")


@SIGNATURE_BOOK.rule(
    "type-individual",
    group=PROOF,
    title=gettext_lazy("Types that need an enterprise"),
    why=gettext_lazy("Individuals may sign with the name of an app, a website or an account of their own."),
    source="Tencent Cloud SMS, 使用须知: individual accounts",
    preset="mismatch",
    shows="entity",
    refuses=_signature("DemoShop", entity="individual"),
    allows=_signature("DemoShop", type="app", entity="individual", remarks="https://apps.example/demoshop"),
)
def type_open_to_individuals(draft: SignatureDraft) -> Iterator[Spot]:
    if draft.entity == "individual" and draft.type in ENTERPRISE_TYPES:
        message = _(
            "Your organization is not verified as an enterprise: choose the type app, website or official account, or "
            "let an admin apply for enterprise verification."
        )
        yield Spot(message, field="type")
    if draft.entity == "individual" and draft.use == "others":
        message = _("Only enterprises sign for others. Choose own use.")
        yield Spot(message, field="use")
