"""Addresses about people."""

from __future__ import annotations

from django.urls import path

from accounts.views import invitations, members, passwords, signing_in

urlpatterns = [
    # signing in
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("password/", passwords.password_change, name="password-change"),
    path("password/reset/", passwords.password_reset, name="password-reset"),
    path("password/reset/<uidb64>/<token>/", passwords.password_reset_confirm, name="password-reset-confirm"),
    path("invitation/<uuid:user_uuid>/<token>/", invitations.invitation, name="invitation"),
    # organizations/<organization>/members/
    path("organizations/<uuid:uuid>/members/", members.member_list, name="member-list"),
    path("organizations/<uuid:uuid>/members/add/", members.member_add, name="member-add"),
    path("organizations/<uuid:uuid>/members/<uuid:member>/", members.member_edit, name="member-edit"),
    path(
        "organizations/<uuid:uuid>/members/<uuid:member>/invite/", members.member_invite, name="member-invite"
    ),
    path(
        "organizations/<uuid:uuid>/members/<uuid:member>/remove/", members.member_remove, name="member-remove"
    ),
]
