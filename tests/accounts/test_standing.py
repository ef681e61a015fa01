from __future__ import annotations

import pytest

from accounts.errors import NotForIndividuals
from accounts.models import IdentityVerification, Organization, ServiceActivation, User
from accounts.services import vouch_for
from accounts.standing import EnterpriseOnly, require_enterprise, standing_of
from accounts.statuses import ActivationStatus, EntityKind, VerificationOrigin
from smsconsole.lib.types import Region
from tests.factories import OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_an_organization_that_proved_nothing_may_send_nothing() -> None:
    standing = standing_of(OrganizationFactory(entity="").pk)
    assert standing.entity is None
    assert not standing.is_individual
    assert standing.active_regions == frozenset()


def test_a_verified_enterprise_may_send_where_it_was_granted() -> None:
    everywhere = standing_of(OrganizationFactory().pk)
    at_home = standing_of(OrganizationFactory(entity__international=False).pk)
    assert everywhere.entity == EntityKind.ENTERPRISE
    assert everywhere.active_regions == {Region.DOMESTIC, Region.INTERNATIONAL}
    assert at_home.active_regions == {Region.DOMESTIC}


def test_an_individual_sends_at_home_even_if_more_was_granted() -> None:
    organization = OrganizationFactory(entity="individual")
    ServiceActivation.objects.create(
        organization=organization, region=Region.INTERNATIONAL, status=ActivationStatus.GRANTED
    )
    standing = standing_of(organization.pk)
    assert standing.is_individual
    assert standing.active_regions == {Region.DOMESTIC}


@pytest.mark.parametrize("status", [s for s in ActivationStatus if s != ActivationStatus.GRANTED])
def test_only_a_granted_activation_counts(status: ActivationStatus) -> None:
    organization = OrganizationFactory()
    organization.activations.filter(region=Region.DOMESTIC).update(status=status)
    assert standing_of(organization.pk).active_regions == {Region.INTERNATIONAL}


def test_a_locked_organization_has_no_active_region(organization: Organization, staff: User) -> None:
    Organization.objects.filter(pk=organization.pk).update(locked_at=organization.created_at, locked_by=staff)
    standing = standing_of(organization.pk)
    assert standing.is_locked
    assert standing.is_enterprise
    assert standing.active_regions == frozenset()


@pytest.mark.parametrize("entity", ["individual", ""])
@pytest.mark.parametrize("what", EnterpriseOnly)
def test_who_is_no_enterprise_is_refused_in_words(entity: str, what: EnterpriseOnly) -> None:
    with pytest.raises(NotForIndividuals) as refused:
        require_enterprise(OrganizationFactory(entity=entity).pk, what)
    assert str(refused.value).startswith(str(what.label))
    assert "Verification and activation" in str(refused.value)


def test_an_enterprise_may(organization: Organization) -> None:
    for what in EnterpriseOnly:
        require_enterprise(organization.pk, what)
        assert standing_of(organization.pk).allows(what)


def test_the_owner_vouches_once() -> None:
    organization, owner = OrganizationFactory(entity=""), UserFactory()
    vouch_for(organization=organization, by=owner)
    vouch_for(organization=organization, by=owner)
    verification = IdentityVerification.objects.get(organization=organization)
    assert verification.origin == VerificationOrigin.OWNER
    assert standing_of(organization.pk).active_regions == set(Region)
