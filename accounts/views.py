"""Pages about people: signing in, passwords, invitations, members."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import queries, services
from accounts.access import organization_for, roles_in, signed_in_person
from accounts.errors import AccountsError
from accounts.forms import InvitationForm, MemberForm, MemberRightsForm, SignInForm
from accounts.models import Membership, Organization, Role, User
from accounts.tokens import invitation_tokens

# --- Signing in -----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # The session ended under a page that refreshes parts of itself: let the whole page come here.
        return HttpResponseClientRefresh()
    target = _next_address(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect(target)
    context = {"form": form, "next": target, "has_mail": bool(settings.EMAIL_URL)}
    return render(request, "accounts/sign_in.html", context)


def _next_address(request: HttpRequest) -> str:
    """Where to go after signing in; an address of another host is ignored."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)


@require_POST
@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect(settings.LOGOUT_REDIRECT_URL)


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


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, user_uuid: UUID, token: str) -> HttpResponse:
    """The invited person's first visit: their name and first password, then they are in."""
    user = get_object_or_404(User, uuid=user_uuid)
    if not invitation_tokens.check_token(user, token):
        return render(request, "accounts/invitation_ended.html", status=410)
    form = InvitationForm(request.POST or None, user=user, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.accept_invitation(user=user, token=token, **form.cleaned_data)
        except AccountsError:
            return render(request, "accounts/invitation_ended.html", status=410)
        user.refresh_from_db()
        login(request, user)
        messages.success(request, _("Welcome. Your password is set."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/invitation.html", {"form": form, "invited": user})


# --- Members --------------------------------------------------------------------------------------------


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
