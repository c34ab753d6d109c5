"""Who sits where: resolved for a policy's roles, and for the person who asks to act."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.samples import NOW, case_record, seated
from throughcare.case.seats import Capacity, SeatQuery
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.packs.reading import load_packs
from throughcare.store import directory
from throughcare.store.database import within
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


async def find(session, wanted: SeatQuery, at=NOW):
    (found,) = await within(session, directory.find_seats, AGENCY, at, (wanted,))
    return found


async def set_holder(session, seat: str, person: str | None) -> None:
    (await session.get_one(SeatRow, seat)).person_id = person
    await session.flush()


# -- the agency, its organizations and people -----------------------------------------------------------------------


async def test_the_agency_says_what_it_adopted_and_on_whose_calendar_it_counts(session):
    found = await directory.agency(session)

    assert found.packs[0] == "milwaukee-wraparound"
    assert set(found.packs) == set(PACKS)
    assert found.calendar == "milwaukee-county"


async def test_without_an_agency_there_is_nothing_to_run_for(database):
    async with database.sessions() as session:
        with pytest.raises(NoAgency):
            await directory.agency(session)


@pytest.mark.clause("CR-P-3")
async def test_both_names_of_the_program_are_one_organization_on_one_side(session):
    long = "Children's Community Mental Health Services and Wraparound Milwaukee"
    by_name = await directory.organization(session, "Wraparound Milwaukee")
    by_alias = await directory.organization(session, long.upper())

    # The demonstration agency writes the director's seat under the long name, the staff's under the short one.
    staff = await find(
        session, query("administrative-staff", below="coordinator-supervisor-1")
    )
    director = await find(
        session, query("associate-director", below="administrative-staff")
    )
    assert by_name == by_alias
    assert staff.organization == director.organization == "Wraparound Milwaukee"
    assert ROLES[staff.role].side == ROLES[director.role].side == "coordination"


async def test_an_unknown_organization_is_refused_with_those_there_are(session):
    with pytest.raises(NoSuchOrganization, match="Wraparound Milwaukee"):
        await directory.organization(session, "Somebody Else")


async def test_people_and_their_names_can_be_listed(session):
    people = await directory.people(session)

    assert [person.id for person in people][:2] == ["alder", "aspen"]
    assert await within(session, directory.names, ["birch", "nobody"]) == {
        "birch": "Supervisor Demo-Birch"
    }


# -- finding seats --------------------------------------------------------------------------------------------------


async def test_a_chosen_seat_gives_whoever_holds_it(session):
    found = await find(
        session, query("human-service-worker", seat="human-service-worker")
    )

    assert (found.person, found.capacity) == ("ironwood", Capacity.holder)
    assert found.title == "Human Service Worker"
    assert found.organization == "Children, Youth and Family Services"
    assert found.until_at is None


async def test_a_seat_nobody_knows_is_said_to_be_missing(session):
    found = await find(session, query("human-service-worker", seat="nowhere"))

    assert found.seat is None
    assert found.is_empty


async def test_the_seat_above_is_the_one_reported_to(session):
    first = await find(session, query("coordinator-supervisor", below="coordinator-1"))
    second = await find(session, query("coordinator-supervisor", below="coordinator-2"))

    assert first.seat == "coordinator-supervisor-1"
    assert second.seat == "coordinator-supervisor-2"


async def test_a_seat_above_of_another_kind_does_not_fill_the_part(session):
    found = await find(session, query("associate-director", below="coordinator-1"))

    assert found.seat is None


async def test_either_of_two_seats_fills_the_part_and_the_first_filled_one_is_chosen(
    session,
):
    wanted = query("dmcps-manager-or-lead", below="dmcps-supervisor")

    assert (await find(session, wanted)).seat == "dmcps-program-manager"
    await set_holder(session, "dmcps-program-manager", None)
    lead = await find(session, wanted)
    assert (lead.seat, lead.person) == ("dmcps-lead-supervisor", "olive")
    assert lead.title == "DMCPS Lead Supervisor"
    await set_holder(session, "dmcps-lead-supervisor", None)
    empty = await find(session, wanted)
    assert (empty.seat, empty.person) == ("dmcps-program-manager", None)


async def test_a_seat_once_chosen_stays_chosen_though_the_other_is_filled_again(
    session,
):
    chosen = query(
        "dmcps-manager-or-lead", seat="dmcps-lead-supervisor", below="dmcps-supervisor"
    )

    assert (await find(session, chosen)).seat == "dmcps-lead-supervisor"


async def test_the_only_seat_of_its_kind_in_the_agency_is_found_without_a_line(session):
    found = await find(session, query("quality-assurance"))

    assert (found.seat, found.person) == ("quality-assurance", "tamarack")


async def test_another_agencys_seat_does_not_fill_the_part(session):
    wanted = (query("quality-assurance"),)

    (found,) = await within(session, directory.find_seats, "elsewhere", NOW, wanted)

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
async def test_a_kind_that_names_a_program_is_filled_by_no_other(
    session, role, program, is_accepted
):
    for seat in ("coordinator-2", "fiss-case-manager"):
        (await session.get_one(SeatRow, seat)).role = "another"
    only = await session.get_one(SeatRow, "coordinator-1")
    only.role, only.program = role, program
    await session.flush()

    found = await find(session, query("care-coordinator"))

    assert found.seat == ("coordinator-1" if is_accepted else None)


async def test_answers_come_in_the_order_of_the_questions(session):
    roles = ("quality-assurance", "agency-administrator", "provider-network")

    found = await within(
        session, directory.find_seats, AGENCY, NOW, [*map(query, roles)]
    )

    assert tuple(each.role for each in found) == roles


# -- who is there ---------------------------------------------------------------------------------------------------

SECOND_TEAM = query("coordinator-supervisor", seat="coordinator-supervisor-2")


async def test_an_absent_holders_substitute_acts_until_the_day_they_are_back(session):
    back_at = NOW + 13 * DAY

    away = await find(session, SECOND_TEAM)
    back = await find(session, SECOND_TEAM, at=back_at)

    assert (away.person, away.capacity) == ("ginkgo", Capacity.substitute)
    assert away.until_at == back_at
    assert (back.person, back.capacity, back.until_at) == ("fir", Capacity.holder, None)


async def test_an_absence_to_come_is_known_beforehand(session):
    found = await find(session, query("care-coordinator", seat="fiss-case-manager"))

    assert (found.person, found.until_at) == ("hazel", NOW + 30 * DAY)
    assert found.title == "FISS Case Manager"


async def test_an_absence_without_a_substitute_leaves_the_seat_empty(session):
    absence = await session.get_one(AbsenceRow, "absence-of-fir")
    absence.substitute_id = None
    await session.flush()

    found = await find(session, SECOND_TEAM)

    assert (found.person, found.capacity) == (None, None)
    assert found.until_at == NOW + 13 * DAY


async def test_a_substitute_who_is_away_too_fills_nothing(session):
    session.add(
        AbsenceRow(
            id="a",
            person_id="ginkgo",
            substitute_id="birch",
            from_at=NOW - DAY,
            to_at=NOW + DAY,
        )
    )
    await session.flush()

    found = await find(session, SECOND_TEAM)

    assert (found.person, found.until_at) == (None, NOW + DAY)


async def test_an_absence_that_ended_early_is_over(session):
    absence = await session.get_one(AbsenceRow, "absence-of-fir")
    absence.ended_early_at = NOW
    await session.flush()

    assert (await find(session, SECOND_TEAM)).person == "fir"


@pytest.mark.parametrize("who", ["fir", "ginkgo"])
async def test_people_who_left_are_nobody(session, who):
    (await session.get_one(PersonRow, who)).left_at = NOW
    await session.flush()

    assert (await find(session, SECOND_TEAM)).person is None


async def test_somebody_about_to_leave_is_known_to_leave(session):
    (await session.get_one(PersonRow, "alder")).left_at = NOW + DAY
    await session.flush()

    found = await find(session, query("care-coordinator", seat="coordinator-1"))

    assert (found.person, found.until_at) == ("alder", NOW + DAY)


async def test_a_substitute_about_to_leave_fills_the_seat_until_then(session):
    (await session.get_one(PersonRow, "ginkgo")).left_at = NOW + DAY
    await session.flush()

    found = await find(session, SECOND_TEAM)

    assert (found.person, found.until_at) == ("ginkgo", NOW + DAY)


async def test_an_absent_holder_who_leaves_meanwhile_leaves_an_empty_seat(session):
    (await session.get_one(PersonRow, "fir")).left_at = NOW + DAY
    await session.flush()

    found = await find(session, SECOND_TEAM)

    assert (found.person, found.until_at) == ("ginkgo", NOW + DAY)
    later = await find(session, SECOND_TEAM, NOW + DAY)
    assert later.person is None


# -- the seats a person may act from --------------------------------------------------------------------------------


async def rights(session, person: str) -> dict[str, Capacity]:
    held = await within(session, directory.held_seats, person, NOW)
    return {each.seat: each.capacity for each in held}


async def test_a_supervisor_may_also_act_for_the_seats_directly_below(session):
    assert await rights(session, "cedar") == {
        "administrative-staff": Capacity.holder,
        "coordinator-supervisor-1": Capacity.supervisor,
        "coordinator-supervisor-2": Capacity.supervisor,
    }


async def test_a_substitute_acts_and_the_absent_holder_does_not(session):
    assert await rights(session, "ginkgo") == {
        "coordinator-supervisor-2": Capacity.substitute,
        "coordinator-2": Capacity.supervisor,
        "fiss-case-manager": Capacity.supervisor,
    }
    assert await rights(session, "fir") == {}


async def test_ones_own_seat_is_held_though_one_also_supervises_it(session):
    await set_holder(session, "coordinator-1", "birch")

    assert await rights(session, "birch") == {
        "coordinator-1": Capacity.holder,
        "coordinator-supervisor-1": Capacity.holder,
    }


async def test_strangers_and_people_who_left_may_act_from_no_seat(session):
    (await session.get_one(PersonRow, "alder")).left_at = NOW
    await session.flush()

    assert await rights(session, "alder") == {}
    assert await rights(session, "stranger") == {}


# -- lists ----------------------------------------------------------------------------------------------------------


async def test_seats_are_listed_with_who_sits_there_now(session):
    every = {seat.id: seat for seat in await within(session, directory.seats, NOW)}
    second = every["coordinator-supervisor-2"]

    assert (second.person, second.capacity) == ("ginkgo", Capacity.substitute)
    assert await within(session, directory.seat_facts, second.id, NOW) == second
    assert await within(session, directory.seat_facts, "nowhere", NOW) is None
    assert await within(session, directory.seats, NOW, agency="elsewhere") == ()


async def test_absences_are_listed_until_they_are_over(session):
    now = await directory.absences(session, NOW)
    later = await directory.absences(session, NOW + 20 * DAY)

    assert [each.person for each in now] == ["fir", "hazel"]
    assert [each.person for each in later] == ["hazel"]


async def test_open_cases_hear_of_their_seats_and_of_any_seat_while_one_is_empty(
    session,
):
    mine, waiting = seated("worker"), seated("manager", None)
    for name, seats in (("a", (mine,)), ("b", (waiting,)), ("c", (seated("other"),))):
        await within(session, apply_record, case_record(case_id=name, seats=seats))
    closed = case_record(
        case_id="d", seats=(mine,), status=ConflictStatus.agreed, closed_at=NOW
    )
    await within(session, apply_record, closed)

    touched = await directory.open_cases_touching(session, ["seat-of-worker"])
    assert touched == (("conflict", "a"), ("conflict", "b"))
