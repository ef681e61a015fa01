"""Which program calls, for which project, and what it may: the only gate of the interfaces.

A key that is retired or expired is no key. Nobody is signed in here: what a program changes it changes for the person
who made its key, while that person may (`actor_of`).
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

import pghistory
from django.db.models import Q
from django.utils import timezone

from accounts.models import Role, User
from accounts.standing import EnterpriseOnly, Standing, entity_of
from projects.models import ApiKey, AppKey, Project, SecretKey
from projects.services import token_hash
from smsconsole.lib.networks import contains
from smsconsole.lib.prepared_reads import ANY_NUMBER, ANY_TEXT, PreparedRead

Key = AppKey | SecretKey | ApiKey

# The last use of a key is written once in so long.
USE_NOTED_SECONDS = 60
_TOKEN = re.compile(r"sms_(?:live|test)_([0-9a-z]{8})_[0-9A-Za-z_-]{43}", re.ASCII)
_SECRET_ID = re.compile(r"AKID[0-9A-Za-z]{32}", re.ASCII)
_APP_ID_MAX = 2**63 - 1

# Every request asks one of these before anything else.
_APP_KEYS = PreparedRead(
    lambda: AppKey.objects.select_related("project__organization").filter(
        project__sdk_app_id=ANY_NUMBER, retired_at=None
    )
)
_SECRET_KEY = PreparedRead(
    lambda: SecretKey.objects.select_related("project__organization").filter(
        secret_id=ANY_TEXT, retired_at=None
    )
)
_API_KEY = PreparedRead(
    lambda: ApiKey.objects.select_related("project__organization").filter(prefix=ANY_TEXT)
)


class Caller(NamedTuple):
    """Whose request it is, once its key was proved."""

    project: Project
    key: Key
    address: str


class KeyTrouble(StrEnum):
    """Why a bearer key is refused; only who holds the whole key learns more than `UNKNOWN`."""

    UNKNOWN = "unknown"
    RETIRED = "retired"
    EXPIRED = "expired"


class NoActor(Exception):
    """Nobody stands behind the key any more: who made it left, or holds no role that may do this."""


def app_keys_of(sdk_app_id: int) -> tuple[Project, list[AppKey]] | None:
    """The project of an SDK AppID (organization loaded) and its valid AppKeys, newest first; None for no project.

    One query where there is a key. Whether the project is disabled is for the caller to see.
    """
    if not 0 < sdk_app_id <= _APP_ID_MAX:
        return None
    keys = _APP_KEYS.all(sdk_app_id)
    if keys:
        return keys[0].project, keys
    project = Project.objects.select_related("organization").filter(sdk_app_id=sdk_app_id).first()
    return (project, []) if project is not None else None


def secret_key_by_id(secret_id: str) -> SecretKey | None:
    """The valid pair of a SecretId, with project and organization. One query."""
    if not _SECRET_ID.fullmatch(secret_id):
        return None
    return _SECRET_KEY.first(secret_id)


def api_key_by_token(token: str) -> ApiKey | None:
    """The valid key with this bearer token, with project and organization. One query."""
    key = _api_key_of(token)
    return key if key is not None and _trouble_of(key) is None else None


def token_trouble(token: str) -> KeyTrouble:
    """Why `api_key_by_token` found no key, for the answer to whoever sent it. One query."""
    key = _api_key_of(token)
    trouble = _trouble_of(key) if key is not None else None
    return trouble or KeyTrouble.UNKNOWN


def address_allowed(key: Key, address: str) -> bool:
    """Whether the key may be used from this address (`accounts.lockout.address_of`)."""
    return not key.addresses or contains(key.addresses, address)


def note_use(key: Key, address: str) -> None:
    """Remember when and from where a key was used; at most one write a minute, none in between."""
    now = timezone.now()
    before = now - timedelta(seconds=USE_NOTED_SECONDS)
    if key.last_used_at is not None and key.last_used_at > before:
        return
    type(key)._default_manager.filter(Q(last_used_at=None) | Q(last_used_at__lte=before), pk=key.pk).update(
        last_used_at=now, last_used_from=address or None
    )


def actor_of(key: Key, *roles: Role) -> User:
    """The person for whom this key changes things: who made it, while still an active member with such a role.

    Without `roles` an admin or an operator. Raises `NoActor`. One query.
    """
    person = User.objects.filter(
        pk=key.created_by_id or 0,
        is_active=True,
        memberships__organization_id=key.project.organization_id,
        memberships__roles__overlap=[*(roles or (Role.ADMIN, Role.OPERATOR))],
    ).first()
    if person is None:
        raise NoActor
    # From here on the audit names this person for what the request changes.
    pghistory.context(user=person.pk)
    return person


def may_manage_texts(project: Project) -> bool:
    """Whether programs of this project may create and change signatures and body templates: enterprises only.

    One query. (`accounts.enterprise` is the table; reading is everybody's.)
    """
    standing = Standing(entity=entity_of(project.organization_id), active_regions=frozenset())
    return standing.allows(EnterpriseOnly.TEXT_API)


def _api_key_of(token: str) -> ApiKey | None:
    """The key with this token, valid or not."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    key = _API_KEY.first(found[1])
    if key is None or not secrets.compare_digest(key.secret_hash, token_hash(token)):
        return None
    return key


def _trouble_of(key: ApiKey) -> KeyTrouble | None:
    if key.retired_at is not None:
        return KeyTrouble.RETIRED
    if key.expires_at is not None and key.expires_at <= timezone.now():
        return KeyTrouble.EXPIRED
    return None
