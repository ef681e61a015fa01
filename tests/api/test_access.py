"""Which program calls: keys that are none, addresses, the person behind a key, its last use."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Role, User
from api import access
from projects.models import Project
from projects.services import token_hash
from tests.factories import (
    ApiKeyFactory,
    AppKeyFactory,
    OrganizationFactory,
    ProjectFactory,
    SecretKeyFactory,
    member,
    token_of,
)

pytestmark = pytest.mark.django_db


def test_an_app_id_leads_to_its_project_and_valid_keys_in_one_query(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    old = AppKeyFactory(project=project, retired_at=timezone.now())
    keys = [AppKeyFactory(project=project) for _n in range(2)]
    with django_assert_num_queries(1):
        found = access.app_keys_of(project.sdk_app_id)
        assert found is not None
        assert found[0].organization.name == "Acme Retail"
    assert set(found[1]) == set(keys)
    assert old not in found[1]


def test_a_project_whose_keys_are_all_retired_is_still_known(project: Project) -> None:
    AppKeyFactory(project=project, retired_at=timezone.now())
    assert access.app_keys_of(project.sdk_app_id) == (project, [])


@pytest.mark.parametrize("sdk_app_id", [0, -1, 1_400_000_001, 2**63, 10**40])
def test_an_unknown_app_id_leads_nowhere(project: Project, sdk_app_id: int) -> None:
    Project.objects.update(sdk_app_id=1_499_999_999)
    assert access.app_keys_of(sdk_app_id) is None


def test_a_secret_id_leads_to_its_pair_until_it_is_retired(project: Project) -> None:
    key = SecretKeyFactory(project=project)
    assert access.secret_key_by_id(key.secret_id) == key
    key.retired_at = timezone.now()
    key.save(update_fields=["retired_at"])
    assert access.secret_key_by_id(key.secret_id) is None


@pytest.mark.parametrize("secret_id", ["", "AKID", "AKID" + "\0" * 32, "AKID" + "é" * 32, "AKID" + "1" * 33])
def test_what_has_not_the_form_of_a_secret_id_asks_nothing(
    secret_id: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert access.secret_key_by_id(secret_id) is None


def test_a_token_leads_to_its_key_in_one_query(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    key = ApiKeyFactory(project=project)
    with django_assert_num_queries(1):
        found = access.api_key_by_token(token_of(key))
        assert found == key
        assert found is not None
        assert found.project.organization.name == "Acme Retail"


def test_a_token_with_one_other_letter_or_another_word_is_no_key(project: Project) -> None:
    key = ApiKeyFactory(project=project)
    token = token_of(key)
    for wrong in (token[:-1] + "b", token.replace("live", "test"), token + "a", " " + token, token + "\n"):
        assert access.api_key_by_token(wrong) is None
        assert access.token_trouble(wrong) is access.KeyTrouble.UNKNOWN


def test_a_key_ends_with_its_expiry_and_only_its_holder_learns_why(project: Project) -> None:
    key = ApiKeyFactory(project=project, expires_at=timezone.now() + timedelta(hours=1))
    assert access.api_key_by_token(token_of(key)) == key
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert access.api_key_by_token(token_of(key)) is None
        assert access.token_trouble(token_of(key)) is access.KeyTrouble.EXPIRED
        assert access.token_trouble(token_of(key)[:-1] + "b") is access.KeyTrouble.UNKNOWN


def test_a_retired_key_is_no_key(project: Project) -> None:
    key = ApiKeyFactory(project=project, retired_at=timezone.now())
    assert access.api_key_by_token(token_of(key)) is None
    assert access.token_trouble(token_of(key)) is access.KeyTrouble.RETIRED


def test_a_key_made_for_a_token_keeps_only_its_hash(project: Project) -> None:
    key = ApiKeyFactory(project=project)
    assert key.secret_hash == token_hash(token_of(key))
    assert token_of(key) not in str(type(key).objects.filter(pk=key.pk).values())


@pytest.mark.parametrize(
    ("addresses", "address", "is_allowed"),
    [
        ([], "203.0.113.7", True),
        ([], "", True),
        (["203.0.113.7"], "203.0.113.7", True),
        (["203.0.113.7"], "203.0.113.8", False),
        (["203.0.113.0/24", "2001:db8::/32"], "203.0.113.200", True),
        (["203.0.113.0/24", "2001:db8::/32"], "2001:db8::1", True),
        (["203.0.113.0/24", "2001:db8::/32"], "2001:db9::1", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
        (["203.0.113.0/24"], "", False),
        (["203.0.113.0/24"], "unix:", False),
    ],
)
def test_a_key_is_used_from_its_addresses_only(addresses: list[str], address: str, is_allowed: bool) -> None:
    assert access.address_allowed(ApiKeyFactory.build(addresses=addresses), address) is is_allowed


def test_the_last_use_is_written_once_a_minute(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for key in (
        ApiKeyFactory(project=project),
        SecretKeyFactory(project=project),
        AppKeyFactory(project=project),
    ):
        access.note_use(key, "203.0.113.7")
        key.refresh_from_db()
        assert key.last_used_from == "203.0.113.7"
        first = key.last_used_at
        with django_assert_num_queries(0):
            access.note_use(key, "203.0.113.8")
        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            access.note_use(key, "")
        key.refresh_from_db()
        assert key.last_used_at > first
        assert key.last_used_from is None


def test_a_stale_row_does_not_write_the_last_use_again(project: Project) -> None:
    key = ApiKeyFactory(project=project)
    access.note_use(key, "203.0.113.7")
    access.note_use(key, "203.0.113.8")
    key.refresh_from_db()
    assert key.last_used_from == "203.0.113.7"


def test_a_program_acts_for_who_made_its_key(project: Project, admin: User, operator: User) -> None:
    for person in (admin, operator):
        assert access.actor_of(ApiKeyFactory(project=project, created_by=person)) == person
    key = ApiKeyFactory(project=project, created_by=operator)
    assert access.actor_of(key, Role.OPERATOR) == operator
    with pytest.raises(access.NoActor):
        access.actor_of(key, Role.ADMIN)


def test_nobody_stands_behind_the_key_of_who_left_was_switched_off_or_lost_the_role(
    project: Project, reviewer: User
) -> None:
    gone, off, elsewhere = (member(project.organization, Role.ADMIN) for _n in range(3))
    Membership.objects.filter(user=gone).delete()
    User.objects.filter(pk=off.pk).update(is_active=False)
    Membership.objects.filter(user=elsewhere).update(organization=OrganizationFactory())
    for person in (gone, off, elsewhere, reviewer, None):
        with pytest.raises(access.NoActor):
            access.actor_of(ApiKeyFactory(project=project, created_by=person))


def test_only_projects_of_enterprises_manage_texts_by_program() -> None:
    answers = {
        entity: access.may_manage_texts(ProjectFactory(organization__entity=entity))
        for entity in ("enterprise", "individual", "")
    }
    assert answers == {"enterprise": True, "individual": False, "": False}
