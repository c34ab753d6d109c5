"""Reading the text of plans from the tables, and the care plans of a person that are over."""

from datetime import timedelta

import pytest

from tests.samples import CASE, NOW, entry, served_record, writing
from throughcare.lifecycles.client.facts import Assignment, ClientFacts
from throughcare.store.client_cases import ended_care_plans, former_workers
from throughcare.store.clients import add_client
from throughcare.store.database import within
from throughcare.store.identity import Identity
from throughcare.store.plans import history_of, last_writing, said_in, writings_of
from throughcare.store.records import apply_record

CLIENT = "01KAHX6Z1MCCCCCCCCCCCCCCCC"
WRITTEN = (
    writing(1),
    writing(2, "strengths"),
    writing(3, revision=2, text="a flat"),
    writing(4, revision=3, text="a house"),
)


@pytest.fixture
async def planned(session):
    await within(
        session, apply_record, served_record(kind="care-plan", writings=WRITTEN)
    )
    return session


async def test_a_section_is_what_was_written_last(planned):
    assert await last_writing(planned, CASE, "vision") == WRITTEN[3]
    assert await last_writing(planned, CASE, "strengths") == WRITTEN[1]
    assert await last_writing(planned, CASE, "needs") is None
    assert await last_writing(planned, "another case", "vision") is None


async def test_what_was_written_comes_back_as_it_was_and_in_order(planned):
    assert await writings_of(planned, CASE) == WRITTEN


async def test_the_history_of_a_section_is_read_page_by_page(planned):
    first = await history_of(planned, CASE, "vision", after=0, limit=2)
    rest = await history_of(planned, CASE, "vision", after=2, limit=2)

    assert [row.revision for row in first] == [1, 2, 3]
    assert [row.revision for row in rest] == [3]


async def test_what_a_case_was_told_is_read_from_its_timeline(session):
    await within(session, apply_record, served_record(entries=(entry(1), entry(2))))

    assert await said_in(session, CASE) == {"opened"}


async def test_the_ended_care_plans_of_a_person_are_named_the_oldest_first(session):
    identity = Identity(name="Client Demo-Clover")
    await within(session, add_client, CLIENT, identity, by="alder", at=NOW)
    for number, (kind, closed) in enumerate(
        [
            ("care-plan", True),
            ("care-plan", True),
            ("care-plan", False),
            ("intake", True),
            ("service-request", True),
        ]
    ):
        record = served_record(
            case_id=f"case-{number}",
            kind=kind,
            client=CLIENT,
            opened_at=NOW + timedelta(days=number),
            closed_at=NOW + timedelta(days=9) if closed else None,
        )
        await within(session, apply_record, record)

    assert await within(session, ended_care_plans, CLIENT) == ("case-0", "case-1")


async def test_a_former_worker_is_known_by_the_care_plan_and_not_by_its_requests(
    session,
):
    identity = Identity(name="Client Demo-Clover")
    await within(session, add_client, CLIENT, identity, by="alder", at=NOW)
    mine = Assignment(seat="rsc-1", person="alder", organization="A", from_at=NOW)
    for number, kind in enumerate(("care-plan", "service-request")):
        record = served_record(
            case_id=kind,
            kind=kind,
            client=CLIENT,
            facts=ClientFacts(assignments=[mine]).model_dump(mode="json"),
            opened_at=NOW + timedelta(days=number),
            closed_at=NOW + timedelta(days=9),
        )
        await within(session, apply_record, record)

    (former,) = await within(session, former_workers, CLIENT, NOW)

    assert (former.case, former.seat) == ("care-plan", "rsc-1")
