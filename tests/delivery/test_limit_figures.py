"""What the pages of limits say was blocked and used, beside what the engine counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from delivery.limit_figures import limit_figures
from delivery.models import CapUsage, RuleHit
from projects.contributions import limit_figures as contributed
from projects.models import Project

pytestmark = pytest.mark.django_db
# 00:30 of 1 June in Shanghai, still May in UTC.
NOW = datetime(2026, 5, 31, 16, 30, tzinfo=UTC)


def hit(project: Project, rule: str, n: int, *, day: int, hour: int) -> None:
    RuleHit.objects.create(
        project_id=project.pk, rule=rule, hour=datetime(2026, 5, day, hour, tzinfo=UTC), n=n
    )


def use(project: Project, period: str, starts_on: str, scope: str, n: int) -> None:
    CapUsage.objects.create(project_id=project.pk, period=period, starts_on=starts_on, scope=scope, n=n)


@pytest.fixture
def project(project: Project) -> Project:
    project.time_zone = "Asia/Shanghai"
    project.save(update_fields=["time_zone"])
    return project


def test_days_and_months_are_those_of_the_projects_zone(project: Project) -> None:
    hit(project, "per_day", 1, day=31, hour=16)
    hit(project, "per_day", 2, day=31, hour=15)
    hit(project, "per_day", 4, day=25, hour=16)
    hit(project, "per_day", 8, day=25, hour=15)
    hit(project, "blacklist", 16, day=31, hour=16)
    use(project, "day", "2026-06-01", "all", 5)
    use(project, "day", "2026-05-31", "all", 50)
    use(project, "month", "2026-06-01", "DE", 7)
    use(project, "month", "2026-05-01", "DE", 70)
    with time_machine.travel(NOW, tick=False):
        found = limit_figures(project)
    assert (found.hits_today["per_day"], found.hits_week["per_day"]) == (1, 7)
    assert found.hits_today["blacklist"] == 16
    assert found.usage == {("all", "day"): 5, ("DE", "month"): 7}


def test_the_pages_ask_for_them(project: Project) -> None:
    RuleHit.objects.create(project_id=project.pk, rule="per_day", hour=datetime.now(UTC), n=3)
    assert contributed(project).hits_week == {"per_day": 3}


def test_figures_of_others_do_not_show(project: Project) -> None:
    RuleHit.objects.create(project_id=project.pk + 1, rule="per_day", hour=datetime.now(UTC), n=3)
    use(project, "day", "2000-01-01", "all", 5)
    assert limit_figures(project).hits_week == {}
    assert limit_figures(project).usage == {}
