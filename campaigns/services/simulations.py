"""Simulations of a frequency limit: small ones at once, large ones by a worker while the page shows how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignsError
from campaigns.models import Simulation
from campaigns.simulation import DAYS, blocks_to_read, replay
from projects.limits import FrequencyLimit, limits_of
from projects.models import Project
from projects.statuses import FrequencyDimension
from smsconsole.queue import enqueue

AT_ONCE_MESSAGES = 50_000
KEPT_FOR = timedelta(days=1)
MESSAGES_MAX = 1_000
SECONDS_MAX = 86_400


def start_simulation(
    *, project: Project, dimension: FrequencyDimension, n_messages: int, n_seconds: int | None, by: User
) -> Simulation:
    """Ask what this limit would have blocked in the last 7 days. It changes nothing; old answers are forgotten.

    Raises `CampaignsError` for values that no limit may have.
    """
    if not 1 <= n_messages <= MESSAGES_MAX:
        raise CampaignsError(
            _("A limit is 1 to %(max)s messages.") % {"max": MESSAGES_MAX}, field="n_messages"
        )
    if dimension != FrequencyDimension.SAME_CONTENT:
        n_seconds = None
    elif n_seconds is None or not 1 <= n_seconds <= SECONDS_MAX:
        raise CampaignsError(_("The span is 1 to %(max)s seconds.") % {"max": SECONDS_MAX}, field="n_seconds")
    now = timezone.now()
    Simulation.objects.filter(project=project, created_at__lt=now - KEPT_FOR).delete()
    blocks = blocks_to_read(project, now - timedelta(days=DAYS))
    with transaction.atomic():
        simulation = Simulation.objects.create(
            project=project,
            dimension=dimension,
            n_messages=n_messages,
            n_seconds=n_seconds,
            n_total=blocks.n_messages,
            heartbeat_at=now,
            created_by=by,
        )
        if blocks.n_messages > AT_ONCE_MESSAGES:
            enqueue("campaigns.jobs.simulate", simulation.pk)
    if blocks.n_messages <= AT_ONCE_MESSAGES:
        run_simulation(simulation_id=simulation.pk)
        simulation.refresh_from_db()
    return simulation


def run_simulation(*, simulation_id: int) -> None:
    """Work out the answer. One that has it is left alone; run again after a death it begins anew."""
    simulation = (
        Simulation.objects.select_related("project").filter(pk=simulation_id, finished_at=None).first()
    )
    if simulation is None:
        return
    since = simulation.created_at - timedelta(days=DAYS)
    answer = replay(
        blocks_to_read(simulation.project, since),
        limits=limits_of(simulation.project),
        new=FrequencyLimit(
            dimension=FrequencyDimension(simulation.dimension),
            is_on=True,
            n_messages=simulation.n_messages,
            n_seconds=simulation.n_seconds,
        ),
        since=since,
        on_progress=lambda n: _show(simulation_id, n),
    )
    Simulation.objects.filter(pk=simulation_id).update(
        answer=answer, n_read=answer["n_asked"], finished_at=Now()
    )


def _show(simulation_id: int, n_read: int) -> None:
    Simulation.objects.filter(pk=simulation_id).update(n_read=n_read, heartbeat_at=Now())


def silent_simulations(silent_since: datetime) -> list[int]:
    """Those that nobody seems to work on."""
    open_ones = Simulation.objects.filter(finished_at=None)
    silent = open_ones.filter(Q(heartbeat_at=None) | Q(heartbeat_at__lt=silent_since))
    return list(silent.values_list("pk", flat=True))
