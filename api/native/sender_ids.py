"""Sender IDs: list, look at one, submit, submit again, withdraw."""

from __future__ import annotations

from uuid import UUID

from ninja import Query, Router
from pydantic import ConfigDict, Field

from accounts.models import User
from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.operations import Terms, operation
from api.native.shapes import NEXT_CURSOR, Country, Given, Line, Lines, Paged, Told
from api.native.texts import (
    TEXT_CODES,
    RevisionOut,
    fields_of_entry,
    fields_of_owner,
    owner_of,
    withdraw,
    write_and_submit,
)
from projects.statuses import ApiScope
from templates_app import services
from templates_app.models import SenderId, SenderIdRevision
from templates_app.queries import sender_id_page
from templates_app.rules.limits import SENDER_ID_STORED_MAX
from templates_app.statuses import RevisionStatus

router = Router(tags=["Sender IDs"])


class ChangedSenderId(Given):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "DemoShop", "remarks": "Our brand"}}
    )

    text: Line = Field(
        min_length=1,
        max_length=SENDER_ID_STORED_MAX,
        description="Up to 11 letters and digits with at least one letter, or up to 15 digits.",
    )
    remarks: Lines = Field("", max_length=500, description="For the reviewer: whose brand it is.")


class NewSenderId(ChangedSenderId):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"text": "DemoShop", "country": "DE", "remarks": "Our brand"}},
    )

    country: Country = Field("", description="Where it may be used (ISO 3166); empty: everywhere.")


class SenderIdsAsked(Paged):
    status: RevisionStatus | None = None


class SenderIdOut(RevisionOut):
    id: UUID
    country: str = Field(description="Where it may be used; empty: everywhere.")


class SenderIdPage(Told):
    items: list[SenderIdOut]
    next_cursor: str | None = NEXT_CURSOR


@operation(
    router,
    "GET",
    "/sender-ids",
    Terms(ApiScope.TEXTS_READ, "List sender IDs", ("cursor_invalid",)),
    gives=SenderIdPage,
)
def list_sender_ids(request: ApiRequest, asked: Query[SenderIdsAsked]) -> SenderIdPage:
    """The project's sender IDs, newest first."""
    project = request.auth.project
    cursors = Cursors("sender-ids", project, asked.filters())
    before = cursors.read(asked.cursor)
    page = sender_id_page(project=project, state=asked.status or "", before=before, limit=asked.limit)
    items = [_out(entry.owner, fields_of_entry(entry)) for entry in page.entries]
    return SenderIdPage(items=items, next_cursor=cursors.make(page.following))


@operation(
    router, "GET", "/sender-ids/{sender_id}", Terms(ApiScope.TEXTS_READ, "Get a sender ID"), gives=SenderIdOut
)
def get_sender_id(request: ApiRequest, sender_id: UUID) -> SenderIdOut:
    """A sender ID and how its review stands."""
    return _answer(owner_of(request, SenderId, sender_id))


@operation(
    router,
    "POST",
    "/sender-ids",
    Terms(ApiScope.TEXTS_WRITE, "Submit a sender ID", TEXT_CODES, status=201, once="here"),
    gives=SenderIdOut,
)
def submit_sender_id(request: ApiRequest, body: NewSenderId) -> SenderIdOut:
    """Register a sender ID and hand it to the reviewers. It can be used once it is approved."""

    def write(by: User) -> SenderIdRevision:
        return services.create_sender_id(
            project=request.auth.project, text=body.text, country=body.country, remarks=body.remarks, by=by
        )

    revision = write_and_submit(request, None, write)
    return _answer(revision.sender_id)


@operation(
    router,
    "PUT",
    "/sender-ids/{sender_id}",
    Terms(ApiScope.TEXTS_WRITE, "Submit a sender ID again", TEXT_CODES, once="here"),
    gives=SenderIdOut,
)
def resubmit_sender_id(request: ApiRequest, sender_id: UUID, body: ChangedSenderId) -> SenderIdOut:
    """Submit other words. A version that waits is taken back; an approved one stays in use meanwhile."""
    owner = owner_of(request, SenderId, sender_id)

    def write(by: User) -> SenderIdRevision:
        return services.edit_sender_id(sender_id=owner, text=body.text, remarks=body.remarks, by=by)

    write_and_submit(request, owner, write)
    return _answer(owner)


@operation(
    router,
    "POST",
    "/sender-ids/{sender_id}/withdraw",
    Terms(ApiScope.TEXTS_WRITE, "Withdraw a sender ID", TEXT_CODES, once="here"),
    gives=SenderIdOut,
)
def withdraw_sender_id(request: ApiRequest, sender_id: UUID) -> SenderIdOut:
    """Take a sender ID back that waits for approval. It is a draft then and can be submitted again."""
    owner = owner_of(request, SenderId, sender_id)
    withdraw(request, owner)
    return _answer(owner)


def _answer(owner: SenderId) -> SenderIdOut:
    _latest, fields = fields_of_owner(owner, SenderIdRevision)
    return _out(owner, fields)


def _out(owner: SenderId, fields: dict[str, object]) -> SenderIdOut:
    return SenderIdOut.model_validate({"id": owner.uuid, "country": owner.country, **fields})
