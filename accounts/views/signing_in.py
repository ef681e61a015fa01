"""Pages of signing in and out, and of proving again who one is."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa_views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts import emails, forms
from accounts.two_factor import before_two_factor


class _SignInView(account_views.LoginView):  # type: ignore[misc]  # allauth has no types
    form_class = forms.SignInForm
    template_name = "accounts/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_mail": emails.has_mail(), "may_register": settings.REGISTRATION_OPEN}


class _CodeView(mfa_views.AuthenticateView):  # type: ignore[misc]  # allauth has no types
    form_class = forms.CodeForm
    template_name = "accounts/sign_in_code.html"


class _ConfirmView(account_views.ReauthenticateView):  # type: ignore[misc]  # allauth has no types
    form_class = forms.ConfirmPasswordForm
    template_name = "accounts/confirm.html"


class _ConfirmCodeView(mfa_views.ReauthenticateView):  # type: ignore[misc]  # allauth has no types
    form_class = forms.ConfirmCodeForm
    template_name = "accounts/confirm_code.html"


_sign_in = _SignInView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # The session ended under a page that refreshes parts of itself: let the whole page come here.
        return HttpResponseClientRefresh()
    response: HttpResponse = _sign_in(request)
    return response


sign_in_code = require_http_methods(["GET", "HEAD", "POST"])(
    sensitive_post_parameters("code")(_CodeView.as_view())
)
confirm = require_http_methods(["GET", "HEAD", "POST"])(
    never_cache(sensitive_post_parameters("password")(before_two_factor(_ConfirmView.as_view())))
)
confirm_code = require_http_methods(["GET", "HEAD", "POST"])(
    never_cache(sensitive_post_parameters("code")(before_two_factor(_ConfirmCodeView.as_view())))
)


@require_POST
@login_not_required
@before_two_factor
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect(settings.LOGOUT_REDIRECT_URL)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The answer of every rate limit."""
    return render(request, "429.html", status=429)
