from __future__ import annotations

import pytest

from tests.api.sending.offers import Shop


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()
