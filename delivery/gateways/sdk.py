"""The bridge from the SDKs of carriers to `HttpLine`: they build and sign, the line carries."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NoReturn

from django.utils.translation import gettext as _

from delivery.gateways.errors import GatewayMisconfigured
from delivery.gateways.http_line import Answer, current_trip

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter


def refuse_without_sdk(extra: str) -> NoReturn:
    """To be called when an SDK cannot be imported."""
    raise GatewayMisconfigured(
        _("The carrier's library is not installed: install smsconsole[%(extra)s].") % {"extra": extra}
    )


def carried(request: PreparedRequest) -> Answer:
    """Send what `requests` has prepared by the line of the current trip."""
    body: Any = request.body or b""
    return current_trip().line.send(
        str(request.method),
        str(request.url),
        headers={str(name): _text(value) for name, value in request.headers.items()},
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def carrying_adapter() -> HTTPAdapter:
    """A transport for a `requests.Session` of an SDK: what the session sends goes by the line of the current trip.

    Timeouts, proxies and retries of the session have no effect; redirects never reach it.
    """
    from requests.adapters import HTTPAdapter

    class CarryingAdapter(HTTPAdapter):
        def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
            return response_of(request, carried(request))

    return CarryingAdapter(max_retries=0)


def response_of(request: PreparedRequest, answer: Answer) -> Response:
    """The answer as `requests` hands it out. It is unpacked already, so it must not claim to be packed."""
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPResponse

    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("content-encoding", "content-length", "transfer-encoding")
    }
    raw = HTTPResponse(
        body=io.BytesIO(answer.body), headers=headers, status=answer.status, preload_content=False
    )
    return HTTPAdapter().build_response(request, raw)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
