"""Opens the database, SQLite or PostgreSQL, runs transactions in it, and brings its tables up to date.

A transaction is a plain function of a connection, run whole on a thread (docs/decisions/0018).
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from throughcare.errors import ThroughcareError
from throughcare.temporal.tracing import span

AT_ONCE = 8
"""Transactions of one process at a time; on SQLite besides the one that writes."""

LONGEST_WAIT = timedelta(seconds=5)
"""For a turn, in line and then for another process. Whoever waited longer than that has given up, and their work would only keep others waiting."""

BEGINNINGS = ("BEGIN IMMEDIATE", "BEGIN")
"""Of a transaction that writes, and of one that reads: while these wait, nothing is changed."""

MIGRATIONS = Path(__file__).parent / "migrations"

Upsert = sqlite.Insert | postgresql.Insert

Given = ParamSpec("Given")
Got = TypeVar("Got")

Transaction = Callable[Concatenate[Connection, Given], Got]


class DatabaseBusy(ThroughcareError):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "The database cannot be reached, or had no turn for this in time. Nothing was changed; try again in a moment."
        )


class Database:
    """One hop to a thread for each transaction, whatever number of statements it has.

    SQLite has one writer at a time and lets the others try again and again, in no order, until one gives up. Those of
    one process wait in line for one thread instead.
    """

    def __init__(self, engine: Engine, wait: timedelta = LONGEST_WAIT) -> None:
        self._wait = wait
        self.reads = engine
        self.writes = engine.execution_options(writes=True)
        self._threads = ThreadPoolExecutor(AT_ONCE, "store")
        one_writer = engine.dialect.name == "sqlite"
        self._writers = ThreadPoolExecutor(1, "writer") if one_writer else self._threads

    async def read(
        self,
        transaction: Transaction[Given, Got],
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Got:
        """What the transaction returns. Whatever it changed is undone. Raises DatabaseBusy, and what it raises."""

        def run() -> Got:
            with self.reads.connect() as connection:
                return transaction(connection, *args, **kwargs)

        with span("store.read:" + _name(transaction)):
            return await self._on(self._threads, run)

    async def write(
        self,
        transaction: Transaction[Given, Got],
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Got:
        """What the transaction returns, once all that it wrote is kept; nothing of it is where it raises. Raises
        DatabaseBusy, and what it raises."""

        clock = asyncio.get_running_loop().time
        until = clock() + self._wait.total_seconds()

        def run() -> Got:
            with self._began(lambda: until - clock()) as connection:
                return transaction(connection, *args, **kwargs)

        with span("store.write:" + _name(transaction)):
            return await self._on(self._writers, run)

    async def close(self) -> None:
        """Wait for what was begun."""
        for threads in (self._threads, self._writers):
            await asyncio.to_thread(threads.shutdown)
        self.reads.dispose()

    @contextmanager
    def _began(self, left: Callable[[], float]) -> Iterator[Connection]:
        """A transaction that writes, with what is `left` in seconds of its wait: what was waited in line is not waited again for
        the writer of another process. Raises DatabaseBusy."""
        with self.writes.connect() as connection:
            if connection.dialect.name == "sqlite":
                _wait_at_most(connection, left())
            try:
                transaction = connection.begin()
            except OperationalError as error:
                raise DatabaseBusy from error
            finally:
                if connection.dialect.name == "sqlite":
                    _wait_at_most(connection, LONGEST_WAIT.total_seconds())
            with transaction:
                yield connection

    async def _on(self, threads: ThreadPoolExecutor, run: Callable[[], Got]) -> Got:
        work = threads.submit(copy_context().run, run)
        result = asyncio.wrap_future(work)
        try:
            await asyncio.wait({result}, timeout=self._wait.total_seconds())
        except asyncio.CancelledError:
            work.cancel()
            raise
        # What is begun is waited for: it may have changed something by now.
        if work.cancel():
            raise DatabaseBusy
        return await result


def open_database(url: str) -> Database:
    """`url` is as in the settings. Nothing is connected before the first statement."""
    return Database(_engine(url, foreign_keys=True))


async def upgrade(url: str) -> None:
    """Bring the tables to the newest revision, all of it or nothing."""
    # SQLite changes a table by copying and dropping it, which its foreign keys would refuse.
    database = Database(_engine(url, foreign_keys=False))
    try:
        await database.write(_upgrade)
    finally:
        await database.close()


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """A preview does the very thing and takes it back, so that the two cannot differ. To be run as what writes."""
    with connection.begin_nested() as savepoint:
        yield
        savepoint.rollback()


def lock(connection: Connection, rule: str) -> None:
    """Until this transaction ends no other gets the lock of the same rule: for what neither a row nor a constraint stands
    for. SQLite has one writer at a time as it is."""
    if connection.dialect.name == "postgresql":
        key = func.hashtextextended(rule, 0)
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def insert_into(dialect: str, table: type[DeclarativeBase]) -> Upsert:
    """Both databases say ON CONFLICT, but SQLAlchemy has a class for each."""
    rows = table.metadata.tables[table.__tablename__]
    return postgresql.insert(rows) if dialect == "postgresql" else sqlite.insert(rows)


def _wait_at_most(connection: Connection, seconds: float) -> None:
    """For the writer of another process."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.cursor().execute(f"PRAGMA busy_timeout = {max(0, round(1000 * seconds))}")


def _name(transaction: Callable[..., object]) -> str:
    """In traces."""
    return getattr(transaction, "__name__", type(transaction).__name__)


def _upgrade(connection: Connection) -> None:
    # Loaded here: every process opens the database, and hardly any changes its tables.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def _engine(url: str, *, foreign_keys: bool) -> Engine:
    try:
        address = make_url(url)
    except ValueError:
        raise ArgumentError("the port in its address is no number") from None
    # Every thread keeps its connection, with the one that writes to SQLite.
    size = AT_ONCE + 1
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, pool_size=size)
        _tune_sqlite(engine, foreign_keys=foreign_keys)
        return engine
    # A pooled connection to a server may have died unnoticed; to a file it cannot.
    return create_engine(address, pool_size=size, pool_pre_ping=True)


def _tune_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # Left to itself the driver begins late and commits before some statements.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA busy_timeout = 5000")
        cursor.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql(BEGINNINGS[0] if writes else BEGINNINGS[1])
