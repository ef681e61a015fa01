"""What Tencent Cloud's API 3.0 answers to a submit. The codes of receipts are the carriers' own and stand elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.gateways.http_line import Refused, Throttled, Unclear, Verdict
from delivery.reason_codes.tables import by_code
from delivery.statuses import Reason

REASONS: Mapping[str, Reason] = by_code(
    {
        Reason.INVALID_NUMBER: (
            "InvalidParameterValue.IncorrectPhoneNumber",
            "FailedOperation.PhoneNumberParseFail",
        ),
        Reason.BLACKLISTED: ("FailedOperation.PhoneNumberInBlacklist",),
        Reason.FREQUENCY_LIMIT: (
            "LimitExceeded.DeliveryFrequencyLimit",
            "LimitExceeded.PhoneNumberThirtySecondLimit",
            "LimitExceeded.PhoneNumberOneHourLimit",
            "LimitExceeded.PhoneNumberDailyLimit",
            "LimitExceeded.PhoneNumberSameContentDailyLimit",
        ),
        Reason.CONTENT_BLOCKED: (
            "FailedOperation.ContainSensitiveWord",
            "InvalidParameter.DirtyWordFound",
            "InvalidParameterValue.ContentLengthLimit",
            "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
            "InvalidParameterValue.TemplateParameterFormatError",
            "InvalidParameterValue.TemplateParameterLengthLimit",
            "FailedOperation.MarketingSendTimeConstraint",
        ),
        Reason.NO_CARRIER_TEMPLATE: (
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.TemplateUnapprovedOrNotExist",
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            "FailedOperation.TemplateIdNotExist",
        ),
        Reason.SENDER_REFUSED: (
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.MissingSignature",
            "InvalidParameterValue.SignNameLengthTooLong",
        ),
        Reason.ROUTE_ERROR: (
            "UnsupportedOperation.UnsupportedRegion",
            "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
            "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone",
            "UnsupportedOperation.ContainDomesticPhoneNumber",
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
            "LimitExceeded.AppCountryOrRegionInBlacklist",
        ),
        Reason.ACCOUNT_PROBLEM: (
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "FailedOperation.NotEnterpriseCertification",
            "FailedOperation.ProhibitSubAccountUse",
            "InvalidParameterValue.SdkAppIdNotExist",
            "InvalidParameter.AppidAndBizId",
            "InternalError.SigFieldMissing",
            "InternalError.SigVerificationFail",
            "InternalError.RequestTimeException",
            "InternalError.RestApiInterfaceNotExist",
            "LimitExceeded.AppDailyLimit",
            "LimitExceeded.AppGlobalDailyLimit",
            "LimitExceeded.AppMainlandChinaDailyLimit",
            "LimitExceeded.AppCountryOrRegionDailyLimit",
            "LimitExceeded.DailyLimit",
            "ServiceUnavailable",
        ),
        Reason.GATEWAY_REFUSED: (
            "FailedOperation.FailResolvePacket",
            "FailedOperation.JsonParseFail",
            "FailedOperation.OtherError",
            "FailedOperation.ParametersOtherError",
            "InternalError.JsonParseFail",
            "LimitExceeded.PhoneNumberCountLimit",
            "UnsupportedOperation",
        ),
    }
)
# Families in which every code means one thing; the codes above come first.
FAMILIES = (
    ("AuthFailure", Reason.ACCOUNT_PROBLEM),
    ("UnauthorizedOperation", Reason.ACCOUNT_PROBLEM),
    ("InvalidParameter", Reason.GATEWAY_REFUSED),
    ("MissingParameter", Reason.GATEWAY_REFUSED),
    ("UnknownParameter", Reason.GATEWAY_REFUSED),
)
# The whole account is too fast; a number that gets too much is `FREQUENCY_LIMIT` and stays refused.
THROTTLES = ("RequestLimitExceeded", "LimitExceeded.GlobalSmsSendingRateLimit")
# "Send timeout", "the operator's answer cannot be read", "unknown error": it may have been taken.
UNCLEAR = "InternalError"


def verdict_on(code: str) -> Verdict:
    """What a code other than `Ok` says about a number, or about a whole request."""
    if _is_of(code, THROTTLES):
        return Throttled(code)
    if (reason := REASONS.get(code)) is not None:
        return Refused(code, reason)
    if _is_of(code, (UNCLEAR,)):
        return Unclear(code, Reason.UNKNOWN_CODE)
    for family, reason in FAMILIES:
        if _is_of(code, (family,)):
            return Refused(code, reason)
    return Refused(code, Reason.UNKNOWN_CODE)


def _is_of(code: str, families: tuple[str, ...]) -> bool:
    return any(code == family or code.startswith(f"{family}.") for family in families)
