"""What platform staff change about a gateway: its name and rate, and whether anything leaves through it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.errors import DeliveryError, GatewayChanged
from delivery.models import Gateway
from smsconsole.outbox.services import append_event


def change_gateway(
    *, gateway: Gateway, name: str, rate_per_second: float | None, seen_at: datetime | None, by: User
) -> None:
    """Set name and rate. A worker that is sending takes it up with its next turn, seconds later.

    Raises `GatewayChanged` when somebody changed the gateway after the page was opened.
    """
    _require_staff(by)
    with transaction.atomic():
        present = (
            Gateway.objects.select_for_update(of=("self",)).select_related("changed_by").get(pk=gateway.pk)
        )
        if present.changed_at != seen_at:
            raise GatewayChanged(_changed_words(present))
        Gateway.objects.filter(pk=gateway.pk).update(
            name=name.strip(), rate_per_second=rate_per_second, changed_at=timezone.now(), changed_by=by
        )
        _tell("gateway.changed", gateway, by=by)


def pause_gateway(*, gateway: Gateway, by: User) -> None:
    """Nothing more leaves through it after the workers' present turn; what waits goes on waiting. Twice: nothing."""
    _switch(gateway, is_enabled=False, by=by)


def continue_gateway(*, gateway: Gateway, by: User) -> None:
    """Undo `pause_gateway`; the sweep rings its workers within 10 seconds."""
    _switch(gateway, is_enabled=True, by=by)


def _switch(gateway: Gateway, *, is_enabled: bool, by: User) -> None:
    _require_staff(by)
    with transaction.atomic():
        if Gateway.objects.filter(pk=gateway.pk, is_enabled=not is_enabled).update(
            is_enabled=is_enabled, changed_at=timezone.now(), changed_by=by
        ):
            _tell("gateway.continued" if is_enabled else "gateway.paused", gateway, by=by)


def _changed_words(gateway: Gateway) -> str:
    return _(
        "%(who)s changed this gateway at %(when)s UTC, after you opened the page. Look at what holds now, then "
        "save again if your change is still right."
    ) % {
        "who": gateway.changed_by or _("The console"),
        "when": date_format(gateway.changed_at, "MOMENT_WITH_SECONDS"),
    }


def _require_staff(by: User) -> None:
    if not by.is_staff:
        raise DeliveryError(_("Only platform staff may do this."))


def _tell(kind: str, gateway: Gateway, *, by: User) -> None:
    append_event(
        kind=kind,
        subject=f"gateway:{gateway.uuid}",
        payload={"gateway": str(gateway.uuid), "by": str(by.uuid)},
    )
