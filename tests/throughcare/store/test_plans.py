"""Reading the text of plans from the tables, and the care plans of a person that are over."""

from datetime import timedelta

import pytest

from tests.samples import CASE, NOW, entry, served_record, writing
from throughcare.lifecycles.client.facts import Assignment, ClientFacts
from throughcare.store.client_cases import ended_care_plans, former_workers
from throughcare.store.clients import add_client
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
def planned(connection):
    apply_record(connection, served_record(kind="care-plan", writings=WRITTEN))
    return connection


def test_a_section_is_what_was_written_last(planned):
    assert last_writing(planned, CASE, "vision") == WRITTEN[3]
    assert last_writing(planned, CASE, "strengths") == WRITTEN[1]
    assert last_writing(planned, CASE, "needs") is None
    assert last_writing(planned, "another case", "vision") is None


def test_what_was_written_comes_back_as_it_was_and_in_order(planned):
    assert writings_of(planned, CASE) == WRITTEN


def test_the_history_of_a_section_is_read_page_by_page(planned):
    first = history_of(planned, CASE, "vision", after=0, limit=2)
    rest = history_of(planned, CASE, "vision", after=2, limit=2)

    assert [row.revision for row in first] == [1, 2, 3]
    assert [row.revision for row in rest] == [3]


def test_what_a_case_was_told_is_read_from_its_timeline(connection):
    apply_record(connection, served_record(entries=(entry(1), entry(2))))

    assert said_in(connection, CASE) == {"opened"}


def test_the_ended_care_plans_of_a_person_are_named_the_oldest_first(connection):
    identity = Identity(name="Client Demo-Clover")
    add_client(connection, CLIENT, identity, by="alder", at=NOW)
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
        apply_record(connection, record)

    assert ended_care_plans(connection, CLIENT) == ("case-0", "case-1")


def test_a_former_worker_is_known_by_the_care_plan_and_not_by_its_requests(
    connection,
):
    identity = Identity(name="Client Demo-Clover")
    add_client(connection, CLIENT, identity, by="alder", at=NOW)
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
        apply_record(connection, record)

    (former,) = former_workers(connection, CLIENT, "cars", NOW)

    assert (former.case, former.seat) == ("care-plan", "rsc-1")
