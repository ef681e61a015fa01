"""The envelope of every answer of Tencent's API 3.0."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from django.http import HttpResponse

from api.tencent_v3.errors import ApiError


def new_request_id() -> str:
    """By which an answer is named when somebody asks about it."""
    return str(uuid.uuid4())


def answer_text(fields: Mapping[str, object], *, request_id: str) -> str:
    """An answer as it goes out. `fields` hold a `RequestId` of their own when it was given before."""
    return json.dumps({"Response": {"RequestId": request_id, **fields}}, ensure_ascii=False)


def error_text(error: ApiError, *, request_id: str) -> str:
    """A refusal as it goes out."""
    return answer_text({"Error": {"Code": error.code, "Message": error.words}}, request_id=request_id)


def as_response(text: str, *, status: int = 200) -> HttpResponse:
    """200 also for a refusal, as Tencent answers: its SDKs take any other status for a broken line.

    The type stands without a charset, because they compare it letter by letter before they look for an error.
    """
    body = text.encode(errors="replace")
    response = HttpResponse(body, content_type="application/json", status=status)
    # Pages get it further in; without it the answer would go out in chunks.
    response["Content-Length"] = str(len(body))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
