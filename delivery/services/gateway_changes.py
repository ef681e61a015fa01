"""What platform staff change about a gateway: how it is set up, and whether anything leaves through it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.errors import DeliveryError, GatewayChanged, GatewayInUse, GatewaySettingsRefused
from delivery.gateways import DRIVERS, open_driver
from delivery.gateways.errors import GatewayError
from delivery.models import Batch, Dispatch, Gateway
from delivery.models.gateways import new_push_token
from smsconsole.outbox.services import append_event

# Pages beside those of the gateways.
RESERVED_SLUGS = frozenset({"add", "codes", "routes"})
SLUG_MAX = 40


@dataclass(frozen=True, slots=True)
class GatewaySetup:
    """What a person sets up. `secrets` names only those that change; None takes a kept one away."""

    name: str
    rate_per_second: float | None = None
    verification_share: float = 0.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict)


def create_gateway(*, kind: str, slug: str, setup: GatewaySetup, by: User) -> Gateway:
    """Set up a way out. It is in use at once: by the routes that name it, and as the way of all when it is the first.

    An empty `slug` is made of the name. Raises `GatewaySettingsRefused` with the driver's words.
    """
    require_staff_member(by)
    secrets = {name: value for name, value in setup.secrets.items() if value}
    _try_out(kind, {**setup.settings, **secrets})
    wanted = slug.strip() or _free_slug(setup.name, kind)
    try:
        with transaction.atomic():
            gateway = Gateway.objects.create(
                slug=_checked_slug(wanted),
                name=setup.name.strip(),
                kind=kind,
                settings=dict(setup.settings),
                secret=json.dumps(secrets) if secrets else "",
                rate_per_second=setup.rate_per_second,
                verification_share=setup.verification_share,
                changed_by=by,
            )
            _tell("gateway.created", gateway, by=by)
    except IntegrityError:
        raise DeliveryError(
            _("There is a gateway with the name “%(slug)s” in addresses already. Choose another.")
            % {"slug": wanted}
        ) from None
    return gateway


def change_gateway(*, gateway: Gateway, setup: GatewaySetup, seen_at: datetime | None, by: User) -> None:
    """Set it up anew. Who is sending through it takes it up with the next turn, seconds later.

    Settings that its driver's form does not show stay as they are. Raises `GatewayChanged` when somebody changed
    the gateway after the page was opened, `GatewaySettingsRefused` with the driver's words.
    """
    require_staff_member(by)
    with transaction.atomic():
        present = (
            Gateway.objects.select_for_update(of=("self",)).select_related("changed_by").get(pk=gateway.pk)
        )
        if present.changed_at != seen_at:
            raise GatewayChanged(changed_words(present))
        settings = {**_settings_beside_the_form(present), **setup.settings}
        secrets = {**json.loads(present.secret or "{}"), **setup.secrets}
        secrets = {name: value for name, value in secrets.items() if value}
        _try_out(present.kind, {**settings, **secrets})
        present.name = setup.name.strip()
        present.rate_per_second = setup.rate_per_second
        present.verification_share = setup.verification_share
        present.settings = settings
        fields = ["name", "rate_per_second", "verification_share", "settings"]
        if setup.secrets:
            # Written only when one changes: encrypted anew, it would look changed each time.
            present.secret = json.dumps(secrets) if secrets else ""
            fields.append("secret")
        _save(present, fields, by=by)
        _tell("gateway.changed", gateway, by=by)


def pause_gateway(*, gateway: Gateway, by: User) -> None:
    """Nothing more leaves through it after the present turn; what waits goes on waiting. Twice: nothing."""
    _switch(gateway, is_enabled=False, by=by)


def continue_gateway(*, gateway: Gateway, by: User) -> None:
    """Undo `pause_gateway`; the sweep rings its workers within 10 seconds."""
    _switch(gateway, is_enabled=True, by=by)


def renew_push_address(*, gateway: Gateway, by: User) -> None:
    """Give it a new unguessable address for what its carrier reports. The old one works no longer."""
    require_staff_member(by)
    with transaction.atomic():
        present = Gateway.objects.select_for_update().get(pk=gateway.pk)
        present.push_token = new_push_token()
        _save(present, ["push_token"], by=by)
        _tell("gateway.changed", gateway, by=by)


def delete_gateway(*, gateway: Gateway, by: User) -> None:
    """Take it away with its routes. Raises `GatewayInUse` when anything ever left, or waits to leave, through it."""
    require_staff_member(by)
    try:
        with transaction.atomic():
            present = Gateway.objects.select_for_update().filter(pk=gateway.pk).first()
            if present is None:
                return
            if was_used(present):
                raise GatewayInUse(_in_use_words(present))
            _tell("gateway.deleted", present, by=by)
            present.delete()
    except IntegrityError:
        # Something was handed to it between the look and the commit.
        raise GatewayInUse(_in_use_words(gateway)) from None


def was_used(gateway: Gateway) -> bool:
    """Whether anything left or may still leave through it. Two queries."""
    may_leave = Q(gateway=gateway) | Q(n_open__gt=0, fallbacks__contains=[gateway.pk])
    return Dispatch.objects.filter(gateway=gateway).exists() or Batch.objects.filter(may_leave).exists()


def require_staff_member(by: User) -> None:
    """Services refuse, not only pages."""
    if not by.is_staff:
        raise DeliveryError(_("Only platform staff may do this."))


def _switch(gateway: Gateway, *, is_enabled: bool, by: User) -> None:
    require_staff_member(by)
    with transaction.atomic():
        if Gateway.objects.filter(pk=gateway.pk, is_enabled=not is_enabled).update(
            is_enabled=is_enabled, changed_at=timezone.now(), changed_by=by
        ):
            _tell("gateway.continued" if is_enabled else "gateway.paused", gateway, by=by)


def _save(gateway: Gateway, fields: list[str], *, by: User) -> None:
    gateway.changed_at, gateway.changed_by = timezone.now(), by
    gateway.save(update_fields=[*fields, "changed_at", "changed_by"])


def _try_out(kind: str, settings: Mapping[str, Any]) -> None:
    """Build the driver, which touches no network: its complaint is what a person has to read."""
    try:
        open_driver(kind, settings).close()
    except GatewayError as error:
        raise GatewaySettingsRefused(str(error)) from None


def _settings_beside_the_form(gateway: Gateway) -> dict[str, Any]:
    driver = DRIVERS.get(gateway.kind)
    shown = {one.name for one in driver.fields} if driver else set()
    return {name: value for name, value in gateway.settings.items() if name not in shown}


def _checked_slug(slug: str) -> str:
    if slug in RESERVED_SLUGS:
        raise DeliveryError(
            _("“%(slug)s” is the name of a page of the console. Choose another.") % {"slug": slug}
        )
    return slug


def _free_slug(name: str, kind: str) -> str:
    base = slugify(name)[: SLUG_MAX - 4].strip("-") or slugify(kind)
    taken = set(Gateway.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED_SLUGS
    candidates = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)


def changed_words(gateway: Gateway) -> str:
    return _(
        "%(who)s changed this gateway at %(when)s UTC, after you opened the page. Look at what holds now, then "
        "save again if your change is still right."
    ) % {
        "who": gateway.changed_by or _("The console"),
        "when": date_format(gateway.changed_at, "MOMENT_WITH_SECONDS"),
    }


def _in_use_words(gateway: Gateway) -> str:
    return _(
        "Messages left through “%(name)s”, and what became of them is told through it. Pause it instead: then "
        "nothing more leaves."
    ) % {"name": gateway.name}


def _tell(kind: str, gateway: Gateway, *, by: User) -> None:
    append_event(
        kind=kind,
        subject=f"gateway:{gateway.uuid}",
        payload={"gateway": str(gateway.uuid), "by": str(by.uuid)},
    )
