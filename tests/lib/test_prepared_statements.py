"""A prepared statement is planned once a connection, and survives what happens to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from smsconsole.lib.prepared_statements import PreparedStatement

pytestmark = pytest.mark.django_db(transaction=True)


def ask(statement: PreparedStatement, *values: Any) -> Any:
    with connection.cursor() as cursor:
        statement.execute(cursor, values)
        return cursor.fetchone()[0]


def test_it_is_prepared_once(django_assert_num_queries: Callable[..., Any]) -> None:
    statement = PreparedStatement("SELECT 'once' || $1::text || '%s %'", 1)
    with django_assert_num_queries(3):
        assert ask(statement, "a") == "oncea%s %"
        assert ask(statement, "'; --") == "once'; --%s %"
        known = PreparedStatement(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE $1::text", 1
        )
        assert ask(known, "PREPARE%'once'%") == 1


def test_a_transaction_that_is_rolled_back_does_not_lose_it() -> None:
    statement = PreparedStatement("SELECT 'rolled' || $1::text", 1)
    with transaction.atomic():
        ask(statement, "a")
        transaction.set_rollback(True)
    assert ask(statement, "b") == "rolledb"


def test_a_new_connection_learns_it_again() -> None:
    statement = PreparedStatement("SELECT 'closed' || $1::text", 1)
    ask(statement, "a")
    connection.close()
    assert ask(statement, "b") == "closedb"


def test_each_thread_has_its_own_connection() -> None:
    statement, found = PreparedStatement("SELECT $1::int + 1", 1), []

    def run() -> None:
        try:
            found.append(ask(statement, 1))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2, 2, 2]
