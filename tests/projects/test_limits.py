"""Frequency limits and caps: who may change them, from what to what, and what then holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.errors import NotForIndividuals
from accounts.models import IdentityVerification, Organization, User
from accounts.statuses import EntityKind
from delivery.models import CapUsage, RuleHit
from projects import services
from projects.errors import ProjectDisabled, ProjectsError, SettingChanged
from projects.limits import DEFAULT, ORGANIZATION, PROJECT, caps_of, limits_of
from projects.models import Cap, FrequencyRule, Project
from projects.statuses import CapPeriod, FrequencyDimension
from smsconsole.outbox.models import OutboxEvent
from tests.factories import ProjectFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db
D = FrequencyDimension


def change(owner: Project | Organization, n: int, by: User, **changes: Any) -> None:
    values = {"is_on": True, "n_seconds": None, "seen_at": None} | changes
    services.set_frequency_limit(owner=owner, dimension=D.PER_DAY, n_messages=n, by=by, **values)


def cap_international(project: Project, by: User, cap: int | None, **changes: Any) -> None:
    values = {"warn_at": None, "seen_at": None, "scope": "international"} | changes
    services.set_cap(project=project, period=CapPeriod.DAY, cap=cap, by=by, **values)


def per_day(project: Project) -> tuple[int, str]:
    limit = limits_of(project).frequency_of(D.PER_DAY)
    assert limit is not None
    return limit.n_messages, limit.source


def edit(client: Client, project: Project, **values: str) -> Any:
    answers = {"is_on": "on", "n_messages": "50", "seen": ""} | values
    return client.post(reverse("limit-edit", args=[project.slug, "per_day"]), answers)


# --- What holds -----------------------------------------------------------------------------------------


def test_the_projects_limit_beats_its_organizations_and_that_one_the_default(
    project: Project, organization: Organization, admin: User
) -> None:
    assert per_day(project) == (10, DEFAULT)
    change(organization, 20, admin)
    assert per_day(project) == (20, ORGANIZATION)
    change(project, 50, admin)
    assert per_day(project) == (50, PROJECT)
    assert per_day(ProjectFactory(organization=organization)) == (20, ORGANIZATION)
    rule = FrequencyRule.objects.get(project=project)
    services.reset_frequency_limit(owner=project, dimension=D.PER_DAY, seen_at=rule.changed_at, by=admin)
    assert per_day(project) == (20, ORGANIZATION)


def test_a_change_is_told(project: Project, admin: User) -> None:
    change(project, 50, admin)
    event = OutboxEvent.objects.get(kind="limits.changed")
    assert event.payload == {"project": str(project.uuid), "by": str(admin.uuid), "what": "per_day"}


@pytest.mark.parametrize("n", [0, 1_001, -1])
def test_a_limit_without_sense_is_refused(project: Project, admin: User, n: int) -> None:
    with pytest.raises(ProjectsError, match="1 to 1,000"):
        change(project, n, admin)
    with pytest.raises(ProjectsError, match="86,400 seconds"):
        services.set_frequency_limit(
            owner=project,
            dimension=D.SAME_CONTENT,
            is_on=True,
            n_messages=1,
            n_seconds=None,
            seen_at=None,
            by=admin,
        )


def test_individuals_change_no_limit_in_any_way(
    client_of: ClientOf, project: Project, organization: Organization, admin: User
) -> None:
    IdentityVerification.objects.update(kind=EntityKind.INDIVIDUAL)
    for owner in (project, organization):
        with pytest.raises(NotForIndividuals):
            change(owner, 50, admin)
    client = client_of(admin)
    page = client.get(reverse("limits", args=[project.slug])).content.decode()
    assert "Individuals keep the console" in page
    assert reverse("limit-edit", args=[project.slug, "per_day"]) not in page
    response = edit(client, project, save="yes")
    assert response.status_code == 422
    assert "only organizations verified as an enterprise" in response.content.decode()
    assert not FrequencyRule.objects.exists()


def test_a_disabled_project_keeps_its_limits(project: Project, admin: User) -> None:
    services.disable_project(project=project, by=admin)
    with pytest.raises(ProjectDisabled):
        change(project, 50, admin)
    with pytest.raises(ProjectDisabled):
        cap_international(project, admin, 5_000)


# --- The pages ------------------------------------------------------------------------------------------


def test_the_page_says_value_source_and_who(
    client_of: ClientOf, project: Project, admin: User, operator: User
) -> None:
    change(project, 50, admin)
    page = client_of(operator).get(reverse("limits", args=[project.slug])).content.decode()
    for words in ("1 message in 30 seconds", "50 messages a day", "Console&#x27;s default", "Ada Admin"):
        assert words in page
    assert reverse("limit-edit", args=[project.slug, "per_day"]) not in page


def test_the_change_is_shown_before_it_is_saved(client_of: ClientOf, project: Project, admin: User) -> None:
    client = client_of(admin)
    page = edit(client, project).content.decode()
    assert "10 messages a day" in page
    assert "50 messages a day" in page
    assert "within 2 seconds" in page
    assert not FrequencyRule.objects.exists()
    assert edit(client, project, save="yes").headers["Location"] == reverse("limits", args=[project.slug])
    assert per_day(project) == (50, PROJECT)


def test_who_was_slower_reads_who_was_faster_and_loses_nothing(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    change(project, 20, admin)
    response = edit(client_of(admin), project, n_messages="77", save="yes")
    page = response.content.decode()
    assert response.status_code == 409
    assert "Ada Admin changed this at" in page
    assert 'value="77"' in page
    rule = FrequencyRule.objects.get()
    assert rule.n_messages == 20
    # The page knows the newest state now: saving again is a decision.
    assert f'name="seen" value="{rule.changed_at.isoformat()}"' in page.replace("&#x2B;", "+")
    assert edit(client_of(admin), project, seen=rule.changed_at.isoformat(), save="yes").status_code == 302


def test_a_stale_reset_changes_nothing(project: Project, admin: User) -> None:
    change(project, 20, admin)
    seen_at = FrequencyRule.objects.get().changed_at
    change(project, 30, admin, seen_at=seen_at)
    with pytest.raises(SettingChanged):
        services.reset_frequency_limit(owner=project, dimension=D.PER_DAY, seen_at=seen_at, by=admin)
    assert per_day(project) == (30, PROJECT)


@pytest.mark.parametrize("n", ["", "abc", "0", "1001", "9" * 40, "<b>1</b>", "１２\u202e"])
def test_a_wrong_number_is_answered_at_its_field(
    client_of: ClientOf, project: Project, admin: User, n: str
) -> None:
    page = edit(client_of(admin), project, n_messages=n, save="yes").content.decode()
    assert 'id="id_n_messages_error"' in page
    assert "<b>1</b>" not in page
    assert not FrequencyRule.objects.exists()


def test_a_made_up_moment_counts_as_stale(client_of: ClientOf, project: Project, admin: User) -> None:
    assert edit(client_of(admin), project, seen="yesterday", save="yes").status_code == 409
    assert edit(client_of(admin), project, seen="2026-01-01T00:00:00", save="yes").status_code == 409


def test_there_is_no_other_dimension_and_scope(client_of: ClientOf, project: Project, admin: User) -> None:
    client = client_of(admin)
    assert client.get(reverse("limit-edit", args=[project.slug, "per_year"])).status_code == 404
    assert client.get(reverse("cap-edit", args=[project.slug, "ZZ", "day"])).status_code == 404
    assert client.get(reverse("cap-edit", args=[project.slug, "all", "year"])).status_code == 404


def test_the_limits_page_costs_the_same_with_many_rules(
    client_of: ClientOf, project: Project, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for dimension in D:
        services.set_frequency_limit(
            owner=project, dimension=dimension, is_on=True, n_messages=5, n_seconds=9, seen_at=None, by=admin
        )
    client = client_of(admin)
    client.get(reverse("limits", args=[project.slug]))
    with django_assert_max_num_queries(24):
        client.get(reverse("limits", args=[project.slug]))


# --- Caps -----------------------------------------------------------------------------------------------


def test_international_messages_have_a_cap_from_the_start(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    [cap] = caps_of(project)
    assert (cap.scope, cap.period, cap.cap, cap.source) == ("international", CapPeriod.DAY, 1_000, DEFAULT)
    page = client_of(admin).get(reverse("caps", args=[project.slug])).content.decode()
    assert "of 1\u202f000" in page
    assert "Console&#x27;s default" in page


def test_an_own_cap_replaces_the_default_and_may_lift_it(project: Project, admin: User) -> None:
    cap_international(project, admin, 5_000, warn_at=4_000)
    assert [(cap.warn_at, cap.cap, cap.source) for cap in caps_of(project)] == [(4_000, 5_000, PROJECT)]
    seen_at = Cap.objects.get().changed_at
    cap_international(project, admin, None, seen_at=seen_at)
    assert [(cap.cap, cap.source) for cap in caps_of(project)] == [(None, PROJECT)]
    services.reset_cap(
        project=project,
        scope="international",
        period=CapPeriod.DAY,
        seen_at=Cap.objects.get().changed_at,
        by=admin,
    )
    assert [(cap.cap, cap.source) for cap in caps_of(project)] == [(1_000, DEFAULT)]


def test_a_warning_above_the_cap_comes_too_late(client_of: ClientOf, project: Project, admin: User) -> None:
    with pytest.raises(ProjectsError, match="too late"):
        cap_international(project, admin, 100, warn_at=200)
    address = reverse("cap-edit", args=[project.slug, "DE", "month"])
    page = client_of(admin).post(address, {"warn_at": "200", "cap": "100", "save": "yes"}).content.decode()
    assert 'id="id_warn_at_error"' in page
    assert not Cap.objects.exists()


def test_a_cap_is_shown_saved_and_refused_when_stale(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    client = client_of(admin)
    address = reverse("cap-edit", args=[project.slug, "international", "day"])
    page = client.post(address, {"warn_at": "", "cap": "", "seen": ""}).content.decode()
    assert "No warning and no cap" in page
    assert "Nothing would limit what is sent abroad." in page
    assert client.post(address, {"cap": "5000", "seen": "", "save": "yes"}).status_code == 302
    stale = client.post(address, {"cap": "9000", "seen": "", "save": "yes"})
    assert stale.status_code == 409
    assert 'value="9000"' in stale.content.decode()
    assert Cap.objects.get().cap == 5_000


def test_a_country_leads_to_its_cap(client_of: ClientOf, project: Project, admin: User) -> None:
    client = client_of(admin)
    address = reverse("cap-choose", args=[project.slug])
    to = client.get(address, {"scope": "DE", "period": "day"}).headers["Location"]
    assert to == reverse("cap-edit", args=[project.slug, "DE", "day"])
    assert client.get(address, {"scope": "ZZ", "period": "day"}).headers["Location"] == reverse(
        "caps", args=[project.slug]
    )


# --- Marketing hours and settings -----------------------------------------------------------------------


def hours(client: Client, project: Project, **changes: str) -> Any:
    values = {
        "marketing_from": "09:00",
        "marketing_until": "20:00",
        "marketing_zone": "recipient",
        "seen": project.changed_at.isoformat(),
    } | changes
    return client.post(reverse("project-marketing-hours", args=[project.slug]), values)


def test_an_admin_sets_the_marketing_hours(client_of: ClientOf, project: Project, admin: User) -> None:
    assert hours(client_of(admin), project).status_code == 302
    saved = Project.objects.get(pk=project.pk)
    assert (str(saved.marketing_from), str(saved.marketing_until)) == ("09:00:00", "20:00:00")
    assert (saved.marketing_zone, saved.changed_by) == ("recipient", admin)
    assert hours(client_of(admin), project, marketing_from="10:00").status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"marketing_until": "09:00"},
        {"marketing_from": "25:00"},
        {"marketing_from": ""},
        {"marketing_zone": "moon"},
    ],
)
def test_hours_without_sense_are_refused(
    client_of: ClientOf, project: Project, admin: User, changes: dict[str, str]
) -> None:
    assert hours(client_of(admin), project, **changes).status_code == 422
    assert str(Project.objects.get(pk=project.pk).marketing_from) == "08:00:00"


def test_stale_settings_are_not_written_over(client_of: ClientOf, project: Project, admin: User) -> None:
    client = client_of(admin)
    hours(client, project)
    answers = {"name": "Night bank", "time_zone": "UTC", "seen": project.changed_at.isoformat()}
    response = client.post(reverse("project-edit", args=[project.slug]), answers)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Ada Admin changed this at" in page
    assert 'value="Night bank"' in page
    assert Project.objects.get(pk=project.pk).name == "Web shop"


def test_a_name_that_turns_the_line_around_is_refused(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    answers = {"name": "a\u202ebc", "time_zone": "UTC", "seen": project.changed_at.isoformat()}
    page = client_of(admin).post(reverse("project-edit", args=[project.slug]), answers).content.decode()
    assert "U+202E" in page
    assert Project.objects.get(pk=project.pk).name == "Web shop"


def test_what_was_blocked_and_used_stands_beside_the_limits(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    now = timezone.now()
    today = now.astimezone(project.zone).date()
    for rule, n in [("per_day", 4_711), ("unsubscribed", 815)]:
        RuleHit.objects.create(
            project_id=project.pk, rule=rule, hour=now.replace(minute=0, second=0, microsecond=0), n=n
        )
    CapUsage.objects.create(
        project_id=project.pk, period="day", starts_on=today, scope="international", n=1_000
    )
    client = client_of(operator)
    page = client.get(reverse("limits", args=[project.slug])).content.decode()
    assert "4\u202f711" in page
    assert "815" in page
    caps = client.get(reverse("caps", args=[project.slug])).content.decode()
    assert '<progress max="1000" value="1000"' in caps
    assert "Cap reached" in caps
