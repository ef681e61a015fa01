"""The native API put together: its operations, its refusals, its addresses."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from api.native import (
    batches,
    body_templates,
    campaign_recipients,
    campaign_sending,
    campaigns,
    messages,
    number_lists,
    replies,
    sender_ids,
    signatures,
    statistics,
)
from api.native.bodies import StrictParser
from api.native.door import door, nothing_here
from api.native.openapi import DESCRIPTION, VERSION, completed
from api.native.refusals import handle_refusals

PREFIX = "api/v1/"


class NativeApi(NinjaAPI):
    """ninja's, whose description of itself is completed with what all operations share."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema: OpenAPISchema = super().get_openapi_schema(path_prefix="/" + PREFIX, path_params=path_params)
        return completed(schema)


api = NativeApi(
    title="SMS Console API",
    version=VERSION,
    description=DESCRIPTION,
    urls_namespace="native",
    openapi_url=None,
    docs_url=None,
    parser=StrictParser(),
)
handle_refusals(api)
for module in (
    messages,
    batches,
    campaigns,
    campaign_recipients,
    campaign_sending,
    body_templates,
    signatures,
    sender_ids,
    replies,
    statistics,
    number_lists,
):
    api.add_router("", module.router)


def native_urls() -> list[URLPattern]:
    """One address for each path of the API, all behind the door; what is none of them is refused there, too."""
    found: dict[str, URLPattern] = {}
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            address = str(pattern.pattern)
            # ninja has a pattern for each operation; the first of an address answers all of its methods.
            found.setdefault(address, path(PREFIX + address, door(pattern.callback), name=_name(address)))
    return [*found.values(), re_path(rf"^{PREFIX}(?P<rest>.*)$", nothing_here, name="native-nothing")]


def _name(address: str) -> str:
    """`campaigns/<campaign_id>/start` is native-campaigns-start, `campaigns/<campaign_id>` native-campaigns-one."""
    parts = address.split("/")
    words = [part for part in parts if not part.startswith("<")]
    return "-".join(["native", *words, *(["one"] if parts[-1].startswith("<") else [])])


def openapi_document() -> dict[str, Any]:
    """What the API says about itself: served, and kept in the repository."""
    return dict(api.get_openapi_schema())
