"""The pages of an organization, shown as tabs above each of them; assembled from what each app offers.

An app adds its pages in a module `organization_pages.py` with `PAGES: list[Page]`; this app knows none of them by
name, so no arrow points back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Role


@dataclass(frozen=True, slots=True)
class Page:
    """One tab. `url_name` is reversed with the organization's uuid; `role` hides it from members without that role.

    Platform staff see the pages without a role, and those with `for_staff`.
    """

    label: str | Promise
    url_name: str
    order: int
    role: Role | None = None
    for_staff: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    label: str | Promise
    url: str
    is_current: bool


def tabs_for(*, organization: Organization, roles: frozenset[Role], is_staff: bool, path: str) -> list[Tab]:
    """The pages that this person may open; the current one is the longest address that the path starts with."""
    offered = [
        (page, reverse(page.url_name, args=[organization.uuid]))
        for page in _pages()
        if page.role is None or page.role in roles or (is_staff and page.for_staff)
    ]
    current = max((url for _page, url in offered if path.startswith(url)), key=len, default="")
    return [Tab(page.label, url, url == current) for page, url in offered]


@cache
def _pages() -> tuple[Page, ...]:
    offered = [*PAGES]
    for config in apps.get_app_configs():
        name = f"{config.name}.organization_pages"
        if name != __name__ and find_spec(name) is not None:
            offered += import_module(name).PAGES
    return tuple(sorted(offered, key=lambda page: page.order))


PAGES = [
    Page(_("Members"), "member-list", 10),
    Page(_("Verification and activation"), "organization-standing", 20),
    Page(_("Checklist"), "organization-checklist", 90),
]
