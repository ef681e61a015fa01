"""A request of Tencent's API 3.0 as it came in, and the proof of who sent it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest

from api.access import Caller, address_allowed, note_use, secret_key_by_id
from api.rate import take
from api.sending.answers import Replay
from api.tencent_v3 import signing
from api.tencent_v3.errors import NEW_VERSION, OLD_VERSION, ApiError
from api.tencent_v3.fields import read_form, read_json, shown
from projects.models import SecretKey
from smsconsole.lib.addresses import client_address
from smsconsole.lib.request_bodies import BodyTooLarge, read_body

BODY_MAX = 1 << 20
# Certificates come in the body, in base64.
BODY_WITH_IMAGES_MAX = 10 << 20
ACTIONS_WITH_IMAGES = frozenset({"AddSmsSign", "ModifySmsSign"})
CLOCK_SKEW_SECONDS = 300
_PARAMETERS_MAX = 5_000
_QUERY_MAX = 32 << 10
# Of every action; no parameter of an action is called so.
_COMMON = frozenset(
    {
        *("Action", "Version", "Region", "Timestamp", "Nonce", "SecretId", "Signature", "SignatureMethod"),
        *("Token", "Language", "RequestClient"),
    }
)


@dataclass(slots=True)
class Incoming:
    """What a request says before anything is believed. `parameters` are those of a form or a query."""

    method: str
    action: str
    version: str
    timestamp: str
    query: str
    headers: Mapping[str, str]
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    address: str
    is_signed_by_parameters: bool
    body: bytes = b""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def is_form(self) -> bool:
        return self.is_signed_by_parameters or self.method == "GET" or bool(self.parameters)

    def given(self) -> dict[str, Any]:
        """The parameters of the action, from wherever they stand."""
        given = read_form(self.parameters) if self.is_form else read_json(self.body)
        return {name: value for name, value in given.items() if name not in _COMMON}


def read_request(request: HttpRequest) -> Incoming:
    """Read the request and its body, which has an end. Raises `ApiError` when it has none of the known forms."""
    method = request.method or ""
    query = request.META.get("QUERY_STRING", "")
    if len(query) > _QUERY_MAX:
        raise ApiError("RequestSizeLimitExceeded", "A query has 32 KB at most. Use POST.")
    content_type = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    action = request.headers.get("X-TC-Action", "")
    is_tc3 = bool(action) or request.headers.get("Authorization", "").startswith(signing.ALGORITHM)
    body = b"" if method == "GET" else _body(request, action)
    incoming = Incoming(
        method=method,
        action=action,
        version=request.headers.get("X-TC-Version", ""),
        timestamp=request.headers.get("X-TC-Timestamp", ""),
        query=query,
        headers={name.lower(): value for name, value in request.headers.items()},
        hosts=_hosts(request),
        paths=("/", request.path) if request.path != "/" else ("/",),
        address=client_address(request.META, n_proxies=settings.TRUSTED_PROXY_COUNT),
        is_signed_by_parameters=not is_tc3,
        body=body,
    )
    if method == "GET":
        incoming.parameters = _form(query)
    elif content_type == "application/x-www-form-urlencoded":
        incoming.parameters = _form(body)
    elif content_type not in ("application/json", ""):
        raise ApiError(
            "UnsupportedProtocol", "Send JSON as application/json, or a form as Tencent's SDKs do."
        )
    if incoming.is_signed_by_parameters:
        incoming.action = incoming.parameters.get("Action", "")
        incoming.version = incoming.parameters.get("Version", "")
        incoming.timestamp = incoming.parameters.get("Timestamp", "")
    return incoming


def prove(incoming: Incoming) -> tuple[Caller, Replay]:
    """Who sent it, and by what it is known when it comes again. Raises `ApiError`."""
    for name, value in (("Version", incoming.version), ("Timestamp", incoming.timestamp)):
        if not value:
            raise _missing(name if incoming.is_signed_by_parameters else f"X-TC-{name}")
    if incoming.version not in (OLD_VERSION, NEW_VERSION):
        raise ApiError("NoSuchVersion", f"The versions are {NEW_VERSION} and {OLD_VERSION}.")
    moment = _fresh(incoming.timestamp)
    key, signature = (_by_parameters if incoming.is_signed_by_parameters else _by_tc3)(incoming, moment)
    if not address_allowed(key, incoming.address):
        raise ApiError(
            "UnauthorizedOperation.RequestIpNotInWhitelist", "This key may not be used from your address."
        )
    rate = take(key)
    if rate.is_exceeded:
        raise ApiError(
            "RequestLimitExceeded",
            f"This key may ask {rate.limit} times a second. Try again in {rate.retry_after} seconds.",
        )
    note_use(key, incoming.address)
    # A TC3 signature need not cover the action, so what was asked is part of what must be the same.
    parts = (incoming.method, incoming.action, incoming.version, incoming.query)
    digest = hashlib.sha256("\n".join(parts).encode(errors="replace") + b"\n" + incoming.body).digest()
    return Caller(key.project, key, incoming.address), Replay(f"v3:{signature}", digest)


def _by_tc3(incoming: Incoming, moment: int) -> tuple[SecretKey, str]:
    header = incoming.headers.get("authorization", "")
    if not header:
        raise _missing("Authorization")
    authorization = signing.parse_authorization(header)
    if authorization is None:
        raise ApiError(
            "AuthFailure.InvalidAuthorization",
            "The header Authorization must be: TC3-HMAC-SHA256 Credential=<SecretId>/<date>/sms/tc3_request, "
            "SignedHeaders=content-type;host, Signature=<64 hexadecimal digits>.",
        )
    if not set(authorization.signed_headers) >= signing.HEADERS_TO_SIGN:
        raise ApiError("AuthFailure.InvalidAuthorization", "Sign at least the headers content-type and host.")
    if incoming.headers.get("x-tc-content-sha256", "").upper() == signing.UNSIGNED_PAYLOAD:
        raise ApiError("AuthFailure.SignatureFailure", "Sign the body: UNSIGNED-PAYLOAD is not taken here.")
    # The service may be any word: Tencent's SDKs for Node and Java take the first one of the host's name.
    if authorization.date != signing.utc_date(moment):
        raise ApiError(
            "AuthFailure.SignatureFailure",
            f"The day in the credential must be {signing.utc_date(moment)}: the UTC day of the timestamp.",
        )
    key = _key_of(authorization.secret_id)
    for canonical in _canonical_requests(incoming, authorization):
        to_sign = signing.string_to_sign(
            timestamp=incoming.timestamp,
            date=authorization.date,
            service=authorization.service,
            canonical=canonical,
        )
        ours = signing.signature(
            secret_key=key.secret, date=authorization.date, service=authorization.service, to_sign=to_sign
        )
        if signing.is_same(ours, authorization.signature):
            return key, authorization.signature
    raise _wrong_signature()


def _canonical_requests(incoming: Incoming, authorization: signing.Authorization) -> Iterator[str]:
    payload_hash = signing.hash_of(incoming.body)
    for host in incoming.hosts:
        for path in incoming.paths:
            for as_written in (False, True):
                yield signing.canonical_request(
                    method=incoming.method,
                    path=path,
                    query=incoming.query,
                    headers={**incoming.headers, "host": host},
                    signed_headers=authorization.signed_headers,
                    payload_hash=payload_hash,
                    as_written=as_written,
                )


def _by_parameters(incoming: Incoming, moment: int) -> tuple[SecretKey, str]:
    parameters = incoming.parameters
    for name in ("SecretId", "Signature", "Nonce"):
        if not parameters.get(name):
            raise _missing(name)
    method = parameters.get("SignatureMethod") or "HmacSHA1"
    if method not in signing.PARAMETER_METHODS:
        raise ApiError(
            "InvalidParameterValue", "SignatureMethod is HmacSHA1 or HmacSHA256; JSON is signed with TC3."
        )
    key = _key_of(parameters["SecretId"])
    for host in incoming.hosts:
        for path in incoming.paths:
            for to_sign in signing.parameter_strings(
                method=incoming.method, host=host, path=path, parameters=parameters
            ):
                ours = signing.parameter_signature(
                    secret_key=key.secret, to_sign=to_sign, signature_method=method
                )
                if signing.is_same(ours, parameters["Signature"]):
                    return key, ours
    raise _wrong_signature()


def _key_of(secret_id: str) -> SecretKey:
    key = secret_key_by_id(secret_id)
    if key is None:
        raise ApiError(
            "AuthFailure.SecretIdNotFound",
            "There is no such SecretId, or it was retired. The keys of a project stand on its page API keys.",
        )
    return key


def _fresh(timestamp: str) -> int:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise ApiError("InvalidParameterValue", "The timestamp is a number of seconds since 1970.")
    skew = int(timestamp) - int(time.time())
    if abs(skew) > CLOCK_SKEW_SECONDS:
        where = "ahead of" if skew > 0 else "behind"
        raise ApiError(
            "AuthFailure.SignatureExpire",
            f"The timestamp is {abs(skew)} seconds {where} this console's clock; {CLOCK_SKEW_SECONDS} are allowed.",
        )
    return int(timestamp)


def _wrong_signature() -> ApiError:
    return ApiError(
        "AuthFailure.SignatureFailure",
        "The signature does not match. The page Signature debugger of the project shows what we sign, step by step.",
    )


def _missing(name: str) -> ApiError:
    return ApiError("MissingParameter", f"The request is missing a required parameter `{shown(name)}`.")


def _hosts(request: HttpRequest) -> tuple[str, ...]:
    """By which names the client may have called us: as the request says, and as a proxy of ours saw it."""
    named = [request.META.get("HTTP_HOST", "")]
    if settings.TRUSTED_PROXY_COUNT:
        named.append(request.META.get("HTTP_X_FORWARDED_HOST", "").split(",")[0].strip())
    return tuple(dict.fromkeys(host for name in named if name for host in signing.hosts_to_sign(name)))


def _body(request: HttpRequest, action: str) -> bytes:
    most = BODY_WITH_IMAGES_MAX if action in ACTIONS_WITH_IMAGES and _names_a_key(request) else BODY_MAX
    try:
        return read_body(request, most=most)
    except BodyTooLarge as error:
        raise ApiError(
            "RequestSizeLimitExceeded", f"A request of this action has {error.most >> 20} MB at most."
        ) from None
    except OSError:
        raise ApiError("InvalidRequest", "The body ended before its end.") from None


def _names_a_key(request: HttpRequest) -> bool:
    """Whether somebody with a key may be asking, before megabytes are read for nobody."""
    authorization = signing.parse_authorization(request.headers.get("Authorization", ""))
    return authorization is not None and secret_key_by_id(authorization.secret_id) is not None


def _form(text: str | bytes) -> dict[str, str]:
    """The parameters of a form; of one that comes twice the last counts."""
    try:
        written = text.decode() if isinstance(text, bytes) else text
        pairs = parse_qsl(written, keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        raise ApiError("InvalidParameter", "The parameters are not a form in UTF-8.") from None
    return dict(pairs)
