"""Addresses about what organizations prove and are granted, and about those who decide it."""

from __future__ import annotations

from django.urls import path

from accounts.views import checklist, documents, staff, standing

ORGANIZATION = "organizations/<uuid:uuid>/"
STAFF_ORGANIZATION = "staff/organizations/<uuid:uuid>/"

urlpatterns = [
    path("rules/individual-and-enterprise/", standing.entity_rules, name="entity-rules"),
    # organizations/<organization>/
    path(ORGANIZATION + "checklist/", checklist.organization_checklist, name="organization-checklist"),
    # organizations/<organization>/verification/
    path(ORGANIZATION + "verification/", standing.organization_standing, name="organization-standing"),
    path(ORGANIZATION + "verification/request/", standing.verification_request, name="verification-request"),
    path(
        ORGANIZATION + "verification/<uuid:verification>/withdraw/",
        standing.verification_withdraw,
        name="verification-withdraw",
    ),
    path(
        ORGANIZATION + "verification/documents/<uuid:document>/",
        documents.verification_document,
        name="verification-document",
    ),
    path(
        ORGANIZATION + "verification/documents/<uuid:document>/pages/<int:number>/",
        documents.verification_document_page,
        name="verification-document-page",
    ),
    path(ORGANIZATION + "activation/<slug:region>/", standing.activation_request, name="activation-request"),
    # staff/verifications/
    path("staff/verifications/", staff.staff_verification_list, name="staff-verification-list"),
    path("staff/verifications/<uuid:uuid>/", staff.staff_verification, name="staff-verification"),
    path(
        "staff/verifications/<uuid:uuid>/approve/",
        staff.staff_verification_approve,
        name="staff-verification-approve",
    ),
    path(
        "staff/verifications/<uuid:uuid>/reject/",
        staff.staff_verification_reject,
        name="staff-verification-reject",
    ),
    # staff/organizations/<organization>/
    path(STAFF_ORGANIZATION + "lock/", staff.staff_organization_lock, name="staff-organization-lock"),
    path(STAFF_ORGANIZATION + "unlock/", staff.staff_organization_unlock, name="staff-organization-unlock"),
    path(
        STAFF_ORGANIZATION + "activation/<slug:region>/grant/",
        staff.staff_activation_grant,
        name="staff-activation-grant",
    ),
    path(
        STAFF_ORGANIZATION + "activation/<slug:region>/refuse/",
        staff.staff_activation_refuse,
        name="staff-activation-refuse",
    ),
    path(
        STAFF_ORGANIZATION + "activation/<slug:region>/revoke/",
        staff.staff_activation_revoke,
        name="staff-activation-revoke",
    ),
    path(
        STAFF_ORGANIZATION + "people/<uuid:person>/deactivate/",
        staff.staff_person_deactivate,
        name="staff-person-deactivate",
    ),
    path(
        STAFF_ORGANIZATION + "people/<uuid:person>/reactivate/",
        staff.staff_person_reactivate,
        name="staff-person-reactivate",
    ),
]
