"""Both languages: chosen by browser, by click, and remembered with the person."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def language_of(client: Client, **headers: str) -> str:
    response = client.get(reverse("sign-in"), follow=True, headers=headers)
    return response.content.decode().split('<html lang="', 1)[1].split('"', 1)[0]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("zh-CN,zh;q=0.9", "zh-hans"), ("zh", "zh-hans"), ("de", "en"), ("en-GB", "en")],
)
def test_the_browsers_language_is_taken_where_nobody_chose(admin: User, accepted: str, language: str) -> None:
    assert language_of(Client(), **({"accept-language": accepted} if accepted else {})) == language


def test_a_choice_is_kept_in_the_browser(admin: User) -> None:
    client = Client()
    response = client.post(reverse("language"), {"language": "zh-hans", "next": "/sign-in/"})
    assert response.headers["Location"] == "/sign-in/"
    assert language_of(client) == "zh-hans"


def test_a_persons_choice_follows_them_to_another_browser(operator: User, client_of: ClientOf) -> None:
    client_of(operator).post(reverse("language"), {"language": "zh-hans", "next": "/"})
    operator.refresh_from_db()
    assert operator.language == "zh-hans"
    assert language_of(client_of(operator), **{"accept-language": "en"}) == "zh-hans"


@pytest.mark.parametrize("unknown", ["fr", "", "x" * 300, "zh-hans\n"])
def test_an_unknown_language_changes_nothing(operator: User, client_of: ClientOf, unknown: str) -> None:
    client = client_of(operator)
    client.post(reverse("language"), {"language": unknown, "next": "/"})
    operator.refresh_from_db()
    assert operator.language == ""
    assert language_of(client) == "en"


def test_the_way_back_leads_to_no_other_host(admin: User) -> None:
    response = Client().post(reverse("language"), {"language": "en", "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_it_is_not_chosen_by_a_link(admin: User) -> None:
    assert Client().get(reverse("language")).status_code == 405


def test_a_mail_is_in_the_language_of_its_reader(
    operator: User, settings: Any, mailoutbox: list[EmailMessage]
) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    User.objects.filter(pk=operator.pk).update(language="zh-hans")
    Client().post(reverse("password-reset"), {"email": operator.email}, headers={"accept-language": "en"})
    assert mailoutbox[0].subject == "为短信控制台设置新密码"
