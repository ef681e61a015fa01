"""What the codes of Amazon's two ways to send text messages mean."""

from __future__ import annotations

from delivery.gateways.base import ReceiptState
from delivery.reason_codes.tables import by_code
from delivery.statuses import Reason

# Nothing was taken, and it may be offered again.
THROTTLES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "Throttled",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "KMSThrottling",
    }
)

# Error codes, and the reasons that End User Messaging names inside of them.
SUBMIT_REASONS = by_code(
    {
        Reason.ACCOUNT_PROBLEM: (
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSecurity",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "OptInRequired",
            "ResourceNotFoundException",
            "ServiceQuotaExceededException",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
            # Reasons of AccessDeniedException, ServiceQuotaExceededException, ValidationException, ConflictException
            "ACCOUNT_DISABLED",
            "INSUFFICIENT_ACCOUNT_REPUTATION",
            "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
            "CHANNEL_NOT_ENABLED",
            "INVALID_ARN",
            "PRICE_OVER_THRESHOLD",
            "RESOURCE_NOT_ACCESSIBLE",
            "DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
        ),
        Reason.SENDER_REFUSED: (
            "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY",
            "SENDER_ID_NOT_REGISTERED",
            "SENDER_ID_NOT_SUPPORTED",
            "SENDER_ID_REQUIRES_REGISTRATION",
            "MESSAGE_TYPE_MISMATCH",
            "NO_ORIGINATION_IDENTITIES_FOUND",
            "NUMBER_CAPABILITIES_MISMATCH",
            "PHONE_NUMBER_NOT_IN_REGISTRATION_REGION",
            "REGISTRATION_NOT_COMPLETE",
            "RESOURCE_NOT_ACTIVE",
        ),
        Reason.ROUTE_ERROR: (
            "COUNTRY_CODE_MISMATCH",
            "COUNTRY_NOT_ENABLED",
            "DESTINATION_COUNTRY_BLOCKED",
            "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
            "INTERNATIONAL_SENDING_NOT_SUPPORTED",
        ),
        Reason.UNSUBSCRIBED: ("DESTINATION_PHONE_NUMBER_OPTED_OUT", "OptedOut"),
        Reason.BLACKLISTED: ("DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",),
        Reason.CONTENT_BLOCKED: ("MAXIMUM_SIZE_EXCEEDED",),
        Reason.GATEWAY_REFUSED: (
            "CANNOT_PARSE",
            "FIELD_VALIDATION_FAILED",
            "INVALID_PARAMETER",
            "INVALID_REQUEST",
            "InvalidParameter",
            "InvalidParameterValue",
            "MISSING_PARAMETER",
            "OTHER",
            "PARAMETERS_CANNOT_BE_USED_TOGETHER",
            "ParameterValueInvalid",
            "ValidationError",
            "ValidationException",
            "ConflictException",
        ),
    }
)

# The `messageStatus` of an event of End User Messaging. Those that are missing are no news.
RECEIPT_STATES = {
    "DELIVERED": ReceiptState.DELIVERED,
    "SUCCESSFUL": ReceiptState.DELIVERED,
    "INVALID": ReceiptState.UNDELIVERED,
    "UNREACHABLE": ReceiptState.UNDELIVERED,
    "CARRIER_UNREACHABLE": ReceiptState.UNDELIVERED,
    "UNKNOWN": ReceiptState.UNDELIVERED,
    "TTL_EXPIRED": ReceiptState.EXPIRED,
    "BLOCKED": ReceiptState.REJECTED,
    "CARRIER_BLOCKED": ReceiptState.REJECTED,
    "INVALID_MESSAGE": ReceiptState.REJECTED,
    "PROTECT_BLOCKED": ReceiptState.REJECTED,
    "SPAM": ReceiptState.REJECTED,
}
RECEIPT_REASONS = by_code(
    {
        Reason.NONE: ("DELIVERED", "SUCCESSFUL"),
        Reason.INVALID_NUMBER: ("INVALID",),
        Reason.UNREACHABLE: ("UNREACHABLE",),
        Reason.CARRIER_INTERNAL: ("CARRIER_UNREACHABLE", "UNKNOWN"),
        Reason.VALIDITY_EXPIRED: ("TTL_EXPIRED",),
        Reason.BLACKLISTED: ("BLOCKED",),
        Reason.CARRIER_REJECTED: ("CARRIER_BLOCKED",),
        Reason.CONTENT_BLOCKED: ("INVALID_MESSAGE", "SPAM"),
        Reason.ACCOUNT_PROBLEM: ("PROTECT_BLOCKED",),
    }
)
