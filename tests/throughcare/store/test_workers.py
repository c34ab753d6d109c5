"""Workers: what they bring, how many they have, and who could be a client's."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.samples import NOW, case_record, seated
from throughcare.case.seats import SeatKind
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import Preference
from throughcare.lifecycles.client.fit import rank
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.store.changes import change_holder
from throughcare.store.providers import ProviderChange, change_provider
from throughcare.store.records import apply_record
from throughcare.store.rows import rows
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


def case_of(connection, case_id, seat_id, role="coordinator", **changed):
    """A case about a client, in which this seat has this part."""
    seat = seated(role).model_copy(update={"seat": seat_id})
    apply_record(connection, case_record(case_id=case_id, seats=(seat,)))
    values = {"kind": "intake", "client_id": "c"} | changed
    connection.execute(update(CaseRow).where(CaseRow.id == case_id).values(values))


def test_every_seat_that_can_be_a_workers_is_found_by_kind_and_program(connection):
    found = workers(connection, CARS, NOW)

    assert [each.seat.id for each in found] == ["case-manager-cars", "rsc-1", "rsc-2"]
    assert all(each.profile and each.caseload == 0 for each in found)


def test_a_profile_is_kept_as_it_was_last_written_with_who_wrote_it(connection):
    profile = Profile(gender="female", skills=("sign language",), capacity=3)

    put_profile(connection, "rsc-1", profile, by="beech", at=NOW + DAY)
    put_profile(connection, "rsc-1", profile, by="walnut", at=NOW + 2 * DAY)

    found = profile_of(connection, "rsc-1")
    assert found and found.model_dump(include=set(Profile.model_fields)) == (
        profile.model_dump()
    )
    assert (found.updated_by, found.updated_at) == ("beech", NOW + DAY)
    (change,) = rows(connection, select(DirectoryChangeRow))
    assert isinstance(change.before, dict)
    assert (change.what, change.before["capacity"]) == ("profile_changed", 25)
    assert change.after == profile.model_dump(mode="json")


def test_a_seat_without_a_profile_has_none(connection):
    assert profile_of(connection, "coordinator-1") is None


def test_open_intakes_and_care_plans_are_a_workers_caseload(connection):
    case_of(connection, "intake", "rsc-1")
    case_of(connection, "care-plan", "rsc-1", kind="care-plan")
    case_of(connection, "closed", "rsc-1", closed_at=NOW)
    case_of(connection, "conflict", "rsc-1", kind="conflict")
    case_of(connection, "supervised", "rsc-1", role="supervisor")

    assert caseload(connection, ["rsc-1", "rsc-2"]) == {"rsc-1": 2, "rsc-2": 0}


@pytest.mark.clause("CP-I-1")
def test_the_agencies_a_client_can_choose_are_those_that_have_workers(connection):
    found = agencies(connection, (*CARS, *CSM), "cars", NOW)

    assert [(each.name, each.workers) for each in found] == [
        ("Birchwood Demo Recovery", 1),
        ("Cedar Demo Recovery", 2),
    ]
    assert found[1].id == "cedar-recovery"
    assert found[1].languages == ("English", "Spanish")
    everywhere = agencies(connection, (*CARS, *CSM), None, NOW)
    assert {program for each in everywhere for program in each.programs} == {
        "cars",
        "csm",
    }


@pytest.mark.clause("CS-G-2")
def test_the_demo_agencys_workers_are_ranked_by_what_they_wrote(connection):
    found = candidates(connection, CSM, {}, (), NOW)
    wish = Preference(kind="gender", words="male")

    assert rank(found, [wish], ())[0].candidate.seat == "supports-coordinator-2"


@pytest.mark.clause("CS-X-2")
@pytest.mark.clause("CS-G-3")
def test_experience_with_adaptive_equipment_decides_where_it_is_needed(connection):
    found = candidates(connection, CSM, {}, (), NOW)

    ranked = rank(found, (), ["adaptive equipment purchasing"])

    assert [each.candidate.seat for each in ranked] == [
        "supports-coordinator-1",
        "supports-coordinator-2",
    ]


@pytest.mark.clause("CF-S-2a")
def test_a_worker_whose_own_agency_delivers_services_is_not_independent(connection):
    providing = {"harbor": "Birchwood Demo Recovery"}

    found = {e.seat: e for e in candidates(connection, CARS, providing, (), NOW)}

    assert found["rsc-1"].independent is False
    assert found["rsc-1"].shares_with == ("Harbor Demo Shelter",)
    assert found["rsc-2"].independent is True


@pytest.mark.clause("CF-S-2c")
def test_a_worker_who_is_a_provider_of_the_client_is_not_independent(connection):
    themself = ProviderChange(person="cypress")
    change_provider(connection, "lantern", themself, by="walnut", at=NOW)
    providing = {"lantern": "Hearth Demo Services"}

    found = {e.seat: e for e in candidates(connection, CARS, providing, (), NOW)}

    assert found["rsc-2"].delivers == ("Lantern Demo Treatment",)
    assert found["rsc-2"].independent is False


def test_with_no_provider_yet_nobody_is_asked_to_be_independent(connection):
    found = candidates(connection, CARS, {}, ["rsc-2"], NOW)

    assert {each.independent for each in found} == {None}
    assert [each.seat for each in found if each.former] == ["rsc-2"]


def test_a_seat_that_stands_empty_is_a_candidate_that_says_so(connection):
    change_holder(connection, "rsc-1", None, by="walnut", at=NOW)

    ranked = rank(candidates(connection, CARS, {}, (), NOW), (), ())

    assert ranked[-1].candidate.seat == "rsc-1"
    assert "nobody sits there now" in ranked[-1].reasons


@pytest.mark.clause("CS-V-2")
def test_the_cases_that_look_for_another_worker_are_found(connection):
    case_of(connection, "looking", "rsc-1")
    case_of(connection, "content", "rsc-1")
    acts = {"looking": ClientAct.revisit, "content": ConflictAct.meeting}
    for case_id, act in acts.items():
        theirs = update(DutyRow).where(DutyRow.case_id == case_id)
        connection.execute(theirs.values(act=act))

    found = open_cases_with(connection, ClientAct.revisit)

    assert [each.id for each in found] == ["looking"]
