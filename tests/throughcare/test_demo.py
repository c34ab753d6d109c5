"""The demonstration agency has somebody in every seat the ladders ask for."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.case.parts import RoleId
from throughcare.case.seats import SeatQuery, Side
from throughcare.lifecycles.conflict.policy import Rung
from throughcare.packs.calendars import load_calendars
from throughcare.packs.reading import load_packs
from throughcare.packs.yamlfile import BadFile
from throughcare.store import directory
from throughcare.store.apikeys import holder_of
from throughcare.store.links import answering_by_link
from throughcare.store.rows import rows
from throughcare.store.tables import PersonRow
from throughcare.usecases.demo import load_demo

ROOT = Path(__file__).parents[2]
POLICY = load_packs(ROOT / "policies")["milwaukee-wraparound"].conflict_policy


@pytest.fixture
def load(database):
    async def loaded(at=NOW, **given):
        return await database.write(load_demo, at, **given)

    return loaded


def seat_up(connection, rung: Rung, chosen: dict[RoleId, str]) -> None:
    """Fill the rung's parts as a case would: a chosen seat stays, the next one up is found from it."""
    for role_id in rung.roles:
        role = POLICY.roles[role_id]
        query = SeatQuery(
            role=role_id,
            title=role.title,
            accepts=role.accepts,
            seat=chosen.get(role_id),
            below=chosen.get(role.reports_from or ""),
        )
        asked = ("wraparound-milwaukee", NOW, (query,))
        (found,) = directory.find_seats(connection, *asked)
        assert found.seat and found.person, f"nobody sits as {role_id} at {rung.id}"
        chosen[role_id] = found.seat


@pytest.mark.parametrize(
    "worker", ["coordinator-1", "coordinator-2", "fiss-case-manager"]
)
@pytest.mark.parametrize("ladder", POLICY.ladders, ids=lambda ladder: ladder.id)
async def test_every_coordinator_finds_every_part_of_every_ladder_filled(
    database, load, ladder, worker
):
    await load()
    chosen = {"care-coordinator": worker}

    for rung in ladder.rungs:
        await database.read(seat_up, rung, chosen)

    assert len(set(chosen.values())) == len(chosen)


async def test_the_agencys_own_seats_are_filled_too(database, load):
    await load()
    recipients = POLICY.violation.recipients

    seats = await database.read(directory.seats, NOW)
    filled = {seat.role for seat in seats if seat.person}

    assert {POLICY.administrator, POLICY.oversight, *recipients} <= filled


async def test_everybody_gets_a_key_that_is_theirs(database, load):
    people = await load()

    assert {"alder", "ginkgo"} <= {person.id for person in people}
    for person in people:
        holder = await database.read(holder_of, person.api_key, NOW)
        assert holder and holder.person == person.id


async def test_a_person_is_shown_with_the_seats_they_sit_in_now(load):
    seats = {person.id: person.seats for person in await load()}

    assert seats["birch"] == ("coordinator-supervisor-1",)
    assert seats["ginkgo"] == ("coordinator-supervisor-2",)
    assert seats["fir"] == ()


async def test_loading_again_changes_nothing_and_shows_no_key_twice(database, load):
    await load()

    assert await load(at=NOW + timedelta(days=1)) == ()
    (running, *_) = await database.read(directory.absences, NOW)
    assert running.from_at == NOW - timedelta(days=1)


async def test_its_calendar_and_packs_are_shipped(database, load):
    await load()

    agency = await database.read(directory.agency)
    assert agency.calendar in load_calendars(ROOT / "calendars")
    assert set(agency.packs) <= set(load_packs(ROOT / "policies"))


async def test_nobody_in_it_can_be_taken_for_a_real_person_or_be_reached(
    database, load
):
    await load()

    people = await database.read(rows, select(PersonRow))
    assert all("Demo-" in person.name for person in people)
    assert all(person.email.endswith(".example") for person in people)


async def test_a_seat_of_an_organization_the_file_does_not_name_is_refused(
    tmp_path, load
):
    text = (ROOT / "demo" / "agency.yaml").read_text()
    path = tmp_path / "agency.yaml"
    path.write_text(text.replace("organization: CYFS", "organization: CFYS"))

    with pytest.raises(
        BadFile, match=r"agency.yaml:\d+:\d+: 'CFYS' is no organization"
    ):
        await load(file=path)


async def test_the_other_sides_people_answer_by_links_and_the_coordination_side_signs_in(
    database, load
):
    await load()
    seats = {each.id: each.role for each in await database.read(directory.seats, NOW)}
    by_link = {seats[seat] for seat in await database.read(answering_by_link, seats)}

    counterpart = {
        kind.role
        for role in POLICY.roles.values()
        if role.side is Side.counterpart
        for kind in role.accepts
    }
    assert by_link == counterpart
