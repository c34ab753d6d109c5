"""The database as it is opened, and its migrations."""

import asyncio
import threading
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select, text

from tests.databases import add_rows
from tests.samples import NOW
from throughcare.store.database import (
    LONGEST_WAIT,
    Database,
    DatabaseBusy,
    open_database,
    upgrade,
)
from throughcare.store.rows import rows
from throughcare.store.tables import AppliedRow, Base, PersonRow

ALDER = {"id": "alder", "name": "Coordinator Demo-Alder"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection)
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrations_make_the_tables_the_code_knows(database):
    assert await database.read(differences) == []


async def test_upgrading_again_changes_nothing_and_keeps_what_is_there(database):
    await database.write(add_rows, PersonRow, ALDER)

    await upgrade(database.reads.url.render_as_string(hide_password=False))

    assert [row.id for row in await database.read(rows, select(PersonRow))] == ["alder"]


ON_A_FILE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
"""A file has one writer at a time; a server has many, who take turns row by row."""


@ON_A_FILE
async def test_a_file_survives_a_crash_and_waits_for_other_writers(database):
    pragmas = "journal_mode", "synchronous", "busy_timeout", "foreign_keys"

    def values(connection):
        return [connection.scalar(text(f"PRAGMA {name}")) for name in pragmas]

    full, on = 2, 1
    assert await database.read(values) == ["wal", full, 5000, on]


@ON_A_FILE
async def test_writers_that_read_first_take_turns(database):
    """Each reads what the one before it has written; none is refused."""

    def count_and_add(connection):
        count = connection.scalar(select(func.count()).select_from(AppliedRow))
        add_rows(connection, AppliedRow, {"case_id": "a", "at": NOW, "version": count})

    # Two processes have a line each.
    other = open_database(database.reads.url.render_as_string())
    both = [database, other] * 5
    await asyncio.gather(*(each.write(count_and_add) for each in both))
    await other.close()

    found = await database.read(rows, select(AppliedRow))
    assert sorted(row.version for row in found) == list(range(10))


async def test_a_reader_neither_waits_for_a_writer_nor_sees_half_of_what_it_does(
    database,
):
    with database.writes.begin() as writer:
        add_rows(writer, PersonRow, ALDER)

        async with asyncio.timeout(2):
            assert await database.read(rows, select(PersonRow)) == []


@ON_A_FILE
async def test_a_turn_is_waited_for_so_long_in_line_and_for_another_process_together(
    database,
):
    """Two that wait one after the other for somebody else's writer are told within the time of one."""
    impatient = Database(database.reads, wait=timedelta(milliseconds=400))
    loop = asyncio.get_running_loop()
    with database.reads.connect() as elsewhere:
        raw = elsewhere.connection.dbapi_connection
        assert raw is not None
        raw.cursor().execute("BEGIN IMMEDIATE")
        began = loop.time()
        told = await asyncio.gather(
            *(impatient.write(add_rows, PersonRow, ALDER) for _ in range(3)),
            return_exceptions=True,
        )
        took = loop.time() - began
        raw.cursor().execute("ROLLBACK")

    assert [type(each) for each in told] == [DatabaseBusy] * 3
    assert took < 2
    assert await database.read(rows, select(PersonRow)) == []
    await impatient.close()


def test_nobody_waits_for_a_turn_longer_than_five_seconds():
    assert timedelta(seconds=5) == LONGEST_WAIT


@ON_A_FILE
async def test_whoever_has_no_turn_in_time_is_told_and_changes_nothing(database):
    impatient = Database(database.reads, wait=timedelta(milliseconds=50))
    holding, let_go = threading.Event(), threading.Event()

    def hold(connection: Connection) -> str:
        holding.set()
        assert let_go.wait(timeout=10)
        return "done"

    first = asyncio.ensure_future(impatient.write(hold))
    await asyncio.to_thread(holding.wait, 10)
    with pytest.raises(DatabaseBusy, match="Nothing was changed"):
        await impatient.write(
            add_rows, AppliedRow, {"case_id": "a", "at": NOW, "version": 1}
        )
    let_go.set()
    assert await first == "done"
    assert await database.read(rows, select(AppliedRow)) == []
    await impatient.close()
