"""Addresses of this app."""

from __future__ import annotations

from django.urls import path

from delivery.views import handset, staff

HANDSET = "projects/<slug:slug>/handset/"

urlpatterns = [
    path(HANDSET, handset.handset, name="handset"),
    path(HANDSET + "reply/", handset.handset_reply, name="handset-reply"),
    path(HANDSET + "phones/", handset.handset_phones, name="handset-phones"),
    # staff/gateways/
    path("staff/gateways/", staff.staff_gateway_list, name="staff-gateway-list"),
    path("staff/gateways/<slug:slug>/", staff.staff_gateway, name="staff-gateway"),
    path("staff/gateways/<slug:slug>/pause/", staff.staff_gateway_pause, name="staff-gateway-pause"),
    path("staff/gateways/<slug:slug>/continue/", staff.staff_gateway_continue, name="staff-gateway-continue"),
]
