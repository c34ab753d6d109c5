"""The activity that writes cases into the tables."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError
from temporalio.testing import ActivityEnvironment

from activities.records import RecordActivities
from tests.samples import answer, case_record, entry, notice
from throughcare.store.rows import rows
from throughcare.store.tables import (
    AppliedRow,
    CaseRow,
    EntryRow,
    MessageRow,
    NoticeRow,
)


async def record(database, given, wake=None) -> str:
    activities = RecordActivities(database, wake)
    recorded = await ActivityEnvironment().run(activities.record_case, given)
    return recorded.digest


async def counts(database) -> dict[str, int]:
    tables = (AppliedRow, CaseRow, EntryRow, MessageRow, NoticeRow)
    return {
        table.__tablename__: len(await database.read(rows, select(table)))
        for table in tables
    }


async def test_recording_twice_gives_the_same_answer_and_one_of_everything(database):
    given = case_record(
        entries=(entry(1),), notices=(notice("k1"),), answers=(answer("m1"),)
    )

    fingerprints = [await record(database, given) for _ in range(2)]

    assert fingerprints == [given.digest()] * 2
    assert set((await counts(database)).values()) == {1}


@pytest.mark.parametrize("notices", [(), (notice("k1"),)], ids=["none", "one"])
async def test_whoever_sends_notices_is_told_where_there_are_some(database, notices):
    queued = asyncio.Event()

    await record(database, case_record(notices=notices), queued.set)

    assert queued.is_set() == bool(notices)


async def test_a_record_that_cannot_be_written_leaves_nothing_behind(database):
    unwritable = case_record(entries=(entry(1), entry(2**70)))

    with pytest.raises((OverflowError, DataError)):
        await record(database, unwritable)

    assert set((await counts(database)).values()) == {0}


async def test_two_attempts_at_once_record_once(database):
    given = case_record(entries=(entry(1), entry(2)))

    await asyncio.gather(*(record(database, given) for _ in range(5)))

    assert (await counts(database))["timeline"] == 2


async def test_many_cases_at_once_are_all_recorded(database):
    given = [case_record(case_id=f"case-{number}") for number in range(20)]

    await asyncio.gather(*(record(database, each) for each in given))

    assert (await counts(database))["cases"] == 20
