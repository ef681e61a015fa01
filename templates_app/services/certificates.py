"""Certificates of a signature's draft: added, removed, and their files cleared away."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.services import require_enabled
from smsconsole.lib.pdf_pages import PAGES_MAX
from templates_app.documents import CERTIFICATES_MAX, Document
from templates_app.errors import TemplatesError
from templates_app.models import Certificate, SignatureRevision
from templates_app.services.revisions import lock_draft
from templates_app.services.story import note
from templates_app.statuses import StoryKind


def attach_certificates(*, revision: SignatureRevision, documents: Sequence[Document], by: User) -> None:
    """Store documents with a draft, all or none; at most five per revision. Raises `TemplatesError`."""
    require_enabled(revision.signature.project)
    stored: list[str] = []
    try:
        with transaction.atomic():
            lock_draft(revision, by=by)
            if revision.certificates.count() + len(documents) > CERTIFICATES_MAX:
                raise TemplatesError(
                    _("A signature has at most %(max)d certificates.") % {"max": CERTIFICATES_MAX}
                )
            for document in documents:
                # A random name: what somebody called a file never becomes a path.
                name = f"certificates/{uuid.uuid4().hex}.{document.extension}"
                stored.append(default_storage.save(name, ContentFile(document.content)))
                for number, page in enumerate(document.pages, start=1):
                    default_storage.save(page_name(stored[-1], number), ContentFile(page))
                Certificate.objects.create(
                    revision=revision,
                    file=stored[-1],
                    original_name=document.name,
                    content_type=document.content_type,
                    size_bytes=len(document.content),
                    n_pages=len(document.pages),
                )
    except BaseException:
        delete_files(stored)
        raise


def remove_certificate(*, certificate: Certificate, by: User) -> None:
    """Take a document out of a draft; its file goes when no other revision shows it."""
    revision = certificate.revision
    require_enabled(revision.signature.project)
    with transaction.atomic():
        lock_draft(revision, by=by)
        certificate.delete()
        note(StoryKind.EDITED, revision, by=by)
        forget_files([str(certificate.file)])


def copy_certificates(*, from_revision: SignatureRevision, to_revision: SignatureRevision) -> None:
    """The next revision shows the same documents; the files are shared, not copied."""
    Certificate.objects.bulk_create(
        Certificate(
            revision=to_revision,
            file=certificate.file.name,
            original_name=certificate.original_name,
            content_type=certificate.content_type,
            size_bytes=certificate.size_bytes,
            n_pages=certificate.n_pages,
        )
        for certificate in from_revision.certificates.order_by("pk")
    )


def forget_files(names: Iterable[str]) -> None:
    """After the commit, delete those files that no certificate shows any more."""
    names = set(names)
    still_shown = set(Certificate.objects.filter(file__in=names).values_list("file", flat=True))
    transaction.on_commit(partial(delete_files, names - still_shown))


def page_name(name: str, number: int) -> str:
    """Where the picture of a PDF's page lies: beside the PDF."""
    return f"{name.removesuffix('.pdf')}-{number}.jpg"


def delete_files(names: Iterable[str]) -> None:
    """Delete these files and the pictures of their pages now, whoever shows them."""
    for name in names:
        for number in range(1, PAGES_MAX + 1) if name.endswith(".pdf") else ():
            default_storage.delete(page_name(name, number))
        default_storage.delete(name)
