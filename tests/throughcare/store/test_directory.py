"""Who sits where: resolved for a policy's roles, and for the person who asks to act."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.databases import set_columns
from tests.samples import NOW, case_record, seated
from throughcare.case.seats import Capacity, SeatQuery
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.packs.reading import load_packs
from throughcare.store import directory
from throughcare.store.changes import add_absence
from throughcare.store.directory import NoAgency, NoSuchOrganization
from throughcare.store.records import apply_record
from throughcare.store.tables import AbsenceRow, PersonRow, SeatRow

PACKS = load_packs(Path(__file__).parents[3] / "policies")
ROLES = PACKS["milwaukee-wraparound"].conflict_policy.roles
DAY = timedelta(days=1)
AGENCY = "wraparound-milwaukee"


def query(role: str, *, seat: str | None = None, below: str | None = None) -> SeatQuery:
    kind = ROLES[role]
    return SeatQuery(
        role=role, title=kind.title, accepts=kind.accepts, seat=seat, below=below
    )


def find(connection, wanted: SeatQuery, at=NOW):
    (found,) = directory.find_seats(connection, AGENCY, at, (wanted,))
    return found


def set_holder(connection, seat: str, person: str | None) -> None:
    set_columns(connection, SeatRow, seat, person_id=person)


# -- the agency, its organizations and people -----------------------------------------------------------------------


def test_the_agency_says_what_it_adopted_and_on_whose_calendar_it_counts(connection):
    found = directory.agency(connection)

    assert found.packs[0] == "milwaukee-wraparound"
    assert set(found.packs) == set(PACKS)
    assert found.calendar == "milwaukee-county"


async def test_without_an_agency_there_is_nothing_to_run_for(database):
    with pytest.raises(NoAgency):
        await database.read(directory.agency)


@pytest.mark.clause("CR-P-3")
def test_both_names_of_the_program_are_one_organization_on_one_side(connection):
    long = "Children's Community Mental Health Services and Wraparound Milwaukee"
    by_name = directory.organization(connection, "Wraparound Milwaukee")
    by_alias = directory.organization(connection, long.upper())

    # The demonstration agency writes the director's seat under the long name, the staff's under the short one.
    staff = find(
        connection, query("administrative-staff", below="coordinator-supervisor-1")
    )
    director = find(
        connection, query("associate-director", below="administrative-staff")
    )
    assert by_name == by_alias
    assert staff.organization == director.organization == "Wraparound Milwaukee"
    assert ROLES[staff.role].side == ROLES[director.role].side == "coordination"


def test_an_unknown_organization_is_refused_with_those_there_are(connection):
    with pytest.raises(NoSuchOrganization, match="Wraparound Milwaukee"):
        directory.organization(connection, "Somebody Else")


def test_people_and_their_names_can_be_listed(connection):
    people = directory.people(connection)

    assert [person.id for person in people][:2] == ["alder", "aspen"]
    assert directory.names(connection, ["birch", "nobody"]) == {
        "birch": "Supervisor Demo-Birch"
    }


# -- finding seats --------------------------------------------------------------------------------------------------


def test_a_chosen_seat_gives_whoever_holds_it(connection):
    found = find(connection, query("human-service-worker", seat="human-service-worker"))

    assert (found.person, found.capacity) == ("ironwood", Capacity.holder)
    assert found.title == "Human Service Worker"
    assert found.organization == "Children, Youth and Family Services"
    assert found.until_at is None


def test_a_seat_nobody_knows_is_said_to_be_missing(connection):
    found = find(connection, query("human-service-worker", seat="nowhere"))

    assert found.seat is None
    assert found.is_empty


def test_the_seat_above_is_the_one_reported_to(connection):
    first = find(connection, query("coordinator-supervisor", below="coordinator-1"))
    second = find(connection, query("coordinator-supervisor", below="coordinator-2"))

    assert first.seat == "coordinator-supervisor-1"
    assert second.seat == "coordinator-supervisor-2"


def test_a_seat_above_of_another_kind_does_not_fill_the_part(connection):
    found = find(connection, query("associate-director", below="coordinator-1"))

    assert found.seat is None


def test_either_of_two_seats_fills_the_part_and_the_first_filled_one_is_chosen(
    connection,
):
    wanted = query("dmcps-manager-or-lead", below="dmcps-supervisor")

    assert (find(connection, wanted)).seat == "dmcps-program-manager"
    set_holder(connection, "dmcps-program-manager", None)
    lead = find(connection, wanted)
    assert (lead.seat, lead.person) == ("dmcps-lead-supervisor", "olive")
    assert lead.title == "DMCPS Lead Supervisor"
    set_holder(connection, "dmcps-lead-supervisor", None)
    empty = find(connection, wanted)
    assert (empty.seat, empty.person) == ("dmcps-program-manager", None)


def test_a_seat_once_chosen_stays_chosen_though_the_other_is_filled_again(
    connection,
):
    chosen = query(
        "dmcps-manager-or-lead", seat="dmcps-lead-supervisor", below="dmcps-supervisor"
    )

    assert (find(connection, chosen)).seat == "dmcps-lead-supervisor"


def test_the_only_seat_of_its_kind_in_the_agency_is_found_without_a_line(connection):
    found = find(connection, query("quality-assurance"))

    assert (found.seat, found.person) == ("quality-assurance", "tamarack")


def test_another_agencys_seat_does_not_fill_the_part(connection):
    wanted = (query("quality-assurance"),)

    (found,) = directory.find_seats(connection, "elsewhere", NOW, wanted)

    assert found.seat is None


@pytest.mark.parametrize(
    ("role", "program", "is_accepted"),
    [
        ("care-coordinator", "wraparound", True),
        ("care-coordinator", "ccs", True),
        ("case-manager", "fiss", True),
        ("care-coordinator", "fiss", False),
        ("case-manager", "wraparound", False),
        ("care-coordinator", None, False),
    ],
)
def test_a_kind_that_names_a_program_is_filled_by_no_other(
    connection, role, program, is_accepted
):
    for seat in ("coordinator-2", "fiss-case-manager"):
        set_columns(connection, SeatRow, seat, role="another")
    set_columns(connection, SeatRow, "coordinator-1", role=role, program=program)

    found = find(connection, query("care-coordinator"))

    assert found.seat == ("coordinator-1" if is_accepted else None)


def test_answers_come_in_the_order_of_the_questions(connection):
    roles = ("quality-assurance", "agency-administrator", "provider-network")

    found = directory.find_seats(connection, AGENCY, NOW, [*map(query, roles)])

    assert tuple(each.role for each in found) == roles


# -- who is there ---------------------------------------------------------------------------------------------------

SECOND_TEAM = query("coordinator-supervisor", seat="coordinator-supervisor-2")


def test_an_absent_holders_substitute_acts_until_the_day_they_are_back(connection):
    back_at = NOW + 13 * DAY

    away = find(connection, SECOND_TEAM)
    back = find(connection, SECOND_TEAM, at=back_at)

    assert (away.person, away.capacity) == ("ginkgo", Capacity.substitute)
    assert away.until_at == back_at
    assert (back.person, back.capacity, back.until_at) == ("fir", Capacity.holder, None)


def test_an_absence_to_come_is_known_beforehand(connection):
    found = find(connection, query("care-coordinator", seat="fiss-case-manager"))

    assert (found.person, found.until_at) == ("hazel", NOW + 30 * DAY)
    assert found.title == "FISS Case Manager"


def test_an_absence_without_a_substitute_leaves_the_seat_empty(connection):
    set_columns(connection, AbsenceRow, "absence-of-fir", substitute_id=None)

    found = find(connection, SECOND_TEAM)

    assert (found.person, found.capacity) == (None, None)
    assert found.until_at == NOW + 13 * DAY


def test_a_substitute_who_is_away_too_fills_nothing(connection):
    until = NOW + DAY
    add_absence(connection, "ginkgo", "birch", NOW, until, by="walnut", at=NOW)

    found = find(connection, SECOND_TEAM)

    assert (found.person, found.until_at) == (None, NOW + DAY)


def test_an_absence_that_ended_early_is_over(connection):
    set_columns(connection, AbsenceRow, "absence-of-fir", ended_early_at=NOW)

    assert (find(connection, SECOND_TEAM)).person == "fir"


@pytest.mark.parametrize("who", ["fir", "ginkgo"])
def test_people_who_left_are_nobody(connection, who):
    set_columns(connection, PersonRow, who, left_at=NOW)

    assert (find(connection, SECOND_TEAM)).person is None


def test_somebody_about_to_leave_is_known_to_leave(connection):
    set_columns(connection, PersonRow, "alder", left_at=NOW + DAY)

    found = find(connection, query("care-coordinator", seat="coordinator-1"))

    assert (found.person, found.until_at) == ("alder", NOW + DAY)


def test_a_substitute_about_to_leave_fills_the_seat_until_then(connection):
    set_columns(connection, PersonRow, "ginkgo", left_at=NOW + DAY)

    found = find(connection, SECOND_TEAM)

    assert (found.person, found.until_at) == ("ginkgo", NOW + DAY)


def test_an_absent_holder_who_leaves_meanwhile_leaves_an_empty_seat(connection):
    set_columns(connection, PersonRow, "fir", left_at=NOW + DAY)

    found = find(connection, SECOND_TEAM)

    assert (found.person, found.until_at) == ("ginkgo", NOW + DAY)
    later = find(connection, SECOND_TEAM, NOW + DAY)
    assert later.person is None


# -- the seats a person may act from --------------------------------------------------------------------------------


def rights(connection, person: str) -> dict[str, Capacity]:
    held = directory.held_seats(connection, person, NOW)
    return {each.seat: each.capacity for each in held}


def test_a_supervisor_may_also_act_for_the_seats_directly_below(connection):
    assert rights(connection, "cedar") == {
        "administrative-staff": Capacity.holder,
        "coordinator-supervisor-1": Capacity.supervisor,
        "coordinator-supervisor-2": Capacity.supervisor,
    }


def test_a_substitute_acts_and_the_absent_holder_does_not(connection):
    assert rights(connection, "ginkgo") == {
        "coordinator-supervisor-2": Capacity.substitute,
        "coordinator-2": Capacity.supervisor,
        "fiss-case-manager": Capacity.supervisor,
    }
    assert rights(connection, "fir") == {}


def test_ones_own_seat_is_held_though_one_also_supervises_it(connection):
    set_holder(connection, "coordinator-1", "birch")

    assert rights(connection, "birch") == {
        "coordinator-1": Capacity.holder,
        "coordinator-supervisor-1": Capacity.holder,
    }


def test_strangers_and_people_who_left_may_act_from_no_seat(connection):
    set_columns(connection, PersonRow, "alder", left_at=NOW)

    assert rights(connection, "alder") == {}
    assert rights(connection, "stranger") == {}


# -- lists ----------------------------------------------------------------------------------------------------------


def test_seats_are_listed_with_who_sits_there_now(connection):
    every = {seat.id: seat for seat in directory.seats(connection, NOW)}
    second = every["coordinator-supervisor-2"]

    assert (second.person, second.capacity) == ("ginkgo", Capacity.substitute)
    assert directory.seat_facts(connection, second.id, NOW) == second
    assert directory.seat_facts(connection, "nowhere", NOW) is None
    assert directory.seats(connection, NOW, agency="elsewhere") == ()


def test_absences_are_listed_until_they_are_over(connection):
    now = directory.absences(connection, NOW)
    later = directory.absences(connection, NOW + 20 * DAY)

    assert [each.person for each in now] == ["fir", "hazel"]
    assert [each.person for each in later] == ["hazel"]


def test_open_cases_hear_of_their_seats_and_of_any_seat_while_one_is_empty(
    connection,
):
    mine, waiting = seated("worker"), seated("manager", None)
    for name, seats in (("a", (mine,)), ("b", (waiting,)), ("c", (seated("other"),))):
        apply_record(connection, case_record(case_id=name, seats=seats))
    closed = case_record(
        case_id="d", seats=(mine,), status=ConflictStatus.agreed, closed_at=NOW
    )
    apply_record(connection, closed)

    touched = directory.open_cases_touching(connection, ["seat-of-worker"])
    assert touched == (("conflict", "a"), ("conflict", "b"))
