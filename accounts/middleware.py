"""Until the first person exists, every address leads to the setup page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.queries import is_set_up

Handler = Callable[[HttpRequest], HttpResponse]


def require_setup(get_response: Handler) -> Handler:
    """Costs one query per request until the console is set up, and nothing afterwards."""
    known_to_be_set_up = False

    def middleware(request: HttpRequest) -> HttpResponse:
        nonlocal known_to_be_set_up
        known_to_be_set_up = known_to_be_set_up or is_set_up()
        if known_to_be_set_up or request.path == reverse("setup"):
            return get_response(request)
        return HttpResponseRedirect(reverse("setup"))

    return middleware
