"""Reasons for refusing a text that reviewers give again and again.

Those of body templates and signatures follow the lists of Tencent Cloud SMS (常见模板驳回原因与处理建议,
常见签名驳回原因与处理建议), number by number. A finding of a rule names the reason that fits it (`Finding.preset`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from templates_app.rules import Finding

Preset = tuple[str, str | Promise]
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Reason:
    """`words` are what the author reads, what to do included. `example` shows a text of this fault.

    `numbers` are those of the list it follows; `by_rule` says whether a rule finds it or only a person can.
    """

    key: str
    words: Words
    example: str
    numbers: tuple[int, ...] = ()
    by_rule: bool = True


BODY_TEMPLATE_REASONS: Final = (
    Reason("kind", _("The scenario type is wrong. Choose the one that fits, for example marketing for an offer."),
           "notification: Your verification code is {1}.", (1,)),
    Reason("format", _("The text or its variables are not well formed. Write {1}, {2} … or ${name}."),
           "Hello {2}, your order left.", (2,)),
    Reason("partial", _("A variable is only a part of a link or number. Write the whole link or number."),
           "www.{1}.cn", (3,)),
    Reason("symbols", _("It has symbols that may not be sent, or the brackets of a signature. Leave them out."),
           "【演示】您的订单★已发出。", (4,)),
    Reason("unclear", _("The content is unclear: too little fixed text, or nobody can tell when it is sent."),
           "{1}，{2}。", (5,)),
    Reason("keyword", _("A word is missing that this type needs: “code” in a verification text, or how to unsubscribe."),
           "verification: Your number is {1}.", (6,)),
    Reason("smuggled", _("It advertises under another type. Take the offer out, or file it as marketing."),
           "notification: Your order left. Take 20% off your next one!", (7,)),
    Reason("code-values", _("Variables of a verification text hold up to six digits. Take the others out."),
           "verification: Hello ${user_name}, your code is ${code}.", (8,)),
    Reason("link", _("The link does not open, hides where it leads, or does not match the content. Correct it."),
           "Track your order at https://bit.ly/3abcd", (9,)),
    Reason("recruiting", _("Recruiting and interviews are not allowed in SMS."),
           "急聘兼职，日结工资。", (10,)),
    Reason("finance", _("Games, finance and insurance are not allowed in SMS."),
           "无抵押贷款，当天放款。", (11,)),
    Reason("dating", _("Dating is not allowed in SMS."),
           "同城交友，今晚见面。", (12,)),
    Reason("dunning", _("Dunning and reminders to pay are not allowed in SMS."),
           "您已逾期未还，将上报征信。", (13,)),
    Reason("property-education", _("Real estate and education may send verification codes only."),
           "新楼盘开盘，首付两成。", (14,)),
    Reason("banned", _("The subject is not allowed in SMS."),
           "大师算命，请预约。", (15,)),
    Reason("link-variable", _("A link may not come from a variable. Write it into the text."),
           "Your bill is ready: ${bill_url}", (16,)),
    Reason("relation", _("The recipients have no relation to us that justifies this message. Show it in the text."),
           "marketing: 夏季新品全场上架。拒收请回复R", (17,)),
    Reason("expired", _("It is about a holiday or a date that is over. Submit it nearer to the next one."),
           "The plan of 2019-05-01 for your order {1} is ready.", (18,)),
    Reason("variable", _("A variable could carry more than it should, such as half a sentence. Put words around it."),
           "Hello {1}{2}, your order left."),
)  # fmt: skip

SIGNATURE_REASONS: Final = (
    Reason("neutral", _("The signature does not say who is writing. Use the name of the company, app or site."),
           "通知", (1,)),
    Reason("content", _("The name itself is not allowed in SMS."),
           "天天彩票", (2,)),
    Reason("mismatch", _("The certificate does not match the name or the type of the signature."),
           "type trademark, with the business licence", (3,)),
    Reason("owner", _("For others: the certificate is not that of the owner of the name. Attach the owner's."),
           "the name of a partner, with our own licence", (4,), by_rule=False),
    Reason("authorisation", _("A document is missing that this type and use need, such as the letter of authorization."),
           "for others, with one file", (5,)),
    Reason("letter", _("The letter of authorization is not filled in correctly: full names of both sides, the owner's seal."),
           "a letter without a seal", (6,), by_rule=False),
    Reason("source", _("The app or website given in the remarks cannot be found. Give a link that opens."),
           "an app whose link answers 404", (7,)),
    Reason("account", _("The screenshot cannot be related to the account or mini program. Show its settings page with its name."),
           "a screenshot of another account", (8,), by_rule=False),
    Reason("unreadable", _("A certificate cannot be read or has the wrong format. Upload a sharper scan as JPG, PNG or PDF."),
           "a blurred photograph", (9,), by_rule=False),
)  # fmt: skip

SENDER_ID_REASONS: Final = (
    Reason("form", _("It is not a sender ID that carriers take. Use up to 11 letters and digits, or up to 15 digits."),
           "Demo Shop!"),
    Reason("neutral", _("The sender ID does not say who is writing. Use the brand's name."),
           "INFO"),
    Reason("registration", _("It has to be registered in that country first, or cannot be used there."),
           "DemoShop in Singapore"),
    Reason("brand", _("It is somebody else's brand, or could be taken for it."),
           "the name of a bank", by_rule=False),
)  # fmt: skip

FOR_BODY_TEMPLATES: Final[list[Preset]] = [(one.key, one.words) for one in BODY_TEMPLATE_REASONS]
FOR_SIGNATURES: Final[list[Preset]] = [(one.key, one.words) for one in SIGNATURE_REASONS]
FOR_SENDER_IDS: Final[list[Preset]] = [(one.key, one.words) for one in SENDER_ID_REASONS]


def suggested(findings: Iterable[Finding]) -> list[str]:
    """The keys of the reasons that fit what the rules found, each once, hard findings' first."""
    return list(dict.fromkeys(one.preset for one in findings if one.preset))
