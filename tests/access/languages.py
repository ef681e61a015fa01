"""Rows of the access table: the language of the pages."""

from __future__ import annotations

from tests.access.kit import EVERYBODY, Row, no_arguments

ROWS: list[Row] = [("language", "post", no_arguments, EVERYBODY)]
