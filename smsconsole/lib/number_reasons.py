"""Why a value is no number that can be sent to, and what to do about it, in words for people."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from smsconsole.lib.types import RefusalReason


class ReasonWords(NamedTuple):
    """What is wrong with the row, and what the operator can do."""

    label: str | Promise
    advice: str | Promise


_R = RefusalReason
_AS_TEXT = _("Format the number column as text and type the number again.")
_CHECK = _("Check the number with the person it belongs to.")

NUMBER_REASONS: dict[RefusalReason, ReasonWords] = {
    _R.EMPTY_NUMBER: ReasonWords(_("No number"), _("Fill in the number or delete the row.")),
    _R.NOT_A_NUMBER: ReasonWords(
        _("Not a number"), _("Write digits only, with + and the country code in front.")
    ),
    _R.NUMBER_DAMAGED: ReasonWords(_("Number damaged by the spreadsheet program"), _AS_TEXT),
    _R.DATE_IN_NUMBER: ReasonWords(_("A date stands where the number belongs"), _AS_TEXT),
    _R.CELL_ERROR: ReasonWords(_("The cell shows an error"), _("Correct the formula in this cell.")),
    _R.FORMULA_WITHOUT_VALUE: ReasonWords(
        _("Formula without a result"), _("Open the file in a spreadsheet program and save it once.")
    ),
    _R.SEVERAL_NUMBERS: ReasonWords(
        _("Several numbers in one cell"), _("Give each number a row of its own.")
    ),
    _R.HAS_EXTENSION: ReasonWords(
        _("Number with an extension"), _("Extensions cannot receive messages. Use a mobile number.")
    ),
    _R.NO_DEFAULT_COUNTRY: ReasonWords(
        _("Country code missing"),
        _("Write the number with + and its country code, or set the project's default country."),
    ),
    _R.UNKNOWN_COUNTRY_CODE: ReasonWords(_("No country has this code"), _CHECK),
    _R.TOO_SHORT: ReasonWords(_("Number too short"), _CHECK),
    _R.TOO_LONG: ReasonWords(_("Number too long"), _CHECK),
    _R.NOT_VALID: ReasonWords(_("No such number in its country"), _CHECK),
    _R.SHORT_CODE: ReasonWords(
        _("Short code"), _("Service numbers cannot receive messages. Delete the row.")
    ),
    _R.PREMIUM_NUMBER: ReasonWords(
        _("Premium rate number"), _("Such numbers cannot receive messages. Delete the row.")
    ),
    _R.SERVICE_NUMBER: ReasonWords(
        _("Service number"), _("Such numbers cannot receive messages. Delete the row.")
    ),
    _R.GLOBAL_NUMBER: ReasonWords(
        _("Number of no country"), _("Satellite and global service numbers are not served.")
    ),
}
