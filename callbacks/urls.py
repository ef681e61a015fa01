"""Addresses of a project's callbacks."""

from __future__ import annotations

from django.urls import path

from callbacks.views import endpoints, log, replay, trying

CALLBACKS = "projects/<slug:slug>/callbacks/"

urlpatterns = [
    # projects/<project>/callbacks/
    path(CALLBACKS, endpoints.callbacks, name="callbacks"),
    path(CALLBACKS + "log/", log.callback_log, name="callback-log"),
    path(CALLBACKS + "log/<uuid:uuid>/", log.callback_detail, name="callback-detail"),
    path(CALLBACKS + "log/<uuid:uuid>/reveal/", log.callback_reveal, name="callback-reveal"),
    path(CALLBACKS + "<slug:kind>/", endpoints.callback_edit, name="callback-edit"),
    path(CALLBACKS + "<slug:kind>/switch/", endpoints.callback_switch, name="callback-switch"),
    path(CALLBACKS + "<slug:kind>/secret/", endpoints.callback_secret, name="callback-secret"),
    path(CALLBACKS + "<slug:kind>/test/", trying.callback_test, name="callback-test"),
    path(CALLBACKS + "<slug:kind>/replay/", replay.callback_replay, name="callback-replay"),
    path(CALLBACKS + "<slug:kind>/example/", trying.callback_example, name="callback-example"),
]
