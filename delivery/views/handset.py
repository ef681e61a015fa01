"""The handset: what a phone would show of the messages that went through the simulated gateway."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Role
from delivery.errors import DeliveryError
from delivery.queries.handset import read_handset
from delivery.services import reply_from_handset
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError
from projects.models import Project

SHORTEST_SEARCH = 4
REPLY_MAX_CHARACTERS = 500


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


@require_POST
def handset_reply(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer from a phone. What it does shows on the phone a moment later."""
    project = project_for(request.user, slug, Role.OPERATOR)
    written = request.POST.get("message", "")
    text = request.POST.get("text", "")[:REPLY_MAX_CHARACTERS]
    try:
        reply_from_handset(
            project=project,
            message_id=int(written) if re.fullmatch(r"[0-9]{1,18}", written) else 0,
            text=text,
        )
    except (DeliveryError, ProjectsError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The phone has replied. The answer of the console shows in a moment."))
    digits = re.sub(r"\D", "", request.POST.get("q", ""))
    address = reverse("handset", args=[project.slug])
    return redirect(f"{address}?{urlencode({'q': digits})}" if digits else address)


def _context(request: HttpRequest, project: Project) -> dict[str, Any]:
    written = request.GET.get("q", "").strip()
    digits = re.sub(r"\D", "", written)
    is_too_short = bool(written) and len(digits) < SHORTEST_SEARCH
    return {
        "project": project,
        "may_reply": Role.OPERATOR in roles_in_project(request.user, project) and not project.is_disabled,
        "reply_max": REPLY_MAX_CHARACTERS,
        "handset": read_handset(project, digits="" if is_too_short else digits),
        "q": written,
        "digits": "" if is_too_short else digits,
        "search_error": _("Type the whole number, or at least its last 4 digits.") if is_too_short else "",
    }
