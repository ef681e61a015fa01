"""A kind of gateway with a setting of every sort, whose driver does as it is told. Registered by `registered`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from delivery.gateways.base import (
    Exchange,
    GatewayDriver,
    OutboundMessage,
    Outcome,
    PolledEvents,
    PollsEvents,
    Push,
    PushedEvents,
    ReceivesPushes,
    SubmitResult,
)
from delivery.gateways.errors import GatewayMisconfigured, GatewayUnavailable
from delivery.gateways.fields import SettingField, SettingKind


class EveryFieldDriver(GatewayDriver, ReceivesPushes, PollsEvents):
    """Refuses the host `nowhere`; `outcome` is what becomes of every message."""

    kind: ClassVar[str] = "every-field"
    label = "Every field"
    fields: ClassVar[tuple[SettingField, ...]] = (
        SettingField("host", "Host", is_required=True, group="Line", help="Name or address."),
        SettingField(
            "port", "Port", SettingKind.NUMBER, default=2775, smallest=1, largest=65535, group="Line"
        ),
        SettingField("patience", "Patience", SettingKind.NUMBER, default=2.5, smallest=0.1, group="Line"),
        SettingField("password", "Password", SettingKind.SECRET, is_required=True, group="Account"),
        SettingField("signing", "Signing secret", SettingKind.SECRET, group="Account"),
        SettingField("headers", "Headers", SettingKind.LINES, max_length=400, group="Account"),
        SettingField("hook", "Hook", SettingKind.URL, group="Account"),
        SettingField("uses_tls", "Encrypted", SettingKind.SWITCH, default=True, group="Account"),
        SettingField("mode", "Mode", SettingKind.CHOICE, default="a", choices=(("a", "Ay"), ("b", "Bee"))),
    )
    templates: ClassVar[list[tuple[str, str]]] = []
    outcome: ClassVar[SubmitResult] = SubmitResult(0, Outcome.ACCEPTED, ("id-1",))
    is_away: ClassVar[bool] = False
    opened_with: ClassVar[list[dict[str, Any]]] = []
    submitted: ClassVar[list[OutboundMessage]] = []

    def __init__(self, settings: Mapping[str, Any]) -> None:
        if settings.get("host") == "nowhere":
            raise GatewayMisconfigured("Nowhere is no host.")
        self.opened_with.append(dict(settings))

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def submit(
        self, messages: Sequence[OutboundMessage], *, keep_going: Callable[[], bool]
    ) -> Iterator[SubmitResult]:
        if self.is_away:
            raise GatewayUnavailable("The other side hung up.")
        self.submitted.extend(messages)
        for message in messages:
            self.note(Exchange("Send", "to **** 00", "taken"))
            yield self.outcome._replace(message_id=message.id)

    def fetch_templates(self) -> list[tuple[str, str]]:
        if self.is_away:
            raise GatewayUnavailable("The other side hung up.")
        return self.templates

    def read_push(self, push: Push) -> PushedEvents:
        return PushedEvents()

    def poll(self) -> PolledEvents:
        return PolledEvents()
