"""Addresses of the interfaces and of the pages about them."""

from __future__ import annotations

from django.urls import path

from api.native.api import native_urls
from api.views import debugger, documentation

urlpatterns = [
    # The native API, and what there is to read about it
    *native_urls(),
    path("api/openapi.json", documentation.api_openapi, name="api-openapi"),
    path("api/docs/", documentation.api_docs, name="api-docs"),
    path("api/docs/reference/", documentation.api_reference, name="api-reference"),
    path("api/errors/", documentation.api_errors, name="api-errors"),
    path("api/errors/<slug:code>/", documentation.api_error, name="api-error"),
    # projects/<project>/keys/signature/
    path("projects/<slug:slug>/keys/signature/", debugger.signature_debugger, name="signature-debugger"),
]
