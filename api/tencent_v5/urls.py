"""Addresses of Tencent's API v5, as its SDKs have them."""

from __future__ import annotations

from django.urls import path

from api.tencent_v5 import entry

urlpatterns = [
    # Any name: who asks for a method that does not exist is told so in the API's own way.
    path("v5/tlssmssvr/<str:method>", entry.answer, name="tencent-v5"),
    path("v5/tlsvoicesvr/<str:method>", entry.answer_voice, name="tencent-v5-voice"),
]
