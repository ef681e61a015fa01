"""Rows of the access table: verification, activation, the checklist, and the pages of platform staff."""

from __future__ import annotations

from typing import Any

from accounts.models import IdentityVerification, VerificationDocument
from accounts.statuses import ActivationStatus, VerificationStatus
from smsconsole.lib.types import Region
from tests.access.kit import ADMINS, MEMBERS_AND_STAFF, SIGNED_IN, Row, Things, no_arguments, of_organization
from tests.factories import MembershipFactory, UserFactory

# Pages of platform staff do not exist for anybody else.
STAFF = ("in", 404, 404, 404, "ok", 404)
# Nothing is posted here: whoever may decide gets the page back with what is missing.
STAFF_REFUSED = ("in", 404, 404, 404, 422, 404)
ADMINS_REFUSED = ("in", 403, 403, 422, 403, 404)
# The papers of an organization: its admins, and those who review them. No file lies behind the row: 404.
PAPERS = ("in", 403, 403, 404, 404, 404)


def of_case(things: Things) -> list[Any]:
    return [_pending(things).uuid]


def of_request(things: Things) -> list[Any]:
    return [things.organization.uuid, _pending(things).uuid]


def _pending(things: Things) -> IdentityVerification:
    verification: IdentityVerification = things.organization.verifications.create(
        kind="enterprise", legal_name="Acme", submitted_by=UserFactory()
    )
    return verification


def of_paper(things: Things) -> list[Any]:
    return [things.organization.uuid, _paper(things).uuid]


def of_paper_page(things: Things) -> list[Any]:
    return [*of_paper(things), 1]


def _paper(things: Things) -> VerificationDocument:
    verification = things.organization.verifications.get(status=VerificationStatus.APPROVED)
    document: VerificationDocument = verification.documents.create(
        file="verifications/none.pdf", content_type="application/pdf", size_bytes=1, n_pages=1
    )
    return document


def of_region(things: Things) -> list[Any]:
    return [things.organization.uuid, Region.DOMESTIC.value]


def of_requested_region(things: Things) -> list[Any]:
    things.organization.activations.update(status=ActivationStatus.REQUESTED)
    return of_region(things)


def of_person(things: Things) -> list[Any]:
    membership = MembershipFactory(organization=things.organization)
    return [things.organization.uuid, membership.user.uuid]


ROWS: list[Row] = [
    ("entity-rules", "get", no_arguments, SIGNED_IN),
    ("organization-checklist", "get", of_organization, MEMBERS_AND_STAFF),
    ("organization-standing", "get", of_organization, MEMBERS_AND_STAFF),
    ("verification-request", "get", of_organization, ADMINS),
    ("verification-request", "post", of_organization, ADMINS_REFUSED),
    ("verification-withdraw", "post", of_request, ADMINS),
    ("verification-document", "get", of_paper, PAPERS),
    ("verification-document-page", "get", of_paper_page, PAPERS),
    ("activation-request", "get", of_region, ADMINS),
    ("activation-request", "post", of_region, ADMINS_REFUSED),
    ("staff-organization-list", "get", no_arguments, STAFF),
    ("staff-organization", "get", of_organization, STAFF),
    ("staff-organization-lock", "get", of_organization, STAFF),
    ("staff-organization-lock", "post", of_organization, STAFF_REFUSED),
    ("staff-organization-unlock", "post", of_organization, STAFF),
    ("staff-activation-grant", "post", of_requested_region, STAFF),
    ("staff-activation-refuse", "get", of_requested_region, STAFF),
    ("staff-activation-refuse", "post", of_requested_region, STAFF_REFUSED),
    ("staff-activation-revoke", "get", of_region, STAFF),
    ("staff-activation-revoke", "post", of_region, STAFF_REFUSED),
    ("staff-person-deactivate", "post", of_person, STAFF),
    ("staff-person-reactivate", "post", of_person, STAFF),
    ("staff-verification-list", "get", no_arguments, STAFF),
    ("staff-verification", "get", of_case, STAFF),
    ("staff-verification-approve", "post", of_case, STAFF),
    ("staff-verification-reject", "post", of_case, STAFF_REFUSED),
]
