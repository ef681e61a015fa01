"""Drafts: what is going to be sent, saved as it is typed."""

from __future__ import annotations

import textwrap
from typing import TypedDict

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Upload
from campaigns.services import uploads
from campaigns.services.changes import check_version, lock, lock_draft, move, tell, write
from campaigns.services.forecasts import renew_forecast
from campaigns.statuses import EDITABLE_STATUSES, CampaignStatus, EventKind, RecipientSource
from projects.models import Project
from projects.services import require_enabled
from smsconsole.lib.plain_text import plain_text_problem
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.queries import usable_sender_ids
from templates_app.statuses import RevisionStatus

NAME_LENGTH = 30
NOTE_LENGTH = 200


class DraftChanges(TypedDict, total=False):
    """What `update_draft` may change; what is left out stays as it is.

    Another region empties template and signature, which belong to the old one.
    """

    region: Region
    body_template_revision: BodyTemplateRevision | None
    signature_revision: SignatureRevision | None
    name: str
    note: str
    sender_id: str
    source: RecipientSource


def create_draft(*, project: Project, by: User, region: Region = Region.INTERNATIONAL) -> Campaign:
    """An empty draft with a proposed name."""
    require_enabled(project)
    with transaction.atomic():
        campaign = Campaign.objects.create(
            project=project, region=region, name=proposed_name(project), created_by=by
        )
        tell(campaign, EventKind.CREATED, by=by)
    return campaign


def proposed_name(project: Project, title: str = "") -> str:
    """A name to begin with: the text's own and today in the project's zone, at most 30 characters."""
    today = timezone.now().astimezone(project.zone)
    day = " " + date_format(today, "SHORT_DAY")
    return textwrap.shorten(title or _("Campaign"), NAME_LENGTH - len(day), placeholder="") + day


def update_draft(*, campaign: Campaign, version: int | None, changes: DraftChanges, by: User) -> Campaign:
    """Save what was changed on the send page. Returns the campaign in its new version.

    When the file was checked for other placeholders or another region it is read again; when only the text is
    another, the forecast is made again. Raises `CampaignChanged` when `version` is old, `CampaignsError` for a
    text or sender ID that is not approved or of the other region.
    """
    require_enabled(campaign.project)
    with transaction.atomic():
        locked = lock_draft(campaign, version=version)
        before = uploads.wanted_checks(locked)
        fields = _apply(locked, changes)
        if not fields:
            return locked
        write(locked, *fields, by=by)
        if "source" in fields:
            uploads.follow_source(locked, by=by)
        elif uploads.wanted_checks(locked) != before:
            uploads.check_again(locked, by=by)
        elif {"body_template_revision", "signature_revision", "sender_id"} & set(fields):
            renew_forecast(locked)
    return locked


def _apply(campaign: Campaign, changes: DraftChanges) -> list[str]:
    """Set the changed fields on the campaign; returns their names."""
    old = {name: getattr(campaign, name) for name in _FIELDS}
    is_proposed = campaign.name in {"", proposed_name(campaign.project), _proposed_for(campaign)}
    if "region" in changes and changes["region"] != campaign.region:
        campaign.region = changes["region"]
        campaign.body_template_revision = campaign.signature_revision = None
        campaign.kind = campaign.sender_id = ""
    if "body_template_revision" in changes:
        _choose_template(campaign, changes["body_template_revision"])
    if "signature_revision" in changes:
        _require_usable(campaign, changes["signature_revision"], field="signature_revision")
        campaign.signature_revision = changes["signature_revision"]
    if "sender_id" in changes:
        campaign.sender_id = _checked_sender_id(campaign, changes["sender_id"].strip())
    if "note" in changes:
        campaign.note = _checked_note(changes["note"])
    if "source" in changes:
        campaign.source = changes["source"]
    if changes.get("name", campaign.name).strip() != campaign.name:
        campaign.name = _checked_name(changes["name"])
    elif is_proposed:
        campaign.name = _proposed_for(campaign)
    return [name for name in _FIELDS if getattr(campaign, name) != old[name]]


_FIELDS = (
    "region",
    "body_template_revision",
    "signature_revision",
    "kind",
    "sender_id",
    "note",
    "source",
    "name",
)


def _proposed_for(campaign: Campaign) -> str:
    revision = campaign.body_template_revision
    return proposed_name(campaign.project, revision.body_template.name if revision else "")


def _checked_note(note: str) -> str:
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise CampaignsError(
            _("The note has %(n)s characters; at most %(limit)s fit.")
            % {"n": len(note), "limit": NOTE_LENGTH},
            field="note",
        )
    if problem := plain_text_problem(note):
        raise CampaignsError(problem, field="note")
    return note


def _checked_name(name: str) -> str:
    if problem := plain_text_problem(name):
        raise CampaignsError(problem, field="name")
    name = " ".join(name.split())
    if len(name) > NAME_LENGTH:
        raise CampaignsError(
            _("The name has %(n)s characters; at most %(limit)s fit.")
            % {"n": len(name), "limit": NAME_LENGTH},
            field="name",
        )
    return name


def _choose_template(campaign: Campaign, revision: BodyTemplateRevision | None) -> None:
    _require_usable(campaign, revision, field="body_template_revision")
    campaign.body_template_revision = revision
    campaign.kind = revision.kind if revision else ""


def _require_usable(
    campaign: Campaign, revision: BodyTemplateRevision | SignatureRevision | None, *, field: str
) -> None:
    """Only approved texts of this project and of the campaign's region can be chosen."""
    if revision is None:
        return
    if isinstance(revision, BodyTemplateRevision):
        owner_project, region = revision.body_template.project_id, revision.body_template.region
    else:
        owner_project, region = revision.signature.project_id, revision.signature.region
    if owner_project != campaign.project_id:
        raise CampaignsError(_("This text belongs to another project."), field=field)
    if region != campaign.region:
        raise CampaignsError(
            _("“%(name)s” is for the other region. Choose one for this region, or switch the campaign.")
            % {"name": str(revision)},
            field=field,
        )
    if revision.status != RevisionStatus.APPROVED:
        raise CampaignsError(
            _("“%(name)s” is not approved: %(status)s.")
            % {"name": str(revision), "status": revision.get_status_display().lower()},
            field=field,
        )


def _checked_sender_id(campaign: Campaign, sender_id: str) -> str:
    """Only a sender ID that was reviewed and approved for this project, or none."""
    if not sender_id:
        return ""
    if campaign.region != Region.INTERNATIONAL:
        raise CampaignsError(_("A sender ID is for international messages only."), field="sender_id")
    if not usable_sender_ids(campaign.project).filter(text=sender_id).exists():
        raise CampaignsError(
            _(
                "“%(text)s” is not an approved sender ID of this project. Register it first, or choose another one."
            )
            % {"text": sender_id},
            field="sender_id",
        )
    return sender_id


def _still_usable(source: Campaign) -> str:
    """The source's sender ID for its copy, if it is approved yet."""
    sender_id = source.sender_id
    is_usable = sender_id and usable_sender_ids(source.project).filter(text=sender_id).exists()
    return sender_id if is_usable else ""


def copy_campaign(*, campaign: Campaign, by: User, region: Region | None = None) -> Campaign:
    """A new draft with the same file, texts and choices; nothing of the schedule.

    With the other `region` the texts are left out, and the rows that were refused as of the other region become
    this draft's recipients. Texts no longer approved are left out as well.
    """
    require_enabled(campaign.project)
    source = _loaded(campaign)
    with transaction.atomic():
        copy = _copy(source, region or Region(source.region), by=by)
        tell(copy, EventKind.COPIED, by=by, copied_from=str(source.uuid))
        upload = (
            Upload.objects.select_for_update(no_key=True).filter(campaign=source, is_current=True).first()
        )
        if upload is not None:
            uploads.take_over(copy, upload, by=by)
    return copy


def copy_draft(*, campaign: Campaign, by: User, **detail: object) -> Campaign:
    """A new draft with the same texts and choices, and nobody to send to yet; `detail` goes to its timeline."""
    source = _loaded(campaign)
    copy = _copy(source, Region(source.region), by=by, manual_numbers="", source=RecipientSource.FILE)
    tell(copy, EventKind.COPIED, by=by, copied_from=str(source.uuid), **detail)
    return copy


def _loaded(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_related(
        "project", "signature_revision", "body_template_revision__body_template"
    ).get(pk=campaign.pk)


def _copy(original: Campaign, region: Region, *, by: User, **fields: object) -> Campaign:
    """The row of a copy: texts and sender as far as they are approved and of its region."""
    same_region = region == original.region
    body = original.body_template_revision if same_region else None
    signature = original.signature_revision if same_region else None
    values = {
        "note": original.note,
        "body_template_revision": body if body and body.status == RevisionStatus.APPROVED else None,
        "signature_revision": (
            signature if signature and signature.status == RevisionStatus.APPROVED else None
        ),
        "kind": original.kind if same_region else "",
        "sender_id": _still_usable(original) if same_region else "",
        "source": original.source,
        "manual_numbers": original.manual_numbers,
        **fields,
    }
    return Campaign.objects.create(
        project=original.project,
        region=region,
        name=_copied_name(original.name),
        copied_from=original,
        created_by=by,
        **values,
    )


def _copied_name(name: str) -> str:
    ending = " " + _("(copy)")
    return name if name.endswith(ending) else name[: NAME_LENGTH - len(ending)].rstrip() + ending


def discard_draft(*, campaign: Campaign, version: int | None, by: User) -> None:
    """Throw a draft away: it becomes cancelled, its file and rows are deleted. Doing it twice does nothing."""
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status == CampaignStatus.CANCELLED:
            return
        if locked.status not in EDITABLE_STATUSES:
            raise CampaignsError(_("This campaign was sent; it can be cancelled, not thrown away."))
        check_version(locked, version)
        uploads.forget_current(locked)
        move(locked, CampaignStatus.CANCELLED, finished_at=timezone.now(), manual_numbers="")
        tell(locked, EventKind.CANCELLED, by=by)
