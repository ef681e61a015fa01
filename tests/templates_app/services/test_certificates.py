from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from accounts.models import User
from projects.models import Project
from templates_app import queries, services
from templates_app.errors import TemplatesError
from templates_app.models import Certificate, SignatureRevision
from templates_app.statuses import SignatureType, StoryKind
from tests.templates_app.texts import (
    approved_signature,
    document,
    draft_signature,
    pending_signature,
    scanned,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def storage(certificate_folder: Path) -> Path:
    return certificate_folder


def stored_files(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_file()]


def test_documents_are_stored_under_random_names(project: Project, operator: User, storage: Path) -> None:
    draft_signature(project, operator, documents=[document("../../licence.png")])
    certificate = Certificate.objects.get()
    [file] = stored_files(storage)
    assert file.parent == storage / "certificates"
    assert "licence" not in file.name
    assert certificate.size_bytes == file.stat().st_size
    assert file.stat().st_mode & 0o077 == 0


def test_five_at_most_and_then_none_of_them(project: Project, operator: User, storage: Path) -> None:
    revision = draft_signature(project, operator, documents=[document()] * 4)
    with pytest.raises(TemplatesError, match="at most 5"):
        services.attach_certificates(revision=revision, documents=[document()] * 2, by=operator)
    assert revision.certificates.count() == len(stored_files(storage)) == 4


def test_what_was_stored_before_a_failure_is_deleted(
    project: Project, operator: User, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = draft_signature(project, operator)
    save = default_storage.save
    calls = iter([save])

    def save_once(*args: object, **kwargs: object) -> str:
        return next(calls)(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(default_storage, "save", save_once)
    with pytest.raises(StopIteration):
        services.attach_certificates(revision=revision, documents=[document(), document()], by=operator)
    assert stored_files(storage) == []
    assert not Certificate.objects.exists()


def test_a_submitted_signature_takes_no_more_documents(
    project: Project, operator: User, storage: Path
) -> None:
    revision = pending_signature(project, operator)
    with pytest.raises(TemplatesError, match="waiting for approval"):
        services.attach_certificates(revision=revision, documents=[document()], by=operator)
    assert stored_files(storage) == []


def test_who_attaches_a_document_is_an_author(project: Project, operator: User, reviewer: User) -> None:
    revision = draft_signature(project, operator)
    services.attach_certificates(revision=revision, documents=[document()], by=reviewer)
    services.submit_revision(revision=revision, by=operator)
    with pytest.raises(TemplatesError, match="Nobody reviews their own"):
        services.approve_revision(revision=revision, by=reviewer)


def test_removing_deletes_the_file_after_the_commit(
    project: Project, operator: User, storage: Path, django_capture_on_commit_callbacks: object
) -> None:
    revision = draft_signature(project, operator, documents=[document()])
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.remove_certificate(certificate=revision.certificates.get(), by=operator)
        assert len(stored_files(storage)) == 1
    assert stored_files(storage) == []


def test_the_next_revision_shows_the_same_files_and_removing_there_keeps_them(
    project: Project, operator: User, storage: Path, django_capture_on_commit_callbacks: object
) -> None:
    approved = approved_signature(project, operator, documents=[document()])
    draft = services.edit_signature(
        signature=approved.signature, text="Demo Store", type=SignatureType.COMPANY, by=operator
    )
    assert draft.certificates.get().original_name == "licence.png"
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.remove_certificate(certificate=draft.certificates.get(), by=operator)
    assert len(stored_files(storage)) == 1
    assert approved.certificates.count() == 1


def test_certificates_of_a_submitted_signature_cannot_be_removed(project: Project, operator: User) -> None:
    revision = pending_signature(project, operator, documents=[document()])
    with pytest.raises(TemplatesError):
        services.remove_certificate(certificate=revision.certificates.get(), by=operator)
    assert revision.certificates.count() == 1


def test_discarding_a_draft_deletes_its_files(
    project: Project, operator: User, storage: Path, django_capture_on_commit_callbacks: object
) -> None:
    revision = draft_signature(project, operator, documents=[document()])
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.discard_signature_draft(revision=revision, by=operator)
    assert not SignatureRevision.objects.exists()
    assert stored_files(storage) == []


def test_the_pages_of_a_pdf_go_with_it(
    project: Project, operator: User, storage: Path, django_capture_on_commit_callbacks: object
) -> None:
    revision = draft_signature(project, operator, documents=[scanned(n_pages=3)])
    assert len(stored_files(storage)) == 4
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.remove_certificate(certificate=revision.certificates.get(), by=operator)
    assert stored_files(storage) == []


def test_what_was_removed_from_the_papers_stands_in_the_story(project: Project, operator: User) -> None:
    revision = draft_signature(project, operator, documents=[document()])
    services.remove_certificate(certificate=revision.certificates.get(), by=operator)
    assert [step.kind for step in queries.story(revision.signature)] == [StoryKind.EDITED, StoryKind.DRAFTED]
