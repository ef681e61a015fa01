from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.errors import AccountsError
from accounts.models import Membership, Organization, User
from tests.accounts.codes import code_of, give_two_factor
from tests.factories import PASSWORD
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def attempt(email: str, password: str = "", *, address: str = "10.0.0.1", **headers: str) -> object:
    """A try to sign in, with a wrong password unless one is given."""
    return Client(REMOTE_ADDR=address, headers=headers).post(
        reverse("sign-in"), {"login": email, "password": password or "wrong"}
    )


def lock(email: str, *, address: str = "10.0.0.1") -> None:
    for _n in range(5):
        attempt(email, address=address)


def test_the_fifth_failure_locks_out_and_says_until_when(operator: User) -> None:
    for _n in range(4):
        assert attempt(operator.email).status_code == 200
    locked = attempt(operator.email)
    assert locked.status_code == 429
    page = locked.content.decode()
    assert "Locked for a while" in page
    assert re.search(r"in 1[45]\sminutes", page)


def test_not_even_the_right_password_helps_then_and_tries_do_not_prolong_it(operator: User) -> None:
    start = timezone.now()
    with time_machine.travel(start):
        lock(operator.email)
    with time_machine.travel(start + timedelta(minutes=14)):
        assert attempt(operator.email, PASSWORD).status_code == 429
    with time_machine.travel(start + timedelta(minutes=15, seconds=5)):
        assert attempt(operator.email, PASSWORD).status_code == 302


def test_the_case_of_the_e_mail_changes_nothing(operator: User) -> None:
    for email in ("OPERATOR@example.com", "Operator@Example.com", "operator@example.com") * 2:
        last = attempt(email)
    assert last.status_code == 429


def test_an_unknown_e_mail_is_locked_out_just_the_same(operator: User) -> None:
    lock("nobody@example.com")
    unknown = attempt("nobody@example.com").content.decode()
    lock(operator.email)
    assert attempt(operator.email).status_code == 429
    assert "Locked for a while" in unknown


def test_another_address_or_person_is_not_locked_out(operator: User, admin: User) -> None:
    lock(operator.email)
    assert attempt(operator.email, PASSWORD, address="10.0.0.2").status_code == 302
    assert attempt(admin.email, PASSWORD).status_code == 302


def test_signing_in_forgets_the_failures(operator: User) -> None:
    for _round in range(3):
        for _n in range(4):
            attempt(operator.email)
        assert attempt(operator.email, PASSWORD).status_code == 302


def test_a_made_up_forwarded_address_does_not_help(operator: User, settings: Settings) -> None:
    for n in range(5):
        last = attempt(operator.email, **{"X-Forwarded-For": f"192.0.2.{n}"})
    assert last.status_code == 429


def test_behind_a_proxy_of_ones_own_the_forwarded_address_counts(operator: User, settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for n in range(5):
        # The first part is made up by the client, the last one written by the proxy.
        last = attempt(operator.email, **{"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"})
    assert last.status_code == 429
    assert attempt(operator.email, PASSWORD, **{"X-Forwarded-For": "198.51.100.8"}).status_code == 302


def test_wrong_codes_count_like_wrong_passwords(operator: User) -> None:
    give_two_factor(operator)
    client = Client()
    client.post(reverse("sign-in"), {"login": operator.email, "password": PASSWORD})
    for _n in range(4):
        assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 429
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(operator)}).status_code == 429


def test_confirming_with_a_wrong_password_counts_too(client_of: ClientOf, operator: User) -> None:
    client = client_of(operator)
    for _n in range(4):
        page = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
        assert "This is not your password." in page.content.decode()
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def test_an_admin_unlocks_a_member(
    client_of: ClientOf, organization: Organization, admin: User, operator: User
) -> None:
    lock(operator.email)
    client = client_of(admin)
    assert "Locked out" in client.get(reverse("member-list", args=[organization.uuid])).content.decode()
    membership = Membership.objects.get(user=operator)
    client.post(reverse("member-unlock", args=[organization.uuid, membership.uuid]))
    assert attempt(operator.email, PASSWORD).status_code == 302


def test_only_staff_unlock_people_without_an_organization(staff: User, admin: User, outsider: User) -> None:
    lock(outsider.email)
    with pytest.raises(AccountsError):
        services.unlock_person(user=outsider, by=admin)
    services.unlock_person(user=outsider, by=staff)
    assert attempt(outsider.email, PASSWORD).status_code == 302


def test_what_was_typed_is_not_kept(operator: User) -> None:
    attempt(operator.email, "my other secret")
    stored = AccessAttempt.objects.get()
    assert "my other secret" not in stored.post_data
    assert "csrf" not in stored.post_data


def test_a_nul_byte_or_an_endless_e_mail_is_answered(operator: User) -> None:
    for odd in ("a\x00b@example.com", "x" * 100_000, "", "\u202e@example.com"):
        assert attempt(odd).status_code == 200
