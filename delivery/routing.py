"""Which gateways a message may leave by, in which order; decided when it is handed over.

A message follows the routes that fit it, the first gateway that is not switched off in front and the others behind as
fall-backs. While all of them are switched off it waits for the first: routes are the ways that somebody allowed. What
no route fits leaves by the default gateway.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from django.db.models import F, Q

from delivery.models import Gateway, Route
from delivery.queries import default_gateway
from projects.models import Project


class Way(NamedTuple):
    """A gateway that a message may leave by; `route` is what allows it, None for the default gateway."""

    gateway: Gateway
    route: Route | None


class Router:
    """The routes of one project and kind. The same number gets the same answer as long as they are the same."""

    def __init__(self, routes: Iterable[Route], default: Gateway | None) -> None:
        """`routes` come with their gateways, enabled ones only; the order does not matter."""
        self._routes = sorted(routes, key=lambda route: (_rank(route), route.pk))
        self._default = default
        self._of_country: dict[str, list[Route]] = {}
        self._cached: dict[str, tuple[int, ...]] = {}

    def route(self, msisdn: str, country: str) -> tuple[int, ...]:
        """The ids of the gateways that the message may leave by, first choice in front; empty without any gateway."""
        known = self._cached.get(country)
        if known is not None:
            return known
        found = tuple(way.gateway.pk for way in self.ways(msisdn, country))
        candidates = self._candidates(country)
        if not any(route.prefix for route in candidates) and not _share(candidates):
            # Then the number itself makes no difference.
            self._cached[country] = found
        return found

    def ways(self, msisdn: str, country: str) -> list[Way]:
        """The same with the reasons."""
        digits = msisdn.lstrip("+")
        fitting = [route for route in self._candidates(country) if digits.startswith(route.prefix)]
        if not fitting:
            return [Way(self._default, None)] if self._default is not None else []
        fitting.sort(key=lambda route: (_rank(route), _turn(route, digits)))
        return _each_gateway_once(fitting)

    def first_gateways(self, countries: Iterable[str]) -> list[Gateway]:
        """Every gateway that messages to these countries may leave by as their first choice."""
        found: dict[int, Gateway] = {}
        for country in countries:
            for gateway in self._firsts(country):
                found.setdefault(gateway.pk, gateway)
        return list(found.values())

    def _firsts(self, country: str) -> Iterable[Gateway]:
        candidates = self._candidates(country)
        # Numbers without a prefix of any route's fall through to the first rank that takes every number.
        for_all = [route for route in candidates if not route.prefix]
        usable = [route for route in for_all if route.gateway.is_enabled] or for_all
        last_rank = _rank(usable[0]) if usable else None
        for route in candidates:
            if last_rank is not None and _rank(route) > last_rank:
                break
            if route.gateway.is_enabled or route in usable:
                yield route.gateway
        if last_rank is None and self._default is not None:
            yield self._default

    def _candidates(self, country: str) -> list[Route]:
        if country not in self._of_country:
            self._of_country[country] = [r for r in self._routes if r.country in ("", country)]
        return self._of_country[country]


def router_for(project: Project, kind: str) -> Router:
    """The router for a project's messages of a kind (`"verification"`, …). Two statements."""
    return Router(_routes(project, kind), default_gateway())


def _routes(project: Project, kind: str) -> Iterable[Route]:
    return (
        Route.objects.filter(Q(project=None) | Q(project=project), is_enabled=True, kind__in=["", kind])
        .select_related("gateway")
        .defer("gateway__secret")
        .order_by("priority", F("cost").asc(nulls_last=True), "pk")
    )


class AlarmRouter(Router):
    """As the routes say, and behind them every other gateway: an alarm may be about the one that should carry it."""

    def __init__(self, routes: Iterable[Route], default: Gateway | None, others: Iterable[Gateway]) -> None:
        super().__init__(routes, default)
        self._others = list(others)

    def ways(self, msisdn: str, country: str) -> list[Way]:
        ways = super().ways(msisdn, country)
        known = {way.gateway.pk for way in ways}
        return [*ways, *(Way(other, None) for other in self._others if other.pk not in known)]


def router_for_alarms(project: Project) -> AlarmRouter:
    """The router for what the console itself has to say. No phone is reached through simulated gateways: not these."""
    enabled = Gateway.objects.defer("secret").filter(is_enabled=True).order_by("pk")
    others = [gateway for gateway in enabled if not gateway.is_simulated]
    return AlarmRouter(_routes(project, "notification"), default_gateway(), others)


def _rank(route: Route) -> tuple[int, float]:
    """Priority, then cost; without one it is dearer than any."""
    return route.priority, float("inf") if route.cost is None else float(route.cost)


def _share(routes: Sequence[Route]) -> bool:
    """Whether equals share the messages by weight."""
    return len({_rank(route) for route in routes}) < len(routes)


def _turn(route: Route, digits: str) -> float:
    """Where the route stands among its equals for this number: first as often as its weight says."""
    hashed = blake2b(f"{route.uuid}:{digits}".encode(), digest_size=8).digest()
    chance = (int.from_bytes(hashed) + 1) / 2**64
    return -math.log(chance) / route.weight


def _each_gateway_once(routes: Sequence[Route]) -> list[Way]:
    ways: dict[int, Way] = {}
    for route in routes:
        ways.setdefault(route.gateway_id, Way(route.gateway, route))
    usable = [way for way in ways.values() if way.gateway.is_enabled]
    return usable or list(ways.values())
