"""Identity verification: handed in by an admin, withdrawn, decided by platform staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.errors import AccountsError, StandingChanged
from accounts.models import IdentityVerification, Membership, Organization, User, VerificationDocument
from accounts.services.events import tell
from accounts.services.papers import PAPERS_MAX, Paper, forget_files, keep_papers, store_papers
from accounts.statuses import EntityKind, VerificationStatus


@dataclass(frozen=True, slots=True)
class Identity:
    """What an organization says it is."""

    kind: EntityKind
    legal_name: str
    registration_number: str
    address: str
    contact_name: str
    contact_msisdn: str


def submit_verification(
    *,
    organization: Organization,
    identity: Identity,
    papers: Sequence[Paper],
    kept: Sequence[VerificationDocument] = (),
    seen: UUID | None,
    by: User,
) -> IdentityVerification:
    """A request that staff will review. What is in force stays so until it is approved.

    `kept` are documents of the newest request that it shows again; `seen` is that request as the form knew it.
    Raises `StandingChanged` when another was made meanwhile, `AccountsError` when it cannot be handed in.
    """
    with transaction.atomic():
        _lock(organization)
        newest = IdentityVerification.objects.filter(organization=organization).order_by("-id").first()
        _refuse_stale(newest, seen)
        _refuse_what_cannot_be(organization, newest, identity)
        kept = [document for document in kept if newest and document.verification_id == newest.pk]
        if not 1 <= len(papers) + len(kept) <= PAPERS_MAX:
            raise AccountsError(
                _("Attach between 1 and %(max)d documents, those kept included.") % {"max": PAPERS_MAX}
            )
        verification = IdentityVerification.objects.create(
            organization=organization, submitted_by=by, **asdict(identity)
        )
        keep_papers(verification, kept)
        stored = store_papers(verification, papers)
        try:
            _tell("submitted", verification, by=by)
        except BaseException:
            forget_files(stored)
            raise
    return verification


def _refuse_stale(newest: IdentityVerification | None, seen: UUID | None) -> None:
    if newest is None or newest.uuid == seen:
        return
    raise StandingChanged(
        _(
            "%(who)s handed in a request at %(when)s UTC, after you opened the page. Look at it first, then "
            "send yours if it is still right."
        )
        % {"who": newest.submitted_by or _("The console"), "when": _moment(newest.submitted_at)}
    )


def _refuse_what_cannot_be(
    organization: Organization, newest: IdentityVerification | None, identity: Identity
) -> None:
    if newest is not None and newest.status == VerificationStatus.PENDING:
        raise AccountsError(
            _("A request is waiting for its review. Withdraw it first if something in it is wrong.")
        )
    is_enterprise = IdentityVerification.objects.filter(
        organization=organization, status=VerificationStatus.APPROVED, kind=EntityKind.ENTERPRISE
    ).exists()
    if is_enterprise and identity.kind == EntityKind.INDIVIDUAL:
        raise AccountsError(
            _("The organization is verified as an enterprise and cannot become an individual any more.")
        )


def withdraw_verification(*, verification: IdentityVerification, by: User) -> None:
    """Take a request back before it is decided. Withdrawing twice does nothing."""
    with transaction.atomic():
        _lock(verification.organization)
        pending = IdentityVerification.objects.filter(pk=verification.pk, status=VerificationStatus.PENDING)
        if pending.update(status=VerificationStatus.WITHDRAWN, decided_at=timezone.now(), decided_by=by):
            _tell("withdrawn", verification, by=by)
            return
        verification.refresh_from_db()
        if verification.status != VerificationStatus.WITHDRAWN:
            raise StandingChanged(_decided_words(verification))


def approve_verification(*, verification: IdentityVerification, comment: str = "", by: User) -> None:
    """From now on these data are in force; those before become superseded.

    Raises `StandingChanged` when somebody was first, `AccountsError` for who may not decide it.
    """
    with transaction.atomic():
        _lock_pending(verification, by=by)
        IdentityVerification.objects.filter(
            organization=verification.organization, status=VerificationStatus.APPROVED
        ).update(status=VerificationStatus.SUPERSEDED)
        _decide(verification, VerificationStatus.APPROVED, [], comment, by)
        _tell("approved", verification, by=by)


def reject_verification(
    *, verification: IdentityVerification, reasons: Sequence[str], comment: str, by: User
) -> None:
    """Refuse a request with preset reasons, a comment or both. What is in force stays so."""
    if not reasons and not comment.strip():
        raise AccountsError(_("Choose a reason or write one, so that they know what to correct."))
    with transaction.atomic():
        _lock_pending(verification, by=by)
        _decide(verification, VerificationStatus.REJECTED, list(reasons), comment, by)
        _tell("rejected", verification, by=by, reasons=list(reasons))


def _lock_pending(verification: IdentityVerification, *, by: User) -> None:
    if not by.is_staff:
        raise AccountsError(_("Only platform staff decide verifications."))
    _lock(verification.organization)
    refuse_own(verification.organization, by)
    verification.refresh_from_db()
    if verification.status != VerificationStatus.PENDING:
        raise StandingChanged(_decided_words(verification))


def refuse_own(organization: Organization, by: User) -> None:
    """Raises when this member of staff belongs to the organization: nobody reviews their own."""
    if Membership.objects.filter(organization=organization, user=by).exists():
        raise AccountsError(
            _("You are a member of this organization. Somebody else of the platform staff decides about it.")
        )


def _decide(
    verification: IdentityVerification,
    status: VerificationStatus,
    reasons: list[str],
    comment: str,
    by: User,
) -> None:
    IdentityVerification.objects.filter(pk=verification.pk).update(
        status=status, reasons=reasons, comment=comment.strip(), decided_at=timezone.now(), decided_by=by
    )
    verification.refresh_from_db()


def _decided_words(verification: IdentityVerification) -> str:
    return _("This request is not waiting any more. %(who)s: %(state)s, %(when)s UTC.") % {
        "who": verification.decided_by or _("The console"),
        "state": verification.get_status_display(),
        "when": _moment(verification.decided_at or verification.submitted_at),
    }


def _moment(at: datetime) -> str:
    return date_format(at, "MOMENT_WITH_SECONDS")


def _lock(organization: Organization) -> None:
    """Requests and decisions of one organization come one after the other."""
    Organization.objects.select_for_update().get(pk=organization.pk)


def _tell(what: str, verification: IdentityVerification, *, by: User, **details: Any) -> None:
    tell(
        f"verification.{what}",
        verification.organization,
        by=by,
        verification=str(verification.uuid),
        entity=verification.kind,
        **details,
    )
