"""The test button: one request now, with everything that was said on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from callbacks.errors import CallbacksError
from callbacks.formats import body_of, sample_body
from callbacks.models import Callback, CallbackAttempt
from callbacks.services.attempts import Verdict, attempt_of, headers_of, verdict_of
from callbacks.signing import secrets_of, signed_headers
from callbacks.statuses import CallbackState
from callbacks.transport import post
from projects.models import CallbackEndpoint
from projects.services import require_enabled, tell_of_project
from projects.statuses import CallbackKind


class Request(NamedTuple):
    """What is sent, as it stands on the wire but for the connection's own headers."""

    url: str
    headers: Mapping[str, str]
    body: str


class TestOutcome(NamedTuple):
    """What came of a test; `attempt` is in the log, too."""

    callback: Callback
    request: Request
    attempt: CallbackAttempt
    is_taken: bool


def send_test(*, endpoint: CallbackEndpoint, by: User) -> TestOutcome:
    """Send a sample, also while the endpoint is off, and wait for the answer, 15 seconds at most.

    It is tried once, and neither opens nor closes the breaker. Raises `CallbacksError` for voice. No transaction
    should be open.
    """
    require_enabled(endpoint.project)
    if endpoint.kind == CallbackKind.VOICE:
        raise CallbacksError(
            _("Voice callbacks go out once voice messages exist. Until then there is nothing to test.")
        )
    callback = Callback.objects.create(
        endpoint=endpoint,
        kind=endpoint.kind,
        items=[],
        n_items=1,
        event_at=timezone.now(),
        next_try_at=None,
        # Nobody else takes it: if this process dies, it was given up.
        state=CallbackState.GIVEN_UP,
        n_attempts=1,
        is_test=True,
    )
    request = request_of(callback, body_of(callback) or "")
    exchange = post(request.url, headers=request.headers, body=request.body.encode())
    verdict = verdict_of(exchange, endpoint)
    attempt = attempt_of(callback, exchange, verdict)
    attempt.save(force_insert=True)
    attempt.refresh_from_db(fields=["at"])
    if verdict is Verdict.TAKEN:
        callback.state, callback.delivered_at = CallbackState.DELIVERED, timezone.now()
        callback.save(update_fields=["state", "delivered_at"])
    tell_of_project("callback.tested", endpoint.project, by=by, callback_kind=str(endpoint.kind))
    return TestOutcome(callback, request, attempt, verdict is Verdict.TAKEN)


def request_of(callback: Callback, body: str) -> Request:
    """The request as it would be sent now, signed for this moment."""
    return Request(callback.endpoint.url, headers_of(callback, body), body)


def example_of(endpoint: CallbackEndpoint, *, secret: str | None = None) -> Request:
    """A signed request to look at; with another secret for people who may not see the endpoint's own."""
    body, now = sample_body(endpoint), timezone.now()
    secrets = [secret] if secret else secrets_of(endpoint, now=now)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        **signed_headers(endpoint.uuid, body, secrets=secrets, now=now),
    }
    return Request(endpoint.url, headers, body)
