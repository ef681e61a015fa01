"""The ways out that are set up."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from delivery.models import SANDBOX_KIND, SIMULATION_HOST, SIMULATOR_KIND, Gateway

SMSC_SLUG: Final = "simulated-smsc"
SANDBOX_SLUG: Final = "sandbox-of-programs"


def ensure_simulated_gateway() -> Gateway:
    """The simulated gateway's row, made when there is none: an installation can be tried before a carrier is set up.

    Its rate, 2 500 segments a second, is that of a good line, so that what is seen of it is believed.
    """
    present = Gateway.objects.filter(kind=SIMULATOR_KIND).order_by("pk").first()
    if present is not None:
        return present
    # Two processes may find none at the same moment; neither then leaves an error in PostgreSQL's log.
    made = Gateway(slug="simulated", name="Simulated gateway", kind=SIMULATOR_KIND, rate_per_second=2500)
    Gateway.objects.bulk_create([made], ignore_conflicts=True)
    return Gateway.objects.get(slug="simulated")


def ensure_sandbox_gateway() -> Gateway:
    """The gateway of the sandbox, made when there is none. One statement once it is there."""
    present = Gateway.objects.filter(kind=SANDBOX_KIND).order_by("pk").first()
    if present is not None:
        return present
    made = Gateway(slug=SANDBOX_SLUG, name="Sandbox", kind=SANDBOX_KIND)
    Gateway.objects.bulk_create([made], ignore_conflicts=True)
    return Gateway.objects.get(kind=SANDBOX_KIND)


def ensure_simulated_smsc(*, port: int) -> Gateway | None:
    """The row of the console's own simulated SMSC, an SMPP line to this port; made when there is none.

    None beside a real carrier: nothing may take it for one. Whatever staff have set up there stays, and a row that
    no longer says that it is simulated is left alone. The simulated gateway comes before it, so that what follows
    no route goes through the faster of the two.
    """
    ensure_simulated_gateway()
    gateway = Gateway.objects.filter(slug=SMSC_SLUG).first()
    line = {"host": SIMULATION_HOST, "port": port}
    if gateway is None:
        if any(not other.is_simulated for other in Gateway.objects.defer("secret")):
            return None
        made = {"simulated": True, "system_id": "console", "window": 100, **line}
        defaults = {"name": "Simulated SMSC", "kind": "smpp", "rate_per_second": 500, "settings": made}
        gateway, _ = Gateway.objects.get_or_create(slug=SMSC_SLUG, defaults=defaults)
    elif gateway.is_simulated and gateway.settings.get("port") != port:
        gateway.settings = {**gateway.settings, **line}
        gateway.changed_at = timezone.now()
        gateway.save(update_fields=["settings", "changed_at"])
    return gateway
