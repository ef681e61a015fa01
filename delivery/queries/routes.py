"""Reads for the pages about routes: which there are, what each is good for, and which way a message would go."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.models import Gateway, Route
from delivery.routing import router_for
from projects.models import Project
from smsconsole.lib.countries import country_name

KIND_WORDS: Final[dict[str, str | Promise]] = {
    "verification": gettext_lazy("Verification code"),
    "notification": gettext_lazy("Notification"),
    "marketing": gettext_lazy("Marketing"),
}


def rank(route: Route) -> tuple[int, bool, Decimal]:
    """Where a route stands among those that fit: lower comes first, equals share by weight."""
    return (route.priority, route.cost is None, route.cost or Decimal())


def condition_words(route: Route) -> list[str]:
    """Its conditions, each in words; none when it fits everything."""
    words = []
    if route.project is not None:
        words.append(route.project.name)
    if route.kind:
        words.append(str(KIND_WORDS.get(route.kind, route.kind)))
    if route.country:
        words.append(country_name(route.country))
    if route.prefix:
        words.append(_("numbers from +%(prefix)s") % {"prefix": route.prefix})
    return words


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route on the page of all, with what is odd about it. `position` counts from 1."""

    position: int
    route: Route
    warnings: list[str] = field(default_factory=list)

    @property
    def conditions(self) -> list[str]:
        return condition_words(self.route)

    @property
    def title(self) -> str:
        """What fits, in one line."""
        return " · ".join(self.conditions) or _("Everything")

    @property
    def cost_words(self) -> str:
        """Without zeros that say nothing; empty without a cost."""
        return "" if self.route.cost is None else f"{self.route.cost.normalize():f}"

    @property
    def is_in_force(self) -> bool:
        return self.route.is_enabled and self.route.gateway.is_enabled


def route_rows() -> list[RouteRow]:
    """All routes in the order in which they come first. One query."""
    routes = list(
        Route.objects.select_related("gateway", "project", "project__organization", "changed_by").defer(
            "gateway__secret"
        )
    )
    routes.sort(key=lambda route: (*rank(route), route.pk))
    rows: list[RouteRow] = []
    for position, route in enumerate(routes, start=1):
        rows.append(RouteRow(position, route, _warnings(route, rows)))
    return rows


def _warnings(route: Route, earlier: list[RouteRow]) -> list[str]:
    if not route.is_enabled:
        return []
    if not route.gateway.is_enabled:
        return [_("Passed over: its gateway is paused.")]
    for row in earlier:
        if not row.is_in_force or rank(row.route) >= rank(route) or not _covers(row.route, route):
            continue
        if row.route.gateway_id == route.gateway_id:
            return [
                _("Without effect: route %(n)s comes first and leads the same way.") % {"n": row.position}
            ]
        return [
            _("Only a fall-back: route %(n)s comes first for everything that fits here.")
            % {"n": row.position}
        ]
    return []


def _covers(wide: Route, narrow: Route) -> bool:
    """Whether everything that fits the one fits the other as well."""
    return (
        wide.project_id in (None, narrow.project_id)
        and wide.kind in ("", narrow.kind)
        and wide.country in ("", narrow.country)
        and narrow.prefix.startswith(wide.prefix)
    )


@dataclass(frozen=True, slots=True)
class WayOut:
    """A gateway that a message would be tried by, and the route that allows it; None for the last resort."""

    gateway: Gateway
    route: RouteRow | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The ways out of one message in their order, and the routes that fit but lead nowhere now."""

    msisdn: str
    country: str
    ways: list[WayOut]
    passed_over: list[RouteRow]

    @property
    def waits(self) -> bool:
        """Whether the message would wait, because every gateway it may leave by is paused."""
        return bool(self.ways) and not any(way.gateway.is_enabled for way in self.ways)


def ways_out(*, project: Project, kind: str, msisdn: str, country: str) -> Answer:
    """Which way a message would go now, by the router that decides it for real. Three queries."""
    rows = route_rows()
    by_key = {row.route.pk: row for row in rows}
    found = router_for(project, kind).ways(msisdn, country)
    ways = [WayOut(way.gateway, by_key.get(way.route.pk) if way.route else None) for way in found]
    passed_over = [
        row
        for row in rows
        if not row.is_in_force
        and _fits(row.route, project=project, kind=kind, country=country, msisdn=msisdn)
        and row not in [way.route for way in ways]
    ]
    return Answer(msisdn, country, ways, passed_over)


def _fits(route: Route, *, project: Project, kind: str, country: str, msisdn: str) -> bool:
    return (
        route.project_id in (None, project.pk)
        and route.kind in ("", kind)
        and route.country in ("", country)
        and msisdn.removeprefix("+").startswith(route.prefix)
    )
