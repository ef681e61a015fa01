"""Body templates: list, look at one, submit, submit again, withdraw."""

from __future__ import annotations

from uuid import UUID

from ninja import Query, Router
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from accounts.models import User
from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.operations import Terms, operation
from api.native.shapes import NEXT_CURSOR, Given, Line, Lines, Told
from api.native.texts import (
    TEXT_CODES,
    RevisionOut,
    TextsAsked,
    fields_of_entry,
    fields_of_owner,
    owner_of,
    withdraw,
    write_and_submit,
)
from projects.statuses import ApiScope
from smsconsole.lib.types import Region
from templates_app import services
from templates_app.models import BodyTemplate, BodyTemplateRevision
from templates_app.queries import body_template_page
from templates_app.rules.limits import BODY_STORED_MAX
from templates_app.statuses import TextKind

router = Router(tags=["Body templates"])

_EXAMPLE: JsonDict = {
    "name": "Order notice",
    "kind": "notification",
    "text": "Hello {1}, your order to {2} is on its way.",
    "remarks": "Sent when a parcel leaves the warehouse.",
}


class ChangedBodyTemplate(Given):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    name: Line = Field(min_length=1, max_length=60, pattern=r"\S", description="Only for you.")
    kind: TextKind
    text: Lines = Field(
        min_length=1,
        max_length=BODY_STORED_MAX,
        description="Placeholders are {1}, {2} … or ${code}. The signature is added in front.",
    )
    remarks: Lines = Field(max_length=500, description="For the reviewer: when and to whom it is sent.")


class NewBodyTemplate(ChangedBodyTemplate):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"region": "international", **_EXAMPLE}}
    )

    region: Region


class BodyTemplateOut(RevisionOut):
    id: UUID
    number: int = Field(description="`tpl_id` and `TemplateId` of the Tencent-compatible APIs.")
    region: Region
    name: str
    kind: TextKind
    placeholders: list[str] = Field(description="Of the newest version, in the order of the values.")


class BodyTemplatePage(Told):
    items: list[BodyTemplateOut]
    next_cursor: str | None = NEXT_CURSOR


@operation(
    router,
    "GET",
    "/body-templates",
    Terms(ApiScope.TEXTS_READ, "List body templates", ("cursor_invalid",)),
    gives=BodyTemplatePage,
)
def list_body_templates(request: ApiRequest, asked: Query[TextsAsked]) -> BodyTemplatePage:
    """The project's body templates, newest first."""
    project = request.auth.project
    cursors = Cursors("body-templates", project, asked.filters())
    before = cursors.read(asked.cursor)
    page = body_template_page(
        project=project, region=asked.region, state=asked.status or "", before=before, limit=asked.limit
    )
    items = [_out(entry.owner, entry.latest, fields_of_entry(entry)) for entry in page.entries]
    return BodyTemplatePage(items=items, next_cursor=cursors.make(page.following))


@operation(
    router,
    "GET",
    "/body-templates/{template_id}",
    Terms(ApiScope.TEXTS_READ, "Get a body template"),
    gives=BodyTemplateOut,
)
def get_body_template(request: ApiRequest, template_id: UUID) -> BodyTemplateOut:
    """A body template and how its review stands."""
    return _answer(owner_of(request, BodyTemplate, template_id))


@operation(
    router,
    "POST",
    "/body-templates",
    Terms(ApiScope.TEXTS_WRITE, "Submit a body template", TEXT_CODES, status=201, once="here"),
    gives=BodyTemplateOut,
)
def submit_body_template(request: ApiRequest, body: NewBodyTemplate) -> BodyTemplateOut:
    """Write a new body template and hand it to the reviewers. It can be used once it is approved."""

    def write(by: User) -> BodyTemplateRevision:
        return services.create_body_template(
            project=request.auth.project,
            region=body.region,
            name=body.name,
            kind=body.kind,
            text=body.text,
            remarks=body.remarks,
            by=by,
        )

    revision = write_and_submit(request, None, write)
    return _answer(revision.body_template)


@operation(
    router,
    "PUT",
    "/body-templates/{template_id}",
    Terms(ApiScope.TEXTS_WRITE, "Submit a body template again", TEXT_CODES, once="here"),
    gives=BodyTemplateOut,
)
def resubmit_body_template(
    request: ApiRequest, template_id: UUID, body: ChangedBodyTemplate
) -> BodyTemplateOut:
    """Submit other words. A version that waits is taken back; an approved one stays in use meanwhile."""
    owner = owner_of(request, BodyTemplate, template_id)

    def write(by: User) -> BodyTemplateRevision:
        return services.edit_body_template(
            body_template=owner, name=body.name, kind=body.kind, text=body.text, remarks=body.remarks, by=by
        )

    write_and_submit(request, owner, write)
    return _answer(owner)


@operation(
    router,
    "POST",
    "/body-templates/{template_id}/withdraw",
    Terms(ApiScope.TEXTS_WRITE, "Withdraw a body template", TEXT_CODES, once="here"),
    gives=BodyTemplateOut,
)
def withdraw_body_template(request: ApiRequest, template_id: UUID) -> BodyTemplateOut:
    """Take a body template back that waits for approval. It is a draft then and can be submitted again."""
    owner = owner_of(request, BodyTemplate, template_id)
    withdraw(request, owner)
    return _answer(owner)


def _answer(owner: BodyTemplate) -> BodyTemplateOut:
    latest, fields = fields_of_owner(owner, BodyTemplateRevision)
    return _out(owner, latest, fields)


def _out(owner: BodyTemplate, latest: BodyTemplateRevision, fields: dict[str, object]) -> BodyTemplateOut:
    return BodyTemplateOut.model_validate(
        {
            "id": owner.uuid,
            "number": owner.pk,
            "region": owner.region,
            "name": owner.name,
            "kind": latest.kind,
            "placeholders": latest.placeholders,
            **fields,
        }
    )
