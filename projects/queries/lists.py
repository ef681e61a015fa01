"""Pages of the number lists and of removal requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Right

from projects.models import ListedNumber, Project, RemovalRequest
from projects.statuses import NumberList, RemovalStatus

PAGE_SIZE = 50
# Counting stops here; a page says "10 000+".
COUNT_MAX = 10_000
SHORTEST_SEARCH = 4
_LAST_DIGITS = 4
_EXPORT_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class NumberPage:
    """Newest first. `newer` and `older` are the `after` and `before` of the pages beside it, None at an end."""

    rows: list[ListedNumber]
    newer: int | None
    older: int | None


def number_page(
    *,
    project: Project,
    number_list: NumberList,
    search: str = "",
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE_SIZE,
) -> NumberPage:
    """A page of a list; a search is a whole number with its plus, or at least four last digits. One statement."""
    found = _searched(_listed(project, number_list), search).select_related("created_by")
    if after is not None:
        rows = list(found.filter(pk__gt=after).order_by("pk")[: limit + 1])
        has_newer, rows = len(rows) > limit, rows[:limit][::-1]
        return NumberPage(rows, rows[0].pk if rows and has_newer else None, rows[-1].pk if rows else None)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: limit + 1])
    has_older, rows = len(rows) > limit, rows[:limit]
    newer = rows[0].pk if rows and before is not None else None
    return NumberPage(rows, newer, rows[-1].pk if has_older else None)


def read_search(written: str) -> str | None:
    """What was typed as digits, with a plus if it had one; None when it is too short to search for."""
    digits = re.sub(r"\D", "", written)
    if len(digits) < SHORTEST_SEARCH:
        return None
    return ("+" if written.strip().startswith("+") else "") + digits[:16]


def count_numbers(project: Project) -> dict[NumberList, int]:
    """How many each list holds, at most one more than `COUNT_MAX`. One statement per list."""
    return {
        number_list: _listed(project, number_list).order_by("-pk").values("pk")[: COUNT_MAX + 1].count()
        for number_list in NumberList
    }


def export_numbers(*, project: Project, number_list: NumberList, search: str = "") -> Iterator[ListedNumber]:
    """All of a list or of a search, newest first, in chunks."""
    found = _searched(_listed(project, number_list), search).select_related("created_by")
    return found.order_by("-pk").iterator(chunk_size=_EXPORT_CHUNK)


def pending_removals(project: Project) -> int:
    """How many requests wait for a reviewer. One statement."""
    return RemovalRequest.objects.filter(project=project, status=RemovalStatus.PENDING).count()


def removal_page(*, project: Project, status: str = "", before: int | None = None) -> list[RemovalRequest]:
    """Requests, newest first, one more than a page shows. One statement."""
    found = RemovalRequest.objects.filter(project=project).select_related("requested_by", "decided_by")
    if status:
        found = found.filter(status=status)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE_SIZE + 1])


def _listed(project: Project, number_list: NumberList) -> QuerySet[ListedNumber]:
    return ListedNumber.objects.filter(project=project, list=number_list)


def _searched(found: QuerySet[ListedNumber], search: str) -> QuerySet[ListedNumber]:
    if not search:
        return found
    if search.startswith("+"):
        return found.filter(msisdn=search)
    digits = search
    # The index knows the last four digits; the rest is compared on what it finds.
    by_end = found.alias(last_digits=Right("msisdn", _LAST_DIGITS)).filter(last_digits=digits[-_LAST_DIGITS:])
    return by_end.filter(msisdn__endswith=digits) if len(digits) > _LAST_DIGITS else by_end
