"""Two people change the directory at the same time, from two processes: what one was judged by still holds."""

import asyncio
from datetime import timedelta
from itertools import cycle

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.store.apikeys import NoSuchKey, issue_key, revoke_key
from throughcare.store.changes import (
    AbsenceIsOver,
    AlreadyAbsent,
    HasLeft,
    add_absence,
    change_holder,
    end_absence,
)
from throughcare.store.database import open_database
from throughcare.store.rows import rows
from throughcare.store.tables import DirectoryChangeRow, PersonRow, SeatRow
from throughcare.store.webhooks import set_webhook, webhook_state
from throughcare.usecases.absences import record_absence
from throughcare.usecases.asking import Asking
from throughcare.usecases.demo import AGENCY, load_demo
from throughcare.usecases.departures import HasLeftAlready, depart, seat_successor
from throughcare.usecases.directory_file import read_directory
from throughcare.usecases.installing import import_alone, install

DAY = timedelta(days=1)
SIX = range(6)


class Processes:
    """Two that work on one database."""

    def __init__(self, url):
        self.both = (open_database(url), open_database(url))

    async def at_once(self, *transactions):
        """What each returned or raised, in their order."""
        turns = zip(transactions, cycle(self.both), strict=False)
        calls = (each.write(*transaction) for transaction, each in turns)
        return await asyncio.gather(*calls, return_exceptions=True)

    async def read(self, *transaction):
        return await self.both[0].read(*transaction)

    async def write(self, *transaction):
        return await self.both[0].write(*transaction)

    async def close(self):
        for each in self.both:
            await each.close()


@pytest.fixture
async def agency(databases, demo_database):
    processes = Processes(databases.copy(demo_database))
    yield processes
    await processes.close()


@pytest.fixture
async def empty(fresh_database):
    processes = Processes(fresh_database())
    yield processes
    await processes.close()


def away(connection, person, substitute=None, from_at=NOW):
    asking = Asking(person_id=person, name=person, seats=(), roles={})
    to_at = NOW + 9 * DAY
    return record_absence(
        connection, asking, person, substitute, from_at, to_at, at=NOW
    )


def seat(connection, seat_id, person):
    change_holder(connection, seat_id, person, by="walnut", at=NOW)


def leave(connection, person, left_at=NOW, **seats):
    followers = {seat.replace("_", "-"): who for seat, who in seats.items()}
    return depart(connection, person, left_at, followers, by="walnut", at=NOW)


def refusals(answers):
    return [type(each) for each in answers if isinstance(each, Exception)]


def seated_though_gone(connection):
    """The seats of people who have left."""
    gone = select(PersonRow.id).where(PersonRow.left_at <= NOW)
    query = select(SeatRow.id).where(SeatRow.person_id.in_(gone))
    return connection.scalars(query).all()


async def trail(agency, what):
    mine = select(DirectoryChangeRow).where(DirectoryChangeRow.what == what)
    return await agency.read(rows, mine)


async def test_of_overlapping_absences_of_one_person_one_is_entered(agency):
    answers = await agency.at_once(
        *((away, "alder", None, NOW + day * DAY) for day in SIX)
    )

    assert refusals(answers) == [AlreadyAbsent] * 5
    assert len(await trail(agency, "absence_added")) == 1


async def test_two_who_name_each_other_as_substitute_do_not_wait_for_each_other(agency):
    for people in (("alder", "elm"), ("birch", "cedar"), ("quince", "spruce")):
        first, second = people
        answers = await agency.at_once((away, first, second), (away, second, first))

        assert refusals(answers) == []


async def test_an_absence_is_ended_once(agency):
    def ended(connection):
        end_absence(connection, "absence-of-fir", by="birch", at=NOW)

    answers = await agency.at_once(*((ended,) for _ in SIX))

    assert refusals(answers) == [AbsenceIsOver] * 5
    assert len(await trail(agency, "absence_ended")) == 1


async def test_each_transfer_of_a_seat_begins_where_the_one_before_it_ended(agency):
    people = ("elm", "birch", "cedar", "hazel", "quince", "spruce")
    answers = await agency.at_once(*((seat, "coordinator-1", who) for who in people))

    assert refusals(answers) == []
    steps = {
        change.before["person"]: change.after["person"]
        for change in await trail(agency, "holder_changed")
    }
    # Each person gave it to one other: a chain from its first holder through everybody.
    chain = ["alder"]
    while chain[-1] in steps:
        chain.append(steps[chain[-1]])
    assert sorted(chain[1:]) == sorted(people)


async def test_nobody_is_seated_who_leaves_meanwhile(agency):
    seats = ("coordinator-1", "coordinator-2", "network-provider")
    for who, seat_id in zip(("elm", "hazel", "spruce"), seats, strict=True):
        answers = await agency.at_once((seat, seat_id, who), (leave, who))

        assert set(refusals(answers)) <= {HasLeft}
    assert await agency.read(seated_though_gone) == []


async def test_a_successor_who_leaves_meanwhile_takes_no_seat(agency):
    answers = await agency.at_once(
        (lambda connection: leave(connection, "alder", coordinator_1="elm"),),
        (leave, "elm"),
    )

    assert set(refusals(answers)) <= {HasLeft}
    assert await agency.read(seated_though_gone) == []


async def test_somebody_leaves_once(agency):
    answers = await agency.at_once(*((leave, "alder") for _ in SIX))

    assert refusals(answers) == [HasLeftAlready] * 5
    assert len(await trail(agency, "person_leaves")) == 1


async def test_a_successor_is_seated_by_one_of_the_processes(agency):
    day = NOW + DAY
    await agency.write(
        lambda connection: leave(connection, "alder", day, coordinator_1="elm")
    )
    answers = await agency.at_once(
        *((seat_successor, "coordinator-1", day) for _ in SIX)
    )

    assert refusals(answers) == []
    assert len(await trail(agency, "holder_changed")) == 1


async def test_a_key_is_revoked_once(agency):
    key = await agency.write(issue_key, "alder", NOW)
    answers = await agency.at_once(*((revoke_key, key.split("_")[1], NOW) for _ in SIX))

    assert refusals(answers) == [NoSuchKey] * 5


async def test_a_webhook_connected_twice_has_the_later_address(agency):
    def connect(connection, url):
        set_webhook(connection, "cyfs", url, "sealed", by="walnut", at=NOW)

    urls = [f"https://{each}.example" for each in SIX]
    answers = await agency.at_once(*((connect, url) for url in urls))

    assert refusals(answers) == []
    assert (await agency.read(webhook_state, "cyfs")).url in urls
    assert len(await trail(agency, "webhook_set")) == 6


async def test_an_empty_directory_is_filled_by_one_of_two(empty):
    first, second = await empty.at_once((load_demo, NOW), (load_demo, NOW))

    assert sorted((bool(first), bool(second))) == [False, True]
    assert () in (first, second)


async def test_an_import_and_changes_of_the_directory_do_not_wait_for_each_other(
    agency,
):
    written = read_directory(AGENCY)

    def brought_in(connection):
        import_alone(connection)
        return install(connection, written, by="walnut", at=NOW)

    answers = await agency.at_once(
        (brought_in,),
        (seat, "coordinator-1", "spruce"),
        (brought_in,),
        (away, "elm", "alder"),
        (away, "birch", "cedar"),
    )

    assert refusals(answers) == []


async def test_an_absence_entered_during_a_departure_is_told_or_refused(agency):
    def substituted(connection):
        until = NOW + DAY
        return add_absence(connection, "hazel", "elm", NOW, until, by="elm", at=NOW)

    entered, left = await agency.at_once((substituted,), (leave, "elm"))

    told = {each.id for each in left.absences}
    assert isinstance(entered, HasLeft) or entered in told
