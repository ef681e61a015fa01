"""Signatures: list, look at one, submit, submit again, withdraw."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import ConfigDict, Field

from accounts.models import User
from api.native.cursors import Cursors
from api.native.keys import ApiRequest
from api.native.operations import Terms, operation
from api.native.problems import FieldError, Problem
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
from templates_app.documents import CERTIFICATES_MAX, Document, read_document
from templates_app.errors import TemplatesError
from templates_app.models import Signature, SignatureRevision
from templates_app.queries import signature_page
from templates_app.rules.limits import SIGNATURE_STORED_MAX
from templates_app.statuses import SignatureType, SignatureUse

router = Router(tags=["Signatures"])

# What Django takes into memory of a body; certificates are base64, a third longer than their files.
WITH_CERTIFICATES_MAX_BYTES = 5 << 20


class ChangedSignature(Given):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"text": "DemoShop", "type": "app", "remarks": "Our app in the stores"}
        },
    )

    text: Line = Field(min_length=1, max_length=SIGNATURE_STORED_MAX, description="Without brackets.")
    type: SignatureType
    use: SignatureUse = SignatureUse.OWN
    remarks: Lines = Field("", max_length=500, description="For the reviewer.")
    certificates: Annotated[list[str], Field(max_length=CERTIFICATES_MAX)] = Field(
        [], description="JPG, PNG or PDF files in base64, at most 5 MB for the whole request."
    )


class NewSignature(ChangedSignature):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "region": "international",
                "text": "DemoShop",
                "type": "app",
                "remarks": "Our app in the stores",
            }
        },
    )

    region: Region


class SignatureOut(RevisionOut):
    id: UUID
    number: int = Field(description="`SignId` of the Tencent-compatible APIs.")
    region: Region
    type: SignatureType
    use: SignatureUse


class SignaturePage(Told):
    items: list[SignatureOut]
    next_cursor: str | None = NEXT_CURSOR


@operation(
    router,
    "GET",
    "/signatures",
    Terms(ApiScope.TEXTS_READ, "List signatures", ("cursor_invalid",)),
    gives=SignaturePage,
)
def list_signatures(request: ApiRequest, asked: Query[TextsAsked]) -> SignaturePage:
    """The project's signatures, newest first."""
    project = request.auth.project
    cursors = Cursors("signatures", project, asked.filters())
    before = cursors.read(asked.cursor)
    page = signature_page(
        project=project, region=asked.region, state=asked.status or "", before=before, limit=asked.limit
    )
    items = [_out(entry.owner, entry.latest, **fields_of_entry(entry)) for entry in page.entries]
    return SignaturePage(items=items, next_cursor=cursors.make(page.following))


@operation(
    router,
    "GET",
    "/signatures/{signature_id}",
    Terms(ApiScope.TEXTS_READ, "Get a signature"),
    gives=SignatureOut,
)
def get_signature(request: ApiRequest, signature_id: UUID) -> SignatureOut:
    """A signature and how its review stands."""
    return _answer(owner_of(request, Signature, signature_id))


@operation(
    router,
    "POST",
    "/signatures",
    Terms(
        ApiScope.TEXTS_WRITE,
        "Submit a signature",
        TEXT_CODES,
        status=201,
        once="here",
        body_max_bytes=WITH_CERTIFICATES_MAX_BYTES,
    ),
    gives=SignatureOut,
)
def submit_signature(request: ApiRequest, body: NewSignature) -> SignatureOut:
    """Write a new signature and hand it to the reviewers. It can be used once it is approved."""
    documents = _documents(body.certificates)

    def write(by: User) -> SignatureRevision:
        return services.create_signature(
            project=request.auth.project,
            region=body.region,
            text=body.text,
            type=body.type,
            use=body.use,
            remarks=body.remarks,
            documents=documents,
            by=by,
        )

    revision = write_and_submit(request, None, write)
    return _answer(revision.signature)


@operation(
    router,
    "PUT",
    "/signatures/{signature_id}",
    Terms(
        ApiScope.TEXTS_WRITE,
        "Submit a signature again",
        TEXT_CODES,
        once="here",
        body_max_bytes=WITH_CERTIFICATES_MAX_BYTES,
    ),
    gives=SignatureOut,
)
def resubmit_signature(request: ApiRequest, signature_id: UUID, body: ChangedSignature) -> SignatureOut:
    """Submit other words. A version that waits is taken back; an approved one stays in use until the new one is
    approved. Certificates of before stay.
    """
    signature = owner_of(request, Signature, signature_id)
    documents = _documents(body.certificates)

    def write(by: User) -> SignatureRevision:
        return services.edit_signature(
            signature=signature,
            text=body.text,
            type=body.type,
            use=body.use,
            remarks=body.remarks,
            documents=documents,
            by=by,
        )

    write_and_submit(request, signature, write)
    return _answer(signature)


@operation(
    router,
    "POST",
    "/signatures/{signature_id}/withdraw",
    Terms(ApiScope.TEXTS_WRITE, "Withdraw a signature", TEXT_CODES, once="here"),
    gives=SignatureOut,
)
def withdraw_signature(request: ApiRequest, signature_id: UUID) -> SignatureOut:
    """Take a signature back that waits for approval. It is a draft then and can be submitted again."""
    signature = owner_of(request, Signature, signature_id)
    withdraw(request, signature)
    return _answer(signature)


def _answer(signature: Signature) -> SignatureOut:
    latest, fields = fields_of_owner(signature, SignatureRevision)
    return _out(signature, latest, **fields)


def _out(signature: Signature, latest: SignatureRevision, **fields: object) -> SignatureOut:
    return SignatureOut.model_validate(
        {
            "id": signature.uuid,
            "number": signature.pk,
            "region": signature.region,
            "type": latest.type,
            "use": latest.use,
            **fields,
        }
    )


def _documents(written: list[str]) -> list[Document]:
    """The certificates of a body; what is no document is refused by its place in the list."""
    found = []
    for index, text in enumerate(written):
        field = f"certificates[{index}]"
        try:
            file = io.BytesIO(base64.b64decode(text, validate=True))
            found.append(read_document(file, name=f"certificate-{index + 1}"))
        except (binascii.Error, ValueError) as error:
            words = FieldError(field, "base64", "This is not base64.")
            raise Problem("invalid_input", errors=[words]) from error
        except TemplatesError as error:
            raise Problem(
                "text_refused", str(error), errors=[FieldError(field, "document", str(error))]
            ) from error
    return found
