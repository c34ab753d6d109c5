"""What the product's database says, beside whatever the product makes of it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

LAST_TOLD = "SELECT max(settled_at) FROM notices"
NOTICES_TO_DO = "SELECT count(*) FROM notices WHERE done_at IS NULL"
"""Still to be sent, or to be told to their case."""


def count_of(database: Path, query: str) -> int:
    """What a statement counts."""
    [found] = _first(database, query)
    if not isinstance(found, int):
        raise TypeError(query)
    return found


def last_told_at(database: Path) -> float:
    """When the last notice was settled, in seconds since 1970."""
    [found] = _first(database, LAST_TOLD)
    return datetime.fromisoformat(str(found)).replace(tzinfo=UTC).timestamp()


def _first(database: Path, query: str) -> tuple[object, ...]:
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as opened:
        found: tuple[object, ...] = opened.execute(query).fetchone()
        return found
