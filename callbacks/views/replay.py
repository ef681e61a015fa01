"""Telling again what happened in a span of time: the span, then how much it is, then it goes out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in_person
from accounts.models import Role
from callbacks.errors import CallbacksError
from callbacks.forms.log import MOMENT_FORMAT, ReplayForm
from callbacks.services.replaying import Amount, count_replay, replay
from callbacks.views.endpoints import read_card, read_endpoint
from projects.access import project_for
from projects.errors import ProjectsError
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackKind
from projects.templatetags.console import grouped

PROPOSED_HOURS = 1


@require_http_methods(["GET", "HEAD", "POST"])
def callback_replay(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    endpoint = read_endpoint(project, kind)
    form = ReplayForm(
        request.POST if request.method == "POST" else None,
        zone=project.zone,
        initial=_proposed(project),
    )
    context = {"project": project, "card": read_card(project, kind), "form": form}
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        begin, end = form.cleaned_data["begin"], form.cleaned_data["end"]
        try:
            if request.POST.get("do") == "replay":
                amount = replay(endpoint=endpoint, begin=begin, end=end, by=signed_in_person(request))
                messages.success(request, _done_words(endpoint, amount))
                return redirect("callback-log", project.slug)
            if request.POST.get("do") != "change":
                context |= _counted(endpoint, begin, end)
            status = 200
        except (CallbacksError, ProjectsError) as error:
            form.add_error(None, str(error))
    return render(request, "callbacks/replay.html", context, status=status)


def _proposed(project: Project) -> dict[str, str]:
    """The last hour, to the next full minute."""
    now = timezone.now().astimezone(project.zone)
    begin, end = now - timedelta(hours=PROPOSED_HOURS), now + timedelta(minutes=1)
    return {"begin": begin.strftime(MOMENT_FORMAT), "end": end.strftime(MOMENT_FORMAT)}


def _counted(endpoint: CallbackEndpoint, begin: datetime, end: datetime) -> dict[str, object]:
    amount = count_replay(endpoint=endpoint, begin=begin, end=end)
    return {"counted": amount, "begin": begin, "end": end, "do_words": _do_words(endpoint, amount)}


def _do_words(endpoint: CallbackEndpoint, amount: Amount) -> str:
    n = amount.n_told
    if endpoint.kind == CallbackKind.REPLY:
        words = ngettext("Tell %(n)s reply again", "Tell %(n)s replies again", n)
    else:
        words = ngettext("Tell %(n)s receipt again", "Tell %(n)s receipts again", n)
    return words % {"n": grouped(n)}


def _done_words(endpoint: CallbackEndpoint, amount: Amount) -> str:
    n = amount.n_told
    if endpoint.kind == CallbackKind.REPLY:
        words = ngettext("%(n)s reply is told again.", "%(n)s replies are told again.", n)
    else:
        words = ngettext("%(n)s receipt is told again.", "%(n)s receipts are told again.", n)
    return words % {"n": grouped(n)}
