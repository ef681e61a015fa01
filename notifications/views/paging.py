"""Filter chips and keyset links of the two lists of this app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from notifications.statuses import Topic


@dataclass(frozen=True, slots=True)
class Chip:
    label: str | Promise
    url: str
    is_current: bool


def cursor(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


def topic_of(value: str) -> Topic | None:
    return Topic(value) if value in Topic.values else None


def topic_chips(topic: Topic | None, flag: str, flag_label: str | Promise, is_flagged: bool) -> list[Chip]:
    """All, the one flag of the list (unread, failed), and the topics; each link forgets the page."""
    chips = [
        Chip(_("All"), "?", topic is None and not is_flagged),
        Chip(flag_label, f"?{flag}=1", topic is None and is_flagged),
    ]
    chips += [
        Chip(each.label, f"?{urlencode({'topic': each.value})}", topic == each and not is_flagged)
        for each in Topic
    ]
    return chips


def page_links(
    kept: Mapping[str, str], *, first_id: int | None, next_before: int | None, is_first: bool
) -> tuple[str, str]:
    """Links to the newer and the older page; empty where there is none."""
    previous = "" if is_first or first_id is None else f"?{urlencode({**kept, 'after': first_id})}"
    following = f"?{urlencode({**kept, 'before': next_before})}" if next_before else ""
    return previous, following
