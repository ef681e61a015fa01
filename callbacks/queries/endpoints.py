"""Reads for the page of callbacks: for each kind where it goes, how it does, and what left last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from callbacks.models import Callback, EndpointHealth
from callbacks.statuses import CallbackState
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackKind

N_LAST = 4
# Beyond so many a card says "10 000+" and counts no further.
COUNTED_WAITING = 10_000


class EndpointWord(StrEnum):
    """How an endpoint is, in the order in which it is asked."""

    MISSING = "missing"
    # Voice messages do not exist yet.
    LATER = "later"
    OFF = "off"
    # The console itself switched it off.
    TROUBLED = "troubled"
    # Failures in a row: nothing is sent until a single request tries it again.
    PAUSED = "paused"
    FAILING = "failing"
    # On, and nothing has been told yet.
    QUIET = "quiet"
    WORKS = "works"


@dataclass(frozen=True, slots=True)
class Card:
    kind: CallbackKind
    endpoint: CallbackEndpoint | None
    health: EndpointHealth | None
    word: EndpointWord
    last: list[Callback]
    n_waiting: int


def cards_of(project: Project) -> list[Card]:
    """Status, reply, voice. One query, and two more for each endpoint that is set up."""
    found = {
        endpoint.kind: endpoint
        for endpoint in CallbackEndpoint.objects.filter(project=project).select_related(
            "health", "changed_by"
        )
    }
    return [card_of(kind, found.get(kind)) for kind in CallbackKind]


def card_of(kind: CallbackKind, endpoint: CallbackEndpoint | None) -> Card:
    """Two queries, none without an endpoint. Walks only the newest rows and those that wait."""
    if endpoint is None:
        word = EndpointWord.LATER if kind == CallbackKind.VOICE else EndpointWord.MISSING
        return Card(kind, None, None, word, [], 0)
    health = health_of(endpoint)
    last = list(Callback.objects.filter(endpoint=endpoint).order_by("-pk")[:N_LAST])
    waiting = Callback.objects.filter(endpoint=endpoint, state=CallbackState.WAITING)
    n_waiting = waiting.order_by()[:COUNTED_WAITING].count()
    word = word_of(endpoint, health, at=timezone.now(), has_told=bool(last))
    return Card(kind, endpoint, health, word, last, n_waiting)


def health_of(endpoint: CallbackEndpoint) -> EndpointHealth | None:
    """None while nothing has been sent. At most one query."""
    try:
        return endpoint.health
    except EndpointHealth.DoesNotExist:
        return None


def word_of(
    endpoint: CallbackEndpoint, health: EndpointHealth | None, *, at: datetime, has_told: bool
) -> EndpointWord:
    if not endpoint.is_on:
        return EndpointWord.TROUBLED if endpoint.trouble else EndpointWord.OFF
    if endpoint.kind == CallbackKind.VOICE:
        return EndpointWord.LATER
    if health and health.open_until and health.open_until > at:
        return EndpointWord.PAUSED
    if health and health.n_failures:
        return EndpointWord.FAILING
    return EndpointWord.WORKS if has_told else EndpointWord.QUIET


def endpoint_of(project: Project, kind: CallbackKind) -> CallbackEndpoint | None:
    """One query."""
    rows = CallbackEndpoint.objects.filter(project=project, kind=kind)
    return rows.select_related("project", "health", "changed_by").first()


def telling_message(endpoint_ids: list[int], message_id: int) -> Q:
    """Callbacks that tell of this message: each item of a receipt begins with the message's id."""
    return Q(endpoint_id__in=endpoint_ids, items__contains=[[message_id]])
