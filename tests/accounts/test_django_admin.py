from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.admin_site import site
from accounts.models import IdentityVerification, Organization, User
from delivery.services import ensure_simulated_gateway
from projects.models import Project
from tests.factories import UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db

# What must never stand in its lists and pages: numbers of people, texts, secrets.
NEVER = {
    "password",
    "msisdn",
    "contact_msisdn",
    "registration_number",
    "text",
    "secret",
    "settings",
    "sender",
    "manual_numbers",
    "locked_by",
}


@pytest.fixture
def superuser(db: None) -> User:
    return UserFactory(is_staff=True, is_superuser=True, name="Sue Super")


def test_it_exists_for_a_superuser_who_showed_a_code(client_of: ClientOf, superuser: User) -> None:
    page = client_of(superuser).get(reverse("admin:index"))
    assert page.status_code == 200
    assert b"Organizations" in page.content


def test_without_a_code_it_does_not_exist(superuser: User, settings: Any) -> None:
    settings.TWO_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(superuser)
    assert client.get(reverse("admin:index")).status_code == 404


def test_staff_who_are_no_superusers_do_not_find_it(client_of: ClientOf, staff: User) -> None:
    assert client_of(staff).get(reverse("admin:index")).status_code == 404


def test_every_list_and_page_opens(
    client_of: ClientOf, superuser: User, organization: Organization, project: Project
) -> None:
    ensure_simulated_gateway()
    client = client_of(superuser)
    opened = 0
    for model in site._registry:
        info = f"{model._meta.app_label}_{model._meta.model_name}"
        listing = client.get(reverse(f"admin:{info}_changelist"), {"q": "a"})
        assert listing.status_code == 200, info
        row = model._default_manager.first()
        if row is not None:
            shown = client.get(reverse(f"admin:{info}_change", args=[row.pk]))
            assert shown.status_code == 200, info
            assert b'type="submit"' not in shown.content, info
            opened += 1
    assert opened >= 6


def test_nothing_can_be_changed(client_of: ClientOf, superuser: User, organization: Organization) -> None:
    client = client_of(superuser)
    address = reverse("admin:accounts_organization_change", args=[organization.pk])
    assert client.post(address, {"name": "Changed"}).status_code == 405
    assert client.get(address.replace("change/", "delete/")).status_code == 404
    assert client.get(reverse("admin:accounts_organization_changelist") + "add/").status_code == 404


def test_no_number_text_or_secret_is_listed() -> None:
    for model, model_admin in site._registry.items():
        shown = {*model_admin.list_display, *(model_admin.fields or ()), *model_admin.search_fields}
        assert model_admin.fields, f"{model} would show every field"
        assert not shown & NEVER, model


def test_the_identity_of_an_individual_is_not_shown(client_of: ClientOf, superuser: User) -> None:
    organization = Organization.objects.create(name="One person")
    verification = IdentityVerification.objects.create(
        organization=organization,
        kind="individual",
        legal_name="Ina Individual",
        registration_number="L01X00T47",
    )
    client = client_of(superuser)
    page = client.get(reverse("admin:accounts_identityverification_change", args=[verification.pk]))
    assert b"Ina Individual" in page.content
    assert b"L01X00T47" not in page.content


def test_only_our_own_models_are_in_it() -> None:
    assert {model._meta.app_label for model in site._registry} == {
        "accounts",
        "projects",
        "delivery",
        "campaigns",
    }
