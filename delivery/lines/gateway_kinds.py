"""What people read about each kind of gateway before they set one up; the driver itself says the rest."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery.gateways import DRIVERS
from delivery.gateways.base import DrivenBy, GatewayDriver, PollsEvents, QueriesMessages, ReceivesPushes
from delivery.models import SANDBOX_KIND


@dataclass(frozen=True, slots=True)
class KindWords:
    """`extra` is the part of the installation that brings `module`, the carrier's own SDK; empty: none is needed."""

    summary: str | Promise = ""
    extra: str = ""
    module: str = ""
    push_hint: str | Promise = ""


WORDS: dict[str, KindWords] = {
    "simulator": KindWords(
        _("Takes messages like a carrier and sends receipts. No phone receives anything.")
    ),
    "smpp": KindWords(
        _("A line to an operator or aggregator over SMPP 3.4: several binds, TLS, receipts and replies.")
    ),
    "tencent": KindWords(
        _("Texts approved at Tencent Cloud, sent by template; receipts and replies are pushed or polled."),
        "tencent",
        "tencentcloud.sms",
        _(
            "In the Tencent Cloud console, under SMS → the application → Event callbacks, enter this address "
            "for delivery status and for replies."
        ),
    ),
    "alibaba": KindWords(
        _("Texts approved at Alibaba Cloud for mainland China, sent by template."),
        "alibaba",
        "alibabacloud_dysmsapi20170525",
        _(
            "In the Alibaba Cloud console, under Short Message Service → System settings → Message receiving, "
            "enter this address for SmsReport and SmsUp over HTTP."
        ),
    ),
    "alibaba_intl": KindWords(
        _("Free texts to all countries but mainland China through Alibaba Cloud."),
        "alibaba",
        "alibabacloud_dysmsapi20180501",
        _(
            "In the Alibaba Cloud console, under Short Message Service → System settings → Message receiving, "
            "enter this address for receipts over HTTP."
        ),
    ),
    "twilio": KindWords(
        _("Free texts worldwide through Twilio, by number or messaging service."),
        "twilio",
        "twilio",
        _(
            "Receipts need nothing: each message names this address. For replies enter it at Twilio under the "
            "number or the messaging service, as “A message comes in”, method POST."
        ),
    ),
    "vonage": KindWords(
        _("Free texts worldwide through Vonage’s SMS API."),
        "vonage",
        "vonage_sms",
        _(
            "In the Vonage dashboard, under API settings → SMS settings, enter this address for delivery receipts "
            "and for inbound messages, method POST."
        ),
    ),
    "aws": KindWords(
        _("Free texts worldwide through Amazon SNS or AWS End User Messaging."),
        "aws",
        "boto3",
        _(
            "In AWS, add an SNS topic as event destination of the configuration set, and subscribe this address to "
            "the topic over HTTPS. The console confirms the subscription by itself."
        ),
    ),
    "http": KindWords(
        _("Any carrier with an HTTP interface: address, headers, body and answer are described in a form."),
        push_hint=_("Enter this address at the carrier for receipts and replies."),
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of gateway as the choice and the page of a gateway show it."""

    name: str
    driver: type[GatewayDriver] | None
    words: KindWords

    @property
    def label(self) -> str:
        return str(self.driver.label) if self.driver else self.name

    @property
    def missing_extra(self) -> str:
        """What has to be installed before it can send, as pip writes it; empty when nothing is missing."""
        if not self.words.module or _is_installed(self.words.module):
            return ""
        return f"smsconsole[{self.words.extra}]"

    @property
    def receives_pushes(self) -> bool:
        return self.driver is not None and issubclass(self.driver, ReceivesPushes)

    @property
    def polls(self) -> bool:
        return self.driver is not None and issubclass(self.driver, PollsEvents)

    @property
    def can_be_asked(self) -> bool:
        return self.driver is not None and issubclass(self.driver, QueriesMessages)

    @property
    def takes_templates(self) -> bool:
        """Whether its carrier takes a template and parameters instead of a text."""
        return hasattr(self.driver, "fetch_templates")

    @property
    def has_session(self) -> bool:
        return self.driver is not None and self.driver.driven_by is DrivenBy.SESSION


def kind_of(name: str) -> Kind:
    """The kind of this name; without a driver when this version of the console has none."""
    return Kind(name, DRIVERS.get(name), WORDS.get(name, KindWords()))


def all_kinds() -> list[Kind]:
    """Every kind that can be set up, in the order of the registry. The sandbox is there by itself."""
    return [kind_of(name) for name in DRIVERS if name != SANDBOX_KIND]


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
