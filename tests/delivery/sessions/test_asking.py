"""A session asks through its own line what became of uncertain messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from delivery.models import Gateway
from delivery.sessions import session as module
from delivery.sessions.session import Session


class UsableAtFirst:
    """A driver whose line holds for one look."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.n_looks = 0

    @property
    def is_usable(self) -> bool:
        self.n_looks += 1
        if self.n_looks == 2:
            self._session._over.set()
        return self.n_looks == 1


@pytest.mark.django_db
@pytest.mark.parametrize("error", [None, OperationalError("gone"), ValueError("ours")])
def test_it_asks_while_the_line_holds_and_survives_faults(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    asked: list[tuple[Any, Any]] = []

    def ask(row: Gateway, *, driver: Any) -> int:
        asked.append((row, driver))
        if error is not None:
            raise error
        return 0

    monkeypatch.setattr(module, "ask_carrier", ask)
    monkeypatch.setattr(module, "drop_connection", lambda: None)
    monkeypatch.setattr(module.connection, "close", lambda: None)
    monkeypatch.setattr(module, "ASK_SECONDS", 0.01)
    session = Session(gateway, leadership=None)  # type: ignore[arg-type]
    driver = UsableAtFirst(session)
    session._ask(driver)  # type: ignore[arg-type]
    assert asked == [(gateway, driver)]
