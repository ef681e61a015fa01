"""A shop whose program may send, and one of another organization."""

from __future__ import annotations

import pytest

from accounts.models import Role
from projects.models import SecretKey
from tests.api.sending.offers import Shop
from tests.api.tencent_v3.calling import OLD, Program
from tests.factories import SecretKeyFactory, member


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()


@pytest.fixture
def key(shop: Shop) -> SecretKey:
    author = member(shop.project.organization, Role.OPERATOR)
    made: SecretKey = SecretKeyFactory(project=shop.project, created_by=author)
    return made


@pytest.fixture
def program(key: SecretKey) -> Program:
    return Program(key)


@pytest.fixture
def old_program(key: SecretKey) -> Program:
    """The same, with the older version of the API."""
    return Program(key, version=OLD)
