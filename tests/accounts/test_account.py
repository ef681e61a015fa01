from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.errors import AccountsError
from accounts.models import Organization, User
from tests.factories import PASSWORD, UserFactory
from tests.people import ClientOf, confirm

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def mailed_path(n: int = -1) -> str:
    found = re.search(r"http://testserver(\S+)", mail.outbox[n].body)
    assert found
    return found[1]


def sign_in(user: User, agent: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": agent})
    client.post(reverse("sign-in"), {"login": user.email, "password": PASSWORD})
    return client


# --- Name and language --------------------------------------------------------------------------------------


def test_a_person_changes_name_and_language(client_of: ClientOf, operator: User) -> None:
    client_of(operator).post(reverse("account"), {"name": "Olga Other", "language": "zh-hans"})
    operator.refresh_from_db()
    assert (operator.name, operator.language) == ("Olga Other", "zh-hans")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "“Name” is missing."),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "Ol\u202ega"}, "turns the direction"),
        ({"language": "fr"}, "fr is not one of the available choices"),
    ],
)
def test_bad_input_changes_nothing(
    client_of: ClientOf, operator: User, changes: dict[str, str], words: str
) -> None:
    page = client_of(operator).post(reverse("account"), {"name": "Olga", "language": "", **changes})
    assert words in page.content.decode()
    operator.refresh_from_db()
    assert (operator.name, operator.language) == ("Olga Operator", "")


def test_the_page_shows_organizations_with_roles(
    client_of: ClientOf, organization: Organization, operator: User, outsider: User
) -> None:
    page = client_of(operator).get(reverse("account")).content.decode()
    assert "Acme Retail" in page
    assert "Other company" not in page


# --- E-mail -------------------------------------------------------------------------------------------------


@pytest.fixture
def has_mail(settings: Settings) -> None:
    settings.EMAIL_URL = "set"


def test_a_new_e_mail_counts_once_its_link_is_confirmed(
    client_of: ClientOf, operator: User, has_mail: None
) -> None:
    client = confirm(client_of(operator), operator)
    client.post(reverse("email-change"), {"email": "olga@example.com"})
    operator.refresh_from_db()
    assert operator.email == "operator@example.com"
    to_new, to_old = mail.outbox
    assert (to_new.to, to_old.to) == (["olga@example.com"], ["operator@example.com"])
    assert "/account/email/" not in to_old.body
    path = mailed_path(0)
    # A scanner that opens links changes nothing.
    Client().get(path)
    operator.refresh_from_db()
    assert operator.email == "operator@example.com"
    Client().post(path)
    operator.refresh_from_db()
    assert operator.email == "olga@example.com"
    assert Client().post(path).status_code == 410


def test_the_link_ends_after_a_day_or_when_the_e_mail_changed(
    client_of: ClientOf, operator: User, has_mail: None
) -> None:
    client = confirm(client_of(operator), operator)
    client.post(reverse("email-change"), {"email": "olga@example.com"})
    path = mailed_path(0)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert Client().post(path).status_code == 410
    User.objects.filter(pk=operator.pk).update(email="changed@example.com")
    assert Client().post(path).status_code == 410


def test_the_service_gives_no_account_an_e_mail_that_was_asked_for_before_another_change(
    operator: User,
) -> None:
    services.change_email(user=operator, old="operator@example.com", new="first@example.com")
    with pytest.raises(AccountsError, match="used already"):
        services.change_email(user=operator, old="operator@example.com", new="second@example.com")
    operator.refresh_from_db()
    assert operator.email == "first@example.com"


def test_an_e_mail_of_somebody_else_is_not_told_apart(
    client_of: ClientOf, operator: User, admin: User, has_mail: None
) -> None:
    client = confirm(client_of(operator), operator)
    page = client.post(reverse("email-change"), {"email": "ADMIN@example.com"}, follow=True)
    assert "We mailed a link to ADMIN@example.com." in page.content.decode()
    (letter,) = mail.outbox
    assert "which your account has already" in letter.body


def test_of_two_who_want_the_same_e_mail_the_first_gets_it(
    client_of: ClientOf, operator: User, reviewer: User, has_mail: None
) -> None:
    for person in (operator, reviewer):
        confirm(client_of(person), person).post(reverse("email-change"), {"email": "same@example.com"})
    first, second = mailed_path(0), mailed_path(2)
    Client().post(first)
    page = client_of(reviewer).post(second, follow=True).content.decode()
    assert "This e-mail cannot be used here." in page
    reviewer.refresh_from_db()
    assert reviewer.email == "reviewer@example.com"


def test_changing_it_asks_who_one_is(client_of: ClientOf, operator: User, has_mail: None) -> None:
    answer = client_of(operator).post(reverse("email-change"), {"email": "olga@example.com"})
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert mail.outbox == []


def test_without_a_mail_server_the_page_says_what_is_missing(client_of: ClientOf, operator: User) -> None:
    page = client_of(operator).get(reverse("email-change")).content.decode()
    assert "EMAIL_URL" in page


# --- Sessions -----------------------------------------------------------------------------------------------


def test_the_list_shows_each_session_and_marks_this_one(operator: User) -> None:
    here = sign_in(operator)
    sign_in(operator, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")
    page = here.get(reverse("usersessions_list")).content.decode()
    rows = re.findall(r'<td class="cell-title">(.*?)</td>', page)
    assert [("this session" in row, re.sub("<.*?>", "", row).split(" (")[0]) for row in rows] == [
        (True, "Firefox, Linux"),
        (False, "Safari, iPhone"),
    ]
    assert "127.0.0.1" in page


def test_one_session_is_signed_out(operator: User) -> None:
    here, there = sign_in(operator), sign_in(operator, "curl/8")
    other = UserSession.objects.get(user_agent="curl/8")
    for _twice in range(2):
        here.post(reverse("session-end", args=[other.pk]))
    assert there.get(reverse("account")).status_code == 302
    assert here.get(reverse("account")).status_code == 200


def test_all_others_are_signed_out(operator: User) -> None:
    here, *others = (sign_in(operator) for _n in range(3))
    here.post(reverse("sessions-end"))
    assert [client.get(reverse("account")).status_code for client in (here, *others)] == [200, 302, 302]


def test_nobody_signs_out_somebody_else(operator: User, reviewer: User) -> None:
    here, theirs = sign_in(operator), sign_in(reviewer)
    session = UserSession.objects.get(user=reviewer)
    here.post(reverse("session-end", args=[session.pk]))
    here.post(reverse("sessions-end"))
    assert theirs.get(reverse("account")).status_code == 200


def test_last_seen_is_kept_to_five_minutes(operator: User) -> None:
    client = sign_in(operator)
    start = UserSession.objects.get().last_seen_at
    client.get(reverse("account"))
    assert UserSession.objects.get().last_seen_at == start
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        client.get(reverse("account"))
        assert UserSession.objects.get().last_seen_at > start + timedelta(minutes=5)


def test_a_changed_password_signs_the_others_out_and_lists_this_one(operator: User) -> None:
    here, there = sign_in(operator), sign_in(operator)
    new = "an even longer password"
    here.post(
        reverse("password-change"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert there.get(reverse("account")).status_code == 302
    page = here.get(reverse("usersessions_list")).content.decode()
    assert page.count('class="cell-title"') == 1
    assert "this session" in page


def test_setting_a_password_by_mail_signs_everybody_out(operator: User, has_mail: None) -> None:
    there = sign_in(operator)
    client = Client()
    client.post(reverse("password-reset"), {"email": operator.email})
    form = client.get(mailed_path(), follow=True).redirect_chain[-1][0]
    new = "an even longer password"
    client.post(form, {"new_password1": new, "new_password2": new})
    assert there.get(reverse("account")).status_code == 302
    assert not UserSession.objects.exists()


def test_somebody_without_an_organization_is_told_how_to_get_one(client_of: ClientOf) -> None:
    page = client_of(UserFactory()).get(reverse("account")).content.decode()
    assert "An admin can invite you" in page
