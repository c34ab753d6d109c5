"""The engagement log and its report (CF-S-5a)."""

import pytest

SAID = {
    "on_date": "2026-02-03",
    "group": "advocates",
    "what": "Asked what is missing.",
}


@pytest.mark.clause("CF-S-5a")
@pytest.mark.both_databases
async def test_a_group_with_no_entry_is_reported_as_not_engaged(idle_service):
    logged = await idle_service.post("tamarack", "/engagements", SAID)
    report = await idle_service.get(
        "alder", "/reports/engagement", **{"from": "2026-01-01", "to": "2026-12-31"}
    )

    assert logged.status_code == 201
    groups = {each["group"]: each for each in report.json()["items"]}
    assert groups["advocates"]["engaged"]
    assert groups["advocates"]["last_on"] == "2026-02-03"
    assert [name for name, each in groups.items() if not each["engaged"]] == [
        "service_users_and_families",
        "providers",
        "leaders_of_state_agencies_and_managed_care",
        "case_management_staff",
    ]


@pytest.mark.both_databases
async def test_the_log_is_listed_by_group_and_page_by_page(idle_service):
    for day in ("2025-01-01", "2025-01-02", "2025-01-03"):
        body = SAID | {"on_date": day, "group": "providers"}
        await idle_service.post("walnut", "/engagements", body)

    first = await idle_service.get("alder", "/engagements", group="providers", limit=2)
    rest = await idle_service.get("alder", first.json()["next"])

    pages = [*first.json()["items"], *rest.json()["items"]]
    assert [each["on_date"] for each in pages] == [
        "2025-01-03",
        "2025-01-02",
        "2025-01-01",
    ]


async def test_an_entry_sent_twice_under_one_key_is_one(idle_service):
    body = SAID | {"on_date": "2024-01-01"}

    first = await idle_service.post("walnut", "/engagements", body, "once")
    again = await idle_service.post("walnut", "/engagements", body, "once")

    assert first.json() == again.json()


@pytest.mark.parametrize(
    ("person", "changed", "status"),
    [
        pytest.param("alder", {}, 403, id="somebody else"),
        pytest.param("walnut", {"group": "everybody"}, 422, id="no such group"),
        pytest.param("walnut", {"on_date": "soon"}, 422, id="no day"),
    ],
)
async def test_the_log_is_kept_by_who_may_and_of_groups_there_are(
    idle_service, person, changed, status
):
    answer = await idle_service.post(person, "/engagements", SAID | changed)

    assert answer.status_code == status


async def test_a_period_ends_after_it_begins(idle_service):
    answer = await idle_service.get(
        "alder", "/reports/engagement", **{"from": "2026-12-31", "to": "2026-01-01"}
    )

    assert answer.status_code == 422
