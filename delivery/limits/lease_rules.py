"""What limits the dispatch that a lease is for, read once a lease: a change holds after two seconds at the latest."""

from __future__ import annotations

from dataclasses import dataclass, field

from delivery.limits.frequency import counts_frequency
from delivery.limits.hours import Hours
from delivery.models import Dispatch
from delivery.statuses import SANDBOX_TAG, SYSTEM_TAG
from projects.limits import Limits, limits_of
from projects.models import Project


@dataclass(slots=True)
class LeaseRules:
    """The limits of the project and the hours of the dispatch.

    An empty `hours_zone`: the hours are those of each number's own place. `claims_alone` is set once a claim had to
    write to its dispatch: the next ones of the lease take the dispatch's row for themselves at once. `used` is what
    counted for the caps when the last claim had added its own; empty: to be read. `is_system`: the console's own, or of
    the sandbox, which nothing limits and which counts for nothing.
    """

    project_id: int
    project_uuid: str
    limits: Limits
    consent_key: str
    hours: Hours | None
    hours_zone: str
    is_system: bool = False
    is_urgent: bool = False
    is_stream: bool = False
    claims_alone: bool = False
    used: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def takes_slots(self) -> bool:
        return counts_frequency(self.limits)


def load_rules(dispatch_id: int) -> LeaseRules:
    """Five statements; one for what nothing limits."""
    dispatch = Dispatch.objects.select_related("project").get(pk=dispatch_id)
    is_system = SYSTEM_TAG in dispatch.tags or SANDBOX_TAG in dispatch.tags
    hours = None
    if dispatch.hours_from is not None and dispatch.hours_until is not None:
        hours = Hours(dispatch.hours_from, dispatch.hours_until)
    return LeaseRules(
        project_id=dispatch.project_id,
        project_uuid=str(dispatch.project.uuid),
        limits=_no_limits(dispatch.project) if is_system else limits_of(dispatch.project),
        consent_key=dispatch.consent_key,
        hours=hours,
        hours_zone=dispatch.hours_zone,
        is_system=is_system,
        is_urgent=dispatch.is_urgent,
        is_stream=dispatch.is_stream,
    )


def _no_limits(project: Project) -> Limits:
    return Limits(zone=project.zone, frequency=(), caps=(), countries=None, has_listed_numbers=False)
