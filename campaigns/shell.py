"""Sending a campaign from a shell: the way of the send page, waited for step by step.

The work itself is done by the running console's workers; this only asks, waits and shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from campaigns import queries, services
from campaigns.errors import CampaignsError
from campaigns.models import Campaign, Forecast, Upload
from campaigns.services import DraftChanges
from campaigns.statuses import CampaignStatus, UploadStatus
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.statuses import RevisionStatus

R = TypeVar("R", BodyTemplateRevision, SignatureRevision)

POLL_SECONDS = 0.2
# Nothing has moved for so long: no worker seems to be there.
PATIENCE_SECONDS = 60.0

# Called with what is going on, how much of it is done (0 to 1), and words about it.
Show = Callable[[str, float, str], None]


class WrongCall(Exception):
    """Something that was named does not exist, or is not clear."""


class Refused(Exception):
    """The console refuses, or it did not get done."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is sent in which project, and who sends it."""

    project: Project
    body: BodyTemplateRevision
    signature: SignatureRevision
    person: User


def choose(*, project: str, template: str, signature: str, person: str) -> Choice:
    """Find what was named as the pages name it; the region follows from template and signature together.

    Raises `WrongCall` for names that nothing has, `Refused` for texts that are not approved.
    """
    found = _project(project)
    bodies = _newest(
        BodyTemplateRevision.objects.select_related("body_template")
        .filter(body_template__project=found, body_template__name=template)
        .order_by("number"),
        lambda revision: revision.body_template.region,
    )
    signatures = _newest(
        SignatureRevision.objects.select_related("signature")
        .filter(signature__project=found, text=signature)
        .order_by("number"),
        lambda revision: revision.signature.region,
    )
    if not bodies:
        raise WrongCall(
            _("The project “%(project)s” has no template called “%(name)s”.")
            % {"project": found.name, "name": template}
        )
    if not signatures:
        raise WrongCall(
            _("The project “%(project)s” has no signature called “%(name)s”.")
            % {"project": found.name, "name": signature}
        )
    regions = sorted(set(bodies) & set(signatures))
    if not regions:
        raise WrongCall(_("The template and the signature are for different regions."))
    if len(regions) > 1:
        raise WrongCall(_("Template and signature exist for both regions; rename one of them."))
    body, brand = bodies[regions[0]], signatures[regions[0]]
    for revision in (body, brand):
        if revision.status != RevisionStatus.APPROVED:
            raise Refused(
                _("“%(name)s” is not approved: %(status)s.")
                % {"name": str(revision), "status": revision.get_status_display().lower()}
            )
    return Choice(found, body, brand, _person(found, person))


def _newest(revisions: Iterable[R], region_of: Callable[[R], str]) -> dict[Region, R]:
    """By region the approved revision, else the newest."""
    found: dict[Region, R] = {}
    for revision in revisions:
        region = Region(region_of(revision))
        if region not in found or found[region].status != RevisionStatus.APPROVED:
            found[region] = revision
    return found


def _project(name: str) -> Project:
    found = list(Project.objects.filter(slug=name)) or list(Project.objects.filter(name=name))
    if not found:
        raise WrongCall(_("There is no project “%(name)s”.") % {"name": name})
    if len(found) > 1:
        slugs = ", ".join(project.slug for project in found)
        raise WrongCall(
            _("Several projects are called “%(name)s”; name one of %(slugs)s.")
            % {"name": name, "slugs": slugs}
        )
    return found[0]


def _person(project: Project, email: str) -> User:
    """Who sends: the named member, or the organization's first operator."""
    members = Membership.objects.select_related("user").filter(
        organization=project.organization_id, user__is_active=True, roles__contains=[Role.OPERATOR]
    )
    if email:
        members = members.filter(user__email__iexact=email)
    membership = members.order_by("pk").first()
    if membership is None:
        raise WrongCall(
            _("%(organization)s has no such operator.") % {"organization": project.organization.name}
        )
    return membership.user


def prepare(choice: Choice, *, file: Path, wall: datetime | None, show: Show) -> tuple[Campaign, Upload]:
    """Make the draft, hand the file over and wait until it is read and foreseen. Raises `Refused`."""
    region = Region(choice.body.body_template.region)
    campaign = services.create_draft(project=choice.project, by=choice.person, region=region)
    changes = DraftChanges(body_template_revision=choice.body, signature_revision=choice.signature)
    campaign = services.update_draft(campaign=campaign, version=None, changes=changes, by=choice.person)
    if wall is not None:
        campaign = services.set_schedule(
            campaign=campaign,
            version=None,
            wall=wall.astimezone(choice.project.zone).replace(tzinfo=None) if wall.tzinfo else wall,
            zone=choice.project.time_zone,
            fold=wall.astimezone(choice.project.zone).fold if wall.tzinfo else None,
            by=choice.person,
        )
    with file.open("rb") as stream:
        stored = UploadedFile(cast("BinaryIO", stream), name=file.name, size=file.stat().st_size)
        upload = services.receive_upload(campaign=campaign, file=stored, by=choice.person)
    upload = _wait_until_read(upload, show)
    _wait_for_forecast(campaign, upload, show)
    return campaign, upload


def _wait_until_read(upload: Upload, show: Show) -> Upload:
    patience = _Patience()
    while True:
        upload.refresh_from_db()
        progress = queries.import_progress(upload)
        if upload.status == UploadStatus.REFUSED:
            raise Refused(f"{upload.refusal['sentence']} {upload.refusal['advice']}")
        show("import", upload.progress, f"{upload.n_rows} rows, {progress.rows_per_second or 0}/s")
        if upload.status == UploadStatus.READ:
            return upload
        patience.wait(progress.stamp)


def _wait_for_forecast(campaign: Campaign, upload: Upload, show: Show) -> None:
    if not upload.n_sendable:
        raise Refused(_("No row of the file can be sent to; %(n)s were refused.") % {"n": upload.n_refused})
    patience = _Patience()
    while not Forecast.objects.filter(campaign=campaign).exclude(limits={}).exists():
        show("forecast", 0.0, "")
        patience.wait("forecast")


def confirm(campaign: Campaign, *, by: User) -> Campaign:
    """Send it, with this shell in the place of the verification code. Raises `Refused`."""
    try:
        outcome = services.confirm_send(
            campaign=campaign, version=None, authorization=services.FromShell(), by=by
        )
    except CampaignsError as error:
        raise Refused(str(error)) from error
    return outcome.campaign


def wait_until_done(campaign: Campaign, *, timeout_seconds: float, show: Show) -> queries.CampaignProgress:
    """Wait until everything is sent and every receipt is in, or until the time is up; the state at the end.

    Raises `Refused` when the campaign was cancelled or held, or the time was up before everything was sent.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        campaign = Campaign.objects.select_related("dispatch").get(pk=campaign.pk)
        progress = queries.campaign_progress(campaign)
        done = progress.total - progress.to_go - progress.awaiting
        words = f"{progress.sent} sent, {progress.delivered} delivered, {progress.failed} failed"
        show("send", done / (progress.total or 1), words)
        is_finished = campaign.status == CampaignStatus.FINISHED
        if campaign.status in {CampaignStatus.CANCELLED, CampaignStatus.HELD}:
            raise Refused(
                _("The campaign is %(status)s.") % {"status": campaign.get_status_display().lower()}
            )
        if is_finished and not progress.awaiting + progress.uncertain:
            return progress
        if time.monotonic() > deadline:
            if is_finished:
                return progress
            raise Refused(_("The time was up before everything was sent. It goes on without this command."))
        time.sleep(POLL_SECONDS)


class _Patience:
    """Waits a little at a time, and gives up when what it looks at has long been the same."""

    def __init__(self) -> None:
        self._stamp = ""
        self._since = time.monotonic()

    def wait(self, stamp: str) -> None:
        now = time.monotonic()
        if stamp != self._stamp:
            self._stamp, self._since = stamp, now
        elif now - self._since > PATIENCE_SECONDS:
            raise Refused(_("No worker takes the work. Is the console running (`make run`)?"))
        time.sleep(POLL_SECONDS)
