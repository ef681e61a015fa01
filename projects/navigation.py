"""The side navigation of a project, assembled from what each app offers.

An app adds its pages in a module `navigation.py` with `ITEMS: list[Item]`; this app knows none of them by
name, so no arrow points back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby

from django.apps import apps
from django.db import models
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from projects.models import Project


class Section(models.IntegerChoices):
    """Groups of the side navigation, in their order."""

    WORK = 1, ""
    TEXTS = 2, _("Texts")
    TRYING = 3, _("Trying out")
    SETTINGS = 4, _("Settings")


@dataclass(frozen=True, slots=True)
class Item:
    """One page in the side navigation. `url_name` is reversed with the project's slug as `slug`.

    `role` hides it from members without that role. `count` makes one cheap query, shown when above zero.
    A click on a project opens the first page marked `is_home` that the viewer may see. `pages` are the names of
    pages that belong to it although their address lies below another item's.
    """

    label: str | Promise
    icon: str
    url_name: str
    section: Section
    order: int
    role: Role | None = None
    count: Callable[[Project], int] | None = None
    is_home: bool = False
    pages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    label: str | Promise
    icon: str
    url: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class LinkSection:
    label: str | Promise
    links: list[Link]


def sections_for(*, project: Project, roles: frozenset[Role], path: str, page: str = "") -> list[LinkSection]:
    """The navigation as this member sees it; one query per item that counts. `page` is the name of the address."""
    offered = [(item, reverse(item.url_name, args=[project.slug])) for item in _visible(roles)]
    # The longest address that the path starts with is the current one: a page's sub-pages belong to it.
    current = max((url for _item, url in offered if path.startswith(url)), key=len, default="")
    current = next((url for item, url in offered if page in item.pages), current)
    return [
        LinkSection(
            label=section.label,
            links=[
                Link(item.label, item.icon, url, item.count(project) if item.count else 0, url == current)
                for item, url in group
            ],
        )
        for section, group in groupby(offered, key=lambda pair: pair[0].section)
    ]


def home_url(*, project: Project, roles: frozenset[Role]) -> str:
    """Where a click on the project leads this member."""
    visible = list(_visible(roles))
    home = next((item for item in visible if item.is_home), visible[-1])
    return reverse(home.url_name, args=[project.slug])


def _visible(roles: frozenset[Role]) -> Iterator[Item]:
    return (item for item in _items() if item.role is None or item.role in roles)


@cache
def _items() -> tuple[Item, ...]:
    offered = [*ITEMS]
    for config in apps.get_app_configs():
        name = f"{config.name}.navigation"
        if name != __name__ and find_spec(name) is not None:
            offered += import_module(name).ITEMS
    return tuple(sorted(offered, key=lambda item: (item.section, item.order)))


ITEMS = [
    Item(_("Number lists"), "list", "number-lists", Section.SETTINGS, 4),
    Item(_("Limits"), "gauge", "limits", Section.SETTINGS, 6),
    Item(_("Application information"), "key", "application-information", Section.SETTINGS, 10),
    Item(_("API keys"), "plug", "program-keys", Section.SETTINGS, 12),
    Item(_("Project settings"), "settings", "project-edit", Section.SETTINGS, 20, role=Role.ADMIN),
]
