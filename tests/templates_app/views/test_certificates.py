from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts.models import User
from projects.models import Project
from templates_app.documents import Document
from templates_app.models import Certificate
from tests.factories import ProjectFactory
from tests.people import ClientOf
from tests.templates_app.texts import document, draft_signature, pending_signature, scanned

pytestmark = pytest.mark.django_db

PDF = Document("letter of authorisation.pdf", "application/pdf", "pdf", b"%PDF-1.7\n%%EOF")


@pytest.fixture
def certificate(project: Project, operator: User) -> Certificate:
    return draft_signature(project, operator, documents=[document()]).certificates.get()


def test_a_picture_is_shown_and_nothing_in_it_may_run(
    client_of: ClientOf, project: Project, reviewer: User, certificate: Certificate
) -> None:
    response = client_of(reviewer).get(reverse("certificate-file", args=[project.slug, certificate.uuid]))
    assert b"".join(response.streaming_content) == document().content
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "inline" in response.headers["Content-Disposition"]
    assert "no-store" in response.headers["Cache-Control"]


def test_a_pdf_is_downloaded(client_of: ClientOf, project: Project, operator: User) -> None:
    certificate = draft_signature(project, operator, documents=[PDF]).certificates.get()
    response = client_of(operator).get(reverse("certificate-file", args=[project.slug, certificate.uuid]))
    assert response.headers["Content-Disposition"] == 'attachment; filename="letter of authorisation.pdf"'
    assert response.headers["Content-Type"] == "application/pdf"


def test_the_pages_of_a_pdf_are_pictures(client_of: ClientOf, project: Project, reviewer: User) -> None:
    certificate = draft_signature(project, reviewer, documents=[scanned(n_pages=2)]).certificates.get()
    client = client_of(reviewer)
    for number in (1, 2):
        response = client.get(reverse("certificate-page", args=[project.slug, certificate.uuid, number]))
        assert b"".join(response.streaming_content) == scanned().pages[number - 1]
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    for number in (0, 3, 999_999):
        address = reverse("certificate-page", args=[project.slug, certificate.uuid, number])
        assert client.get(address).status_code == 404


def test_an_uploaded_pdf_is_drawn_and_shown_to_the_reviewer(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    upload = SimpleUploadedFile("letter.PDF", real_pdf(n_pages=3), content_type="text/html")
    fields = {
        "region": "international",
        "text": "DemoShop",
        "type": "company",
        "use": "own",
        "remarks": "",
        "certificates": [upload],
        "then": "draft",
    }
    client_of(operator).post(reverse("signature-create", args=[project.slug]), fields)
    certificate = Certificate.objects.get()
    assert (certificate.original_name, certificate.n_pages) == ("letter.pdf", 3)
    detail = reverse("signature-detail", args=[project.slug, certificate.revision.signature.uuid])
    page = client_of(operator).get(detail).content.decode()
    assert reverse("certificate-page", args=[project.slug, certificate.uuid, 3]) in page


def test_a_pdf_that_nobody_can_look_at_is_refused_at_its_field(
    client_of: ClientOf, project: Project, operator: User
) -> None:
    broken = SimpleUploadedFile("letter.pdf", b"%PDF-1.7\nnothing\n%%EOF")
    fields = {"region": "international", "text": "DemoShop", "type": "company", "use": "own", "then": "draft"}
    response = client_of(operator).post(
        reverse("signature-create", args=[project.slug]), {**fields, "certificates": [broken]}
    )
    assert "cannot be shown" in str(response.context["form"].errors["certificates"])
    assert response.context["form"]["text"].value() == "DemoShop"
    assert not Certificate.objects.exists()


def real_pdf(*, n_pages: int) -> bytes:
    out = io.BytesIO()
    pages = [Image.new("RGB", (200, 280), "white") for _n in range(n_pages)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def test_members_only(
    client_of: ClientOf, project: Project, certificate: Certificate, admin: User, staff: User, outsider: User
) -> None:
    address = reverse("certificate-file", args=[project.slug, certificate.uuid])
    assert client_of(admin).get(address).status_code == 200
    assert client_of(staff).get(address).status_code == 403
    assert client_of(outsider).get(address).status_code == 404
    assert client_of(None).get(address).status_code == 302


def test_it_is_found_in_its_own_project_only(
    client_of: ClientOf, outsider: User, certificate: Certificate
) -> None:
    foreign = ProjectFactory(organization=outsider.memberships.get().organization)
    client = client_of(outsider)
    assert client.get(reverse("certificate-file", args=[foreign.slug, certificate.uuid])).status_code == 404
    assert (
        client.post(reverse("certificate-remove", args=[foreign.slug, certificate.uuid])).status_code == 404
    )
    assert Certificate.objects.exists()


def test_a_file_missing_in_the_storage_is_not_found(
    client_of: ClientOf, project: Project, operator: User, certificate: Certificate, certificate_folder: Path
) -> None:
    (certificate_folder / str(certificate.file)).unlink()
    response = client_of(operator).get(reverse("certificate-file", args=[project.slug, certificate.uuid]))
    assert response.status_code == 404


def test_the_folder_is_not_served_by_itself(
    client_of: ClientOf, operator: User, certificate: Certificate
) -> None:
    client = client_of(operator)
    for address in (f"/media/{certificate.file}", f"/{certificate.file}", f"/static/{certificate.file}"):
        assert client.get(address).status_code == 404


def test_removing_leads_back_to_the_editor(
    client_of: ClientOf, project: Project, operator: User, certificate: Certificate
) -> None:
    address = reverse("certificate-remove", args=[project.slug, certificate.uuid])
    client = client_of(operator)
    assert client.get(address).status_code == 405
    response = client.post(address)
    assert response.url == reverse("signature-edit", args=[project.slug, certificate.revision.signature.uuid])
    assert not Certificate.objects.exists()
    assert client.post(address).status_code == 404


def test_a_submitted_certificate_stays(client_of: ClientOf, project: Project, operator: User) -> None:
    certificate = pending_signature(project, operator, documents=[document()]).certificates.get()
    response = client_of(operator).post(
        reverse("certificate-remove", args=[project.slug, certificate.uuid]), follow=True
    )
    assert "waiting for approval" in " ".join(str(message) for message in response.context["messages"])
    assert Certificate.objects.exists()
