"""The bell: what a person was told, read or not, and whether it comes by mail, too."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from notifications import queries, services
from notifications.context import shown_unread
from notifications.services.mails import mails_stay_here
from notifications.views.paging import cursor, page_links, topic_chips, topic_of


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """The person's own notifications over all projects, newest first."""
    person = signed_in_person(request)
    is_unread = "unread" in request.GET
    topic = topic_of(request.GET.get("topic", ""))
    before, after = cursor(request, "before"), cursor(request, "after")
    page = queries.bell_page(person, is_unread=is_unread, topic=topic, before_id=before, after_id=after)
    kept = {name: value for name, value in (("unread", "1" if is_unread else ""), ("topic", topic)) if value}
    first_id = page.rows[0].entry.pk if page.rows else None
    previous, following = page_links(
        kept, first_id=first_id, next_before=page.next_before, is_first=before is None and after is None
    )
    context = {
        "rows": page.rows,
        "chips": topic_chips(topic, "unread", _("Unread"), is_unread),
        "is_filtered": bool(kept),
        "previous": previous,
        "following": following,
        "newest_id": first_id,
        "wants_mail": queries.wants_mail(person),
        "mails_stay_here": mails_stay_here(),
    }
    return render(request, "notifications/notifications.html", context)


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell of the top bar alone; 204 while the number is the one that the page shows."""
    n_unread = shown_unread(request)
    if n_unread == request.GET.get("shown", ""):
        return HttpResponse(status=204)
    return render(request, "notifications/_bell.html", {"n_unread": n_unread})


@require_POST
def notification_open(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Mark it read and go to the page that it is about; without such a page, back to the list."""
    entry = queries.bell_entry(signed_in_person(request), uuid)
    if entry is None:
        raise Http404
    services.mark_read(entry=entry)
    # The path was made by the console itself when the notification was written.
    return redirect(entry.notification.path or "notifications")


@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Mark everything up to the newest one on the page read."""
    newest = request.POST.get("newest", "")
    if newest.isascii() and newest.isdigit() and len(newest) < 18:
        services.mark_all_read(user=signed_in_person(request), up_to_id=int(newest))
    return redirect("notifications")


@require_POST
def notification_preference(request: HttpRequest) -> HttpResponse:
    by_mail = request.POST.get("by_mail") == "1"
    services.choose_mail(user=signed_in_person(request), by_mail=by_mail)
    messages.success(
        request,
        _("Your notifications come by e-mail, too.")
        if by_mail
        else _("Your notifications stay in the bell; no e-mail is sent to you."),
    )
    return redirect("notifications")
