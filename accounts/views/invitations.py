"""The invited person's first visit."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.errors import AccountsError
from accounts.forms import InvitationForm
from accounts.models import User
from accounts.tokens import invitation_tokens


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, user_uuid: UUID, token: str) -> HttpResponse:
    """The invited person's first visit: their name and first password, then they are in."""
    user = get_object_or_404(User, uuid=user_uuid)
    if not invitation_tokens.check_token(user, token):
        return render(request, "accounts/invitation_ended.html", status=410)
    form = InvitationForm(request.POST or None, user=user, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.accept_invitation(user=user, token=token, **form.cleaned_data)
        except AccountsError:
            return render(request, "accounts/invitation_ended.html", status=410)
        user.refresh_from_db()
        login(request, user)
        messages.success(request, _("Welcome. Your password is set."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/invitation.html", {"form": form, "invited": user})
