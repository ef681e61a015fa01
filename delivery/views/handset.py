"""The handset: what a phone would show of the messages that went through the simulated gateway."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from delivery.queries.handset import read_handset
from projects.access import project_for
from projects.models import Project

SHORTEST_SEARCH = 4


@require_safe
def handset(request: HttpRequest, slug: str) -> HttpResponse:
    """The phones with the newest messages, or those whose number ends with the digits searched for."""
    project = project_for(request.user, slug)
    return render(request, "delivery/handset.html", _context(request, project))


@require_safe
def handset_phones(request: HttpRequest, slug: str) -> HttpResponse:
    """The phones alone, for a page that stays open; 204 when nothing arrived since the stamp."""
    project = project_for(request.user, slug)
    context = _context(request, project)
    if context["handset"].stamp == request.GET.get("stamp"):
        return HttpResponse(status=204)
    return render(request, "delivery/_phones.html", context)


def _context(request: HttpRequest, project: Project) -> dict[str, Any]:
    written = request.GET.get("q", "").strip()
    digits = re.sub(r"\D", "", written)
    is_too_short = bool(written) and len(digits) < SHORTEST_SEARCH
    return {
        "project": project,
        "handset": read_handset(project, digits="" if is_too_short else digits),
        "q": written,
        "digits": "" if is_too_short else digits,
        "search_error": _("Type the whole number, or at least its last 4 digits.") if is_too_short else "",
    }
