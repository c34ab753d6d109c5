"""The activity that asks who sits where."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.directory import DirectoryActivities
from tests.samples import NOW
from throughcare.case.seats import SeatKind, SeatQuery
from throughcare.messages import SeatLookup
from throughcare.store.changes import change_holder
from throughcare.usecases.demo import load_demo

LOOKUP = SeatLookup(
    agency="wraparound-milwaukee",
    at=NOW,
    queries=(
        SeatQuery(
            role="supervisor",
            title="Supervisor",
            accepts=(SeatKind(role="coordinator-supervisor"),),
            below="coordinator-1",
        ),
    ),
)


@pytest.fixture
async def find(database):
    async with database.sessions.begin() as session:
        await load_demo(session, NOW)

    async def found():
        activities = DirectoryActivities(database)
        answer = await ActivityEnvironment().run(activities.find_seats, LOOKUP)
        return answer.seats

    return found


async def test_asking_again_gives_the_same_answer(find):
    (seated,) = await find()

    assert (seated.seat, seated.person) == ("coordinator-supervisor-1", "birch")
    assert await find() == (seated,)


async def test_a_change_in_between_is_seen(find, database):
    await find()
    async with database.sessions.begin() as session:
        await change_holder(
            session, "coordinator-supervisor-1", None, by="walnut", at=NOW
        )

    (seated,) = await find()

    assert (seated.seat, seated.person) == ("coordinator-supervisor-1", None)
