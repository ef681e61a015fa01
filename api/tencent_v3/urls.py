"""The addresses of Tencent's API 3.0. At `/` it shares the project list's; `front_door` tells them apart."""

from __future__ import annotations

from django.urls import path

from api.tencent_v3.entry import answer

urlpatterns = [path("tencent/", answer, name="tencent-v3")]
