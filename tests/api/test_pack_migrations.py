"""Open cases move to a newer version of their pack, in an installation of its own: there the newer one stays in force."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.api.conftest import installation, working
from tests.api.test_mending import WHY, entries
from throughcare.packs.reading import digest, load_pack
from throughcare.store.packs import adopt
from throughcare.store.tables import CaseRow


@pytest.fixture(scope="module")
async def office(temporal, mail, fresh_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    url = fresh_database()
    at = installation(folder, mailbox_port=mail, database_url=url)
    async with at as service, working(service):
        yield service


@pytest.mark.both_databases
async def test_open_cases_move_to_a_newer_version_as_previewed_and_only_as_ordered(
    office,
):
    moving, staying = await office.opened(), await office.opened()
    shipped = load_pack(office.settings.policies / "milwaukee-wraparound")
    newer = with_limit(shipped, "A1", "P1D")
    database = office.app.state.parts.database
    await database.write(adopt, newer, datetime.now(UTC) + timedelta(seconds=1))
    path = f"/policies/{shipped.header.id}/moves"

    preview = (await office.get("walnut", path)).json()

    mine = {each["case"]: each for each in preview["items"]}[moving["id"]]
    assert mine["before"]["due_at"] == moving["due_at"]
    assert mine["after"]["due_at"] < mine["before"]["due_at"]
    assert mine["after"]["limit"] == "agency setting"
    order = {"cases": [moving["id"]], **WHY}
    assert (await office.post("alder", path, order)).status_code == 403
    done = await office.post("walnut", path, order)
    assert done.json()["items"] == [
        {"case": moving["id"], "outcome": "applied", "detail": ""}
    ], done.text
    after = (await office.get("alder", f"/conflicts/{moving['id']}")).json()
    assert after["due_at"] == mine["after"]["due_at"]
    assert after["pack"]["digest"] == digest(newer)
    (entry,) = await entries(office, "alder", moving, "redated")
    assert "the limit was" in entry["text"]
    same = (await office.get("alder", f"/conflicts/{staying['id']}")).json()
    assert same["due_at"] == staying["due_at"]
    assert same["pack"] == staying["pack"]
    query = select(CaseRow.pack_version).where(CaseRow.id == moving["id"])
    version = await database.read(lambda connection: connection.scalar(query))
    assert version == newer.header.version


def with_limit(pack, rung_id, within):
    """The next version, in which one rung has another limit."""
    ladders = tuple(
        ladder.model_copy(
            update={"rungs": tuple(_limited(r, rung_id, within) for r in ladder.rungs)}
        )
        for ladder in pack.conflict_policy.ladders
    )
    version = pack.header.version + 1
    approvals = (pack.header.approvals[0].model_copy(update={"version": version}),)
    header = pack.header.model_copy(update={"version": version, "approvals": approvals})
    conflict = pack.conflict_policy.model_copy(update={"ladders": ladders})
    policies = {**pack.policies, "conflict": conflict}
    return pack.model_copy(update={"header": header, "policies": policies})


def _limited(rung, rung_id, within):
    if rung.id != rung_id:
        return rung
    limit = type(rung.limit).model_validate(
        {"within": within, "basis": "agency", "then": "escalate"}
    )
    return rung.model_copy(update={"limit": limit})
