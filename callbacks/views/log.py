"""The log of a project's callbacks, and one of them with its tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import signed_in_person
from callbacks.formats import body_of
from callbacks.forms.log import FilterForm
from callbacks.models import Callback, CallbackAttempt
from callbacks.queries.log import callback_of, last_attempts, log_page
from callbacks.services.revealing import note_reveal
from callbacks.services.testing import request_of
from callbacks.statuses import CallbackState
from callbacks.told import Item
from callbacks.views.bodies import readable
from callbacks.views.cards import clock
from callbacks.views.trying import wire
from callbacks.views.words import title_of, took_words, try_of, what_words
from delivery.message_ids import public_message_id
from delivery.queries import word_of
from delivery.reasons import blocked_words
from delivery.statuses import MessageStatus, Reason
from projects.access import may_reveal_numbers, project_for
from projects.models import CallbackEndpoint, Project
from projects.statuses import CallbackKind

REVEALED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Line:
    """A callback in the table."""

    callback: Callback
    what: str
    # When it is tried next, while it waits.
    next_words: str
    # What came of the newest try.
    answer: str
    milliseconds: int | None


@dataclass(frozen=True, slots=True)
class ToldItem:
    """One of the receipts of a callback."""

    id: str
    url: str
    word: str
    reason: str | Promise
    code: str
    at: datetime


@require_safe
def callback_log(request: HttpRequest, slug: str) -> HttpResponse:
    """Every request, newest first. The newest page asks for itself; older ones do while a row of theirs moves."""
    project = project_for(request.user, slug)
    form = FilterForm(request.GET)
    before, after = _cursor(request, "before"), _cursor(request, "after")
    page = log_page(project, form.filters(), before_id=before, after_id=after)
    attempts = last_attempts(page.rows)
    is_first = before is None and after is None
    kept = [(name, value) for name in form.fields if (value := request.GET.get(name, ""))]
    newest = f"?{urlencode([*kept, ('after', page.rows[0].pk)])}" if page.rows and not is_first else ""
    context = {
        "project": project,
        "form": form,
        "rows": [_line(row, attempts.get(row.pk), project) for row in page.rows],
        "is_filtered": bool(kept),
        "is_live": is_first or page.is_moving,
        "has_endpoint": bool(page.rows) or CallbackEndpoint.objects.filter(project=project).exists(),
        "here": request.get_full_path(),
        "previous": newest,
        "following": f"?{urlencode([*kept, ('before', page.next_before)])}" if page.next_before else "",
    }
    template = "callbacks/_log.html" if request.headers.get("HX-Request") else "callbacks/log.html"
    return render(request, template, context)


def _cursor(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


def _line(row: Callback, attempt: CallbackAttempt | None, project: Project) -> Line:
    return Line(
        callback=row,
        what=what_words(row),
        next_words=_next_words(row, project),
        answer=title_of(attempt) if attempt else "–",
        milliseconds=attempt.milliseconds if attempt else None,
    )


def _next_words(row: Callback, project: Project) -> str:
    if row.state != CallbackState.WAITING or not row.n_attempts or row.next_try_at is None:
        return ""
    if row.next_try_at <= timezone.now():
        return _("next try now")
    return _("next try at %(when)s") % {"when": clock(row.next_try_at, project)}


@require_safe
def callback_detail(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """One callback: what it said, each of its tries, and what it tells of."""
    project = project_for(request.user, slug)
    callback = _callback(project, uuid)
    attempts = list(callback.attempts.all())
    context: dict[str, Any] = {
        "project": project,
        "callback": callback,
        "line": _line(callback, attempts[-1] if attempts else None, project),
        "attempts": [try_of(attempt) for attempt in attempts],
        "took": took_words(callback),
    }
    if request.headers.get("HX-Request"):
        return render(request, "callbacks/_delivery.html", context)
    is_revealed = _is_revealed(request, callback, project)
    context |= {
        "request_shown": _request(callback, is_masked=not (is_revealed or callback.is_test)),
        "told": [] if callback.is_test else _told(callback, project),
        "may_reveal": may_reveal_numbers(request.user, project) and not callback.is_test,
        "is_revealed": is_revealed,
    }
    return render(request, "callbacks/detail.html", context)


def _callback(project: Project, uuid: UUID) -> Callback:
    callback = callback_of(project, uuid)
    if callback is None:
        raise Http404
    return callback


def _request(callback: Callback, *, is_masked: bool) -> str:
    """What every try sends; empty when nothing is left of what it told.

    Without a signature: whoever reads the log gets none that a server would take.
    """
    body = body_of(callback)
    if body is None:
        return ""
    request = request_of(callback, body)
    headers = {**request.headers, "webhook-timestamp": "…", "webhook-signature": "v1,…"}
    return wire(request._replace(headers=headers), readable(body, is_masked=is_masked))


def _told(callback: Callback, project: Project) -> list[ToldItem]:
    if callback.kind != CallbackKind.STATUS:
        return []
    return [_told_item(Item(*item), project) for item in callback.items]


def _told_item(item: Item, project: Project) -> ToldItem:
    is_blocked = item.status == MessageStatus.BLOCKED
    words = blocked_words(item.reason, item.code, project.zone) if is_blocked else Reason(item.reason).label
    return ToldItem(
        id=public_message_id(item.message_id),
        url=reverse("message-detail", args=[project.slug, item.message_id]),
        word=word_of(item.status),
        reason=words,
        # The code of a blocked one is the console's own word for the rule.
        code="" if is_blocked else item.code,
        at=datetime.fromtimestamp(item.at, tz=project.zone),
    )


@require_POST
def callback_reveal(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show the whole numbers of this callback to this person for ten minutes; it is written down."""
    project = project_for(request.user, slug)
    callback = _callback(project, uuid)
    if not may_reveal_numbers(request.user, project):
        raise PermissionDenied(_("An admin of your organization can let you see whole numbers."))
    note_reveal(callback=callback, by=signed_in_person(request))
    request.session[_revealed_key(callback)] = timezone.now().timestamp() + REVEALED_SECONDS
    return redirect("callback-detail", project.slug, callback.uuid)


def _is_revealed(request: HttpRequest, callback: Callback, project: Project) -> bool:
    until = request.session.get(_revealed_key(callback), 0)
    return until > timezone.now().timestamp() and may_reveal_numbers(request.user, project)


def _revealed_key(callback: Callback) -> str:
    return f"revealed-callback-{callback.uuid}"
