"""A program that calls the v5 API, as carefully or carelessly as a test wants."""

from __future__ import annotations

import json
import time
from typing import Any

from django.test import Client

from api.tencent_v5.signing import signature, signed_numbers
from projects.models import AppKey

RANDOM = "7226249334"


class Program:
    """Signs like the SDKs do and says what was answered; the status is 200 whatever happens."""

    def __init__(self, key: AppKey, *, address: str = "127.0.0.1") -> None:
        self.key = key
        self.address = address
        self._client = Client()
        self._n = 0

    def call(self, method: str, body: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
        """`other` replaces what a good client would send: sdkappid, random, time, sig."""
        self._n += 1
        random = other.get("random", f"{RANDOM}{self._n}")
        members: dict[str, Any] = {"time": other.get("time", int(time.time())), **(body or {})}
        if "sig" not in members:
            members["sig"] = other.get("sig") or self.sign(method, members, random)
        query = {"sdkappid": other.get("sdkappid", self.key.project.sdk_app_id), "random": random}
        return self.post(method, json.dumps(members), query)

    def sign(self, method: str, members: dict[str, Any], random: object) -> str:
        try:
            numbers = signed_numbers(method, members)
        except ValueError:
            numbers = ""
        return signature(app_key=self.key.secret, random=str(random), time=members["time"], numbers=numbers)

    def post(self, method: str, raw: str | bytes, query: dict[str, Any]) -> dict[str, Any]:
        response = self._client.post(
            f"/v5/tlssmssvr/{method}",
            data=raw,
            content_type="application/json",
            query_params={name: str(value) for name, value in query.items() if value is not None},
            REMOTE_ADDR=self.address,
        )
        assert response.status_code == 200, response.content[:500]
        assert response["Cache-Control"] == "no-store"
        answer: dict[str, Any] = response.json()
        return answer


def phone(mobile: str = "13788888888", nationcode: str = "86") -> dict[str, str]:
    return {"nationcode": nationcode, "mobile": mobile}
