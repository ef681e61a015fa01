"""Registration of a new organization: the e-mail is confirmed first, then the rest is asked."""

from __future__ import annotations

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import emails, services
from accounts.confirming import let_in
from accounts.forms import RegisterForm, RegistrationForm
from accounts.views.landing import checklist_address, remember_onward
from accounts.views.signing_in import too_many_requests


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def register(request: HttpRequest) -> HttpResponse:
    """Mails a link; the answer is the same whether the e-mail is known or not."""
    _require_open()
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="signup"):
            return too_many_requests(request)
        email = form.cleaned_data["email"]
        if services.account_of(email):
            emails.send(
                "registration_known", to=email, link=request.build_absolute_uri(resolve_url("sign-in"))
            )
        else:
            token = services.registration_token(email)
            link = request.build_absolute_uri(resolve_url("register-complete", token))
            emails.send("registration", to=email, link=link)
        return render(request, "accounts/register_sent.html", {"email": email})
    return render(request, "accounts/register.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password")
@never_cache
def register_complete(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the mailed link: name, organization and password; then the person is in."""
    _require_open()
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    try:
        email = services.registering_email(token)
        form = RegistrationForm(request.POST or None, email=email)
        if request.method == "POST" and form.is_valid():
            organization, user = services.register_organization(token=token, **form.cleaned_data)
            let_in(request, user)
            messages.success(request, _("Welcome. Your organization is registered."))
            return redirect(remember_onward(request, checklist_address(organization)))
    except services.LinkEnded as error:
        return render(request, "accounts/link_ended.html", {"reason": str(error)}, status=410)
    return render(request, "accounts/register_complete.html", {"form": form, "email": email})


def _require_open() -> None:
    # Without a mail server no e-mail can be confirmed.
    if not settings.REGISTRATION_OPEN or not emails.has_mail():
        raise Http404
