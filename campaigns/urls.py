"""Addresses of this app, below /projects/<slug>/campaigns/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from campaigns.views import (
    blocked,
    changes,
    detail,
    downloads,
    listing,
    messages,
    numbers,
    recipients,
    schedule,
    send,
    sending,
    simulations,
    stopping,
    uncertain,
    uncertain_policy,
    verification,
    why,
)

# Before it is sent: /projects/<slug>/campaigns/<uuid>/
draft_paths = [
    path("send/", send.campaign_send, name="campaign-send"),
    path("steps/", send.campaign_steps, name="campaign-steps"),
    path("what/", send.campaign_what, name="campaign-what"),
    path("upload/", recipients.campaign_upload, name="campaign-upload"),
    path("manual/", recipients.campaign_manual, name="campaign-manual"),
    path("import/", recipients.campaign_import, name="campaign-import"),
    path("file-choices/", recipients.campaign_file_choices, name="campaign-file-choices"),
    path("template/", downloads.campaign_template, name="campaign-template"),
    path("schedule/", schedule.campaign_schedule, name="campaign-schedule"),
    path("test/", sending.campaign_test, name="campaign-test"),
    path("tests/", sending.campaign_tests, name="campaign-tests"),
    path("verification/", verification.campaign_verification, name="campaign-verification"),
    path(
        "verification/<uuid:code>.png",
        verification.campaign_verification_picture,
        name="campaign-verification-picture",
    ),
    path(
        "verification/<uuid:code>.wav",
        verification.campaign_verification_sound,
        name="campaign-verification-sound",
    ),
    path("confirm/", sending.campaign_confirm, name="campaign-confirm"),
]

# Afterwards: /projects/<slug>/campaigns/<uuid>/
sent_paths = [
    path("", detail.campaign_detail, name="campaign-detail"),
    path("row/", listing.campaign_row, name="campaign-row"),
    path("progress/", detail.campaign_progress, name="campaign-progress"),
    path("numbers/", numbers.campaign_numbers, name="campaign-numbers"),
    path("numbers/export/", downloads.campaign_export, name="campaign-export"),
    path("numbers/reveal/", numbers.campaign_reveal, name="campaign-reveal"),
    path("refused/", detail.campaign_refused, name="campaign-refused"),
    path("failures/", detail.campaign_failures, name="campaign-failures"),
    path("forecast/", detail.campaign_forecast, name="campaign-forecast"),
    path("blocked/", blocked.campaign_blocked, name="campaign-blocked"),
    path("timeline/", detail.campaign_timeline, name="campaign-timeline"),
    path("settings/", detail.campaign_settings, name="campaign-settings"),
    path("result/", downloads.campaign_result, name="campaign-result"),
    path("suspend/", changes.campaign_suspend, name="campaign-suspend"),
    path("resume/", changes.campaign_resume, name="campaign-resume"),
    path("cancel/", changes.campaign_cancel, name="campaign-cancel"),
    path("move/", schedule.campaign_move, name="campaign-move"),
    path("copy/", changes.campaign_copy, name="campaign-copy"),
    path("again/", changes.campaign_again, name="campaign-again"),
    path("settle/", changes.campaign_settle, name="campaign-settle"),
]

# Stop everything: /projects/<slug>/sending/ and /organizations/<uuid>/sending/
stop_paths = [
    path("projects/<slug:slug>/sending/stop/", stopping.sending_stop, name="sending-stop"),
    path("projects/<slug:slug>/sending/allow/", stopping.sending_allow, name="sending-allow"),
    path("projects/<slug:slug>/sending/continue/", stopping.sending_continue, name="sending-continue"),
    path(
        "organizations/<uuid:uuid>/sending/stop/",
        stopping.organization_sending_stop,
        name="organization-sending-stop",
    ),
    path(
        "organizations/<uuid:uuid>/sending/allow/",
        stopping.organization_sending_allow,
        name="organization-sending-allow",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *stop_paths,
    # projects/<slug>/uncertain/
    path("projects/<slug:slug>/uncertain/", uncertain.uncertain_list, name="uncertain-list"),
    path("projects/<slug:slug>/uncertain/settle/", uncertain.uncertain_settle, name="uncertain-settle"),
    path(
        "projects/<slug:slug>/uncertain/policy/", uncertain_policy.uncertain_policy, name="uncertain-policy"
    ),
    path("projects/<slug:slug>/why/", why.number_why, name="number-why"),
    path(
        "projects/<slug:slug>/messages/<int:message_id>/",
        messages.message_detail,
        name="message-detail",
    ),
    path(
        "projects/<slug:slug>/limits/simulation/",
        simulations.limits_simulation,
        name="limits-simulation",
    ),
    path(
        "projects/<slug:slug>/campaigns/",
        include(
            [
                path("", listing.campaign_list, name="campaign-list"),
                path("new/", send.campaign_new, name="campaign-new"),
                path("<uuid:uuid>/", include(draft_paths + sent_paths)),
            ]
        ),
    ),
]
