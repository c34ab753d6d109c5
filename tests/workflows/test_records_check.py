"""The nightly comparison: a schedule that a worker makes at its start, here as a process of its own."""

import os
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, delete, func, select, update
from temporalio.client import (
    ScheduleActionStartWorkflow,
    ScheduleHandle,
    ScheduleOverlapPolicy,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.reconciliation import ReconciliationActivities
from cli.parts import Part
from tests.waiting import until
from tests.workflows.conftest import Agency, binary
from throughcare.config import Settings
from throughcare.packs.calendars import load_calendars
from throughcare.packs.pack import Pack
from throughcare.store.database import open_database, upgrade
from throughcare.store.differences import Difference
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import (
    ConflictCaseRow,
    DutyHolderRow,
    DutyRow,
    RecordCheckRow,
)
from throughcare.temporal.client import NIGHTLY_QUEUE
from throughcare.temporal.codec import data_converter
from throughcare.temporal.keys import read_or_create
from throughcare.temporal.nightly import (
    SCHEDULE,
    night_zone,
    schedule_nightly_check,
)
from throughcare.usecases.demo import load_demo

PATIENCE = 60.0


@pytest_asyncio.fixture(scope="module")
async def installed(
    pack: Pack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Agency]:
    """The demonstration agency, with a worker that was started as operators start it."""
    folder = tmp_path_factory.mktemp("installed")
    settings = Settings(state=folder)
    await upgrade(settings.database)
    database = open_database(settings.database)
    await database.write(load_demo, datetime.now(UTC))
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"),
        data_converter=data_converter(read_or_create(settings.keys)),
    )
    async with env:
        worker = Part("worker", (sys.executable, "-m", "worker"), folder / "worker.log")
        await worker.start(
            os.environ
            | {
                "TEMPORAL_ADDRESS": env.client.service_client.config.target_host,
                "THROUGHCARE_STATE": str(folder),
            }
        )
        yield Agency(env, env.client, database, settings, pack, folder, False)
        await worker.stop()
    await database.close()


async def nightly(agency: Agency) -> ScheduleHandle:
    handle = agency.client.get_schedule_handle(SCHEDULE)

    async def is_there() -> bool:
        try:
            await handle.describe()
        except RPCError as error:
            assert error.status is RPCStatusCode.NOT_FOUND
            return False
        return True

    await until(is_there, PATIENCE)
    return handle


async def checks(agency: Agency) -> Sequence[RecordCheckRow]:
    ended = select(RecordCheckRow).where(RecordCheckRow.ended_at.is_not(None))
    return await agency.database.read(rows, ended.order_by(RecordCheckRow.started_at))


async def missing_holders(agency: Agency) -> int:
    def missing(connection: Connection) -> int:
        duties = connection.scalar(select(func.count()).select_from(DutyRow))
        held = connection.scalar(select(func.count(DutyHolderRow.duty_id.distinct())))
        return (duties or 0) - (held or 0)

    return await agency.database.read(missing)


async def test_a_worker_schedules_it_for_the_night_where_the_agency_is(
    installed: Agency,
) -> None:
    schedule = (await (await nightly(installed)).describe()).schedule

    (at,) = schedule.spec.calendars
    assert [(each.start, each.end) for each in (*at.hour, *at.minute)] == [
        (2, 2),
        (30, 30),
    ]
    assert schedule.spec.time_zone_name == "America/Chicago"
    assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert schedule.policy.catchup_window == timedelta(hours=12)
    assert isinstance(schedule.action, ScheduleActionStartWorkflow)
    assert schedule.action.task_queue == NIGHTLY_QUEUE


async def test_once_triggered_it_mends_what_differs_and_leaves_a_row(
    installed: Agency,
) -> None:
    case_id = (await (await installed.open("A")).state()).case_id
    every = delete(DutyHolderRow)
    await installed.database.write(lambda connection: connection.execute(every))
    before = await missing_holders(installed)
    assert before > 0

    await (await nightly(installed)).trigger()

    async def has_ended() -> bool:
        return bool(await checks(installed))

    await until(has_ended, PATIENCE)
    (row,) = await checks(installed)
    assert (row.cases, row.different, row.mended, row.unreachable) == (1, 1, 1, 0)
    found = [Difference.model_validate(each) for each in row.differences]
    assert {(each.case, each.table) for each in found} == {(case_id, "duty_holders")}
    assert await missing_holders(installed) == 0


async def test_one_that_an_operator_paused_stays_paused_when_a_worker_starts(
    installed: Agency,
) -> None:
    handle = await nightly(installed)
    await handle.pause(note="moving house")

    await schedule_nightly_check(installed.client, "Europe/Berlin")

    async def has_moved() -> bool:
        spec = (await handle.describe()).schedule.spec
        return spec.time_zone_name == "Europe/Berlin"

    await until(has_moved)
    state = (await handle.describe()).schedule.state
    assert (state.paused, state.note) == (True, "moving house")


async def test_a_server_without_schedules_keeps_no_worker_from_starting(
    weeks: Agency,
) -> None:
    await schedule_nightly_check(weeks.client, "UTC")

    with pytest.raises(RPCError) as refused:
        await weeks.client.get_schedule_handle(SCHEDULE).describe()
    assert refused.value.status is RPCStatusCode.UNIMPLEMENTED


async def test_where_mending_is_set_off_what_differs_is_left_as_it_is(
    live: Agency,
) -> None:
    case_id = (await (await live.open("A")).state()).case_id
    mine = ConflictCaseRow.case_id == case_id

    def change(connection: Connection, youth: str) -> None:
        changed = update(ConflictCaseRow).where(mine).values(youth=youth)
        connection.execute(changed)

    await live.database.write(change, "changed")
    activities = ReconciliationActivities(live.client, live.database, mend=False)

    counts = await ActivityEnvironment().run(activities.check_records)

    assert (counts.different, counts.mended) == (1, 0)
    row = await live.database.read(one_row, select(ConflictCaseRow).where(mine))
    assert row is not None and row.youth == "changed"
    await live.database.write(change, "Y-1")


async def test_a_worker_that_leaves_hands_the_check_on_and_counts_nobody_as_silent(
    live: Agency,
) -> None:
    await live.open("A")
    activities = ReconciliationActivities(live.client, live.database, mend=False)
    leaving = ActivityEnvironment()
    leaving.worker_shutdown()

    with pytest.raises(ApplicationError) as left:
        await leaving.run(activities.check_records)

    assert left.value.type == "WorkerLeaves"
    assert not left.value.non_retryable


def test_it_is_night_where_the_calendars_are_and_in_utc_where_that_is_in_several_places() -> (
    None
):
    calendars = [*load_calendars(Path("calendars")).values()]
    abroad = calendars[0].model_copy(update={"zone": "Europe/Berlin"})

    assert night_zone(calendars) == "America/Chicago"
    assert night_zone([*calendars, abroad]) == "UTC"
