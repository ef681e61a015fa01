"""Setting limits and handing over chosen messages, for the tests of limits."""

from __future__ import annotations

from collections.abc import Callable

from delivery.models import Dispatch
from projects.models import FrequencyRule, Project
from projects.statuses import FrequencyDimension

HandOver = Callable[..., Dispatch]


def limit(project: Project, dimension: FrequencyDimension, n: int, *, seconds: int | None = None) -> None:
    """The project's own limit of this dimension."""
    FrequencyRule.objects.update_or_create(
        project=project,
        dimension=dimension,
        defaults={"is_on": True, "n_messages": n, "n_seconds": seconds},
    )
