"""What the form of an SMPP line asks for, and how its answers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from delivery.gateways.fields import SettingField, SettingKind
from delivery.smpp import tlv
from delivery.smpp.encoding import Alphabet
from delivery.smpp.profile import MAX_BINDS, MAX_RESPONSE_SECONDS, MAX_WINDOW, BindMode
from delivery.smpp.segmentation import LongMessages, Writing
from delivery.smpp.submits import SubmitSettings

_LINE = pgettext_lazy("gateway", "Line")
_TLS = _("Encryption")
_BIND = _("Bind")
_PACE = _("Window and patience")
_ADDRESSES = _("Numbers and senders")
_TEXTS = _("Texts")
_RECEIPTS = _("Receipts")

AUTOMATIC = "auto"
_TONS = (
    (AUTOMATIC, _("By its looks")),
    ("0", _("0 · unknown")),
    ("1", _("1 · international")),
    ("2", _("2 · national")),
    ("3", _("3 · network specific")),
    ("4", _("4 · subscriber number")),
    ("5", _("5 · alphanumeric")),
    ("6", _("6 · abbreviated")),
)
_NPIS = (
    (AUTOMATIC, _("By its looks")),
    ("0", _("0 · unknown")),
    ("1", _("1 · ISDN (E.163, E.164)")),
    ("3", _("3 · data (X.121)")),
    ("4", _("4 · telex")),
    ("6", _("6 · land mobile (E.212)")),
    ("8", _("8 · national")),
    ("9", _("9 · private")),
    ("10", _("10 · ERMES")),
    ("14", _("14 · internet (IP)")),
    ("18", _("18 · WAP client id")),
)
_ID_FORMS = (
    ("as_is", _("As they are")),
    ("lower", _("Upper and lower case are the same")),
    ("strip_zeros", _("Leading zeros do not count")),
    ("hex_to_dec", _("Answers hexadecimal, receipts decimal")),
    ("dec_to_hex", _("Answers decimal, receipts hexadecimal")),
)

FIELDS: tuple[SettingField, ...] = (
    SettingField("host", _("Host"), is_required=True, max_length=253, group=_LINE),
    SettingField(
        "port", _("Port"), SettingKind.NUMBER, default=2775, smallest=1, largest=65_535, group=_LINE
    ),
    SettingField("tls", _("Encrypt with TLS"), SettingKind.SWITCH, default=False, group=_TLS),
    SettingField(
        "tls_verify",
        _("Check the SMSC's certificate"),
        SettingKind.SWITCH,
        _("Without it anybody on the way can read and change what is sent."),
        default=True,
        group=_TLS,
    ),
    SettingField(
        "tls_server_name",
        _("Name in its certificate"),
        help=_("If it is not the host."),
        max_length=253,
        group=_TLS,
    ),
    SettingField(
        "tls_ca",
        _("Authority to trust besides the usual ones"),
        SettingKind.LINES,
        _("A certificate in PEM."),
        max_length=50_000,
        group=_TLS,
    ),
    SettingField(
        "tls_certificate",
        _("Own certificate"),
        SettingKind.LINES,
        _("In PEM, with those in between; only where the carrier asks for one."),
        max_length=50_000,
        group=_TLS,
    ),
    SettingField(
        "tls_key",
        _("Key of the own certificate"),
        SettingKind.SECRET,
        _("In PEM."),
        max_length=20_000,
        group=_TLS,
    ),
    SettingField("system_id", _("System ID"), is_required=True, max_length=15, group=_BIND),
    SettingField("password", _("Password"), SettingKind.SECRET, max_length=64, group=_BIND),
    SettingField("system_type", _("System type"), max_length=12, group=_BIND),
    SettingField(
        "bind_mode",
        _("Bind as"),
        SettingKind.CHOICE,
        default=str(BindMode.TRANSCEIVER),
        choices=(
            (str(BindMode.TRANSCEIVER), _("Transceiver")),
            (str(BindMode.PAIR), _("Transmitter and receiver")),
            (str(BindMode.TRANSMITTER), _("Transmitter only: no receipts, no replies")),
            (str(BindMode.RECEIVER), _("Receiver only: nothing is sent")),
        ),
        group=_BIND,
    ),
    SettingField(
        "n_binds",
        _("Binds"),
        SettingKind.NUMBER,
        _("How many the carrier allows; of a pair, how many pairs."),
        default=1,
        smallest=1,
        largest=MAX_BINDS,
        group=_BIND,
    ),
    SettingField(
        "window",
        _("Window"),
        SettingKind.NUMBER,
        _("Submits that may wait for an answer, per bind."),
        default=10,
        smallest=1,
        largest=MAX_WINDOW,
        group=_PACE,
    ),
    SettingField(
        "enquire_seconds",
        _("Ask for a sign of life after, in seconds"),
        SettingKind.NUMBER,
        default=30,
        smallest=1,
        largest=3_600,
        group=_PACE,
    ),
    SettingField(
        "response_seconds",
        _("Wait for an answer, in seconds"),
        SettingKind.NUMBER,
        _("What is not answered by then is uncertain and is not sent again by itself."),
        default=10,
        smallest=1,
        largest=MAX_RESPONSE_SECONDS,
        group=_PACE,
    ),
    SettingField(
        "n_senders",
        _("Windows of the console under way at a time"),
        SettingKind.NUMBER,
        default=2,
        smallest=1,
        largest=8,
        group=_PACE,
    ),
    SettingField(
        "source_ton",
        _("Type of the sender (TON)"),
        SettingKind.CHOICE,
        default=AUTOMATIC,
        choices=_TONS,
        group=_ADDRESSES,
    ),
    SettingField(
        "source_npi",
        _("Plan of the sender (NPI)"),
        SettingKind.CHOICE,
        default=AUTOMATIC,
        choices=_NPIS,
        group=_ADDRESSES,
    ),
    SettingField(
        "dest_ton",
        _("Type of the number (TON)"),
        SettingKind.CHOICE,
        default="1",
        choices=_TONS[1:],
        group=_ADDRESSES,
    ),
    SettingField(
        "dest_npi",
        _("Plan of the number (NPI)"),
        SettingKind.CHOICE,
        default="1",
        choices=_NPIS[1:],
        group=_ADDRESSES,
    ),
    SettingField(
        "number_plus", _("Numbers with a plus sign"), SettingKind.SWITCH, default=False, group=_ADDRESSES
    ),
    SettingField(
        "alphabet",
        _("Alphabet"),
        SettingKind.CHOICE,
        _("What the SMSC takes data_coding 0 for. Other texts leave as UCS-2."),
        default=str(Alphabet.GSM7),
        choices=(
            (str(Alphabet.GSM7), _("GSM 03.38, one character an octet")),
            (str(Alphabet.GSM7_PACKED), _("GSM 03.38, packed")),
            (str(Alphabet.LATIN1), _("Latin-1")),
            (str(Alphabet.ASCII), _("ASCII")),
        ),
        group=_TEXTS,
    ),
    SettingField(
        "data_coding",
        _("data_coding of the alphabet"),
        SettingKind.NUMBER,
        _("Empty: the usual one."),
        smallest=0,
        largest=255,
        group=_TEXTS,
    ),
    SettingField(
        "ucs2_data_coding",
        _("data_coding of UCS-2"),
        SettingKind.NUMBER,
        default=8,
        smallest=0,
        largest=255,
        group=_TEXTS,
    ),
    SettingField(
        "long_messages",
        _("Long messages"),
        SettingKind.CHOICE,
        default=str(LongMessages.UDH8),
        choices=(
            (str(LongMessages.UDH8), _("User data header, reference of 8 bits")),
            (str(LongMessages.UDH16), _("User data header, reference of 16 bits")),
            (str(LongMessages.SAR), _("Optional parameters (SAR)")),
            (str(LongMessages.PAYLOAD), _("message_payload: the SMSC cuts")),
        ),
        group=_TEXTS,
    ),
    SettingField(
        "validity_minutes",
        _("Give up after, in minutes"),
        SettingKind.NUMBER,
        _("0: as the carrier does."),
        default=0,
        smallest=0,
        largest=63 * 24 * 60,
        group=_TEXTS,
    ),
    SettingField("service_type", _("Service type"), max_length=5, group=_TEXTS),
    SettingField(
        "vendor_tlvs",
        _("Parameters of the carrier's own"),
        SettingKind.LINES,
        _("One a line: tag (hexadecimal):type:value, such as 1400:string:abc."),
        max_length=2_000,
        group=_TEXTS,
    ),
    SettingField(
        "registered_delivery",
        _("Ask for receipts"),
        SettingKind.CHOICE,
        default="1",
        choices=(("1", _("Always")), ("2", _("Of failures only")), ("0", pgettext_lazy("receipts", "Never"))),
        group=_RECEIPTS,
    ),
    SettingField(
        "id_form",
        _("Message ids"),
        SettingKind.CHOICE,
        _("Carriers write them differently in answers and receipts."),
        default="as_is",
        choices=_ID_FORMS,
        group=_RECEIPTS,
    ),
    SettingField(
        "receipt_zone",
        _("Time zone of the dates in receipts"),
        help=_("Such as Asia/Shanghai. Empty: UTC."),
        max_length=60,
        group=_RECEIPTS,
    ),
    SettingField(
        "trusts_text",
        _("What reads like a receipt is one"),
        SettingKind.SWITCH,
        _("For carriers that do not mark receipts (esm_class). Anybody with a phone could then write one."),
        default=False,
        group=_RECEIPTS,
    ),
)


def submit_settings(settings: Mapping[str, Any]) -> SubmitSettings:
    """What every submit_sm has; raises `ValueError`, of which `BadField` is one, for what cannot be."""
    writing = Writing(
        alphabet=Alphabet(settings.get("alphabet") or Alphabet.GSM7),
        data_coding=_number_or_none(settings.get("data_coding")),
        ucs2_data_coding=_number(settings, "ucs2_data_coding", 8),
        long_messages=LongMessages(settings.get("long_messages") or LongMessages.UDH8),
    )
    return SubmitSettings(
        writing=writing,
        source_ton=_number_or_none(settings.get("source_ton")),
        source_npi=_number_or_none(settings.get("source_npi")),
        dest_ton=_number(settings, "dest_ton", 1),
        dest_npi=_number(settings, "dest_npi", 1),
        has_plus=bool(settings.get("number_plus")),
        service_type=str(settings.get("service_type") or ""),
        validity_minutes=_number(settings, "validity_minutes", 0),
        registered_delivery=_number(settings, "registered_delivery", 1),
        tlvs=tlv.vendor(str(settings.get("vendor_tlvs") or "").splitlines()),
    )


def _number(settings: Mapping[str, Any], name: str, default: int) -> int:
    value = _number_or_none(settings.get(name))
    return default if value is None else value


def _number_or_none(value: Any) -> int | None:
    return None if value in (None, "", AUTOMATIC) else int(value)
