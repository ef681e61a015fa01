"""Pages about the members of an organization."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries, services
from accounts.access import organization_for, roles_in, signed_in_person
from accounts.confirming import require_confirmation
from accounts.errors import AccountsError, MemberChanged
from accounts.forms import MemberRightsForm
from accounts.lockout import locked_emails
from accounts.models import Membership, Organization, Role
from accounts.two_factor import has_two_factor


@require_safe
def member_list(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid)
    may_change = Role.ADMIN in roles_in(request.user, organization.pk)
    context = {
        "organization": organization,
        "members": queries.members(organization),
        "invitations": queries.open_invitations(organization),
        "may_change": may_change,
    }
    return render(request, "accounts/member_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request: HttpRequest, uuid: UUID, member: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    membership = _membership(organization, member)
    initial = {"roles": membership.roles, "may_reveal_numbers": membership.may_reveal_numbers}
    form = MemberRightsForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.change_member(
                membership=membership,
                roles=form.cleaned_data["roles"],
                may_reveal_numbers=form.cleaned_data["may_reveal_numbers"],
                seen_at=form.cleaned_data["seen"],
                by=signed_in_person(request),
            )
        except MemberChanged as error:
            form.add_error(None, str(error))
            status = 409
        except AccountsError as error:
            form.add_error("roles", str(error))
        else:
            messages.success(request, _("The rights of %(name)s are changed.") % {"name": membership.user})
            return redirect("member-list", organization.uuid)
    context = {
        "organization": organization,
        "membership": membership,
        "form": form,
        # What is sent next was decided in view of the rights that this page shows.
        "seen": membership.changed_at.isoformat(),
        "is_stale": status == 409,
        "present_roles": queries.role_labels(membership.roles),
        "has_two_factor": has_two_factor(membership.user),
        "is_locked_out": bool(locked_emails([membership.user.email.lower()])),
    }
    return render(request, "accounts/member_edit.html", context, status=status)


@require_POST
def member_remove(request: HttpRequest, uuid: UUID, member: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    membership = _members(organization).filter(uuid=member).first()
    if membership is None:
        # Somebody was first; the person is out, which is what was asked for.
        return redirect("member-list", organization.uuid)
    try:
        services.remove_member(membership=membership, by=signed_in_person(request))
    except AccountsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s is no longer a member.") % {"name": membership.user})
    return redirect("member-list", organization.uuid)


@require_POST
def member_two_factor_reset(request: HttpRequest, uuid: UUID, member: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    membership = _membership(organization, member)
    require_confirmation(request)
    try:
        services.reset_two_factor(membership=membership, by=signed_in_person(request))
    except AccountsError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("The second factor of %(name)s is gone and they are signed out.") % {"name": membership.user},
        )
    return redirect("member-edit", organization.uuid, membership.uuid)


@require_POST
def member_unlock(request: HttpRequest, uuid: UUID, member: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    membership = _membership(organization, member)
    services.unlock_member(membership=membership, by=signed_in_person(request))
    messages.success(request, _("%(name)s can sign in again.") % {"name": membership.user})
    return redirect("member-edit", organization.uuid, membership.uuid)


@require_POST
def organization_two_factor(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Whether admins and reviewers need a second factor; switching it off asks who one is first."""
    organization = organization_for(request.user, uuid, Role.ADMIN)
    is_required = request.POST.get("required") == "yes"
    if not is_required:
        require_confirmation(request)
    services.require_two_factor(
        organization=organization, is_required=is_required, by=signed_in_person(request)
    )
    if is_required:
        messages.success(request, _("Admins and reviewers need two-factor from now on."))
    else:
        messages.success(request, _("Nobody here needs two-factor any more."))
    return redirect("member-list", organization.uuid)


def _members(organization: Organization) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=organization).select_related("user", "organization")


def _membership(organization: Organization, uuid: UUID) -> Membership:
    return get_object_or_404(_members(organization), uuid=uuid)
