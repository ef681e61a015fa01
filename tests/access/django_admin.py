"""Rows of the access table: Django's admin. For none of the six does it exist: it is for superusers alone."""

from __future__ import annotations

from typing import Any

from tests.access.kit import Row, Things, no_arguments

HIDDEN = ("in", 404, 404, 404, 404, 404)

MODELS = [
    "accounts_user",
    "accounts_organization",
    "accounts_membership",
    "accounts_identityverification",
    "accounts_serviceactivation",
    "projects_project",
    "projects_frequencyrule",
    "projects_cap",
    "delivery_gateway",
    "delivery_dispatch",
    "campaigns_campaign",
]


def of_accounts(things: Things) -> list[Any]:
    return ["accounts"]


def of_first_row(things: Things) -> list[Any]:
    return [1]


ROWS: list[Row] = [
    ("admin:index", "get", no_arguments, HIDDEN),
    ("admin:app_list", "get", of_accounts, HIDDEN),
    *((f"admin:{model}_changelist", "get", no_arguments, HIDDEN) for model in MODELS),
    *((f"admin:{model}_change", "get", of_first_row, HIDDEN) for model in MODELS),
]
