"""The feed of changes: every record of a case in order, none left out, none told twice."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection

from tests.samples import CASE, NOW, case_record, seated
from throughcare.store.access import Scope
from throughcare.store.case_changes import (
    KEPT_FOR,
    START,
    ChangeKey,
    changes_after,
    drop_old_changes,
    newest_change,
    note_change,
)
from throughcare.store.records import apply_record

EVERYTHING = Scope(seats=None)


async def read(database, after=START, scope=EVERYTHING, limit=50):
    found = await database.read(changes_after, scope, after, limit=limit)
    end = ChangeKey(
        transaction_id=found[-1].transaction_id if found else after.transaction_id,
        seq=found[-1].seq if found else after.seq,
    )
    return [row.case_id for row in found], end


async def test_a_record_is_told_once_and_one_applied_again_is_not(database):
    await database.write(apply_record, case_record(1))
    first, end = await read(database)
    await database.write(apply_record, case_record(1))
    again, end = await read(database, end)
    await database.write(apply_record, case_record(2))
    later, _ = await read(database, end)

    assert (first, again, later) == ([CASE], [], [CASE])


async def test_a_reader_that_begins_now_is_told_only_of_what_comes(database):
    await database.write(apply_record, case_record(1))
    start = await database.read(newest_change)
    await database.write(apply_record, case_record(2, case_id="another"))

    assert (await read(database, start))[0] == ["another"]


async def test_only_cases_that_may_be_seen_are_told(database):
    await database.write(apply_record, case_record(1, seats=(seated("worker"),)))
    mine = Scope(seats=("seat-of-worker",))
    other = Scope(seats=("seat-of-nobody",))

    assert (await read(database, scope=mine))[0] == [CASE]
    assert (await read(database, scope=other))[0] == []


async def test_a_page_ends_where_the_next_begins(database):
    for number in range(5):
        await database.write(note_change, f"case-{number}", NOW)

    found, end = await read(database, limit=2)
    rest, _ = await read(database, ChangeKey(transaction_id=0, seq=0), limit=50)

    # One more than was asked for says that there is another page.
    assert (found, rest) == (rest[:3], [f"case-{number}" for number in range(5)])
    assert (await read(database, end))[0] == rest[3:]


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_a_slow_transaction_is_not_overtaken(database):
    """It got its number first and commits last: a reader who was told of the others before would never be told of it."""
    noted, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        note_change(connection, "slow", NOW)
        noted.set()
        assert go_on.wait(timeout=20)

    running = asyncio.ensure_future(database.write(slow))
    assert await asyncio.to_thread(noted.wait, 20)
    await database.write(note_change, "quick", NOW)
    meanwhile, end = await read(database)
    go_on.set()
    await running
    afterwards, _ = await read(database, end)

    assert meanwhile == []
    assert afterwards == ["slow", "quick"]


async def test_old_changes_are_dropped(database):
    await database.write(note_change, "old", NOW - 2 * KEPT_FOR)
    await database.write(note_change, "new", NOW)

    await database.write(drop_old_changes, NOW)

    assert (await read(database))[0] == ["new"]
