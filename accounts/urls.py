"""Addresses about people."""

from __future__ import annotations

from django.urls import path

from accounts import views

urlpatterns = [
    # signing in
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("password/", views.password_change, name="password-change"),
    path("password/reset/", views.password_reset, name="password-reset"),
    path("password/reset/<uidb64>/<token>/", views.password_reset_confirm, name="password-reset-confirm"),
    path("invitation/<uuid:user_uuid>/<token>/", views.invitation, name="invitation"),
    # organizations/<organization>/members/
    path("organizations/<uuid:uuid>/members/", views.member_list, name="member-list"),
    path("organizations/<uuid:uuid>/members/add/", views.member_add, name="member-add"),
    path("organizations/<uuid:uuid>/members/<uuid:member>/", views.member_edit, name="member-edit"),
    path(
        "organizations/<uuid:uuid>/members/<uuid:member>/invite/", views.member_invite, name="member-invite"
    ),
    path(
        "organizations/<uuid:uuid>/members/<uuid:member>/remove/", views.member_remove, name="member-remove"
    ),
]
