from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def staff_user(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("staff_user", *arguments, stdout=out)
    return out.getvalue()


def test_it_makes_platform_staff(monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory()
    assert "two-factor" in staff_user(monkeypatch, "sam@example.com", "--name", "Sam")
    sam = User.objects.get(email="sam@example.com")
    assert (sam.is_staff, sam.is_superuser, sam.name) == (True, False, "Sam")
    assert sam.check_password(PASSWORD)


def test_a_superuser_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory()
    staff_user(monkeypatch, "sue@example.com", "--superuser")
    assert User.objects.get(email="sue@example.com").is_superuser


@pytest.mark.parametrize(
    ("arguments", "password", "words"),
    [
        (["no e-mail"], PASSWORD, "valid email"),
        (["new@example.com"], "short", "too short"),
        (["KNOWN@example.com"], PASSWORD, "has an account already"),
    ],
)
def test_it_refuses_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, arguments: list[Any], password: str, words: str
) -> None:
    known = UserFactory(email="known@example.com")
    with pytest.raises(CommandError, match=words):
        staff_user(monkeypatch, *arguments, password=password)
    known.refresh_from_db()
    assert not known.is_staff
    assert User.objects.count() == 1


def test_it_does_not_end_the_first_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Set up the console first"):
        staff_user(monkeypatch, "sam@example.com")
    assert not User.objects.exists()
