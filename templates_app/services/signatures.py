"""Signatures: written, changed, discarded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from projects.models import Project
from projects.services import require_enabled
from smsconsole.lib.types import Region
from templates_app.documents import Document
from templates_app.models import Signature, SignatureRevision
from templates_app.rules.limits import SIGNATURE_STORED_MAX
from templates_app.services.certificates import attach_certificates, copy_certificates, forget_files
from templates_app.services.revisions import begin_change, lock_draft, tell, write
from templates_app.services.room import require_room, require_stored_length
from templates_app.statuses import SignatureType, SignatureUse


def create_signature(
    *,
    project: Project,
    region: Region,
    text: str,
    type: SignatureType,
    by: User,
    use: SignatureUse = SignatureUse.OWN,
    remarks: str = "",
    documents: Sequence[Document] = (),
) -> SignatureRevision:
    """The draft of a new signature, without its brackets. It may still break rules; submitting checks them."""
    require_enabled(project)
    require_stored_length(text.strip(), most=SIGNATURE_STORED_MAX)
    with transaction.atomic():
        require_room(project, Signature)
        revision = SignatureRevision.objects.create(
            signature=Signature.objects.create(project=project, region=region),
            text=text.strip(),
            type=type,
            use=use,
            remarks=remarks.strip(),
            created_by=by,
            changed_by=by,
            author_ids=[by.pk],
        )
        attach_certificates(revision=revision, documents=documents, by=by)
        tell("drafted", revision, by=by)
    return revision


def edit_signature(
    *,
    signature: Signature,
    text: str,
    type: SignatureType,
    by: User,
    use: SignatureUse = SignatureUse.OWN,
    remarks: str = "",
    documents: Sequence[Document] = (),
    seen_at: datetime | None = None,
) -> SignatureRevision:
    """Change the draft, or begin the next revision with the certificates of the last one.

    The approved revision stays in use until the new one is approved. A pending one raises `TemplatesError`,
    somebody else's change since `seen_at` `RevisionChanged`.
    """
    require_enabled(signature.project)
    require_stored_length(text.strip(), most=SIGNATURE_STORED_MAX)
    with transaction.atomic():
        revision, is_new = begin_change(signature, signature.revisions.all(), by=by, seen_at=seen_at)
        write(
            revision,
            is_new=is_new,
            by=by,
            text=text.strip(),
            type=type,
            use=use,
            remarks=remarks.strip(),
        )
        if is_new:
            previous = signature.revisions.get(number=revision.number - 1)
            copy_certificates(from_revision=previous, to_revision=revision)
        attach_certificates(revision=revision, documents=documents, by=by)
    return revision


def discard_signature_draft(*, revision: SignatureRevision, by: User) -> None:
    """Delete a draft; with the only revision the signature goes too."""
    signature = revision.signature
    require_enabled(signature.project)
    with transaction.atomic():
        lock_draft(revision, by=None)
        files = list(revision.certificates.values_list("file", flat=True))
        tell("discarded", revision, by=by)
        revision.delete()
        if not signature.revisions.exists():
            signature.delete()
        forget_files(files)
