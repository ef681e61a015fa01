"""Alibaba Cloud's two SMS APIs as their documents describe them, with the signature checked.

The check follows the document "Request structure and signature, version 3": nothing of it is taken from the SDK.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tests.carriers.server import Carrier, Received, Reply

KEY_ID = "LTAI5tEXAMPLE"
KEY_SECRET = "IO4kEXAMPLESECRET"
ALGORITHM = "ACS3-HMAC-SHA256"


def acs3_signature(request: Received, *, signed_headers: list[str], secret: str) -> str:
    """The signature that a request to the root path must carry, over these headers."""
    query = "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(request.query.items())
    )
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in sorted(signed_headers))
    canonical = "\n".join(
        [request.method, "/", query, headers, ";".join(sorted(signed_headers)), _sha256(request.body)]
    )
    to_sign = f"{ALGORITHM}\n{_sha256(canonical.encode())}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class AlibabaGate(Carrier):
    """What stands in front of both APIs."""

    version = ""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []  # numbers, as the carrier writes them
        self.code_of: Callable[[list[str]], str] = lambda numbers: "OK"
        self.error: tuple[int, str] | None = None  # what the gate answers in place of the API
        self.headers: dict[str, str] = {}
        self._nonces: set[str] = set()

    def answer(self, request: Received) -> Reply:
        problem = self._problem_of(request)
        if problem or self.error:
            status, code = (400, problem) if problem else self.error or (0, "")
            said = {"RequestId": "r", "Code": code, "Message": "no", "HostId": "h", "Recommend": "x"}
            return Reply.json(said, status=status, headers=self.headers)
        return Reply.json(getattr(self, f"_{request.headers['x-acs-action']}")(request.query, request.form()))

    def _problem_of(self, request: Received) -> str:
        match = re.fullmatch(
            rf"{ALGORITHM} Credential=(\S+?),SignedHeaders=(\S+?),Signature=([0-9a-f]{{64}})",
            request.headers.get("authorization", ""),
        )
        if match is None or match[1] != KEY_ID:
            return "InvalidAccessKeyId.NotFound"
        signed = match[2].split(";")
        needed = {name for name in request.headers if name.startswith("x-acs-") or name == "host"}
        if not needed <= set(signed):
            return "IncompleteSignature"
        if request.headers["x-acs-content-sha256"] != _sha256(request.body):
            return "SignatureDoesNotMatch"
        if match[3] != acs3_signature(request, signed_headers=signed, secret=KEY_SECRET):
            return "SignatureDoesNotMatch"
        at = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - at) > timedelta(minutes=15):
            return "InvalidTimeStamp.Expired"
        nonce = request.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            return "SignatureNonceUsed"
        self._nonces.add(nonce)
        return "" if request.headers["x-acs-version"] == self.version else "InvalidVersion"

    def _take(self, numbers: list[str]) -> str:
        """The code for a request with these numbers; all of them are taken or none."""
        code = self.code_of(numbers)
        if code == "OK":
            self.taken += numbers
        return code


class AlibabaCarrier(AlibabaGate):
    """The API for the Chinese mainland."""

    version = "2017-05-25"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.templates: list[dict[str, Any]] = []
        self.details: list[dict[str, Any]] = []

    def _SendSms(self, query: dict[str, str], form: dict[str, str]) -> dict[str, Any]:
        assert not form
        assert not query.keys() - {
            "PhoneNumbers", "SignName", "TemplateCode", "TemplateParam", "OutId", "SmsUpExtendCode",
        }  # fmt: skip
        assert query["SignName"]
        assert len(query.get("OutId", "")) < 256
        self.asked.append(("SendSms", query))
        numbers = query["PhoneNumbers"].split(",")
        assert 0 < len(numbers) <= 1000
        return self._sent(numbers)

    def _SendBatchSms(self, query: dict[str, str], form: dict[str, str]) -> dict[str, Any]:
        assert not query.keys() - {"TemplateCode", "OutId"}
        lists = {name: json.loads(value) for name, value in form.items()}
        self.asked.append(("SendBatchSms", {**query, **lists}))
        numbers = lists["PhoneNumberJson"]
        assert 0 < len(numbers) <= 100
        assert len(lists["SignNameJson"]) == len(lists["TemplateParamJson"]) == len(numbers)
        return self._sent(numbers)

    def _sent(self, numbers: list[str]) -> dict[str, Any]:
        assert all(re.fullmatch(r"\d{11}", number) for number in numbers)
        assert len(set(numbers)) == len(numbers)
        code = self._take(numbers)
        said = {"Code": code, "Message": "OK" if code == "OK" else "no", "RequestId": "r"}
        return {**said, "BizId": f"9006197469364{len(self.asked):06d}^0"} if code == "OK" else said

    def _QuerySmsTemplateList(self, query: dict[str, str], form: dict[str, str]) -> dict[str, Any]:
        size, page = int(query["PageSize"]), int(query["PageIndex"])
        assert size <= 50
        rows = self.templates[(page - 1) * size : page * size]
        return {"Code": "OK", "Message": "OK", "SmsTemplateList": rows, "TotalCount": len(self.templates)}

    def _QuerySendDetails(self, query: dict[str, str], form: dict[str, str]) -> dict[str, Any]:
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        assert size <= 50
        assert re.fullmatch(r"\d{11}", query["PhoneNumber"])
        day = re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", query["SendDate"])
        rows = [
            row
            for row in self.details
            if row["PhoneNum"] == query["PhoneNumber"]
            and row["SendDate"].startswith(day)
            and row.get("BizId") in (None, query.get("BizId", row.get("BizId")))
        ]
        page_of_rows = rows[(page - 1) * size : page * size]
        details = {"SmsSendDetailDTO": page_of_rows}
        return {"Code": "OK", "Message": "OK", "TotalCount": str(len(rows)), "SmsSendDetailDTOs": details}


class AlibabaInternationalCarrier(AlibabaGate):
    """The API for the rest of the world."""

    version = "2018-05-01"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, str]] = []
        self.states: dict[str, dict[str, Any]] = {}

    def _SendMessageToGlobe(self, query: dict[str, str], form: dict[str, str]) -> dict[str, Any]:
        assert not query.keys() - {"To", "From", "Message", "Type", "TaskId", "ValidityPeriod", "ChannelId"}
        assert re.fullmatch(r"[1-9]\d{5,14}", query["To"])
        assert not query["To"].startswith("86")
        self.asked.append(query)
        code = self._take([query["To"]])
        said = {"ResponseCode": code, "ResponseDescription": "said", "To": query["To"], "RequestId": "r"}
        if code != "OK":
            return said
        return {**said, "MessageId": f"1008030300{len(self.asked):05d}", "Segments": "1"}

    def _QueryMessage(self, query: dict[str, str], form: dict[str, str]) -> dict[str, Any]:
        state = self.states.get(query["MessageId"])
        if state is None:
            return {"ResponseCode": "DATA_NOT_EXIST", "ResponseDescription": "no"}
        return {"ResponseCode": "OK", "MessageId": query["MessageId"], **state}
