"""The replies of a project: what people answered, and what was made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from delivery.queries.replies import ReplyFilter, ReplyRow, export_replies, has_replies, reply_page
from delivery.services.reply_exports import note_replies_export
from delivery.statuses import ReplyOutcome
from delivery.unsubscribe_words import UNSUBSCRIBE_WORDS
from projects.access import may_reveal_numbers, project_for
from projects.models import Project
from projects.queries.lists import read_search
from projects.workbooks import as_csv, as_xlsx
from smsconsole.lib.msisdn import mask_msisdn

# What a project's replies can come to; the others are staff's business.
OUTCOMES = (ReplyOutcome.NOTED, ReplyOutcome.UNSUBSCRIBED, ReplyOutcome.REPEATED)
# With fewer digits than this what was typed is a word to look for, such as "0000".
_NUMBER_DIGITS = 5


class ReplySearchForm(forms.Form):
    """What the address may ask for. A day is one of the project's zone."""

    q = forms.CharField(
        label=gettext_lazy("Number or words"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "data-shortcut": "/"}),
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        required=False,
        choices=[("", gettext_lazy("All replies")), *((o.value, o.label) for o in OUTCOMES)],
    )
    since = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Choose a day.")},
    )
    until = forms.DateField(
        label=gettext_lazy("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Choose a day.")},
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return cleaned


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the table."""

    row: ReplyRow
    number: str
    look: str


@require_safe
def reply_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of replies, newest first, by number or words, outcome and days."""
    project = project_for(request.user, slug)
    form = ReplySearchForm(request.GET)
    is_valid = form.is_valid()
    cleaned = form.cleaned_data
    kept = {name: str(cleaned[name]) for name in ("q", "outcome", "since", "until") if cleaned.get(name)}
    page = None
    if is_valid:
        page = reply_page(
            project, filter_of(project, cleaned), before=cleaned["before"], after=cleaned["after"]
        )
    rows = page.rows if page else []
    context = {
        "project": project,
        "form": form,
        "rows": [Shown(row, mask_msisdn(row.reply.msisdn), _look(row)) for row in rows],
        "kept": kept,
        "is_filtered": bool(kept) or not is_valid,
        "has_any": bool(rows) or has_replies(project),
        "newer": _with(kept, after=page.newer) if page and page.newer else "",
        "older": _with(kept, before=page.older) if page and page.older else "",
        "may_export_whole": may_reveal_numbers(request.user, project),
        "words": UNSUBSCRIBE_WORDS,
    }
    return render(request, "delivery/reply_list.html", context)


@require_POST
def reply_export(request: HttpRequest, slug: str) -> HttpResponse:
    """Exactly what is filtered, as a file. Whole numbers need the right to see them; every export is recorded."""
    project = project_for(request.user, slug)
    is_whole = may_reveal_numbers(request.user, project) and request.POST.get("whole") == "yes"
    form = ReplySearchForm(request.POST)
    form.is_valid()
    note_replies_export(project=project, is_whole=is_whole, by=signed_in_person(request))
    headers = [
        pgettext("when", "Received"),
        _("Number"),
        _("Reply"),
        _("Outcome"),
        _("Sent to"),
        _("In answer to"),
    ]
    write = as_csv if request.POST.get("format") == "csv" else as_xlsx
    found = export_replies(project, filter_of(project, form.cleaned_data))
    return write(_("replies"), headers, _export_rows(project, found, is_whole))


def filter_of(project: Project, cleaned: dict[str, Any]) -> ReplyFilter:
    """What was typed as a number is one; anything else is looked for in the texts."""
    written = (cleaned.get("q") or "").strip()
    n_digits = sum(character.isdecimal() for character in written)
    is_number = n_digits >= _NUMBER_DIGITS and all(c.isdecimal() or c in "+-() .*" for c in written)
    number = (read_search(written) or "") if is_number else ""
    outcome = cleaned.get("outcome")
    since, until = cleaned.get("since"), cleaned.get("until")
    return ReplyFilter(
        number=number,
        text="" if number else written,
        outcome=ReplyOutcome(outcome) if outcome else None,
        since=datetime.combine(since, time(), project.zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), project.zone) if until else None,
    )


def _look(row: ReplyRow) -> str:
    unsubscribes = row.reply.outcome in (ReplyOutcome.UNSUBSCRIBED, ReplyOutcome.REPEATED)
    return "unsubscribed" if unsubscribes else "received"


def _with(kept: dict[str, str], **more: Any) -> str:
    return "?" + urlencode({name: value for name, value in {**kept, **more}.items() if value})


def _export_rows(project: Project, found: Iterator[ReplyRow], is_whole: bool) -> Iterator[list[str]]:
    for row in found:
        reply = row.reply
        yield [
            reply.received_at.astimezone(project.zone).strftime("%Y-%m-%d %H:%M:%S"),
            reply.msisdn if is_whole else mask_msisdn(reply.msisdn),
            reply.text,
            str(reply.get_outcome_display()),
            reply.destination,
            row.answered_text,
        ]
