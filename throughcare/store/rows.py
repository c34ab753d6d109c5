"""Reads rows of the mapped tables as plain values.

A row has the columns of its table as attributes and cannot be changed, so the mapped class serves as its type and as
nothing else. Reading ten of them takes a third of what loading as many objects takes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select

Mapped = TypeVar("Mapped")

Parameters = Mapping[str, object]
"""The values of a query's parameters, by name."""


def rows(
    connection: Connection, query: Select[Mapped], given: Parameters | None = None
) -> Sequence[Mapped]:
    """Every row of `select(SomeRow)`."""
    found: Any = connection.execute(query, given)
    every: Sequence[Mapped] = found.all()
    return every


class Total:
    """How many rows a list has on all of its pages. None unless it is `wanted`: to count takes longer than to read a page."""

    def __init__(self, *, wanted: bool) -> None:
        self.rows: int | None = 0 if wanted else None

    def count(self, connection: Connection, query: Select[*tuple[Any, ...]]) -> None:
        """Add what this finds, before one page is cut out of it."""
        if self.rows is not None:
            every = select(func.count()).select_from(query.order_by(None).subquery())
            self.rows += connection.execute(every).scalar_one()


NO_TOTAL = Total(wanted=False)


def one_row(
    connection: Connection, query: Select[Mapped], given: Parameters | None = None
) -> Mapped | None:
    """The only row of `select(SomeRow)`, or None. Raises MultipleResultsFound."""
    found: Any = connection.execute(query, given)
    only: Mapped | None = found.one_or_none()
    return only
