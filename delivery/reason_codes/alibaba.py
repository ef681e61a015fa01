"""Alibaba Cloud: what the domestic API (isv.*, isp.*) and the international one answer and report."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.reason_codes.tables import by_code
from delivery.statuses import Reason

DOMESTIC: Mapping[str, Reason] = by_code(
    {
        Reason.INVALID_NUMBER: ("isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT"),
        Reason.SENDER_REFUSED: (
            "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
            "isv.SIGN_STATE_ILLEGAL",
            "isv.SMS_SIGN_ILLEGAL",
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.EXTEND_CODE_ERROR",
        ),
        Reason.NO_CARRIER_TEMPLATE: (
            "isv.SMS_TEMPLATE_ILLEGAL",
            "isv.TEMPLATE_MISSING_PARAMETERS",
            "isv.TEMPLATE_PARAMS_ILLEGAL",
            "isv.INVALID_JSON_PARAM",
        ),
        Reason.ROUTE_ERROR: ("isv.DOMESTIC_NUMBER_NOT_SUPPORTED",),
        Reason.ACCOUNT_PROBLEM: (
            "isv.DENY_IP_RANGE",
            "isp.RAM_PERMISSION_DENY",
            "isv.OUT_OF_SERVICE",
            "isv.PRODUCT_UN_SUBSCRIPT",
            "isv.ACCOUNT_NOT_EXISTS",
            "isv.ACCOUNT_ABNORMAL",
            "isv.AMOUNT_NOT_ENOUGH",
            "isv.MONTH_LIMIT_CONTROL",
        ),
        Reason.FREQUENCY_LIMIT: ("isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"),
        Reason.CONTENT_BLOCKED: (
            "isv.SMS_CONTENT_ILLEGAL",
            "isv.BLACK_KEY_CONTROL_LIMIT",
            "isv.PARAM_LENGTH_LIMIT",
            "isv.PARAM_NOT_SUPPORT_URL",
        ),
        Reason.GATEWAY_REFUSED: ("isv.INVALID_PARAMETERS",),
        Reason.CARRIER_INTERNAL: ("isp.SYSTEM_ERROR",),
    }
)

# The names of the API and the numbers of the SMPP line mean the same.
INTERNATIONAL: Mapping[str, Reason] = by_code(
    {
        Reason.NONE: ("OK", "20"),
        Reason.SENDER_REFUSED: ("INVALID_SENDERID", "25", "SMS_SIGN_NAME_ILLEGAL", "32"),
        Reason.ACCOUNT_PROBLEM: (
            "FORBIDDEN_ACTION", "26", "OUT_OF_SERVICE", "27", "ACCOUNT_NOT_EXISTS", "29", "AMOUNT_NOT_ENOUGH", "45",
            "ONLINE_BILLING_FAILED", "49", "RAM_PERMISSION_DENY", "55", "PRODUCT_NOT_SUBSCRIBED", "57",
            "ACCOUNT_ILLEGAL", "63",
        ),
        Reason.INVALID_NUMBER: ("MOBILE_NUMBER_ILLEGAL", "33"),
        Reason.CONTENT_BLOCKED: (
            "SMS_CONTENT_CODE_ILLEGAL", "31", "SMS_SECURITY_INTERCEPTED", "61", "SMS_CONTENT_ILLEGAL", "62",
            "BLACK_KEY_CONTROL_LIMIT", "64", "PARAM_LENGTH_LIMIT", "44",
        ),
        Reason.GATEWAY_REFUSED: (
            "CONTENT_MISSING_PARAMETERS", "35", "INVALID_PARAMETERS", "36", "INVALID_JSON_PARAM", "42",
            "DATA_NOT_EXIST", "QUERY_DATE_ILLEGAL", "52",
        ),
        Reason.THROTTLED: ("QPS_LIMIT_CONTROL", "48"),
        Reason.ROUTE_ERROR: ("NOT_SUPPORTED_COUNTRY", "65"),
        Reason.CARRIER_INTERNAL: ("SYSTEM_ERROR", "46"),
    }
)  # fmt: skip
