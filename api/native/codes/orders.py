"""Codes about a whole order to send. Each is a `Refusal` of the sending core."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from api.native.codes.types import CodeGroup, ErrorCode
from api.sending.orders import Refusal

_GROUP = CodeGroup.ORDER

ORDER_CODES = (
    ErrorCode(
        Refusal.PROJECT_DISABLED,
        403,
        _GROUP,
        _("The project is disabled"),
        _("In a disabled project everything can be read, and nothing is sent or changed."),
        _("An admin can enable the project again."),
    ),
    ErrorCode(
        Refusal.PROJECT_STOPPED,
        403,
        _GROUP,
        _("All sending of the project was stopped"),
        _("Somebody used “Stop everything”. Nothing was taken."),
        _("An admin can allow sending again. Repeat the request then."),
    ),
    ErrorCode(
        Refusal.REGION_NOT_ACTIVE,
        403,
        _GROUP,
        _("The organization may not send there"),
        _("It is not verified yet, it is locked, or the service for this region is not activated for it."),
        _("An admin finds what is missing under “Verification and activation”."),
    ),
    ErrorCode(
        Refusal.NO_GATEWAY,
        503,
        _GROUP,
        _("No gateway is set up"),
        _("Nothing can leave the console at present."),
        _("Ask the people who run this console, and repeat the request later."),
    ),
    ErrorCode(
        Refusal.NO_NUMBERS,
        422,
        _GROUP,
        _("There is nobody to send to"),
        _("The request names no number."),
        _("Name at least one number."),
    ),
    ErrorCode(
        Refusal.TOO_MANY_NUMBERS,
        422,
        _GROUP,
        _("Too many numbers in one request"),
        _("A batch may have 1000 messages."),
        _("Split it, or upload a file to a campaign."),
    ),
    ErrorCode(
        Refusal.MIXED_REGIONS,
        422,
        _GROUP,
        _("Domestic and international numbers in one request"),
        _("Texts and limits differ between the two, so one request goes to one region."),
        _("Send the numbers of the home country and those abroad in two requests."),
    ),
    ErrorCode(
        Refusal.SIGNATURE_MISSING,
        422,
        _GROUP,
        _("No signature is named"),
        _(
            "The project has several signatures for this region, or none, and the request says nothing about it."
        ),
        _("Name an approved signature of the project in “signature”, without its brackets."),
    ),
    ErrorCode(
        Refusal.SIGNATURE_UNUSABLE,
        422,
        _GROUP,
        _("The signature cannot be used"),
        _("The project has no approved signature of this text for the region of the numbers."),
        _("Look at the list of signatures. One that waits for approval can be used once it is approved."),
    ),
    ErrorCode(
        Refusal.TEMPLATE_UNUSABLE,
        422,
        _GROUP,
        _("The body template cannot be used"),
        _("The project has no such body template, or it is not approved, or its approval was revoked."),
        _("Look at the list of body templates and use the id of an approved one."),
    ),
    ErrorCode(
        Refusal.TEMPLATE_OF_OTHER_REGION,
        422,
        _GROUP,
        _("The body template is for the other region"),
        _("Body templates are approved for domestic or for international numbers."),
        _(
            "Use a body template for the region of these numbers; a copy for the other region needs its own review."
        ),
    ),
    ErrorCode(
        Refusal.TEXT_MATCHES_NO_TEMPLATE,
        422,
        _GROUP,
        _("The text matches no approved body template"),
        _(
            "A whole text is sent only if an approved body template with its values would read exactly like it."
        ),
        _(
            "Compare it with the approved body templates letter by letter, or send the template’s id with its values."
        ),
    ),
    ErrorCode(
        Refusal.PARAMETERS_DO_NOT_MATCH,
        422,
        _GROUP,
        _("The values do not fit the placeholders"),
        _("There are more or fewer values than the body template has placeholders."),
        _("Give one value for each placeholder, in their order. The body template lists its placeholders."),
    ),
    ErrorCode(
        Refusal.PARAMETER_TOO_LONG,
        422,
        _GROUP,
        _("A value is too long"),
        _("Carriers and rules limit how long the value of a placeholder may be."),
        _("Shorten the value."),
    ),
    ErrorCode(
        Refusal.PARAMETER_FORMAT,
        422,
        _GROUP,
        _("A value has the wrong form"),
        _("The value of a verification code has up to 6 digits and nothing else."),
        _("Send only the digits of the code."),
    ),
    ErrorCode(
        Refusal.PARAMETER_WITH_LINK,
        422,
        _GROUP,
        _("A value holds a link"),
        _("Links belong into the reviewed text, not into the values."),
        _("Write the link into the body template and have it approved, or leave it out."),
    ),
    ErrorCode(
        Refusal.FORBIDDEN_WORD,
        422,
        _GROUP,
        _("A value holds a word that is not allowed"),
        _("The rules for texts hold for values too."),
        _("Leave the word out, or write it into a body template and have it reviewed."),
    ),
    ErrorCode(
        Refusal.TEXT_TOO_LONG,
        422,
        _GROUP,
        _("The message is too long"),
        _("Signature, text and values together have more characters than carriers take."),
        _("Shorten the values, or use a shorter body template."),
    ),
    ErrorCode(
        Refusal.SENDER_UNUSABLE,
        422,
        _GROUP,
        _("The sender ID cannot be used"),
        _("It is not approved for the project, not for this country, or the numbers are domestic."),
        _("Use an approved sender ID, or leave “sender_id” out."),
    ),
    ErrorCode(
        Refusal.EXTEND_NOT_ALLOWED,
        422,
        _GROUP,
        _("The extension code cannot be used"),
        _("It has up to 12 digits and nothing else."),
        _("Shorten it to digits, or leave “extend” out."),
    ),
    ErrorCode(
        Refusal.CONTEXT_TOO_LONG,
        422,
        _GROUP,
        _("The reference is too long"),
        _("What the console keeps for you with a message may have 512 bytes."),
        _("Send a shorter one, such as the id of the order in your system."),
    ),
    ErrorCode(
        Refusal.MARKETING_HOURS,
        422,
        _GROUP,
        _("Marketing may not leave at this hour"),
        _("Marketing leaves between certain hours only, and the request asks not to wait for them."),
        _("Send it within the hours, or leave “outside_hours” at “wait”."),
    ),
    ErrorCode(
        Refusal.MARKETING_NOT_ALLOWED,
        422,
        _GROUP,
        _("The organization may not send marketing"),
        _("Marketing needs an organization that is verified as an enterprise."),
        _("Send another text, or let an admin apply as an enterprise."),
    ),
)
