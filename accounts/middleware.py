"""Gates before every page: the first setup, the second factor; and when a session was last seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

from accounts.queries import is_set_up
from accounts.two_factor import has_two_factor, needs_two_factor, showed_two_factor

Handler = Callable[[HttpRequest], HttpResponse]

# How exact "last seen" is in the list of sessions; more often would cost a write per page.
SEEN_EVERY = timedelta(minutes=5)


def require_setup(get_response: Handler) -> Handler:
    """Until the first person exists, every address leads to the setup page.

    Costs one query per request until the console is set up, and nothing afterwards.
    """
    known_to_be_set_up = False

    def middleware(request: HttpRequest) -> HttpResponse:
        nonlocal known_to_be_set_up
        known_to_be_set_up = known_to_be_set_up or is_set_up()
        if known_to_be_set_up or request.path == reverse("setup"):
            return get_response(request)
        return HttpResponseRedirect(reverse("setup"))

    return middleware


class RequireTwoFactor:
    """Who needs a second factor and has shown none in this session gets no further than setting it up or showing it.

    No query for who showed it. Otherwise the memberships, which nearly every page asks for anyway.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or getattr(view, "before_two_factor", False):
            return None
        if showed_two_factor(request) or not needs_two_factor(request.user):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponseClientRefresh()
        if not has_two_factor(request.user):
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("project-list")
        return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")


def note_session_seen(get_response: Handler) -> Handler:
    """Keeps the list of a person's sessions fresh to `SEEN_EVERY`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.last_login and request.session.session_key:
            now = timezone.now()
            is_due = now - user.last_login > SEEN_EVERY
            if is_due and cache.add(f"seen:{request.session.session_key}", 1, SEEN_EVERY.total_seconds()):
                UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=now)
        return get_response(request)

    return middleware
