"""Who was shown which record: on file with the client it is about, and by which right."""

from datetime import timedelta

import pytest

from tests.samples import CASE, NOW, notice, seated, served_record
from throughcare.case.wire import RecordedSeat
from throughcare.store.access import Right
from throughcare.store.clients import add_client
from throughcare.store.emergency_access import EmergencyAccess, add_access
from throughcare.store.identity import Identity
from throughcare.store.reads import (
    Read,
    Reader,
    ReadFilter,
    ReadKey,
    note_reads,
    reads_of_client,
)
from throughcare.store.records import apply_record
from throughcare.store.rows import NO_TOTAL, Total

CLIENT = "01KAHX6Z1MCCCCCCCCCCCCCCCC"
WORKER, ABOVE = "seat-of-worker", "seat-of-supervisor"
EVERY = ReadFilter()


def read(number=1, *, person="alder", seats=(), cases=(CASE,), clients=(), **reader):
    return Read(
        id=f"01KAHX6Z1N{number:016}",
        at=NOW + timedelta(minutes=number),
        reader=Reader(person=person, seats=dict(seats), **reader),
        address="192.0.2.7",
        route="read_intake",
        media_type="application/json",
        cases=cases,
        clients=clients,
    )


@pytest.fixture
async def served(database):
    """One case about a client, whose team has a member with a seat here."""
    someone = Identity(name="Client Demo-Fern")
    await database.write(add_client, CLIENT, someone, by="alder", at=NOW)
    member = seated("member-3")
    told = notice("k1").model_copy(
        update={
            "kind": "violation_reported",
            "receiver": RecordedSeat(**dict(seated("reviewer")), on_side=False),
        }
    )
    seats = (seated("supervisor"), seated("worker", "ironwood"), member)
    record = served_record(seats=seats, notices=(told,))
    await database.write(apply_record, record)
    return database


async def told(database, wanted=EVERY, after=None, limit=50, total=NO_TOTAL):
    return await database.read(
        reads_of_client, CLIENT, wanted, after=after, limit=limit, total=total
    )


@pytest.mark.parametrize(
    ("reader", "right"),
    [
        pytest.param({"seats": {WORKER: False}}, Right.seat, id="from a seat"),
        pytest.param({"seats": {WORKER: True}}, Right.supervisor, id="from above"),
        pytest.param(
            {"seats": {ABOVE: False, WORKER: True}}, Right.seat, id="from both"
        ),
        pytest.param({"seats": {"seat-of-member-3": False}}, Right.consent, id="team"),
        pytest.param({"seats": {"seat-of-reviewer": False}}, Right.reported, id="told"),
        pytest.param({"seats": {"elsewhere": False}}, Right.program, id="intake"),
        pytest.param({"sees_all": Right.oversight}, Right.oversight, id="oversight"),
        pytest.param(
            {"sees_all": Right.administrator, "seats": {WORKER: False}},
            Right.seat,
            id="an administrator who works on it",
        ),
        pytest.param({"right": Right.link}, Right.link, id="by a link"),
    ],
)
@pytest.mark.parametrize(
    "shown", [{"cases": (CASE,)}, {"cases": (), "clients": (CLIENT,)}]
)
async def test_a_read_names_by_which_right_it_was(served, reader, right, shown):
    await served.write(note_reads, [read(**reader, **shown)])

    (found,) = await told(served)
    assert found.rights == (right,)
    assert found.cases == shown["cases"]
    assert (found.person, found.address, found.shown) == ("alder", "192.0.2.7", 1)


@pytest.mark.parametrize(
    ("minute", "right"), [(1, Right.emergency), (90, Right.program)]
)
async def test_a_read_in_an_emergency_is_told_apart_for_as_long_as_that_lasts(
    served, minute, right
):
    access = EmergencyAccess(
        id="1",
        person_id="mulberry",
        client_id=CLIENT,
        reason="On the phone",
        opened_at=NOW,
        until_at=NOW + timedelta(hours=1),
        review_due_at=NOW + timedelta(days=3),
    )
    await served.write(add_access, access)
    await served.write(note_reads, [read(minute, person="mulberry")])

    (found,) = await told(served)
    assert found.rights == (right,)


async def test_a_case_and_its_client_in_one_answer_are_one_line(served):
    await served.write(note_reads, [read(clients=(CLIENT,))])

    (found,) = await told(served)
    assert (found.cases, found.shown) == ((CASE,), 1)


async def test_a_list_that_found_nothing_is_of_no_client_and_is_noted_once(served):
    nothing = read(cases=())
    await served.write(note_reads, [nothing])
    await served.write(note_reads, [nothing, read(2)])

    assert [each.id for each in await told(served)] == [read(2).id]


async def test_reads_are_told_page_by_page_of_a_period_and_of_one_person(served):
    people = ("alder", "birch", "alder")
    reads = [read(n, person=person) for n, person in enumerate(people, 1)]
    await served.write(note_reads, reads)
    third, second, first = (each.id for each in reversed(reads))

    total = Total(wanted=True)
    page = await told(served, limit=1, total=total)
    rest = await told(served, after=ReadKey(id=page[0].id))
    of_alder = await told(served, ReadFilter(person="alder"))
    within = ReadFilter(from_at=reads[1].at, to_at=reads[2].at)

    assert [each.id for each in page] == [third, second]
    assert total.rows == 3
    assert [each.id for each in rest] == [second, first]
    assert [each.id for each in of_alder] == [third, first]
    assert [each.id for each in await told(served, within)] == [second]
