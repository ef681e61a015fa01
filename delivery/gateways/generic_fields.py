"""The form of a gateway set up by form."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from delivery.gateways.fields import SettingField, SettingKind
from delivery.gateways.generic_templates import BodyKind
from delivery.gateways.http import CONNECTION_FIELDS

LABEL = _("HTTP gateway, set up by form")

_REQUEST = _("Request")
_ANSWER = pgettext_lazy("carrier", "Answer")
_PUSHES = _("What the carrier pushes")
_RECEIPTS = _("Receipts")
_REPLIES = _("Replies")

_PATH_HELP = _("A path in its JSON, such as messages[0].id, or the name of a form field.")

FIELDS = (
    SettingField(
        name="method",
        label=_("Method"),
        kind=SettingKind.CHOICE,
        default="POST",
        is_required=True,
        choices=(("POST", "POST"), ("GET", "GET"), ("PUT", "PUT")),
        group=_REQUEST,
    ),
    SettingField(
        name="url",
        label=_("Address"),
        kind=SettingKind.URL,
        help=_(
            "For example https://sms.example.com/send?to={msisdn_plain}&text={text}. Placeholders are {msisdn} "
            "(+8613800000000), {msisdn_plain} (without the plus sign), {text}, {text_ucs2} (hexadecimal), "
            "{is_unicode} (1 or 0), {n_segments}, {sender}, {reference} (ours; worth sending if receipts repeat it) "
            "and {credential}."
        ),
        is_required=True,
        max_length=1000,
        group=_REQUEST,
    ),
    SettingField(
        name="is_internal",
        label=_("Inside our own network"),
        kind=SettingKind.SWITCH,
        help=_("Off, the console refuses to call addresses that are not public."),
        default=False,
        group=_REQUEST,
    ),
    SettingField(
        name="headers",
        label=_("Headers"),
        kind=SettingKind.LINES,
        help=_(
            "One a line, for example Authorization: Bearer {credential}, or Authorization: Basic {basic}."
        ),
        max_length=4000,
        group=_REQUEST,
    ),
    SettingField(
        name="credential",
        label=_("Secret"),
        kind=SettingKind.SECRET,
        help=_(
            "Key, token or user:password. It goes where {credential} stands, and in Base64 where {basic} stands."
        ),
        max_length=2000,
        group=_REQUEST,
    ),
    SettingField(
        name="body_kind",
        label=_("Body"),
        kind=SettingKind.CHOICE,
        default=BodyKind.JSON.value,
        is_required=True,
        choices=(
            (BodyKind.JSON.value, "JSON"),
            (BodyKind.FORM.value, _("Form (name=value&…)")),
            (BodyKind.XML.value, "XML"),
            (BodyKind.TEXT.value, _("Plain text")),
            (BodyKind.NONE.value, _("No body")),
        ),
        group=_REQUEST,
    ),
    SettingField(
        name="body",
        label=_("Text of the body"),
        kind=SettingKind.LINES,
        help=_(
            'With placeholders, for example {"to": "{msisdn}", "text": "{text}"}. What they stand for is escaped '
            "as the kind of body needs it."
        ),
        max_length=10_000,
        group=_REQUEST,
    ),
    SettingField(
        name="success_statuses",
        label=_("HTTP statuses of success"),
        default="200-299",
        is_required=True,
        group=_ANSWER,
    ),
    SettingField(
        name="throttle_statuses",
        label=_("HTTP statuses of “not now”"),
        help=_("Nothing was taken, and the console tries again by itself, slower."),
        default="429",
        group=_ANSWER,
    ),
    SettingField(
        name="success_path",
        label=_("Where success stands"),
        help=_("A path in the JSON of the answer, such as messages[0].status. Empty: the whole answer."),
        group=_ANSWER,
    ),
    SettingField(
        name="success_value",
        label=pgettext_lazy("carrier", "What stands there"),
        help=_(
            "A word, such as 0 or OK, or a regular expression between slashes. Empty: the status is enough."
        ),
        group=_ANSWER,
    ),
    SettingField(
        name="id_path",
        label=_("Where the message’s id stands"),
        help=_("A path in the JSON of the answer. A list there names the segments one by one."),
        group=_ANSWER,
    ),
    SettingField(
        name="id_pattern",
        label=_("Or its pattern, where the answer is plain text"),
        help=_("A regular expression; its first group is the id: ^OK ([0-9a-f]+)."),
        group=_ANSWER,
    ),
    SettingField(
        name="code_path",
        label=_("Where the code of a refusal stands"),
        help=_("A path in the JSON of the answer."),
        group=_ANSWER,
    ),
    SettingField(
        name="code_pattern",
        label=_("Or its pattern, where the answer is plain text"),
        help=_("A regular expression; its first group is the code: ^ERR ([0-9]+)."),
        group=_ANSWER,
    ),
    SettingField(name="throttle_codes", label=_("Codes of “not now”"), group=_ANSWER),
    SettingField(
        name="code_meanings",
        label=_("What its codes mean"),
        kind=SettingKind.LINES,
        help=_(
            "One a line, for example 1701 = invalid_number. Possible are invalid_number, unreachable, "
            "service_unsupported, carrier_rejected, unsubscribed, blacklisted, frequency_limit, content_blocked, "
            "route_error, carrier_internal, no_carrier_template, account_problem and sender_refused. Other codes are "
            "kept as they came."
        ),
        max_length=4000,
        group=_ANSWER,
    ),
    SettingField(
        name="push_secret_name",
        label=_("Header or parameter that holds the secret of a push"),
        default="X-Push-Secret",
        group=_PUSHES,
    ),
    SettingField(
        name="push_secret",
        label=_("Secret of a push"),
        kind=SettingKind.SECRET,
        help=_("Empty: whoever knows the push address is believed."),
        group=_PUSHES,
    ),
    SettingField(
        name="push_answer",
        label=_("What the console answers"),
        default="OK",
        group=_PUSHES,
    ),
    SettingField(
        name="list_path",
        label=_("Where the list stands"),
        help=_(
            "When a push holds several, the path to the list. Empty: the whole body is the list, or the only one."
        ),
        group=_PUSHES,
    ),
    SettingField(name="receipt_id_path", label=_("Id of the message"), help=_PATH_HELP, group=_RECEIPTS),
    SettingField(
        name="receipt_state_path",
        label=_("State"),
        help=_("What has something here is a receipt."),
        group=_RECEIPTS,
    ),
    SettingField(
        name="receipt_states",
        label=_("What its words mean"),
        kind=SettingKind.LINES,
        help=_(
            "One a line, for example 2 = delivered. Possible are delivered, undelivered, expired and rejected. Common "
            "words such as DELIVRD need no line; words that nobody explained are no news."
        ),
        max_length=4000,
        group=_RECEIPTS,
    ),
    SettingField(name="receipt_code_path", label=pgettext_lazy("carrier", "Code"), group=_RECEIPTS),
    SettingField(name="receipt_msisdn_path", label=_("Number"), group=_RECEIPTS),
    SettingField(name="receipt_reference_path", label=_("Our reference"), group=_RECEIPTS),
    SettingField(
        name="reply_text_path",
        label=_("Text"),
        help=_("What has something here, and no state, is a reply."),
        group=_REPLIES,
    ),
    SettingField(name="reply_msisdn_path", label=_("Number of the phone"), group=_REPLIES),
    SettingField(name="reply_destination_path", label=_("Number it was sent to"), group=_REPLIES),
    SettingField(name="reply_id_path", label=_("Id of the reply"), group=_REPLIES),
    *CONNECTION_FIELDS,
)
