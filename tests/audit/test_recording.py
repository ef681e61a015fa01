"""Every change of configuration leaves an entry, whoever and whatever made it."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import IdentityVerification, Membership, Role, User
from audit.models import Entry
from audit.recording import HIDDEN
from audit.tracked import COUNTED, TRACKED
from projects.models import AlarmContact, AppKey, Cap, FrequencyRule, ListedNumber, Project
from tests.factories import AppKeyFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def entries_of(subject: str) -> list[Entry]:
    return list(Entry.objects.filter(subject=subject).order_by("id"))


def test_a_change_names_before_and_after_person_address_and_request(
    project: Project, admin: User, client_of: ClientOf
) -> None:
    response = client_of(admin).post(
        reverse("project-edit", args=[project.slug]),
        {
            "name": "Online shop",
            "time_zone": "Europe/Berlin",
            "default_country": "",
            "seen": project.changed_at.isoformat(),
        },
        REMOTE_ADDR="203.0.113.7",
    )
    entry = entries_of("projects.project")[-1]
    assert entry.before == {"name": "Web shop", "time_zone": "Asia/Shanghai"}
    assert entry.after == {"name": "Online shop", "time_zone": "Europe/Berlin"}
    assert (entry.operation, entry.object_id) == ("update", str(project.pk))
    assert (entry.organization_id, entry.project_id) == (project.organization_id, project.pk)
    assert (entry.actor_id, entry.address) == (admin.pk, "203.0.113.7")
    assert entry.request_id == response.headers["X-Request-ID"]


def test_a_statement_behind_the_models_is_recorded_too(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_project SET default_country = 'DE' WHERE id = %s", [project.pk])
    entry = entries_of("projects.project")[-1]
    assert entry.after == {"default_country": "DE"}
    assert entry.actor_id is None


def test_an_update_that_changes_nothing_is_no_entry(project: Project) -> None:
    n_before = Entry.objects.count()
    Project.objects.filter(pk=project.pk).update(name=project.name)
    assert Entry.objects.count() == n_before


def test_nothing_is_left_of_a_change_that_was_rolled_back(project: Project) -> None:
    n_before = Entry.objects.count()
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(name="Other")
        transaction.set_rollback(True)
    assert Entry.objects.count() == n_before


def test_secrets_are_named_but_not_told(project: Project, operator: User) -> None:
    key: AppKey = AppKeyFactory(project=project)
    operator.set_password("quite another password")
    operator.save(update_fields=["password"])
    added, changed = entries_of("projects.appkey")[-1], entries_of("accounts.user")[-1]
    assert added.after is not None
    assert added.after["secret"] == HIDDEN
    assert changed.after == {"password": HIDDEN}
    stored = str(list(Entry.objects.values_list("before", "after")))
    assert key.secret not in stored
    assert operator.password not in stored


def test_signing_in_is_no_change_of_a_person(operator: User, client_of: ClientOf) -> None:
    n_before = len(entries_of("accounts.user"))
    client_of(operator).get(reverse("project-list"))
    assert len(entries_of("accounts.user")) == n_before


def test_a_removal_keeps_what_was_removed(project: Project, admin: User, organization: Any) -> None:
    Cap.objects.create(project=project, scope="all", period="day", cap=500)
    Cap.objects.all().delete()
    entry = entries_of("projects.cap")[-1]
    assert entry.operation == "delete"
    assert entry.before is not None
    assert entry.before["cap"] == 500
    assert entry.after is None


def test_a_rule_of_an_organization_is_recorded_there(project: Project) -> None:
    FrequencyRule.objects.create(organization=project.organization, dimension="per_day", n_messages=50)
    entry = entries_of("projects.frequencyrule")[-1]
    assert (entry.organization_id, entry.project_id) == (project.organization_id, None)


def test_a_list_of_numbers_is_counted_and_its_numbers_are_not_kept(project: Project) -> None:
    numbers = [
        ListedNumber(project=project, list="blacklist", msisdn=f"+8613800138{i:03}") for i in range(500)
    ]
    ListedNumber.objects.bulk_create(numbers)
    ListedNumber.objects.filter(msisdn__endswith="7").delete()
    added, removed = entries_of("projects.listednumber")
    assert added.after == {"list": "blacklist", "numbers": 500}
    assert removed.before == {"list": "blacklist", "numbers": 50}
    assert added.project_id == project.pk
    assert "13800" not in str([added.after, removed.before])


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor_id = 1", "DELETE FROM audit_entry"])
def test_an_entry_can_be_neither_changed_nor_removed(project: Project, statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Entry.objects.exists()


def test_an_entry_outlives_its_person_and_project(project: Project, reviewer: User) -> None:
    membership = Membership.objects.get(user=reviewer)
    membership.roles = [Role.OPERATOR]
    membership.save(update_fields=["roles"])
    key = str(membership.pk)
    membership.delete()
    reviewer.delete()
    operations = [entry.operation for entry in entries_of("accounts.membership") if entry.object_id == key]
    assert operations == ["insert", "update", "delete"]


def test_every_tracked_model_has_its_trigger_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE 'pgtrigger_record_change%' OR t.tgname LIKE 'pgtrigger_count_insert%'"
        )
        installed = {row[0] for row in cursor.fetchall()}
    assert {apps.get_model(label)._meta.db_table for label in [*TRACKED, *COUNTED]} <= installed


def test_papers_and_contacts_are_recorded_without_what_must_stay_secret(project: Project) -> None:
    IdentityVerification.objects.create(
        organization=project.organization,
        kind="enterprise",
        legal_name="Acme Retail Limited",
        registration_number="HRB 12345",
        address="1 Street",
        contact_name="Ada",
        contact_msisdn="+4915112345678",
    )
    AlarmContact.objects.create(
        project=project, name="Night desk", msisdn="+4915187654321", email="night@example.com", events=[]
    )
    verification, contact = (
        entries_of("accounts.identityverification")[-1].after,
        entries_of("projects.alarmcontact")[-1].after,
    )
    assert verification is not None
    assert verification["registration_number"] == HIDDEN
    assert verification["contact_msisdn"] == "+49 **** 78"
    assert contact is not None
    assert contact["msisdn"] == "+49 **** 21"
    assert entries_of("projects.alarmcontact")[-1].project_id == project.pk
