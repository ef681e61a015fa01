"""Addresses of signatures, body templates, sender IDs, their rules and the review queue."""

from __future__ import annotations

from django.urls import path

from templates_app.views import body_templates, certificates, reviews, rules, sender_ids, signatures

SIGNATURES = "projects/<slug:slug>/signatures/"
SIGNATURE = SIGNATURES + "<uuid:uuid>/"
SIGNATURE_REVISION = SIGNATURE + "revisions/<int:number>/"
BODY_TEMPLATES = "projects/<slug:slug>/body-templates/"
BODY_TEMPLATE = BODY_TEMPLATES + "<uuid:uuid>/"
BODY_TEMPLATE_REVISION = BODY_TEMPLATE + "revisions/<int:number>/"
SENDER_IDS = "projects/<slug:slug>/sender-ids/"
SENDER_ID = SENDER_IDS + "<uuid:uuid>/"
SENDER_ID_REVISION = SENDER_ID + "revisions/<int:number>/"
REVIEWS = "projects/<slug:slug>/reviews/"
CERTIFICATE = "projects/<slug:slug>/certificates/<uuid:uuid>/"

urlpatterns = [
    path(SIGNATURES, signatures.signature_list, name="signature-list"),
    path(SIGNATURES + "create/", signatures.signature_create, name="signature-create"),
    path(SIGNATURES + "preview/", signatures.signature_preview, name="signature-preview"),
    path(SIGNATURE, signatures.signature_detail, name="signature-detail"),
    path(SIGNATURE + "edit/", signatures.signature_edit, name="signature-edit"),
    path(SIGNATURE + "preview/", signatures.signature_preview, name="signature-preview"),
    path(SIGNATURE_REVISION + "submit/", signatures.signature_submit, name="signature-submit"),
    path(SIGNATURE_REVISION + "withdraw/", signatures.signature_withdraw, name="signature-withdraw"),
    path(SIGNATURE_REVISION + "discard/", signatures.signature_discard, name="signature-discard"),
    path(SIGNATURE_REVISION + "revoke/", signatures.signature_revoke, name="signature-revoke"),
    path(CERTIFICATE, certificates.certificate_file, name="certificate-file"),
    path(CERTIFICATE + "pages/<int:number>/", certificates.certificate_page, name="certificate-page"),
    path(CERTIFICATE + "remove/", certificates.certificate_remove, name="certificate-remove"),
    path(BODY_TEMPLATES, body_templates.body_template_list, name="body-template-list"),
    path(BODY_TEMPLATES + "create/", body_templates.body_template_create, name="body-template-create"),
    path(BODY_TEMPLATES + "preview/", body_templates.body_template_preview, name="body-template-preview"),
    path(BODY_TEMPLATE, body_templates.body_template_detail, name="body-template-detail"),
    path(BODY_TEMPLATE + "edit/", body_templates.body_template_edit, name="body-template-edit"),
    path(BODY_TEMPLATE + "preview/", body_templates.body_template_preview, name="body-template-preview"),
    path(BODY_TEMPLATE + "copy/", body_templates.body_template_copy, name="body-template-copy"),
    path(
        BODY_TEMPLATE_REVISION + "submit/", body_templates.body_template_submit, name="body-template-submit"
    ),
    path(
        BODY_TEMPLATE_REVISION + "withdraw/",
        body_templates.body_template_withdraw,
        name="body-template-withdraw",
    ),
    path(
        BODY_TEMPLATE_REVISION + "discard/",
        body_templates.body_template_discard,
        name="body-template-discard",
    ),
    path(
        BODY_TEMPLATE_REVISION + "revoke/", body_templates.body_template_revoke, name="body-template-revoke"
    ),
    path(
        "organizations/<uuid:uuid>/reviews/",
        reviews.organization_review_queue,
        name="organization-review-queue",
    ),
    path(SENDER_IDS, sender_ids.sender_id_list, name="sender-id-list"),
    path(SENDER_IDS + "create/", sender_ids.sender_id_create, name="sender-id-create"),
    path(SENDER_IDS + "preview/", sender_ids.sender_id_preview, name="sender-id-preview"),
    path(SENDER_ID, sender_ids.sender_id_detail, name="sender-id-detail"),
    path(SENDER_ID + "edit/", sender_ids.sender_id_edit, name="sender-id-edit"),
    path(SENDER_ID + "preview/", sender_ids.sender_id_preview, name="sender-id-preview"),
    path(SENDER_ID_REVISION + "submit/", sender_ids.sender_id_submit, name="sender-id-submit"),
    path(SENDER_ID_REVISION + "withdraw/", sender_ids.sender_id_withdraw, name="sender-id-withdraw"),
    path(SENDER_ID_REVISION + "discard/", sender_ids.sender_id_discard, name="sender-id-discard"),
    path(SENDER_ID_REVISION + "revoke/", sender_ids.sender_id_revoke, name="sender-id-revoke"),
    path("rules/signatures/", rules.signature_rules, name="signature-rules"),
    path("rules/body-templates/", rules.template_rules, name="template-rules"),
    path("rules/sender-ids/", rules.sender_id_rules, name="sender-id-rules"),
    path(REVIEWS, reviews.review_queue, name="review-queue"),
    path(REVIEWS + "<uuid:uuid>/", reviews.review_case, name="review-case"),
    path(REVIEWS + "<uuid:uuid>/claim/", reviews.review_claim, name="review-claim"),
    path(REVIEWS + "<uuid:uuid>/take-over/", reviews.review_take_over, name="review-take-over"),
    path(REVIEWS + "<uuid:uuid>/approve/", reviews.review_approve, name="review-approve"),
    path(REVIEWS + "<uuid:uuid>/reject/", reviews.review_reject, name="review-reject"),
]
