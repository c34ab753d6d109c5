"""The tables held against real workflows, on a real server and both kinds of database."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    delete,
    insert,
    select,
    update,
)
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    QueryWorkflowInput,
    WorkflowHandle,
)
from temporalio.testing import WorkflowEnvironment

from tests.samples import case_record, duty, served_record
from tests.waiting import until
from tests.workflows.conftest import KEYS, Agency, Case, binary, running_agency
from tests.workflows.intakes import Served, open_intake
from throughcare.case.wire import CaseRun, workflow_id
from throughcare.lifecycles.care_plan.lifecycle import CARE_PLAN
from throughcare.lifecycles.client.openings import IntakeOpening
from throughcare.lifecycles.intake.intake import Intake
from throughcare.packs.pack import Pack
from throughcare.packs.reading import load_pack
from throughcare.store.database import Database
from throughcare.store.differences import (
    MANY,
    Compared,
    Difference,
    Kind,
)
from throughcare.store.records import apply_record
from throughcare.store.restores import declare_restore
from throughcare.store.rows import one_row, rows
from throughcare.store.superseding import MENDED, RESTORED
from throughcare.store.tables import (
    Base,
    CaseRow,
    DutyHolderRow,
    DutyRow,
    EntryRow,
    RecordCheckRow,
)
from throughcare.temporal.client import TASK_QUEUE
from throughcare.temporal.codec import data_converter
from throughcare.temporal.timer_audit import clock_problem
from throughcare.usecases.reconciliation import (
    GIVE_UP_AFTER,
    TOGETHER,
    Reconciliation,
)

NEEDS = [{"id": "housing", "text": "nowhere to sleep"}]
CC, HSW = "care-coordinator", "human-service-worker"
NOBODY = "a-queue-nobody-serves"
A_WHILE = timedelta(days=2)

Plant = Callable[[str], list[Executable]]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(Path("policies/milwaukee-wraparound"))


@pytest_asyncio.fixture(scope="module")
async def agency(
    fresh_database: Callable[[], str],
    pack: Pack,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Agency]:
    """A server, a worker and tables of their own, so that what is broken here is broken nowhere else."""
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"), data_converter=data_converter(KEYS)
    )
    folder = tmp_path_factory.mktemp("reconciliation")
    async with env, running_agency(env, pack, folder, False, fresh_database()) as here:
        yield here


def reconciliation(agency: Agency, mend: bool = False) -> Reconciliation:
    return Reconciliation(
        agency.client,
        agency.database,
        lambda: datetime.now(UTC),
        mend=mend,
        patience=timedelta(seconds=1),
    )


async def compare(agency: Agency, *cases: str, mend: bool = False) -> Compared:
    return await reconciliation(agency, mend).run(f"check of {cases}", cases)


def id_of(case: Case) -> str:
    return case.handle.id.removeprefix("conflict-")


async def at_rest(case: Case) -> str:
    """Its id, once its first notices are out."""

    async def has_told() -> bool:
        return len(await case.mails()) >= 2

    await until(has_told)
    return id_of(case)


async def run(database: Database, *statements: Executable) -> None:
    def run_all(connection: Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    await database.write(run_all)


def of(case_id: str, table: type[Base]) -> ColumnElement[bool]:
    return Base.metadata.tables[table.__tablename__].c.case_id == case_id


def gone(case_id: str) -> list[Executable]:
    """The case, after whatever the database keeps from being there without it."""
    tables = [
        table
        for table in reversed(Base.metadata.sorted_tables)
        if "case_id" in table.c and table.c.case_id.foreign_keys
    ]
    children = [delete(each).where(each.c.case_id == case_id) for each in tables]
    return [*children, delete(CaseRow).where(CaseRow.id == case_id)]


def another_duty(case_id: str) -> list[Executable]:
    same = {c.name: c for c in DutyRow.__table__.columns if c.name != "id"}
    copied = select(DutyRow.id + "#9", *same.values()).where(of(case_id, DutyRow))
    return [insert(DutyRow).from_select(["id", *same], copied.limit(1))]


PLANTED: dict[str, tuple[Plant, str, Kind]] = {
    "a duty's status": (
        lambda case: [
            update(DutyRow)
            .where(of(case, DutyRow), DutyRow.act == "meeting")
            .values(status="met")
        ],
        "duties",
        Kind.changed,
    ),
    "a duty gone": (
        lambda case: [
            delete(DutyRow).where(of(case, DutyRow), DutyRow.act == "meeting")
        ],
        "duties",
        Kind.missing,
    ),
    "a holder gone": (
        lambda case: [
            delete(DutyHolderRow).where(
                of(case, DutyHolderRow),
                DutyHolderRow.role == CC,
                DutyHolderRow.duty_id.contains("meeting"),
            )
        ],
        "duty_holders",
        Kind.missing,
    ),
    "a case gone": (gone, "cases", Kind.missing),
    "an entry gone": (
        lambda case: [
            delete(EntryRow).where(of(case, EntryRow), EntryRow.kind == "opened")
        ],
        "timeline",
        Kind.missing,
    ),
    "a duty too many": (another_duty, "duties", Kind.stray),
    "a case closed while it runs": (
        lambda case: [
            update(CaseRow)
            .where(CaseRow.id == case)
            .values(status="agreed", closed_at=datetime.now(UTC))
        ],
        "cases",
        Kind.changed,
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
async def test_what_somebody_changed_behind_its_back_is_found_shown_and_mended(
    agency: Agency, planted: str
) -> None:
    plant, table, kind = PLANTED[planted]
    case_id = await at_rest(await agency.open("A"))
    await run(agency.database, *plant(case_id))

    looked_at = await compare(agency, case_id)

    (difference,) = looked_at.differences
    assert (difference.case, difference.table, difference.kind, difference.mended) == (
        case_id,
        table,
        kind,
        False,
    )
    assert (looked_at.different, looked_at.mended) == (1, 0)
    rebuilt = await compare(agency, case_id, mend=True)
    assert [each.mended for each in rebuilt.differences] == [True]
    assert (rebuilt.different, rebuilt.mended, rebuilt.left) == (1, 1, ())
    assert (await compare(agency, case_id)).differences == ()


async def test_a_mended_case_goes_on_as_if_nothing_had_been(agency: Agency) -> None:
    case = await agency.open("A")
    case_id = await at_rest(case)
    await run(agency.database, *gone(case_id))
    await compare(agency, case_id, mend=True)

    await case.say("meeting_held", CC, attendees=await case.seats(CC, HSW))

    assert await case.said("meeting_held")
    assert (await compare(agency, case_id)).differences == ()


async def test_a_case_that_changes_all_the_while_it_is_compared_does_not_differ(
    agency: Agency,
) -> None:
    case = await agency.open("A")
    check = reconciliation(agency, mend=True)

    async def say_one_thing_after_another() -> None:
        for _ in range(30):
            await case.say("violation_identified", HSW, kind="policy")

    saying = asyncio.create_task(say_one_thing_after_another())
    seen = []
    while not saying.done():
        seen.append(await check.run("meanwhile", [id_of(case)]))
    await saying

    assert {each.differences for each in seen} == {()}
    assert len(await case.said("violation_identified")) == 30


async def test_every_open_case_is_compared_and_leaves_a_row_of_what_was_found(
    agency: Agency,
) -> None:
    well = await at_rest(await agency.open("A"))
    ill = await at_rest(await agency.open("A"))
    await run(
        agency.database,
        update(DutyRow)
        .where(of(ill, DutyRow), DutyRow.act == "meeting")
        .values(status="met"),
        *gone(well),
    )

    async def both_are_listed() -> bool:
        return {well, ill} <= await reconciliation(agency).every_case()

    await until(both_are_listed)
    check = reconciliation(agency, mend=True)
    looked: list[int] = []
    compared = await check.run("a night", await check.every_case(), looked.append)

    this = select(RecordCheckRow).where(RecordCheckRow.id == "a night")
    row = await agency.database.read(one_row, this)
    assert row is not None
    # Those that differ are looked at once more, to be mended.
    assert row.cases == compared.cases == looked[-1]
    assert (row.different, row.mended, row.unreachable) == (2, 2, 0)
    assert row.ended_at is not None
    assert row.ended_at > row.started_at
    found = [Difference.model_validate(each) for each in row.differences]
    assert {(each.case, each.table) for each in found} == {
        (well, "cases"),
        (ill, "duties"),
    }


def later(case_id: str) -> Executable:
    """The tables as a record left them that its workflow knows nothing of."""
    mine = update(CaseRow).where(CaseRow.id == case_id)
    return mine.values(version=CaseRow.version + 1, step_title="Later")


def more(case_id: str) -> Executable:
    """An entry that its workflow does not have."""
    same = {
        column.name: column
        for column in EntryRow.__table__.columns
        if column.name != "seq"
    }
    copied = select(EntryRow.seq + 1000, *same.values()).where(of(case_id, EntryRow))
    return insert(EntryRow).from_select(["seq", *same], copied.limit(1))


async def superseded(agency: Agency, case_id: str) -> list[tuple[int, str | None]]:
    mine = select(EntryRow).where(of(case_id, EntryRow), EntryRow.supersession > 0)
    found = await agency.database.read(rows, mine)
    return [(row.seq, row.superseded_why) for row in found]


async def test_one_case_ahead_of_its_workflow_is_mended_and_keeps_what_it_had(
    agency: Agency,
) -> None:
    case_id = await at_rest(await agency.open("A"))
    await run(agency.database, later(case_id), more(case_id))

    compared = await compare(agency, case_id, mend=True)

    assert Kind.ahead in {each.kind for each in compared.differences}
    assert (compared.ahead, compared.left) == (1, ())
    ((seq, why),) = await superseded(agency, case_id)
    assert (seq > 1000, why) == (True, MENDED)
    assert (await compare(agency, case_id)).differences == ()


async def test_where_many_are_ahead_nothing_is_mended_until_a_restore_is_declared(
    agency: Agency,
) -> None:
    cases = [await at_rest(await agency.open("A")) for _ in range(MANY)]
    ill = await at_rest(await agency.open("A"))
    planted = [each for case in cases for each in (later(case), more(case))]
    await run(agency.database, *planted, *another_duty(ill))

    held_back = await compare(agency, *cases, ill, mend=True)

    assert held_back.many_ahead
    assert (held_back.different, held_back.mended) == (MANY + 1, 0)
    assert [await superseded(agency, each) for each in cases] == [[]] * MANY
    now = datetime.now(UTC)
    await agency.database.write(declare_restore, now, "walnut", "the disk was lost")
    mended = await compare(agency, *cases, ill, mend=True)
    assert (mended.ahead, mended.mended, mended.left) == (0, MANY + 1, ())
    for each in cases:
        ((_, why),) = await superseded(agency, each)
        assert why == RESTORED.format(number=1)


async def test_a_case_open_here_that_temporal_knows_nothing_of_is_shown_and_left(
    agency: Agency,
) -> None:
    await agency.database.write(apply_record, case_record(case_id="lost"))

    assert "lost" in await reconciliation(agency).every_case()
    compared = await compare(agency, "lost", mend=True)

    assert [each.kind for each in compared.left] == [Kind.no_workflow]
    assert (compared.different, compared.mended) == (1, 0)
    await run(agency.database, *gone("lost"))


async def test_a_case_that_was_terminated_is_shown_as_open_with_nothing_running(
    agency: Agency,
) -> None:
    case = await agency.open("A")
    case_id = await at_rest(case)
    await case.handle.terminate("by mistake")

    compared = await compare(agency, case_id, mend=True)

    assert [each.kind for each in compared.left] == [Kind.ended]
    await run(agency.database, *gone(case_id))


async def test_a_closed_case_is_compared_where_asked_as_long_as_its_history_lasts(
    agency: Agency,
) -> None:
    case = await agency.open("A")
    case_id = await at_rest(case)
    await case.say("withdraw", CC, reason="settled among ourselves")
    await case.handle.result()
    await run(
        agency.database,
        update(DutyRow)
        .where(of(case_id, DutyRow), DutyRow.act == "meeting")
        .values(status="open"),
    )
    old = case_record(case_id="old", closed_at=datetime.now(UTC))
    await agency.database.write(apply_record, old)

    check = reconciliation(agency, mend=True)
    assert not {case_id, "old"} & await check.every_case()
    assert {case_id, "old"} <= await check.every_case(closed_for=A_WHILE)
    compared = await compare(agency, case_id, "old", mend=True)

    kinds = {(each.case, each.kind, each.mended) for each in compared.differences}
    assert kinds == {
        (case_id, Kind.changed, True),
        ("old", Kind.no_history, False),
    }
    assert compared.left == ()
    carried = select(CaseRow.carried).where(CaseRow.id == case_id)
    assert await agency.database.read(lambda connection: connection.scalar(carried))


# -- of cases about a client ---------------------------------------------------------------------


async def served_at_rest(agency: Agency) -> Served:
    """An intake whose first notices are out."""
    case = await open_intake(agency)

    async def has_told() -> bool:
        return bool(await case.mails())

    await until(has_told)
    return case


async def begun_care_plan(agency: Agency) -> str:
    """The id of a care plan that came of an intake."""
    intake = await served_at_rest(agency)
    history = await intake.handle.fetch_history()
    (payload,) = history.events[
        0
    ].workflow_execution_started_event_attributes.input.payloads
    run = CaseRun[IntakeOpening, Intake]
    (before,) = await agency.client.data_converter.decode([payload], [run])
    case_id = secrets.token_hex(8)
    opening = before.opening.model_dump() | {"kind": "care-plan", "case_id": case_id}
    opening["about"] |= {"intake": intake.id, "known": {}}
    await agency.client.start_workflow(
        "CarePlan",
        CARE_PLAN.run.model_validate({"opening": opening}),
        id=workflow_id("care-plan", case_id),
        task_queue=TASK_QUEUE,
    )
    await until(lambda: agency.is_recorded(case_id))
    return case_id


SERVED_PLANTED: dict[str, tuple[Plant, str, Kind]] = {
    "whom it serves": (
        lambda case: [
            update(CaseRow).where(CaseRow.id == case).values(client_id="other")
        ],
        "cases",
        Kind.changed,
    ),
    "its kind": (
        lambda case: [
            update(CaseRow).where(CaseRow.id == case).values(kind="conflict")
        ],
        "cases",
        Kind.changed,
    ),
    "an entry gone": (
        lambda case: [delete(EntryRow).where(of(case, EntryRow), EntryRow.seq == 1)],
        "timeline",
        Kind.missing,
    ),
    "a case gone": (gone, "cases", Kind.missing),
    "a duty too many": (another_duty, "duties", Kind.stray),
}


@pytest.mark.parametrize("planted", SERVED_PLANTED)
async def test_an_intake_is_checked_and_mended_as_a_conflict_is(
    agency: Agency, planted: str
) -> None:
    plant, table, kind = SERVED_PLANTED[planted]
    case_id = (await served_at_rest(agency)).id
    assert (await compare(agency, case_id)).differences == ()
    await run(agency.database, *plant(case_id))

    (difference,) = (await compare(agency, case_id)).differences

    assert (difference.case, difference.table, difference.kind) == (
        case_id,
        table,
        kind,
    )
    rebuilt = await compare(agency, case_id, mend=True)
    assert (rebuilt.different, rebuilt.mended, rebuilt.left) == (1, 1, ())
    assert (await compare(agency, case_id)).differences == ()


async def test_a_care_plan_is_checked_and_mended_as_a_conflict_is(
    agency: Agency,
) -> None:
    case_id = await begun_care_plan(agency)
    await run(agency.database, *gone(case_id))

    (difference,) = (await compare(agency, case_id)).differences
    rebuilt = await compare(agency, case_id, mend=True)

    assert (difference.table, difference.kind) == ("cases", Kind.missing)
    assert (rebuilt.mended, rebuilt.left) == (1, ())


async def test_a_mended_intake_goes_on_as_if_nothing_had_been(agency: Agency) -> None:
    case = await served_at_rest(agency)
    await run(agency.database, *gone(case.id))
    await compare(agency, case.id, mend=True)

    await case.say("screened", "intake-unit", emergency=False)

    assert await case.said("screened")
    assert (await compare(agency, case.id)).differences == ()


async def test_open_cases_of_every_lifecycle_are_found_and_their_clocks_seen(
    agency: Agency,
) -> None:
    conflict = await at_rest(await agency.open("A"))
    intake = await served_at_rest(agency)
    plan = await begun_care_plan(agency)
    await intake.say("screened", "intake-unit", emergency=True, needs=NEEDS)
    assert any(duty.due_at for duty in (await intake.state()).duties)

    async def all_are_listed() -> bool:
        return {conflict, intake.id, plan} <= await reconciliation(agency).every_case()

    await until(all_are_listed)
    check = reconciliation(agency)
    await check.every_case()

    compared = await check.run("all kinds", (conflict, intake.id, plan))

    assert (compared.cases, compared.differences) == (3, ())


async def test_an_intake_that_temporal_knows_nothing_of_is_shown_and_left(
    agency: Agency,
) -> None:
    await agency.database.write(apply_record, served_record(case_id="lostintake"))

    compared = await compare(agency, "lostintake", mend=True)

    assert [each.kind for each in compared.left] == [Kind.no_workflow]
    await run(agency.database, *gone("lostintake"))


# -- where nobody answers ------------------------------------------------------------------------


async def unanswered(agency: Agency, case_id: str, due_at: datetime) -> None:
    """A case that runs and nobody works on, with one open duty in the tables."""
    await agency.client.start_workflow(
        "Conflict", id=workflow_id("conflict", case_id), task_queue=NOBODY
    )
    its = duty().model_copy(update={"due_at": due_at})
    await agency.database.write(
        apply_record, case_record(case_id=case_id, duties=(its,))
    )


@pytest.mark.parametrize(
    ("due_in", "kind"),
    [
        (A_WHILE, Kind.no_timer),
        (-A_WHILE, Kind.overdue),
    ],
    ids=["no clock", "past its due date"],
)
async def test_a_case_nobody_answers_for_is_counted_so_and_its_clock_still_seen(
    agency: Agency, due_in: timedelta, kind: Kind
) -> None:
    case_id = f"unanswered-{kind}"
    await unanswered(agency, case_id, datetime.now(UTC) + due_in)

    compared = await compare(agency, case_id, mend=True)

    assert compared.unreachable == 1
    assert [each.kind for each in compared.left] == [Kind.unreachable, kind]
    handle: WorkflowHandle[object, object]
    handle = agency.client.get_workflow_handle(workflow_id("conflict", case_id))
    await handle.terminate()
    await run(agency.database, *gone(case_id))


async def test_a_clock_that_rings_too_late_or_was_stopped_is_told_from_one_that_runs(
    agency: Agency,
) -> None:
    case = await agency.open("A")
    case_id = await at_rest(case)
    now = datetime.now(UTC)
    due_at = (await case.state()).due_at
    assert due_at is not None

    async def problem(at: datetime) -> Difference | None:
        dues = [("duty", at)]
        return await clock_problem(agency.client, case_id, case.handle.id, dues, now)

    assert await problem(due_at) is None
    late = await problem(now + timedelta(minutes=1))
    assert late is not None
    assert late.kind is Kind.timer_late
    await case.say("withdraw", CC, reason="settled among ourselves")
    await case.handle.result()
    stopped = await problem(due_at)
    assert stopped is not None
    assert stopped.kind is Kind.no_timer


class Questions(Interceptor):
    """Counts the questions that went out to workflows."""

    asked = 0

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        count = self

        class Counting(OutboundInterceptor):
            async def query_workflow(self, input: QueryWorkflowInput) -> object:
                count.asked += 1
                return await super().query_workflow(input)

        return Counting(next)


async def test_where_nobody_answers_for_any_case_the_rest_is_counted_without_asking(
    agency: Agency,
) -> None:
    cases = [f"silent-{number:02}" for number in range(3 * GIVE_UP_AFTER)]
    for case_id in cases:
        await unanswered(agency, case_id, datetime.now(UTC) + A_WHILE)
    questions = Questions()
    config = agency.client.config()
    config["interceptors"] = [questions]
    listening = replace(agency, client=Client(**config))

    compared = await compare(listening, *cases)

    assert compared.unreachable == compared.cases == len(cases)
    # Those that were under way when it gave up are over and above.
    assert GIVE_UP_AFTER <= questions.asked < GIVE_UP_AFTER + TOGETHER
    for case_id in cases:
        await agency.client.get_workflow_handle(
            workflow_id("conflict", case_id)
        ).terminate()
        await run(agency.database, *gone(case_id))
