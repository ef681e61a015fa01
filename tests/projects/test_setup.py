from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import reverse

from accounts.errors import AccountsError
from accounts.models import Installation, Membership, Organization, Role, User
from accounts.services import new_setup_code
from projects import services
from projects.models import Project
from tests.accounts.codes import code_for

pytestmark = pytest.mark.django_db

ANSWERS: dict[str, Any] = {
    "organization_name": "Acme Retail",
    "name": "Ada Chen",
    "email": "ada@example.com",
    "password": "correct horse battery",
    "project_name": "Web shop",
    "time_zone": "Asia/Shanghai",
    "default_country": "",
}


def test_every_address_leads_to_the_setup_until_somebody_exists(client: Client) -> None:
    for name in ("project-list", "sign-in"):
        assert client.get(reverse(name)).headers["Location"] == reverse("setup")
    assert client.get(reverse("setup")).status_code == 200


def test_the_code_opens_a_working_project(client: Client) -> None:
    answers = ANSWERS | {"setup_code": f" {new_setup_code().upper()} "}
    response = client.post(reverse("setup"), answers)
    project = Project.objects.get()
    checklist = reverse("organization-checklist", args=[project.organization.uuid])
    assert response.headers["Location"] == checklist
    # The first admin needs a second factor; what was left to do comes after it, without the password again.
    assert client.get(checklist).headers["Location"] == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    secret = client.session["mfa.totp.secret"]
    codes = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)}, follow=True)
    assert f'href="{checklist}"' in codes.content.decode()
    assert client.get(checklist).status_code == 200
    assert (project.name, project.time_zone, project.app_keys.count()) == ("Web shop", "Asia/Shanghai", 1)
    membership = Membership.objects.get(user__email="ada@example.com")
    assert (membership.organization, set(membership.roles)) == (project.organization, set(Role.values))
    assert Installation.objects.get().set_up_at is not None


def test_a_wrong_code_makes_nothing(client: Client) -> None:
    new_setup_code()
    page = client.post(reverse("setup"), ANSWERS | {"setup_code": "aaaa-bbbb-cccc-dddd"})
    assert "This is not the setup code." in page.content.decode()
    assert (User.objects.count(), Organization.objects.count()) == (0, 0)


def test_without_any_code_made_nothing_opens(client: Client) -> None:
    page = client.post(reverse("setup"), ANSWERS | {"setup_code": "x"})
    assert "This is not the setup code." in page.content.decode()


def test_the_code_before_ends_with_a_new_one(client: Client) -> None:
    old, _new = new_setup_code(), new_setup_code()
    client.post(reverse("setup"), ANSWERS | {"setup_code": old})
    assert not User.objects.exists()


def test_a_weak_password_is_refused_at_its_field(client: Client) -> None:
    page = client.post(
        reverse("setup"), ANSWERS | {"setup_code": new_setup_code(), "password": "password1234"}
    )
    assert 'id="id_password_error"' in page.content.decode()
    assert not User.objects.exists()


def test_afterwards_the_setup_leads_to_the_sign_in(client: Client, admin: User) -> None:
    assert client.get(reverse("setup")).headers["Location"] == reverse("sign-in")
    assert client.post(reverse("setup"), ANSWERS).headers["Location"] == reverse("sign-in")
    assert not User.objects.filter(email="ada@example.com").exists()


def test_the_command_prints_the_code_and_only_its_hash_is_kept() -> None:
    out = StringIO()
    call_command("setup_code", stdout=out)
    code = out.getvalue().strip()
    assert len(code) == 19
    assert code not in Installation.objects.get().setup_code_hash


def test_the_command_refuses_once_somebody_exists(admin: User) -> None:
    with pytest.raises(CommandError, match="set up already") as refusal:
        call_command("setup_code")
    assert refusal.value.returncode == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_set_up_at_once_one_succeeds() -> None:
    code = new_setup_code()
    ready = threading.Barrier(2)
    outcomes: list[str] = []

    def try_setup(email: str) -> None:
        close_old_connections()
        ready.wait()
        try:
            services.set_up(**ANSWERS | {"email": email}, setup_code=code)
            outcomes.append("in")
        except AccountsError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=try_setup, args=(f"{who}@example.com",)) for who in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "refused"]
    assert (User.objects.count(), Organization.objects.count(), Project.objects.count()) == (1, 1, 1)
