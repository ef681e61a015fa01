"""Addresses that carriers call; the token is the gateway's own."""

from __future__ import annotations

from django.urls import path

from delivery.views import push

urlpatterns = [
    path("push/<slug:token>/", push.push, name="push"),
    path("push/<slug:token>/<slug:what>/", push.push, name="push-of"),
]
