"""What platform staff change about routes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.errors import DeliveryError, RouteChanged
from delivery.models import Gateway, Route
from delivery.services.gateway_changes import require_staff_member
from projects.models import Project

MOST_ROUTES = 500


@dataclass(frozen=True, slots=True)
class RouteSetup:
    """A route's gateway, its conditions (empty ones fit everything) and where it stands among others."""

    gateway: Gateway
    project: Project | None = None
    kind: str = ""
    country: str = ""
    prefix: str = ""
    priority: int = 1
    weight: int = 1
    cost: Decimal | None = None


def create_route(*, setup: RouteSetup, by: User) -> Route:
    """Add a route. It holds for messages that are prepared from now on."""
    require_staff_member(by)
    if Route.objects.count() >= MOST_ROUTES:
        raise DeliveryError(
            _(
                "There are %(n)s routes already, and each message is compared with all. Delete what is not needed."
            )
            % {"n": MOST_ROUTES}
        )
    return Route.objects.create(**_fields(setup), changed_by=by)


def change_route(*, route: Route, setup: RouteSetup, seen_at: datetime | None, by: User) -> None:
    """Set it anew. Raises `RouteChanged` when somebody changed it after the page was opened."""
    require_staff_member(by)
    with transaction.atomic():
        present = (
            Route.objects.select_for_update(of=("self",))
            .select_related("changed_by")
            .filter(pk=route.pk)
            .first()
        )
        if present is None:
            raise RouteChanged(
                _("Somebody deleted this route after you opened the page. Add it again if it is needed.")
            )
        if present.changed_at != seen_at:
            raise RouteChanged(_changed_words(present))
        Route.objects.filter(pk=route.pk).update(**_fields(setup), changed_at=timezone.now(), changed_by=by)


def switch_route(*, route: Route, is_enabled: bool, by: User) -> None:
    """Let it lead, or pass it over. Twice: nothing."""
    require_staff_member(by)
    Route.objects.filter(pk=route.pk, is_enabled=not is_enabled).update(
        is_enabled=is_enabled, changed_at=timezone.now(), changed_by=by
    )


def delete_route(*, route: Route, by: User) -> None:
    """Take it away. Messages that are prepared already keep the way they were given. Twice: nothing."""
    require_staff_member(by)
    Route.objects.filter(pk=route.pk).delete()


def _fields(setup: RouteSetup) -> dict[str, object]:
    return {name: getattr(setup, name) for name in (one.name for one in fields(RouteSetup))}


def _changed_words(route: Route) -> str:
    return _(
        "%(who)s changed this route at %(when)s UTC, after you opened the page. Look at what holds now, then "
        "save again if your change is still right."
    ) % {
        "who": route.changed_by or _("The console"),
        "when": date_format(route.changed_at, "MOMENT_WITH_SECONDS"),
    }
