"""Your account: name and language, e-mail, sessions, organizations."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import emails, queries, services
from accounts.access import memberships_of, signed_in_person
from accounts.confirming import require_confirmation
from accounts.errors import AccountsError
from accounts.forms import EmailForm, ProfileForm
from accounts.models import Membership, Role, User
from accounts.two_factor import has_two_factor, needs_two_factor
from accounts.views.signing_in import too_many_requests

EMAIL_LINK_SECONDS = 24 * 3600
_EMAIL_SALT = "accounts.email"


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = signed_in_person(request)
    form = ProfileForm(request.POST or None, initial={"name": user.name, "language": user.language})
    if request.method == "POST" and form.is_valid():
        services.change_profile(user=user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account")
    context = {
        "form": form,
        "has_two_factor": has_two_factor(user),
        "needs_two_factor": needs_two_factor(user),
        "n_sessions": queries.n_sessions(user),
        "places": [
            _Place(one, [str(role.label) for role in Role if role in one.roles])
            for one in memberships_of(user)
        ],
    }
    return render(request, "accounts/account.html", context)


@dataclass(frozen=True, slots=True)
class _Place:
    membership: Membership
    role_labels: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
def email_change(request: HttpRequest) -> HttpResponse:
    """Mails a link to the new address; the old one stays until it is opened."""
    user = signed_in_person(request)
    if not emails.has_mail():
        return render(request, "accounts/email_change.html", {"has_mail": False})
    require_confirmation(request)
    form = EmailForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="manage_email"):
            return too_many_requests(request)
        new = form.cleaned_data["email"]
        _mail_confirmation(request, user, new)
        messages.success(
            request,
            _("We mailed a link to %(email)s. Your e-mail changes when you open it.") % {"email": new},
        )
        return redirect("account")
    return render(request, "accounts/email_change.html", {"form": form, "has_mail": True})


def _mail_confirmation(request: HttpRequest, user: User, new: str) -> None:
    """Whoever uses the address already is told so in the mail; the page says the same in both cases."""
    if services.account_of(new) not in (None, user):
        emails.send("email_taken", to=new)
        return
    token = signing.dumps({"user": user.pk, "old": user.email, "new": new}, salt=_EMAIL_SALT)
    link = request.build_absolute_uri(resolve_url("email-confirm", token))
    emails.send("email_confirm", to=new, link=link)
    emails.send("email_changing", to=user.email, new=new)


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def email_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link: a button, so that a mail scanner that opens links changes nothing."""
    try:
        change = signing.loads(token, salt=_EMAIL_SALT, max_age=EMAIL_LINK_SECONDS)
    except signing.BadSignature:
        return render(request, "accounts/link_ended.html", status=410)
    user = User.objects.filter(pk=change["user"], is_active=True, email=change["old"]).first()
    if user is None:
        return render(request, "accounts/link_ended.html", status=410)
    if request.method == "POST":
        try:
            services.change_email(user=user, old=change["old"], new=change["new"])
        except AccountsError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Your e-mail is %(email)s now.") % {"email": change["new"]})
        return redirect("account")
    return render(request, "accounts/email_confirm.html", {"new": change["new"], "old": change["old"]})


# --- Sessions -------------------------------------------------------------------------------------------


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    user = signed_in_person(request)
    key = request.session.session_key or ""
    return render(request, "accounts/sessions.html", {"sessions": queries.sessions(user, current_key=key)})


@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    services.end_session(user=signed_in_person(request), pk=pk)
    messages.success(request, _("That session is signed out."))
    return redirect("usersessions_list")


@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    services.end_sessions(user=signed_in_person(request), but=request.session.session_key)
    messages.success(request, _("All other sessions are signed out."))
    return redirect("usersessions_list")


# --- Organizations --------------------------------------------------------------------------------------


@require_POST
def organization_leave(request: HttpRequest, uuid: UUID) -> HttpResponse:
    membership = get_object_or_404(
        Membership.objects.select_related("user", "organization"),
        user=signed_in_person(request),
        organization__uuid=uuid,
    )
    try:
        services.leave_organization(membership=membership)
    except AccountsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("You left %(name)s.") % {"name": membership.organization})
    return redirect("account")
