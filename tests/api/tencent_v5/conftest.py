"""A project whose program holds an AppKey."""

from __future__ import annotations

import pytest

from accounts.models import User
from projects.models import AppKey, Project
from tests.api.tencent_v5.calling import Program
from tests.factories import AppKeyFactory


@pytest.fixture
def app_key(project: Project, operator: User) -> AppKey:
    key: AppKey = AppKeyFactory(project=project, created_by=operator)
    return key


@pytest.fixture
def program(app_key: AppKey) -> Program:
    return Program(app_key)
