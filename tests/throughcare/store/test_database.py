"""The database as it is opened, and its migrations."""

import asyncio
import threading
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, func, insert, select, text

from tests.samples import NOW
from throughcare.store.database import upgrade
from throughcare.store.tables import AppliedRow, Base, PersonRow
from throughcare.store.transactions import DatabaseBusy, Transactions


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection)
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrations_make_the_tables_the_code_knows(database):
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_upgrading_again_changes_nothing_and_keeps_what_is_there(database):
    async with database.sessions.begin() as session:
        session.add(PersonRow(id="alder", name="Coordinator Demo-Alder"))

    await upgrade(database.engine.url.render_as_string())

    async with database.sessions() as session:
        assert await session.scalar(select(PersonRow.id)) == "alder"


ON_A_FILE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
"""A file has one writer at a time; a server has many, who take turns row by row."""


@ON_A_FILE
async def test_a_file_survives_a_crash_and_waits_for_other_writers(database):
    pragmas = "journal_mode", "synchronous", "busy_timeout", "foreign_keys"
    async with database.sessions() as session:
        values = [await session.scalar(text(f"PRAGMA {name}")) for name in pragmas]

    full, on = 2, 1
    assert values == ["wal", full, 5000, on]


@ON_A_FILE
async def test_writers_that_read_first_take_turns(database):
    """Each reads what the one before it has written; none is refused."""

    async def count_and_add():
        async with database.sessions.begin() as session:
            count = await session.scalar(select(func.count()).select_from(AppliedRow))
            await session.execute(
                insert(AppliedRow).values(case_id="a", at=NOW, version=count)
            )

    await asyncio.gather(*(count_and_add() for _ in range(10)))

    async with database.sessions() as session:
        versions = await session.scalars(
            select(AppliedRow.version).order_by(AppliedRow.version)
        )
        assert versions.all() == list(range(10))


async def test_a_reader_neither_waits_for_a_writer_nor_sees_half_of_what_it_does(
    database,
):
    async with (
        database.sessions.begin() as writer,
        database.sessions() as reader,
        asyncio.timeout(2),
    ):
        writer.add(PersonRow(id="alder", name="Coordinator Demo-Alder"))
        await writer.flush()

        assert (await reader.scalars(select(PersonRow.id))).all() == []


@ON_A_FILE
async def test_whoever_has_no_turn_in_time_is_told_and_changes_nothing(database):
    engine = database.engine.sync_engine.url.render_as_string()
    path = engine.removeprefix("sqlite+aiosqlite:///")
    transactions = Transactions(
        create_engine(f"sqlite:///{path}"), wait=timedelta(milliseconds=50)
    )
    holding, let_go = threading.Event(), threading.Event()

    def hold(connection: Connection) -> str:
        holding.set()
        assert let_go.wait(timeout=10)
        return "done"

    def add(connection: Connection) -> None:
        connection.execute(insert(AppliedRow).values(case_id="a", at=NOW, version=1))

    first = asyncio.ensure_future(transactions.write(hold))
    await asyncio.to_thread(holding.wait, 10)
    with pytest.raises(DatabaseBusy, match="Nothing was changed"):
        await transactions.write(add)
    let_go.set()
    assert await first == "done"
    count = select(func.count()).select_from(AppliedRow)
    assert await transactions.read(lambda connection: connection.scalar(count)) == 0
    await transactions.close()
