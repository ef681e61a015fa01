"""Pages with which an admin invites: the form, the link to copy, sending again, withdrawing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import emails, services
from accounts.access import organization_for, signed_in_person
from accounts.errors import AccountsError
from accounts.forms import MemberForm
from accounts.models import Invitation, Organization, Role


@require_http_methods(["GET", "HEAD", "POST"])
def member_add(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invited = services.invite(
                organization=organization, by=signed_in_person(request), **form.cleaned_data
            )
        except AccountsError as error:
            form.add_error("email", str(error))
        else:
            _mail(request, invited)
            return redirect("member-invite", organization.uuid, invited.uuid)
    context = {"organization": organization, "form": form, "has_mail": emails.has_mail()}
    return render(request, "accounts/member_add.html", context)


@require_safe
@never_cache
def member_invite(request: HttpRequest, uuid: UUID, invitation: UUID) -> HttpResponse:
    """The invitation link, to be copied and handed over; works without any mail server."""
    organization = organization_for(request.user, uuid, Role.ADMIN)
    invited = _open_invitation(organization, invitation)
    if invited is None:
        messages.info(request, _("This invitation was accepted or withdrawn meanwhile."))
        return redirect("member-list", organization.uuid)
    context = {
        "organization": organization,
        "invited": invited,
        "link": _link(request, invited),
        "has_mail": emails.has_mail(),
    }
    return render(request, "accounts/member_invite.html", context)


@require_POST
def invitation_renew(request: HttpRequest, uuid: UUID, invitation: UUID) -> HttpResponse:
    """A new link for the whole time, mailed when there is a mail server."""
    organization = organization_for(request.user, uuid, Role.ADMIN)
    invited = _open_invitation(organization, invitation)
    if invited is None:
        return redirect("member-list", organization.uuid)
    try:
        invited = services.renew_invitation(invitation=invited, by=signed_in_person(request))
    except AccountsError as error:
        messages.error(request, str(error))
        return redirect("member-list", organization.uuid)
    messages.success(request, _("There is a new link. The old one no longer works."))
    _mail(request, invited)
    return redirect("member-invite", organization.uuid, invited.uuid)


@require_POST
def invitation_withdraw(request: HttpRequest, uuid: UUID, invitation: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    invited = _open_invitation(organization, invitation)
    if invited is not None:
        services.withdraw_invitation(invitation=invited, by=signed_in_person(request))
        messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": invited.email})
    return redirect("member-list", organization.uuid)


def _mail(request: HttpRequest, invited: Invitation) -> None:
    """Mail the link, if there is a mail server; a mail that could not be sent leaves the link to copy."""
    if not emails.has_mail():
        return
    was_taken = emails.send(
        "invitation", to=invited.email, link=_link(request, invited), invited=invited, by=invited.invited_by
    )
    if was_taken:
        services.note_mailed(invitation=invited)
        messages.success(request, _("The invitation is mailed to %(email)s.") % {"email": invited.email})
    else:
        messages.warning(
            request, _("The mail server did not take the mail. Copy the link and hand it over yourself.")
        )


def _link(request: HttpRequest, invited: Invitation) -> str:
    return request.build_absolute_uri(
        resolve_url("invitation", invited.uuid, services.invitation_token(invited))
    )


def _open_invitation(organization: Organization, uuid: UUID) -> Invitation | None:
    """None when it was accepted or withdrawn; another organization's does not exist."""
    found: Invitation = get_object_or_404(
        Invitation.objects.select_related("invited_by", "organization"), organization=organization, uuid=uuid
    )
    return None if found.accepted_at or found.withdrawn_at else found
