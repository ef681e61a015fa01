"""Reads whose statement is worked out once: for what every request of a program asks first.

Django builds the SQL of a query anew each time it is asked, which for rows with related rows costs several times what
the database needs to answer. Here it is built once, and planned once a connection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from smsconsole.lib.prepared_statements import PreparedStatement

M = TypeVar("M", bound=Model)

# What stands in the query for the value that is asked for; nobody asks for it.
ANY_NUMBER: Final = -9_007_199_254_740_993
ANY_TEXT: Final = "\ufffe any \ufffe"


class _Prepared(NamedTuple):
    statement: PreparedStatement
    parameters: tuple[Any, ...]
    converters: list[tuple[int, list[Any], Any]]
    model: type[Model]
    first: int
    end: int
    names: list[str]
    related: list[Any]


class PreparedRead(Generic[M]):
    """The rows of a query in which `ANY_NUMBER` or `ANY_TEXT` stands for the value; related ones come along."""

    def __init__(self, query: Callable[[], QuerySet[M]]) -> None:
        """`query` is called once, when first asked: not while models are still being loaded."""
        self._query = query
        self._prepared: _Prepared | None = None

    def all(self, value: int | str) -> list[M]:
        """The rows with this value. One statement."""
        prepared = self._prepared
        if prepared is None:
            prepared = self._prepared = _prepare(self._query())
        values = [value if each in (ANY_NUMBER, ANY_TEXT) else each for each in prepared.parameters]
        with connection.cursor() as cursor:
            prepared.statement.execute(cursor, values)
            rows = cursor.fetchall()
        return [_instance(prepared, list(row)) for row in rows]

    def first(self, value: int | str) -> M | None:
        """The first row with this value. One statement."""
        rows = self.all(value)
        return rows[0] if rows else None


def _prepare(query: QuerySet[Any]) -> _Prepared:
    compiler = query.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    if not any(each in (ANY_NUMBER, ANY_TEXT) for each in parameters):
        raise ValueError("nothing in the query stands for the value that is asked for")
    shape, select = compiler.klass_info, compiler.select
    if shape is None:
        raise ValueError("the query reads no rows of a model")
    places = shape["select_fields"]
    first, end = places[0], places[-1] + 1
    converters = compiler.get_converters([expression for expression, *_ in select])
    return _Prepared(
        statement=PreparedStatement(_numbered(sql), len(parameters)),
        parameters=tuple(parameters),
        converters=[(place, found, expression) for place, (found, expression) in converters.items()],
        model=shape["model"],
        first=first,
        end=end,
        names=[expression.target.attname for expression, *_ in select[first:end]],
        related=get_related_populators(shape, select, connection.alias),  # type: ignore[call-arg]
    )


def _numbered(sql: str) -> str:
    """With `$1`, `$2`, … where the driver's places for values are."""
    first, *rest = sql.split("%s")
    numbered = "".join(f"${number}{piece}" for number, piece in enumerate(rest, 1))
    return (first + numbered).replace("%%", "%")


def _instance(prepared: _Prepared, row: list[Any]) -> Any:
    for place, converters, expression in prepared.converters:
        for convert in converters:
            row[place] = convert(row[place], expression, connection)
    found = prepared.model.from_db(connection.alias, prepared.names, row[prepared.first : prepared.end])
    for related in prepared.related:
        related.populate(row, found)
    return found
