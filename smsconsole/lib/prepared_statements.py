"""Statements that PostgreSQL plans once a connection: for those whose planning costs more than their work."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Sequence
from typing import Any

from django.db import connection

# Which statements each connection of this process knows. They live as long as it does, whatever is rolled back.
_known: weakref.WeakKeyDictionary[Any, set[str]] = weakref.WeakKeyDictionary()


class PreparedStatement:
    """A statement with `$1`, `$2`, … for its values, each with a type or in a place that says it."""

    def __init__(self, sql: str, n_values: int) -> None:
        self._name = "prepared_" + hashlib.blake2b(sql.encode(), digest_size=8).hexdigest()
        self._prepare = f"PREPARE {self._name} AS {sql}"
        places = ", ".join(["%s"] * n_values)
        self._execute = f"EXECUTE {self._name} ({places})"  # nosec B608

    def execute(self, cursor: Any, values: Sequence[Any]) -> None:
        """Execute it with these values; the first time on a connection it is prepared before."""
        raw = connection.connection
        known = _known.setdefault(raw, set())
        if self._name not in known:
            with connection.wrap_database_errors, raw.cursor() as own:
                own.execute(self._prepare)
            known.add(self._name)
        cursor.execute(self._execute, values)
