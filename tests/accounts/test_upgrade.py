"""Organizations of a version without verification go on sending after the upgrade."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import Organization
from accounts.standing import standing_of
from accounts.statuses import VerificationOrigin
from smsconsole.lib.types import Region
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

take_over = import_module("accounts.migrations.0003_take_over_organizations").take_over


def test_organizations_are_taken_over_verified_and_active() -> None:
    organization = Organization.objects.create(name="Since last year")
    take_over(apps, None)
    standing = standing_of(organization.pk)
    assert standing.is_enterprise
    assert standing.active_regions == set(Region)
    verification = organization.verifications.get()
    assert (verification.legal_name, verification.origin) == ("Since last year", VerificationOrigin.UPGRADE)
    assert verification.registration_number == ""


def test_who_has_a_verification_keeps_it() -> None:
    organization = OrganizationFactory(entity="individual")
    take_over(apps, None)
    assert organization.verifications.count() == 1
    assert standing_of(organization.pk).is_individual
