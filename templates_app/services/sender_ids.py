"""Sender IDs: written, changed, discarded. Submitting and reviewing is that of all revisions."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.models import Project
from projects.services import require_enabled
from smsconsole.lib.countries import countries
from templates_app.errors import TemplatesError
from templates_app.models import SenderId, SenderIdRevision
from templates_app.rules.limits import SENDER_ID_STORED_MAX
from templates_app.services.revisions import begin_change, lock_draft, tell, write
from templates_app.services.room import require_room, require_stored_length


def create_sender_id(
    *, project: Project, text: str, country: str, by: User, remarks: str = ""
) -> SenderIdRevision:
    """The draft of a new sender ID for one country, or for all with an empty one.

    It may still break rules; submitting checks them. An unknown country raises `TemplatesError`.
    """
    require_enabled(project)
    require_stored_length(text.strip(), most=SENDER_ID_STORED_MAX)
    if country and country not in {code for code, _name, _calling_code in countries()}:
        raise TemplatesError(_("There is no country “%(code)s”. Choose one of the list.") % {"code": country})
    with transaction.atomic():
        require_room(project, SenderId)
        revision = SenderIdRevision.objects.create(
            sender_id=SenderId.objects.create(project=project, country=country),
            text=text.strip(),
            remarks=remarks.strip(),
            created_by=by,
            changed_by=by,
            author_ids=[by.pk],
        )
        tell("drafted", revision, by=by)
    return revision


def edit_sender_id(
    *, sender_id: SenderId, text: str, by: User, remarks: str = "", seen_at: datetime | None = None
) -> SenderIdRevision:
    """Change the draft, or begin the next revision; the approved one stays in use until that is approved.

    A pending one raises `TemplatesError`, somebody else's change since `seen_at` `RevisionChanged`.
    """
    require_enabled(sender_id.project)
    require_stored_length(text.strip(), most=SENDER_ID_STORED_MAX)
    with transaction.atomic():
        revision, is_new = begin_change(sender_id, sender_id.revisions.all(), by=by, seen_at=seen_at)
        write(revision, is_new=is_new, by=by, text=text.strip(), remarks=remarks.strip())
    return revision


def discard_sender_id_draft(*, revision: SenderIdRevision, by: User) -> None:
    """Delete a draft; with the only revision the sender ID goes too."""
    sender_id = revision.sender_id
    require_enabled(sender_id.project)
    with transaction.atomic():
        lock_draft(revision, by=None)
        tell("discarded", revision, by=by)
        revision.delete()
        if not sender_id.revisions.exists():
            sender_id.delete()
