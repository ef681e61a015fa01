"""Rows of the access table: the native API, which knows keys and no people, and the pages about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.access.kit import EVERYBODY, NOT_FOUND, Arguments, Row, Things, no_arguments

# Who is signed in makes no difference: without a key nobody is let in.
KEYLESS = (401, 401, 401, 401, 401, 401)
NOBODYS = UUID(int=0)


def of_uuid(things: Things) -> list[Any]:
    return [NOBODYS]


def of_list(things: Things) -> list[Any]:
    return ["blacklist"]


def of_code(things: Things) -> list[Any]:
    return ["key_missing"]


def of_unknown_code(things: Things) -> list[Any]:
    return ["no-such-code"]


def of_rest(things: Things) -> list[Any]:
    return ["no/such/thing"]


METHODS: dict[str, tuple[Arguments, str]] = {
    "native-messages": (no_arguments, "get post"),
    "native-messages-one": (of_uuid, "get"),
    "native-batches": (no_arguments, "post"),
    "native-batches-one": (of_uuid, "get"),
    "native-campaigns": (no_arguments, "get post"),
    "native-campaigns-one": (of_uuid, "get patch"),
    "native-campaigns-recipients": (of_uuid, "get post"),
    "native-campaigns-refused-rows": (of_uuid, "get"),
    "native-campaigns-forecast": (of_uuid, "get"),
    "native-campaigns-progress": (of_uuid, "get"),
    "native-campaigns-start": (of_uuid, "post"),
    "native-campaigns-suspend": (of_uuid, "post"),
    "native-campaigns-continue": (of_uuid, "post"),
    "native-campaigns-cancel": (of_uuid, "post"),
    "native-body-templates": (no_arguments, "get post"),
    "native-body-templates-one": (of_uuid, "get put"),
    "native-body-templates-withdraw": (of_uuid, "post"),
    "native-signatures": (no_arguments, "get post"),
    "native-signatures-one": (of_uuid, "get put"),
    "native-signatures-withdraw": (of_uuid, "post"),
    "native-sender-ids": (no_arguments, "get post"),
    "native-sender-ids-one": (of_uuid, "get put"),
    "native-sender-ids-withdraw": (of_uuid, "post"),
    "native-replies": (no_arguments, "get"),
    "native-replies-one": (of_uuid, "get"),
    "native-statistics": (no_arguments, "get"),
    "native-number-lists-one": (of_list, "get post"),
    "native-number-lists-remove": (of_list, "post"),
}
ROWS: list[Row] = [
    *(
        (name, method, arguments, KEYLESS)
        for name, (arguments, methods) in METHODS.items()
        for method in methods.split()
    ),
    *(("native-nothing", method, of_rest, NOT_FOUND) for method in ("get", "post", "put", "patch", "delete")),
    ("api-openapi", "get", no_arguments, EVERYBODY),
    ("api-docs", "get", no_arguments, EVERYBODY),
    ("api-reference", "get", no_arguments, EVERYBODY),
    ("api-errors", "get", no_arguments, EVERYBODY),
    ("api-error", "get", of_code, EVERYBODY),
    ("api-error", "get", of_unknown_code, NOT_FOUND),
]
