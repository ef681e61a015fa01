"""The door of the v5 API: who calls is asked in Tencent's order, and every answer has the status 200."""

from __future__ import annotations

import json
import logging
import time
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from api import rate
from api.access import address_allowed, app_keys_of, note_use
from api.sending.answers import AnswerMismatch
from api.sending.orders import CONTEXT_MAX_BYTES, OrderRefused
from api.tencent_v5.calls import Answer, Call, Method
from api.tencent_v5.errors import CODE_OF, Code, Refused, malformed
from api.tencent_v5.methods import LARGE_METHODS, METHODS, SENDING_METHODS, VOICE_METHODS
from api.tencent_v5.requests import Fields, read_json
from api.tencent_v5.signing import is_signed, signed_numbers
from projects.errors import ProjectDisabled
from projects.models import AppKey, Project
from smsconsole.lib.addresses import client_address
from smsconsole.lib.request_bodies import BodyTooLarge, read_body

log = logging.getLogger(__name__)

CLOCK_SECONDS: Final = 600
BODY_MAX_BYTES: Final = 1 << 20
# A certificate of 5 MB in base64, and what stands around it.
LARGE_BODY_MAX_BYTES: Final = 8 << 20
_RANDOM_MAX: Final = 64


@require_http_methods(["GET", "POST"])
@login_not_required
@csrf_exempt
def answer(request: HttpRequest, method: str) -> HttpResponse:
    """POST /v5/tlssmssvr/<method>?sdkappid=…&random=…"""
    return _respond(_Conversation(request, method))


@require_http_methods(["GET", "POST"])
@login_not_required
@csrf_exempt
def answer_voice(request: HttpRequest, method: str) -> HttpResponse:
    """POST /v5/tlsvoicesvr/<method>: known, but nothing here speaks yet."""
    return _respond(_Conversation(request, method, is_voice=True))


def _respond(conversation: _Conversation) -> HttpResponse:
    # Programs go by the code; the words are in one language for all.
    with translation.override("en"):
        body = conversation.answer()
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(
        content, content_type="application/json; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


class _Conversation:
    """A request on its way to its answer."""

    def __init__(self, request: HttpRequest, method: str, *, is_voice: bool = False) -> None:
        self.request = request
        self.method = method
        self.is_voice = is_voice
        # What a sending client wants to hear again, refused or not.
        self.ext: str | None = None

    def answer(self) -> Answer:
        try:
            return self._call()
        except Refused as refused:
            return self._refusal(refused.code, refused.words)
        except OrderRefused as refused:
            return self._refusal(CODE_OF[refused.refusal], refused.words)
        except ProjectDisabled as refused:
            return self._refusal(Code.APP_DISABLED, str(refused))
        except AnswerMismatch:
            return self._refusal(
                Code.SIGNATURE_WRONG,
                "This signature came before with another body. Take a new random for each request.",
            )
        except (OperationalError, InterfaceError) as error:
            log.warning(
                "v5 request without the database method=%s error=%s", self.method, type(error).__name__
            )
            return self._refusal(
                Code.TIMEOUT, "The console could not finish in time. Send the same request again."
            )

    def _refusal(self, code: Code, words: str) -> Answer:
        told: Answer = {"result": int(code), "errmsg": words}
        return told if self.ext is None else {**told, "ext": self.ext}

    def _call(self) -> Answer:
        if self.request.method != "POST":
            raise malformed("Send the request with POST.")
        project, keys = self._app()
        address = client_address(self.request.META, n_proxies=settings.TRUSTED_PROXY_COUNT)
        if keys and not any(address_allowed(key, address) for key in keys):
            raise _address_refused(address)
        if self.is_voice:
            raise _no_voice(self.method)
        raw = self._body()
        fields = Fields(read_json(raw))
        self._hear_ext(fields)
        sig, key = self._proved(fields, keys)
        if not address_allowed(key, address):
            raise _address_refused(address)
        call = _method_named(self.method)
        _count(key)
        note_use(key, address)
        return call(Call(project, key, self.method, sig, fields, raw))

    def _app(self) -> tuple[Project, list[AppKey]]:
        written = self.request.GET.get("sdkappid", "")
        is_number = written.isascii() and written.isdecimal() and len(written) <= 20
        found = app_keys_of(int(written)) if is_number else None
        if found is None:
            raise Refused(
                Code.APP_UNKNOWN,
                "No such sdkappid. The SDK AppID is on the page “Application information” of the project.",
            )
        project, keys = found
        if project.is_disabled:
            raise Refused(
                Code.APP_DISABLED, "The project of this sdkappid is disabled. An admin can enable it."
            )
        return project, keys

    def _body(self) -> bytes:
        most = LARGE_BODY_MAX_BYTES if self.method in LARGE_METHODS else BODY_MAX_BYTES
        try:
            return read_body(self.request, most=most)
        except BodyTooLarge as refused:
            raise malformed(f"The body is larger than {refused.most >> 20} MB.") from None

    def _hear_ext(self, fields: Fields) -> None:
        if self.method in SENDING_METHODS:
            ext = fields.members.get("ext", "")
            is_fit = isinstance(ext, str) and len(ext) <= CONTEXT_MAX_BYTES
            self.ext = ext if is_fit else ""

    def _proved(self, fields: Fields, keys: list[AppKey]) -> tuple[str, AppKey]:
        """The signature and the AppKey that made it."""
        if not fields.members.get("sig"):
            raise Refused(Code.SIGNATURE_MISSING, "“sig” is missing.")
        sig = fields.text("sig", most=200)
        moment = fields.whole("time")
        random = self.request.GET.get("random", "")
        if not random:
            raise malformed("“random” is missing in the address of the request.")
        behind = time.time() - moment
        if abs(behind) > CLOCK_SECONDS:
            raise Refused(
                Code.CLOCK,
                f"“time” is {abs(behind):.0f} seconds {'behind' if behind > 0 else 'before'} the console's clock; "
                f"at most {CLOCK_SECONDS} are allowed. It is in seconds, UTC.",
            )
        try:
            numbers = signed_numbers(self.method, fields.members)
        except ValueError as error:
            raise malformed(f"“{error}” is missing or not of its type.") from None
        for key in keys if len(random) <= _RANDOM_MAX else []:
            if is_signed(sig, app_key=key.secret, random=random, time=moment, numbers=numbers):
                return sig, key
        raise Refused(
            Code.SIGNATURE_WRONG,
            "The signature is wrong. Compare your string to sign with the console's own in the “Signature debugger”.",
        )


def _method_named(name: str) -> Method:
    if name not in METHODS:
        raise _no_method(name)
    return METHODS[name]


def _no_method(name: str) -> Refused:
    return Refused(
        Code.NO_SUCH_METHOD, f"There is no method “{name[:40]}”. The methods: {', '.join(METHODS)}."
    )


def _no_voice(name: str) -> Refused:
    if name in VOICE_METHODS:
        return Refused(Code.UNSUPPORTED, "The console sends no voice messages.")
    return Refused(Code.NO_SUCH_METHOD, f"There is no method “{name[:40]}” for voice.")


def _address_refused(address: str) -> Refused:
    return Refused(
        Code.ADDRESS_NOT_ALLOWED,
        f"The AppKey may not be used from {address or 'this address'}. An admin can add the address to it.",
    )


def _count(key: AppKey) -> None:
    counted = rate.take(key)
    if counted.is_exceeded:
        raise Refused(
            Code.FREQUENCY,
            f"More than {counted.limit} requests in a second. Send the request again in {counted.retry_after} s.",
        )
