"""Files of recipients: received, read again with other choices, replaced, forgotten."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, TypedDict

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.standing import standing_of
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Forecast, Upload
from campaigns.services.changes import lock_draft, tell, write
from campaigns.services.forecasts import renew_forecast
from campaigns.services.manual import check_numbers
from campaigns.services.rows import close_upload, store_rows
from campaigns.statuses import CampaignStatus, EventKind, RecipientSource, UploadStatus
from projects.services import require_enabled
from smsconsole.queue import enqueue


class FileChoices(TypedDict, total=False):
    """How the operator wants the file read where the guess was wrong. Columns count from 0."""

    sheet: str
    number_column: int
    has_header: bool
    encoding: str
    separator: str


def receive_upload(
    *, campaign: Campaign, file: File[bytes], by: User, options: dict[str, Any] | None = None
) -> Upload:
    """Store the file as the campaign's recipients, in place of what was there, and let a worker read it.

    `options` says how, where nothing is to be guessed.
    Raises `CampaignsError` for an empty or too large file and once the campaign is sent.
    """
    require_enabled(campaign.project)
    size = file.size or 0
    if not size:
        raise CampaignsError(_("The file is empty. Save it again and upload that copy."), field="file")
    if size > settings.UPLOAD_MAX_BYTES:
        raise CampaignsError(
            _("The file has %(size)s; at most %(limit)s are taken. Split it into several files.")
            % {"size": filesizeformat(size), "limit": filesizeformat(settings.UPLOAD_MAX_BYTES)},
            field="file",
        )
    digest = hashlib.sha256()
    for piece in file.chunks(1 << 20):
        digest.update(piece)
    file.seek(0)
    original_name = PurePath(file.name or "").name[-200:]
    name = default_storage.save(f"uploads/{uuid.uuid4().hex}{PurePath(original_name).suffix[:8]}", file)
    try:
        with transaction.atomic():
            locked = lock_draft(campaign, version=None)
            upload = _replace(
                locked,
                file=name,
                original_name=original_name,
                size_bytes=size,
                sha256=digest.hexdigest(),
                options=options or {},
                created_by=by,
            )
            _set_source(locked, RecipientSource.FILE)
            tell(locked, EventKind.FILE_RECEIVED, by=by, size_bytes=size, sha256=upload.sha256)
    except Exception:
        default_storage.delete(name)
        raise
    return upload


def choose_file_reading(*, campaign: Campaign, version: int | None, choices: FileChoices, by: User) -> Upload:
    """Read the current file again with these choices of sheet, number column, header and encoding."""
    require_enabled(campaign.project)
    with transaction.atomic():
        locked = lock_draft(campaign, version=version)
        upload = current_upload(locked)
        if upload is None or not upload.file:
            raise CampaignsError(_("There is no file to read. Upload one first."), field="file")
        return _replace_by_copy(locked, upload, options=dict(choices))


def type_numbers(*, campaign: Campaign, version: int | None, text: str, by: User) -> Upload:
    """Take typed numbers as the campaign's recipients, in place of what was there; they are checked at once.

    Raises `CampaignsError` for a text with variables and for more than 100 numbers.
    """
    require_enabled(campaign.project)
    with transaction.atomic():
        locked = lock_draft(campaign, version=version)
        upload = _take_typed(locked, text, by=by)
        tell(locked, EventKind.NUMBERS_TYPED, by=by, n_rows=upload.n_rows)
    return upload


def remove_upload(*, campaign: Campaign, version: int | None, by: User) -> Campaign:
    """Take the recipients away again; a running import notices and stops. Doing it twice does nothing."""
    require_enabled(campaign.project)
    with transaction.atomic():
        locked = lock_draft(campaign, version=version)
        if forget_current(locked):
            _set_status(locked, CampaignStatus.DRAFT)
            locked.manual_numbers = ""
            write(locked, "manual_numbers", by=by)
    return locked


def current_upload(campaign: Campaign) -> Upload | None:
    return Upload.objects.filter(campaign=campaign, is_current=True).first()


def wanted_checks(campaign: Campaign) -> dict[str, Any]:
    """What rows are checked against; an upload that was checked for something else is read again."""
    revision = campaign.body_template_revision
    return {
        "placeholders": list(revision.placeholders) if revision else None,
        "region": str(campaign.region),
        "default_country": campaign.project.default_country,
        # The rules of values ask for the scenario type, and what the organization is.
        "kind": str(campaign.kind),
        "entity": standing_of(campaign.project.organization_id).entity,
    }


def check_again(campaign: Campaign, *, by: User) -> None:
    """Check the current recipients of a locked draft against what it wants now."""
    upload = current_upload(campaign)
    if upload is None or upload.checked_for == wanted_checks(campaign):
        return
    if upload.file:
        _replace_by_copy(campaign, upload, options=dict(upload.options))
        return
    try:
        _take_typed(campaign, campaign.manual_numbers, by=by)
    except CampaignsError:
        # The text now has variables; the numbers stay written down and their step asks for a file.
        forget_current(campaign)
        _set_status(campaign, CampaignStatus.DRAFT)


def check_anew(*, campaign: Campaign, by: User) -> None:
    """Check the recipients of a draft again if what they are checked against has changed without it.

    An organization became an enterprise, the project got another default country. Does nothing else.
    """
    upload = current_upload(campaign)
    if upload is None or upload.status != UploadStatus.READ or upload.checked_for == wanted_checks(campaign):
        return
    with transaction.atomic():
        check_again(lock_draft(campaign, version=None), by=by)


def follow_source(campaign: Campaign, *, by: User) -> None:
    """After a switch between file and typed numbers: drop the recipients of the other kind."""
    upload = current_upload(campaign)
    is_file = campaign.source == RecipientSource.FILE
    if upload is not None and bool(upload.file) != is_file:
        forget_current(campaign)
        _set_status(campaign, CampaignStatus.DRAFT)
    if not is_file and campaign.manual_numbers:
        check_again(campaign, by=by)


def take_over(campaign: Campaign, upload: Upload, *, by: User) -> None:
    """Let a copied draft begin with the same recipients; the stored file is shared.

    `upload` is locked by the caller, so that its file is not deleted before the copy has committed.
    """
    if upload.file:
        _replace_by_copy(campaign, upload, options=dict(upload.options))
    elif campaign.manual_numbers and not (wanted_checks(campaign)["placeholders"] or []):
        _take_typed(campaign, campaign.manual_numbers, by=by)


def forget_current(campaign: Campaign) -> bool:
    """Make the locked draft one without recipients; their rows are deleted in the background."""
    upload = Upload.objects.select_for_update(no_key=True).filter(campaign=campaign, is_current=True).first()
    Forecast.objects.filter(campaign=campaign).delete()
    if upload is None:
        return False
    upload.is_current = False
    upload.save(update_fields=["is_current"])
    enqueue("campaigns.jobs.drop_upload", upload.pk)
    return True


def drop_upload(*, upload_id: int) -> None:
    """Delete a replaced upload with its rows, and its file unless another upload uses it."""
    with transaction.atomic(), connection.cursor() as cursor:
        upload = Upload.objects.select_for_update().filter(pk=upload_id, is_current=False).first()
        if upload is None:
            return
        cursor.execute("DELETE FROM campaigns_recipient WHERE upload_id = %s", [upload_id])
        cursor.execute("DELETE FROM campaigns_refusedrow WHERE upload_id = %s", [upload_id])
        cursor.execute("DELETE FROM campaigns_upload WHERE id = %s", [upload_id])
        name = upload.file.name
        if name and not Upload.objects.filter(file=name).exists():
            transaction.on_commit(lambda: default_storage.delete(name))


@contextmanager
def local_copy(upload: Upload) -> Iterator[Path]:
    """The upload's file as a path on this machine; fetched when the storage is elsewhere."""
    try:
        path: Path | None = Path(upload.file.path)
    except NotImplementedError:
        path = None
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=PurePath(upload.file.name or "").suffix) as local:
        with upload.file.open("rb") as stored:
            for piece in stored.chunks(1 << 20):
                local.write(piece)
        local.flush()
        yield Path(local.name)


def _replace(campaign: Campaign, **fields: Any) -> Upload:
    """A new current upload that a worker will read. The campaign is locked."""
    forget_current(campaign)
    upload = Upload.objects.create(
        campaign=campaign, checked_for=wanted_checks(campaign), heartbeat_at=timezone.now(), **fields
    )
    _set_status(campaign, CampaignStatus.IMPORTING)
    enqueue("campaigns.jobs.import_upload", upload.pk)
    return upload


def _replace_by_copy(campaign: Campaign, upload: Upload, *, options: dict[str, Any]) -> Upload:
    """The same stored file as a new upload: an import that still runs cannot mix its rows with these."""
    return _replace(
        campaign,
        file=upload.file.name,
        original_name=upload.original_name,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        options=options,
        created_by=upload.created_by,
    )


def _take_typed(campaign: Campaign, text: str, *, by: User) -> Upload:
    checks = wanted_checks(campaign)
    if checks["placeholders"]:
        raise CampaignsError(
            _("This text has variables, which typed numbers cannot fill. Import a file instead."),
            field="numbers",
        )
    rows, errors = check_numbers(text, region=checks["region"], default_country=checks["default_country"])
    forget_current(campaign)
    upload = Upload.objects.create(
        campaign=campaign,
        original_name=_("Typed numbers"),
        size_bytes=len(text.encode()),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        checked_for=checks,
        created_by=by,
        status=UploadStatus.READING,
    )
    campaign.manual_numbers = text
    write(campaign, "manual_numbers", by=by)
    _set_source(campaign, RecipientSource.MANUAL)
    store_rows(upload, rows, errors, last_row=len(rows) + len(errors), progress=1.0)
    close_upload(upload)
    _set_status(campaign, CampaignStatus.READY if upload.n_sendable else CampaignStatus.DRAFT)
    renew_forecast(campaign)
    return upload


def _set_source(campaign: Campaign, source: RecipientSource) -> None:
    if campaign.source != source:
        campaign.source = source
        campaign.save(update_fields=["source"])


def _set_status(campaign: Campaign, status: CampaignStatus) -> None:
    """The import's part of a draft's status is not a change that a person made: the version stays."""
    if campaign.status != status:
        campaign.status = status
        campaign.save(update_fields=["status"])
