from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.errors import AccountsError
from accounts.models import Membership, Organization, Role, User
from smsconsole.outbox.models import OutboxEvent
from tests.factories import MembershipFactory, OrganizationFactory, member
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

NEW = {"name": "Nina New", "email": "nina@example.com", "roles": ["operator"], "may_reveal_numbers": "on"}


def add(client: Client, organization: Organization, **changes: Any) -> Any:
    return client.post(reverse("member-add", args=[organization.uuid]), NEW | changes)


def rights(membership: Membership, *roles: str, **more: str) -> dict[str, Any]:
    """What the page of a member posts when it was opened just now."""
    return {"roles": roles, "seen": membership.changed_at.isoformat(), **more}


def test_the_list_shows_everybody_and_costs_the_same_for_many(
    client_of: ClientOf,
    organization: Organization,
    operator: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _n in range(10):
        member(organization, Role.REVIEWER, Role.OPERATOR)
    client = client_of(operator)
    # Session, person, organization, memberships, members, their second factors and lock-outs, invitations,
    # projects of the switcher, the bell; is anybody here (once).
    with django_assert_num_queries(11):
        page = client.get(reverse("member-list", args=[organization.uuid]))
    assert page.content.decode().count("Operator, Reviewer") == 10


def test_only_admins_are_offered_changes(
    client_of: ClientOf, organization: Organization, operator: User, admin: User
) -> None:
    address = reverse("member-list", args=[organization.uuid])
    assert "Invite somebody" in client_of(admin).get(address).content.decode()
    assert "Invite somebody" not in client_of(operator).get(address).content.decode()


def test_a_member_without_any_role_is_refused(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    assert "Choose at least one role." in add(client_of(admin), organization, roles=[]).content.decode()


def test_an_admin_changes_roles_and_rights(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    membership = Membership.objects.get(user=operator)
    address = reverse("member-edit", args=[organization.uuid, membership.uuid])
    client_of(admin).post(address, rights(membership, "operator", "reviewer", may_reveal_numbers="on"))
    membership.refresh_from_db()
    assert (membership.roles, membership.may_reveal_numbers) == (["operator", "reviewer"], True)


def test_the_last_admin_can_neither_leave_nor_lose_the_role(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    membership = Membership.objects.get(user=admin)
    client = client_of(admin)
    address = reverse("member-edit", args=[organization.uuid, membership.uuid])
    assert "is the only admin" in client.post(address, rights(membership, "operator")).content.decode()
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
            services.change_member(
                membership=target,
                roles=[Role.OPERATOR],
                may_reveal_numbers=False,
                seen_at=target.changed_at,
                by=by,
            )
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


def test_a_page_that_somebody_else_overtook_saves_nothing_and_names_them(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    membership = Membership.objects.get(user=operator)
    address = reverse("member-edit", args=[organization.uuid, membership.uuid])
    opened = rights(membership, "operator", "reviewer")
    second = member(organization, Role.ADMIN, user__name="Berta Second")
    assert client_of(second).post(address, rights(membership, "reviewer")).status_code == 302
    stale = client_of(admin).post(address, opened)
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "Berta Second changed these rights" in page
    # What was typed stands there still, and the present rights beside it.
    assert re.search(r'value="operator"[^>]*checked', page)
    assert "Present roles: <strong>Reviewer</strong>" in page
    membership.refresh_from_db()
    assert membership.roles == ["reviewer"]
    assert client_of(admin).post(address, opened | {"seen": shown(page)}).status_code == 302
    membership.refresh_from_db()
    assert membership.roles == ["operator", "reviewer"]


def shown(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("seen", ["", "yesterday", "2026-99-99T00:00:00"])
def test_a_form_without_a_readable_mark_of_what_it_showed_is_stale(
    client_of: ClientOf, organization: Organization, admin: User, operator: User, seen: str
) -> None:
    membership = Membership.objects.get(user=operator)
    address = reverse("member-edit", args=[organization.uuid, membership.uuid])
    assert client_of(admin).post(address, {"roles": ["reviewer"], "seen": seen}).status_code == 409


def test_a_member_leaves_and_loses_access_at_once(
    client_of: ClientOf, organization: Organization, operator: User
) -> None:
    client = client_of(operator)
    page = client.post(reverse("organization-leave", args=[organization.uuid]), follow=True)
    assert "You left Acme Retail." in page.content.decode()
    assert client.get(reverse("member-list", args=[organization.uuid])).status_code == 404
    assert OutboxEvent.objects.filter(kind="member.left").count() == 1
    assert client.post(reverse("organization-leave", args=[organization.uuid])).status_code == 404


def test_the_last_admin_cannot_leave(client_of: ClientOf, organization: Organization, admin: User) -> None:
    page = client_of(admin).post(reverse("organization-leave", args=[organization.uuid]), follow=True)
    assert "is the only admin" in page.content.decode()
    assert Membership.objects.filter(user=admin).exists()


def test_staff_switch_an_account_off_and_on(
    client_of: ClientOf, organization: Organization, operator: User, staff: User
) -> None:
    client = client_of(operator)
    for _twice in range(2):
        services.deactivate_person(user=operator, by=staff)
    operator.refresh_from_db()
    assert client.get(reverse("account")).status_code == 302
    services.reactivate_person(user=operator, by=staff)
    operator.refresh_from_db()
    assert client_of(operator).get(reverse("account")).status_code == 200
    kinds = OutboxEvent.objects.filter(kind__startswith="person.").values_list("kind", flat=True)
    assert list(kinds) == ["person.deactivated", "person.reactivated"]


def test_only_staff_switch_accounts_off_and_nobody_their_own(
    admin: User, operator: User, staff: User
) -> None:
    with pytest.raises(AccountsError, match="platform staff"):
        services.deactivate_person(user=operator, by=admin)
    with pytest.raises(AccountsError, match="your own"):
        services.deactivate_person(user=staff, by=staff)
