"""What people change in the directory, and the trail it leaves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.store.changes import (
    AbsenceIsOver,
    AlreadyAbsent,
    HasLeft,
    NoSuchAbsence,
    NoSuchPerson,
    NoSuchSeat,
    NotAnAbsence,
    add_absence,
    change_holder,
    end_absence,
    mark_told,
    untold_changes,
)
from throughcare.store.database import within
from throughcare.store.directory import SeatFacts, seat_facts
from throughcare.store.tables import DirectoryChangeRow, PersonRow

DAY = timedelta(days=1)


async def sitting(session, seat_id: str, at=NOW) -> SeatFacts:
    facts = await within(session, seat_facts, seat_id, at)
    assert facts
    return facts


async def occupant(session, seat_id: str, at=NOW) -> str | None:
    return (await sitting(session, seat_id, at)).person


async def trail(session) -> list[DirectoryChangeRow]:
    return list(await session.scalars(select(DirectoryChangeRow)))


async def test_a_seat_that_changes_hands_leaves_both_names_in_the_trail(session):
    await change_holder(session, "coordinator-1", "elm", by="walnut", at=NOW + DAY)

    assert await occupant(session, "coordinator-1") == "elm"
    (change,) = await trail(session)
    assert (change.what, change.person_id, change.at) == (
        "holder_changed",
        "walnut",
        NOW + DAY,
    )
    assert change.before == {"person": "alder", "since_at": NOW.isoformat()}
    assert change.after == {"person": "elm", "since_at": (NOW + DAY).isoformat()}


async def test_a_seat_can_be_left_empty(session):
    await change_holder(session, "coordinator-1", None, by="walnut", at=NOW)

    assert await occupant(session, "coordinator-1") is None


async def test_seating_the_same_person_again_is_no_change(session):
    await change_holder(session, "coordinator-1", "alder", by="walnut", at=NOW)

    assert await trail(session) == []


async def test_a_seat_or_person_nobody_knows_and_one_who_left_are_refused(session):
    (await session.get_one(PersonRow, "elm")).left_at = NOW

    with pytest.raises(NoSuchSeat, match="'nowhere'"):
        await change_holder(session, "nowhere", "alder", by="walnut", at=NOW)
    with pytest.raises(NoSuchPerson, match="'nobody'"):
        await change_holder(session, "coordinator-1", "nobody", by="walnut", at=NOW)
    with pytest.raises(HasLeft, match="elm has left"):
        await change_holder(session, "coordinator-1", "elm", by="walnut", at=NOW)

    assert await trail(session) == []


async def test_an_absence_seats_the_substitute_for_as_long_as_it_lasts(session):
    await add_absence(
        session, "alder", "elm", NOW + DAY, NOW + 3 * DAY, by="birch", at=NOW
    )

    days = [await occupant(session, "coordinator-1", NOW + n * DAY) for n in range(4)]
    assert days == ["alder", "elm", "elm", "alder"]
    (change,) = await trail(session)
    assert (change.what, change.seat_ids) == ("absence_added", ["coordinator-1"])


async def test_the_absence_of_a_substitute_concerns_the_seats_they_fill(session):
    await add_absence(session, "ginkgo", None, NOW, NOW + DAY, by="birch", at=NOW)

    (change,) = await trail(session)
    assert change.seat_ids == ["coordinator-supervisor-2"]


async def test_an_absence_ends_when_they_are_back(session):
    await end_absence(session, "absence-of-fir", by="birch", at=NOW)

    assert await occupant(session, "coordinator-supervisor-2") == "fir"
    (change,) = await trail(session)
    assert isinstance(change.before, dict)
    assert change.after == {**change.before, "ended_early_at": NOW.isoformat()}


async def test_an_absence_to_come_can_be_called_off(session):
    await end_absence(session, "absence-of-hazel", by="birch", at=NOW)

    seat = await sitting(session, "fiss-case-manager")
    assert (seat.person, seat.until_at) == ("hazel", None)


@pytest.mark.parametrize(
    ("person", "substitute", "from_at", "to_at", "refusal"),
    [
        ("alder", None, NOW + DAY, NOW, NotAnAbsence),
        ("alder", None, NOW - 2 * DAY, NOW - DAY, NotAnAbsence),
        ("alder", "alder", NOW, NOW + DAY, NotAnAbsence),
        ("nobody", None, NOW, NOW + DAY, NoSuchPerson),
        ("alder", "nobody", NOW, NOW + DAY, NoSuchPerson),
        ("fir", None, NOW + DAY, NOW + 2 * DAY, AlreadyAbsent),
    ],
    ids=[
        "it ends before it begins",
        "it is past",
        "stands in for themself",
        "no such person",
        "no such substitute",
        "absent already",
    ],
)
async def test_an_absence_that_cannot_be_is_refused(
    session, person, substitute, from_at, to_at, refusal
):
    with pytest.raises(refusal):
        await add_absence(session, person, substitute, from_at, to_at, by="b", at=NOW)

    assert await trail(session) == []


async def test_absences_may_follow_on_one_another(session):
    back_at = NOW + 13 * DAY
    await add_absence(session, "fir", None, back_at, back_at + DAY, by="birch", at=NOW)

    assert await occupant(session, "coordinator-supervisor-2", back_at) is None


async def test_an_absence_that_is_over_or_unknown_cannot_be_ended(session):
    await end_absence(session, "absence-of-fir", by="birch", at=NOW)

    with pytest.raises(AbsenceIsOver):
        await end_absence(session, "absence-of-fir", by="birch", at=NOW)
    with pytest.raises(NoSuchAbsence):
        await end_absence(session, "nothing", by="birch", at=NOW)


async def test_changes_wait_in_order_until_open_cases_are_told(session):
    await change_holder(session, "coordinator-2", None, by="walnut", at=NOW + DAY)
    await change_holder(session, "coordinator-1", None, by="walnut", at=NOW)

    first, second = await untold_changes(session)
    assert (first.seat_ids, second.seat_ids) == (("coordinator-1",), ("coordinator-2",))
    await mark_told(session, first.id, NOW + DAY)
    assert await untold_changes(session) == (second,)
