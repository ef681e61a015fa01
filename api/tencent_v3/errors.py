"""Error codes of Tencent's API 3.0 for what the console refuses. Pure."""

from __future__ import annotations

from api.sending.orders import Refusal
from api.services.texts import TextTrouble

OLD_VERSION = "2019-07-11"
NEW_VERSION = "2021-01-11"


class ApiError(Exception):
    """The whole request is refused: `code` is for the program, `words` are for its author."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


# What is refused of an order. Tencent tells it of each number, but for `OF_THE_WHOLE`.
REFUSALS: dict[Refusal, str] = {
    Refusal.PROJECT_DISABLED: "UnauthorizedOperation.SdkAppIdIsDisabled",
    Refusal.PROJECT_STOPPED: "UnauthorizedOperation.SdkAppIdIsDisabled",
    Refusal.REGION_NOT_ACTIVE: "UnsupportedOperation.UnsupportedRegion",
    Refusal.NO_GATEWAY: "FailedOperation.OtherError",
    Refusal.NO_NUMBERS: "MissingParameter.EmptyPhoneNumberSet",
    Refusal.TOO_MANY_NUMBERS: "LimitExceeded.PhoneNumberCountLimit",
    Refusal.MIXED_REGIONS: "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
    Refusal.SIGNATURE_MISSING: "FailedOperation.SignatureIncorrectOrUnapproved",
    Refusal.SIGNATURE_UNUSABLE: "FailedOperation.SignatureIncorrectOrUnapproved",
    Refusal.TEMPLATE_UNUSABLE: "FailedOperation.TemplateUnapprovedOrNotExist",
    # Or its opposite, by where the numbers lie: `sending` says which.
    Refusal.TEMPLATE_OF_OTHER_REGION: "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
    Refusal.TEXT_MATCHES_NO_TEMPLATE: "FailedOperation.TemplateIncorrectOrUnapproved",
    Refusal.PARAMETERS_DO_NOT_MATCH: "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    Refusal.PARAMETER_TOO_LONG: "InvalidParameterValue.TemplateParameterLengthLimit",
    Refusal.PARAMETER_FORMAT: "InvalidParameterValue.TemplateParameterFormatError",
    Refusal.PARAMETER_WITH_LINK: "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    Refusal.FORBIDDEN_WORD: "FailedOperation.ContainSensitiveWord",
    Refusal.TEXT_TOO_LONG: "InvalidParameterValue.ContentLengthLimit",
    Refusal.SENDER_UNUSABLE: "UnauthorizedOperation.RequestPermissionDeny",
    Refusal.EXTEND_NOT_ALLOWED: "UnauthorizedOperation.RequestPermissionDeny",
    Refusal.CONTEXT_TOO_LONG: "InvalidParameter.InvalidParameters",
    Refusal.MARKETING_HOURS: "FailedOperation.MarketingSendTimeConstraint",
    Refusal.MARKETING_NOT_ALLOWED: "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny",
    Refusal.NUMBER_INVALID: "InvalidParameterValue.IncorrectPhoneNumber",
    Refusal.NUMBER_REPEATED: "LimitExceeded.DeliveryFrequencyLimit",
    Refusal.NUMBER_UNSUBSCRIBED: "FailedOperation.PhoneNumberInBlacklist",
    Refusal.NUMBER_BLACKLISTED: "FailedOperation.PhoneNumberInBlacklist",
    Refusal.COUNTRY_NOT_ALLOWED: "LimitExceeded.AppCountryOrRegionInBlacklist",
    Refusal.SAME_TEXT_TOO_SOON: "LimitExceeded.PhoneNumberThirtySecondLimit",
    Refusal.NUMBER_LIMIT_PER_HOUR: "LimitExceeded.PhoneNumberOneHourLimit",
    Refusal.NUMBER_LIMIT_PER_DAY: "LimitExceeded.PhoneNumberDailyLimit",
    Refusal.SAME_TEXT_LIMIT_PER_DAY: "LimitExceeded.PhoneNumberSameContentDailyLimit",
    Refusal.CAP_REACHED: "LimitExceeded.AppDailyLimit",
    Refusal.CAP_REACHED_DOMESTIC: "LimitExceeded.AppMainlandChinaDailyLimit",
    Refusal.CAP_REACHED_INTERNATIONAL: "LimitExceeded.AppGlobalDailyLimit",
    Refusal.CAP_REACHED_COUNTRY: "LimitExceeded.AppCountryOrRegionDailyLimit",
}
GLOBAL_TEMPLATE_AT_HOME = "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone"
# Told as the error of the request.
OF_THE_WHOLE = frozenset(
    {
        Refusal.PROJECT_DISABLED,
        Refusal.PROJECT_STOPPED,
        Refusal.NO_NUMBERS,
        Refusal.TOO_MANY_NUMBERS,
        Refusal.MIXED_REGIONS,
        Refusal.EXTEND_NOT_ALLOWED,
        Refusal.CONTEXT_TOO_LONG,
    }
)

# Rules of texts that have a code of their own; the others are invalid parameters.
SIGNATURE_RULES = {
    "length": "InvalidParameterValue.SignNameLengthTooLong",
    "forbidden-content": "InvalidParameter.DirtyWordFound",
}
BODY_RULES = {
    "too-long": "InvalidParameterValue.ContentLengthLimit",
    "malformed-variable": "InvalidParameterValue.InvalidTemplateFormat",
    "variable-numbering": "InvalidParameterValue.InvalidTemplateFormat",
    "mixed-variables": "InvalidParameterValue.InvalidTemplateFormat",
    "adjacent-variables": "InvalidParameterValue.InvalidTemplateFormat",
    "partial-variable": "InvalidParameterValue.InvalidTemplateFormat",
    "only-variables": "InvalidParameterValue.InvalidTemplateFormat",
    "link-as-variable": "InvalidParameterValue.UnsupportedTemplateVariable",
    "no-unsubscribe": "InvalidParameterValue.MarketingTemplateWithoutUnsubscribe",
}
DIRTY_BODY = "InvalidParameterValue.TemplateWithDirtyWords"
INVALID = "InvalidParameter.InvalidParameters"

SIGNATURE_TROUBLES: dict[TextTrouble, str] = {
    TextTrouble.NOT_ENTERPRISE: "FailedOperation.NotEnterpriseCertification",
    TextTrouble.PROJECT_DISABLED: "UnauthorizedOperation.SdkAppIdIsDisabled",
    TextTrouble.UNKNOWN: "FailedOperation.SignIdNotExist",
    TextTrouble.APPROVED_ALREADY: "InvalidParameterValue.SignAlreadyPassedCheck",
    TextTrouble.OTHER_REGION: "InvalidParameterValue.InvalidInternational",
    TextTrouble.SAME_EXISTS: "InvalidParameterValue.SignExistAndUnapproved",
    TextTrouble.NO_ROOM: "FailedOperation.SignNumberLimit",
    TextTrouble.IMAGE: "InvalidParameterValue.ImageInvalid",
    TextTrouble.OTHER: "FailedOperation.OtherError",
}
BODY_TROUBLES: dict[TextTrouble, str] = {
    **SIGNATURE_TROUBLES,
    TextTrouble.UNKNOWN: "FailedOperation.TemplateIdNotExist",
    TextTrouble.APPROVED_ALREADY: "FailedOperation.TemplateAlreadyPassedCheck",
    TextTrouble.SAME_EXISTS: INVALID,
    TextTrouble.NO_ROOM: "FailedOperation.TemplateNumberLimit",
}

# Codes that the older version does not know, and what it says instead.
_OLD_CODES = {
    "InvalidParameter.DirtyWordFound": "FailedOperation.ContainSensitiveWord",
    "InvalidParameterValue.InvalidSignPurpose": "InvalidParameterValue.InvalidUsedMethod",
    "InvalidParameterValue.InvalidTemplateFormat": INVALID,
    "InvalidParameterValue.LimitVerifyFail": INVALID,
    "InvalidParameterValue.OffsetVerifyFail": INVALID,
    DIRTY_BODY: "FailedOperation.ContainSensitiveWord",
}


def in_version(code: str, version: str) -> str:
    """The code as this version of the API spells it."""
    return _OLD_CODES.get(code, code) if version == OLD_VERSION else code
