"""The log of a project: every notification, everything that was sent about it, and sending it again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from accounts.models import Role
from notifications import queries, services
from notifications.errors import NotificationsError
from notifications.services.mails import mails_stay_here
from notifications.views.paging import cursor, page_links, topic_chips, topic_of
from projects.access import project_for, roles_in_project
from projects.errors import ProjectsError


@require_safe
def project_notifications(request: HttpRequest, slug: str) -> HttpResponse:
    """Numbers are masked; whoever needs them whole finds them with the alarm contacts."""
    project = project_for(request.user, slug)
    is_failed = "failed" in request.GET
    topic = topic_of(request.GET.get("topic", ""))
    before, after = cursor(request, "before"), cursor(request, "after")
    page = queries.project_log(project, topic=topic, is_failed=is_failed, before_id=before, after_id=after)
    kept = {name: value for name, value in (("failed", "1" if is_failed else ""), ("topic", topic)) if value}
    previous, following = page_links(
        kept,
        first_id=page.rows[0].notification.pk if page.rows else None,
        next_before=page.next_before,
        is_first=before is None and after is None,
    )
    context = {
        "project": project,
        "rows": page.rows,
        "chips": topic_chips(topic, "failed", _("Not arrived"), is_failed),
        "is_filtered": bool(kept),
        "previous": previous,
        "following": following,
        "may_resend": Role.ADMIN in roles_in_project(request.user, project) and not project.is_disabled,
        "mails_stay_here": mails_stay_here(),
        "here": request.get_full_path(),
    }
    return render(request, "notifications/project_notifications.html", context)


@require_POST
def delivery_again(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = project_for(request.user, slug, Role.ADMIN)
    delivery = queries.delivery_of(project, uuid)
    if delivery is None:
        raise Http404
    try:
        services.send_again(delivery=delivery, by=signed_in_person(request))
    except (NotificationsError, ProjectsError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is on its way to %(name)s again.") % {"name": delivery.name})
    return redirect("project-notifications", project.slug)
