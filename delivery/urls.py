"""Addresses of this app."""

from __future__ import annotations

from django.urls import path

from delivery.views import handset, replies, staff_codes, staff_gateway_page, staff_gateways, staff_routes

HANDSET = "projects/<slug:slug>/handset/"
GATEWAY = "staff/gateways/<slug:slug>/"
ROUTE = "staff/gateways/routes/<uuid:uuid>/"

urlpatterns = [
    path(HANDSET, handset.handset, name="handset"),
    path(HANDSET + "reply/", handset.handset_reply, name="handset-reply"),
    path(HANDSET + "phones/", handset.handset_phones, name="handset-phones"),
    path("projects/<slug:slug>/replies/", replies.reply_list, name="reply-list"),
    path("projects/<slug:slug>/replies/export/", replies.reply_export, name="reply-export"),
    # staff/gateways/
    path("staff/gateways/", staff_gateways.staff_gateway_list, name="staff-gateway-list"),
    path("staff/gateways/add/", staff_gateways.staff_gateway_choose, name="staff-gateway-choose"),
    path("staff/gateways/add/<slug:kind>/", staff_gateways.staff_gateway_add, name="staff-gateway-add"),
    path("staff/gateways/codes/", staff_codes.staff_code_list, name="staff-code-list"),
    path("staff/gateways/codes/<int:key>/", staff_codes.staff_code_edit, name="staff-code-edit"),
    path("staff/gateways/routes/", staff_routes.staff_route_list, name="staff-route-list"),
    path("staff/gateways/routes/ask/", staff_routes.staff_route_ask, name="staff-route-ask"),
    path("staff/gateways/routes/add/", staff_routes.staff_route_add, name="staff-route-add"),
    path(ROUTE, staff_routes.staff_route_edit, name="staff-route-edit"),
    path(ROUTE + "disable/", staff_routes.staff_route_disable, name="staff-route-disable"),
    path(ROUTE + "enable/", staff_routes.staff_route_enable, name="staff-route-enable"),
    path(ROUTE + "delete/", staff_routes.staff_route_delete, name="staff-route-delete"),
    path(GATEWAY, staff_gateway_page.staff_gateway, name="staff-gateway"),
    path(GATEWAY + "live/", staff_gateway_page.staff_gateway_live, name="staff-gateway-live"),
    path(GATEWAY + "exchanges/", staff_gateway_page.staff_gateway_exchanges, name="staff-gateway-exchanges"),
    path(GATEWAY + "try/", staff_gateway_page.staff_gateway_try, name="staff-gateway-try"),
    path(GATEWAY + "id-form/", staff_gateway_page.staff_gateway_id_form, name="staff-gateway-id-form"),
    path(GATEWAY + "templates/", staff_gateway_page.staff_gateway_templates, name="staff-gateway-templates"),
    path(
        GATEWAY + "templates/add/",
        staff_gateway_page.staff_gateway_template_add,
        name="staff-gateway-template-add",
    ),
    path(
        GATEWAY + "templates/<int:key>/remove/",
        staff_gateway_page.staff_gateway_template_remove,
        name="staff-gateway-template-remove",
    ),
    path(GATEWAY + "edit/", staff_gateways.staff_gateway_edit, name="staff-gateway-edit"),
    path(GATEWAY + "pause/", staff_gateways.staff_gateway_pause, name="staff-gateway-pause"),
    path(GATEWAY + "continue/", staff_gateways.staff_gateway_continue, name="staff-gateway-continue"),
    path(GATEWAY + "delete/", staff_gateways.staff_gateway_delete, name="staff-gateway-delete"),
    path(GATEWAY + "push-address/", staff_gateways.staff_gateway_renew, name="staff-gateway-renew"),
]
