"""The language of the pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.models import User
from accounts.models.people import Language
from accounts.two_factor import before_two_factor


@require_POST
@login_not_required
@before_two_factor
def language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in this browser and, when signed in, with the person; back to where one was."""
    chosen = request.POST.get("language", "")
    if isinstance(request.user, User) and chosen in Language.values:
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    response: HttpResponse = set_language(request)
    return response
