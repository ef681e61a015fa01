"""Signatures and body templates as programs see and change them: one way for every interface.

A program knows a text by its number, the primary key, which holds within its project only. What it writes is submitted
at once. It sees what was ever submitted: of each text the approved version, else the one that waits, else the one
that was refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from api.access import may_manage_texts
from projects.errors import ProjectDisabled
from projects.models import Project
from smsconsole.lib.plain_text import plain_text_problem
from smsconsole.lib.types import Region
from templates_app import services
from templates_app.checks import entity_for_rules
from templates_app.documents import read_document
from templates_app.errors import NameTaken, NoRoom, SameTextExists, TemplatesError
from templates_app.models import (
    BodyTemplate,
    BodyTemplateRevision,
    Review,
    RevisionEvent,
    Signature,
    SignatureRevision,
)
from templates_app.rules import BodyDraft, Finding, SignatureDraft, check_body, check_signature
from templates_app.rules.limits import scenario_min
from templates_app.services.certificates import delete_files
from templates_app.statuses import RevisionStatus, SignatureType, SignatureUse, StoryKind, TextKind

# What a remark says where the program gave none: rules want to know when and to whom a text is sent.
NO_REMARKS = "Submitted by a program, which gave no description."
SHORT_REMARKS = "Submitted by a program, which says of it: %(remarks)s"
_NUMBER_MAX = 2**63 - 1


class TextTrouble(StrEnum):
    """Why a text was not taken, changed or removed."""

    NOT_ENTERPRISE = "not_enterprise"
    PROJECT_DISABLED = "project_disabled"
    UNKNOWN = "unknown"  # no text of this project with that number
    APPROVED_ALREADY = "approved_already"  # what is approved is not changed
    OTHER_REGION = "other_region"  # the region of a text is fixed
    SAME_EXISTS = "same_exists"
    NO_ROOM = "no_room"
    IMAGE = "image"  # a document is missing, or is none
    RULE = "rule"  # `rule` says which
    OTHER = "other"  # somebody was first; the words say what happened


class TextRefused(Exception):
    """Nothing was changed. `rule` is the id of the broken rule, `words` are for the person who reads the answer."""

    def __init__(self, trouble: TextTrouble, words: str, *, rule: str = "") -> None:
        super().__init__(words)
        self.trouble = trouble
        self.words = words
        self.rule = rule


@dataclass(frozen=True, slots=True)
class TextTold:
    """A text as a program sees it. `status` is approved, pending or rejected (also: revoked); `reply` the reason."""

    number: int
    region: Region
    name: str  # of a body template; empty for a signature
    text: str
    kind: str  # a `TextKind`, or a `SignatureType`
    use: str  # a `SignatureUse`; empty for a body template
    status: RevisionStatus
    reply: str
    submitted_at: datetime


R = TypeVar("R", SignatureRevision, BodyTemplateRevision)
# The best one first; drafts and retired ones are not for programs.
_ORDER = [
    RevisionStatus.APPROVED,
    RevisionStatus.PENDING,
    RevisionStatus.REJECTED,
    RevisionStatus.REVOKED,
]


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
    fields = _signature_fields(project, region, text, type, use, remarks, images)
    with _refusals(), _files_go_with_the_rows() as stored:
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
    _require_enterprise(project)
    signature: Signature
    signature, told = _to_change(SignatureRevision, project, number, region)
    fields = _signature_fields(
        project,
        Region(signature.region),
        text,
        type,
        use,
        remarks,
        images,
        n_before=told.certificates.count(),
    )
    with _refusals(), _files_go_with_the_rows() as stored:
        _withdraw_pending(told, by=by)
        before = set(_files_of(told))
        revision = services.edit_signature(signature=signature, by=by, **fields)
        stored += set(_files_of(revision)) - before
        services.submit_revision(revision=revision, by=by)
    return signature


def add_body_template(
    *, project: Project, by: User, region: Region, name: str, kind: TextKind, text: str, remarks: str = ""
) -> BodyTemplate:
    """Submit a new body template. Raises `TextRefused`."""
    fields = _body_fields(project, region, name, kind, text, remarks)
    with _refusals():
        revision = services.create_body_template(project=project, region=region, by=by, **fields)
        services.submit_revision(revision=revision, by=by)
    body_template: BodyTemplate = revision.body_template
    return body_template


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
    _require_enterprise(project)
    body_template: BodyTemplate
    body_template, told = _to_change(BodyTemplateRevision, project, number, region)
    fields = _body_fields(
        project, Region(body_template.region), name or body_template.name, kind, text, remarks
    )
    with _refusals():
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


def signatures_told(
    project: Project,
    *,
    numbers: Sequence[int] = (),
    region: Region | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[TextTold], int]:
    """The signatures with these numbers, or all, newest first, and how many there are. Three queries at most."""
    return _told(SignatureRevision, project, numbers, region, limit, offset)


def body_templates_told(
    project: Project,
    *,
    numbers: Sequence[int] = (),
    region: Region | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[TextTold], int]:
    """The body templates with these numbers, or all, newest first, and how many there are. Three queries at most."""
    return _told(BodyTemplateRevision, project, numbers, region, limit, offset)


def kind_of_common(text: str, region: Region) -> TextKind:
    """What a text is whose program only says that it is no marketing: a verification code, or a notification."""
    found = check_body(BodyDraft(text, TextKind.NOTIFICATION, region, NO_REMARKS))
    is_code = any(finding.rule_id == "notification-code" for finding in found)
    return TextKind.VERIFICATION if is_code else TextKind.NOTIFICATION


def _signature_fields(
    project: Project,
    region: Region,
    text: str,
    type: SignatureType,
    use: SignatureUse,
    remarks: str,
    images: Sequence[bytes],
    *,
    n_before: int = 0,
) -> dict[str, Any]:
    """What the services take, once the rules let it pass."""
    _require_enterprise(project)
    _require_plain(text, remarks)
    documents = []
    for n, image in enumerate(images, start=1):
        try:
            documents.append(read_document(io.BytesIO(image), name=f"document-{n}"))
        except TemplatesError as error:
            raise TextRefused(TextTrouble.IMAGE, str(error)) from error
    remarks = remarks.strip() or NO_REMARKS
    draft = SignatureDraft(
        text=text.strip(),
        type=type,
        use=use,
        region=region,
        remarks=remarks,
        n_certificates=n_before + len(documents),
        entity=entity_for_rules(project),
    )
    _require_rules(check_signature(draft))
    return {"text": text, "type": type, "use": use, "remarks": remarks, "documents": documents}


def _body_fields(
    project: Project, region: Region, name: str, kind: TextKind, text: str, remarks: str
) -> dict[str, Any]:
    _require_enterprise(project)
    _require_plain(name, remarks)
    name_max = BodyTemplate._meta.get_field("name").max_length or 0
    if not 0 < len(name.strip()) <= name_max:
        words = (
            f"The name of a body template has 1 to {name_max} characters; this one has {len(name.strip())}."
        )
        raise TextRefused(TextTrouble.RULE, words, rule="name")
    remarks = remarks.strip() or NO_REMARKS
    if len(remarks) < scenario_min():
        # Elsewhere remarks may be a word; here the reviewer at least learns whose word it is.
        remarks = SHORT_REMARKS % {"remarks": remarks}
    _require_rules(
        check_body(BodyDraft(text.strip(), kind, region, remarks, entity=entity_for_rules(project)))
    )
    return {"name": name, "kind": kind, "text": text, "remarks": remarks}


def _require_enterprise(project: Project) -> None:
    if not may_manage_texts(project):
        raise TextRefused(
            TextTrouble.NOT_ENTERPRISE,
            "Only organizations verified as an enterprise create texts by program. Use the pages of the console, "
            "or let an admin apply for enterprise verification.",
        )


def _require_plain(line: str, lines: str) -> None:
    remarks_max = SignatureRevision._meta.get_field("remarks").max_length or 0
    if problem := plain_text_problem(line) or plain_text_problem(lines, is_multiline=True):
        raise TextRefused(TextTrouble.RULE, problem, rule="control-character")
    if len(lines) > remarks_max:
        words = f"Remarks have {remarks_max} characters at most; these have {len(lines)}."
        raise TextRefused(TextTrouble.RULE, words, rule="remarks")


def _require_rules(findings: Sequence[Finding]) -> None:
    hard = next((finding for finding in findings if finding.hard), None)
    if hard is not None:
        trouble = TextTrouble.IMAGE if hard.rule_id == "no-certificate" else TextTrouble.RULE
        raise TextRefused(trouble, hard.message, rule=hard.rule_id)


@contextmanager
def _refusals() -> Iterator[None]:
    """All of it or nothing, and what the services refuse in the words of this module."""
    try:
        with transaction.atomic():
            yield
    except SameTextExists as error:
        raise TextRefused(TextTrouble.SAME_EXISTS, str(error)) from error
    except NameTaken as error:
        raise TextRefused(TextTrouble.SAME_EXISTS, str(error), rule="name") from error
    except NoRoom as error:
        raise TextRefused(TextTrouble.NO_ROOM, str(error)) from error
    except ProjectDisabled as error:
        raise TextRefused(TextTrouble.PROJECT_DISABLED, str(error)) from error
    except TemplatesError as error:
        raise TextRefused(TextTrouble.OTHER, str(error)) from error


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


def _told(
    model: type[R], project: Project, numbers: Sequence[int], region: Region | None, limit: int, offset: int
) -> tuple[list[TextTold], int]:
    owner = model.noun
    found = _visible(model, project)
    if region is not None:
        found = found.filter(**{f"{owner}__region": region})
    if numbers:
        found = found.filter(**{f"{owner}_id__in": [n for n in numbers if 0 < n <= _NUMBER_MAX]})
    n_found = found.count()
    rows = list(found.select_related(owner).order_by(f"-{owner}_id")[offset : offset + limit])
    replies: dict[int, str] = {}
    reviews = Review.objects.filter(**{f"{owner}_revision__in": [row.pk for row in rows]}).order_by("pk")
    for revision_id, comment in reviews.values_list(f"{owner}_revision_id", "comment"):
        replies[revision_id] = comment
    return [_as_told(row, replies.get(row.pk, "")) for row in rows], n_found


def _as_told(revision: SignatureRevision | BodyTemplateRevision, reply: str) -> TextTold:
    status = RevisionStatus(revision.status)
    if isinstance(revision, SignatureRevision):
        name, kind, use = "", revision.type, revision.use
    else:
        name, kind, use = revision.body_template.name, revision.kind, ""
    return TextTold(
        number=revision.owner.pk,
        region=Region(revision.owner.region),
        name=name,
        text=revision.text,
        kind=kind,
        use=use,
        status=RevisionStatus.REJECTED if status == RevisionStatus.REVOKED else status,
        reply=reply,
        submitted_at=revision.submitted_at or revision.created_at,
    )


def _visible(model: type[R], project: Project) -> QuerySet[R]:
    """One revision of each text that programs may see."""
    owner = model.noun
    of_same = model._default_manager.filter(**{owner: OuterRef(owner)})
    approved = of_same.filter(status=RevisionStatus.APPROVED)
    # Of what is not approved the newest that was submitted counts: it waits, or it was refused.
    newest = of_same.filter(status__in=_ORDER[1:]).order_by("-number")
    newer_retired = of_same.filter(status=RevisionStatus.RETIRED, number__gt=OuterRef("number"))
    removed = RevisionEvent.objects.filter(revision_uuid=OuterRef("uuid"), kind=StoryKind.REMOVED)
    chosen = model._default_manager.filter(**{f"{owner}__project": project})
    is_approved = chosen.filter(status=RevisionStatus.APPROVED)
    is_newest = chosen.exclude(Exists(approved)).filter(
        ~Exists(removed), ~Exists(newer_retired), pk=Subquery(newest.values("pk")[:1])
    )
    visible: QuerySet[R] = model._default_manager.filter(
        Q(pk__in=is_approved.values("pk")) | Q(pk__in=is_newest.values("pk"))
    )
    return visible


def _of_number(model: type[R], project: Project, number: int) -> R:
    found = None
    if 0 < number <= _NUMBER_MAX:
        owner = f"{model.noun}__project"
        rows = _visible(model, project).filter(**{f"{model.noun}_id": number})
        found = rows.select_related(owner).first()
    if found is None:
        raise TextRefused(TextTrouble.UNKNOWN, f"This project has no text with the number {number}.")
    return found


def _to_change(model: type[R], project: Project, number: int, region: Region | None) -> tuple[Any, R]:
    told = _of_number(model, project, number)
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
    _require_enterprise(project)
    told: Any = _of_number(model, project, number)  # type: ignore[type-var]
    with _refusals():
        services.remove_text(owner=told.owner, by=by)
