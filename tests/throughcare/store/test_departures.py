"""Somebody leaves, now or on a day to come: their seats go to whoever follows, and the trail says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.databases import set_columns
from tests.samples import CASE, NOW, case_record, duty, seated
from throughcare.case.seats import Capacity
from throughcare.store.apikeys import holder_of, issue_key
from throughcare.store.changes import HasLeft, NoSuchPerson, add_absence
from throughcare.store.directory import held_seats, seat_facts
from throughcare.store.records import apply_record
from throughcare.store.rows import rows
from throughcare.store.tables import DirectoryChangeRow, PersonRow
from throughcare.usecases.absences import record_absence
from throughcare.usecases.asking import Asking
from throughcare.usecases.departures import (
    HasLeftAlready,
    LeavesNowhere,
    NotADeparture,
    depart,
    seat_successor,
    seats_left_behind,
    stay,
)

DAY = timedelta(days=1)


def occupant(connection, seat_id, at=NOW):
    facts = seat_facts(connection, seat_id, at)
    assert facts
    return facts.person


def trail(connection):
    found = rows(connection, select(DirectoryChangeRow))
    return sorted((row.what, row.person_id, tuple(row.seat_ids)) for row in found)


def leaves(connection, person="alder", left_at=NOW, at=NOW, **seats):
    followers = {seat.replace("_", "-"): who for seat, who in seats.items()}
    return depart(connection, person, left_at, followers, by="walnut", at=at)


@pytest.fixture
def case(connection):
    """An open case in which coordinator-1 and another seat each have a part of one duty."""
    mine = seated("coordinator").model_copy(update={"seat": "coordinator-1"})
    other = seated("worker", "ironwood").model_copy(
        update={"seat": "human-service-worker"}
    )
    held = duty().model_copy(update={"holders": (mine, other)})
    apply_record(connection, case_record(seats=(mine, other), duties=(held,)))
    return CASE


def test_whoever_follows_sits_there_and_the_cases_and_duties_go_along(connection, case):
    left = leaves(connection, coordinator_1="elm")

    (move,) = left.moves
    assert (move.seat, move.before, move.after) == ("coordinator-1", "alder", "elm")
    assert move.cases == (case,)
    assert [(each.duty, each.due_at) for each in move.duties] == [
        (duty().id, duty().due_at)
    ]
    assert move.warnings == ()
    assert occupant(connection, "coordinator-1") == "elm"
    assert trail(connection) == [
        ("holder_changed", "walnut", ("coordinator-1",)),
        ("person_leaves", "walnut", ("coordinator-1",)),
    ]


def test_a_seat_nobody_follows_in_stands_empty_and_says_what_that_means(
    connection, case
):
    (move,) = (leaves(connection)).moves

    assert move.after is None
    assert "Nobody would sit here" in move.warnings[0]
    assert occupant(connection, "coordinator-1") is None


def test_somebody_with_another_part_in_the_case_is_pointed_out(connection, case):
    (move,) = (leaves(connection, coordinator_1="ironwood")).moves

    assert move.warnings == (
        f"ironwood has another part in case {case}, as Worker; the case halts where it needs both.",
    )


def test_a_day_to_come_changes_nothing_before_it_and_leaves_no_gap(connection, case):
    day = NOW + 3 * DAY
    (move,) = (leaves(connection, left_at=day, coordinator_1="elm")).moves

    assert (move.before, move.after) == ("alder", "elm")
    now = seat_facts(connection, "coordinator-1", NOW)
    assert now
    assert (now.person, now.until_at) == ("alder", day)
    # Between the instant itself and the moment its successor is entered, it is the successor's already.
    assert occupant(connection, "coordinator-1", day) == "elm"
    assert seats_left_behind(connection, NOW) == ()

    assert seats_left_behind(connection, day) == ("coordinator-1",)
    seat_successor(connection, "coordinator-1", day)
    seat_successor(connection, "coordinator-1", day)

    assert seats_left_behind(connection, day) == ()
    elms = held_seats(connection, "elm", day)
    assert "coordinator-1" in {each.seat for each in elms}
    assert trail(connection) == [
        ("holder_changed", "walnut", ("coordinator-1",)),
        ("holder_planned", "walnut", ("coordinator-1",)),
        ("person_leaves", "walnut", ("coordinator-1",)),
    ]


def test_the_latest_plan_counts(connection):
    day = NOW + DAY
    leaves(connection, left_at=day, coordinator_1="elm")
    leaves(
        connection,
        left_at=2 * DAY + NOW,
        at=NOW + timedelta(hours=1),
        coordinator_1=None,
    )

    assert occupant(connection, "coordinator-1", day) == "alder"
    assert occupant(connection, "coordinator-1", NOW + 2 * DAY) is None


def test_a_successor_who_has_left_by_then_leaves_the_seat_empty(connection):
    day = NOW + 2 * DAY
    leaves(connection, left_at=day, coordinator_1="hazel")
    set_columns(connection, PersonRow, "hazel", left_at=NOW + DAY)

    seat_successor(connection, "coordinator-1", day)

    assert occupant(connection, "coordinator-1", day) is None


def test_a_planned_departure_can_be_taken_back(connection):
    leaves(connection, left_at=NOW + DAY, coordinator_1="elm")

    stay(connection, "alder", by="walnut", at=NOW)

    assert occupant(connection, "coordinator-1", NOW + 2 * DAY) == "alder"
    with pytest.raises(LeavesNowhere):
        stay(connection, "alder", by="walnut", at=NOW)


def test_seats_they_stand_in_for_are_empty_and_absences_and_keys_are_told(
    connection,
):
    key = issue_key(connection, "ginkgo", NOW)
    left = leaves(connection, "ginkgo")

    (move,) = left.moves
    assert (move.seat, move.after) == ("coordinator-supervisor-2", None)
    assert [each.person for each in left.absences] == ["fir"]
    assert key.split("_")[1] in left.api_keys
    assert holder_of(connection, key, NOW) is None


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
def test_what_is_no_departure_is_refused(connection, given, refusal):
    with pytest.raises(refusal):
        leaves(connection, **given)

    assert trail(connection) == []


def test_nobody_leaves_twice_or_is_followed_by_one_who_left(connection):
    leaves(connection, "elm")

    with pytest.raises(HasLeftAlready):
        leaves(connection, "elm", at=NOW + DAY, left_at=NOW + DAY)
    with pytest.raises(HasLeft):
        leaves(connection, coordinator_1="elm")


# -- absences -------------------------------------------------------------------------------------------------------


def away(connection, person, substitute, days=3, from_at=NOW):
    to_at = from_at + days * DAY
    asking = Asking(person_id=person, name=person, seats=(), roles={})
    return record_absence(
        connection, asking, person, substitute, from_at, to_at, at=NOW
    )


def test_an_absence_moves_the_seat_to_the_substitute_with_its_duties(connection, case):
    _, (move,) = away(connection, "alder", "elm")

    assert (move.after, move.capacity) == ("elm", Capacity.substitute)
    assert (move.until_at, move.cases) == (NOW + 3 * DAY, (case,))
    assert move.warnings == ()


def test_a_substitute_who_is_away_as_well_is_pointed_out(connection):
    add_absence(connection, "elm", None, NOW, NOW + 9 * DAY, by="elm", at=NOW)

    _, (move,) = away(connection, "alder", "elm")

    assert move.after is None
    assert move.warnings[0] == "elm is away then as well, or has left."


def test_a_substitute_who_goes_away_meanwhile_is_pointed_out(connection):
    gone_at = NOW + DAY
    add_absence(connection, "elm", None, gone_at, NOW + 9 * DAY, by="elm", at=NOW)

    _, (move,) = away(connection, "alder", "elm")

    assert move.after == "elm"
    assert move.warnings == (f"elm would sit here only until {gone_at.isoformat()}.",)


def test_a_substitute_from_the_other_side_is_pointed_out(connection, case):
    _, (move,) = away(connection, "alder", "ironwood")

    assert "another part" in move.warnings[0]
