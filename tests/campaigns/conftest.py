from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from delivery.models import Gateway
from tests.campaigns import making


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path: Path) -> None:
    """Uploads of a test go to its own folder."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.HOME_COUNTRY = "CN"


@pytest.fixture
def gateway(db: None) -> Gateway:
    return making.gateway()
