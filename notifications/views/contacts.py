"""Alarm contacts of a project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from notifications import queries, services
from notifications.errors import NotificationsError
from notifications.forms import AlarmContactForm
from notifications.services.mails import mails_stay_here
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError, SettingChanged
from projects.forms.seen import has_seen, seen_value
from projects.models import AlarmContact
from projects.services import contacts as contact_services
from projects.statuses import AlarmEvent

# What a new contact is told about until somebody chooses otherwise.
FIRST_EVENTS = [
    AlarmEvent.REVIEW_RESULT,
    AlarmEvent.CAP_WARNING,
    AlarmEvent.CAP_REACHED,
    AlarmEvent.GATEWAY_DOWN,
    AlarmEvent.ABUSE,
    AlarmEvent.CALLBACK_FAILING,
]


@require_safe
def alarm_contacts(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is told, about what, and whether it arrives. Numbers are whole for admins only."""
    project = project_for(request.user, slug)
    rows = queries.contact_rows(project)
    most = contact_services.contacts_max(project)
    context = {
        "project": project,
        "rows": rows,
        "most": most,
        "may_change": Role.ADMIN in roles_in_project(request.user, project) and not project.is_disabled,
        "is_full": len(rows) >= most,
        "mails_stay_here": mails_stay_here(),
        # Look again while something is on its way.
        "is_moving": any(channel.open for row in rows for channel in row.channels),
    }
    if request.headers.get("HX-Request"):
        return render(request, "notifications/_contacts.html", context)
    return render(request, "notifications/alarm_contacts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def alarm_contact_add(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    form = AlarmContactForm(
        request.POST if request.method == "POST" else None,
        default_country=project.default_country,
        initial={"events": FIRST_EVENTS},
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            contact_services.add_alarm_contact(project=project, by=signed_in_person(request), **_values(form))
        except ProjectsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("%(name)s is told from now on.") % {"name": form.cleaned_data["name"]}
            )
            return redirect("alarm-contacts", project.slug)
    if form.is_bound:
        status = 422
    return render(
        request, "notifications/alarm_contact_form.html", {"project": project, "form": form}, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
def alarm_contact_edit(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    contact = get_object_or_404(AlarmContact.objects.select_related("project"), project=project, uuid=uuid)
    initial = {
        "name": contact.name,
        "email": contact.email,
        "msisdn": contact.msisdn,
        "events": contact.events,
        "seen": seen_value(contact.changed_at),
    }
    form = AlarmContactForm(
        request.POST if request.method == "POST" else None,
        default_country=project.default_country,
        initial=initial,
    )
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            contact_services.change_alarm_contact(
                contact=contact,
                seen_at=form.cleaned_data["seen"],
                by=signed_in_person(request),
                **_values(form),
            )
        except SettingChanged as error:
            form.add_error(None, str(error))
            newest = AlarmContact.objects.filter(pk=contact.pk).first()
            has_seen(form, newest.changed_at if newest else None)
            status = 409
        except ProjectsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The alarm contact is saved."))
            return redirect("alarm-contacts", project.slug)
    context = {"project": project, "form": form, "contact": contact}
    return render(request, "notifications/alarm_contact_form.html", context, status=status)


@require_POST
def alarm_contact_remove(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    contact = get_object_or_404(AlarmContact.objects.select_related("project"), project=project, uuid=uuid)
    try:
        contact_services.remove_alarm_contact(contact=contact, by=signed_in_person(request))
    except ProjectsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s is told nothing more.") % {"name": contact.name})
    return redirect("alarm-contacts", project.slug)


@require_POST
def alarm_contact_test(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    contact = get_object_or_404(AlarmContact.objects.select_related("project"), project=project, uuid=uuid)
    try:
        services.send_test(contact=contact, by=signed_in_person(request))
    except (NotificationsError, ProjectsError) as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("A test is on its way to %(name)s. Its state shows here.") % {"name": contact.name}
        )
    return redirect("alarm-contacts", project.slug)


def _values(form: AlarmContactForm) -> dict[str, Any]:
    return {
        "name": form.cleaned_data["name"],
        "email": form.cleaned_data["email"],
        "msisdn": form.cleaned_data["msisdn"],
        "events": [AlarmEvent(event) for event in form.cleaned_data["events"]],
    }
