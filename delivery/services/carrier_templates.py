"""The texts approved at a carrier that takes a template and parameters instead of a text."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.errors import DeliveryError
from delivery.gateways.errors import GatewayError
from delivery.lines.gateway_kinds import kind_of
from delivery.lines.opening import open_gateway
from delivery.models import CarrierTemplate, Gateway
from delivery.services.gateway_changes import require_staff_member


def fetch_carrier_templates(*, gateway: Gateway, by: User) -> int:
    """Ask the carrier for its approved texts and keep them; how many there are.

    What the carrier does not name any more goes, what was typed here by hand stays when the carrier has none at all.
    Raises `DeliveryError` with the carrier's words when it cannot be asked.
    """
    require_staff_member(by)
    if not kind_of(gateway.kind).takes_templates:
        raise DeliveryError(_("The carrier of this gateway takes free texts; it has no templates."))
    try:
        driver = open_gateway(gateway)
        try:
            found = dict(driver.fetch_templates())  # type: ignore[attr-defined]
        finally:
            driver.close()
    except GatewayError as error:
        raise DeliveryError(
            _("The templates could not be fetched: %(words)s") % {"words": str(error)}
        ) from None
    now = timezone.now()
    rows = [
        CarrierTemplate(gateway=gateway, template_id=key, text=text, fetched_at=now)
        for key, text in found.items()
    ]
    with transaction.atomic():
        CarrierTemplate.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["gateway", "template_id"],
            update_fields=["text", "fetched_at"],
        )
        if rows:
            CarrierTemplate.objects.filter(gateway=gateway, fetched_at__lt=now).delete()
    return len(rows)


def add_carrier_template(*, gateway: Gateway, template_id: str, text: str, by: User) -> None:
    """Keep one text by hand; a known id takes the new text."""
    require_staff_member(by)
    CarrierTemplate.objects.update_or_create(
        gateway=gateway,
        template_id=template_id.strip(),
        defaults={"text": text.strip(), "fetched_at": timezone.now()},
    )


def remove_carrier_template(*, gateway: Gateway, key: int, by: User) -> None:
    """Take one away. Twice: nothing."""
    require_staff_member(by)
    CarrierTemplate.objects.filter(gateway=gateway, pk=key).delete()
