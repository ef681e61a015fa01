"""What the pages of signatures, body templates and sender IDs have in common: saving, and the buttons of a revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.access import signed_in_person
from accounts.models import Role
from projects.access import project_for, roles_in_project
from projects.models import Project
from templates_app import queries, services
from templates_app.checks import findings_of
from templates_app.errors import RevisionChanged
from templates_app.forms import RevisionForm, RevokeForm
from templates_app.models import AnyOwner, AnyRevision
from templates_app.rules import Finding, without_repeats
from templates_app.statuses import RevisionStatus
from templates_app.views.actions import REFUSALS, carry_out

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one kind of reviewed thing: their names begin with `stem`; the words are those of its toasts."""

    stem: str
    revision: type[AnyRevision]
    discard: Callable[..., None]
    submitted: Words
    withdrawn: Words
    revoked: Words
    discarded: Words

    def revision_or_404(self, project: Project, uuid: UUID, number: int) -> AnyRevision:
        noun = self.revision.noun
        revisions: Any = self.revision._default_manager.select_related(f"{noun}__project")
        found: AnyRevision = get_object_or_404(
            revisions, **{f"{noun}__project": project, f"{noun}__uuid": uuid, "number": number}
        )
        return found

    def to_detail(self, project: Project, uuid: UUID) -> HttpResponse:
        return redirect(f"{self.stem}-detail", project.slug, uuid)


def submit(request: HttpRequest, slug: str, uuid: UUID, number: int, *, pages: Pages) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = pages.revision_or_404(project, uuid, number)
    change = partial(services.submit_revision, revision=revision, by=signed_in_person(request))
    carry_out(request, change, done=str(pages.submitted))
    return pages.to_detail(project, uuid)


def withdraw(request: HttpRequest, slug: str, uuid: UUID, number: int, *, pages: Pages) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = pages.revision_or_404(project, uuid, number)
    change = partial(services.withdraw_revision, revision=revision, by=signed_in_person(request))
    carry_out(request, change, done=str(pages.withdrawn))
    return pages.to_detail(project, uuid)


def discard(request: HttpRequest, slug: str, uuid: UUID, number: int, *, pages: Pages) -> HttpResponse:
    project = project_for(request.user, slug, Role.OPERATOR)
    revision = pages.revision_or_404(project, uuid, number)
    change = partial(pages.discard, revision=revision, by=signed_in_person(request))
    carry_out(request, change, done=str(pages.discarded))
    if type(revision.owner)._default_manager.filter(uuid=uuid).exists():
        return pages.to_detail(project, uuid)
    return redirect(f"{pages.stem}-list", project.slug)


def revoke(request: HttpRequest, slug: str, uuid: UUID, number: int, *, pages: Pages) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = pages.revision_or_404(project, uuid, number)
    form = RevokeForm(request.POST)
    comment = form.cleaned_data["comment"] if form.is_valid() else ""
    change = partial(
        services.revoke_revision, revision=revision, by=signed_in_person(request), comment=comment
    )
    carry_out(request, change, done=str(pages.revoked))
    return pages.to_detail(project, uuid)


def save(
    request: HttpRequest, form: RevisionForm, write: Callable[..., AnyRevision], *, pages: Pages
) -> AnyRevision | None:
    """Write the draft, and hand it in if that was the button; None when the draft was refused.

    Somebody else's change makes the form stale: the page is shown again with status 409.
    """
    by = signed_in_person(request)
    try:
        revision = write(by=by, **form.written())
    except RevisionChanged as refusal:
        form.add_error(None, str(refusal))
        form.is_stale = True
        return None
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return None
    if form.is_submitted:
        change = partial(services.submit_revision, revision=revision, by=by)
        carry_out(request, change, done=str(pages.submitted))
    else:
        messages.success(request, _("The draft is saved."))
    return revision


def detail_context(
    request: HttpRequest, project: Project, owner: AnyOwner, latest: AnyRevision
) -> tuple[dict[str, Any], list[Finding]]:
    """What every detail page shows, and the findings in the newest revision while it can still change."""
    roles = roles_in_project(request.user, project)
    is_open = latest.status in (RevisionStatus.DRAFT, RevisionStatus.PENDING)
    findings = findings_of(latest) if is_open else []
    context = {
        "project": project,
        "latest": latest,
        "in_use": queries.approved_revision(owner),
        "story": queries.story(owner),
        "findings": without_repeats(findings),
        "nobody_can_review": latest.status == RevisionStatus.PENDING
        and not queries.other_reviewers_exist(latest),
        "may_write": Role.OPERATOR in roles,
        "may_review": Role.REVIEWER in roles,
        "may_see_certificates": bool(roles),
        "revoke_form": RevokeForm(),
    }
    return context, findings


def seen_context(form: RevisionForm, latest: AnyRevision | None) -> dict[str, Any]:
    """What the editor saw of the newest revision, and what stands there now if somebody else wrote in it.

    After a refused value the page keeps what it saw before; only a stale page has now seen the newest.
    """
    if latest is None:
        return {"seen": "", "theirs": None, "status": 200}
    if form.is_stale:
        theirs = latest.owner.revisions.select_related("changed_by").order_by("-number").first() or latest
        return {"seen": theirs.changed_at.isoformat(), "theirs": theirs, "status": 409}
    posted = form["seen"].value() if form.is_bound else ""
    return {"seen": posted or latest.changed_at.isoformat(), "theirs": None, "status": 200}
