"""Number lists: whitelist, blacklist, and who unsubscribed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from projects import services
from projects.access import may_reveal_numbers, project_for, roles_in_project
from projects.contributions import consent_words
from projects.errors import ProjectsError
from projects.forms.lists import NumbersForm
from projects.models import ListedNumber, Project
from projects.number_lines import NumberLines, read_number_lines, rows_of_text
from projects.queries.lists import (
    COUNT_MAX,
    count_numbers,
    export_numbers,
    number_page,
    pending_removals,
    read_search,
)
from projects.statuses import ListingSource, NumberList
from projects.views.files import FileRefused, read_upload
from projects.workbooks import as_csv, as_xlsx
from smsconsole.lib.msisdn import mask_msisdn

# Bad lines that a page names; a longer list helps nobody and is counted instead.
BAD_LINES_SHOWN = 200

# Who may add and remove: the whitelist lifts limits, which is for admins.
ROLE_OF_LIST = {
    NumberList.WHITELIST: Role.ADMIN,
    NumberList.BLACKLIST: Role.OPERATOR,
    NumberList.UNSUBSCRIBED: Role.OPERATOR,
}
LEADS: dict[NumberList, str | Promise] = {
    NumberList.WHITELIST: gettext_lazy(
        "These numbers bypass the frequency limits: testers, colleagues, monitoring. Nothing else is lifted for them."
    ),
    NumberList.BLACKLIST: gettext_lazy("These numbers get nothing from this project, whatever the text."),
    NumberList.UNSUBSCRIBED: gettext_lazy(
        "These people asked not to be written to again. A reply such as TD or STOP counts for the signature and "
        "kind of the message that it answers."
    ),
}


@dataclass(frozen=True, slots=True)
class NumberRow:
    listed: ListedNumber
    number: str
    consent: str
    is_expired: bool


@require_safe
def number_lists(request: HttpRequest, slug: str) -> HttpResponse:
    """The entrance leads to the list that is looked at most."""
    project = project_for(request.user, slug)
    return redirect("number-list", project.slug, NumberList.BLACKLIST)


@require_safe
def number_list(request: HttpRequest, slug: str, which: str) -> HttpResponse:
    """A page of one list, newest first; a search costs the same however long the list is."""
    project = project_for(request.user, slug)
    return _list_page(request, project, _which(which))


def _list_page(
    request: HttpRequest, project: Project, which: NumberList, *, problem: str = "", status: int = 200
) -> HttpResponse:
    written = request.GET.get("q", "").strip()[:40]
    search = read_search(written) if written else ""
    page = None
    if search is not None:
        page = number_page(
            project=project,
            number_list=which,
            search=search,
            before=_key(request, "before"),
            after=_key(request, "after"),
        )
    rows = page.rows if page else []
    kept = {"q": written} if written else {}
    context = {
        **list_frame(request, project, which),
        "problem": problem,
        "rows": list(_rows(project, rows)),
        "q": written,
        "search_error": ""
        if search is not None
        else _("Type the whole number, or at least its last 4 digits."),
        "newer": f"?{urlencode({**kept, 'after': page.newer})}" if page and page.newer else "",
        "older": f"?{urlencode({**kept, 'before': page.older})}" if page and page.older else "",
        "export_query": urlencode(kept),
        "may_export_whole": may_reveal_numbers(request.user, project),
    }
    return render(request, "projects/number_list.html", context, status=status)


def list_frame(request: HttpRequest, project: Project, which: NumberList | None) -> dict[str, Any]:
    """What all pages of the lists show: the tabs with their counts, and what the viewer may do."""
    counts = count_numbers(project)
    roles = roles_in_project(request.user, project)
    return {
        "project": project,
        "which": which,
        "lead": LEADS[which] if which else "",
        "tabs": [
            {
                "url": reverse("number-list", args=[project.slug, one]),
                "label": one.label,
                "count": n,
                "is_capped": n > COUNT_MAX,
                "is_current": one == which,
            }
            for one, n in counts.items()
        ],
        "count_max": COUNT_MAX,
        "n_pending": pending_removals(project),
        "is_operator": Role.OPERATOR in roles,
        "may_change": which is not None and ROLE_OF_LIST[which] in roles and not project.is_disabled,
        "maximum": services.list_max(which) if which else 0,
    }


def _rows(project: Project, listed: list[ListedNumber]) -> Iterator[NumberRow]:
    words = consent_words(project, {one.consent_key for one in listed if one.consent_key})
    now = timezone.now()
    for one in listed:
        yield NumberRow(
            listed=one,
            number=mask_msisdn(one.msisdn),
            consent=words.get(one.consent_key, "") if one.consent_key else _("Everything"),
            is_expired=one.expires_at is not None and one.expires_at <= now,
        )


def _which(word: str) -> NumberList:
    if word not in NumberList.values:
        raise Http404
    return NumberList(word)


def _key(request: HttpRequest, name: str) -> int | None:
    written = request.GET.get(name, "")
    return int(written) if re.fullmatch(r"[0-9]{1,18}", written) else None


@require_http_methods(["GET", "HEAD", "POST"])
def number_list_add(request: HttpRequest, slug: str, which: str) -> HttpResponse:
    """Add by pasting or by file. Good lines are added, each other one is named with what is wrong with it."""
    word = _which(which)
    project = project_for(request.user, slug, ROLE_OF_LIST[word])
    form = NumbersForm(request.POST or None, request.FILES or None, number_list=word)
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                found, n_added = _add(request, project, word, form.cleaned_data)
            except FileRefused as error:
                form.add_error("file", str(error))
            except ProjectsError as error:
                form.add_error(None, str(error))
            else:
                words = _added_words(found, n_added)
                if not found.bad:
                    messages.success(request, words)
                    return redirect("number-list", project.slug, word)
                context = {
                    "bad": found.bad[:BAD_LINES_SHOWN],
                    "n_bad": len(found.bad),
                    "added_words": words,
                }
                form = _form_of_bad_lines(found, form, word)
    context |= {**list_frame(request, project, word), "form": form, "zone": project.time_zone}
    return render(request, "projects/number_list_add.html", context, status=status)


def _add(
    request: HttpRequest, project: Project, which: NumberList, values: dict[str, Any]
) -> tuple[NumberLines, int]:
    rows = rows_of_text(values["text"])
    if values["file"]:
        rows += read_upload(values["file"], max_rows=settings.NUMBER_LIST_FILE_MAX_ROWS)
    found = read_number_lines(rows, default_country=project.default_country or None, note=values["note"])
    expires_on = values.get("expires_on")
    n_added = services.add_numbers(
        project=project,
        number_list=which,
        numbers=list(found.numbers.items()),
        source=ListingSource.IMPORT if values["file"] else ListingSource.PERSON,
        expires_at=datetime.combine(expires_on + timedelta(days=1), time(), project.zone)
        if expires_on
        else None,
        by=signed_in_person(request),
    )
    return found, n_added


def _form_of_bad_lines(found: NumberLines, form: NumbersForm, which: NumberList) -> NumbersForm:
    """The lines that were not added, to be put right; note and expiry stay as they were typed."""
    kept = {name: form.cleaned_data.get(name) for name in ("note", "expires_on")}
    text = "\n".join(line.written for line in found.bad[:BAD_LINES_SHOWN])
    return NumbersForm(initial={**kept, "text": text}, number_list=which)


def _added_words(found: NumberLines, n_added: int) -> str:
    n_known = len(found.numbers) - n_added
    parts = [ngettext("%(n)s number added.", "%(n)s numbers added.", n_added) % {"n": f"{n_added:,}"}]
    if n_known:
        parts.append(_("%(n)s stood on the list already.") % {"n": f"{n_known:,}"})
    if found.n_doubles:
        parts.append(_("%(n)s came more than once.") % {"n": f"{found.n_doubles:,}"})
    return " ".join(parts)


@require_POST
def number_list_remove(request: HttpRequest, slug: str, which: str) -> HttpResponse:
    word = _which(which)
    project = project_for(request.user, slug, ROLE_OF_LIST[word])
    chosen = [found for written in request.POST.getlist("number") if (found := _uuid(written))]
    try:
        n_removed = services.remove_numbers(
            project=project, number_list=word, uuids=chosen, by=signed_in_person(request)
        )
    except ProjectsError as error:
        return _list_page(request, project, word, problem=str(error), status=422)
    if n_removed:
        words = ngettext("%(n)s number removed.", "%(n)s numbers removed.", n_removed)
        messages.success(request, words % {"n": n_removed})
    else:
        messages.info(request, _("Choose the numbers to remove first."))
    return redirect("number-list", project.slug, word)


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None


@require_POST
def number_list_export(request: HttpRequest, slug: str, which: str) -> HttpResponse:
    """The list or the search as a file. Whole numbers need the right to see them; every export is recorded."""
    project = project_for(request.user, slug)
    word = _which(which)
    is_whole = may_reveal_numbers(request.user, project) and request.POST.get("whole") == "yes"
    services.note_export(project=project, number_list=word, is_whole=is_whole, by=signed_in_person(request))
    search = read_search(request.POST.get("q", "")) or ""
    listed = export_numbers(project=project, number_list=word, search=search)
    headers = [_("Number"), _("Note"), _("For"), _("Since"), _("Until"), _("Added by")]
    write = as_csv if request.POST.get("format") == "csv" else as_xlsx
    return write(f"{word}", headers, _export_rows(project, listed, is_whole))


def _export_rows(project: Project, listed: Iterator[ListedNumber], is_whole: bool) -> Iterator[list[Any]]:
    words: dict[str, str] = {}
    for one in listed:
        key = one.consent_key
        if key and key not in words:
            words[key] = consent_words(project, [key]).get(key, key)
        yield [
            one.msisdn if is_whole else mask_msisdn(one.msisdn),
            one.note,
            words[key] if key else _("Everything"),
            one.created_at.astimezone(project.zone).strftime("%Y-%m-%d %H:%M"),
            one.expires_at.astimezone(project.zone).strftime("%Y-%m-%d %H:%M") if one.expires_at else "",
            str(one.created_by or one.get_source_display()),
        ]
