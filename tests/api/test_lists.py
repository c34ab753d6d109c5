"""Lists: filtered, paged by key, and what a page shows."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from tests.api.conftest import MEETING
from tests.api.intakes import assigned


async def every(service, person, address, **params):
    """Every item of a list, read page by page."""
    found = []
    while address:
        page = (await service.get(person, address, **params)).json()
        found += page["items"]
        address, params = page["next"], {}
    return found


async def ids(service, person, address, **params):
    return [each["id"] for each in await every(service, person, address, **params)]


@pytest.fixture
async def three(service):
    return [await service.opened() for _ in range(3)]


@pytest.mark.both_databases
async def test_pages_hold_every_case_once_and_newest_first(service, three):
    whole = await ids(service, "alder", "/conflicts", limit=100)

    by_twos = await ids(service, "alder", "/conflicts", limit=2)

    assert by_twos == whole
    assert whole[:3] == [case["id"] for case in reversed(three)]
    assert len(set(whole)) == len(whole)


@pytest.mark.both_databases
async def test_a_page_goes_on_where_it_was_though_a_case_came_in_between(
    service, three
):
    first = (await service.get("alder", "/conflicts", limit=2)).json()
    await service.opened()
    second = (await service.get("alder", first["next"])).json()

    assert second["items"][0]["id"] == three[0]["id"]


@pytest.mark.both_databases
async def test_filters_narrow_the_list_together(service, three):
    moved = three[1]
    facts = MEETING | {"outcome": "no_agreement"}
    await service.say("alder", moved, "meeting_held", **facts)
    since = {"opened_after": three[0]["opened_at"], "limit": 100}

    on_a2 = await ids(service, "alder", "/conflicts", ladder="A", step="A2", **since)
    none = await ids(service, "alder", "/conflicts", status="agreed", **since)
    before = await ids(
        service, "alder", "/conflicts", opened_before=three[0]["opened_at"], limit=100
    )
    elsewhere = await ids(service, "alder", "/conflicts", program="reach", **since)

    assert on_a2 == [moved["id"]]
    assert none == elsewhere == []
    assert not set(before) & {case["id"] for case in three}


BEFORE_ALL_TIME = "0001-01-01T00:00:00+14:00"


def cursor(text):
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("address", "wanted", "field"),
    [
        pytest.param(
            "/conflicts",
            {"opened_after": BEFORE_ALL_TIME},
            "opened_after",
            id="an instant before all time",
        ),
        pytest.param(
            "/conflicts",
            {"after": cursor('{"opened_at": "2026-01-01T00:00:00", "id": "x"}')},
            "after",
            id="a cursor without a zone",
        ),
        pytest.param(
            "/duties",
            {
                "after": cursor(
                    f'{{"due_at": "{BEFORE_ALL_TIME}", "case_id": "x", "id": "x"}}'
                )
            },
            "after",
            id="a cursor before all time",
        ),
    ],
)
async def test_a_list_refuses_what_no_list_could_hold(service, address, wanted, field):
    answer = await service.get("alder", address, **wanted)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_a_timeline_refuses_a_cursor_beyond_all_entries(service):
    case = await service.opened()
    path = f"/conflicts/{case['id']}/timeline"

    answer = await service.get("alder", path, after=cursor(f'{{"seq": {10**30}}}'))

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        pytest.param("/conflicts", "status", id="conflicts"),
        pytest.param("/conflicts/x/timeline", "after, limit", id="a timeline"),
        pytest.param("/duties", "mine", id="duties"),
        pytest.param("/people", "none", id="people"),
        pytest.param("/seats", "none", id="seats"),
        pytest.param("/absences", "none", id="absences"),
        pytest.param("/policies", "none", id="policies"),
        pytest.param("/reports/ageing", "program", id="a report"),
    ],
)
async def test_a_misspelt_filter_is_refused_and_told_those_there_are(
    service, address, allowed
):
    answer = await service.get("alder", address, statuss="agreed")

    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert wrong["field"] == "statuss"
    assert allowed in wrong["problem"]


@pytest.mark.both_databases
async def test_mine_are_the_cases_in_which_one_sits_oneself(service, three):
    supervised = await ids(service, "birch", "/conflicts", limit=100)
    mine = await ids(service, "birch", "/conflicts", mine=True, limit=100)

    assert three[0]["id"] in supervised
    assert three[0]["id"] not in mine


@pytest.mark.both_databases
async def test_my_duties_are_those_of_the_seats_i_sit_in(service, three):
    mine = await every(service, "ironwood", "/duties", mine=True, limit=100)

    here = [duty for duty in mine if duty["case"]["id"] == three[0]["id"]]
    assert {duty["clause"] for duty in here} == {"CR-A-1"}
    assert {duty["limit"] for duty in here} == {"agency setting"}
    assert all("five" in d["receipt"] or "5" in d["receipt"] for d in here)
    assert here[0]["holders"][0]["person"]["name"] == "Coordinator Demo-Alder"
    assert all(duty["mine"] for duty in mine)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"clause": "CR-A-1"}, 2, id="a clause"),
        pytest.param({"clause": "CR-A-5"}, 0, id="a clause that has not fired"),
        pytest.param({"seat": "coordinator-1"}, 2, id="a seat"),
        pytest.param({"seat": "coordinator-2"}, 0, id="a seat that is not in it"),
        pytest.param({"status": "met"}, 0, id="what is done"),
        pytest.param({"overdue": True}, 0, id="what is overdue"),
    ],
)
async def test_duties_are_found_by_what_they_are(service, wanted, found):
    case = await service.opened()

    page = await service.get("alder", "/duties", case=case["id"], **wanted)

    assert len(page.json()["items"]) == found


@pytest.mark.both_databases
async def test_duties_are_paged_soonest_due_first(service, three):
    whole = (await service.get("walnut", "/duties", limit=100)).json()["items"]
    first = (await service.get("walnut", "/duties", limit=3)).json()
    second = (await service.get("walnut", first["next"])).json()

    assert first["items"] + second["items"] == whole[:6]
    due = [duty["due_at"] for duty in whole if duty["due_at"]]
    assert due == sorted(due)


@pytest.mark.both_databases
async def test_a_timeline_is_paged_in_order_and_names_who_did_what(service):
    case = await service.opened()
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    facts = MEETING | {"event_at": yesterday.isoformat(), "note": "At the school"}
    await service.say("alder", case, "meeting_held", **facts)
    path = f"/conflicts/{case['id']}/timeline"

    entries = await every(service, "alder", path, limit=2)

    assert len(entries) > 2
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    met = next(entry for entry in entries if entry["kind"] == "meeting_held")
    assert datetime.fromisoformat(met["event_at"]) == yesterday
    assert datetime.fromisoformat(met["at"]) > yesterday
    assert met["person"] == {"id": "alder", "name": "Coordinator Demo-Alder"}
    assert met["note"] == "At the school"


async def test_a_case_shows_how_the_agency_reads_what_is_unclear(service):
    on_a = await service.opened()
    on_c = await service.opened(counterpart_seat="network-provider")

    assert "Q-04" in [each["id"] for each in on_a["readings"]]
    assert "Q-03" not in [each["id"] for each in on_a["readings"]]
    assert "Q-03" in [each["id"] for each in on_c["readings"]]


@pytest.mark.clause("CR-P-2")
@pytest.mark.both_databases
async def test_the_ageing_report_counts_open_cases_by_rung_and_calls_none_late(
    service, three
):
    report = (await service.get("tamarack", "/reports/ageing")).json()

    at_a1 = next(each for each in report["items"] if each["step"] == "A1")
    assert at_a1["count"] >= 3
    assert at_a1["oldest_age"].startswith("P")
    assert "no time" in report["note"]


async def test_who_has_answered_is_not_asked_any_more_and_the_other_side_still_is(
    service,
):
    case = await service.opened()
    await service.say("alder", case, "meeting_held", **MEETING, outcome="no_agreement")
    await service.say("birch", case, "contact_made")
    await service.say("birch", case, "agreement_reached")

    async def mine(person):
        return await ids(service, person, "/duties", mine=True, case=case["id"])

    assert "A2:CR-A-2c:outcome:coordinator-supervisor" not in await mine("birch")
    assert "A2:CR-A-2c:outcome:coordinator-supervisor" in await mine("juniper")


# -- how many there are in all ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def filled(service):
    """Three conflicts, a client with a worker, and three of whatever else is listed; by the words of the addresses below."""
    conflicts = [await service.opened() for _ in range(3)]
    client = (await assigned(service))["client"]["id"]
    consent = {
        "client": client,
        "purpose": "A place to stay",
        "given_at": "2026-03-01T12:00:00Z",
        "reference": "consents/7",
    }
    engagement = {"on_date": "2026-02-03", "group": "providers", "what": "Asked."}
    for recipient in ("hearth", "harbor", "lantern"):
        opened = {"client": client, "reason": "The hospital asks."}
        for person, path, body in (
            ("aspen", "/consents", consent | {"recipient": recipient}),
            ("walnut", "/engagements", engagement),
            ("magnolia", "/emergency-accesses", opened),
        ):
            assert (await service.post(person, path, body)).status_code == 201
    return {"conflict": conflicts[0]["id"], "client": client}


COUNTED = [
    ("alder", "/cases", {}),
    ("walnut", "/conflicts", {}),
    ("alder", "/conflicts", {}),
    ("birch", "/conflicts", {"mine": True}),
    ("alder", "/conflicts", {"status": "agreed"}),
    ("alder", "/conflicts/{conflict}/timeline", {"newest_first": True}),
    ("walnut", "/duties", {}),
    ("alder", "/duties", {"mine": True, "clause": "CR-A-1"}),
    ("alder", "/duties", {"done": True}),
    ("alder", "/messages", {}),
    ("aspen", "/clients", {}),
    ("alder", "/clients", {}),
    ("aspen", "/consents?client={client}", {}),
    ("tamarack", "/emergency-accesses", {}),
    ("aspen", "/emergency-accesses", {}),
    ("alder", "/engagements", {"group": "providers"}),
    ("alder", "/providers", {}),
    ("alder", "/providers", {"language": "spanish"}),
    ("walnut", "/notices/undelivered", {}),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("person", "address", "wanted"), COUNTED)
async def test_a_list_says_how_many_are_on_all_pages_where_that_is_asked(
    service, filled, person, address, wanted
):
    path, _, query = address.format(**filled).partition("?")
    asked = dict(parse_qsl(query)) | wanted | {"limit": 2}

    whole = await every(service, person, path, **asked)
    first = (await service.get(person, path, **asked, total=True)).json()
    unasked = (await service.get(person, path, **asked)).json()

    assert first["total"] == len(whole)
    assert unasked["total"] is None
    if first["next"]:
        second = (await service.get(person, first["next"])).json()
        assert second["total"] == len(whole)


async def test_every_list_of_pages_can_be_counted(service):
    paths = service.app.openapi()["paths"]
    paged = {
        path: {each["name"] for each in asked["parameters"]}
        for path, methods in paths.items()
        for asked in methods.values()
        if "/Page_" in str(asked["responses"].get("200"))
    }

    assert len(paged) > 10
    assert [path for path, names in paged.items() if "total" not in names] == []
