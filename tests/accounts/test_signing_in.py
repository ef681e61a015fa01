from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from tests.factories import PASSWORD, UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


def sign_in(client: Client, *, email: str, password: str = PASSWORD, **data: str) -> object:
    return client.post(reverse("sign-in"), {"login": email, "password": password, **data})


def test_it_signs_in_whatever_the_case_of_the_e_mail(client: Client, operator: User) -> None:
    response = sign_in(client, email="Operator@Example.com")
    assert response.headers["Location"] == reverse("project-list")
    assert client.get(reverse("project-list")).status_code == 200


def test_the_field_for_the_e_mail_is_of_that_kind(client: Client, operator: User) -> None:
    page = client.get(reverse("sign-in")).content.decode()
    assert re.search(r'<input type="email" name="login"[^>]*autocomplete="username"', page)


def test_it_returns_to_the_page_that_was_asked_for(client: Client, operator: User) -> None:
    wanted = reverse("password-change")
    page = client.get(wanted, follow=True)
    assert f'name="next" value="{wanted}"' in page.content.decode()
    assert sign_in(client, email=operator.email, next=wanted).headers["Location"] == wanted


def test_it_does_not_lead_to_another_host(client: Client, operator: User) -> None:
    response = sign_in(client, email=operator.email, next="https://evil.example/steal")
    assert response.headers["Location"] == reverse("project-list")


def test_a_wrong_password_and_an_unknown_e_mail_get_the_same_words(client: Client, operator: User) -> None:
    words = "This e-mail and password do not match."
    assert words in sign_in(client, email=operator.email, password="wrong").content.decode()
    assert words in sign_in(client, email="nobody@example.com").content.decode()
    assert client.get(reverse("project-list")).status_code == 302


def test_somebody_switched_off_stays_out(client: Client) -> None:
    UserFactory(email="former@example.com", is_active=False)
    assert sign_in(client, email="former@example.com").status_code == 200
    assert client.get(reverse("project-list")).status_code == 302


def test_signing_in_changes_the_session_key(client: Client, operator: User) -> None:
    session = client.session
    session["before"] = "yes"
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client, email=operator.email)
    assert client.cookies["sessionid"].value != session.session_key


def test_signing_out_needs_a_post(client_of: ClientOf, operator: User) -> None:
    client = client_of(operator)
    assert client.get(reverse("sign-out")).status_code == 405
    client.post(reverse("sign-out"))
    assert client.get(reverse("project-list")).status_code == 302


def test_a_fragment_whose_session_ended_reloads_its_page(client: Client, operator: User) -> None:
    answer = client.get(reverse("project-list"), headers={"HX-Request": "true"}, follow=True)
    assert answer.headers["HX-Refresh"] == "true"


def test_changing_the_password_keeps_this_session_and_ends_the_others(
    client_of: ClientOf, operator: User
) -> None:
    here, elsewhere = client_of(operator), client_of(operator)
    new = "an even longer password"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(reverse("password-change"), data).status_code == 302
    assert here.get(reverse("project-list")).status_code == 200
    assert elsewhere.get(reverse("project-list")).status_code == 302


def test_a_short_password_is_refused(client_of: ClientOf, operator: User) -> None:
    data = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    page = client_of(operator).post(reverse("password-change"), data)
    assert "at least 12 characters" in page.content.decode()
    operator.refresh_from_db()
    assert operator.check_password(PASSWORD)


def test_a_mailed_link_sets_a_new_password_once(client: Client, operator: User, settings: Settings) -> None:
    settings.EMAIL_URL = "set"
    client.post(reverse("password-reset"), {"email": operator.email})
    (link,) = re.findall(r"http://testserver(\S+)", mail.outbox[0].body)
    form_page = client.get(link, follow=True)
    address = form_page.redirect_chain[-1][0]
    new = "an even longer password"
    assert client.post(address, {"new_password1": new, "new_password2": new}).status_code == 302
    operator.refresh_from_db()
    assert operator.check_password(new)
    assert "This link has ended" in Client().get(link, follow=True).content.decode()


def test_an_unknown_e_mail_gets_no_mail_and_the_same_answer(
    client: Client, operator: User, settings: Settings
) -> None:
    settings.EMAIL_URL = "set"
    known = client.post(reverse("password-reset"), {"email": operator.email})
    unknown = client.post(reverse("password-reset"), {"email": "nobody@example.com"})
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    assert len(mail.outbox) == 1
