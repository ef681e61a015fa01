"""What a frozen process holds is let go."""

from __future__ import annotations

import time

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.backends.signals import connection_created

from smsconsole.lib import frozen


@pytest.mark.django_db(transaction=True)
def test_a_transaction_in_which_nothing_happens_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "FROZEN_SECONDS", 0.2)
    connection.close()
    frozen.end_frozen_transactions()
    try:
        with pytest.raises((OperationalError, InterfaceError)):
            _freeze_for(0.7)
        connection.close()
        _ask()
        time.sleep(0.4)
        # Outside of a transaction nobody waits for it.
        _ask()
    finally:
        connection_created.disconnect(dispatch_uid="smsconsole.frozen")
        connection.close()


def _freeze_for(seconds: float) -> None:
    with transaction.atomic():
        _ask()
        time.sleep(seconds)
        _ask()


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
