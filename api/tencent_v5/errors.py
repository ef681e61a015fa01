"""The error codes of Tencent's API v5, and which of them each of the console's own refusals becomes."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from api.sending.orders import Refusal


class Code(IntEnum):
    """`result` of an answer; 0 is "OK". Codes of voice, packages and arrears come with those."""

    OK = 0
    SIGNATURE_WRONG = 1001
    SENSITIVE_WORD = 1002
    SIGNATURE_MISSING = 1003
    MALFORMED = 1004
    NOT_PERMITTED = 1006
    OTHER = 1007
    ADDRESS_NOT_ALLOWED = 1009
    NO_SUCH_METHOD = 1011
    SIGN_UNUSABLE = 1012
    FREQUENCY = 1013
    TEMPLATE_UNUSABLE = 1014
    NUMBER_LISTED = 1015
    NUMBER_INVALID = 1016
    TEXT_TOO_LONG = 1017
    APP_UNKNOWN = 1019
    APP_DISABLED = 1020
    CLOCK = 1021
    APP_DAILY_LIMIT = 1022
    NUMBER_30_SECONDS = 1023
    NUMBER_HOUR = 1024
    NUMBER_DAY = 1025
    NUMBER_SAME_TEXT = 1026
    MARKETING_HOURS = 1029
    UNSUPPORTED = 1030
    INDIVIDUAL_MARKETING = 1032
    MIXED_REGIONS = 1034
    PARAMETER_TOO_LONG = 1036
    PARAMETER_FORMAT = 1038
    REGION_UNSUPPORTED = 1045
    TOO_MANY_NUMBERS = 1046
    INTERNATIONAL_DAILY_LIMIT = 1047
    LINK_IN_PARAMETER = 1048
    TIMEOUT = 60008


CODE_OF: Final[dict[Refusal, Code]] = {
    Refusal.PROJECT_DISABLED: Code.APP_DISABLED,
    Refusal.PROJECT_STOPPED: Code.APP_DISABLED,
    Refusal.REGION_NOT_ACTIVE: Code.REGION_UNSUPPORTED,
    Refusal.NO_GATEWAY: Code.OTHER,
    Refusal.NO_NUMBERS: Code.NUMBER_INVALID,
    Refusal.TOO_MANY_NUMBERS: Code.TOO_MANY_NUMBERS,
    Refusal.MIXED_REGIONS: Code.MIXED_REGIONS,
    Refusal.SIGNATURE_MISSING: Code.SIGN_UNUSABLE,
    Refusal.SIGNATURE_UNUSABLE: Code.SIGN_UNUSABLE,
    Refusal.TEMPLATE_UNUSABLE: Code.TEMPLATE_UNUSABLE,
    Refusal.TEMPLATE_OF_OTHER_REGION: Code.TEMPLATE_UNUSABLE,
    Refusal.TEXT_MATCHES_NO_TEMPLATE: Code.TEMPLATE_UNUSABLE,
    Refusal.PARAMETERS_DO_NOT_MATCH: Code.TEMPLATE_UNUSABLE,
    Refusal.PARAMETER_TOO_LONG: Code.PARAMETER_TOO_LONG,
    Refusal.PARAMETER_FORMAT: Code.PARAMETER_FORMAT,
    Refusal.PARAMETER_WITH_LINK: Code.LINK_IN_PARAMETER,
    Refusal.FORBIDDEN_WORD: Code.SENSITIVE_WORD,
    Refusal.TEXT_TOO_LONG: Code.TEXT_TOO_LONG,
    Refusal.SENDER_UNUSABLE: Code.NOT_PERMITTED,
    Refusal.EXTEND_NOT_ALLOWED: Code.NOT_PERMITTED,
    Refusal.CONTEXT_TOO_LONG: Code.MALFORMED,
    Refusal.MARKETING_HOURS: Code.MARKETING_HOURS,
    Refusal.MARKETING_NOT_ALLOWED: Code.INDIVIDUAL_MARKETING,
    Refusal.NUMBER_INVALID: Code.NUMBER_INVALID,
    Refusal.NUMBER_REPEATED: Code.FREQUENCY,
    Refusal.NUMBER_UNSUBSCRIBED: Code.NUMBER_LISTED,
    Refusal.NUMBER_BLACKLISTED: Code.NUMBER_LISTED,
    Refusal.COUNTRY_NOT_ALLOWED: Code.REGION_UNSUPPORTED,
    Refusal.SAME_TEXT_TOO_SOON: Code.NUMBER_30_SECONDS,
    Refusal.NUMBER_LIMIT_PER_HOUR: Code.NUMBER_HOUR,
    Refusal.NUMBER_LIMIT_PER_DAY: Code.NUMBER_DAY,
    Refusal.SAME_TEXT_LIMIT_PER_DAY: Code.NUMBER_SAME_TEXT,
    Refusal.CAP_REACHED: Code.APP_DAILY_LIMIT,
    Refusal.CAP_REACHED_DOMESTIC: Code.APP_DAILY_LIMIT,
    Refusal.CAP_REACHED_INTERNATIONAL: Code.INTERNATIONAL_DAILY_LIMIT,
    Refusal.CAP_REACHED_COUNTRY: Code.INTERNATIONAL_DAILY_LIMIT,
}


class Refused(Exception):
    """The request is answered with this code; `words` are for the person who reads the answer."""

    def __init__(self, code: Code, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


def malformed(words: str) -> Refused:
    """What is wrong with the request's own shape."""
    return Refused(Code.MALFORMED, words)
