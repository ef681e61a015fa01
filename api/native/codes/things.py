"""Codes about campaigns, texts and number lists."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from api.native.codes.types import CodeGroup, ErrorCode

_GROUP = CodeGroup.THING

THING_CODES = (
    ErrorCode(
        "changed_meanwhile",
        409,
        _GROUP,
        _("Somebody changed it in the meantime"),
        _("The version that the request names is not the present one."),
        _("Get it again, look at what has changed, and repeat the request with its present version."),
    ),
    ErrorCode(
        "not_in_this_state",
        409,
        _GROUP,
        _("This cannot be done in its present state"),
        _(
            "A campaign that is finished cannot be suspended, a text under review cannot be changed, and so on."
        ),
        _("Get it again and look at its status."),
    ),
    ErrorCode(
        "not_ready",
        409,
        _GROUP,
        _("The campaign cannot be sent yet"),
        _("Something is missing or not finished. The member “errors” names everything."),
        _("Add what is missing. A file that is being read and a forecast need a moment; then try again."),
    ),
    ErrorCode(
        "campaign_refused",
        422,
        _GROUP,
        _("The campaign was not changed"),
        _("One of its values cannot be used, such as a text that is not approved or a time that has passed."),
        _("The member “detail” says which. Correct it and repeat the request."),
    ),
    ErrorCode(
        "file_refused",
        422,
        _GROUP,
        _("The file was not taken"),
        _("It is empty, too large, or no .xlsx or .csv file."),
        _("Save it again as .xlsx or .csv, or split it."),
    ),
    ErrorCode(
        "text_refused",
        422,
        _GROUP,
        _("The text was not submitted"),
        _("It breaks a rule for signatures, sender IDs or body templates, or there is one like it already."),
        _("The member “detail” names the rule. Nothing was saved: correct the text and submit it again."),
    ),
    ErrorCode(
        "enterprises_only",
        403,
        _GROUP,
        _("Only organizations verified as an enterprise may do this"),
        _("Individuals create and change texts on the pages of the console only."),
        _("Use the pages, or let an admin apply as an enterprise under “Verification and activation”."),
    ),
    ErrorCode(
        "list_refused",
        422,
        _GROUP,
        _("The number list was not changed"),
        _("A number cannot be read, the list is full, or the list does not allow this."),
        _("The member “detail” says why. Nothing was added or removed."),
    ),
)
