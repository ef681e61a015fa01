"""Why a row was refused, and what to do about it, in words for people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from smsconsole.lib.number_reasons import NUMBER_REASONS, ReasonWords
from smsconsole.lib.types import RefusalReason

_R = RefusalReason

REASONS: dict[RefusalReason, ReasonWords] = {
    **NUMBER_REASONS,
    _R.OTHER_REGION: ReasonWords(
        _("Number of the other region"),
        _(
            "Domestic and international numbers go in two campaigns. Copy these rows into one of the other kind."
        ),
    ),
    _R.MISSING_PARAMETER: ReasonWords(_("A variable is empty"), _("Fill in the cell or delete the row.")),
    _R.PARAMETER_TOO_LONG: ReasonWords(_("A variable is too long"), _("Shorten the text in this cell.")),
    _R.PARAMETER_ERROR: ReasonWords(
        _("The cell of a variable shows an error"), _("Correct the formula in this cell.")
    ),
    _R.PARAMETER_NOT_ALLOWED: ReasonWords(
        _("A variable holds characters that cannot be sent"), _("Type the text in this cell again.")
    ),
    _R.VALUE_NOT_A_CODE: ReasonWords(
        _("Not a verification code"),
        _("In a verification text a variable holds up to 6 digits and nothing else."),
    ),
    _R.VALUE_TOO_LONG_FOR_INDIVIDUAL: ReasonWords(
        _("The value is longer than individuals may send"),
        _("Shorten it to 12 characters; organizations verified as an enterprise may send longer ones."),
    ),
    _R.VALUE_HAS_LINK: ReasonWords(
        _("The value holds a link"), _("Put links into the text of the template, where they are reviewed.")
    ),
}


def words_for(reason: str) -> ReasonWords:
    """The words for a stored reason; a code from another version of the console is shown as it is."""
    try:
        return REASONS[RefusalReason(reason)]
    except (ValueError, KeyError):
        return ReasonWords(reason, "")
