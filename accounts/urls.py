"""Addresses about people."""

from __future__ import annotations

from django.urls import path

from accounts.views import (
    account,
    invitations,
    inviting,
    language,
    members,
    passwords,
    registration,
    signing_in,
    two_factor,
)

urlpatterns = [
    path("language/", language.language, name="language"),
    # signing in; the second names are django-allauth's own, which reverses them
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-in/", signing_in.sign_in, name="account_login"),
    path("sign-in/code/", signing_in.sign_in_code, name="mfa_authenticate"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("confirm/", signing_in.confirm, name="account_reauthenticate"),
    path("confirm/code/", signing_in.confirm_code, name="mfa_reauthenticate"),
    path("password/", passwords.password_change, name="password-change"),
    path("password/reset/", passwords.password_reset, name="password-reset"),
    path("password/reset/<uidb64>/<token>/", passwords.password_reset_confirm, name="password-reset-confirm"),
    # coming in
    path("register/", registration.register, name="register"),
    path("register/<token>/", registration.register_complete, name="register-complete"),
    path("invitations/<uuid:uuid>/<token>/", invitations.invitation, name="invitation"),
    # account/
    path("account/", account.account, name="account"),
    path("account/email/", account.email_change, name="email-change"),
    path("account/email/<token>/", account.email_confirm, name="email-confirm"),
    path("account/sessions/", account.sessions, name="usersessions_list"),
    path("account/sessions/end/", account.sessions_end, name="sessions-end"),
    path("account/sessions/<int:pk>/end/", account.session_end, name="session-end"),
    path("account/organizations/<uuid:uuid>/leave/", account.organization_leave, name="organization-leave"),
    path("account/two-factor/", two_factor.two_factor, name="mfa_index"),
    path("account/two-factor/set-up/", two_factor.set_up, name="mfa_activate_totp"),
    path("account/two-factor/off/", two_factor.switch_off, name="mfa_deactivate_totp"),
    path("account/two-factor/codes/", two_factor.recovery_codes, name="mfa_view_recovery_codes"),
    path("account/two-factor/codes/new/", two_factor.new_recovery_codes, name="mfa_generate_recovery_codes"),
    # organizations/<organization>/members/
    path("organizations/<uuid:uuid>/members/", members.member_list, name="member-list"),
    path("organizations/<uuid:uuid>/members/add/", inviting.member_add, name="member-add"),
    path(
        "organizations/<uuid:uuid>/members/two-factor/",
        members.organization_two_factor,
        name="organization-two-factor",
    ),
    path("organizations/<uuid:uuid>/members/<uuid:member>/", members.member_edit, name="member-edit"),
    path(
        "organizations/<uuid:uuid>/members/<uuid:member>/remove/", members.member_remove, name="member-remove"
    ),
    path(
        "organizations/<uuid:uuid>/members/<uuid:member>/unlock/", members.member_unlock, name="member-unlock"
    ),
    path(
        "organizations/<uuid:uuid>/members/<uuid:member>/two-factor/reset/",
        members.member_two_factor_reset,
        name="member-two-factor-reset",
    ),
    # organizations/<organization>/invitations/
    path(
        "organizations/<uuid:uuid>/invitations/<uuid:invitation>/",
        inviting.member_invite,
        name="member-invite",
    ),
    path(
        "organizations/<uuid:uuid>/invitations/<uuid:invitation>/renew/",
        inviting.invitation_renew,
        name="invitation-renew",
    ),
    path(
        "organizations/<uuid:uuid>/invitations/<uuid:invitation>/withdraw/",
        inviting.invitation_withdraw,
        name="invitation-withdraw",
    ),
]
