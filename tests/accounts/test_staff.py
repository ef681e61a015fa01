from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import IdentityVerification, Organization, User
from accounts.services.activation import request_activation
from accounts.services.verification import approve_verification, submit_verification
from accounts.standing import standing_of
from accounts.statuses import ActivationStatus, EntityKind, VerificationStatus
from projects.models import Project
from smsconsole.lib.types import Region
from tests.accounts.papers import identity, paper
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def submit(organization: Organization, **changed: Any) -> IdentityVerification:
    newest = organization.verifications.order_by("-id").first()
    return submit_verification(
        organization=organization,
        identity=identity(**changed),
        papers=[paper()],
        seen=newest.uuid if newest else None,
        by=UserFactory(name="Ada Applicant"),
    )


# --- Verifications --------------------------------------------------------------------------------------


def test_the_queue_shows_the_oldest_request_first(client_of: ClientOf, staff: User) -> None:
    for name in ("First GmbH", "Second GmbH"):
        submit(OrganizationFactory(entity=""), legal_name=name)
    content = client_of(staff).get(reverse("staff-verification-list")).content.decode()
    assert content.index("First GmbH") < content.index("Second GmbH")
    assert "Verifications waiting: 2" in content


def test_a_case_shows_what_changed_and_the_documents(client_of: ClientOf, staff: User) -> None:
    organization = OrganizationFactory(entity="individual", name="One person")
    verification = submit(organization, legal_name="Grown GmbH")
    content = client_of(staff).get(reverse("staff-verification", args=[verification.uuid])).content.decode()
    assert "(changed)" in content
    assert "Grown GmbH" in content
    assert "licence.png" in content
    assert "In force now" in content


def test_approving_opens_the_next_case(client_of: ClientOf, staff: User) -> None:
    first = submit(OrganizationFactory(entity=""))
    second = submit(OrganizationFactory(entity=""))
    client = client_of(staff)
    response = client.post(reverse("staff-verification-approve", args=[first.uuid]))
    assert response.headers["Location"] == reverse("staff-verification", args=[second.uuid])
    response = client.post(reverse("staff-verification-approve", args=[second.uuid]))
    assert response.headers["Location"] == reverse("staff-verification-list")
    assert standing_of(first.organization_id).entity == EntityKind.ENTERPRISE


def test_rejecting_needs_a_reason_and_keeps_the_comment(client_of: ClientOf, staff: User) -> None:
    verification = submit(OrganizationFactory(entity=""))
    address = reverse("staff-verification-reject", args=[verification.uuid])
    client = client_of(staff)
    assert client.post(address, {"comment": "   "}).status_code == 422
    unknown = client.post(address, {"reasons": ["nonsense"], "comment": "Keep these words"})
    assert unknown.status_code == 422
    assert "Keep these words" in unknown.content.decode()
    assert client.post(address, {"reasons": ["name", "expired"], "comment": ""}).status_code == 302
    verification.refresh_from_db()
    assert (verification.status, verification.reasons) == (VerificationStatus.REJECTED, ["name", "expired"])


def test_a_late_decision_is_answered_409_and_says_who_was_first(client_of: ClientOf, staff: User) -> None:
    verification = submit(OrganizationFactory(entity=""))
    approve_verification(verification=verification, by=UserFactory(is_staff=True, name="Quinn Quick"))
    client = client_of(staff)
    late = client.post(
        reverse("staff-verification-reject", args=[verification.uuid]), {"reasons": ["name"], "comment": "x"}
    )
    assert late.status_code == 409
    assert "Quinn Quick: Approved" in late.content.decode()
    verification.refresh_from_db()
    assert verification.status == VerificationStatus.APPROVED


def test_staff_do_not_decide_about_their_own_organization(client_of: ClientOf, staff: User) -> None:
    verification = submit(OrganizationFactory(entity=""))
    MembershipFactory(organization=verification.organization, user=staff)
    response = client_of(staff).post(reverse("staff-verification-approve", args=[verification.uuid]))
    assert response.status_code == 422
    assert "You are a member of this organization" in response.content.decode()


# --- Activations, locks, people -------------------------------------------------------------------------


def test_a_region_is_granted_refused_and_taken_back(
    client_of: ClientOf, organization: Organization, admin: User, staff: User
) -> None:
    organization.activations.all().delete()
    client = client_of(staff)
    for region in Region:
        request_activation(organization=organization, region=region, purpose="Codes for customers", by=admin)
    domestic, international = organization.activations.order_by("region")
    granted = reverse("staff-activation-grant", args=[organization.uuid, "domestic"])
    client.post(granted, {"seen": domestic.changed_at.isoformat()})
    refused = reverse("staff-activation-refuse", args=[organization.uuid, "international"])
    seen = international.changed_at.isoformat()
    assert client.post(refused, {"seen": seen, "comment": ""}).status_code == 422
    assert client.post(refused, {"seen": seen, "comment": "Tell us more."}).status_code == 302
    assert standing_of(organization.pk).active_regions == {Region.DOMESTIC}
    domestic.refresh_from_db()
    revoked = reverse("staff-activation-revoke", args=[organization.uuid, "domestic"])
    client.post(revoked, {"seen": domestic.changed_at.isoformat(), "comment": "Complaints."})
    assert standing_of(organization.pk).active_regions == frozenset()


def test_a_stale_decision_about_a_region_is_answered_409_with_the_words_kept(
    client_of: ClientOf, organization: Organization, staff: User
) -> None:
    address = reverse("staff-activation-revoke", args=[organization.uuid, "domestic"])
    for seen in ("", "yesterday", "2020-01-01T00:00:00+00:00"):
        late = client_of(staff).post(address, {"seen": seen, "comment": "Many complaints."})
        assert late.status_code in (409, 422)
        assert "Many complaints." in late.content.decode()
    assert late.status_code == 409
    assert organization.activations.get(region="domestic").status == ActivationStatus.GRANTED


def test_an_organization_is_locked_with_words_its_members_read(
    client_of: ClientOf, organization: Organization, admin: User, staff: User
) -> None:
    client = client_of(staff)
    address = reverse("staff-organization-lock", args=[organization.uuid])
    assert client.post(address, {"comment": "Spam \u202e"}).status_code == 422
    assert client.post(address, {"comment": "Reported as spam."}).status_code == 302
    assert standing_of(organization.pk).is_locked
    shown = client_of(admin).get(reverse("organization-standing", args=[organization.uuid]))
    assert "Reported as spam." in shown.content.decode()
    client.post(reverse("staff-organization-unlock", args=[organization.uuid]))
    assert not standing_of(organization.pk).is_locked


def test_a_person_is_switched_off_and_on(
    client_of: ClientOf, organization: Organization, operator: User, staff: User
) -> None:
    client = client_of(staff)
    client.post(reverse("staff-person-deactivate", args=[organization.uuid, operator.uuid]))
    operator.refresh_from_db()
    assert not operator.is_active
    client.post(reverse("staff-person-reactivate", args=[organization.uuid, operator.uuid]))
    operator.refresh_from_db()
    assert operator.is_active


def test_a_person_of_another_organization_is_not_reached(
    client_of: ClientOf, organization: Organization, outsider: User, staff: User
) -> None:
    address = reverse("staff-person-deactivate", args=[organization.uuid, outsider.uuid])
    assert client_of(staff).post(address).status_code == 404


# --- The list of organizations --------------------------------------------------------------------------


def names(client_of: ClientOf, staff: User, **query: Any) -> str:
    content: str = client_of(staff).get(reverse("staff-organization-list"), query).content.decode()
    return content


def test_organizations_are_found_by_name_legal_name_and_member(
    client_of: ClientOf, organization: Organization, operator: User, staff: User
) -> None:
    OrganizationFactory(name="Somebody else")
    organization.verifications.update(legal_name="Acme Holding AG")
    for search in ("acme ret", "HOLDING", operator.email.upper()):
        content = names(client_of, staff, q=search)
        assert "Acme Retail" in content
        assert "Somebody else" not in content
    assert "No organization matches" in names(client_of, staff, q="%_\0nothing'")
    assert "No organization matches" in names(client_of, staff, q="x" * 5000)


def test_organizations_are_narrowed_by_standing(client_of: ClientOf, staff: User) -> None:
    OrganizationFactory(name="Big company")
    OrganizationFactory(name="One person", entity="individual")
    OrganizationFactory(name="Nobody yet", entity="")
    locked = OrganizationFactory(name="Bad company")
    Organization.objects.filter(pk=locked.pk).update(locked_at=locked.created_at)
    for standing, name in [
        ("enterprise", "Big company"),
        ("individual", "One person"),
        ("unverified", "Nobody yet"),
        ("locked", "Bad company"),
    ]:
        content = names(client_of, staff, standing=standing)
        assert name in content
        assert sum(one in content for one in ("One person", "Nobody yet")) <= 1
    assert "One person" in names(client_of, staff, standing="nonsense", before="x")


def test_lists_of_staff_cost_the_same_for_many_rows(
    client_of: ClientOf, organization: Organization, project: Project, staff: User
) -> None:
    client = client_of(staff)
    addresses = [
        reverse("staff-organization-list"),
        reverse("staff-verification-list"),
        reverse("staff-verification-list") + "?what=activations",
        reverse("staff-verification-list") + "?what=decided",
        reverse("staff-gateway-list"),
    ]

    def costs() -> list[int]:
        counted = []
        for address in addresses:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(address).status_code == 200
            counted.append(len(queries))
        return counted

    submit(OrganizationFactory(entity=""))
    request_activation(
        organization=OrganizationFactory(entity__domestic=False),
        region=Region.DOMESTIC,
        purpose="Codes for customers",
        by=staff,
    )
    costs()
    few = costs()
    for number in range(60):
        made = OrganizationFactory(entity="", name=f"Many {number}")
        made.verifications.create(kind="enterprise", legal_name=f"Many {number}", submitted_by=staff)
        made.activations.create(region="domestic", requested_by=staff)
        OrganizationFactory(name=f"Approved {number}")
    assert costs() == few
    assert max(few) <= 14


def test_a_long_list_goes_on_where_it_stopped(client_of: ClientOf, staff: User) -> None:
    for number in range(60):
        OrganizationFactory(entity="", name=f"Many {number:03}").verifications.create(
            kind="enterprise", legal_name=f"Legal {number:03}", submitted_by=staff
        )
    client = client_of(staff)
    first = client.get(reverse("staff-verification-list"))
    assert "Legal 049" in first.content.decode()
    assert "Legal 050" not in first.content.decode()
    second = client.get(reverse("staff-verification-list") + first.context["following"])
    assert "Legal 050" in second.content.decode()
    assert not second.context["following"]
    organizations = client.get(reverse("staff-organization-list"))
    older = client.get(reverse("staff-organization-list") + organizations.context["following"])
    assert "Many 009" in older.content.decode()
    assert "Many 010" not in older.content.decode()
