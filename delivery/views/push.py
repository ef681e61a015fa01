"""Where carriers report. No session, no cookie: the address is the secret, and the carrier's signature is checked."""

from __future__ import annotations

import hmac
import logging
import traceback
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from delivery.gateways.base import Push
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.models import Gateway
from delivery.services import receive_push

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1 << 20
METHODS: Final = ("GET", "POST")


@csrf_exempt
@login_not_required
def push(request: HttpRequest, token: str, what: str = "") -> HttpResponse:
    """Take what a carrier brings: receipts, replies. 200 only when all of it is stored for good.

    404 for an address of nobody, 413 above 1 MB, 403 for what is not the carrier's; 503 while it cannot be stored, so
    that the carrier brings it again.
    """
    if request.method not in METHODS:
        response = _plain("Only GET and POST.", 405)
        response["Allow"] = ", ".join(METHODS)
        return response
    try:
        return _answer(request, token, what)
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        log.warning("push not stored error=%s", type(error).__name__)
        return _plain("Try again in a moment.", 503)
    except GatewayMisconfigured:
        return _plain("This gateway is not set up.", 503)
    except PushRefused:
        return _plain("Refused.", 403)
    except Exception as error:
        # The error's own words may quote a number or a text, so they stay out of the log.
        frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
        log.error("push failed error=%s\n%s", type(error).__name__, frames)
        return _plain("This could not be read.", 500)


def _answer(request: HttpRequest, token: str, what: str) -> HttpResponse:
    gateway = Gateway.objects.filter(push_token=token).first()
    if gateway is None or not hmac.compare_digest(gateway.push_token.encode(), token.encode()):
        return _plain("Nothing is here.", 404)
    body = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        return _plain("At most 1 MB.", 413)
    pushed = receive_push(gateway, _read(request, body), what=what)
    return HttpResponse(pushed.answer, content_type=pushed.content_type)


def _read(request: HttpRequest, body: bytes) -> Push:
    query = request.META.get("QUERY_STRING", "")
    return Push(
        method=request.method or "",
        url=f"{settings.CONSOLE_URL}{request.path}{'?' if query else ''}{query}",
        query=request.GET.dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def _plain(words: str, status: int) -> HttpResponse:
    response = HttpResponse(words, content_type="text/plain", status=status)
    # Django logs refusals with their path, and this path is a secret.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
