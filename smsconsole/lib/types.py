"""Words shared by several apps, without models."""

from __future__ import annotations

from enum import StrEnum


class Region(StrEnum):
    """Whether numbers belong to the installation's home country. A campaign is one or the other."""

    DOMESTIC = "domestic"
    INTERNATIONAL = "international"


class RefusalReason(StrEnum):
    """Why a row cannot be sent to. The codes are stored and exported: add, never rename.

    Their words for people are in `campaigns`.
    """

    # The cell
    EMPTY_NUMBER = "empty_number"
    NOT_A_NUMBER = "not_a_number"  # letters, a word, true or false
    NUMBER_DAMAGED = "number_damaged"  # 8.6138E+12, decimals, more digits than a spreadsheet keeps
    DATE_IN_NUMBER = "date_in_number"
    CELL_ERROR = "cell_error"  # #N/A, #REF! ...
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    SEVERAL_NUMBERS = "several_numbers"
    HAS_EXTENSION = "has_extension"

    # The number
    NO_DEFAULT_COUNTRY = "no_default_country"  # national form, and nothing says of which country
    UNKNOWN_COUNTRY_CODE = "unknown_country_code"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_VALID = "not_valid"  # right length, but its country has no such numbers
    SHORT_CODE = "short_code"  # 10086, 911
    PREMIUM_NUMBER = "premium_number"  # premium rate and shared cost
    SERVICE_NUMBER = "service_number"  # toll-free, pager, company-wide number, voicemail
    GLOBAL_NUMBER = "global_number"  # +800, +881 ...: of no country
    OTHER_REGION = "other_region"  # domestic in an international campaign, or the other way round

    # The parameters
    MISSING_PARAMETER = "missing_parameter"
    PARAMETER_TOO_LONG = "parameter_too_long"
    PARAMETER_ERROR = "parameter_error"  # #N/A ... in a parameter
    PARAMETER_NOT_ALLOWED = "parameter_not_allowed"  # characters that may not leave, such as NUL
    # Rules of values; the codes are those of `templates_app.rules.values`
    VALUE_NOT_A_CODE = "value_not_a_code"  # more than 6 digits, or something else, in a verification text
    VALUE_TOO_LONG_FOR_INDIVIDUAL = "value_too_long_for_individual"
    VALUE_HAS_LINK = "value_has_link"
