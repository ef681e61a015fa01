"""Addresses of this app."""

from __future__ import annotations

from django.urls import path

from delivery.views import handset

HANDSET = "projects/<slug:slug>/handset/"

urlpatterns = [
    path(HANDSET, handset.handset, name="handset"),
    path(HANDSET + "reply/", handset.handset_reply, name="handset-reply"),
    path(HANDSET + "phones/", handset.handset_phones, name="handset-phones"),
]
