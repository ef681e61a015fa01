"""An installation without a carrier can be tried all the same."""

from __future__ import annotations

import pytest

from delivery.models import Gateway
from delivery.queries import default_gateway
from delivery.services import ensure_simulated_gateway

pytestmark = pytest.mark.django_db


def test_it_is_made_once() -> None:
    made = ensure_simulated_gateway()
    assert ensure_simulated_gateway() == made == default_gateway()
    assert Gateway.objects.count() == 1


def test_an_existing_one_is_left_as_it_is() -> None:
    own = Gateway.objects.create(slug="mine", name="Mine", kind="simulator", rate_per_second=7)
    assert ensure_simulated_gateway() == own
    own.refresh_from_db()
    assert own.rate_per_second == 7
