"""Campaigns in the states that tests begin with, made by the services that make them in earnest."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from campaigns import services
from campaigns.models import Campaign, Upload
from campaigns.services import DraftChanges
from delivery.models import Gateway
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app.models import (
    BodyTemplate,
    BodyTemplateRevision,
    SenderId,
    SenderIdRevision,
    Signature,
    SignatureRevision,
)
from templates_app.rendering import find_placeholders
from templates_app.statuses import RevisionStatus, SignatureType, TextKind

# Germany's example range, spread so that every row is a number of its own.
FIRST_NUMBER = 4915123000000


def numbers(n: int, *, first: int = FIRST_NUMBER) -> list[str]:
    return [f"+{first + i}" for i in range(n)]


def gateway(**fields: object) -> Gateway:
    values = {
        "slug": "simulated",
        "name": "Simulated",
        "kind": "simulator",
        "rate_per_second": 2500,
        **fields,
    }
    return Gateway.objects.create(**values)


def body(
    project: Project,
    text: str = "Hello {1}, your order to {2} is on its way.",
    *,
    region: Region = Region.INTERNATIONAL,
    status: RevisionStatus = RevisionStatus.APPROVED,
    name: str = "Order notice",
    kind: TextKind = TextKind.NOTIFICATION,
) -> BodyTemplateRevision:
    n_so_called = BodyTemplate.objects.filter(project=project, name__startswith=name).count()
    name = f"{name} {n_so_called + 1}" if n_so_called else name
    return BodyTemplateRevision.objects.create(
        body_template=BodyTemplate.objects.create(project=project, region=region, name=name),
        kind=kind,
        text=text,
        placeholders=find_placeholders(text),
        status=status,
        created_by=project.created_by,
    )


def signature(
    project: Project,
    text: str = "DemoShop",
    *,
    region: Region = Region.INTERNATIONAL,
    status: RevisionStatus = RevisionStatus.APPROVED,
) -> SignatureRevision:
    return SignatureRevision.objects.create(
        signature=Signature.objects.create(project=project, region=region),
        text=text,
        type=SignatureType.APP,
        status=status,
        created_by=project.created_by,
    )


def sender_id(
    project: Project,
    text: str = "DemoShop",
    *,
    country: str = "",
    status: RevisionStatus = RevisionStatus.APPROVED,
) -> SenderIdRevision:
    return SenderIdRevision.objects.create(
        sender_id=SenderId.objects.create(project=project, country=country),
        text=text,
        status=status,
        created_by=project.created_by,
    )


def csv_file(rows: Iterable[Sequence[object]], *, name: str = "recipients.csv") -> SimpleUploadedFile:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return SimpleUploadedFile(name, stream.getvalue().encode())


def order_rows(n: int) -> list[list[str]]:
    """A header and `n` rows for the text of `body`."""
    rows = [[number, f"Person {i}", "Berlin"] for i, number in enumerate(numbers(n))]
    return [["Number", "Name", "City"], *rows]


def draft(project: Project, by: User, **changes: object) -> Campaign:
    """A draft with approved texts, unless `changes` says otherwise."""
    if "sender_id" in changes:
        sender_id(project, str(changes["sender_id"]))
    campaign = services.create_draft(project=project, by=by)
    texts = DraftChanges(body_template_revision=body(project), signature_revision=signature(project))
    return services.update_draft(campaign=campaign, version=None, changes={**texts, **changes}, by=by)


def uploaded(
    campaign: Campaign, rows: Iterable[Sequence[object]], *, by: User, name: str = "a.csv"
) -> Upload:
    """Upload the rows and let them be imported, as a worker would."""
    upload = services.receive_upload(campaign=campaign, file=csv_file(rows, name=name), by=by)
    services.import_recipients(upload_id=upload.pk)
    campaign.refresh_from_db()
    return Upload.objects.get(pk=upload.pk)


def ready(project: Project, by: User, *, n: int = 3) -> Campaign:
    """A draft that could be sent."""
    campaign = draft(project, by)
    uploaded(campaign, order_rows(n), by=by)
    return campaign


def send(campaign: Campaign, by: User) -> Campaign:
    return services.confirm_send(
        campaign=campaign, version=None, authorization=services.FromShell(), by=by
    ).campaign


def scheduled(project: Project, by: User, *, in_seconds: float) -> Campaign:
    """A campaign that was confirmed for a time; a past one as if nobody had started it."""
    campaign = ready(project, by)
    wall = timezone.now().astimezone(project.zone) + timedelta(days=1)
    services.set_schedule(
        campaign=campaign, version=None, wall=wall.replace(tzinfo=None), zone=project.time_zone, by=by
    )
    send(campaign, by)
    Campaign.objects.filter(pk=campaign.pk).update(
        scheduled_at=timezone.now() + timedelta(seconds=in_seconds)
    )
    campaign.refresh_from_db()
    return campaign
