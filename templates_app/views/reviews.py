"""The review queue: what waits, one whole case with its verdict, and then the next one opens by itself."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import organization_for, signed_in_person
from accounts.models import Organization, Role, User
from projects.access import project_for
from projects.models import Project
from smsconsole.lib.types import Region
from templates_app import queries, services
from templates_app.errors import ClaimedByAnother, RevisionChanged
from templates_app.models import AnyRevision
from templates_app.review_forms import DecisionForm, Queue
from templates_app.reviewed import KINDS, reviewed
from templates_app.statuses import RevisionStatus
from templates_app.views.actions import REFUSALS, carry_out
from templates_app.views.cases import case_context, decision_form


@require_safe
def review_queue(request: HttpRequest, slug: str) -> HttpResponse:
    """What waits in one project, oldest first."""
    project = project_for(request.user, slug, Role.REVIEWER)
    return _queue_page(request, project.organization, project)


@require_safe
def organization_review_queue(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What waits in all projects of an organization."""
    return _queue_page(request, organization_for(request.user, uuid, Role.REVIEWER), None)


def _queue_page(request: HttpRequest, organization: Organization, project: Project | None) -> HttpResponse:
    viewer = signed_in_person(request)
    queue = Queue(request.GET, organization_id=organization.pk, project=project)
    page = queries.queue_page(scope=queue.scope, viewer=viewer, after=queue.after)
    counts = queries.counts_by_noun(queue.scope)
    context = {
        "organization": organization,
        "project": project,
        "queue": queue,
        "page": page,
        "n": counts[""],
        "kinds": [
            {"kind": kind, "n": counts.get(kind.noun, 0), "url": queue.with_noun(kind.noun)}
            for kind in KINDS
            if counts.get(kind.noun) or kind.noun == queue.noun
        ],
        "everything_url": queue.with_noun(""),
        "regions": {name or "all": queue.with_region(name) for name in ("", *Region)},
        "others": _other_requests(organization, project),
        "following": queue.page_after(page.following) if page.following else "",
        "next_case": _first_free(page, queue, viewer),
        "is_alone": any(case.is_own for case in page.cases)
        and queries.is_only_reviewer(viewer, organization_id=organization.pk),
    }
    return render(request, "templates_app/review_queue.html", context)


def _other_requests(organization: Organization, project: Project | None) -> list[dict[str, str]]:
    """What else waits for a reviewer, in lists of its own: a sentence and the address for each project."""
    return [
        {
            "words": ngettext(
                "%(n)d request to take a number off the unsubscribed ones waits in %(project)s",
                "%(n)d requests to take numbers off the unsubscribed ones wait in %(project)s",
                n,
            )
            % {"n": n, "project": name},
            "url": reverse("removal-list", args=[slug]),
        }
        for slug, name, n in queries.removals_waiting(organization.pk, project.pk if project else None)
    ]


def _first_free(page: queries.QueuePage, queue: Queue, viewer: User) -> queries.Case | None:
    """The case that a click on *Review the oldest* opens; mostly it stands on the first page."""
    on_page = None if queue.after else next((case for case in page.cases if case.is_free_for(viewer)), None)
    may_be_elsewhere = bool(queue.after or page.following)
    if on_page is None and may_be_elsewhere:
        return queries.next_case(scope=queue.scope, viewer=viewer)
    return on_page


@require_safe
@never_cache
def review_case(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """One case, claimed for who opens it. A decided one leads to its own page, where its story stands."""
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid)
    if revision.status != RevisionStatus.PENDING:
        return redirect(reviewed(revision.noun).url(revision.owner))
    if request.method == "GET" and _may_decide(request, revision):
        try:
            services.claim_revision(revision=revision, by=signed_in_person(request))
        except REFUSALS as refusal:
            # It was decided or withdrawn in this moment: look again, and be led on.
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())
    return _case_page(request, revision, form=decision_form(revision))


@require_POST
def review_claim(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Asked by an open page again and again: keeps the claim, and says when it was lost."""
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid)
    context: dict[str, Any] = {"project": project, "revision": revision, "viewer": request.user}
    try:
        context["claim"] = services.renew_claim(revision=revision, by=signed_in_person(request))
    except REFUSALS as refusal:
        context["is_over"] = str(refusal)
    context["queue"] = _queue(request, project)
    return render(request, "templates_app/_claim.html", context)


@require_POST
def review_take_over(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid)
    take_over = partial(services.take_over_revision, revision=revision, by=signed_in_person(request))
    carry_out(request, take_over, done=_("The case is yours now."))
    return redirect(_case_url(revision, _queue(request, project)))


@require_POST
def review_approve(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid)
    form = decision_form(revision, request.POST)
    if not form.is_valid():
        return _case_page(request, revision, form=form, verdict="approve", problem=_not_understood(form))
    approve = partial(services.approve_revision, comment=form.cleaned_data["comment"])
    return _decide(request, revision, form, approve, done=_("Approved."), verdict="approve")


@require_POST
def review_reject(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.REVIEWER)
    revision = _revision(project, uuid)
    form = decision_form(revision, request.POST)
    if not (form.is_valid() and form.must_say_why()):
        return _case_page(request, revision, form=form, verdict="reject", problem=_not_understood(form))
    reject = partial(services.reject_revision, comment=form.reason(), presets=form.cleaned_data["presets"])
    done = _("Rejected. The author reads your reasons.")
    return _decide(request, revision, form, reject, done=done, verdict="reject")


def _not_understood(form: DecisionForm) -> str:
    """What is wrong with the part of the form that nobody types; empty when that part is right."""
    if "seen_at" not in form.errors:
        return ""
    return _("Nothing is decided: the page did not say which text it showed. Look at it again, then decide.")


def _decide(
    request: HttpRequest,
    revision: AnyRevision,
    form: DecisionForm,
    service: partial[None],
    *,
    done: str,
    verdict: str,
) -> HttpResponse:
    """Carry the verdict out and open the next case; what cannot be decided like this is shown anew, words kept."""
    viewer = signed_in_person(request)
    queue = _queue(request, revision.owner.project)
    place = queries.place_of(revision)
    try:
        service(revision=revision, by=viewer, seen_at=form.cleaned_data["seen_at"])
    except ClaimedByAnother:
        # Whose it is stands on the page anyway, with the button that takes it over.
        problem = _("Nothing is decided yet; what you wrote is kept below.")
        return _case_page(request, revision, form=form, verdict=verdict, problem=problem, status=409)
    except RevisionChanged as conflict:
        revision.refresh_from_db()
        problem = str(conflict)
        return _case_page(request, revision, form=form, verdict=verdict, problem=problem, status=409)
    except REFUSALS as refusal:
        # If somebody else decided it, its page shows their verdict.
        messages.error(request, str(refusal))
        return redirect(_case_url(revision, queue))
    messages.success(request, done)
    following = queries.next_case(scope=queue.scope, viewer=viewer, after=place)
    if following is not None:
        return redirect(_case_url(following.revision, queue))
    return redirect(_queue_url(revision.owner.project, queue))


def _revision(project: Project, uuid: UUID) -> AnyRevision:
    revision = queries.revision_by_uuid(uuid)
    if revision is None or revision.owner.project != project:
        raise Http404
    return revision


def _may_decide(request: HttpRequest, revision: AnyRevision) -> bool:
    return not revision.owner.project.is_disabled and not revision.is_by(signed_in_person(request).pk)


def _queue(request: HttpRequest, project: Project) -> Queue:
    return Queue(request.GET, organization_id=project.organization_id, project=project)


def _case_url(revision: AnyRevision, queue: Queue) -> str:
    return reverse("review-case", args=[revision.owner.project.slug, revision.uuid]) + queue.query


def _queue_url(project: Project, queue: Queue) -> str:
    if queue.is_wide:
        return reverse("organization-review-queue", args=[project.organization.uuid]) + queue.filters
    return reverse("review-queue", args=[project.slug]) + queue.filters


def _case_page(
    request: HttpRequest,
    revision: AnyRevision,
    *,
    form: DecisionForm,
    verdict: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """`verdict` is the one that was tried: its form keeps its words and stays open."""
    viewer = signed_in_person(request)
    queue = _queue(request, revision.owner.project)
    context = {
        **case_context(revision, viewer=viewer, scope=queue.scope),
        "queue": queue,
        "queue_url": _queue_url(revision.owner.project, queue),
        "viewer": viewer,
        "form": form,
        "empty_form": decision_form(revision),
        "verdict": verdict,
        "problem": problem,
    }
    return render(request, "templates_app/review_case.html", context, status=status)
