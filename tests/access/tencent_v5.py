"""Rows of the access table: where programs with Tencent's v5 SDKs call. Nobody is signed in there."""

from __future__ import annotations

from typing import Any

from tests.access.kit import EVERYBODY, Row, Things


def of_method(things: Things) -> list[Any]:
    return ["sendsms"]


def of_voice(things: Things) -> list[Any]:
    return ["sendvoiceprompt"]


ROWS: list[Row] = [
    ("tencent-v5", "get", of_method, EVERYBODY),
    ("tencent-v5", "post", of_method, EVERYBODY),
    ("tencent-v5-voice", "get", of_voice, EVERYBODY),
    ("tencent-v5-voice", "post", of_voice, EVERYBODY),
]
