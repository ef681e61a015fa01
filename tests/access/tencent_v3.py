"""Rows of the access table: where programs with Tencent's SDKs for API 3.0 call. Nobody is signed in there."""

from __future__ import annotations

from tests.access.kit import EVERYBODY, Row, no_arguments

ROWS: list[Row] = [
    ("tencent-v3", "get", no_arguments, EVERYBODY),
    ("tencent-v3", "post", no_arguments, EVERYBODY),
]
