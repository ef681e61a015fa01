"""The pages of keys: what they show to whom, secrets shown once, stale and wrong forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, User
from projects.models import ApiKey, AppKey, Project, SecretKey
from tests.factories import PASSWORD, ApiKeyFactory, AppKeyFactory, SecretKeyFactory
from tests.people import ClientOf, confirm

pytestmark = pytest.mark.django_db

SECRET = "0123456789abcdefghijABCDEFGHIJzz"


def wanted(**fields: Any) -> dict[str, Any]:
    return {"name": "Order service", "scopes": ["messages:send"], "expiry": "90", **fields}


def page_of(client: Client, project: Project) -> str:
    return client.get(reverse("program-keys", args=[project.slug])).content.decode()


@pytest.fixture
def browser(client_of: ClientOf, admin: User) -> Client:
    """An admin who just typed the password."""
    return confirm(client_of(admin), admin)


def test_everybody_sees_the_keys_and_nobody_a_secret(
    client_of: ClientOf, project: Project, operator: User, admin: User
) -> None:
    used = timezone.now() - timedelta(minutes=3)
    ApiKeyFactory(
        project=project, name="Till", created_by=admin, last_used_at=used, last_used_from="203.0.113.7"
    )
    pair = SecretKeyFactory(project=project, secret=SECRET, addresses=["198.51.100.0/24"])
    AppKeyFactory(project=project, secret=SECRET)
    page = page_of(client_of(operator), project)
    for shown in ("Till", "3\xa0minutes ago", "203.0.113.7", pair.secret_id, "198.51.100.0/24", "Ada Admin"):
        assert shown in page
    assert SECRET not in page
    assert "Retire" not in page
    assert reverse("api-key-add", args=[project.slug]) not in page
    assert "Retire" in page_of(client_of(admin), project)


def test_the_page_costs_the_same_with_many_keys(
    client_of: ClientOf, project: Project, admin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(admin)
    page_of(client, project)
    for factory in (ApiKeyFactory, SecretKeyFactory, AppKeyFactory):
        factory.create_batch(15, project=project, created_by=admin)
    # Session, person, project, memberships, keys of three kinds, who may act, standing of three, projects of the
    # switcher, the bell.
    with django_assert_num_queries(13):
        page_of(client, project)


def test_a_key_says_when_it_ends_and_that_it_ended(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    ApiKeyFactory(project=project, expires_at=timezone.now() + timedelta(days=20))
    client = client_of(admin)
    assert "Ends soon" not in page_of(client, project)
    with time_machine.travel(timezone.now() + timedelta(days=10)):
        assert "Ends soon" in page_of(client_of(admin), project)
    with time_machine.travel(timezone.now() + timedelta(days=21)):
        assert "Expired" in page_of(client_of(admin), project)


def test_a_key_whose_maker_left_says_that_it_only_sends(
    client_of: ClientOf, project: Project, admin: User, operator: User, reviewer: User
) -> None:
    for person in (admin, operator):
        ApiKeyFactory(project=project, created_by=person)
    client = client_of(admin)
    assert "Sends only" not in page_of(client, project)
    pair = SecretKeyFactory(project=project, created_by=reviewer)
    assert page_of(client, project).count("Sends only") == 2
    Membership.objects.filter(user=operator).delete()
    assert page_of(client, project).count("Sends only") == 3
    SecretKey.objects.filter(pk=pair.pk).update(retired_at=timezone.now())
    ApiKey.objects.filter(created_by=operator).update(retired_at=timezone.now())
    assert "Sends only" not in page_of(client, project)


def test_a_retired_key_moves_to_the_record(browser: Client, project: Project) -> None:
    key, pair = ApiKeyFactory(project=project), SecretKeyFactory(project=project)
    assert "Retired keys" not in page_of(browser, project)
    for name, retired in (("api-key-retire", key), ("secret-key-retire", pair)):
        answer = browser.post(reverse(name, args=[project.slug, retired.uuid]), follow=True).content.decode()
        assert "is retired. Programs that still use it are refused." in answer
    page = page_of(browser, project)
    assert f"sms_live_{key.prefix}…" in page
    assert reverse("api-key-edit", args=[project.slug, key.uuid]) not in page
    assert browser.get(reverse("api-key-edit", args=[project.slug, key.uuid])).status_code == 404
    assert browser.get(reverse("secret-key-reveal", args=[project.slug, pair.uuid])).status_code == 404


def test_a_new_key_shows_its_token_once(browser: Client, project: Project) -> None:
    address = reverse("api-key-add", args=[project.slug])
    once = re.search(r'name="once" value="([\w-]+)"', browser.get(address).content.decode())
    assert once is not None
    data = wanted(once=once[1], addresses="203.0.113.7\n198.51.100.0/24", is_sandbox="on")
    made = browser.post(address, data)
    token = re.search(r"sms_test_\w{8}_[\w-]{43}", made.content.decode())
    assert token is not None
    assert made.status_code == 200
    assert "no-store" in made.headers["Cache-Control"]
    key = ApiKey.objects.get()
    assert key.addresses == ["203.0.113.7", "198.51.100.0/24"]
    # A reload of the page sends the form again.
    again = browser.post(address, data)
    assert again.status_code == 422
    assert "This form was sent before" in again.content.decode()
    assert ApiKey.objects.count() == 1
    assert token[0][18:] not in page_of(browser, project)
    assert token[0][18:] not in str(dict(browser.session))


def test_who_did_not_prove_themselves_does_so_first_and_the_key_is_made_then(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    client = client_of(admin)
    asked = client.post(reverse("api-key-add", args=[project.slug]), wanted())
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert not ApiKey.objects.exists()
    done = client.post(asked.headers["Location"], {"password": PASSWORD})
    assert re.search(r"sms_live_\w{8}_[\w-]{43}", done.content.decode())
    assert ApiKey.objects.get().name == "Order service"


@pytest.mark.parametrize(
    ("expiry", "ends"),
    [
        # The project's clock is eight hours ahead: there it is the 10th already.
        ({"expiry": "30"}, datetime(2026, 4, 9, 16, tzinfo=UTC)),
        ({"expiry": "never"}, None),
        ({"expiry": "date", "expires_on": "2026-03-10"}, datetime(2026, 3, 10, 16, tzinfo=UTC)),
    ],
)
def test_a_key_works_until_the_end_of_its_last_day_on_the_projects_clock(
    client_of: ClientOf, project: Project, admin: User, expiry: dict[str, str], ends: datetime | None
) -> None:
    with time_machine.travel(datetime(2026, 3, 9, 20, tzinfo=UTC), tick=False):
        browser = confirm(client_of(admin), admin)
        browser.post(reverse("api-key-add", args=[project.slug]), wanted(**expiry))
    assert ApiKey.objects.get().expires_at == ends


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "“Name” is missing."),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"name": "shop\u202e"}, "turns the direction"),
        ({"scopes": []}, "Choose at least one."),
        ({"scopes": ["everything"]}, "everything is not one of the available choices"),
        ({"addresses": "203.0.113.7\nlocalhost"}, "“localhost” is no address"),
        ({"addresses": "<b>10.0.0.1</b>"}, "“&lt;b&gt;10.0.0.1&lt;/b&gt;” is no address"),
        ({"expiry": "date"}, "Choose the last day"),
        ({"expiry": "date", "expires_on": "2020-01-01"}, "That day is over"),
        ({"expiry": "date", "expires_on": "9999-12-31"}, "more than ten years ahead"),
        ({"expiry": "date", "expires_on": "tomorrow"}, "Enter a valid date"),
        ({"rate_per_second": "0"}, "greater than or equal to 1"),
        ({"rate_per_second": "1000001"}, "The console allows 1000 at most."),
    ],
)
def test_a_wrong_form_says_so_at_the_field_and_keeps_what_was_typed(
    browser: Client, project: Project, change: dict[str, Any], words: str
) -> None:
    answer = browser.post(reverse("api-key-add", args=[project.slug]), wanted(name="Kept name") | change)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    if "name" not in change:
        assert 'value="Kept name"' in page
    assert not ApiKey.objects.exists()


def test_a_key_is_changed_and_an_older_form_is_told_who_was_faster(
    browser: Client, project: Project, admin: User
) -> None:
    key = ApiKeyFactory(project=project, expires_at=datetime(2050, 1, 1, 16, tzinfo=UTC))
    address = reverse("api-key-edit", args=[project.slug, key.uuid])
    page = browser.get(address).content.decode()
    assert 'value="2050-01-01"' in page
    seen = {"seen": key.changed_at.isoformat(), "expires_on": "2050-01-01"}
    assert browser.post(address, wanted(name="Till", **seen)).status_code == 302
    changed = ApiKey.objects.get()
    assert (changed.name, changed.scopes) == ("Till", ["messages:send"])
    assert changed.expires_at == key.expires_at
    stale = browser.post(address, wanted(name="Mine", **seen))
    assert stale.status_code == 409
    assert "Ada Admin changed this at" in stale.content.decode()
    assert 'value="Mine"' in stale.content.decode()
    assert changed.changed_at.isoformat() in stale.content.decode()


def test_a_key_of_another_project_is_not_found(browser: Client, project: Project) -> None:
    theirs = {
        "api-key-edit": ApiKeyFactory(),
        "api-key-retire": ApiKeyFactory(),
        "secret-key-edit": SecretKeyFactory(),
        "secret-key-reveal": SecretKeyFactory(),
        "secret-key-retire": SecretKeyFactory(),
        "app-key-edit": AppKeyFactory(),
    }
    for name, key in theirs.items():
        assert browser.post(reverse(name, args=[project.slug, key.uuid])).status_code == 404
        key.refresh_from_db()
        assert key.retired_at is None


def test_a_new_pair_shows_both_halves_and_its_secret_can_be_seen_again(
    client_of: ClientOf, project: Project, admin: User
) -> None:
    browser = confirm(client_of(admin), admin)
    made = browser.post(reverse("secret-key-add", args=[project.slug]), {"name": "Old shop"})
    pair = SecretKey.objects.get()
    for shown in (pair.secret_id, pair.secret):
        assert shown in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    reveal = reverse("secret-key-reveal", args=[project.slug, pair.uuid])
    assert pair.secret not in browser.get(reveal).content.decode()
    assert pair.secret in browser.post(reveal).content.decode()
    unproved = client_of(admin).post(reveal)
    assert unproved.headers["Location"].startswith(reverse("account_reauthenticate"))


def test_addresses_of_a_pair_and_of_an_app_key_change_and_stale_forms_are_refused(
    browser: Client, project: Project
) -> None:
    pair, app_key = SecretKeyFactory(project=project), AppKeyFactory(project=project)
    for name, key in (("secret-key-edit", pair), ("app-key-edit", app_key)):
        address = reverse(name, args=[project.slug, key.uuid])
        data = {"name": "Shop", "addresses": "203.0.113.9", "seen": key.changed_at.isoformat()}
        assert browser.post(address, data).status_code == 302
        assert type(key).objects.get(pk=key.pk).addresses == ["203.0.113.9"]
        stale = browser.post(address, data | {"addresses": "203.0.113.10"})
        assert stale.status_code == 409
        assert "203.0.113.10" in stale.content.decode()
        wrong = browser.post(address, data | {"addresses": "203.0.113.0/8"})
        assert wrong.status_code == 422
        assert "Do you mean 203.0.0.0/8?" in wrong.content.decode()
    assert AppKey.objects.get().secret == app_key.secret


def test_what_programs_may_fetch_is_switched_and_an_older_form_refused(
    browser: Client, project: Project
) -> None:
    address = reverse("pulls-edit", args=[project.slug])
    seen = {"seen": project.changed_at.isoformat()}
    assert browser.post(address, {"pulls_status": "on", **seen}).status_code == 302
    project.refresh_from_db()
    assert (project.pulls_status, project.pulls_replies) == (True, False)
    stale = browser.post(address, {"pulls_replies": "on", **seen})
    assert stale.status_code == 409
    assert "Ada Admin changed this at" in stale.content.decode()
    project.refresh_from_db()
    assert (project.pulls_status, project.pulls_replies) == (True, False)


def test_a_disabled_project_shows_its_keys_and_changes_none(browser: Client, project: Project) -> None:
    key = ApiKeyFactory(project=project, name="Till")
    Project.objects.filter(pk=project.pk).update(disabled_at=timezone.now())
    page = page_of(browser, project)
    assert "Till" in page
    assert "Retire" not in page
    answer = browser.post(reverse("api-key-retire", args=[project.slug, key.uuid]), follow=True)
    assert "is disabled" in answer.content.decode()
    refused = browser.post(reverse("api-key-add", args=[project.slug]), wanted())
    assert refused.status_code == 422
    assert "is disabled" in refused.content.decode()
