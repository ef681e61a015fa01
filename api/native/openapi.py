"""The OpenAPI document: what ninja knows, completed with what all operations share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ninja.openapi.schema import OpenAPISchema

VERSION = "1.0.0"
DESCRIPTION = """\
Send single messages and batches, run campaigns, submit texts for review, read receipts, replies and figures.

**Keys.** Every request carries `Authorization: Bearer <API key>`. A key belongs to one project; its scopes say what it
may do, and the scope of each operation stands in its description.

**Errors** are `application/problem+json` with a stable `code`; `type` is the address of the page that explains it.

**Once only.** Operations that change something take an `Idempotency-Key`. The same request with the same key within 72
hours is carried out once and answered with the same words; the same key with another request is refused. A request
that was refused may be repeated with its key.

**Pages.** Lists take `limit` and `cursor`. Go on with `next_cursor`, and the same filters, until it is null.

**Rate.** Every answer to a key says with `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` how many
requests are left; a refused one (429) says with `Retry-After` how many seconds to wait.

**Sandbox.** What a sandbox key sends never leaves the console and costs nothing; callbacks and lists show it like
the rest. Numbers that end in `0001` are delivered after a second, in `0002` undelivered (`unreachable`), those in
`0003` stay silent, those in `0004` are refused by the gateway, all others are delivered.
"""

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The page that explains the code."},
        "title": {"type": "string", "description": "What happened."},
        "status": {"type": "integer", "description": "The status of the answer."},
        "code": {"type": "string", "description": "The stable code to go by."},
        "detail": {"type": "string", "description": "What happened here, and what to do about it."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {
                        "type": "string",
                        "description": "As in `messages[3].to`; empty for the whole.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string", "description": "Also in the header Request-Id."},
    },
    "example": {
        "type": "https://sms.example.com/api/errors/signature_unusable/",
        "title": "The signature cannot be used",
        "status": 422,
        "code": "signature_unusable",
        "detail": "The project has no approved signature “DemoShop” for international numbers.",
        "errors": [{"field": "signature", "code": "signature_unusable", "detail": "It is not approved."}],
        "request_id": "4f0d6bc1a2b94c7e8d5a6f70",
    },
}
_HEADERS = {
    "Request-Id": ("string", "The id of this request in the console's log."),
    "RateLimit-Limit": ("integer", "Requests that the key may make at once."),
    "RateLimit-Remaining": ("integer", "Requests that are left now."),
    "RateLimit-Reset": ("integer", "Seconds until all of them are there again."),
    "Retry-After": ("integer", "Seconds to wait before the request is repeated."),
    "Idempotent-Replayed": ("string", "`true` when this answer was given before and nothing was done now."),
}
_RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def completed(document: OpenAPISchema) -> OpenAPISchema:
    """With the shape of problems, the headers of all answers, and the tags in their order."""
    document["components"]["schemas"]["Problem"] = _PROBLEM
    document["components"]["headers"] = {
        name: {"description": words, "schema": {"type": kind}} for name, (kind, words) in _HEADERS.items()
    }
    for operation in _operations(document):
        is_once = any(one.get("name") == "Idempotency-Key" for one in operation["parameters"])
        operation["responses"] = {str(status): answer for status, answer in operation["responses"].items()}
        for status, answer in operation["responses"].items():
            # Every answer has them; said once for each operation they are found as well.
            if status.startswith("2") or status == "429":
                names = ["Request-Id", *_RATE]
                names += ["Retry-After"] if status == "429" else []
                names += ["Idempotent-Replayed"] if is_once and status != "429" else []
                answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    document["servers"] = [{"url": "/"}]
    return document


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()
