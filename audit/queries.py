"""Reads for the pages of the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.models import Membership, Organization, User
from audit.models import Entry, Operation
from audit.naming import Names, column_word, names_of, object_name, shown_value, subject_word
from projects.models import Project

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; empty means everything."""

    subject: str = ""
    operation: str = ""
    actor: str = ""
    request_id: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One column of an entry, before and after, in words (moments as moments)."""

    word: str
    before: str | datetime
    after: str | datetime


@dataclass(frozen=True, slots=True)
class Row:
    entry: Entry
    subject: str
    name: str
    actor: str
    changes: list[Change]

    @property
    def operation(self) -> str:
        return str(Operation(self.entry.operation).label)


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    next_before: int | None


def entries_of(*, organization: Organization | None, project: Project | None = None) -> QuerySet[Entry]:
    """Everything recorded of a project, an organization, or (both None) the whole installation."""
    if project is not None:
        return Entry.objects.filter(project_id=project.pk)
    if organization is not None:
        return Entry.objects.filter(organization_id=organization.pk)
    return Entry.objects.all()


def audit_page(
    entries: QuerySet[Entry], filters: Filters, *, zone: ZoneInfo, before_id: int | None = None
) -> Page:
    """A page of entries, newest first. A statement for the entries, one for actors, one a model that is named."""
    chosen = _filtered(entries, filters, zone)
    if before_id is not None:
        chosen = chosen.filter(pk__lt=before_id)
    found = list(chosen.order_by("-pk")[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    return Page(_rows(shown), shown[-1].pk if len(found) > PAGE_SIZE else None)


def audit_row(entry: Entry) -> Row:
    """One entry with all its columns."""
    return _rows([entry])[0]


def subjects_in(entries: QuerySet[Entry], choices: Sequence[str]) -> list[tuple[str, str]]:
    """The kinds of things to filter by, in words."""
    return sorted(((subject, subject_word(subject)) for subject in choices), key=lambda pair: pair[1])


def people_of(organization: Organization) -> list[tuple[str, str]]:
    """Members to filter by. One statement."""
    members = Membership.objects.filter(organization=organization).select_related("user")
    return sorted(((str(m.user.uuid), str(m.user)) for m in members), key=lambda pair: pair[1].lower())


def _filtered(entries: QuerySet[Entry], filters: Filters, zone: ZoneInfo) -> QuerySet[Entry]:
    if filters.subject:
        entries = entries.filter(subject=filters.subject)
    if filters.operation:
        entries = entries.filter(operation=filters.operation)
    if filters.request_id:
        entries = entries.filter(request_id=filters.request_id)
    if filters.actor == "console":
        entries = entries.filter(actor_id=None)
    elif filters.actor:
        entries = entries.filter(actor_id__in=User.objects.filter(uuid=filters.actor).values("pk"))
    if filters.first_day is not None:
        entries = entries.filter(created_at__gte=datetime.combine(filters.first_day, time.min, zone))
    if filters.last_day is not None:
        end = datetime.combine(filters.last_day + timedelta(days=1), time.min, zone)
        entries = entries.filter(created_at__lt=end)
    return entries


def _rows(entries: list[Entry]) -> list[Row]:
    names = names_of(entries)
    actor_ids = {entry.actor_id for entry in entries if entry.actor_id is not None}
    actors = {user.pk: str(user) for user in User.objects.filter(pk__in=actor_ids)} if actor_ids else {}
    return [
        Row(
            entry=entry,
            subject=subject_word(entry.subject),
            name=object_name(entry, names),
            actor=actors.get(entry.actor_id, f"#{entry.actor_id}") if entry.actor_id is not None else "",
            changes=_changes(entry, names),
        )
        for entry in entries
    ]


def _changes(entry: Entry, names: Names) -> list[Change]:
    before, after = entry.before or {}, entry.after or {}
    columns = [column for column in {**before, **after} if column not in ("id", "uuid")]
    return [
        Change(
            word=column_word(entry.subject, column),
            before=shown_value(entry.subject, column, before.get(column), names),
            after=shown_value(entry.subject, column, after.get(column), names),
        )
        for column in sorted(columns)
    ]
