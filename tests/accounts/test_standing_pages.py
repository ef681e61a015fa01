from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.enterprise import DIFFERENCES, EnterpriseOnly
from accounts.models import IdentityVerification, Organization, User
from accounts.services.verification import approve_verification, reject_verification, submit_verification
from accounts.statuses import ActivationStatus, VerificationStatus
from smsconsole.lib.types import Region
from tests.accounts.papers import identity, paper, pdf, picture
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.people import ClientOf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def newcomer(admin: User) -> Organization:
    organization = OrganizationFactory(entity="", name="New company")
    MembershipFactory(organization=organization, user=admin, roles=["admin"])
    return organization


def upload(content: bytes | None = None, name: str = "licence.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if content is None else content)


def hand_in(client: Client, organization: Organization, **changed: Any) -> Any:
    newest = organization.verifications.order_by("-id").first()
    data: dict[str, Any] = {
        "seen": str(newest.uuid) if newest else "",
        "kind": "enterprise",
        "legal_name": "Example Trading GmbH",
        "registration_number": "HRB 12345 B",
        "address": "Beispielstraße 1\r\n10115 Berlin",
        "contact_name": "Erika Example",
        "contact_msisdn": "+49 30 12345678",
        "papers": [upload()],
    }
    return client.post(reverse("verification-request", args=[organization.uuid]), data | changed)


def page(client: Client, name: str, organization: Organization, *more: Any) -> str:
    return client.get(reverse(name, args=[organization.uuid, *more])).content.decode()


def submit(organization: Organization, by: User) -> IdentityVerification:
    newest = organization.verifications.order_by("-id").first()
    return submit_verification(
        organization=organization,
        identity=identity(),
        papers=[paper(n_pages=2)],
        seen=newest.uuid if newest else None,
        by=by,
    )


def test_an_admin_hands_in_data_and_documents(
    client_of: ClientOf, newcomer: Organization, admin: User
) -> None:
    client = client_of(admin)
    assert "Not verified yet" in page(client, "organization-standing", newcomer)
    response = hand_in(client, newcomer, papers=[upload(), upload(pdf(2), "statutes.pdf")])
    assert response.headers["Location"] == reverse("organization-standing", args=[newcomer.uuid])
    verification = newcomer.verifications.get()
    assert verification.contact_msisdn == "+493012345678"
    assert verification.address == "Beispielstraße 1\n10115 Berlin"
    assert [document.n_pages for document in verification.documents.all()] == [0, 2]
    assert "is being reviewed" in page(client, "organization-standing", newcomer)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("kind", "", "Choose what you are."),
        ("kind", "club", "Select a valid choice"),
        ("legal_name", "", "Type the name as it stands"),
        ("legal_name", "  ", "Type the name as it stands"),
        ("legal_name", "x" * 161, "at most 160 characters"),
        ("legal_name", "Evil\u202eGmbH", "turns the direction of writing"),
        ("legal_name", "Bell\x07", "control character"),
        ("registration_number", "", "Type the number that is on the documents"),
        ("registration_number", "1" * 61, "at most 60 characters"),
        ("address", "", "Type the registered address"),
        ("address", "x" * 401, "at most 400 characters"),
        ("contact_name", "\u2066Eve", "turns the direction of writing"),
        ("contact_msisdn", "10086", "Short code"),
        ("contact_msisdn", "call me", "Not a number"),
        ("contact_msisdn", "", "Type a number where"),
        ("papers", [], "Attach at least one document"),
    ],
)
def test_bad_input_is_named_at_its_field_and_nothing_is_lost(
    client_of: ClientOf, newcomer: Organization, admin: User, field: str, value: Any, words: str
) -> None:
    response = hand_in(client_of(admin), newcomer, **{field: value})
    assert response.status_code == 422
    content = response.content.decode()
    assert words in content
    if field != "legal_name":
        assert "Example Trading GmbH" in content
    assert not newcomer.verifications.exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png"), "is not a readable JPG, PNG or PDF"),
        (upload(b"MZ" + b"\0" * 99, "a.pdf"), "is not a readable JPG, PNG or PDF"),
        (upload(b"%PDF-1.7 nothing %%EOF", "broken.pdf"), "“broken.pdf” cannot be shown"),
        (upload(b"%PDF-" + b"x" * (5 << 20) + b"%%EOF", "long.pdf"), "larger than 5 MB"),
    ],
    ids=["svg", "exe", "damaged pdf", "too large"],
)
def test_a_bad_document_is_named_and_the_rest_kept(
    client_of: ClientOf, newcomer: Organization, admin: User, file: SimpleUploadedFile, words: str
) -> None:
    file.seek(0)
    response = hand_in(client_of(admin), newcomer, papers=[file])
    content = response.content.decode()
    assert response.status_code == 422
    assert words in content
    assert "Choose the files again" in content
    assert "HRB 12345 B" in content
    assert not newcomer.verifications.exists()


def test_six_documents_are_one_too_many(client_of: ClientOf, newcomer: Organization, admin: User) -> None:
    response = hand_in(client_of(admin), newcomer, papers=[upload() for _ in range(6)])
    assert "At most 5 files." in response.content.decode()


def test_markup_in_a_name_is_shown_as_text(client_of: ClientOf, newcomer: Organization, admin: User) -> None:
    client = client_of(admin)
    hand_in(client, newcomer, legal_name="<script>alert(1)</script> & Co")
    shown = page(client, "verification-request", newcomer) + page(client, "organization-standing", newcomer)
    assert "<script>alert" not in shown


def test_a_stale_form_is_answered_409_with_its_input_kept(
    client_of: ClientOf, newcomer: Organization, admin: User
) -> None:
    submit(newcomer, UserFactory(name="Frida Fast"))
    response = hand_in(client_of(admin), newcomer, seen="")
    assert response.status_code == 409
    content = response.content.decode()
    assert "Frida Fast handed in a request" in content
    assert "Example Trading GmbH" in content
    assert newcomer.verifications.count() == 1


def test_a_rejection_is_shown_with_its_reasons_and_leads_to_the_correction(
    client_of: ClientOf, newcomer: Organization, admin: User, staff: User
) -> None:
    verification = submit(newcomer, admin)
    reject_verification(
        verification=verification, reasons=["expired"], comment="It ended in <2024>.", by=staff
    )
    client = client_of(admin)
    shown = page(client, "organization-standing", newcomer)
    assert "A document is no longer valid." in shown
    assert "It ended in &lt;2024&gt;." in shown
    form = page(client, "verification-request", newcomer)
    assert "A document is no longer valid." in form
    assert "licence.pdf" in form, "its documents can be shown again"
    kept = verification.documents.get()
    hand_in(client, newcomer, papers=[], kept=[str(kept.uuid)])
    assert newcomer.verifications.order_by("-id")[0].status == VerificationStatus.PENDING


def test_a_document_of_others_cannot_be_kept(
    client_of: ClientOf, newcomer: Organization, admin: User, staff: User
) -> None:
    foreign = submit(OrganizationFactory(entity=""), UserFactory()).documents.get()
    reject_verification(verification=submit(newcomer, admin), reasons=["name"], comment="", by=staff)
    response = hand_in(client_of(admin), newcomer, papers=[], kept=[str(foreign.uuid)])
    assert response.status_code == 422
    assert "Select a valid choice" in response.content.decode()


def test_members_see_the_state_and_admins_the_data(
    client_of: ClientOf, organization: Organization, admin: User, operator: User, staff: User
) -> None:
    approve_verification(verification=submit(organization, admin), by=staff)
    assert "HRB 12345 B" in page(client_of(admin), "organization-standing", organization)
    seen_by_operator = page(client_of(operator), "organization-standing", organization)
    assert "Example Trading GmbH" in seen_by_operator
    assert "HRB 12345 B" not in seen_by_operator
    assert "+493012345678" not in seen_by_operator


def test_documents_are_shown_as_pictures_and_pdfs_downloaded(
    client_of: ClientOf, organization: Organization, admin: User, staff: User
) -> None:
    document = submit(organization, admin).documents.get()
    for person in (admin, staff):
        client = client_of(person)
        whole = client.get(reverse("verification-document", args=[organization.uuid, document.uuid]))
        assert whole.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in whole.headers["Content-Security-Policy"]
        one = client.get(reverse("verification-document-page", args=[organization.uuid, document.uuid, 2]))
        assert one.headers["Content-Type"] == "image/jpeg"
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        for number in (0, 3, 99):
            missing = reverse("verification-document-page", args=[organization.uuid, document.uuid, number])
            assert client.get(missing).status_code == 404


def test_a_document_does_not_exist_under_another_organization(
    client_of: ClientOf, organization: Organization, newcomer: Organization, admin: User
) -> None:
    document = submit(organization, admin).documents.get()
    address = reverse("verification-document", args=[newcomer.uuid, document.uuid])
    assert client_of(admin).get(address).status_code == 404


def test_a_region_is_applied_for(client_of: ClientOf, newcomer: Organization, admin: User) -> None:
    client = client_of(admin)
    submit(newcomer, admin)
    address = reverse("activation-request", args=[newcomer.uuid, "domestic"])
    short = client.post(address, {"purpose": "codes"})
    assert short.status_code == 422
    assert "at least 10 characters" in short.content.decode()
    turned = client.post(address, {"purpose": "Codes for \u202ecustomers of ours"})
    assert "turns the direction" in turned.content.decode()
    assert client.post(address, {"purpose": "Sign-in codes for customers"}).status_code == 302
    assert newcomer.activations.get().status == ActivationStatus.REQUESTED
    assert client.get(reverse("activation-request", args=[newcomer.uuid, "lunar"])).status_code == 404


def test_too_early_a_request_keeps_what_was_typed(
    client_of: ClientOf, newcomer: Organization, admin: User
) -> None:
    address = reverse("activation-request", args=[newcomer.uuid, "international"])
    response = client_of(admin).post(address, {"purpose": "Sign-in codes for customers"})
    assert response.status_code == 422
    assert "Sign-in codes for customers" in response.content.decode()
    assert "Hand in the verification" in response.content.decode()


def test_withdrawing_leads_back(client_of: ClientOf, newcomer: Organization, admin: User) -> None:
    verification = submit(newcomer, admin)
    address = reverse("verification-withdraw", args=[newcomer.uuid, verification.uuid])
    assert client_of(admin).post(address).status_code == 302
    verification.refresh_from_db()
    assert verification.status == VerificationStatus.WITHDRAWN


def test_the_rules_page_lists_every_difference(client_of: ClientOf, operator: User) -> None:
    content = client_of(operator).get(reverse("entity-rules")).content.decode()
    for what in EnterpriseOnly:
        assert f'id="{what.value}"' in content
    assert {difference.what for difference in DIFFERENCES} == set(EnterpriseOnly)


def test_a_region_taken_back_shows_why(
    client_of: ClientOf, organization: Organization, operator: User
) -> None:
    organization.activations.filter(region=Region.DOMESTIC).update(
        status=ActivationStatus.REVOKED, comment="Many complaints."
    )
    content = page(client_of(operator), "organization-standing", organization)
    assert "Taken back" in content
    assert "Many complaints." in content
