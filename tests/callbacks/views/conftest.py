"""Servers on the loopback may be called, and there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from smsconsole.lib.allowed_hosts import parse_allowed_hosts
from tests.callbacks.receivers import Receiver


@pytest.fixture
def loopback_allowed(settings: Any) -> None:
    settings.CALLBACK_ALLOWED_HOSTS = parse_allowed_hosts("127.0.0.1:*")
    settings.CALLBACK_ALLOW_HTTP = True


@pytest.fixture
def receiver(loopback_allowed: None) -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.stop()
