"""A program that signs requests as Tencent's SDKs do, and what it hears."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from api.tencent_v3 import signing
from projects.models import SecretKey

NEW, OLD = "2021-01-11", "2019-07-11"
HOST = "testserver"


class Program:
    """Holds a SecretKey. Every answer is checked to be an envelope; what is in it is given back."""

    def __init__(self, key: SecretKey, *, version: str = NEW) -> None:
        self.key = key
        self.version = version
        self.client = Client()

    def __call__(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Ask for an action with JSON."""
        return self.post(action, json.dumps(parameters).encode())

    def code(self, action: str, **parameters: Any) -> str:
        """The error of the whole request, or ""."""
        return code_of(self(action, **parameters))

    def headers(self, action: str, body: bytes, **other: Any) -> dict[str, str]:
        """The headers of a signed request. `other` changes what is signed or sent."""
        timestamp = other.get("timestamp", int(time.time()))
        date = other.get("date", signing.utc_date(timestamp))
        content_type = other.get("content_type", "application/json")
        canonical = signing.canonical_request(
            method=other.get("method", "POST"),
            query=other.get("query", ""),
            headers={"content-type": content_type, "host": other.get("signed_host", HOST)},
            signed_headers=("content-type", "host"),
            body=body,
        )
        to_sign = signing.string_to_sign(timestamp=timestamp, date=date, service="sms", canonical=canonical)
        signature = signing.signature(
            secret_key=other.get("secret", self.key.secret), date=date, service="sms", to_sign=to_sign
        )
        secret_id = other.get("secret_id", self.key.secret_id)
        return {
            "Host": HOST,
            "Content-Type": content_type,
            "X-TC-Action": action,
            "X-TC-Version": other.get("version", self.version),
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Region": "ap-guangzhou",
            "Authorization": (
                f"TC3-HMAC-SHA256 Credential={secret_id}/{date}/sms/tc3_request, "
                f"SignedHeaders=content-type;host, Signature={signature}"
            ),
        }

    def post(self, action: str, body: bytes, **other: Any) -> dict[str, Any]:
        return self.send(body, self.headers(action, body, **other))

    def send(self, body: bytes, headers: dict[str, str], *, path: str = "/", **extra: Any) -> dict[str, Any]:
        """Send these bytes with these headers."""
        content_type = headers.get("Content-Type", "application/json")
        rest = {name: value for name, value in headers.items() if name != "Content-Type"}
        response = self.client.generic("POST", path, body, content_type=content_type, headers=rest, **extra)
        return envelope(response)

    def form(
        self, action: str, /, *, method: str = "POST", signature_method: str = "HmacSHA256", **parameters: Any
    ):
        """Ask for an action with signed parameters, lists written with dots."""
        given: dict[str, str] = {
            "Action": action,
            "Version": self.version,
            "Timestamp": str(int(time.time())),
            "Nonce": "4711",
            "SecretId": self.key.secret_id,
            "SignatureMethod": signature_method,
            **{name: str(value) for name, value in dotted(parameters).items()},
        }
        [to_sign] = signing.parameter_strings(method=method, host=HOST, parameters=given)
        given["Signature"] = signing.parameter_signature(
            secret_key=self.key.secret, to_sign=to_sign, signature_method=signature_method
        )
        if method == "GET":
            return envelope(self.client.get("/", query_params=given, headers={"Host": HOST}))
        return envelope(
            self.client.post(
                "/",
                urlencode(given),
                content_type="application/x-www-form-urlencoded",
                headers={"Host": HOST},
            )
        )


def dotted(value: Any, name: str = "") -> dict[str, Any]:
    """`{"A": ["x"]}` as `{"A.0": "x"}`."""
    if not isinstance(value, (dict, list)):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found: dict[str, Any] = {}
    for key, inner in items:
        found |= dotted(inner, f"{name}.{key}" if name else str(key))
    return found


def envelope(response: Any) -> dict[str, Any]:
    """What is in the envelope, which every answer has."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response
    told: dict[str, Any] = json.loads(response.content)
    assert list(told) == ["Response"]
    assert told["Response"]["RequestId"]
    if "Error" in told["Response"]:
        assert set(told["Response"]) == {"Error", "RequestId"}
        assert told["Response"]["Error"]["Message"]
    return told["Response"]


def code_of(answer: dict[str, Any]) -> str:
    return answer.get("Error", {}).get("Code", "")
