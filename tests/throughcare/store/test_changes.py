"""What people change in the directory, and the trail it leaves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.databases import set_columns
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
)
from throughcare.store.directory import SeatFacts, seat_facts
from throughcare.store.outbox import drop_told, untold
from throughcare.store.rows import rows
from throughcare.store.tables import DirectoryChangeRow, PersonRow

DAY = timedelta(days=1)


def sitting(connection, seat_id: str, at=NOW) -> SeatFacts:
    facts = seat_facts(connection, seat_id, at)
    assert facts
    return facts


def occupant(connection, seat_id: str, at=NOW) -> str | None:
    return (sitting(connection, seat_id, at)).person


def trail(connection) -> list[DirectoryChangeRow]:
    return list(rows(connection, select(DirectoryChangeRow)))


def test_a_seat_that_changes_hands_leaves_both_names_in_the_trail(connection):
    change_holder(connection, "coordinator-1", "elm", by="walnut", at=NOW + DAY)

    assert occupant(connection, "coordinator-1") == "elm"
    (change,) = trail(connection)
    assert (change.what, change.person_id, change.at) == (
        "holder_changed",
        "walnut",
        NOW + DAY,
    )
    assert change.before == {"person": "alder", "since_at": NOW.isoformat()}
    assert change.after == {"person": "elm", "since_at": (NOW + DAY).isoformat()}


def test_a_seat_can_be_left_empty(connection):
    change_holder(connection, "coordinator-1", None, by="walnut", at=NOW)

    assert occupant(connection, "coordinator-1") is None


def test_seating_the_same_person_again_is_no_change(connection):
    change_holder(connection, "coordinator-1", "alder", by="walnut", at=NOW)

    assert trail(connection) == []


def test_a_seat_or_person_nobody_knows_and_one_who_left_are_refused(connection):
    set_columns(connection, PersonRow, "elm", left_at=NOW)

    with pytest.raises(NoSuchSeat, match="'nowhere'"):
        change_holder(connection, "nowhere", "alder", by="walnut", at=NOW)
    with pytest.raises(NoSuchPerson, match="'nobody'"):
        change_holder(connection, "coordinator-1", "nobody", by="walnut", at=NOW)
    with pytest.raises(HasLeft, match="elm has left"):
        change_holder(connection, "coordinator-1", "elm", by="walnut", at=NOW)

    assert trail(connection) == []


def test_an_absence_seats_the_substitute_for_as_long_as_it_lasts(connection):
    add_absence(
        connection, "alder", "elm", NOW + DAY, NOW + 3 * DAY, by="birch", at=NOW
    )

    days = [occupant(connection, "coordinator-1", NOW + n * DAY) for n in range(4)]
    assert days == ["alder", "elm", "elm", "alder"]
    (change,) = trail(connection)
    assert (change.what, change.seat_ids) == ("absence_added", ["coordinator-1"])


def test_the_absence_of_a_substitute_concerns_the_seats_they_fill(connection):
    add_absence(connection, "ginkgo", None, NOW, NOW + DAY, by="birch", at=NOW)

    (change,) = trail(connection)
    assert change.seat_ids == ["coordinator-supervisor-2"]


def test_an_absence_ends_when_they_are_back(connection):
    end_absence(connection, "absence-of-fir", by="birch", at=NOW)

    assert occupant(connection, "coordinator-supervisor-2") == "fir"
    (change,) = trail(connection)
    assert isinstance(change.before, dict)
    assert change.after == {**change.before, "ended_early_at": NOW.isoformat()}


def test_an_absence_to_come_can_be_called_off(connection):
    end_absence(connection, "absence-of-hazel", by="birch", at=NOW)

    seat = sitting(connection, "fiss-case-manager")
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
def test_an_absence_that_cannot_be_is_refused(
    connection, person, substitute, from_at, to_at, refusal
):
    with pytest.raises(refusal):
        add_absence(connection, person, substitute, from_at, to_at, by="b", at=NOW)

    assert trail(connection) == []


def test_absences_may_follow_on_one_another(connection):
    back_at = NOW + 13 * DAY
    add_absence(connection, "fir", None, back_at, back_at + DAY, by="birch", at=NOW)

    assert occupant(connection, "coordinator-supervisor-2", back_at) is None


def test_an_absence_that_is_over_or_unknown_cannot_be_ended(connection):
    end_absence(connection, "absence-of-fir", by="birch", at=NOW)

    with pytest.raises(AbsenceIsOver):
        end_absence(connection, "absence-of-fir", by="birch", at=NOW)
    with pytest.raises(NoSuchAbsence):
        end_absence(connection, "nothing", by="birch", at=NOW)


def test_changes_wait_in_order_until_open_cases_are_told(connection):
    change_holder(connection, "coordinator-2", None, by="walnut", at=NOW + DAY)
    change_holder(connection, "coordinator-1", None, by="walnut", at=NOW)

    first, second = untold(connection)
    assert (first.seat_ids, second.seat_ids) == (("coordinator-2",), ("coordinator-1",))
    drop_told(connection, [first])
    assert untold(connection) == (second,)
