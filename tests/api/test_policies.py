"""The policies in force, and which never come into force."""

import shutil
from pathlib import Path

import pytest

from tests.api.conftest import installation

PACK = "milwaukee-wraparound"


@pytest.mark.clause("CR-M-1")
async def test_a_policy_is_listed_with_its_dates_and_its_overdue_review(service):
    page = (await service.get("alder", "/policies")).json()

    policy = page["items"][0]
    assert policy["id"] == PACK
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
        await service.app.state.parts.shelf.adopt(policies)
        page = (await service.get("alder", "/policies")).json()

    assert [(each["id"], each["version"]) for each in page["items"]] == [(PACK, 1)]
