"""A program that calls the native API with its key, and what it gets."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from django.test import Client

from projects.models import ApiKey
from tests.factories import token_of


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def fields(self) -> dict[str, str]:
        """What is wrong, by field."""
        return {error["field"]: error["code"] for error in self.body["errors"]}


class Program:
    """Calls with one key; `key` None calls without any."""

    def __init__(self, key: ApiKey | None, **headers: str) -> None:
        self.key = key
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token_of(key)}"} if key else {}
        self.headers |= headers

    def get(self, path: str, **query: Any) -> Answer:
        return self._answer(self.client.get(f"/api/v1/{path}", query, headers=self.headers))

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        once: str = "",
        raw: bytes | None = None,
        **more: Any,
    ) -> Answer:
        headers = self.headers | ({"Idempotency-Key": once} if once else {})
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        kind = more.pop("content_type", "application/json")
        response = self.client.generic(method, f"/api/v1/{path}", data, kind, headers=headers, **more)
        return self._answer(response)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.send("POST", path, body, **more)

    def upload(self, path: str, files: dict[str, Any], *, once: str = "") -> Answer:
        headers = self.headers | ({"Idempotency-Key": once} if once else {})
        return self._answer(self.client.post(f"/api/v1/{path}", files, headers=headers))

    def _answer(self, response: Any) -> Answer:
        body = json.loads(response.content) if response.content else None
        return Answer(response.status_code, body, response.headers)
