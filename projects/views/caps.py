"""Warnings and caps of a project, with what the running day and month have used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from projects import services
from projects.access import project_for, roles_in_project
from projects.contributions import LimitFigures, limit_figures
from projects.errors import ProjectsError, SettingChanged
from projects.forms.limits import CapChoiceForm, CapForm
from projects.forms.seen import seen_value
from projects.limit_words import OWN_SOURCE, SOURCES, cap_words, period_words, scope_words
from projects.limits import PROJECT, CapLimit, caps_of, is_scope
from projects.models import Project
from projects.statuses import SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL, CapPeriod

# Shown whether a cap is set or not, in this order; countries follow by name.
USUAL_SCOPES = (SCOPE_ALL, SCOPE_DOMESTIC, SCOPE_INTERNATIONAL)


@dataclass(frozen=True, slots=True)
class CapRow:
    """A cap as the table shows it. `state` is "", "warning" or "reached"."""

    scope: str
    period: CapPeriod
    title: str
    limit: CapLimit | None
    source: str | Promise
    is_own: bool
    seen: str
    n_used: int
    state: str

    @property
    def bar_max(self) -> int:
        return (self.limit.cap or self.limit.warn_at or 0) if self.limit else 0


def cap_row(project: Project, scope: str, period: CapPeriod, figures: LimitFigures) -> CapRow:
    return _row(scope, period, {(c.scope, c.period): c for c in caps_of(project)}, figures)


def _row(
    scope: str, period: CapPeriod, caps: dict[tuple[str, CapPeriod], CapLimit], figures: LimitFigures
) -> CapRow:
    limit = caps.get((scope, period))
    n_used = figures.usage.get((scope, period), 0)
    is_own = limit is not None and limit.source == PROJECT
    state = ""
    if limit is not None and limit.cap is not None and n_used >= limit.cap:
        state = "reached"
    elif limit is not None and limit.warn_at is not None and n_used >= limit.warn_at:
        state = "warning"
    return CapRow(
        scope=scope,
        period=period,
        title=scope_words(scope, get_language() or "en"),
        limit=limit,
        source=SOURCES.get(limit.source, OWN_SOURCE) if limit else "",
        is_own=is_own,
        seen=seen_value(limit.changed_at if limit is not None and is_own else None),
        n_used=n_used,
        state=state,
    )


def rows_of_scopes(
    project: Project, scopes: tuple[str, ...] | list[str], figures: LimitFigures
) -> list[tuple[CapRow, CapRow]]:
    """Per scope its row of the day and of the month. One query."""
    caps = {(cap.scope, cap.period): cap for cap in caps_of(project)}
    return [
        (_row(scope, CapPeriod.DAY, caps, figures), _row(scope, CapPeriod.MONTH, caps, figures))
        for scope in scopes
    ]


@require_safe
def caps(request: HttpRequest, slug: str) -> HttpResponse:
    """Every cap, own and by default, with what is used of it."""
    project = project_for(request.user, slug)
    figures = limit_figures(project)
    of_countries = {cap.scope for cap in caps_of(project)} - set(USUAL_SCOPES)
    scopes = [*USUAL_SCOPES, *sorted(of_countries, key=lambda code: scope_words(code))]
    context = {
        "project": project,
        "tab": "caps",
        "groups": rows_of_scopes(project, scopes, figures),
        "is_admin": Role.ADMIN in roles_in_project(request.user, project),
        "choice": CapChoiceForm(),
    }
    return render(request, "projects/caps.html", context)


@require_safe
def cap_choose(request: HttpRequest, slug: str) -> HttpResponse:
    """From the choice of a country and period to the form of its cap."""
    project = project_for(request.user, slug, Role.ADMIN)
    form = CapChoiceForm(request.GET)
    if not form.is_valid():
        messages.error(request, _("Choose what the cap is for from the list."))
        return redirect("caps", project.slug)
    return redirect("cap-edit", project.slug, form.cleaned_data["scope"], form.cleaned_data["period"])


@require_http_methods(["GET", "HEAD", "POST"])
def cap_edit(request: HttpRequest, slug: str, scope: str, period: str) -> HttpResponse:
    """Change a warning and cap: the form, then what the change means, then it holds."""
    project = project_for(request.user, slug, Role.ADMIN)
    which = _which(scope, period)
    figures = limit_figures(project)
    row = cap_row(project, *which, figures)
    limit = row.limit
    initial = {"warn_at": limit.warn_at, "cap": limit.cap} if limit else {}
    form = CapForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {"project": project, "tab": "caps"}
    status = 200
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if "save" in request.POST:
            try:
                services.set_cap(
                    project=project,
                    scope=which[0],
                    period=which[1],
                    warn_at=values["warn_at"],
                    cap=values["cap"],
                    seen_at=values["seen"],
                    by=signed_in_person(request),
                )
            except ProjectsError as error:
                status = 409 if isinstance(error, SettingChanged) else 422
                form.add_error(None, str(error))
                row = cap_row(project, *which, figures)
            else:
                messages.success(request, _("The cap is saved. It holds within 2 seconds."))
                return redirect("caps", project.slug)
        elif "again" not in request.POST:
            context |= _effect(row, values["warn_at"], values["cap"])
    seen = request.POST.get("seen", row.seen) if status == 200 else row.seen
    context |= {
        "form": form,
        "row": row,
        "seen": seen,
        "now_words": cap_words(row.limit),
        "period_words": period_words(row.period),
        "back_url": reverse("caps", args=[project.slug]),
    }
    return render(request, "projects/cap_edit.html", context, status=status)


def _effect(row: CapRow, warn_at: int | None, cap: int | None) -> dict[str, Any]:
    """What the new values mean with what is used already."""
    wanted = CapLimit(row.scope, row.period, warn_at, cap, PROJECT)
    before = row.limit.cap if row.limit else None
    return {
        "wanted": wanted,
        "wanted_words": cap_words(wanted),
        "is_over": cap is not None and row.n_used >= cap,
        "is_raised": before is not None and (cap is None or cap > before),
        "is_unlimited": cap is None and row.scope == SCOPE_INTERNATIONAL,
    }


@require_POST
def cap_reset(request: HttpRequest, slug: str, scope: str, period: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    which = _which(scope, period)
    form = CapForm(request.POST)
    form.is_valid()
    try:
        services.reset_cap(
            project=project,
            scope=which[0],
            period=which[1],
            seen_at=form.cleaned_data.get("seen"),
            by=signed_in_person(request),
        )
    except ProjectsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The default holds again, within 2 seconds."))
    return redirect("caps", project.slug)


def _which(scope: str, period: str) -> tuple[str, CapPeriod]:
    if not is_scope(scope) or period not in CapPeriod.values:
        raise Http404
    return scope, CapPeriod(period)
