"""Reports over cases about clients, through HTTP: who may read what, and how it is shown."""

from datetime import timedelta

import pytest

from tests.samples import NOW, seated, served_record
from throughcare.lifecycles.client.facts import (
    Change,
    ClientFacts,
    Flag,
    FundPayment,
)
from throughcare.store.clients import add_client
from throughcare.store.database import open_database
from throughcare.store.identity import Identity
from throughcare.store.records import apply_record

REPORTS = (
    "unassigned",
    "without-plan",
    "unreimbursed",
    "independence",
    "step-down",
    "choice",
    "transfers",
)
CASE, CLIENT = "01KAHX6Z1MRRRRRRRRRRRRRRRR", "01KAHX6Z1MSSSSSSSSSSSSSSSS"
PERIOD = {"from": "2026-11-20", "to": "2026-11-20"}

KNOWN = ClientFacts(
    payments=[
        FundPayment(
            reference="p-1",
            service="rent",
            need="housing",
            amount="120.00",
            needed_on=NOW.date(),
            paid_at=NOW,
        )
    ],
    changes=[Change(number=1, by="client", asked_at=NOW, asked_of="Supervisor")],
    flags=[
        Flag(
            number=1,
            clause="CF-S-2a",
            about="They belong together.",
            # Late in the evening of that day, where the agency is.
            opened_at=NOW + timedelta(hours=13),
            resolution="accepted",
            reason="nobody else near",
            settled_by="hawthorn",
        )
    ],
)


@pytest.fixture(scope="module")
async def reported(idle_service):
    """An installation with one case about a client, in which the worker's seat is rsc-1."""
    seats = (seated("coordinator", "beech").model_copy(update={"seat": "rsc-1"}),)
    record = served_record(
        case_id=CASE,
        client=CLIENT,
        facts=KNOWN.model_dump(mode="json"),
        seats=seats,
        duties=(),
    )
    database = open_database(idle_service.settings.database)
    identity = Identity(name="Client Demo-Sorrel")
    await database.write(add_client, CLIENT, identity, by="aspen", at=NOW)
    await database.write(apply_record, record)
    await database.close()
    return idle_service


def params(report, **more):
    return (PERIOD if report == "independence" else {}) | more


def lines(answer):
    report = answer.json()
    return report["exceptions"] if "exceptions" in report else report["items"]


@pytest.mark.parametrize("report", ["unassigned", "unreimbursed", "choice"])
@pytest.mark.both_databases
async def test_a_report_is_of_the_cases_one_may_see(reported, report):
    path = f"/reports/{report}"
    own = await reported.get("beech", path)
    whole = await reported.get("tamarack", path)
    others = await reported.get("cypress", path)

    for answer in (own, whole):
        assert [
            each["client"] for each in lines(answer) if each["client"]["id"] == CLIENT
        ]
    assert CLIENT not in others.text


@pytest.mark.clause("CP-E-10b")
async def test_a_payment_nobody_asked_back_is_told_with_its_age(reported):
    (line,) = lines(await reported.get("beech", "/reports/unreimbursed"))

    assert (line["reference"], line["amount"]) == ("p-1", "120.00")
    assert line["client"] == {"id": CLIENT, "name": "Client Demo-Sorrel"}
    assert line["age"].startswith("P")


@pytest.mark.clause("CS-V-8")
async def test_the_age_of_a_wish_for_another_worker_is_told_without_calling_it_late(
    reported,
):
    answer = await reported.get("beech", "/reports/transfers")

    (line,) = lines(answer)
    assert (line["by"], line["since_at"]) == ("client", "2026-11-20T16:00:00Z")
    assert "Ages only" in answer.json()["note"]


@pytest.mark.clause("CF-S-3")
@pytest.mark.parametrize(
    ("day", "count"), [("2026-11-20", 1), ("2026-11-21", 0)], ids=["that day", "next"]
)
@pytest.mark.both_databases
async def test_a_period_is_of_whole_days_where_the_agency_is(reported, day, count):
    answer = await reported.get(
        "tamarack", "/reports/independence", **{"from": day, "to": day}
    )

    found = [each for each in lines(answer) if each["case"] == CASE]
    assert len(found) == count
    for line in found:
        assert line["reason"] == "nobody else near"
        assert line["settled_by"]["id"] == "hawthorn"


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.both_databases
async def test_every_report_answers_and_refuses_what_it_does_not_know(reported, report):
    path = f"/reports/{report}"
    found = await reported.get("tamarack", path, **params(report))
    of_a_program = await reported.get("tamarack", path, **params(report, program="x"))
    misspelt = await reported.get("tamarack", path, **params(report, programm="cars"))
    nobody = await reported.get(None, path, **params(report))

    assert (found.status_code, of_a_program.status_code) == (200, 200), found.text
    assert lines(of_a_program) == []
    for refused, status in ((misspelt, 422), (nobody, 401)):
        assert refused.status_code == status
        assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "period",
    [
        {"from": "2026-11-21", "to": "2026-11-20"},
        {"from": "2026-11-20"},
        {"from": "2026-11-20", "to": "9999-12-31"},
    ],
    ids=["backwards", "half", "endless"],
)
async def test_a_period_that_is_none_is_refused(reported, period):
    answer = await reported.get("tamarack", "/reports/independence", **period)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["to"]
