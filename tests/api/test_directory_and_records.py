"""After every change of the directory the tables say what the workflows do: nothing of it is in one and not in the other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.api.conftest import installation, working
from tests.api.intakes import assigned
from tests.waiting import until
from throughcare.store.comparison import open_cases
from throughcare.store.outbox import untold
from throughcare.temporal.client import connect
from throughcare.temporal.keys import read_or_create
from throughcare.usecases.administering import import_file
from throughcare.usecases.reconciliation import Reconciliation

AGENCY = Path("demo/agency.yaml").read_text()


@pytest.fixture(scope="module")
async def office(temporal, mail, fresh_database, tmp_path_factory):
    """With a conflict and an intake, whose seats the changes are about."""
    folder = tmp_path_factory.mktemp("records")
    url = fresh_database()
    at = installation(folder, mailbox_port=mail, database_url=url)
    async with at as service, working(service):
        await service.opened()
        await assigned(service)
        yield service


def soon(days):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def checked(office):
    """What `throughcare records check` says of every case of this installation; the server may have others."""
    client = await connect(read_or_create(office.settings.keys), service="check")
    database = office.app.state.parts.database
    check = Reconciliation(client, database, lambda: datetime.now(UTC), clocks=False)
    return await check.run("check", await database.read(open_cases))


async def imported(office, old, new):
    """The file of the agency with this other in it."""
    assert old in AGENCY
    path = office.settings.state / "agency.yaml"
    path.write_text(AGENCY.replace(old, new))
    assert await import_file(office.settings, path, dry_run=False, by="walnut")


async def departure_announced(office):
    for person in ("alder", "cypress", "aspen"):
        path = f"/people/{person}/departure"
        answer = await office.post("walnut", path, {"at": soon(20)})
        assert answer.status_code == 200, answer.text


async def departure_undone(office):
    async with office.calls("walnut") as http:
        for person in ("alder", "cypress", "aspen"):
            answer = await http.delete(f"/people/{person}/departure")
            assert answer.status_code == 204, answer.text


async def absence_to_come(office):
    period = {"from_at": soon(2), "to_at": soon(4)}
    for person in ("alder", "cypress", "linden"):
        body = {"person": person, "substitute": "ginkgo", **period}
        answer = await office.post("walnut", "/absences", body)
        assert answer.status_code == 201, answer.text


async def absence_ended(office):
    listed = (await office.get("walnut", "/absences")).json()["items"]
    for each in listed:
        answer = await office.post("walnut", f"/absences/{each['id']}/end")
        assert answer.status_code == 200, answer.text


async def seat_transferred(office):
    async with office.calls("walnut") as http:
        path = "/seats/coordinator-1/holder"
        answer = await http.put(path, json={"person": "elm"})
        assert answer.status_code == 200, answer.text


async def person_renamed(office):
    await imported(office, "Coordinator Demo-Elm", "Coordinator Demo-Elm-Ash")


async def seat_retitled(office):
    await imported(office, "    title: Care Coordinator\n", "    title: Coordinator\n")


async def organization_renamed(office):
    await imported(office, "Willow Demo Care Coordination", "Willow Demo Coordination")


async def reporting_changed(office):
    old = "    reports_to: [coordinator-supervisor-1]"
    await imported(office, old, "    reports_to: [coordinator-supervisor-2]")


async def provider_changed(office):
    async with office.calls("walnut") as http:
        answer = await http.patch("/providers/hearth", json={"name": "Hearth Demo"})
        assert answer.status_code == 200, answer.text


async def engagement_recorded(office):
    body = {"on_date": "2026-03-02", "group": "advocates", "what": "Asked."}
    assert (await office.post("walnut", "/engagements", body)).status_code == 201


CHANGES = [
    departure_announced,
    departure_undone,
    absence_to_come,
    absence_ended,
    seat_transferred,
    person_renamed,
    seat_retitled,
    organization_renamed,
    reporting_changed,
    provider_changed,
    engagement_recorded,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
async def test_a_change_of_the_directory_leaves_no_difference(office, change):
    await change(office)

    async def is_told():
        return not await office.app.state.parts.database.read(untold)

    office.app.state.parts.outbox.wake()
    await until(is_told)

    async def agrees():
        return (await checked(office)).differences == ()

    await until(agrees)
