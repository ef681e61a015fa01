"""A project whose program holds an AppKey, and a shop whose program may send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import Role, User
from projects.models import AppKey, Project
from tests.api.sending.offers import Shop
from tests.api.serving import served
from tests.api.tencent_v5.calling import Program
from tests.factories import AppKeyFactory, member


@pytest.fixture
def app_key(project: Project, operator: User) -> AppKey:
    key: AppKey = AppKeyFactory(project=project, created_by=operator)
    return key


@pytest.fixture
def program(app_key: AppKey) -> Program:
    return Program(app_key)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()


@pytest.fixture
def seller(shop: Shop) -> Program:
    """The shop's program."""
    author = member(shop.project.organization, Role.OPERATOR)
    return Program(AppKeyFactory(project=shop.project, created_by=author))


@pytest.fixture
def console(shop: Shop, tmp_path: Path) -> Iterator[str]:
    """The address of a running console with the shop in it; only for tests that commit."""
    with served(tmp_path / "gunicorn.log") as address:
        yield address
