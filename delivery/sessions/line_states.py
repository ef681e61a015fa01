"""How the binds are, written for the gateway's page."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from delivery.models import BindState, LineState
from delivery.smpp.binds import BindStatus
from delivery.smpp.profile import Role

_WRITTEN = [
    "role",
    "state",
    "since",
    "n_outstanding",
    "window",
    "n_throttled",
    "n_submitted",
    "n_delivered",
    "n_waiting",
    "tries_again_at",
    "words",
    "updated_at",
]


def write_states(gateway_id: int, statuses: list[BindStatus], *, window: int, n_waiting: int) -> None:
    """One statement. What waits to be stored stands with the first bind that receives."""
    now = timezone.now()
    receiver = next((one.number for one in statuses if one.role is not Role.TRANSMITTER), None)
    LineState.objects.bulk_create(
        [
            LineState(
                gateway_id=gateway_id,
                number=one.number,
                role=str(one.role),
                state=BindState(one.state),
                since=now - timedelta(seconds=one.since_seconds),
                n_outstanding=one.n_outstanding,
                window=0 if one.role is Role.RECEIVER else window,
                n_throttled=one.n_throttled,
                n_submitted=one.n_submitted,
                n_delivered=one.n_delivered,
                n_waiting=n_waiting if one.number == receiver else 0,
                tries_again_at=(
                    None
                    if one.tries_again_in_seconds is None
                    else now + timedelta(seconds=one.tries_again_in_seconds)
                ),
                words=one.words[:300],
                updated_at=now,
            )
            for one in statuses
        ],
        update_conflicts=True,
        unique_fields=["gateway", "number"],
        update_fields=_WRITTEN,
    )


def forget_other_binds(gateway_id: int, n_binds: int) -> None:
    """Drop what an earlier session with more binds has left."""
    LineState.objects.filter(gateway_id=gateway_id, number__gt=n_binds).delete()
