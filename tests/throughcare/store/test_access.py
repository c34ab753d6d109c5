"""Who sees a case: whoever sits in a seat that the policy has on a side of it."""

import pytest

from tests.samples import CASE, case_record, notice, seated
from throughcare.case.wire import RecordedSeat
from throughcare.errors import IsRecused
from throughcare.store.access import Scope
from throughcare.store.case_lists import CaseFilter, list_cases
from throughcare.store.cases import find_case
from throughcare.store.records import apply_record


def beside(role):
    return RecordedSeat(**dict(seated(role)), on_side=False)


async def seen_by(database, seat):
    """Whether the case is found by its id, and whether it is in the list."""
    scope = Scope(seats=(seat,))
    found = await database.read(find_case, scope, CASE)
    lines = await database.read(list_cases, scope, CaseFilter(), after=None, limit=9)
    return found is not None, [line.id for line in lines] == [CASE]


@pytest.mark.parametrize("seats", [("seat-of-worker",), None], ids=["own", "every"])
async def test_whoever_is_recused_sees_the_case_from_no_seat(database, seats):
    record = case_record(
        seats=(seated("worker"),), recused=("person-worker",), kind="conflict"
    )
    await database.write(apply_record, record)

    others, own = (
        Scope(seats=seats, person="another"),
        Scope(seats=seats, person="person-worker"),
    )
    assert await database.read(find_case, others, CASE)
    with pytest.raises(IsRecused):
        await database.read(find_case, own, CASE)
    lines = await database.read(list_cases, own, CaseFilter(), after=None, limit=9)
    assert lines == []


@pytest.mark.parametrize("role", ["agency-administrator", "front-office", "reviewer"])
async def test_a_part_on_no_side_sees_nothing_whatever_a_policy_calls_it(
    database, role
):
    seats = (seated("worker"), beside(role))
    await database.write(apply_record, case_record(seats=seats))

    assert await seen_by(database, "seat-of-worker") == (True, True)
    assert await seen_by(database, f"seat-of-{role}") == (False, False)


async def test_a_part_on_a_side_sees_the_case_whatever_a_policy_calls_it(database):
    seats = (seated("provider-network"), seated("quality-assurance"))
    await database.write(apply_record, case_record(seats=seats))

    assert await seen_by(database, "seat-of-provider-network") == (True, True)


async def test_whoever_a_breach_was_reported_to_sees_the_case(database):
    told = notice("k1").model_copy(
        update={"kind": "violation_reported", "receiver": beside("reviewer")}
    )
    record = case_record(seats=(seated("worker"), beside("reviewer")), notices=(told,))
    await database.write(apply_record, record)

    assert await seen_by(database, "seat-of-reviewer") == (True, True)
