"""Tencent Cloud's SMS API 3.0 (2021-01-11) as its documents describe it, with the signature checked.

The check follows the document "Signature v3": nothing of it is taken from the SDK.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.carriers.server import Carrier, Received, Reply

SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
APP_ID = "1400006666"
MAX_NUMBERS = 200


def tc3_signature(request: Received, *, secret_key: str, service: str = "sms") -> tuple[str, str]:
    """The credential scope and the signature that a POST must carry."""
    content_type = request.headers["content-type"]
    canonical = "\n".join(
        [
            request.method,
            "/",
            "",
            f"content-type:{content_type}\nhost:{request.headers['host']}\n",
            "content-type;host",
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    timestamp = request.headers["x-tc-timestamp"]
    day = datetime.fromtimestamp(int(timestamp), UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    to_sign = "\n".join(["TC3-HMAC-SHA256", timestamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"TC3{secret_key}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return scope, hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


class TencentCarrier(Carrier):
    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, dict[str, Any]]] = []  # number and request of all that was accepted
        self.code_of: Callable[[str], str] = lambda number: "Ok"
        self.error = ""  # a code in place of any answer
        self.leaves_out: set[str] = set()
        self.templates: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any]] = []
        self.content_type = "application/json"

    def answer(self, request: Received) -> Reply:
        problem = self._problem_of(request)
        if problem or self.error:
            return self._said({"Error": {"Code": problem or self.error, "Message": "no"}})
        return self._said(getattr(self, f"_{request.headers['x-tc-action']}")(request.json()))

    def _said(self, response: dict[str, Any]) -> Reply:
        body = json.dumps({"Response": {**response, "RequestId": "a0aabda6"}}, ensure_ascii=False).encode()
        return Reply(body, 200, {"Content-Type": self.content_type})

    def _problem_of(self, request: Received) -> str:
        scope, signature = tc3_signature(request, secret_key=SECRET_KEY)
        credential = f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, SignedHeaders=content-type;host, "
        if request.headers["authorization"] != credential + f"Signature={signature}":
            return "AuthFailure.SignatureFailure"
        if abs(time.time() - int(request.headers["x-tc-timestamp"])) > 300:
            return "AuthFailure.SignatureExpire"
        if request.headers["x-tc-version"] != "2021-01-11" or not request.headers["x-tc-region"]:
            return "InvalidParameter"
        return ""

    # --- Actions ---

    def _SendSms(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = {
            "PhoneNumberSet", "SmsSdkAppId", "TemplateId", "SignName", "TemplateParamSet", "ExtendCode",
            "SessionContext", "SenderId",
        }  # fmt: skip
        assert not asked.keys() - known
        assert asked["SmsSdkAppId"] == APP_ID
        assert 0 < len(asked["PhoneNumberSet"]) <= MAX_NUMBERS
        assert all(isinstance(value, str) for value in asked["TemplateParamSet"])
        assert len(asked.get("SessionContext", "")) < 512
        return {"SendStatusSet": [self._sent(number, asked) for number in self._answered(asked)]}

    def _answered(self, asked: dict[str, Any]) -> list[str]:
        return [number for number in reversed(asked["PhoneNumberSet"]) if number not in self.leaves_out]

    def _sent(self, number: str, asked: dict[str, Any]) -> dict[str, Any]:
        code = self.code_of(number)
        is_taken = code == "Ok"
        if is_taken:
            self.taken.append((number, asked))
        return {
            "SerialNo": f"2019:{538884 + len(self.taken)}" if is_taken else "",
            "PhoneNumber": number,
            "Fee": int(is_taken),
            "SessionContext": asked.get("SessionContext", ""),
            "Code": code,
            "Message": "send success" if is_taken else "failed",
            "IsoCode": "CN",
        }

    def _DescribeSmsTemplateList(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["Limit"] <= 100
        rows = [row for row in self.templates if row["International"] == asked["International"]]
        return {"DescribeTemplateStatusSet": rows[asked["Offset"] : asked["Offset"] + asked["Limit"]]}

    def _PullSmsSendStatusByPhoneNumber(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["Limit"] <= 100
        assert asked["BeginTime"] < asked["EndTime"] <= time.time() + 1
        rows = [row for row in self.statuses if row["PhoneNumber"] == asked["PhoneNumber"]]
        return {"PullSmsSendStatusSet": rows}

    def _PullSmsSendStatus(self, asked: dict[str, Any]) -> dict[str, Any]:
        n = asked["Limit"]
        rows, self.statuses = self.statuses[:n], self.statuses[n:]
        return {"PullSmsSendStatusSet": rows}

    def _PullSmsReplyStatus(self, asked: dict[str, Any]) -> dict[str, Any]:
        n = asked["Limit"]
        rows, self.replies = self.replies[:n], self.replies[n:]
        return {"PullSmsReplyStatusSet": rows}


def status_row(
    msisdn: str, serial: str, *, report: str = "SUCCESS", description: str = "DELIVRD", context: str = ""
) -> dict[str, Any]:
    """A row of PullSmsSendStatus."""
    return {
        "UserReceiveTime": 1_795_000_000,
        "CountryCode": "86",
        "SubscriberNumber": msisdn.removeprefix("+86"),
        "PhoneNumber": msisdn,
        "SerialNo": serial,
        "ReportStatus": report,
        "Description": description,
        "SessionContext": context,
    }
