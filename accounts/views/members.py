"""Pages about the members of an organization."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries, services
from accounts.access import organization_for, roles_in, signed_in_person
from accounts.errors import AccountsError
from accounts.forms import MemberForm, MemberRightsForm
from accounts.models import Membership, Organization, Role


@require_safe
def member_list(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid)
    context = {
        "organization": organization,
        "members": queries.members(organization),
        "may_change": _is_admin(request, organization),
    }
    return render(request, "accounts/member_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def member_add(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            membership = services.add_member(
                organization=organization, by=signed_in_person(request), **form.cleaned_data
            )
        except AccountsError as error:
            form.add_error("email", str(error))
        else:
            if not membership.user.has_usable_password():
                return redirect("member-invite", organization.uuid, membership.uuid)
            messages.success(request, _("%(name)s is a member now.") % {"name": membership.user})
            return redirect("member-list", organization.uuid)
    return render(request, "accounts/member_add.html", {"organization": organization, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request: HttpRequest, uuid: UUID, member: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    membership = _membership(organization, member)
    initial = {"roles": membership.roles, "may_reveal_numbers": membership.may_reveal_numbers}
    form = MemberRightsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_member(membership=membership, by=signed_in_person(request), **form.cleaned_data)
        except AccountsError as error:
            form.add_error("roles", str(error))
        else:
            messages.success(request, _("The rights of %(name)s are changed.") % {"name": membership.user})
            return redirect("member-list", organization.uuid)
    context = {"organization": organization, "membership": membership, "form": form}
    return render(request, "accounts/member_edit.html", context)


@require_safe
@never_cache
def member_invite(request: HttpRequest, uuid: UUID, member: UUID) -> HttpResponse:
    """The invitation link, to be copied and handed over; works without any mail server."""
    organization = organization_for(request.user, uuid, Role.ADMIN)
    membership = _membership(organization, member)
    try:
        token = services.invitation_token(membership=membership)
    except AccountsError as error:
        messages.warning(request, str(error))
        return redirect("member-list", organization.uuid)
    link = request.build_absolute_uri(resolve_url("invitation", membership.user.uuid, token))
    context = {"organization": organization, "membership": membership, "link": link}
    return render(request, "accounts/member_invite.html", context)


@require_POST
def member_remove(request: HttpRequest, uuid: UUID, member: UUID) -> HttpResponse:
    organization = organization_for(request.user, uuid, Role.ADMIN)
    membership = Membership.objects.filter(organization=organization, uuid=member).first()
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


def _membership(organization: Organization, uuid: UUID) -> Membership:
    return get_object_or_404(
        Membership.objects.select_related("user", "organization"), organization=organization, uuid=uuid
    )


def _is_admin(request: HttpRequest, organization: Organization) -> bool:
    return Role.ADMIN in roles_in(request.user, organization.pk)
