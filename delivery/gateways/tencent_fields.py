"""The form of a gateway to Tencent Cloud."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from delivery.gateways.fields import SettingField, SettingKind
from delivery.gateways.http import CONNECTION_FIELDS

LABEL = _("Tencent Cloud SMS")
MAX_PER_REQUEST = 200
MAINLAND = "+86"

_ACCOUNT = _("Account")
_SENDING = pgettext_lazy("gateway", "Sending")
_RECEIPTS = _("Receipts and replies")


class Region(StrEnum):
    """Whom the gateway serves: the carrier has templates and signatures of their own for each."""

    CHINA = "china"
    INTERNATIONAL = "international"

    @property
    def number(self) -> int:
        return int(self is Region.INTERNATIONAL)

    def is_elsewhere(self, msisdn: str) -> bool:
        return msisdn.startswith(MAINLAND) != (self is Region.CHINA)


FIELDS = (
    SettingField("secret_id", _("SecretId"), SettingKind.SECRET, is_required=True, group=_ACCOUNT),
    SettingField("secret_key", _("SecretKey"), SettingKind.SECRET, is_required=True, group=_ACCOUNT),
    SettingField(
        "sdk_app_id",
        _("SdkAppId"),
        help=_("The number of the application in the carrier's console, such as 1400006666."),
        is_required=True,
        max_length=20,
        group=_ACCOUNT,
    ),
    SettingField(
        "endpoint",
        _("Address of the API"),
        SettingKind.URL,
        help=_("Accounts of the international site use https://sms.intl.tencentcloudapi.com."),
        default="https://sms.tencentcloudapi.com",
        is_required=True,
        group=_ACCOUNT,
    ),
    SettingField(
        "api_region",
        _("Region of the API"),
        default="ap-guangzhou",
        is_required=True,
        max_length=40,
        group=_ACCOUNT,
    ),
    SettingField(
        "region",
        _("Numbers it serves"),
        SettingKind.CHOICE,
        help=_(
            "The carrier has templates of their own for each. Numbers it does not serve take another way out."
        ),
        default=Region.CHINA.value,
        is_required=True,
        choices=(
            (Region.CHINA.value, _("Chinese mainland")),
            (Region.INTERNATIONAL.value, _("All other countries and regions")),
        ),
        group=_SENDING,
    ),
    SettingField(
        "sign_name",
        _("Signature of texts without one"),
        help=_("The carrier puts it in front of the text. A text's own signature comes first."),
        max_length=40,
        group=_SENDING,
    ),
    SettingField(
        "sender_id",
        _("Sender ID of messages without one"),
        help=_("Only outside the Chinese mainland, and as registered at the carrier."),
        max_length=20,
        group=_SENDING,
    ),
    SettingField(
        "extend_code",
        _("Extension of the sender's number"),
        help=_("Digits, only if the carrier has opened this for the account."),
        max_length=20,
        group=_SENDING,
    ),
    SettingField(
        "n_per_request",
        _("Numbers in one request"),
        SettingKind.NUMBER,
        help=_(
            "Numbers with the same text share a request. With fewer of them, less is uncertain after a fault."
        ),
        default=100,
        is_required=True,
        smallest=1,
        largest=MAX_PER_REQUEST,
        group=_SENDING,
    ),
    SettingField(
        "polls",
        _("Fetch receipts and replies"),
        SettingKind.SWITCH,
        help=_(
            "Only if the carrier has opened this for the account, instead of reporting to this console's address."
        ),
        default=False,
        group=_RECEIPTS,
    ),
    *CONNECTION_FIELDS,
)
