"""What signatures, sender IDs and body templates have in common for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import transaction
from pydantic import Field

from accounts.models import User
from api.access import actor_of, may_manage_texts
from api.native.keys import ApiRequest
from api.native.problems import Problem
from api.native.shapes import Moment, Paged, Told
from smsconsole.lib.types import Region
from templates_app.models import (
    AnyOwner,
    AnyRevision,
    BodyTemplate,
    BodyTemplateRevision,
    Certificate,
    SenderId,
    SenderIdRevision,
    Signature,
    SignatureRevision,
)
from templates_app.queries import Entry, approved_revision, refusal_of
from templates_app.services import submit_revision, withdraw_revision
from templates_app.services.certificates import delete_files
from templates_app.statuses import RevisionStatus

Owner = TypeVar("Owner", Signature, BodyTemplate, SenderId)
R = TypeVar("R", SignatureRevision, BodyTemplateRevision, SenderIdRevision)

TEXT_CODES = (
    "text_refused",
    "enterprises_only",
    "nobody_behind_key",
    "project_disabled",
    "not_in_this_state",
)


class TextsAsked(Paged):
    region: Region | None = None
    status: RevisionStatus | None = Field(
        None, description="Of the newest version; `approved` finds all that can be used."
    )


class RevisionOut(Told):
    """The newest version of a text, and how its review stands."""

    status: RevisionStatus
    version: int
    usable: bool = Field(description="Whether some version is approved, this one or an earlier one.")
    text: str = Field(description="Of the newest version.")
    approved_text: str | None = Field(
        description="Of the version that is sent with; null when there is none."
    )
    remarks: str
    comment: str = Field(description="Why a reviewer rejected it or revoked the approval; else empty.")
    submitted_at: Moment | None
    decided_at: Moment | None


def shared_fields(latest: AnyRevision, in_use: AnyRevision | None, *, comment: str = "") -> dict[str, Any]:
    """The part of an answer that all reviewed texts have."""
    if latest.status == RevisionStatus.APPROVED:
        in_use = latest
    return {
        "status": latest.status,
        "version": latest.number,
        "usable": in_use is not None,
        "text": latest.text,
        "approved_text": in_use.text if in_use is not None else None,
        "remarks": latest.remarks,
        "comment": comment,
        "submitted_at": latest.submitted_at,
        "decided_at": latest.decided_at,
    }


def fields_of_entry(entry: Entry[Any, Any]) -> dict[str, Any]:
    return shared_fields(entry.latest, entry.in_use)


def fields_of_owner(owner: AnyOwner, kind: type[R]) -> tuple[R, dict[str, Any]]:
    """Its newest revision, which is of this kind, and what is told of it. Three queries."""
    latest = cast(R, newest_revision(owner))
    review = refusal_of(latest)
    return latest, shared_fields(latest, approved_revision(owner), comment=review.comment if review else "")


def owner_of(request: ApiRequest, model: type[Owner], uuid: UUID) -> Owner:
    """The thing of the caller's project, or `Problem`."""
    found = (
        model._default_manager.select_related("project")
        .filter(project=request.auth.project, uuid=uuid)
        .first()
    )
    if found is None:
        raise Problem("not_found")
    return found


def newest_revision(owner: AnyOwner) -> AnyRevision:
    """`Problem` in the moment after it was discarded."""
    latest: AnyRevision | None = owner.revisions.order_by("-number").first()
    if latest is None:
        raise Problem("not_found")
    return latest


def withdraw(request: ApiRequest, owner: AnyOwner) -> None:
    """Take the newest version back from review; it is a draft then. `Problem` when it does not wait."""
    latest = newest_revision(owner)
    if latest.status != RevisionStatus.PENDING:
        raise Problem(
            "not_in_this_state", f"Its newest version is {latest.status}, so there is nothing to withdraw."
        )
    withdraw_revision(revision=latest, by=actor_of(request.key))


def write_and_submit(request: ApiRequest, owner: AnyOwner | None, write: Callable[[User], R]) -> R:
    """Let `write` make the next version and hand it to the reviewers; one of `owner` that waits is taken back first.

    All of it, or nothing. What was approved stays in use until the new version is.
    """
    if not may_manage_texts(request.auth.project):
        raise Problem("enterprises_only")
    by = actor_of(request.key)
    before = _stored_files(owner)
    stored: set[str] = set()
    try:
        with transaction.atomic():
            if owner is not None:
                latest = newest_revision(owner)
                if latest.status == RevisionStatus.PENDING:
                    withdraw_revision(revision=latest, by=by)
            revision = write(by)
            stored = _stored_files(revision.owner) - before
            submit_revision(revision=revision, by=by)
    except BaseException:
        # Files are not undone by a database.
        delete_files(sorted(stored))
        raise
    return revision


def _stored_files(owner: AnyOwner | None) -> set[str]:
    if not isinstance(owner, Signature):
        return set()
    return set(Certificate.objects.filter(revision__signature=owner).values_list("file", flat=True))
