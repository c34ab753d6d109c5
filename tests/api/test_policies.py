"""The policies in force, and which never come into force."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.api.conftest import installation

PACK = "milwaukee-wraparound"
UNSIGNED = "southeast-michigan-cmh"
ADOPTION = {"version": 2, "title": "Executive Director", "on": "2026-01-12"}


@pytest.mark.clause("CR-M-1")
async def test_a_policy_is_listed_with_its_dates_and_its_overdue_review(service):
    page = (await service.get("alder", "/policies")).json()

    assert [each["id"] for each in page["items"]] == [
        PACK,
        "milwaukee-cars",
        UNSIGNED,
        "conflict-free",
        "wisconsin-competencies",
    ]
    policy = page["items"][0]
    assert policy["source"]["review_on"] == "2024-12-31"
    assert "review overdue since 2024-12-31" in policy["warnings"][0]


@pytest.mark.clause("CR-M-2")
async def test_a_policy_names_its_approvers_by_title(service):
    policy = (await service.get("alder", f"/policies/{PACK}")).json()

    assert "Program Administrator" in [each["title"] for each in policy["approvals"]]
    assert {clause["id"] for clause in policy["clauses"]} >= {"CR-A-1", "CR-N-3"}


async def test_a_ladder_is_drawn(service):
    drawn = await service.get("alder", f"/policies/{PACK}/ladders/A")

    assert drawn.text.startswith("flowchart TD")
    assert drawn.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/policies/none", f"/policies/{PACK}/ladders/Z"])
async def test_a_policy_or_ladder_that_is_not_there_is_not_found(service, path):
    assert (await service.get("alder", path)).status_code == 404


@pytest.mark.clause("CR-M-2")
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("pack.yaml", "\nversion: 1", "\nversion: 2", id="unapproved"),
        pytest.param("conflict.yaml", "ladders:", "laders:", id="broken"),
    ],
)
async def test_a_pack_that_may_not_go_live_is_refused_and_the_earlier_stays_in_force(
    tmp_path, temporal, file, old, new
):
    policies = tmp_path / "policies"
    shutil.copytree(Path("policies"), policies)
    edited = policies / PACK / file
    edited.write_text(edited.read_text().replace(old, new))
    async with installation(tmp_path / "state") as service:
        await service.app.state.parts.adopted_packs.adopt(policies)
        page = (await service.get("alder", "/policies")).json()

    assert (page["items"][0]["id"], page["items"][0]["version"]) == (PACK, 1)


async def test_a_policy_shows_its_intake_and_one_that_advises_says_so(service):
    cars = (await service.get("alder", "/policies/milwaukee-cars")).json()
    free = (await service.get("alder", "/policies/conflict-free")).json()

    assert (cars["conflict"], cars["ladders"], cars["advisory"]) == (None, [], False)
    assert cars["intake"]["duties"][0]["act"] == "screening"
    assert (free["intake"], free["advisory"]) == (None, True)
    assert free["independence"]["decider"] == "CF-S-1a"


@pytest.mark.clause("CS-M-1")
async def test_a_policy_that_nobody_signed_shows_who_approved_it_at_the_agency(service):
    policy = (await service.get("alder", f"/policies/{UNSIGNED}")).json()

    assert policy["source"]["effective_on"] is None
    assert policy["approvals"] == [
        {
            "version": 1,
            "title": "Director of Community Mental Health",
            "on": "2026-01-05",
        }
    ]


@pytest_asyncio.fixture
async def revised(tmp_path, temporal, fresh_database):
    """An installation with a second version of the policy that nobody signed, which the agency has not adopted."""
    policies = tmp_path / "policies"
    shutil.copytree(Path("policies"), policies)
    header = policies / UNSIGNED / "pack.yaml"
    header.write_text(header.read_text().replace("\nversion: 1", "\nversion: 2"))
    state, url = tmp_path / "state", fresh_database()
    async with installation(state, policies=policies, database_url=url) as service:
        yield service


async def in_force(service):
    page = (await service.get("walnut", "/policies")).json()
    return {each["id"]: each for each in page["items"]}


@pytest.mark.clause("CS-M-1")
async def test_a_policy_that_nobody_signed_is_in_force_once_the_agency_says_when_it_adopted_it_and_who_approved_that(
    revised,
):
    assert UNSIGNED not in await in_force(revised)

    answer = await revised.post("walnut", f"/policies/{UNSIGNED}/adoption", ADOPTION)

    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/policies/{UNSIGNED}"
    assert answer.json()["approvals"] == [ADOPTION]
    assert (await in_force(revised))[UNSIGNED] == answer.json()


async def test_an_adoption_sent_twice_is_recorded_once(revised):
    path = f"/policies/{UNSIGNED}/adoption"

    first = await revised.post("walnut", path, ADOPTION, key="adopt")
    again = await revised.post("walnut", path, ADOPTION, key="adopt")
    anew = await revised.post("walnut", path, ADOPTION)

    assert first.json() == again.json() == anew.json()


async def test_an_adoption_on_record_is_not_written_over(revised):
    path = f"/policies/{UNSIGNED}/adoption"
    await revised.post("walnut", path, ADOPTION)

    answer = await revised.post("walnut", path, ADOPTION | {"title": "Deputy Director"})

    assert answer.status_code == 409
    assert "approved by: Executive Director" in answer.json()["detail"]


NOT_YET = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
"""Two days on, as a run of the tests may pass midnight."""


@pytest.mark.clause("CS-M-1")
@pytest.mark.parametrize(
    ("person", "policy", "changed", "status", "says"),
    [
        pytest.param("alder", UNSIGNED, {}, 403, "Administrator", id="somebody-else"),
        pytest.param("walnut", "none", {}, 404, "no such policy", id="no-policy"),
        pytest.param("walnut", UNSIGNED, {"version": 1}, 409, "is 2", id="version"),
        pytest.param(
            "walnut", UNSIGNED, {"on": NOT_YET}, 422, "not come yet", id="future"
        ),
        pytest.param("walnut", UNSIGNED, {"title": ""}, 422, "title", id="no-title"),
        pytest.param("walnut", UNSIGNED, {"on": None}, 422, "on", id="no-date"),
    ],
)
async def test_an_adoption_that_lacks_something_is_refused_and_says_what(
    revised, person, policy, changed, status, says
):
    path = f"/policies/{policy}/adoption"

    answer = await revised.post(person, path, ADOPTION | changed)

    assert answer.status_code == status
    assert says in answer.text
    assert UNSIGNED not in await in_force(revised)


async def test_a_policy_whose_files_hold_mistakes_is_not_adopted(revised):
    intake = revised.settings.policies / UNSIGNED / "intake.yaml"
    intake.write_text(intake.read_text().replace("duties:", "dutys:"))

    answer = await revised.post("walnut", f"/policies/{UNSIGNED}/adoption", ADOPTION)

    assert answer.status_code == 409
    assert "throughcare policy check" in answer.json()["detail"]
    assert str(revised.settings.policies) not in answer.text


async def test_a_policy_that_is_known_already_is_not_sent_again(service):
    read = await service.get("alder", f"/policies/{PACK}")

    async with service.calls("alder") as http:
        again = await http.get(
            f"/policies/{PACK}", headers={"If-None-Match": read.headers["etag"]}
        )

    assert (again.status_code, again.text) == (304, "")


@pytest.mark.both_databases
async def test_a_policy_adopted_twice_at_once_is_adopted_once(revised):
    path = f"/policies/{UNSIGNED}/adoption"

    answers = await asyncio.gather(
        *(revised.post("walnut", path, ADOPTION) for _ in range(4))
    )

    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["adopted_at"] for each in answers}) == 1
