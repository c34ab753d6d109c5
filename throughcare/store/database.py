"""Opens the database, SQLite or PostgreSQL, and brings its tables up to date."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    AsyncSessionTransaction,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from throughcare.store.sqlite import connector
from throughcare.store.transactions import Given, Got, Transaction, Transactions

Upsert = sqlite.Insert | postgresql.Insert

MIGRATIONS = Path(__file__).parent / "migrations"


class _Session(AsyncSession):
    """A session that is begun explicitly is one that writes.

    SQLite then takes the write lock at once and waits for its turn: a transaction that
    read first and wrote later would be refused as soon as another had written meanwhile.
    """

    def begin(self) -> AsyncSessionTransaction:
        self.sync_session.bind = self.get_bind().execution_options(writes=True)
        return super().begin()


class Sessions:
    """Makes sessions: `sessions()` reads, `sessions.begin()` writes.

    SQLite has one writer at a time and lets the others try again and again, in no order, until one gives up. Those of
    one process wait in line here instead.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._make: async_sessionmaker[AsyncSession] = async_sessionmaker(
            engine, class_=_Session, expire_on_commit=False
        )
        one_writer = engine.dialect.name == "sqlite"
        self._turn = asyncio.Lock() if one_writer else nullcontext()

    def __call__(self) -> AsyncSession:
        return self._make()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        async with self._turn, self._make.begin() as session:
            yield session


class Database(Transactions):
    """`await database.write(function, …)` and `.read(…)`; what is not a plain function yet goes through
    `sessions.begin()` to write and `sessions()` to read."""

    def __init__(self, url: str) -> None:
        super().__init__(_plain_engine(url))
        self.engine = _engine(url, foreign_keys=True)
        self.sessions = Sessions(self.engine)

    async def close(self) -> None:
        await super().close()
        await self.engine.dispose()


def open_database(url: str) -> Database:
    """`url` is an SQLAlchemy address with an async driver. Nothing is connected before the first statement."""
    return Database(url)


async def within(
    session: AsyncSession,
    transaction: Transaction[Given, Got],
    *args: Given.args,
    **kwargs: Given.kwargs,
) -> Got:
    """Run a plain function as a part of what a session reads or writes."""
    # What the session was told to write comes first, as it does before a statement of its own.
    await session.flush()
    connection = await session.connection()
    return await connection.run_sync(transaction, *args, **kwargs)


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


async def upgrade(url: str) -> None:
    """Bring the tables to the newest revision, all of it or nothing."""
    # SQLite changes a table by copying and dropping it, which its foreign keys would refuse.
    engine = _engine(url, foreign_keys=False).execution_options(writes=True)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    # Loaded here: every process opens the database, and hardly any changes its tables.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def _plain_engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address.set(drivername="sqlite"))
        _tune_sqlite(engine, foreign_keys=True)
        return engine
    return create_engine(address, pool_pre_ping=True)


def _engine(url: str, *, foreign_keys: bool) -> AsyncEngine:
    if url.startswith("sqlite"):
        engine = create_async_engine(url, async_creator=connector(url))
        _tune_sqlite(engine.sync_engine, foreign_keys=foreign_keys)
        return engine
    # A pooled connection to a server may have died unnoticed; to a file it cannot.
    return create_async_engine(url, pool_pre_ping=True)


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
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
