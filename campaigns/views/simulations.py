"""The page that tries a frequency limit on the messages of the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in_person
from accounts.models import Role
from campaigns import services
from campaigns.errors import CampaignsError
from campaigns.forms import SimulationForm
from campaigns.models import Simulation
from projects.access import project_for, roles_in_project
from projects.limits import limits_of
from projects.models import Project
from projects.statuses import FrequencyDimension
from projects.templatetags.console import grouped


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day: how many messages asked, how many either limit would have blocked."""

    label: str
    n_asked: int
    n_present: int
    n_new: int


@require_http_methods(["GET", "HEAD", "POST"])
def limits_simulation(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks which limit; shows what it would have blocked beside the present one, or how far the answer is."""
    project = project_for(request.user, slug, Role.ADMIN if request.method == "POST" else None)
    form = SimulationForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        chosen = form.cleaned_data
        try:
            simulation = services.start_simulation(
                project=project,
                dimension=FrequencyDimension(chosen["dimension"]),
                n_messages=chosen["n_messages"],
                n_seconds=chosen["n_seconds"],
                by=signed_in_person(request),
            )
        except CampaignsError as error:
            form.add_error(error.field or None, str(error))
        else:
            there = reverse("limits-simulation", args=[slug])
            return redirect(f"{there}?{urlencode({'asked': simulation.uuid})}#simulation")
    simulation_asked = _asked(request, project)
    context = {
        "project": project,
        "form": form or SimulationForm(initial=_initial(project, simulation_asked)),
        "simulation": simulation_asked,
        "may_ask": Role.ADMIN in roles_in_project(request.user, project),
        **(_answer(simulation_asked) if simulation_asked and simulation_asked.answer else {}),
    }
    return render(request, "campaigns/simulation.html", context, status=422 if form else 200)


def _asked(request: HttpRequest, project: Project) -> Simulation | None:
    """The simulation of the address, else the newest one: answers stay for a day."""
    found = Simulation.objects.filter(project=project)
    try:
        uuid = UUID(request.GET.get("asked", ""))
    except ValueError:
        return found.order_by("-pk").first()
    return found.filter(uuid=uuid).first()


def _initial(project: Project, simulation: Simulation | None) -> dict[str, Any]:
    if simulation is not None:
        return {
            "dimension": simulation.dimension,
            "n_messages": simulation.n_messages,
            "n_seconds": simulation.n_seconds,
        }
    present = next(limit for limit in limits_of(project).frequency if limit.is_on or limit.n_messages)
    return {
        "dimension": present.dimension,
        "n_messages": present.n_messages,
        "n_seconds": present.n_seconds,
    }


def _answer(simulation: Simulation) -> dict[str, Any]:
    answer = simulation.answer
    new, present = answer["new"], answer["present"]
    days = [
        DayLine(date_format(date.fromisoformat(day), "WEEKDAY_AND_DATE"), n_asked, n_present, n_new)
        for day, n_asked, n_present, n_new in answer["days"]
    ]
    return {
        "days": days,
        "n_asked": answer["n_asked"],
        "new": new,
        "present": present,
        "new_words": limit_words(simulation.dimension, new),
        "present_words": limit_words(simulation.dimension, present),
        "is_cut": answer["is_cut"],
        "sentence": _sentence(new, answer["n_asked"]),
    }


def _sentence(new: dict[str, Any], n_asked: int) -> str:
    if not n_asked:
        return _("Nothing was sent in the last 7 days, so there is nothing to try it on.")
    if not new["n_blocked"]:
        return _("It would have blocked nothing.")
    messages = ngettext("%(n)s message", "%(n)s messages", new["n_blocked"]) % {
        "n": grouped(new["n_blocked"])
    }
    numbers = ngettext("%(n)s number", "%(n)s numbers", new["n_numbers"]) % {"n": grouped(new["n_numbers"])}
    return _("It would have blocked %(messages)s to %(numbers)s.") % {
        "messages": messages,
        "numbers": numbers,
    }


def limit_words(dimension: str, limit: dict[str, Any]) -> str:
    """ "10 a day to one number"; "off" for a limit that is not in force."""
    if not limit["is_on"]:
        return _("off")
    n = limit["n_messages"]
    words = {
        FrequencyDimension.SAME_CONTENT: ngettext(
            "the same text once in %(seconds)s s", "the same text %(n)s times in %(seconds)s s", n
        ),
        FrequencyDimension.PER_HOUR: ngettext("%(n)s an hour", "%(n)s an hour", n),
        FrequencyDimension.PER_DAY: ngettext("%(n)s a day", "%(n)s a day", n),
        FrequencyDimension.SAME_CONTENT_PER_DAY: ngettext(
            "the same text once a day", "the same text %(n)s times a day", n
        ),
    }[FrequencyDimension(dimension)]
    return words % {"n": grouped(n), "seconds": grouped(limit["n_seconds"] or 0)}
