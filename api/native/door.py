"""The door of the native API: around every answer, also those that no operation gives."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from api.native.problems import Problem, problem_response

Entrance = Callable[..., HttpResponse]


def door(view: Entrance) -> Entrance:
    """Let programs in: no session, no form token, English; each answer has an id, its rate, and is stored nowhere."""

    @login_not_required
    @csrf_exempt
    @functools.wraps(view)
    def entrance(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request_id = secrets.token_hex(12)
        request.request_id = request_id  # type: ignore[attr-defined]
        with translation.override("en"):
            response = view(request, *args, **kwargs)
            if response.status_code == 405:
                allowed = {"Allow": response["Allow"]}
                response = problem_response(
                    Problem("method_not_allowed", headers=allowed), request_id=request_id
                )
        response["Request-Id"] = request_id
        response["Cache-Control"] = "no-store"
        rate = getattr(request, "rate", None)
        if rate is not None:
            response["RateLimit-Limit"] = str(rate.limit)
            response["RateLimit-Remaining"] = str(rate.remaining)
            response["RateLimit-Reset"] = str(rate.reset_seconds)
        return response

    return entrance


@door
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Every address of the native API that does not exist."""
    return problem_response(Problem("not_found"), request_id=request.request_id)  # type: ignore[attr-defined]
