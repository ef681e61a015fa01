"""The countries that a project may send to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.errors import AccountsError
from accounts.models import Role
from accounts.standing import EnterpriseOnly, standing_of
from projects import services
from projects.access import project_for, roles_in_project
from projects.contributions import limit_figures
from projects.country_lines import read_country_lines
from projects.errors import ProjectsError, SettingChanged
from projects.forms.limits import CountriesForm
from projects.forms.seen import SeenField, seen_value
from projects.limit_words import scope_words
from projects.limits import caps_of, country_codes
from projects.models import AllowedCountry, Project
from projects.number_lines import rows_of_text
from projects.statuses import CapPeriod
from projects.views.caps import rows_of_scopes
from projects.views.files import FileRefused, read_upload
from projects.workbooks import as_csv, as_xlsx
from smsconsole.lib.countries import countries as all_countries

# Every country there is, some headings and repetitions.
FILE_ROWS_MAX = 2_000


@require_safe
def countries(request: HttpRequest, slug: str) -> HttpResponse:
    """The list with each country's caps and use, the switch, and a search."""
    project = project_for(request.user, slug)
    return _page(request, project)


def _page(request: HttpRequest, project: Project, *, problem: str = "", status: int = 200) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:60]
    project.refresh_from_db(fields=["limits_countries", "changed_at"])
    codes = sorted(_allowed(project), key=_name)
    shown = [code for code in codes if _matches(code, q.casefold())]
    calling_codes = {code: calling_code for code, _name_, calling_code in all_countries()}
    context = {
        "project": project,
        "tab": "countries",
        "problem": problem,
        "seen": seen_value(project.changed_at),
        "q": q,
        "n_allowed": len(codes),
        "rows": [
            {"code": day.scope, "calling_code": calling_codes.get(day.scope, ""), "day": day, "month": month}
            for day, month in rows_of_scopes(project, shown, limit_figures(project))
        ],
        "is_admin": Role.ADMIN in roles_in_project(request.user, project),
        "is_enterprise": standing_of(project.organization_id).allows(EnterpriseOnly.COUNTRY_LIST),
    }
    return render(request, "projects/countries.html", context, status=status)


def _allowed(project: Project) -> list[str]:
    return list(AllowedCountry.objects.filter(project=project).values_list("country", flat=True))


def _name(code: str) -> str:
    return scope_words(code, get_language() or "en")


def _matches(code: str, q: str) -> bool:
    return q in _name(code).casefold() or q in scope_words(code, "zh") or q == code.casefold()


@require_POST
def countries_switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Send to the countries of the list only, or to every country."""
    project = project_for(request.user, slug, Role.ADMIN)
    is_on = request.POST.get("is_on") == "yes"
    try:
        services.limit_to_countries(
            project=project,
            is_on=is_on,
            seen_at=SeenField().to_python(request.POST.get("seen")),
            by=signed_in_person(request),
        )
    except (ProjectsError, AccountsError) as error:
        status = 409 if isinstance(error, SettingChanged) else 422
        return _page(request, project, problem=str(error), status=status)
    words = (
        _("Only the countries of the list are sent to now.") if is_on else _("Every country is sent to now.")
    )
    messages.success(request, words)
    return redirect("countries", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def countries_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add many at once. Good lines are added, each other one is named with what is wrong with it."""
    project = project_for(request.user, slug, Role.ADMIN)
    form = CountriesForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"project": project, "tab": "countries", "form": form}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                found, bad, n_doubles = _read(form.cleaned_data)
                n_added = services.add_countries(
                    project=project, lines=found.values(), by=signed_in_person(request)
                )
            except FileRefused as error:
                form.add_error("file", str(error))
            except (ProjectsError, AccountsError) as error:
                form.add_error(None, str(error))
            else:
                words = _added_words(n_added, len(found) - n_added, n_doubles)
                if not bad:
                    messages.success(request, words)
                    return redirect("countries", project.slug)
                context |= {"bad": bad, "added_words": words}
                context["form"] = CountriesForm(initial={"text": "\n".join(line.written for line in bad)})
    return render(request, "projects/countries_add.html", context, status=status)


def _read(values: dict[str, Any]) -> tuple[dict[str, services.CountryLine], list[Any], int]:
    found, bad, n_doubles = read_country_lines(rows_of_text(values["text"]))
    if values["file"]:
        more, more_bad, more_doubles = read_country_lines(read_upload(values["file"], max_rows=FILE_ROWS_MAX))
        n_doubles += more_doubles + len(found.keys() & more.keys())
        found |= more
        bad += more_bad
    return found, bad, n_doubles


def _added_words(n_added: int, n_known: int, n_doubles: int) -> str:
    parts = [ngettext("%(n)s country added.", "%(n)s countries added.", n_added) % {"n": n_added}]
    if n_known:
        parts.append(_("%(n)s stood on the list already.") % {"n": n_known})
    if n_doubles:
        parts.append(_("%(n)s came more than once.") % {"n": n_doubles})
    return " ".join(parts)


@require_POST
def countries_remove(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    chosen = [code for code in request.POST.getlist("country") if code in country_codes()]
    try:
        n_removed = services.remove_countries(project=project, countries=chosen, by=signed_in_person(request))
    except (ProjectsError, AccountsError) as error:
        return _page(request, project, problem=str(error), status=422)
    if n_removed:
        words = ngettext("%(n)s country removed.", "%(n)s countries removed.", n_removed)
        messages.success(request, words % {"n": n_removed})
    else:
        messages.info(request, _("Choose the countries to remove first."))
    return redirect("countries", project.slug)


@require_safe
def countries_export(request: HttpRequest, slug: str) -> HttpResponse:
    """The list as a file that can be imported again; with `template=1` the headings alone."""
    project = project_for(request.user, slug)
    headers = [
        _("Country"),
        _("Warning per day"),
        _("Cap per day"),
        _("Warning per month"),
        _("Cap per month"),
        _("Name"),
    ]
    rows = iter(()) if "template" in request.GET else _export_rows(project)
    write = as_csv if request.GET.get("format") == "csv" else as_xlsx
    return write("countries", headers, rows)


def _export_rows(project: Project) -> Iterator[list[Any]]:
    caps = {(cap.scope, cap.period): cap for cap in caps_of(project)}
    for code in sorted(_allowed(project), key=_name):
        day, month = caps.get((code, CapPeriod.DAY)), caps.get((code, CapPeriod.MONTH))
        values = [getattr(cap, name) if cap else None for cap in (day, month) for name in ("warn_at", "cap")]
        yield [code, *values, _name(code)]
