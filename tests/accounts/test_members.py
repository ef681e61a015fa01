from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import time_machine
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.errors import AccountsError
from accounts.models import Membership, Organization, Role, User
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory, member
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

NEW = {"name": "Nina New", "email": "nina@example.com", "roles": ["operator"], "may_reveal_numbers": "on"}


def add(client: Client, organization: Organization, **changes: Any) -> Any:
    return client.post(reverse("member-add", args=[organization.uuid]), NEW | changes)


def invitation_path(admin: User, organization: Organization, email: str) -> str:
    membership = Membership.objects.get(organization=organization, user__email=email)
    token = services.invitation_token(membership=membership)
    return reverse("invitation", args=[membership.user.uuid, token])


def test_the_list_shows_everybody_and_costs_the_same_for_many(
    client_of: ClientOf,
    organization: Organization,
    operator: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _n in range(10):
        member(organization, Role.REVIEWER, Role.OPERATOR)
    client = client_of(operator)
    # Session, person, organization, memberships, members, projects of the switcher; is anybody here (once).
    with django_assert_num_queries(7):
        page = client.get(reverse("member-list", args=[organization.uuid]))
    assert page.content.decode().count("Operator, Reviewer") == 10


def test_only_admins_are_offered_changes(
    client_of: ClientOf, organization: Organization, operator: User, admin: User
) -> None:
    address = reverse("member-list", args=[organization.uuid])
    assert "Add member" in client_of(admin).get(address).content.decode()
    assert "Add member" not in client_of(operator).get(address).content.decode()


def test_somebody_new_is_led_to_their_invitation_link(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    client = client_of(admin)
    page = client.get(add(client, organization).headers["Location"]).content.decode()
    new = Membership.objects.get(user__email="nina@example.com")
    assert (new.roles, new.may_reveal_numbers, new.user.has_usable_password()) == (["operator"], True, False)
    assert f"http://testserver/invitation/{new.user.uuid}/" in page


def test_the_invited_person_sets_a_password_once(
    client_of: ClientOf, client: Client, organization: Organization, admin: User
) -> None:
    add(client_of(admin), organization)
    path = invitation_path(admin, organization, "nina@example.com")
    data = {"name": "Nina Newman", "password": "a fresh long password"}
    assert client.post(path, data).headers["Location"] == reverse("project-list")
    assert client.get(reverse("project-list")).status_code == 200
    person = User.objects.get(email="nina@example.com")
    assert (person.name, person.check_password(data["password"])) == ("Nina Newman", True)
    assert Client().post(path, {"name": "Thief", "password": "another long password"}).status_code == 410
    person.refresh_from_db()
    assert person.check_password(data["password"])


def test_an_invitation_refuses_a_weak_password(
    client_of: ClientOf, client: Client, organization: Organization, admin: User
) -> None:
    add(client_of(admin), organization)
    path = invitation_path(admin, organization, "nina@example.com")
    assert "too short" in client.post(path, {"name": "Nina", "password": "short"}).content.decode()
    assert not User.objects.get(email="nina@example.com").has_usable_password()


def test_a_person_with_a_password_gets_no_invitation_link(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    membership = Membership.objects.get(user=operator)
    client = client_of(admin)
    address = reverse("member-invite", args=[organization.uuid, membership.uuid])
    page = client.get(address, follow=True).content.decode()
    assert "has a password already" in page
    assert "/invitation/" not in page


def test_an_admin_cannot_become_a_member_of_another_organization_by_an_invitation(
    organization: Organization, admin: User
) -> None:
    invited_elsewhere = MembershipFactory(user=UserFactory(password=None), roles=[Role.ADMIN]).user
    here = services.add_member(
        organization=organization,
        email=invited_elsewhere.email,
        name="",
        roles=[Role.OPERATOR],
        may_reveal_numbers=False,
        by=admin,
    )
    with pytest.raises(AccountsError, match="another organization"):
        services.invitation_token(membership=here)


def test_somebody_known_becomes_a_member_with_their_own_password(
    client_of: ClientOf, organization: Organization, admin: User, outsider: User
) -> None:
    add(client_of(admin), organization, email=outsider.email.upper())
    assert Membership.objects.filter(organization=organization, user=outsider).exists()
    assert User.objects.filter(email__iexact=outsider.email).count() == 1


def test_adding_a_member_twice_says_so(client_of: ClientOf, organization: Organization, admin: User) -> None:
    client = client_of(admin)
    add(client, organization)
    assert "is a member already" in add(client, organization).content.decode()
    assert Membership.objects.filter(user__email="nina@example.com").count() == 1


def test_a_member_without_any_role_is_refused(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    assert "Choose at least one role." in add(client_of(admin), organization, roles=[]).content.decode()


def test_an_admin_changes_roles_and_rights(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    membership = Membership.objects.get(user=operator)
    address = reverse("member-edit", args=[organization.uuid, membership.uuid])
    client_of(admin).post(address, {"roles": ["operator", "reviewer"], "may_reveal_numbers": "on"})
    membership.refresh_from_db()
    assert (membership.roles, membership.may_reveal_numbers) == (["operator", "reviewer"], True)


def test_the_last_admin_can_neither_leave_nor_lose_the_role(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    membership = Membership.objects.get(user=admin)
    client = client_of(admin)
    address = reverse("member-edit", args=[organization.uuid, membership.uuid])
    assert "is the only admin" in client.post(address, {"roles": ["operator"]}).content.decode()
    removal = client.post(reverse("member-remove", args=[organization.uuid, membership.uuid]), follow=True)
    assert "is the only admin" in removal.content.decode()
    membership.refresh_from_db()
    assert membership.roles == ["admin"]


def test_a_switched_off_admin_does_not_count(organization: Organization, admin: User) -> None:
    member(organization, Role.ADMIN, user__is_active=False)
    with pytest.raises(AccountsError, match="only admin"):
        services.remove_member(membership=Membership.objects.get(user=admin), by=admin)


def test_a_removed_member_loses_access_at_once(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    here = client_of(operator)
    address = reverse("member-list", args=[organization.uuid])
    assert here.get(address).status_code == 200
    membership = Membership.objects.get(user=operator)
    removal = reverse("member-remove", args=[organization.uuid, membership.uuid])
    for _twice in range(2):
        assert client_of(admin).post(removal).status_code == 302
    assert here.get(address).status_code == 404


def test_a_member_of_another_organization_is_not_found_by_id(
    client_of: ClientOf, organization: Organization, admin: User, outsider: User
) -> None:
    theirs = Membership.objects.get(user=outsider)
    address = reverse("member-edit", args=[organization.uuid, theirs.uuid])
    assert client_of(admin).get(address).status_code == 404
    client_of(admin).post(reverse("member-remove", args=[organization.uuid, theirs.uuid]))
    assert Membership.objects.filter(pk=theirs.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one() -> None:
    organization = OrganizationFactory()
    one, two = (
        MembershipFactory(organization=organization, roles=[Role.ADMIN, Role.OPERATOR]) for _n in range(2)
    )
    ready = threading.Barrier(2)
    refusals: list[str] = []

    def demote(target: Membership, by: User) -> None:
        close_old_connections()
        ready.wait()
        try:
            services.change_member(membership=target, roles=[Role.OPERATOR], may_reveal_numbers=False, by=by)
        except AccountsError as error:
            refusals.append(str(error))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=demote, args=(two, one.user)),
        threading.Thread(target=demote, args=(one, two.user)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 1
    assert Membership.objects.filter(organization=organization, roles__contains=[Role.ADMIN]).count() == 1


def test_an_invitation_ends_after_three_days(
    client_of: ClientOf, client: Client, organization: Organization, admin: User
) -> None:
    add(client_of(admin), organization)
    path = invitation_path(admin, organization, "nina@example.com")
    with time_machine.travel(timezone.now() + dt.timedelta(days=3, minutes=1)):
        assert client.get(path).status_code == 410
    assert client.get(path).status_code == 200
