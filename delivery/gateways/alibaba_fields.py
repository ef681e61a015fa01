"""The forms of gateways to Alibaba Cloud."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from delivery.gateways.alibaba_line import ACCOUNT_FIELDS
from delivery.gateways.fields import SettingField, SettingKind
from delivery.gateways.http import CONNECTION_FIELDS

DOMESTIC_LABEL = _("Alibaba Cloud SMS, Chinese mainland")
INTERNATIONAL_LABEL = _("Alibaba Cloud SMS, international")

_ACCOUNT = _("Account")
_SENDING = pgettext_lazy("gateway", "Sending")

DOMESTIC_FIELDS = (
    *ACCOUNT_FIELDS,
    SettingField(
        "endpoint",
        _("Address of the API"),
        SettingKind.URL,
        default="https://dysmsapi.aliyuncs.com",
        is_required=True,
        group=_ACCOUNT,
    ),
    SettingField(
        "sign_name",
        _("Signature of texts without one"),
        help=_("The carrier puts it in front of the text. A text's own signature comes first."),
        max_length=40,
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
        largest=1000,
        group=_SENDING,
    ),
    SettingField(
        "batches",
        _("Different texts in one request"),
        SettingKind.SWITCH,
        help=_(
            "Up to 100 texts of the same template. Off, each text has a request of its own and our reference."
        ),
        default=True,
        group=_SENDING,
    ),
    *CONNECTION_FIELDS,
)

INTERNATIONAL_FIELDS = (
    *ACCOUNT_FIELDS,
    SettingField(
        "endpoint",
        _("Address of the API"),
        SettingKind.URL,
        default="https://dysmsapi.ap-southeast-1.aliyuncs.com",
        is_required=True,
        group=_ACCOUNT,
    ),
    SettingField(
        "sender_id",
        _("Sender ID of messages without one"),
        help=_("Up to 11 letters and digits, or up to 15 digits, as registered at the carrier."),
        max_length=15,
        group=_SENDING,
    ),
    SettingField(
        "type",
        _("Type of the messages"),
        SettingKind.CHOICE,
        default="NOTIFY",
        is_required=True,
        choices=(
            ("OTP", _("Verification codes")),
            ("NOTIFY", _("Notifications")),
            ("MKT", _("Marketing")),
        ),
        group=_SENDING,
    ),
    SettingField(
        "validity_seconds",
        _("Validity, in seconds"),
        SettingKind.NUMBER,
        help=_("The carrier gives up after so long. 0: as long as the carrier thinks right."),
        default=0,
        is_required=True,
        smallest=0,
        largest=604_800,
        group=_SENDING,
    ),
    SettingField("channel_id", _("Channel ID"), max_length=60, group=_SENDING),
    *CONNECTION_FIELDS,
)
