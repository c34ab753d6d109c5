"""Conflicts in which anybody sends anything, through the real workflow: what it knows at the end is what the tables say, and
its history replays."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer

from tests.chance import SECONDS, tries
from tests.lifecycles.conflict.saying import fitting
from tests.sandbox import sandbox
from tests.waiting import until
from tests.workflows.conftest import KEYS
from throughcare.case.entry import Entry
from throughcare.case.wire import RecordedDuty
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages
from throughcare.store.rows import rows
from throughcare.store.tables import (
    CaseRow,
    CaseSeatRow,
    DutyRow,
    EntryRow,
    MessageRow,
    NoticeRow,
)
from throughcare.temporal.codec import data_converter
from workflows.conflict import ConflictWorkflow

FINDS_MORE_OUT = ("refile", "move_to_version")
"""The API makes up what these carry."""

CASE = ("version", "status", "level", "due_at", "closed_at")

A_MOMENT = timedelta(seconds=2)
"""A query that comes along with a workflow task has the SDK end that task at once and go on in a second. A replay hears what
happened at the time of the second, milliseconds later than it was recorded."""


class Here:
    """The agency, without the whole policy in its repr, which is printed with a case that fails."""

    def __init__(self, agency):
        self.agency = agency


@pytest.fixture
def here(weeks):
    return Here(weeks)


numbers = st.integers(0, 30)
says = st.tuples(
    st.just("say"), st.sampled_from(sorted(conflict_messages)), numbers, st.booleans()
)
turns = st.tuples(st.just("take a turn"), numbers, numbers, st.booleans())
waits = st.tuples(st.just("wait"), st.integers(1, 12))
happenings = st.lists(st.one_of(says, turns, turns, waits), min_size=4, max_size=12)


async def happen(case, state, event):
    match event:
        case ["wait", days]:
            await case.pass_time(timedelta(days=days))
        case ["say", name, number, by_signal]:
            await send(
                case,
                state,
                name,
                state.seats[number % len(state.seats)].seat,
                by_signal,
            )
        case ["take a turn", number, other, by_signal]:
            turn = state.allowed[number % len(state.allowed)]
            seat = turn.seats[other % len(turn.seats)]
            await send(case, state, turn.message, seat, by_signal)


async def send(case, state, name, seat, by_signal):
    """Refused or not, by either way."""
    if name in FINDS_MORE_OUT:
        return
    policy = case.agency.pack.conflict_policy
    rung = state.step or policy.ladder(state.facts["ladder"]).rungs[0].id
    (here,) = (r for r in policy.ladder(state.facts["ladder"]).rungs if r.id == rung)
    seats = [seated.seat for seated in state.seats if seated.seat]
    facts = fitting(name, policy, seats, here.roles[0])
    envelope = await case.envelope(name, seat or "seat-of-nobody", facts)
    if by_signal:
        await case.handle.signal(name, envelope)
        return
    try:
        await case.handle.execute_update(name, envelope)
    except WorkflowUpdateFailedError as refused:
        assert isinstance(refused.cause, ApplicationError)
        assert refused.cause.type == "Refused"


def alike(one, other):
    """Whether two facts say the same, each of their instants within A_MOMENT."""
    match one, other:
        case datetime(), datetime():
            return abs(one - other) < A_MOMENT
        case BaseModel(), BaseModel():
            return alike(one.model_dump(), other.model_dump())
        case dict(), dict():
            return one.keys() == other.keys() and all(
                alike(one[each], other[each]) for each in one
            )
        case ((list() | tuple()), (list() | tuple())):
            return len(one) == len(other) and all(map(alike, one, other))
    return one == other


def written(connection, case_id):
    """What the tables say of a case, as the workflow would say it: by what it is about, so that a difference is one line."""

    def of(table):
        return rows(connection, select(table).where(table.case_id == case_id))

    (row,) = rows(connection, select(CaseRow).where(CaseRow.id == case_id))
    said = {each: getattr(row, each) for each in CASE}
    said |= {"step": row.step or "", "allowed": row.allowed}
    said |= {each.id: RecordedDuty.model_validate(each.body) for each in of(DutyRow)}
    for each in of(CaseSeatRow):
        said[each.role] = (each.seat_id, each.person_id)
    for each in of(EntryRow):
        said[each.seq] = Entry.model_validate(each.body)
    for each in of(MessageRow):
        said[each.id] = each.applied
    return said


def told(record):
    """The same of what the workflow itself says."""
    said = {each: getattr(record, each) for each in CASE}
    said |= {"step": record.step}
    said |= {"allowed": [each.model_dump(mode="json") for each in record.allowed]}
    said |= {duty.id: duty for duty in record.duties}
    said |= {each.role: (each.seat, each.person) for each in record.seats}
    said |= {entry.seq: entry for entry in record.entries}
    said |= {each.message_id: each.refusal is None for each in record.answers}
    return said


async def differing(case, case_id):
    """Each thing that the workflow and the tables do not say alike, and what either says."""
    here = told(await case.handle.query(ConflictWorkflow.whole))
    there = await case.agency.database.read(written, case_id)
    everything = here.keys() | there.keys()
    pairs = {each: (here.get(each), there.get(each)) for each in everything}
    return {each: pair for each, pair in pairs.items() if not alike(*pair)}


async def at_rest(case, case_id):
    """The case has been told of every notice, and what that brought is written down."""

    async def is_quiet():
        waiting = (NoticeRow.case_id == case_id) & NoticeRow.done_at.is_(None)
        left = await case.agency.database.read(rows, select(NoticeRow).where(waiting))
        return not (left or await differing(case, case_id))

    with suppress(TimeoutError):
        await until(is_quiet)
    assert await differing(case, case_id) == {}


@pytest.mark.timeout(SECONDS)
@tries(10)
@given(ladder=st.sampled_from("ABC"), events=happenings)
async def test_what_the_workflow_knows_at_the_end_is_what_the_tables_say(
    here, ladder, events
):
    case = await here.agency.open(ladder)
    for event in events:
        state = await case.state()
        if state.closed_at:
            break
        await happen(case, state, event)

    case_id = (await case.state()).case_id
    await at_rest(case, case_id)

    await case.handle.cancel()
    settled = await case.result()
    await at_rest(case, case_id)
    assert (
        settled.status == (await here.agency.database.read(written, case_id))["status"]
    )
    await replay(await case.handle.fetch_history())


async def replay(history):
    replayer = Replayer(
        workflows=[ConflictWorkflow],
        workflow_runner=sandbox(),
        data_converter=data_converter(KEYS),
    )
    await replayer.replay_workflow(history)
