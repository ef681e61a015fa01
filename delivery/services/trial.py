"""One message straight through a gateway, to see whether it works."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.models import User
from delivery.gateways.base import Exchange, GatewayDriver, OutboundMessage, SubmitResult
from delivery.gateways.errors import GatewayError
from delivery.lines.opening import open_gateway
from delivery.models import Gateway
from delivery.services.gateway_changes import require_staff_member
from delivery.statuses import Reason
from smsconsole.lib.segments import n_segments
from smsconsole.outbox.services import append_event

# No message of the console has such an id: what the carrier reports of a trial is about nothing here.
FIRST_TRIAL_ID = 2**60


@dataclass(slots=True)
class Trial:
    """What came of it: the gateway's answer about the message, or why it could not be handed over at all."""

    result: SubmitResult | None = None
    problem: str = ""
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Why it was refused, with the carrier's own code."""
        if self.result is None:
            return self.problem
        reason = str(Reason(self.result.reason).label) or _("Refused by the gateway")
        return f"{reason} ({self.result.code})" if self.result.code else reason


def try_gateway(*, gateway: Gateway, msisdn: str, sender: str, text: str, by: User) -> Trial:
    """Hand one message to the gateway now, past routes, limits, lists and hours; it is really sent and charged.

    It belongs to no project and has no row. A line that a process of its own holds is bound once more for it, as a
    transmitter.
    """
    require_staff_member(by)
    message = OutboundMessage(
        id=FIRST_TRIAL_ID + secrets.randbelow(2**40),
        attempt=1,
        msisdn=msisdn,
        sender=sender,
        text=text,
        n_segments=n_segments(text),
    )
    append_event(
        kind="gateway.tried",
        subject=f"gateway:{gateway.uuid}",
        payload={"gateway": str(gateway.uuid), "by": str(by.uuid)},
    )
    trial = Trial()
    try:
        driver = open_gateway(gateway)
        try:
            if hasattr(driver, "try_it"):
                # Shows number and text as they went out: they are the tester's own.
                out = driver.try_it(msisdn, text, sender=sender)
                trial.exchanges.append(Exchange(gateway.kind, out.request, out.answer))
                trial.result = out.result
            else:
                driver.on_exchange = _both(driver.on_exchange, trial.exchanges.append)
                trial.result = _submit(driver, message)
        finally:
            driver.close()
    except GatewayError as error:
        trial.problem = str(error)
    return trial


def _submit(driver: GatewayDriver, message: OutboundMessage) -> SubmitResult | None:
    return next(iter(list(driver.submit([message], keep_going=lambda: True))), None)


def _both(
    first: Callable[[Exchange], None] | None, second: Callable[[Exchange], None]
) -> Callable[[Exchange], None]:
    def tell(exchange: Exchange) -> None:
        if first is not None:
            first(exchange)
        second(exchange)

    return tell
