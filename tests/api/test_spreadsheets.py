"""Every list and report goes out as CSV, whole, and safe to open in a spreadsheet."""

import csv
import io

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from api.spreadsheets import Spreadsheets, defused
from tests.api.conftest import OPENING
from tests.api.test_reads import last
from tests.samples import NOW
from throughcare.case.seats import SeatKind
from throughcare.store.clients import add_client
from throughcare.store.identity import Identity

CSV = {"Accept": "text/csv"}
REPORTS = (
    "ageing",
    "unassigned",
    "without-plan",
    "unreimbursed",
    "step-down",
    "transfers",
    "choice",
    "independence?from=2026-01-01&to=2026-12-31",
    "engagement?from=2026-01-01&to=2026-12-31",
)
LISTS = (
    "/cases",
    "/conflicts",
    "/duties",
    "/clients",
    "/messages",
    "/people",
    "/seats",
    "/organizations",
    "/providers",
    "/policies",
    "/absences",
    "/engagements",
    *(f"/reports/{each}" for each in REPORTS),
)


async def fetched(service, person, path, body=None):
    async with service.calls(person) as http:
        method = "POST" if body else "GET"
        return await http.request(method, path, json=body, headers=CSV)


def table(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_and_report_has_a_header_and_as_many_rows_as_items(
    idle_service, path
):
    items = (await idle_service.get("tamarack", path)).json()
    answer = await fetched(idle_service, "tamarack", path)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.text.startswith("\ufeff")
    lines = answer.text.splitlines()
    assert all(line.endswith("\r\n") for line in answer.text.splitlines(keepends=True))
    assert len(lines[0].split(",")) > 1
    if "next" in items and items["next"] is None:
        assert len(table(answer)) == len(items["items"])


async def test_the_whole_list_goes_out_and_is_on_record_as_one_read(idle_service):
    someone = [(f"01KAHX6Z1MQ{n:015}", f"Client Demo-{n}") for n in range(230)]
    database = idle_service.app.state.parts.database

    def enter(connection):
        for client, name in someone:
            add_client(connection, client, Identity(name=name), by="aspen", at=NOW)

    await database.write(enter)
    answer = await fetched(idle_service, "walnut", "/clients?limit=7")

    found = [each["id"] for each in table(answer)]
    assert len(found) == len(set(found))
    assert {client for client, _ in someone} <= set(found)
    read = await last(idle_service, someone[0][0], answer)
    assert (read["media_type"], read["shown"]) == ("text/csv", len(found))


class Trees(BaseModel):
    items: tuple[SeatKind, ...]


async def test_a_file_that_is_cut_off_says_so():
    app = FastAPI()

    @app.get("/trees")
    def trees() -> Trees:
        return Trees(items=tuple(SeatKind(role=f"tree-{each}") for each in range(5)))

    cut_off = httpx2.ASGITransport(app=Spreadsheets(app, most_rows=3))
    async with httpx2.AsyncClient(transport=cut_off, base_url="http://test") as http:
        answer = await http.get("/trees", headers=CSV)
    rows = table(answer)

    assert len(rows) == 4
    assert rows[-1]["role"].startswith(
        "There are more than these. A file has at most 3"
    )


async def test_a_search_goes_out_too(service):
    case = await service.opened(subject="Who waters the wisteria")

    answer = await fetched(service, "alder", "/cases/search", {"text": "wisteria"})

    (row,) = table(answer)
    assert (row["id"], row["subject"]) == (case["id"], "Who waters the wisteria")


@pytest.mark.parametrize(
    "subject", ["=1+1", "+1", "-1+1", "@SUM(A1)", "  =1+1", "\uff1d1+1"]
)
async def test_what_a_spreadsheet_would_carry_out_is_text(service, subject):
    case = await service.opened(subject=subject)

    rows = table(await fetched(service, "alder", "/conflicts"))

    (row,) = [each for each in rows if each["id"] == case["id"]]
    assert row["subject"] == f"'{case['subject']}"


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "=", "@"])
def test_every_beginning_of_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "1-2", "a=b", "Coordinator Demo-Alder"])
def test_plain_text_stays_as_it_is(text):
    assert defused(text) == text


async def test_a_report_says_in_every_row_what_is_to_be_known_of_it(service):
    await service.opened()

    rows = table(await fetched(service, "tamarack", "/reports/ageing"))

    assert rows
    assert {each["note"][:10] for each in rows} == {"Ages only."}


async def test_a_line_break_and_a_comma_stay_in_their_cell(service):
    subject = 'Home, or "there"\nor nowhere'
    case = await service.opened(subject=subject)

    rows = table(await fetched(service, "alder", "/cases"))

    (row,) = [each for each in rows if each["id"] == case["id"]]
    assert row["subject"] == case["subject"]


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        pytest.param(None, "/people", 401, id="nobody"),
        pytest.param("alder", "/cases?nonsense=1", 422, id="no such filter"),
        pytest.param("alder", "/people/alder", 406, id="no list"),
    ],
)
async def test_a_refusal_is_a_problem_as_ever(idle_service, person, path, status):
    answer = await fetched(idle_service, person, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_report_of_several_lists_says_of_each_row_which_it_is_of(idle_service):
    path = "/reports/independence?from=2026-01-01&to=2026-12-31"

    answer = await fetched(idle_service, "tamarack", path)

    columns = answer.text.removeprefix("\ufeff").splitlines()[0].split(",")
    assert columns[0] == "list"
    assert {"case", "client.name", "organization", "held_at"} <= set(columns)


async def test_nobody_gets_more_rows_than_they_may_see(service):
    case = await service.opened()

    rows = table(await fetched(service, "elm", "/conflicts"))

    assert case["id"] not in [each["id"] for each in rows]


async def test_a_command_answers_in_json_whatever_is_accepted(service):
    async with service.calls("alder") as http:
        answer = await http.post("/conflicts", json=OPENING, headers=CSV)

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
