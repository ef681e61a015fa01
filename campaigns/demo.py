"""An example to begin with: a company, its people and texts, and a small campaign that is really sent.

Everything is made by the services that the pages use, so the example cannot show what the console would refuse.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Installation, Organization, Role, User
from accounts.services import add_member, vouch_for
from campaigns import services
from campaigns.models import Campaign
from campaigns.workbooks import write_rows
from delivery.services import ensure_simulated_gateway
from projects.models import Project
from projects.services import add_project
from smsconsole.lib.types import Region
from templates_app import services as texts
from templates_app.models import BodyTemplateRevision, SignatureRevision
from templates_app.statuses import RevisionStatus, SignatureType, TextKind

ORGANIZATION = "Demo company"
PROJECT = "Demo shop"
CAMPAIGN = "First order notices"
SENDER_ID = "DemoShop"

INTERNATIONAL_TEXT = "Hello {1}, your order to {2} is on its way."
DOMESTIC_TEXT = "您好{1}，您寄往{2}的订单已发出。"
_SCENARIO = "Tells customers that their order has left the warehouse."
_LOGIN_SCENARIO = "Sent to a customer who signs in from a new device, once for each sign-in."

_NAMES = ["Maria", "Jonas", "Amélie", "Luca", "Sofia", "Noah", "Elif", "Oscar", "Zoë", "Mateus"]
# What three more digits make a mobile number of.
_PLACES = [
    ("+4915123456", "Berlin"),
    ("+447400123", "Leeds"),
    ("+33612345", "Lyon"),
    ("+34612345", "Bilbao"),
    ("+61412345", "Perth"),
    ("+6581234", "Singapore"),
]


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """The three who sign in, and their passwords, which nobody can look up later."""

    operator: User
    reviewer: User
    admin: User
    passwords: dict[str, str]


def is_loaded() -> bool:
    return Organization.objects.filter(name=ORGANIZATION).exists()


def load(*, sign_ins: Path) -> DemoPeople | None:
    """Make the example, and write who may sign in to `sign_ins`, readable by its owner only.

    None, and nothing is changed, when it was made before. All of it or nothing, but for the sending itself,
    which workers do.
    """
    with transaction.atomic():
        # Two that come at once: the second waits here and then finds the first's.
        Installation.objects.get_or_create(pk=1)
        Installation.objects.select_for_update().get(pk=1)
        if is_loaded():
            return None
        # Whoever looks at the demo should not need a telephone for it; the members page says so.
        organization = Organization.objects.create(name=ORGANIZATION, requires_two_factor=False)
        people = _people(organization)
        vouch_for(organization=organization, by=people.admin)
        project = add_project(
            organization=organization,
            name=PROJECT,
            time_zone="Europe/Berlin",
            default_country="",
            by=people.admin,
        )
        ensure_simulated_gateway()
        body, signature = _texts(project, people)
        _sender_ids(project, people)
        Installation.objects.filter(pk=1).update(setup_code_hash="", set_up_at=timezone.now())
        _write_sign_ins(sign_ins, people)
    _send(project, body, signature, people.operator)
    return people


def _people(organization: Organization) -> DemoPeople:
    passwords = {name: secrets.token_urlsafe(12) for name in ("operator", "reviewer", "admin")}
    made = {
        name: User.objects.create_user(f"{name}@demo.example", password, name=f"Demo {name}")
        for name, password in passwords.items()
    }
    roles = {
        "operator": [Role.OPERATOR],
        "reviewer": [Role.REVIEWER],
        "admin": [Role.ADMIN],
    }
    for name, user in made.items():
        add_member(
            organization=organization,
            user=user,
            roles=roles[name],
            may_reveal_numbers=name != "reviewer",
            by=made["admin"],
        )
    by_email = {made[name].email: password for name, password in passwords.items()}
    return DemoPeople(made["operator"], made["reviewer"], made["admin"], by_email)


def _texts(project: Project, people: DemoPeople) -> tuple[BodyTemplateRevision, SignatureRevision]:
    """Approved ones for both regions, and one of each other state, so that the lists look like in life."""
    signature = _signature(project, people, Region.INTERNATIONAL, "DemoShop", RevisionStatus.APPROVED)
    _signature(project, people, Region.DOMESTIC, "演示商城", RevisionStatus.APPROVED)
    _signature(project, people, Region.INTERNATIONAL, "DemoShop Club", RevisionStatus.PENDING)
    body = _body(project, people, Region.INTERNATIONAL, "International order notice", INTERNATIONAL_TEXT)
    _body(project, people, Region.DOMESTIC, "Domestic order notice", DOMESTIC_TEXT)
    _body(
        project,
        people,
        Region.INTERNATIONAL,
        "Login code",
        "Your login verification code is {1}, which is valid for {2} minutes. "
        "If you are not using our service, ignore the message.",
        kind=TextKind.VERIFICATION,
        scenario=_LOGIN_SCENARIO,
        status=RevisionStatus.PENDING,
    )
    _body(
        project,
        people,
        Region.INTERNATIONAL,
        "Parcel shop notice",
        "Hello {1}, your parcel waits for you in {2}. Bring this message.",
        status=RevisionStatus.REJECTED,
    )
    return body, signature


def _sender_ids(project: Project, people: DemoPeople) -> None:
    """One that may be used everywhere, and one of a country that waits for its review."""
    for text, country in ((SENDER_ID, ""), ("DemoClub", "GB")):
        revision = texts.create_sender_id(
            project=project,
            text=text,
            country=country,
            remarks="The short name of our shop, as on our website.",
            by=people.operator,
        )
        texts.submit_revision(revision=revision, by=people.operator)
        if text == SENDER_ID:
            revision.refresh_from_db()
            texts.approve_revision(revision=revision, by=people.reviewer)


def _signature(
    project: Project, people: DemoPeople, region: Region, text: str, status: RevisionStatus
) -> SignatureRevision:
    revision = texts.create_signature(
        project=project,
        region=region,
        text=text,
        type=SignatureType.APP,
        remarks="https://shop.demo.example",
        by=people.operator,
    )
    texts.submit_revision(revision=revision, by=people.operator)
    if status == RevisionStatus.APPROVED:
        revision.refresh_from_db()
        texts.approve_revision(revision=revision, by=people.reviewer)
    return revision


def _body(
    project: Project,
    people: DemoPeople,
    region: Region,
    name: str,
    text: str,
    *,
    kind: TextKind = TextKind.NOTIFICATION,
    scenario: str = _SCENARIO,
    status: RevisionStatus = RevisionStatus.APPROVED,
) -> BodyTemplateRevision:
    revision = texts.create_body_template(
        project=project,
        region=region,
        name=name,
        kind=kind,
        text=text,
        remarks=scenario,
        by=people.operator,
    )
    texts.submit_revision(revision=revision, by=people.operator)
    revision.refresh_from_db()
    if status == RevisionStatus.APPROVED:
        texts.approve_revision(revision=revision, by=people.reviewer)
    elif status == RevisionStatus.REJECTED:
        texts.reject_revision(
            revision=revision, by=people.reviewer, comment="Say until when the parcel is kept there."
        )
    return revision


def _write_sign_ins(path: Path, people: DemoPeople) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("".join(f"{email}  {password}\n" for email, password in people.passwords.items()))


def _send(project: Project, body: BodyTemplateRevision, signature: SignatureRevision, by: User) -> Campaign:
    """Send the example campaign: read here, fanned out and sent by the workers when they come."""
    body.refresh_from_db()
    signature.refresh_from_db()
    campaign = services.create_draft(project=project, by=by, region=Region.INTERNATIONAL)
    campaign = services.update_draft(
        campaign=campaign,
        version=None,
        changes={
            "body_template_revision": body,
            "signature_revision": signature,
            "name": CAMPAIGN,
            "sender_id": SENDER_ID,
        },
        by=by,
    )
    upload = services.receive_upload(campaign=campaign, file=_workbook(), by=by)
    services.import_recipients(upload_id=upload.pk)
    Campaign.objects.filter(pk=campaign.pk).update(is_demo=True)
    outcome = services.confirm_send(
        campaign=campaign, version=None, authorization=services.FromShell(), by=by
    )
    return outcome.campaign


def _workbook() -> SimpleUploadedFile:
    stream = io.BytesIO()
    write_rows(stream, headers=["Number", "Name", "City"], rows=_rows())
    return SimpleUploadedFile("order-notices.xlsx", stream.getvalue())


def _rows() -> list[Sequence[str]]:
    """120 people of six countries, and four rows with what goes wrong in real files."""
    rows: list[Sequence[str]] = []
    for i in range(120):
        start, city = _PLACES[i % len(_PLACES)]
        rows.append([f"{start}{i:03d}", _NAMES[i % len(_NAMES)], city])
    rows.insert(17, ["8.6138E+12", "Karin", "Bremen"])
    rows.insert(42, ["+8613800138000", "Wei", "Shanghai"])
    rows.insert(77, ["+4915123456500", "", "Hamburg"])
    rows.append(list(rows[0]))
    return rows
