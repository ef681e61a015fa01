"""Security settings: when requests for verification codes look like abuse, beside the figures of the last day."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in_person
from accounts.models import Role
from notifications.abuse import hours_of
from notifications.forms import AbuseWatchForm
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError, SettingChanged
from projects.forms.seen import has_seen, seen_value
from projects.services import contacts as contact_services


@require_http_methods(["GET", "HEAD", "POST"])
def security_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """All members see the figures and thresholds; admins change them."""
    project = project_for(request.user, slug, Role.ADMIN if request.method == "POST" else None)
    watch = contact_services.abuse_watch_of(project)
    initial = {
        "is_on": watch.is_on,
        "min_requests": watch.min_requests,
        "max_success_percent": watch.max_success_percent,
        "min_growth_percent": watch.min_growth_percent,
        "seen": seen_value(watch.changed_at if watch.pk else None),
    }
    form = AbuseWatchForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data}
        try:
            contact_services.change_abuse_watch(
                project=project, seen_at=values.pop("seen"), by=signed_in_person(request), **values
            )
        except SettingChanged as error:
            form.add_error(None, str(error))
            newest = contact_services.abuse_watch_of(project)
            has_seen(form, newest.changed_at if newest.pk else None)
            status = 409
        except ProjectsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The security settings are saved."))
            return redirect("security-settings", project.slug)
    context = {
        "project": project,
        "form": form,
        "watch": watch,
        "hours": hours_of(project, watch),
        "may_change": Role.ADMIN in roles_in_project(request.user, project) and not project.is_disabled,
    }
    return render(request, "notifications/security_settings.html", context, status=status)
