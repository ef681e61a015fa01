"""Texts written, changed and removed by programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from accounts.models import User
from api.services.texts.drafts import body_fields, numbered, require_enterprise, signature_fields
from api.services.texts.refusals import TextRefused, TextTrouble, refusals
from api.services.texts.told import R, revision_of_number
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import services
from templates_app.models import BodyTemplate, BodyTemplateRevision, Signature, SignatureRevision
from templates_app.services.certificates import delete_files
from templates_app.statuses import RevisionStatus, SignatureType, SignatureUse, TextKind


def add_signature(
    *,
    project: Project,
    by: User,
    region: Region,
    text: str,
    type: SignatureType,
    use: SignatureUse = SignatureUse.OWN,
    remarks: str = "",
    images: Sequence[bytes] = (),
) -> Signature:
    """Submit a new signature, without brackets, with these documents. Raises `TextRefused`."""
    fields = signature_fields(project, region, text, type, use, remarks, images)
    with refusals(), _files_go_with_the_rows() as stored:
        revision = services.create_signature(project=project, region=region, by=by, **fields)
        stored += _files_of(revision)
        services.submit_revision(revision=revision, by=by)
    signature: Signature = revision.signature
    return signature


def change_signature(
    *,
    project: Project,
    by: User,
    number: int,
    region: Region | None,
    text: str,
    type: SignatureType,
    use: SignatureUse = SignatureUse.OWN,
    remarks: str = "",
    images: Sequence[bytes] = (),
) -> Signature:
    """Submit a signature that waits or was refused with other words. Documents of before stay. Raises `TextRefused`."""
    require_enterprise(project)
    signature: Signature
    signature, told = _to_change(SignatureRevision, project, number, region)
    fields = signature_fields(
        project,
        Region(signature.region),
        text,
        type,
        use,
        remarks,
        images,
        n_before=told.certificates.count(),
    )
    with refusals(), _files_go_with_the_rows() as stored:
        _withdraw_pending(told, by=by)
        before = set(_files_of(told))
        revision = services.edit_signature(signature=signature, by=by, **fields)
        stored += set(_files_of(revision)) - before
        services.submit_revision(revision=revision, by=by)
    return signature


def add_body_template(
    *,
    project: Project,
    by: User,
    region: Region,
    name: str,
    kind: TextKind,
    text: str,
    remarks: str = "",
    is_numbered: bool = False,
) -> BodyTemplate:
    """Submit a new body template. Raises `TextRefused`.

    `is_numbered`: a name that is taken gets a number behind it. Tencent's programs know texts by their ids, and repeat
    names.
    """
    fields = body_fields(project, region, name, kind, text, remarks)
    for name_tried in numbered(fields.pop("name")) if is_numbered else (fields.pop("name"),):
        try:
            with refusals():
                revision = services.create_body_template(
                    project=project, region=region, by=by, name=name_tried, **fields
                )
                services.submit_revision(revision=revision, by=by)
        except TextRefused as error:
            refused = error
            if error.trouble != TextTrouble.SAME_EXISTS:
                break
        else:
            body_template: BodyTemplate = revision.body_template
            return body_template
    raise refused


def change_body_template(
    *,
    project: Project,
    by: User,
    number: int,
    region: Region | None,
    name: str,
    kind: TextKind,
    text: str,
    remarks: str = "",
) -> BodyTemplate:
    """Submit a body template that waits or was refused with other words. An empty name keeps the old one.

    Raises `TextRefused`.
    """
    require_enterprise(project)
    body_template: BodyTemplate
    body_template, told = _to_change(BodyTemplateRevision, project, number, region)
    fields = body_fields(
        project, Region(body_template.region), name or body_template.name, kind, text, remarks
    )
    with refusals():
        _withdraw_pending(told, by=by)
        revision = services.edit_body_template(body_template=body_template, by=by, **fields)
        services.submit_revision(revision=revision, by=by)
    return body_template


def remove_signature(*, project: Project, by: User, number: int) -> None:
    """Nothing new is sent with it, and programs do not see it any more. Raises `TextRefused`."""
    _remove(SignatureRevision, project, number, by)


def remove_body_template(*, project: Project, by: User, number: int) -> None:
    """Nothing new is sent with it, and programs do not see it any more. Raises `TextRefused`."""
    _remove(BodyTemplateRevision, project, number, by)


@contextmanager
def _files_go_with_the_rows() -> Iterator[list[str]]:
    """Files are not undone by a database: delete those that were stored for rows which are."""
    stored: list[str] = []
    try:
        yield stored
    except BaseException:
        delete_files(stored)
        raise


def _files_of(revision: SignatureRevision) -> list[str]:
    return [str(name) for name in revision.certificates.values_list("file", flat=True)]


def _to_change(model: type[R], project: Project, number: int, region: Region | None) -> tuple[Any, R]:
    told = revision_of_number(model, project, number)
    if told.status == RevisionStatus.APPROVED:
        raise TextRefused(
            TextTrouble.APPROVED_ALREADY,
            "It is approved, and what is approved is not changed by a program. Add another one.",
        )
    if region is not None and told.owner.region != region:
        raise TextRefused(TextTrouble.OTHER_REGION, "The region of a text is fixed. Add another one.")
    return told.owner, told


def _withdraw_pending(revision: SignatureRevision | BodyTemplateRevision, *, by: User) -> None:
    if revision.status == RevisionStatus.PENDING:
        services.withdraw_revision(revision=revision, by=by)


def _remove(
    model: type[SignatureRevision] | type[BodyTemplateRevision], project: Project, number: int, by: User
) -> None:
    require_enterprise(project)
    told: Any = revision_of_number(model, project, number)  # type: ignore[type-var]
    with refusals():
        services.remove_text(owner=told.owner, by=by)
