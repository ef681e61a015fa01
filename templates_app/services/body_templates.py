"""Body templates: written, changed, copied to the other region, discarded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.models import Project
from projects.services import require_enabled
from smsconsole.lib.types import Region
from templates_app.checks import findings_of
from templates_app.errors import NameTaken, TemplatesError
from templates_app.models import BodyTemplate, BodyTemplateRevision
from templates_app.rendering import find_placeholders
from templates_app.rules.limits import BODY_STORED_MAX
from templates_app.services.revisions import begin_change, lock_draft, submit_revision, tell, write
from templates_app.services.room import require_room, require_stored_length
from templates_app.services.story import note
from templates_app.statuses import RevisionStatus, StoryKind, TextKind


def create_body_template(
    *, project: Project, region: Region, name: str, kind: TextKind, text: str, remarks: str, by: User
) -> BodyTemplateRevision:
    """The draft of a new body template. It may still break rules; submitting checks them.

    Raises `TemplatesError` when the project has a body template of that name for the region.
    """
    require_enabled(project)
    text = _tidied(text)
    require_stored_length(text, most=BODY_STORED_MAX)
    with transaction.atomic(), _unique_name(name):
        require_room(project, BodyTemplate)
        revision = BodyTemplateRevision.objects.create(
            body_template=BodyTemplate.objects.create(project=project, region=region, name=name.strip()),
            kind=kind,
            text=text,
            placeholders=find_placeholders(text),
            remarks=remarks.strip(),
            created_by=by,
            changed_by=by,
            author_ids=[by.pk],
        )
        tell("drafted", revision, by=by)
    return revision


def edit_body_template(
    *,
    body_template: BodyTemplate,
    name: str,
    kind: TextKind,
    text: str,
    remarks: str,
    by: User,
    seen_at: datetime | None = None,
) -> BodyTemplateRevision:
    """Change the draft, or begin the next revision; the approved one stays in use until that is approved.

    The name is only a label on the pages and changes at once. A pending revision raises `TemplatesError`,
    somebody else's change since `seen_at` `RevisionChanged`.
    """
    require_enabled(body_template.project)
    text = _tidied(text)
    require_stored_length(text, most=BODY_STORED_MAX)
    with transaction.atomic(), _unique_name(name):
        revision, is_new = begin_change(body_template, body_template.revisions.all(), by=by, seen_at=seen_at)
        write(
            revision,
            is_new=is_new,
            by=by,
            kind=kind,
            text=text,
            placeholders=find_placeholders(text),
            remarks=remarks.strip(),
        )
        body_template.name = name.strip()
        body_template.save(update_fields=["name"])
    return revision


def copy_body_template(*, body_template: BodyTemplate, by: User) -> BodyTemplateRevision:
    """The approved text, else the latest, as a body template of its own in the other region, for its own review.

    It is submitted at once unless the other region's rules refuse it; then it waits as a draft.
    """
    require_enabled(body_template.project)
    other = Region.DOMESTIC if body_template.region == Region.INTERNATIONAL else Region.INTERNATIONAL
    revisions = body_template.revisions.order_by("-number")
    source = revisions.filter(status=RevisionStatus.APPROVED).first() or revisions.first()
    if source is None:
        raise TemplatesError(_("It was discarded meanwhile."))
    with transaction.atomic():
        copy = create_body_template(
            project=body_template.project,
            region=other,
            name=body_template.name,
            kind=TextKind(source.kind),
            text=source.text,
            remarks=source.remarks,
            by=by,
        )
        note(StoryKind.COPIED, copy, by=by)
        if not any(finding.hard for finding in findings_of(copy)):
            submit_revision(revision=copy, by=by)
    return copy


def discard_body_template_draft(*, revision: BodyTemplateRevision, by: User) -> None:
    """Delete a draft; with the only revision the body template goes too."""
    body_template = revision.body_template
    require_enabled(body_template.project)
    with transaction.atomic():
        lock_draft(revision, by=None)
        tell("discarded", revision, by=by)
        revision.delete()
        if not body_template.revisions.exists():
            body_template.delete()


def _tidied(text: str) -> str:
    """Line ends as phones know them; browsers send CR LF, which would cost a character each."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


@contextmanager
def _unique_name(name: str) -> Iterator[None]:
    """The constraint decides whether a name is free, so that two people at once cannot both get it."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "body_template_name_in_project" not in str(error):
            raise
        raise NameTaken(_("There is a body template named “%(name)s” already.") % {"name": name}) from error
