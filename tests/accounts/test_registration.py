from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Membership, Organization, User
from accounts.standing import standing_of
from tests.accounts.codes import code_for
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ANSWERS = {
    "name": "Rita Register",
    "organization_name": "Register GmbH",
    "password": "a fresh long password",
}


@pytest.fixture(autouse=True)
def open_registration(settings: Settings) -> None:
    settings.REGISTRATION_OPEN = True
    settings.EMAIL_URL = "set"
    # The console is set up: without anybody every address leads to the setup page.
    UserFactory(email="known@example.com")


def mailed_path() -> str:
    found = re.search(r"http://testserver(\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def ask(client: Client, email: str = "rita@example.com") -> str:
    return client.post(reverse("register"), {"email": email}).content.decode()


def test_from_the_link_to_the_checklist_of_an_organization_of_ones_own(client: Client) -> None:
    assert "Register an organization" in client.get(reverse("sign-in")).content.decode()
    ask(client)
    assert not User.objects.filter(email="rita@example.com").exists()
    done = client.post(mailed_path(), ANSWERS)
    organization = Organization.objects.get(name="Register GmbH")
    assert done.headers["Location"] == reverse("organization-checklist", args=[organization.uuid])
    person = User.objects.get(email="rita@example.com")
    assert Membership.objects.get(user=person).roles == ["admin", "operator"]
    assert person.check_password(ANSWERS["password"])
    standing = standing_of(organization.pk)
    assert (standing.entity, standing.active_regions) == (None, frozenset())


def test_the_second_factor_comes_first_and_then_the_checklist(client: Client) -> None:
    ask(client)
    landed = client.post(mailed_path(), ANSWERS, follow=True)
    assert landed.redirect_chain[-1][0] == reverse("mfa_activate_totp")
    # Who has just chosen a password need not type it again.
    secret = client.session["mfa.totp.secret"]
    codes = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)}, follow=True)
    organization = Organization.objects.get(name="Register GmbH")
    checklist = reverse("organization-checklist", args=[organization.uuid])
    assert f'href="{checklist}"' in codes.content.decode()
    assert client.get(checklist).status_code == 200


def test_a_known_e_mail_gets_the_same_answer_and_another_mail(client: Client) -> None:
    unknown = ask(client, "rita@example.com").replace("rita@example.com", "")
    known = ask(client, "KNOWN@example.com").replace("KNOWN@example.com", "")
    assert re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", known) == re.sub(
        r'value="[^"]*"|"X-CSRFToken": "[^"]*"', "", unknown
    )
    assert "has an account already" in mail.outbox[-1].body
    assert "/register/" not in mail.outbox[-1].body


def test_the_link_works_once_and_for_a_day(client: Client) -> None:
    ask(client)
    path = mailed_path()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert client.post(path, ANSWERS).status_code == 410
    client.post(path, ANSWERS)
    again = Client().post(path, ANSWERS | {"organization_name": "Another"})
    assert again.status_code == 410
    assert "used already" in again.content.decode()
    assert Organization.objects.filter(name="Another").count() == 0


def test_an_incomplete_link_is_answered(client: Client) -> None:
    ask(client)
    assert client.get(mailed_path()[:-5] + "/").status_code == 410


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "short"}, "too short"),
        ({"password": "rita@example.com"}, "too similar"),
        ({"organization_name": ""}, "“Organization” is missing."),
        ({"organization_name": "x" * 121}, "at most 120"),
        ({"name": "a\u202eb"}, "turns the direction"),
        ({"organization_name": "a\x00b"}, "Null characters"),
    ],
)
def test_bad_input_keeps_what_was_typed(client: Client, changes: dict[str, str], words: str) -> None:
    ask(client)
    page = client.post(mailed_path(), ANSWERS | changes)
    assert words in page.content.decode()
    assert "Rita Register" in page.content.decode() or "name" in changes
    assert Organization.objects.count() == 0


def test_it_is_closed_by_default(client: Client, settings: Settings) -> None:
    ask(client)
    path = mailed_path()
    settings.REGISTRATION_OPEN = False
    assert "Register an organization" not in client.get(reverse("sign-in")).content.decode()
    for address in (reverse("register"), path):
        assert client.get(address).status_code == 404
        assert client.post(address, ANSWERS).status_code == 404
    assert Organization.objects.count() == 0


def test_asking_too_often_is_refused(client: Client) -> None:
    for _n in range(20):
        ask(client)
    answer = client.post(reverse("register"), {"email": "rita@example.com"})
    assert answer.status_code == 429
    assert "too often" in answer.content.decode()
    assert len(mail.outbox) == 20
