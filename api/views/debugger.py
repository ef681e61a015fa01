"""The signature debugger of a project: your string to sign beside ours."""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from api.debugging import parameters, tc3, v5
from api.debugging.checks import check
from api.debugging.forms import DebuggerForm, ParametersForm, PasteForm, Tc3Form, V5Form
from api.debugging.pasted import Unreadable
from api.debugging.report import Report
from api.queries.signing_secrets import signing_secrets
from projects.access import project_for
from projects.models import Project

WAYS = ("paste", "v5", "tc3", "parameters")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def signature_debugger(request: HttpRequest, slug: str) -> HttpResponse:
    """Compares; changes nothing, keeps nothing. Whoever sees the project may ask: no secret and no whole signature
    is shown, so nobody can send with what stands here."""
    project = project_for(request.user, slug)
    way = request.GET.get("with", "")
    way = way if way in WAYS else WAYS[0]
    form = _form(way, project, request.POST if request.method == "POST" else None)
    report = _report(form, project) if form.is_valid() else None
    context: dict[str, Any] = {
        "project": project,
        "form": form,
        "report": report,
        "way": way,
        "ways": zip(
            WAYS, (_("Paste a request"), "v5", "TC3-HMAC-SHA256", _("Signed parameters")), strict=True
        ),
        "would_pass": report is not None and report.is_right and not report.has_errors(),
        "mistakes": [
            ("v5", v5.usual_mistakes()),
            ("TC3-HMAC-SHA256", tc3.usual_mistakes()),
            ("HmacSHA1, HmacSHA256", parameters.usual_mistakes()),
        ],
    }
    status = 422 if form.errors else 200
    return render(request, "api/signature_debugger.html", context, status=status)


def _form(way: str, project: Project, data: Any) -> DebuggerForm:
    if way == "v5":
        return V5Form(data, sdk_app_id=project.sdk_app_id)
    forms: dict[str, type[DebuggerForm]] = {"tc3": Tc3Form, "parameters": ParametersForm}
    return forms.get(way, PasteForm)(data)


def _report(form: DebuggerForm, project: Project) -> Report | None:
    try:
        return check(
            form.pasted(), secrets=signing_secrets(project), theirs=form.theirs(), now=int(time.time())
        )
    except Unreadable as error:
        form.add_error(None, str(error))
        return None
