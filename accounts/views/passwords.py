"""Pages for changing and resetting a password."""

from __future__ import annotations

from django.conf import settings
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

from accounts.access import signed_in_person


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def password_change(request: HttpRequest) -> HttpResponse:
    form = PasswordChangeForm(signed_in_person(request), data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        # Other sessions of this person end; this one goes on.
        update_session_auth_hash(request, form.user)
        messages.success(request, _("Your password is changed. Sessions on other devices are signed out."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/password_change.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def password_reset(request: HttpRequest) -> HttpResponse:
    """Mails a link; the answer is the same whether the e-mail is known or not."""
    if not settings.EMAIL_URL:
        raise Http404
    form = PasswordResetForm(data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save(
            request=request,
            use_https=request.is_secure(),
            subject_template_name="accounts/password_reset_subject.txt",
            email_template_name="accounts/password_reset_email.txt",
        )
        messages.success(
            request, _("If the e-mail is known here, a link is on its way. Look into your inbox.")
        )
        return redirect("sign-in")
    return render(request, "accounts/password_reset.html", {"form": form})


# Django's own view: it moves the token from the address into the session before it shows a form.
password_reset_confirm = PasswordResetConfirmView.as_view(
    template_name="accounts/password_reset_confirm.html", success_url=reverse_lazy("sign-in")
)
