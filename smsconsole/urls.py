"""Every address of the console, app by app."""

from __future__ import annotations

from django.urls import include, path

from smsconsole import django_admin

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("accounts.standing_urls")),
    path("", include("projects.urls")),
    path("", include("projects.staff_urls")),
    path("", include("templates_app.urls")),
    path("", include("delivery.urls")),
    path("", include("delivery.push_urls")),
    path("", include("campaigns.urls")),
    path("", include("notifications.urls")),
    path("", include("callbacks.urls")),
    path("", include("audit.urls")),
    path("", include("api.urls")),
    path("", include("api.tencent_v5.urls")),
    path("", include("api.tencent_v3.urls")),
    path("django-admin/", django_admin.urls),
]
