"""Somebody leaves, now or on a day to come: their seats go to whoever follows, and the trail says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.samples import CASE, NOW, case_record, duty, seated
from throughcare.case.seats import Capacity
from throughcare.store.apikeys import holder_of, issue_key
from throughcare.store.changes import HasLeft, NoSuchPerson, add_absence
from throughcare.store.database import within
from throughcare.store.departures import (
    HasLeftAlready,
    LeavesNowhere,
    NotADeparture,
    depart,
    seat_successor,
    seats_left_behind,
    stay,
)
from throughcare.store.directory import held_seats, seat_facts
from throughcare.store.moves import absent
from throughcare.store.records import apply_record
from throughcare.store.tables import DirectoryChangeRow, PersonRow

DAY = timedelta(days=1)


async def occupant(session, seat_id, at=NOW):
    facts = await within(session, seat_facts, seat_id, at)
    assert facts
    return facts.person


async def trail(session):
    rows = await session.scalars(select(DirectoryChangeRow))
    return sorted((row.what, row.person_id, tuple(row.seat_ids)) for row in rows)


def leaves(session, person="alder", left_at=NOW, at=NOW, **seats):
    followers = {seat.replace("_", "-"): who for seat, who in seats.items()}
    return depart(session, person, left_at, followers, by="walnut", at=at)


@pytest.fixture
async def case(session):
    """An open case in which coordinator-1 and another seat each have a part of one duty."""
    mine = seated("coordinator").model_copy(update={"seat": "coordinator-1"})
    other = seated("worker", "ironwood").model_copy(
        update={"seat": "human-service-worker"}
    )
    held = duty().model_copy(update={"holders": (mine, other)})
    await within(
        session, apply_record, case_record(seats=(mine, other), duties=(held,))
    )
    await session.flush()
    return CASE


async def test_whoever_follows_sits_there_and_the_cases_and_duties_go_along(
    session, case
):
    left = await leaves(session, coordinator_1="elm")

    (move,) = left.moves
    assert (move.seat, move.before, move.after) == ("coordinator-1", "alder", "elm")
    assert move.cases == (case,)
    assert [(each.duty, each.due_at) for each in move.duties] == [
        (duty().id, duty().due_at)
    ]
    assert move.warnings == ()
    assert await occupant(session, "coordinator-1") == "elm"
    assert await trail(session) == [
        ("holder_changed", "walnut", ("coordinator-1",)),
        ("person_leaves", "walnut", ("coordinator-1",)),
    ]


async def test_a_seat_nobody_follows_in_stands_empty_and_says_what_that_means(
    session, case
):
    (move,) = (await leaves(session)).moves

    assert move.after is None
    assert "Nobody would sit here" in move.warnings[0]
    assert await occupant(session, "coordinator-1") is None


async def test_somebody_with_another_part_in_the_case_is_pointed_out(session, case):
    (move,) = (await leaves(session, coordinator_1="ironwood")).moves

    assert move.warnings == (
        f"ironwood has another part in case {case}, as Worker; the case halts where it needs both.",
    )


async def test_a_day_to_come_changes_nothing_before_it_and_leaves_no_gap(session, case):
    day = NOW + 3 * DAY
    (move,) = (await leaves(session, left_at=day, coordinator_1="elm")).moves

    assert (move.before, move.after) == ("alder", "elm")
    now = await within(session, seat_facts, "coordinator-1", NOW)
    assert now
    assert (now.person, now.until_at) == ("alder", day)
    # Between the instant itself and the moment its successor is entered, it is the successor's already.
    assert await occupant(session, "coordinator-1", day) == "elm"
    assert await seats_left_behind(session, NOW) == ()

    assert await seats_left_behind(session, day) == ("coordinator-1",)
    await seat_successor(session, "coordinator-1", day)
    await session.flush()
    await seat_successor(session, "coordinator-1", day)
    await session.flush()

    assert await seats_left_behind(session, day) == ()
    elms = await within(session, held_seats, "elm", day)
    assert "coordinator-1" in {each.seat for each in elms}
    assert await trail(session) == [
        ("holder_changed", "walnut", ("coordinator-1",)),
        ("holder_planned", "walnut", ("coordinator-1",)),
        ("person_leaves", "walnut", ("coordinator-1",)),
    ]


async def test_the_latest_plan_counts(session):
    day = NOW + DAY
    await leaves(session, left_at=day, coordinator_1="elm")
    await leaves(
        session, left_at=2 * DAY + NOW, at=NOW + timedelta(hours=1), coordinator_1=None
    )

    assert await occupant(session, "coordinator-1", day) == "alder"
    assert await occupant(session, "coordinator-1", NOW + 2 * DAY) is None


async def test_a_successor_who_has_left_by_then_leaves_the_seat_empty(session):
    day = NOW + 2 * DAY
    await leaves(session, left_at=day, coordinator_1="hazel")
    (await session.get_one(PersonRow, "hazel")).left_at = NOW + DAY
    await session.flush()

    await seat_successor(session, "coordinator-1", day)
    await session.flush()

    assert await occupant(session, "coordinator-1", day) is None


async def test_a_planned_departure_can_be_taken_back(session):
    await leaves(session, left_at=NOW + DAY, coordinator_1="elm")

    await stay(session, "alder", by="walnut", at=NOW)
    await session.flush()

    assert await occupant(session, "coordinator-1", NOW + 2 * DAY) == "alder"
    with pytest.raises(LeavesNowhere):
        await stay(session, "alder", by="walnut", at=NOW)


async def test_seats_they_stand_in_for_are_empty_and_absences_and_keys_are_told(
    session,
):
    key = await issue_key(session, "ginkgo", NOW)
    left = await leaves(session, "ginkgo")

    (move,) = left.moves
    assert (move.seat, move.after) == ("coordinator-supervisor-2", None)
    assert [each.person for each in left.absences] == ["fir"]
    assert key.split("_")[1] in left.api_keys
    await session.flush()
    assert await within(session, holder_of, key, NOW) is None


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        pytest.param({"person": "nobody"}, NoSuchPerson, id="nobody knows them"),
        pytest.param({"left_at": NOW - DAY}, NotADeparture, id="a day that is over"),
        pytest.param({"coordinator_2": "elm"}, NotADeparture, id="not their seat"),
        pytest.param({"coordinator_1": "alder"}, NotADeparture, id="themself"),
        pytest.param({"coordinator_1": "nobody"}, NoSuchPerson, id="no such successor"),
    ],
)
async def test_what_is_no_departure_is_refused(session, given, refusal):
    with pytest.raises(refusal):
        await leaves(session, **given)

    await session.flush()
    assert await trail(session) == []


async def test_nobody_leaves_twice_or_is_followed_by_one_who_left(session):
    await leaves(session, "elm")

    with pytest.raises(HasLeftAlready):
        await leaves(session, "elm", at=NOW + DAY, left_at=NOW + DAY)
    with pytest.raises(HasLeft):
        await leaves(session, coordinator_1="elm")


# -- absences -------------------------------------------------------------------------------------------------------


def away(session, person, substitute, days=3, from_at=NOW):
    to_at = from_at + days * DAY
    return absent(session, person, substitute, from_at, to_at, by="walnut", at=NOW)


async def test_an_absence_moves_the_seat_to_the_substitute_with_its_duties(
    session, case
):
    _, (move,) = await away(session, "alder", "elm")

    assert (move.after, move.capacity) == ("elm", Capacity.substitute)
    assert (move.until_at, move.cases) == (NOW + 3 * DAY, (case,))
    assert move.warnings == ()


async def test_a_substitute_who_is_away_as_well_is_pointed_out(session):
    await add_absence(session, "elm", None, NOW, NOW + 9 * DAY, by="elm", at=NOW)
    await session.flush()

    _, (move,) = await away(session, "alder", "elm")

    assert move.after is None
    assert move.warnings[0] == "elm is away then as well, or has left."


async def test_a_substitute_who_goes_away_meanwhile_is_pointed_out(session):
    gone_at = NOW + DAY
    await add_absence(session, "elm", None, gone_at, NOW + 9 * DAY, by="elm", at=NOW)
    await session.flush()

    _, (move,) = await away(session, "alder", "elm")

    assert move.after == "elm"
    assert move.warnings == (f"elm would sit here only until {gone_at.isoformat()}.",)


async def test_a_substitute_from_the_other_side_is_pointed_out(session, case):
    _, (move,) = await away(session, "alder", "ironwood")

    assert "another part" in move.warnings[0]
