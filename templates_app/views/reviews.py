"""The review queue: what waits on the left, the whole case on the right, and the next one opens by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import memberships_of, signed_in_person
from accounts.models import Role
from projects.access import project_for
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import presets, queries, services
from templates_app.checks import findings_of
from templates_app.forms import DecisionForm
from templates_app.models import AnyRevision, SignatureRevision
from templates_app.previews import marked
from templates_app.rendering import BRACKETS
from templates_app.rules import without_repeats
from templates_app.statuses import RevisionStatus
from templates_app.views.actions import carry_out


@require_safe
def review_queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Leads to the oldest case that this reviewer may decide; teaches what belongs here when nothing waits."""
    project = project_for(request.user, slug, Role.REVIEWER)
    cases = _cases(request)
    if cases:
        first = next((case for case in cases if not case.is_own), cases[0])
        return redirect("review-case", first.project.slug, first.revision.uuid)
    return render(request, "templates_app/review_queue.html", {"project": project})


@require_safe
def review_case(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """One case. A decided one leads to the page of its signature or body template, where its story stands."""
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid)
    if revision.status != RevisionStatus.PENDING:
        name = "signature-detail" if revision.noun == "signature" else "body-template-detail"
        return redirect(name, project.slug, revision.owner.uuid)
    return _case_page(request, project, revision, form=_form(revision))


@require_POST
def review_approve(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _decide(request, slug, uuid, services.approve_revision, done=_("Approved."))


@require_POST
def review_reject(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _decide(
        request,
        slug,
        uuid,
        services.reject_revision,
        done=_("Rejected. The author reads your reasons."),
        needs_reason=True,
    )


def _decide(
    request: HttpRequest,
    slug: str,
    uuid: UUID,
    service: Callable[..., None],
    *,
    done: str,
    needs_reason: bool = False,
) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid)
    following = _following(_cases(request), revision)
    form = _form(revision, request.POST)
    if not form.is_valid() or (needs_reason and not form.must_say_why()):
        return _case_page(request, project, revision, form=form)
    decide = partial(
        service,
        revision=revision,
        by=signed_in_person(request),
        comment=form.reason(),
        seen_at=form.cleaned_data["seen_at"],
    )
    if not carry_out(request, decide, done=done):
        # What was refused is looked at again; if somebody else decided it, its page shows the verdict.
        return redirect("review-case", project.slug, uuid)
    if following is None:
        return redirect("review-queue", project.slug)
    return redirect("review-case", following.project.slug, following.revision.uuid)


def _revision(project: Project, uuid: UUID) -> AnyRevision:
    revision = queries.revision_by_uuid(uuid)
    if revision is None or revision.owner.project != project:
        raise Http404
    return revision


def _cases(request: HttpRequest) -> list[queries.Case]:
    """What waits in every organization where this person reviews."""
    reviewing = [m.organization_id for m in memberships_of(request.user) if m.has_role(Role.REVIEWER)]
    return queries.pending_cases(organization_ids=reviewing, viewer=signed_in_person(request))


def _position(cases: list[queries.Case], revision: AnyRevision) -> int:
    return next((n for n, case in enumerate(cases) if case.revision.uuid == revision.uuid), 0)


def _following(cases: list[queries.Case], revision: AnyRevision) -> queries.Case | None:
    """The case to open after this one: the next that may be decided, else the first such one."""
    position = _position(cases, revision)
    others = [case for case in cases[position + 1 :] + cases[:position] if not case.is_own]
    return next((case for case in others if case.revision.uuid != revision.uuid), None)


def _form(revision: AnyRevision, data: Any = None) -> DecisionForm:
    is_signature = revision.noun == "signature"
    reasons = presets.FOR_SIGNATURES if is_signature else presets.FOR_BODY_TEMPLATES
    return DecisionForm(data, presets=reasons, initial={"seen_at": revision.submitted_at})


def _case_page(
    request: HttpRequest, project: Project, revision: AnyRevision, *, form: DecisionForm
) -> HttpResponse:
    cases = _cases(request)
    position = _position(cases, revision)
    findings = findings_of(revision)
    context = {
        "project": project,
        "cases": cases,
        "revision": revision,
        "is_own": revision.is_by(signed_in_person(request).pk),
        "earlier_case": cases[position - 1] if position else None,
        "later_case": cases[position + 1] if position + 1 < len(cases) else None,
        "findings": without_repeats(findings),
        "source": marked(revision.text, findings),
        "previous": queries.previous_revision(revision),
        "brackets": BRACKETS[Region(revision.owner.region)],
        "story": queries.story(revision.owner),
        "certificates": revision.certificates.order_by("pk")
        if isinstance(revision, SignatureRevision)
        else [],
        "form": form,
    }
    return render(request, "templates_app/review_case.html", context)
