"""Workers: what they bring, how many they have, and who could be a client's."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.samples import NOW, case_record, seated
from throughcare.case.seats import SeatKind
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import Preference
from throughcare.lifecycles.client.fit import rank
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.store.changes import change_holder
from throughcare.store.database import within
from throughcare.store.providers import provider_facts, put_provider
from throughcare.store.records import apply_record
from throughcare.store.tables import CaseRow, DirectoryChangeRow, DutyRow
from throughcare.store.workers import (
    Profile,
    agencies,
    candidates,
    caseload,
    open_cases_with,
    profile_of,
    put_profile,
    workers,
)

DAY = timedelta(days=1)
CARS = (
    SeatKind(role="recovery-support-coordinator", program="cars"),
    SeatKind(role="case-manager", program="cars"),
)
CSM = (SeatKind(role="supports-coordinator", program="csm"),)


async def case_of(session, case_id, seat_id, role="coordinator", **changed):
    """A case about a client, in which this seat has this part."""
    seat = seated(role).model_copy(update={"seat": seat_id})
    await within(session, apply_record, case_record(case_id=case_id, seats=(seat,)))
    row = await session.get_one(CaseRow, case_id)
    for name, value in ({"kind": "intake", "client_id": "c"} | changed).items():
        setattr(row, name, value)
    await session.flush()


async def test_every_seat_that_can_be_a_workers_is_found_by_kind_and_program(session):
    found = await workers(session, CARS, NOW)

    assert [each.seat.id for each in found] == ["case-manager-cars", "rsc-1", "rsc-2"]
    assert all(each.profile and each.caseload == 0 for each in found)


async def test_a_profile_is_kept_as_it_was_last_written_with_who_wrote_it(session):
    profile = Profile(gender="female", skills=("sign language",), capacity=3)

    await put_profile(session, "rsc-1", profile, by="beech", at=NOW + DAY)
    await put_profile(session, "rsc-1", profile, by="walnut", at=NOW + 2 * DAY)

    found = await profile_of(session, "rsc-1")
    assert found and found.model_dump(include=set(Profile.model_fields)) == (
        profile.model_dump()
    )
    assert (found.updated_by, found.updated_at) == ("beech", NOW + DAY)
    (change,) = await session.scalars(select(DirectoryChangeRow))
    assert (change.what, change.before["capacity"], change.after["capacity"]) == (
        "profile_changed",
        25,
        3,
    )


async def test_a_seat_without_a_profile_has_none(session):
    assert await profile_of(session, "coordinator-1") is None


async def test_open_intakes_and_care_plans_are_a_workers_caseload(session):
    await case_of(session, "intake", "rsc-1")
    await case_of(session, "care-plan", "rsc-1", kind="care-plan")
    await case_of(session, "closed", "rsc-1", closed_at=NOW)
    await case_of(session, "conflict", "rsc-1", kind="conflict")
    await case_of(session, "supervised", "rsc-1", role="supervisor")

    assert await caseload(session, ["rsc-1", "rsc-2"]) == {"rsc-1": 2, "rsc-2": 0}


@pytest.mark.clause("CP-I-1")
async def test_the_agencies_a_client_can_choose_are_those_that_have_workers(session):
    found = await agencies(session, (*CARS, *CSM), "cars", NOW)

    assert [(each.name, each.workers) for each in found] == [
        ("Birchwood Demo Recovery", 1),
        ("Cedar Demo Recovery", 2),
    ]
    assert found[1].id == "cedar-recovery"
    assert found[1].languages == ("English", "Spanish")
    everywhere = await agencies(session, (*CARS, *CSM), None, NOW)
    assert {program for each in everywhere for program in each.programs} == {
        "cars",
        "csm",
    }


@pytest.mark.clause("CS-G-2")
async def test_the_demo_agencys_workers_are_ranked_by_what_they_wrote(session):
    found = await candidates(session, CSM, {}, (), NOW)
    wish = Preference(kind="gender", words="male")

    assert rank(found, [wish], ())[0].candidate.seat == "supports-coordinator-2"


@pytest.mark.clause("CS-X-2")
@pytest.mark.clause("CS-G-3")
async def test_experience_with_adaptive_equipment_decides_where_it_is_needed(session):
    found = await candidates(session, CSM, {}, (), NOW)

    ranked = rank(found, (), ["adaptive equipment purchasing"])

    assert [each.candidate.seat for each in ranked] == [
        "supports-coordinator-1",
        "supports-coordinator-2",
    ]


@pytest.mark.clause("CF-S-2a")
async def test_a_worker_whose_own_agency_delivers_services_is_not_independent(session):
    providing = {"harbor": "Birchwood Demo Recovery"}

    found = {e.seat: e for e in await candidates(session, CARS, providing, (), NOW)}

    assert found["rsc-1"].independent is False
    assert found["rsc-1"].shares_with == ("Harbor Demo Shelter",)
    assert found["rsc-2"].independent is True


@pytest.mark.clause("CF-S-2c")
async def test_a_worker_who_is_a_provider_of_the_client_is_not_independent(session):
    lantern = await provider_facts(session, "lantern")
    assert lantern
    themself = lantern.model_copy(update={"person": "cypress"})
    await put_provider(session, "lantern", themself, by="walnut", at=NOW)
    providing = {"lantern": "Hearth Demo Services"}

    found = {e.seat: e for e in await candidates(session, CARS, providing, (), NOW)}

    assert found["rsc-2"].delivers == ("Lantern Demo Treatment",)
    assert found["rsc-2"].independent is False


async def test_with_no_provider_yet_nobody_is_asked_to_be_independent(session):
    found = await candidates(session, CARS, {}, ["rsc-2"], NOW)

    assert {each.independent for each in found} == {None}
    assert [each.seat for each in found if each.former] == ["rsc-2"]


async def test_a_seat_that_stands_empty_is_a_candidate_that_says_so(session):
    await within(session, change_holder, "rsc-1", None, by="walnut", at=NOW)

    ranked = rank(await candidates(session, CARS, {}, (), NOW), (), ())

    assert ranked[-1].candidate.seat == "rsc-1"
    assert "nobody sits there now" in ranked[-1].reasons


@pytest.mark.clause("CS-V-2")
async def test_the_cases_that_look_for_another_worker_are_found(session):
    await case_of(session, "looking", "rsc-1")
    await case_of(session, "content", "rsc-1")
    for duty in await session.scalars(select(DutyRow)):
        duty.act = (
            ClientAct.revisit if duty.case_id == "looking" else ConflictAct.meeting
        )
    await session.flush()

    found = await open_cases_with(session, ClientAct.revisit)

    assert [each.id for each in found] == ["looking"]
