"""Reads for the page of the keys with which programs call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Membership, Role
from projects.models import ApiKey, AppKey, Project, SecretKey

# A key that ends within this time says so.
SOON_DAYS = 14
# Retired keys are a record; the page shows the newest.
RETIRED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """A valid or expired key. `state`: active, soon (it ends within days) or expired."""

    key: ApiKey
    state: str


@dataclass(frozen=True, slots=True)
class RetiredRow:
    key: ApiKey | SecretKey
    shown: str


@dataclass(frozen=True, slots=True)
class ProgramKeys:
    """All keys of a project, newest first, none with its secret."""

    api_keys: list[ApiKeyRow]
    secret_keys: list[SecretKey]
    app_keys: list[AppKey]
    retired: list[RetiredRow]
    # Behind these nobody stands any more: they send and read, and change no texts, campaigns and lists.
    sends_only: frozenset[UUID]


def program_keys(project: Project) -> ProgramKeys:
    """Four queries."""
    api_keys = list(ApiKey.objects.filter(project=project).select_related("created_by").defer("secret_hash"))
    pairs = list(SecretKey.objects.filter(project=project).select_related("created_by").defer("secret"))
    app_keys = list(
        AppKey.objects.filter(project=project, retired_at=None).select_related("created_by").defer("secret")
    )
    retired: list[ApiKey | SecretKey] = [key for key in api_keys if key.retired_at is not None]
    retired += [pair for pair in pairs if pair.retired_at is not None]
    acting = set(_acting_people(project))
    retired.sort(key=lambda key: key.retired_at or key.created_at, reverse=True)
    valid: list[ApiKey | SecretKey | AppKey] = [*app_keys]
    valid += [key for key in api_keys if key.retired_at is None]
    valid += [pair for pair in pairs if pair.retired_at is None]
    return ProgramKeys(
        api_keys=[ApiKeyRow(key, _state(key)) for key in api_keys if key.retired_at is None],
        secret_keys=[pair for pair in pairs if pair.retired_at is None],
        app_keys=app_keys,
        retired=[RetiredRow(key, shown_id(key)) for key in retired[:RETIRED_SHOWN]],
        sends_only=frozenset(key.uuid for key in valid if key.created_by_id not in acting),
    )


def _acting_people(project: Project) -> QuerySet[Membership, int]:
    """Ids of those for whom a key may change something: active members who are admin or operator."""
    return Membership.objects.filter(
        organization=project.organization_id,
        user__is_active=True,
        roles__overlap=[Role.ADMIN, Role.OPERATOR],
    ).values_list("user_id", flat=True)


def shown_id(key: ApiKey | SecretKey) -> str:
    """How people recognize a key: its beginning, or its SecretId."""
    if isinstance(key, ApiKey):
        return f"sms_{'test' if key.is_sandbox else 'live'}_{key.prefix}…"
    return key.secret_id


def _state(key: ApiKey) -> str:
    if key.expires_at is None:
        return "active"
    left = key.expires_at - timezone.now()
    if left <= timedelta():
        return "expired"
    return "soon" if left < timedelta(days=SOON_DAYS) else "active"
