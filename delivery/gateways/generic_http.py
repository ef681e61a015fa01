"""A gateway without a driver of its own: its requests, answers and pushes are described in a form.

How the request is written is in `generic_templates`, how answers and pushes are read in `generic_answers`, and
which hosts may be called in `public_hosts`.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from django.utils.translation import gettext as _

from delivery.gateways.base import OutboundMessage, Push, PushedEvents, ReceivesPushes, SubmitResult
from delivery.gateways.errors import GatewayMisconfigured, PushRefused
from delivery.gateways.exchanges import written_out
from delivery.gateways.fields import Words
from delivery.gateways.generic_answers import AnswerRules, PushRules, ReadAnswer, data_of
from delivery.gateways.generic_fields import FIELDS, LABEL
from delivery.gateways.generic_templates import RequestTemplate
from delivery.gateways.http import Group, HttpDriver
from delivery.gateways.http_line import HttpLine, retry_after_seconds
from delivery.gateways.public_hosts import public_addresses, url_problem
from smsconsole.lib.segments import n_segments


class TryOut(NamedTuple):
    """What went over the line for one message, with only the credentials hidden, and what was made of it."""

    request: str
    answer: str
    result: SubmitResult


class GenericHttpDriver(HttpDriver, ReceivesPushes):
    """One request per message, as the form says."""

    kind: ClassVar[str] = "http"
    label: ClassVar[Words] = LABEL
    fields = FIELDS
    what = "submit"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        values = {field.name: settings.get(field.name, field.default) for field in FIELDS}
        words = {name: str(value if value is not None else "") for name, value in values.items()}
        self._is_internal = bool(values["is_internal"])
        super().__init__(settings)
        self._url = words["url"].strip()
        if problem := url_problem(self._url, is_internal=self._is_internal):
            raise GatewayMisconfigured(problem)
        self._credential = words["credential"]
        self._template = RequestTemplate(
            method=words["method"],
            url=self._url,
            headers=words["headers"],
            body_kind=words["body_kind"],
            body=words["body"],
            credential=self._credential,
        )
        self._answers = AnswerRules(
            success_statuses=words["success_statuses"],
            success_path=words["success_path"],
            success_value=words["success_value"],
            id_path=words["id_path"],
            id_pattern=words["id_pattern"],
            code_path=words["code_path"],
            code_pattern=words["code_pattern"],
            code_meanings=words["code_meanings"],
            throttle_statuses=words["throttle_statuses"],
            throttle_codes=words["throttle_codes"],
        )
        self._pushes = PushRules(
            list_path=words["list_path"],
            receipt={
                part: words[f"receipt_{part}_path"] for part in ("id", "state", "code", "msisdn", "reference")
            },
            states=words["receipt_states"],
            reply={part: words[f"reply_{part}_path"] for part in ("msisdn", "text", "destination", "id")},
        )
        self._push_secret = words["push_secret"]
        self._push_secret_name = words["push_secret_name"].strip()
        if self._push_secret and not self._push_secret_name:
            raise GatewayMisconfigured(_("Say which header or parameter of a push holds its secret."))
        self._push_answer = words["push_answer"]

    def new_line(self) -> HttpLine:
        return HttpLine(
            n_connections=self.n_connections,
            addresses_of=None if self._is_internal else public_addresses,
        )

    @property
    def url(self) -> str:
        return self._url

    def secrets(self) -> Iterable[str]:
        return self._template.credential_forms()

    def send(self, group: Group) -> Iterable[SubmitResult]:
        [message] = group.messages
        written = self._template.written(message)
        answer = self.line.send(written.method, written.url, headers=dict(written.headers), body=written.body)
        text = answer.body.decode("utf-8", "replace")
        read = ReadAnswer(answer.status, text, data_of(text), retry_after_seconds(answer.headers))
        return (self._answers.result(message.id, read),)

    def try_it(self, msisdn: str, text: str, *, sender: str = "") -> TryOut:
        """Really send one message and tell what went over the line, for the person who sets the gateway up.

        Number and text are theirs, so they are shown; credentials are not. Never raises: what failed is said
        in `answer`.
        """
        message = OutboundMessage(0, 0, msisdn, sender, text, n_segments(text))
        landing = self.fly_alone(message)
        request, answer = written_out(
            landing.trip, landing.verdict, texts=(), secrets=self.secrets(), hides_numbers=False
        )
        return TryOut(request, answer, landing.results[0])

    def read_push(self, push: Push) -> PushedEvents:
        if self._push_secret:
            name = self._push_secret_name
            shown = push.headers.get(name.lower()) or push.query.get(name) or ""
            if not hmac.compare_digest(shown.encode(), self._push_secret.encode()):
                raise PushRefused("The push does not carry the agreed secret.")
        receipts, replies = self._pushes.events(push, datetime.now(UTC))
        return PushedEvents(receipts, replies, self._push_answer.encode())
