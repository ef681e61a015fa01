"""The trigger that writes entries: it sees every change, whatever statement or program made it.

django-pgtrigger installs it after every `migrate`; django-pghistory hands over who acts (`audit.middleware`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pgtrigger
from django.db import models

# What stands in an entry instead of a secret.
HIDDEN = "•••"

# `r` is the row, `_old` and `_new` what is kept of it. An update keeps the columns that differ, and is no entry when
# none does. The context is set by the middleware for the transaction; workers and commands have none.
_FUNCTION = """
    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;
    IF TG_OP <> 'INSERT' THEN _old := to_jsonb(OLD) - {ignored}; END IF;
    IF TG_OP <> 'DELETE' THEN _new := to_jsonb(NEW) - {ignored}; END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(n.key, o.value), jsonb_object_agg(n.key, n.value) INTO _old, _new
        FROM jsonb_each(_new) n JOIN jsonb_each(_old) o ON o.key = n.key
        WHERE n.value IS DISTINCT FROM o.value;
        IF _new IS NULL THEN RETURN NULL; END IF;
    END IF;
    {hiding}
    _context := nullif(current_setting('pghistory.context_metadata', true), '')::jsonb;
    INSERT INTO audit_entry (created_at, operation, subject, object_id, organization_id, project_id, before, after,
                             actor_id, address, request_id)
    VALUES (clock_timestamp(), lower(TG_OP), '{subject}', r.{key}::text, {organization}, {project}, _old, _new,
            (_context ->> 'user')::bigint, coalesce(_context ->> 'address', ''),
            coalesce(_context ->> 'request_id', ''));
    RETURN NULL;
"""

_HIDE_COLUMN = """
    IF _old ->> '{column}' <> '' THEN _old := _old || '{{"{column}": "{hidden}"}}'; END IF;
    IF _new ->> '{column}' <> '' THEN _new := _new || '{{"{column}": "{hidden}"}}'; END IF;
"""
_MASK_NUMBER = """
    IF _old ->> '{column}' <> '' THEN _old := _old || jsonb_build_object('{column}', {old}); END IF;
    IF _new ->> '{column}' <> '' THEN _new := _new || jsonb_build_object('{column}', {new}); END IF;
"""
_MASKED = "left({row} ->> '{column}', 3) || ' **** ' || right({row} ->> '{column}', 2)"

# Lists of numbers change by the thousand: one entry a statement, list and project says how many.
_COUNTING_FUNCTION = """
    _context := nullif(current_setting('pghistory.context_metadata', true), '')::jsonb;
    INSERT INTO audit_entry (created_at, operation, subject, object_id, organization_id, project_id, before, after,
                             actor_id, address, request_id)
    SELECT clock_timestamp(), '{operation}', '{subject}', c.{by}, {organization}, {project},
           CASE WHEN '{operation}' = 'delete' THEN jsonb_build_object('{by}', c.{by}, 'numbers', c.n) END,
           CASE WHEN '{operation}' = 'insert' THEN jsonb_build_object('{by}', c.{by}, 'numbers', c.n) END,
           (_context ->> 'user')::bigint, coalesce(_context ->> 'address', ''),
           coalesce(_context ->> 'request_id', '')
    FROM (SELECT project_id, {by}, count(*) AS n FROM changed_rows GROUP BY project_id, {by}) c;
    RETURN NULL;
"""


# Who changed a row and when is what an entry says anyway.
BOOKKEEPING = ("changed_at", "changed_by_id", "version")
_ORGANIZATION_OF_PROJECT = "(SELECT p.organization_id FROM projects_project p WHERE p.id = {project})"


@dataclass(frozen=True, slots=True)
class Scope:
    """SQL for the organization and project of the row `r`; "NULL" where it belongs to none."""

    organization: str = "NULL"
    project: str = "NULL"


def of_project(project: str) -> Scope:
    """The scope of a row whose project is given by this SQL."""
    return Scope(_ORGANIZATION_OF_PROJECT.format(project=project), project)


class RecordChange(pgtrigger.Trigger):
    """Writes an entry for every added, changed or removed row.

    `ignored` columns are not looked at, of `secrets` only that they changed, `numbers` are masked.
    """

    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(
        self,
        *,
        scope: Scope,
        ignored: tuple[str, ...] = (),
        secrets: tuple[str, ...] = (),
        numbers: tuple[str, ...] = (),
        operation: pgtrigger.Operation | None = None,
    ) -> None:
        self.scope, self.secrets, self.numbers = scope, secrets, numbers
        self.ignored = (*BOOKKEEPING, *ignored)
        super().__init__(
            name="record_change",
            operation=operation,
            declare=[("r", "record"), ("_old", "jsonb"), ("_new", "jsonb"), ("_context", "jsonb")],
        )

    def get_func(self, model: models.Model) -> str:
        hiding = "".join(_HIDE_COLUMN.format(column=column, hidden=HIDDEN) for column in self.secrets)
        for column in self.numbers:
            old, new = (_MASKED.format(row=row, column=column) for row in ("_old", "_new"))
            hiding += _MASK_NUMBER.format(column=column, old=old, new=new)
        listed = ", ".join(f"'{column}'" for column in self.ignored)
        return _FUNCTION.format(
            ignored=f"ARRAY[{listed}]::text[]",
            hiding=hiding,
            subject=model._meta.label_lower,
            key=model._meta.pk.column,
            organization=self.scope.organization,
            project=self.scope.project,
        )


class CountChanges(pgtrigger.Trigger):
    """Writes one entry for each group of rows that a statement adds (or removes), grouped by project and `by`."""

    when = pgtrigger.After
    level = pgtrigger.Statement

    def __init__(self, *, by: str, operation: pgtrigger.Operation) -> None:
        self.by = by
        self.verb = "insert" if operation == pgtrigger.Insert else "delete"
        changed = {"new": "changed_rows"} if self.verb == "insert" else {"old": "changed_rows"}
        super().__init__(
            name=f"count_{self.verb}",
            operation=operation,
            referencing=pgtrigger.Referencing(**changed),  # type: ignore[no-untyped-call]
            declare=[("_context", "jsonb")],
        )

    def get_func(self, model: models.Model) -> str:
        scope = of_project("c.project_id")
        return _COUNTING_FUNCTION.format(
            operation=self.verb,
            subject=model._meta.label_lower,
            by=self.by,
            organization=scope.organization,
            project=scope.project,
        )
