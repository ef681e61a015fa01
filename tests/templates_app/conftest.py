from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def certificate_folder(settings: Any, tmp_path: Path) -> Path:
    """Certificates of a test lie in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path
