from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import services
from accounts.errors import AccountsError
from accounts.models import Membership, Organization, Role, User
from smsconsole.outbox.models import OutboxEvent
from tests.accounts.codes import code_for, code_of, give_two_factor
from tests.factories import PASSWORD, MembershipFactory, OrganizationFactory, UserFactory, member
from tests.people import ClientOf, confirm

pytestmark = pytest.mark.django_db

SET_UP = "mfa_activate_totp"


@pytest.fixture
def strict(organization: Organization) -> Organization:
    """The organization requires a second factor."""
    Organization.objects.filter(pk=organization.pk).update(requires_two_factor=True)
    return organization


def with_password(user: User) -> Client:
    """A browser that got the password right; what comes next is up to the test."""
    client = Client()
    client.post(reverse("sign-in"), {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return bool(client.get(reverse("account")).status_code == 200)


def type_code(client: Client, code: str, name: str = "mfa_authenticate") -> str:
    return client.post(reverse(name), {"code": code}, follow=True).content.decode()


# --- Who needs it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ADMIN, Role.REVIEWER])
def test_an_admin_or_reviewer_without_it_gets_no_further_than_setting_it_up(
    client_of: ClientOf, strict: Organization, role: Role
) -> None:
    client = client_of(member(strict, role))
    for name, arguments in [
        ("project-list", []),
        ("account", []),
        ("password-change", []),
        ("mfa_index", []),
        ("member-list", [strict.uuid]),
    ]:
        answer = client.get(reverse(name, args=arguments))
        assert answer.headers["Location"] == reverse(SET_UP), name
    removal = client.post(reverse("organization-leave", args=[strict.uuid]))
    assert removal.headers["Location"] == reverse(SET_UP)
    assert client.post(reverse("sign-out")).headers["Location"] == reverse("sign-in")


def test_staff_need_it_whatever_an_organization_says(client: Client, staff: User) -> None:
    client.force_login(staff)
    assert client.get(reverse("project-list")).headers["Location"] == reverse(SET_UP)


def test_an_operator_does_not_need_it(client_of: ClientOf, strict: Organization, operator: User) -> None:
    assert is_in(client_of(operator))


def test_an_organization_that_switched_it_off_does_not_ask_for_it(client_of: ClientOf, admin: User) -> None:
    assert is_in(client_of(admin))


def test_the_installation_can_switch_it_off_altogether(
    client_of: ClientOf, strict: Organization, admin: User, settings: Settings
) -> None:
    settings.TWO_FACTOR_REQUIRED = False
    assert is_in(client_of(admin))


def test_one_strict_organization_is_enough(client_of: ClientOf, admin: User) -> None:
    MembershipFactory(
        organization=OrganizationFactory(requires_two_factor=True), user=admin, roles=[Role.REVIEWER]
    )
    assert not is_in(client_of(admin))


def test_a_fragment_reloads_its_page_instead_of_showing_the_gate(
    client_of: ClientOf, strict: Organization, admin: User
) -> None:
    answer = client_of(admin).get(reverse("project-list"), headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


def test_whoever_has_it_elsewhere_is_asked_for_a_code_in_an_older_session(
    client_of: ClientOf, strict: Organization, admin: User
) -> None:
    older = client_of(admin)
    give_two_factor(admin)
    asked = older.get(reverse("project-list"))
    assert asked.headers["Location"] == f"{reverse('mfa_reauthenticate')}?next=%2F"
    assert older.post(asked.headers["Location"], {"code": code_of(admin)}).headers["Location"] == "/"
    assert older.get(reverse("project-list")).status_code == 200


def test_the_gate_costs_nothing_once_a_code_was_shown(
    client_of: ClientOf, strict: Organization, staff: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(staff)
    client.get(reverse("usersessions_list"))
    # Session, person, their sessions, memberships for the switcher, the bell.
    with django_assert_num_queries(5):
        client.get(reverse("usersessions_list"))


# --- Setting it up ------------------------------------------------------------------------------------------


def test_setting_up_leads_to_codes_that_are_shown_once_and_in(strict: Organization, admin: User) -> None:
    client = with_password(admin)
    page = client.get(reverse(SET_UP)).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    secret = client.session["mfa.totp.secret"]
    assert " ".join(re.findall("....", secret)) in page
    done = client.post(reverse(SET_UP), {"code": code_for(secret)}, follow=True)
    shown = re.findall(r"<code>(\d{8})</code>", done.content.decode())
    assert len(shown) == 10
    file = re.search(r'href="data:text/plain;base64,([^"]+)"', done.content.decode())
    assert file
    assert set(shown) <= set(base64.b64decode(file[1]).decode().split())
    again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert "cannot be shown again" in again
    assert not re.search(r"\d{8}", again.split("<main")[1])
    assert is_in(client)
    stored = Authenticator.objects.get(user=admin, type=Authenticator.Type.TOTP).data
    assert secret not in str(stored)


def test_a_wrong_code_keeps_the_same_picture_and_says_what_to_do(admin: User) -> None:
    client = with_password(admin)
    client.get(reverse(SET_UP))
    secret = client.session["mfa.totp.secret"]
    for wrong in ("000000", "", "abc", "9" * 50, "<b>"):
        page = client.post(reverse(SET_UP), {"code": wrong})
        assert page.status_code == 200
    assert client.session["mfa.totp.secret"] == secret
    assert not Authenticator.objects.exists()


def test_setting_up_ends_the_other_sessions(client_of: ClientOf, admin: User) -> None:
    other, client = with_password(admin), with_password(admin)
    assert is_in(other)
    client.get(reverse(SET_UP))
    client.post(reverse(SET_UP), {"code": code_for(client.session["mfa.totp.secret"])})
    assert is_in(client)
    assert not is_in(other)


# --- Signing in with it -------------------------------------------------------------------------------------


def test_the_password_alone_lets_nobody_in(strict: Organization, admin: User) -> None:
    give_two_factor(admin)
    client = with_password(admin)
    assert client.get(reverse("project-list")).headers["Location"].startswith(reverse("sign-in"))
    page = type_code(client, code_of(admin))
    assert "Projects" in page
    assert is_in(client)


def test_the_code_leads_to_the_page_that_was_asked_for(admin: User) -> None:
    give_two_factor(admin)
    client = Client()
    wanted = reverse("usersessions_list")
    client.post(reverse("sign-in"), {"login": admin.email, "password": PASSWORD, "next": wanted})
    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(admin)})
    assert answer.headers["Location"] == wanted


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_confirming_leads_to_no_other_host(client_of: ClientOf, operator: User, elsewhere: str) -> None:
    client = client_of(operator)
    answer = client.post(
        reverse("account_reauthenticate"), {"password": PASSWORD, "next": elsewhere}, follow=False
    )
    assert answer.headers["Location"] == reverse("project-list")


def test_a_code_with_a_space_counts(admin: User) -> None:
    give_two_factor(admin)
    code = code_of(admin)
    client = with_password(admin)
    type_code(client, f"{code[:3]} {code[3:]}")
    assert is_in(client)


def test_a_code_works_once_and_takes_older_ones_with_it(admin: User) -> None:
    give_two_factor(admin)
    now = code_of(admin)
    before = code_of(admin, steps=-1)
    type_code(with_password(admin), now)
    for used in (now, before):
        client = with_password(admin)
        assert "was used already" in type_code(client, used)
        assert not is_in(client)
    client = with_password(admin)
    type_code(client, code_of(admin, steps=1))
    assert is_in(client)


def test_a_code_stays_used_when_redis_forgets_everything(admin: User, settings: Settings) -> None:
    give_two_factor(admin)
    code = code_of(admin)
    type_code(with_password(admin), code)
    caches["default"].key_prefix = "a-cache-that-knows-nothing"
    client = with_password(admin)
    type_code(client, code)
    assert not is_in(client)


def test_a_code_of_long_ago_is_wrong(admin: User) -> None:
    give_two_factor(admin)
    code = code_of(admin)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        client = with_password(admin)
        assert "This code is not right" in type_code(client, code)


def test_a_recovery_code_lets_in_once(admin: User) -> None:
    first, *_rest = give_two_factor(admin)
    client = with_password(admin)
    type_code(client, first)
    assert is_in(client)
    again = with_password(admin)
    type_code(again, first)
    assert not is_in(again)


def test_codes_of_somebody_else_do_not_count(admin: User, operator: User) -> None:
    theirs = give_two_factor(operator)
    give_two_factor(admin)
    for wrong in (theirs[0], code_of(operator)):
        client = with_password(admin)
        type_code(client, wrong)
        assert not is_in(client)


# --- Living with it -----------------------------------------------------------------------------------------


def test_new_recovery_codes_replace_the_old_ones(client_of: ClientOf, admin: User) -> None:
    first, *_rest = give_two_factor(admin)
    client = confirm(client_of(admin), admin)
    page = client.post(reverse("mfa_generate_recovery_codes"), follow=True).content.decode()
    assert len(re.findall(r"<code>(\d{8})</code>", page)) == 10
    stranger = with_password(admin)
    type_code(stranger, first)
    assert not is_in(stranger)


def test_new_recovery_codes_ask_who_one_is(client_of: ClientOf, admin: User) -> None:
    give_two_factor(admin)
    asked = client_of(admin).post(reverse("mfa_generate_recovery_codes"))
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))


def test_having_just_signed_in_is_no_proof_for_changing_a_second_factor_that_exists(admin: User) -> None:
    give_two_factor(admin)
    client = with_password(admin)
    type_code(client, code_of(admin))
    for name in ("mfa_generate_recovery_codes", "mfa_deactivate_totp", "mfa_view_recovery_codes"):
        asked = client.get(reverse(name))
        assert asked.headers["Location"].startswith(reverse("account_reauthenticate")), name


def test_who_does_not_need_it_can_switch_it_off(client_of: ClientOf, operator: User) -> None:
    give_two_factor(operator)
    client = confirm(client_of(operator), operator)
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=operator).exists()
    assert is_in(with_password(operator))


def test_who_needs_it_cannot_switch_it_off(strict: Organization, admin: User) -> None:
    give_two_factor(admin)
    client = with_password(admin)
    type_code(client, code_of(admin))
    page = confirm(client, admin).post(reverse("mfa_deactivate_totp")).content.decode()
    assert "Your role needs two-factor, so it stays on." in page
    assert Authenticator.objects.filter(user=admin).count() == 2


# --- What admins do about it --------------------------------------------------------------------------------


def test_the_members_page_shows_who_has_it(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    give_two_factor(operator)
    page = client_of(admin).get(reverse("member-list", args=[organization.uuid])).content.decode()
    cells = re.findall(r'<td data-label="Two-factor">(.*?)</td>', page)
    assert ["On" in cell for cell in cells] == [False, True]


def test_an_admin_switches_the_rule(client_of: ClientOf, organization: Organization, admin: User) -> None:
    address = reverse("organization-two-factor", args=[organization.uuid])
    client = client_of(admin)
    client.post(address, {"required": "yes"})
    organization.refresh_from_db()
    assert organization.requires_two_factor
    give_two_factor(admin)
    strong = with_password(admin)
    type_code(strong, code_of(admin))
    assert strong.post(address, {"required": "no"}).headers["Location"].startswith("/confirm/")
    for _twice in range(2):
        confirm(strong, admin).post(address, {"required": "no"})
    organization.refresh_from_db()
    assert not organization.requires_two_factor
    assert OutboxEvent.objects.filter(kind="organization.two_factor_changed").count() == 2


def test_an_admin_resets_a_member_who_lost_the_phone(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    give_two_factor(operator)
    theirs = with_password(operator)
    type_code(theirs, code_of(operator))
    membership = Membership.objects.get(user=operator)
    address = reverse("member-two-factor-reset", args=[organization.uuid, membership.uuid])
    client = client_of(admin)
    assert client.post(address).headers["Location"].startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.filter(user=operator).exists()
    confirm(client, admin).post(address)
    assert not Authenticator.objects.filter(user=operator).exists()
    assert not is_in(theirs)
    assert is_in(with_password(operator))
    (event,) = OutboxEvent.objects.filter(kind="member.two_factor_reset")
    assert event.payload["user"] == str(operator.uuid)


def test_nobody_opens_the_way_into_another_organization_by_a_reset(
    organization: Organization, admin: User, operator: User
) -> None:
    give_two_factor(operator)
    MembershipFactory(user=operator)
    with pytest.raises(AccountsError, match="another organization"):
        services.reset_two_factor(
            membership=Membership.objects.get(user=operator, organization=organization), by=admin
        )
    staff_member = MembershipFactory(organization=organization, user=UserFactory(is_staff=True))
    with pytest.raises(AccountsError, match="another organization"):
        services.reset_two_factor(membership=staff_member, by=admin)
    with pytest.raises(AccountsError, match="your account page"):
        services.reset_two_factor(membership=Membership.objects.get(user=admin), by=admin)
    assert Authenticator.objects.filter(user=operator).exists()


def test_whoever_runs_the_console_helps_the_only_admin(organization: Organization, admin: User) -> None:
    give_two_factor(admin)
    theirs = with_password(admin)
    type_code(theirs, code_of(admin))
    call_command("reset_two_factor", "ADMIN@example.com")
    assert not Authenticator.objects.filter(user=admin).exists()
    assert not is_in(theirs)
    with pytest.raises(CommandError, match="Nobody signs in"):
        call_command("reset_two_factor", "nobody@example.com")
