"""The invited person's first visit."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.confirming import let_in
from accounts.errors import AccountsError
from accounts.forms import InvitationForm
from accounts.models import Invitation, Role, User
from accounts.two_factor import before_two_factor


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@before_two_factor
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, uuid: UUID, token: str) -> HttpResponse:
    """Somebody new chooses name and password; somebody known signs in and accepts."""
    invited = get_object_or_404(Invitation.objects.select_related("organization", "invited_by"), uuid=uuid)
    try:
        services.check_invitation(invited, token)
        account = services.account_of(invited.email)
        if account is None or not account.has_usable_password():
            return _new_person(request, invited, token)
        return _known_person(request, invited, token)
    except services.InvitationEnded:
        return render(request, "accounts/invitation_ended.html", status=410)


def _new_person(request: HttpRequest, invited: Invitation, token: str) -> HttpResponse:
    form = InvitationForm(request.POST or None, email=invited.email, initial={"name": invited.name})
    signed_in_as = request.user if request.user.is_authenticated else None
    if request.method == "POST" and form.is_valid() and signed_in_as is None:
        try:
            user = services.accept_as_somebody_new(invitation=invited, token=token, **form.cleaned_data)
        except services.InvitationEnded:
            raise
        except AccountsError as error:
            form.add_error(None, str(error))
        else:
            let_in(request, user)
            return _welcome(request, invited)
    context = _context(invited) | {"form": form, "signed_in_as": signed_in_as}
    return render(request, "accounts/invitation.html", context)


def _known_person(request: HttpRequest, invited: Invitation, token: str) -> HttpResponse:
    is_them = isinstance(request.user, User) and request.user.email.lower() == invited.email.lower()
    if request.method == "POST" and is_them and isinstance(request.user, User):
        services.accept_as_member(invitation=invited, token=token, user=request.user)
        return _welcome(request, invited)
    context = _context(invited) | {
        "is_them": is_them,
        "signed_in_as": request.user if request.user.is_authenticated else None,
        "sign_in": f"{resolve_url('sign-in')}?next={request.path}",
    }
    return render(request, "accounts/invitation_accept.html", context)


def _welcome(request: HttpRequest, invited: Invitation) -> HttpResponse:
    messages.success(request, _("Welcome to %(name)s.") % {"name": invited.organization})
    return redirect("project-list")


def _context(invited: Invitation) -> dict[str, object]:
    return {
        "invited": invited,
        "role_labels": [str(role.label) for role in Role if role in invited.roles],
    }
