"""Pages for changing and resetting a password."""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import emails, lockout
from accounts.access import signed_in_person
from accounts.forms import PASSWORD_RULES, email_field
from accounts.services import end_sessions
from accounts.views.signing_in import too_many_requests


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def password_change(request: HttpRequest) -> HttpResponse:
    user = signed_in_person(request)
    if request.method == "POST" and not ratelimit.consume(request, action="change_password"):
        return too_many_requests(request)
    form = PasswordChangeForm(user, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        # Other sessions of this person end; this one goes on, under a new key.
        update_session_auth_hash(request, form.user)
        end_sessions(user=user)
        UserSession.objects.create_from_request(request)
        messages.success(request, _("Your password is changed. Sessions on other devices are signed out."))
        return redirect("account")
    return render(request, "accounts/password_change.html", {"form": form, "password_rules": PASSWORD_RULES})


class _ResetForm(PasswordResetForm):
    """Django's own, which finds the people; the field and the mail are ours."""

    email = email_field()

    def send_mail(self, *arguments: Any, **options: Any) -> None:
        _subject, _body, context, _sender, to = arguments
        link = f"{context['protocol']}://{context['domain']}"
        address = reverse_lazy("password-reset-confirm", args=[context["uid"], context["token"]])
        emails.send("password_reset", to=to, link=f"{link}{address}")


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def password_reset(request: HttpRequest) -> HttpResponse:
    """Mails a link; the answer is the same whether the e-mail is known or not."""
    if not emails.has_mail():
        raise Http404
    form = _ResetForm(data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].lower()
        if not ratelimit.consume(request, action="reset_password", key=email):
            return too_many_requests(request)
        form.save(request=request, use_https=request.is_secure())
        messages.success(
            request, _("If the e-mail is known here, a link is on its way. Look into your inbox.")
        )
        return redirect("sign-in")
    return render(request, "accounts/password_reset.html", {"form": form})


class _ResetConfirmView(PasswordResetConfirmView):
    """Django's own view: it moves the token from the address into the session before it shows a form."""

    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("sign-in")
    extra_context = {"password_rules": PASSWORD_RULES}

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        end_sessions(user=form.user)
        lockout.forget_failures(form.user)
        messages.success(self.request, _("Your new password is set. Sign in with it."))
        return response


# It looks at the link before it looks at the method.
password_reset_confirm = require_http_methods(["GET", "HEAD", "POST"])(_ResetConfirmView.as_view())
