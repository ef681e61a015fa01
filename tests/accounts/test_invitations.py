from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.errors import AccountsError
from accounts.models import Invitation, Membership, Organization, Role, User
from smsconsole.outbox.models import OutboxEvent
from tests.factories import PASSWORD, MembershipFactory, OrganizationFactory, UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

NEW = {"name": "Nina New", "email": "nina@example.com", "roles": ["operator"], "may_reveal_numbers": "on"}
ANSWERS = {"name": "Nina Newman", "password": "a fresh long password"}


def invite(client: Client, organization: Organization, **changes: Any) -> Any:
    return client.post(reverse("member-add", args=[organization.uuid]), NEW | changes)


def path_of(invitation: Invitation) -> str:
    return reverse("invitation", args=[invitation.uuid, services.invitation_token(invitation)])


@pytest.fixture
def invitation(organization: Organization, admin: User) -> Invitation:
    return services.invite(
        organization=organization,
        email="nina@example.com",
        name="Nina New",
        roles=[Role.OPERATOR],
        may_reveal_numbers=True,
        by=admin,
    )


def test_an_admin_invites_and_gets_the_link_to_copy(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    client = client_of(admin)
    page = client.get(invite(client, organization).headers["Location"]).content.decode()
    invitation = Invitation.objects.get()
    assert f"http://testserver{path_of(invitation)}" in page
    assert not User.objects.filter(email=NEW["email"]).exists()
    assert mail.outbox == []
    listed = client.get(reverse("member-list", args=[organization.uuid])).content.decode()
    assert NEW["email"] in listed


def test_the_link_is_mailed_where_there_is_a_mail_server(
    client_of: ClientOf, organization: Organization, admin: User, settings: Settings
) -> None:
    settings.EMAIL_URL = "set"
    invite(client_of(admin), organization)
    (letter,) = mail.outbox
    assert letter.to == [NEW["email"]]
    assert "Acme Retail" in letter.subject
    assert path_of(Invitation.objects.get()) in letter.body
    assert Invitation.objects.get().mailed_at is not None


def test_a_mail_server_that_refuses_leaves_the_link_to_copy(
    client_of: ClientOf, organization: Organization, admin: User, settings: Settings
) -> None:
    settings.EMAIL_URL = "set"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client = client_of(admin)
    page = client.get(invite(client, organization).headers["Location"]).content.decode()
    assert "The mail server did not take the mail." in page
    assert "/invitations/" in page
    assert Invitation.objects.get().mailed_at is None


def test_somebody_new_sets_a_password_and_is_in(
    client: Client, invitation: Invitation, organization: Organization
) -> None:
    page = client.get(path_of(invitation)).content.decode()
    assert "Acme Retail" in page
    assert client.post(path_of(invitation), ANSWERS).headers["Location"] == reverse("project-list")
    assert client.get(reverse("project-list")).status_code == 200
    person = User.objects.get(email=NEW["email"])
    membership = Membership.objects.get(user=person, organization=organization)
    assert (person.name, person.check_password(ANSWERS["password"])) == ("Nina Newman", True)
    assert (membership.roles, membership.may_reveal_numbers) == (["operator"], True)


def test_the_link_works_once(client: Client, invitation: Invitation) -> None:
    client.post(path_of(invitation), ANSWERS)
    thief = Client().post(path_of(invitation), {"name": "Thief", "password": "another long password"})
    assert thief.status_code == 410
    assert User.objects.get(email=NEW["email"]).check_password(ANSWERS["password"])


def test_a_weak_password_is_refused_and_nothing_is_made(client: Client, invitation: Invitation) -> None:
    for weak, why in (
        ("short", "too short"),
        ("nina@example.com", "too similar"),
        ("password1234", "common"),
    ):
        page = client.post(path_of(invitation), ANSWERS | {"password": weak})
        assert why in page.content.decode()
    assert not User.objects.filter(email=NEW["email"]).exists()


def test_a_long_password_is_fine(client: Client, invitation: Invitation) -> None:
    client.post(path_of(invitation), ANSWERS | {"password": "spaces and words " * 10})
    assert User.objects.get(email=NEW["email"]).check_password("spaces and words " * 10)


def test_somebody_known_must_sign_in_and_accept(
    client_of: ClientOf, organization: Organization, admin: User, outsider: User
) -> None:
    invite(client_of(admin), organization, email=outsider.email.upper())
    assert not Membership.objects.filter(organization=organization, user=outsider).exists()
    address = path_of(Invitation.objects.get())
    stranger = Client()
    page = stranger.get(address).content.decode()
    assert f"{reverse('sign-in')}?next={address}" in page
    # Nobody sets the password of an account that has one.
    stranger.post(address, ANSWERS)
    outsider.refresh_from_db()
    assert outsider.check_password(PASSWORD)
    them = client_of(outsider)
    them.get(address)
    assert not Membership.objects.filter(organization=organization, user=outsider).exists()
    them.post(address)
    assert Membership.objects.get(organization=organization, user=outsider).roles == ["operator"]
    assert User.objects.filter(email__iexact=outsider.email).count() == 1


def test_the_service_sets_no_password_of_an_account_that_has_one(
    organization: Organization, admin: User, outsider: User
) -> None:
    invitation = services.invite(
        organization=organization,
        email=outsider.email,
        name="",
        roles=[Role.OPERATOR],
        may_reveal_numbers=False,
        by=admin,
    )
    token = services.invitation_token(invitation)
    with pytest.raises(AccountsError, match="Sign in first"):
        services.accept_as_somebody_new(invitation=invitation, token=token, **ANSWERS)
    outsider.refresh_from_db()
    assert outsider.check_password(PASSWORD)


def test_the_invitation_of_one_person_is_not_accepted_by_another(
    client_of: ClientOf, invitation: Invitation, outsider: User
) -> None:
    client = client_of(outsider)
    page = client.get(path_of(invitation)).content.decode()
    assert "for whom this invitation is not" in page
    client.post(path_of(invitation), ANSWERS)
    assert not User.objects.filter(email=NEW["email"]).exists()
    with pytest.raises(AccountsError, match="is for nina"):
        services.accept_as_member(
            invitation=invitation, token=services.invitation_token(invitation), user=outsider
        )


def test_an_invitation_ends_after_seven_days(client: Client, invitation: Invitation) -> None:
    address = path_of(invitation)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert client.get(address).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert client.get(address).status_code == 410
        assert client.post(address, ANSWERS).status_code == 410
    assert not User.objects.filter(email=NEW["email"]).exists()


def test_a_renewed_link_works_for_the_whole_time_and_the_old_one_no_more(
    client_of: ClientOf, client: Client, organization: Organization, admin: User, invitation: Invitation
) -> None:
    old = path_of(invitation)
    renew = reverse("invitation-renew", args=[organization.uuid, invitation.uuid])
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        client_of(admin).post(renew)
        invitation.refresh_from_db()
        assert client.get(old).status_code == 410
        assert client.get(path_of(invitation)).status_code == 200


def test_a_withdrawn_link_lets_nobody_in(
    client_of: ClientOf, client: Client, organization: Organization, admin: User, invitation: Invitation
) -> None:
    withdraw = reverse("invitation-withdraw", args=[organization.uuid, invitation.uuid])
    for _twice in range(2):
        assert client_of(admin).post(withdraw).status_code == 302
    assert client.post(path_of(invitation), ANSWERS).status_code == 410
    assert OutboxEvent.objects.filter(kind="member.invitation_withdrawn").count() == 1
    # The address is free for another invitation.
    assert invite(client_of(admin), organization).status_code == 302


@pytest.mark.parametrize("token", ["x", "0" * 64])
def test_a_made_up_token_lets_nobody_in(client: Client, invitation: Invitation, token: str) -> None:
    address = reverse("invitation", args=[invitation.uuid, token])
    assert client.get(address).status_code == 410
    assert client.post(address, ANSWERS).status_code == 410


def test_inviting_twice_or_a_member_says_so(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    client = client_of(admin)
    invite(client, organization)
    again = invite(client, organization, email="NINA@example.com").content.decode()
    assert "is invited already" in again
    assert 'value="NINA@example.com"' in again
    assert "is a member already" in invite(client, organization, email=operator.email).content.decode()
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "nina"}, "This is not an e-mail address."),
        ({"email": ""}, "“E-mail” is missing."),
        ({"email": "n" * 250 + "@example.com"}, "254"),
        ({"name": "n" * 81}, "at most 80"),
        ({"name": "nina\u202egpj"}, "turns the direction"),
        ({"roles": ["king"]}, "king"),
        ({"roles": []}, "Choose at least one role."),
    ],
)
def test_bad_input_is_answered_at_its_field_and_nothing_is_lost(
    client_of: ClientOf, organization: Organization, admin: User, changes: dict[str, Any], words: str
) -> None:
    page = invite(client_of(admin), organization, **changes).content.decode()
    assert words in page
    kept = {**NEW, **changes}["email"]
    assert not kept or f'value="{kept}"' in page
    assert Invitation.objects.count() == 0


def test_markup_in_a_name_is_shown_as_written(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    client = client_of(admin)
    invite(client, organization, name="<script>alert(1)</script>")
    page = client.get(reverse("member-list", args=[organization.uuid])).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_an_invitation_of_another_organization_is_not_found(
    client_of: ClientOf, organization: Organization, admin: User
) -> None:
    other = OrganizationFactory()
    theirs = services.invite(
        organization=other,
        email="x@example.com",
        name="",
        roles=[Role.ADMIN],
        may_reveal_numbers=False,
        by=admin,
    )
    client = client_of(admin)
    arguments = [organization.uuid, theirs.uuid]
    assert client.get(reverse("member-invite", args=arguments)).status_code == 404
    assert client.post(reverse("invitation-renew", args=arguments)).status_code == 404
    assert client.post(reverse("invitation-withdraw", args=arguments)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None


def test_an_account_that_never_had_a_password_gets_it_by_the_invitation(
    client: Client, invitation: Invitation
) -> None:
    waiting = UserFactory(email="Nina@example.com", password=None)
    waiting.set_unusable_password()
    waiting.save()
    client.post(path_of(invitation), ANSWERS)
    waiting.refresh_from_db()
    assert waiting.check_password(ANSWERS["password"])
    assert Membership.objects.filter(user=waiting).count() == 1


def test_accepting_as_somebody_who_is_a_member_meanwhile_changes_no_rights(
    client_of: ClientOf, invitation: Invitation, organization: Organization
) -> None:
    person = UserFactory(email=NEW["email"])
    MembershipFactory(organization=organization, user=person, roles=[Role.REVIEWER])
    client_of(person).post(path_of(invitation))
    assert Membership.objects.get(user=person).roles == ["reviewer"]
    assert re.match(r"\d", str(Invitation.objects.get().accepted_at))
