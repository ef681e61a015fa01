"""Where a list goes on: opaque words that hold for one list of one project with one set of filters.

A cursor is an encrypted row number that nobody can make or change. It says nothing about how many rows there are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from django.conf import settings

from api.native.problems import Problem
from projects.models import Project
from smsconsole.lib.public_ids import public_id, row_number


class Cursors:
    """Makes and reads the cursors of one list, which is told by its name, its project and the filters asked for."""

    def __init__(self, name: str, project: Project, filters: Mapping[str, object] | None = None) -> None:
        words = json.dumps([name, project.pk, filters or {}], sort_keys=True, default=str)
        self._kind = f"cursor {hashlib.sha256(words.encode()).hexdigest()}"

    def make(self, position: int | None) -> str | None:
        """The cursor of the page that begins after `position`; None at the end of the list."""
        if position is None:
            return None
        return public_id(position, kind=self._kind, key=settings.SECRET_KEY)

    def read(self, cursor: str | None) -> int | None:
        """The position in a cursor of this very list; None for the beginning. Raises `Problem`."""
        if not cursor:
            return None
        position = row_number(cursor, kind=self._kind, key=settings.SECRET_KEY)
        if position is None:
            raise Problem("cursor_invalid")
        return position
