"""What was counted against a project's limits, for its pages (`projects.contributions`)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from delivery.models import CapUsage, RuleHit
from projects.contributions import LimitFigures
from projects.models import Project
from projects.statuses import CapPeriod


def limit_figures(project: Project) -> LimitFigures:
    """Blocked messages by rule since midnight and in the last seven days, and the use of the running periods.

    Days are those of the project's zone, hits are counted by whole hours. Two statements.
    """
    today = timezone.now().astimezone(project.zone).date()
    midnight = datetime.combine(today, time(), project.zone)
    week = Q(hour__gte=midnight - timedelta(days=6))
    hits = (
        RuleHit.objects.filter(week, project_id=project.pk)
        .values_list("rule")
        .annotate(week=Sum("n"), today=Sum("n", filter=Q(hour__gte=midnight)))
    )
    by_rule = {rule: (n_week, n_today or 0) for rule, n_week, n_today in hits}
    running = Q(period=CapPeriod.DAY, starts_on=today) | Q(
        period=CapPeriod.MONTH, starts_on=today.replace(day=1)
    )
    used = CapUsage.objects.filter(running, project_id=project.pk)
    return LimitFigures(
        hits_today={rule: n_today for rule, (_n_week, n_today) in by_rule.items()},
        hits_week={rule: n_week for rule, (n_week, _n_today) in by_rule.items()},
        usage={(scope, period): n for scope, period, n in used.values_list("scope", "period", "n")},
    )
