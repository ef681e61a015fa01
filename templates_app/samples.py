"""Texts that pass every rule, to begin from with one click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.types import Region
from templates_app.statuses import TextKind


@dataclass(frozen=True, slots=True)
class Sample:
    """A body template to begin from. `scenario` goes into the remarks and is meant to be changed."""

    key: str
    region: Region
    kind: TextKind
    title: str | Promise
    text: str
    scenario: str | Promise


_AT_SIGN_IN: Final = _("Sent when somebody signs in on our website.")
_ORDER_LEAVES: Final = _("Sent to customers when their order leaves our warehouse.")
_QUEUE_NUMBER: Final = _("Sent to visitors who took a number in our shop.")
_TO_MEMBERS: Final = _("Sent to members who agreed to receive offers.")

SAMPLES: Final[tuple[Sample, ...]] = (
    Sample(
        "code-abroad",
        Region.INTERNATIONAL,
        TextKind.VERIFICATION,
        _("Sign-in code"),
        "Your login verification code is {1}, which is valid for {2} minutes. "
        "If you are not using our service, ignore the message.",
        _AT_SIGN_IN,
    ),
    Sample(
        "named-code-abroad",
        Region.INTERNATIONAL,
        TextKind.VERIFICATION,
        _("Code with a named variable"),
        "Your verification code is ${code}. This code is valid for 5 minutes. Do not share it with others.",
        _AT_SIGN_IN,
    ),
    Sample(
        "order-abroad",
        Region.INTERNATIONAL,
        TextKind.NOTIFICATION,
        _("Order on its way"),
        "Hello {1}, your order to {2} is on its way.",
        _ORDER_LEAVES,
    ),
    Sample(
        "queue-abroad",
        Region.INTERNATIONAL,
        TextKind.NOTIFICATION,
        _("Waiting number"),
        "Your number is {1}, and {2} people are before you. Please wait in the shop until you are called.",
        _QUEUE_NUMBER,
    ),
    Sample(
        "offer-abroad",
        Region.INTERNATIONAL,
        TextKind.MARKETING,
        _("Offer to members"),
        "Dear member, 20% off all summer shoes until {1}. Reply STOP to unsubscribe.",
        _TO_MEMBERS,
    ),
    Sample(
        "code-home",
        Region.DOMESTIC,
        TextKind.VERIFICATION,
        _("Sign-in code"),
        "{1}为您的登录验证码，请于{2}分钟内填写，如非本人操作，请忽略本短信。",
        _AT_SIGN_IN,
    ),
    Sample(
        "short-code-home",
        Region.DOMESTIC,
        TextKind.VERIFICATION,
        _("Short sign-in code"),
        "验证码为：{1}，您正在登录，若非本人操作，请勿泄露。",
        _AT_SIGN_IN,
    ),
    Sample(
        "order-home",
        Region.DOMESTIC,
        TextKind.NOTIFICATION,
        _("Order on its way"),
        "您的订单{1}已打包发送，快递单号{2}，请注意查收。",
        _ORDER_LEAVES,
    ),
    Sample(
        "queue-home",
        Region.DOMESTIC,
        TextKind.NOTIFICATION,
        _("Waiting number"),
        "您的排队号为{1}，您前面还有{2}人等待，请在现场等候叫号。",
        _QUEUE_NUMBER,
    ),
    Sample(
        "offer-home",
        Region.DOMESTIC,
        TextKind.MARKETING,
        _("Offer to members"),
        "尊敬的会员，夏季新品{1}前八折优惠，欢迎选购。拒收请回复R",
        _TO_MEMBERS,
    ),
)


@dataclass(frozen=True, slots=True)
class SampleGroup:
    """The samples of one region and kind."""

    region: Region
    kind: TextKind
    samples: list[Sample]


def samples_for(region: Region) -> list[SampleGroup]:
    """The samples of a region by kind, in the order of the kinds."""
    groups = [
        SampleGroup(region, kind, [one for one in SAMPLES if one.region is region and one.kind is kind])
        for kind in TextKind
    ]
    return [group for group in groups if group.samples]


def sample_by_key(key: str) -> Sample | None:
    return next((sample for sample in SAMPLES if sample.key == key), None)
