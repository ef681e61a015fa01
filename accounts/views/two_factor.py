"""Pages of a person's second factor: setting it up, recovery codes, switching it off."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as totp_views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import forms
from accounts.access import signed_in_person
from accounts.confirming import note_code_shown
from accounts.services import end_sessions
from accounts.two_factor import (
    before_two_factor,
    counter_of,
    has_two_factor,
    mark_used,
    needs_two_factor,
)
from accounts.views.landing import onward


@require_safe
def two_factor(request: HttpRequest) -> HttpResponse:
    """Whether it is on, since when, and what can be done."""
    user = signed_in_person(request)
    found = {one.type: one for one in Authenticator.objects.filter(user=user)}
    app, codes = found.get(Authenticator.Type.TOTP), found.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "app": app,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "is_required": needs_two_factor(user),
    }
    return render(request, "accounts/two_factor.html", context)


class _SetUpView(totp_views.ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    form_class = forms.TwoFactorSetupForm
    template_name = "accounts/two_factor_set_up.html"
    success_url = reverse_lazy("mfa_view_recovery_codes")

    def form_valid(self, form: forms.TwoFactorSetupForm) -> HttpResponse:
        user = signed_in_person(self.request)
        response: HttpResponse = super().form_valid(form)
        app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
        app.record_usage()
        counter = counter_of(form.secret, form.cleaned_data["code"])
        if counter is not None:
            mark_used(app, counter)
        note_code_shown(self.request, user)
        # Whoever else is signed in as this person showed no code.
        end_sessions(user=user, but=self.request.session.session_key)
        messages.success(self.request, _("Two-factor is on."))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
            "is_required": needs_two_factor(self.request.user),
        }


set_up = require_http_methods(["GET", "HEAD", "POST"])(never_cache(before_two_factor(_SetUpView.as_view())))


class _SwitchOffView(totp_views.DeactivateTOTPView):  # type: ignore[misc]  # allauth has no types
    template_name = "accounts/two_factor_off.html"

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        messages.success(self.request, _("Two-factor is off. Your password alone lets you in now."))
        return response


_switch_off = _SwitchOffView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def switch_off(request: HttpRequest) -> HttpResponse:
    if not has_two_factor(signed_in_person(request)):
        return redirect("mfa_index")
    response: HttpResponse = _switch_off(request)
    return response


class _CodesView(recovery_views.ViewRecoveryCodesView):  # type: ignore[misc]  # allauth has no types
    """The codes, once; the download is part of the page, since the server shows them no second time."""

    template_name = "accounts/recovery_codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if context["can_view_codes"]:
            title = _("Recovery codes of %(email)s for the SMS console; each works once.") % {
                "email": signed_in_person(self.request).email
            }
            text = "\n".join([title, "", *context["unused_codes"], ""])
            context["file"] = base64.b64encode(text.encode()).decode("ascii")
            context["onward"] = onward(self.request)
        return context


_codes = _CodesView.as_view()


@require_safe
@never_cache
def recovery_codes(request: HttpRequest) -> HttpResponse:
    if not has_two_factor(signed_in_person(request)):
        return redirect("mfa_index")
    if request.method == "HEAD":
        return HttpResponse()
    response: HttpResponse = _codes(request)
    return response


class _NewCodesView(recovery_views.GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth has no types
    template_name = "accounts/recovery_codes_new.html"


_new_codes = _NewCodesView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    if not has_two_factor(signed_in_person(request)):
        return redirect("mfa_index")
    raise_if_reauthentication_required(request, app="allauth.mfa")
    response: HttpResponse = _new_codes(request)
    return response
