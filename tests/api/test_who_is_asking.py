"""Who is asking, what they may see, and what is logged of it."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from tests.databases import set_columns
from throughcare.store.database import open_database
from throughcare.store.tables import ApiKeyRow

CLOSED_TO_STRANGERS = (
    "/conflicts",
    "/duties",
    "/people",
    "/seats",
    "/absences",
    "/policies",
    "/reports/ageing",
)


@pytest.mark.parametrize("path", CLOSED_TO_STRANGERS)
async def test_without_a_key_nothing_is_told(service, path):
    answer = await service.get(None, path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer ",
        "Bearer tc_nobody_secret",
        "Bearer tc",
        "Basic dXNlcjpwYXNz",
        "Bearer tc_\N{LATIN SMALL LETTER E WITH ACUTE}_x",
    ],
)
async def test_a_key_that_is_not_one_of_ours_is_refused(service, header):
    async with service.calls() as http:
        answer = await http.get(
            "/people", headers={"Authorization": header.encode("latin-1")}
        )

    assert answer.status_code == 401


async def test_a_key_with_another_secret_is_refused(service):
    prefix, key_id, _ = service.keys["alder"].split("_", 2)
    async with service.calls() as http:
        answer = await http.get(
            "/people", headers={"Authorization": f"Bearer {prefix}_{key_id}_guess"}
        )

    assert answer.status_code == 401


async def test_a_revoked_key_is_refused(service):
    key_id = service.keys["maple"].split("_")[1]
    database = open_database(service.settings.database)
    now = datetime.now(UTC)
    await database.write(set_columns, ApiKeyRow, key_id, revoked_at=now)
    refused = await service.get("maple", "/people")
    await database.write(set_columns, ApiKeyRow, key_id, revoked_at=None)
    await database.close()

    assert refused.status_code == 401
    assert (await service.get("maple", "/people")).status_code == 200


@pytest.mark.parametrize(
    ("person", "sees_it"),
    [
        pytest.param("alder", True, id="a party"),
        pytest.param("ironwood", True, id="the other party"),
        pytest.param("birch", True, id="a party's supervisor"),
        pytest.param("walnut", True, id="the administrator"),
        pytest.param("tamarack", True, id="quality assurance"),
        pytest.param(
            "spruce", False, id="who reviews violations, and was told of none"
        ),
        pytest.param("elm", False, id="another coordinator"),
        pytest.param("larch", False, id="a manager it has not reached"),
    ],
)
async def test_a_case_is_seen_from_the_seats_that_are_part_of_it(
    service, person, sees_it
):
    case = await service.opened()

    read = await service.get(person, f"/conflicts/{case['id']}")
    listed = await service.get(person, "/conflicts", limit=100)
    duties = await service.get(person, "/duties", case=case["id"])

    assert read.status_code == (200 if sees_it else 404)
    assert (case["id"] in [each["id"] for each in listed.json()["items"]]) is sees_it
    assert bool(duties.json()["items"]) is sees_it


@pytest.mark.clause("CR-N-3")
async def test_who_reviews_violations_sees_a_case_once_one_was_reported_to_them(
    service,
):
    case = await service.opened()
    await service.say("alder", case, "violation_identified", kind="policy")
    before = await service.get("spruce", f"/conflicts/{case['id']}")
    await service.say("alder", case, "violation_reported", recipient="provider-network")

    after = await service.get("spruce", f"/conflicts/{case['id']}")

    assert (before.status_code, after.status_code) == (404, 200)


async def test_a_substitute_sees_what_the_absent_person_would(service):
    opened = await service.opened("elm", coordinator_seat="coordinator-2")

    answer = await service.get("ginkgo", f"/conflicts/{opened['id']}")

    assert answer.status_code == 200


async def test_a_read_of_a_case_is_logged_by_ids_alone(service):
    case = await service.opened(subject="Marigold and the school")

    with capture_logs() as lines:
        await service.get("birch", f"/conflicts/{case['id']}", note="Marigold")

    read = next(line for line in lines if line["event"] == "record.read")
    answered = next(line for line in lines if line["event"] == "request.answered")
    assert read["case_ids"] == (case["id"],)
    assert answered["route"] == "/conflicts/:case_id"
    assert (answered["method"], answered["status_code"]) == ("GET", 200)
    assert answered["person_id"] == "birch"
    assert "Marigold" not in str(lines)
