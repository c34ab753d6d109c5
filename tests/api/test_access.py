"""Who may what: every route, asked by every kind of person, answers as the tables beside this file say.

`--update-goldens` writes them anew. A cell is the status; then, of what the fixture has, whatever the answer shows: C the
conflict, I the intake, P the care plan, R the request for a service, L the client. A route without a row fails.
"""

import shutil
from collections import defaultdict
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from api.app import create_app
from tests.api.access import (
    ASKS,
    PEOPLE,
    REVISED,
    STAGES,
    Agency,
    Asked,
    asked_by_path,
    messages_of,
)
from tests.api.conftest import installation, working
from tests.chance import SECONDS
from tests.waiting import until
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.rows import rows
from throughcare.store.tables import RecordShownRow

ROUTES = Path(__file__).with_name("access_routes.txt")
MESSAGES = Path(__file__).with_name("access_messages.txt")
BY_FRAMEWORK = ("/openapi.json", "/docs")
WIDTH = 72


@pytest.fixture(scope="module")
async def agency(temporal, mail, fresh_database, tmp_path_factory):
    """An installation of its own: the cells say what may be seen in it."""
    folder = tmp_path_factory.mktemp("access")
    policies = folder / "policies"
    shutil.copytree(Path("policies"), policies)
    header = policies / REVISED / "pack.yaml"
    header.write_text(header.read_text().replace("\nversion: 1", "\nversion: 2"))
    at = installation(
        folder,
        policies=policies,
        mailbox_port=mail,
        database_url=fresh_database(),
        # Everybody asks from one address, and all at once.
        attempts_per_minute=100_000,
        openings_per_minute=100_000,
        changes_per_minute=100_000,
    )
    async with at as service, working(service):
        yield await Agency.made(service)


def test_every_route_has_a_row():
    written = [*rows_of(ROUTES), *rows_of(MESSAGES)]

    assert sorted(written) == sorted(set(routes()))


@pytest.mark.long
@pytest.mark.timeout(SECONDS * 4)
async def test_every_route_answers_everybody_as_the_table_says(agency, update_goldens):
    mine = [route for route in routes() if not is_message(route)]
    # What is read is as the fixture left it, before anybody writes.
    cells = {
        route: [await cell(agency, route, person) for person in PEOPLE]
        for route in sorted(mine, key=lambda each: not each.startswith("GET"))
    }

    compare(ROUTES, [[route, *cells[route]] for route in mine], update=update_goldens)
    assert await not_on_record(agency) == []


@pytest.mark.long
@pytest.mark.timeout(SECONDS * 4)
async def test_every_message_is_heard_from_whom_the_table_says(agency, update_goldens):
    """Whoever sees a case has cases of their own for it, from which they go as far as they can; the cell is the furthest:
    409 and 422 are its turn or its facts, 403 is the sender, 404 is a case that is not theirs to see."""
    by_person = {person: await heard(agency, person) for person in PEOPLE}
    table = [
        [route, *[by_person[person][route] for person in PEOPLE]]
        for route in routes()
        if is_message(route)
    ]

    compare(MESSAGES, table, update=update_goldens)


# -- asking ---------------------------------------------------------------------------------------------------------


def routes():
    """Every method and path there is, by path."""
    found = {f"{m} {path}" for m, path in _of(create_app().routes) if m != "HEAD"}
    return sorted(found, key=lambda each: each.split()[::-1])


def _of(those):
    for route in those:
        if inner := getattr(route, "original_router", None):
            yield from _of(inner.routes)
        else:
            yield from ((method, route.path) for method in route.methods)


def is_message(route):
    return route.startswith("POST") and "/messages/" in route and "{name}" not in route


async def cell(agency, route, person):
    method, path = route.split()
    made = ASKS.get(route)
    is_plain = method in ("GET", "OPTIONS") or "{name}" in path
    assert made or is_plain, f"What {route} is asked is not said."
    asked = await (made(agency, person) if made else asked_by_path(agency, path))
    answer = await send(agency, person, method, asked)
    assert answer.status_code != 422, (route, answer.text)
    shown = "".join(
        letter for letter, each in agency.marks.items() if each in answer.text
    )
    if not answer.is_success:
        return f"{answer.status_code}"
    if shown:
        agency.shown.append((route, answer.headers["X-Request-ID"], shown))
    return f"{answer.status_code} {shown}".strip()


async def not_on_record(agency):
    """The answers that showed something which the record of reads has not. What a page of one case or client only names may
    be missing there."""
    await agency.service.app.state.parts.reads.write()
    query = select(RecordShownRow)
    kept: dict[str, set[str | None]] = defaultdict(set)
    for each in await agency.database.read(rows, query):
        kept[each.read_id] |= {each.case_id, each.client_id}
    return [
        (route, shown)
        for route, read, shown in agency.shown
        if not kept[read]
        or ("{" not in route and not {agency.marks[e] for e in shown} <= kept[read])
    ]


async def send(agency, person, method, asked):
    body = (
        {"data" if asked.form else "json": asked.body} if asked.body is not None else {}
    )
    if asked.text is not None:
        body = {"content": asked.text}
    async with agency.service.calls(PEOPLE[person]) as http:
        return await http.request(method, asked.path, headers=asked.headers, **body)


FURTHEST = (401, 404, 409, 412, 422, 403, 204, 200)


async def heard(agency, person):
    """Of every message, the status with which this person gets furthest."""
    found: dict[str, int] = {}
    for lifecycle in LIFECYCLES.values():
        kind = lifecycle.path.strip("/")
        path = f"/{kind}/{agency.ids[kind]}"
        answer = await agency.service.get(PEOPLE[person], path)
        for make in STAGES[kind] if answer.is_success else (partial(shared, kind),):
            case, has_ended = await make(agency, person), False
            is_out = False
            for message, body in messages_of(agency, lifecycle):
                if has_ended and not (message.takes_up and not is_out):
                    case, has_ended = await make(agency, person), False
                asked = Asked(f"/{kind}/{case}/messages/{message.name}", body)
                status = await settled(agency, person, asked)
                # Whoever recuses themself hears no more of that case.
                is_out = message.name == "recuse"
                has_ended = (message.ends or is_out) and status == 200
                route = f"POST /{kind}/{{case_id}}/messages/{message.name}"
                found[route] = max(found.get(route, 401), status, key=FURTHEST.index)
    return {route: str(status) for route, status in found.items()}


async def shared(kind, agency, person):
    """Nobody changes a case they do not see."""
    return agency.ids[kind]


async def settled(agency, person, asked):
    """On a busy machine a message is left, and heard a little later."""
    answer = await send(agency, person, "POST", asked)
    if answer.status_code != 202:
        return 200 if answer.is_success else answer.status_code

    async def outcome():
        later = await agency.service.get(PEOPLE[person], answer.headers["Location"])
        return later.json()["outcome"]

    async def is_heard():
        return await outcome() != "recorded"

    await until(is_heard)
    return 200 if await outcome() == "applied" else 409


# -- the table --------------------------------------------------------------------------------------------------------


def compare(file, table: list[list[str]], *, update):
    lines = [_line(["", *PEOPLE]), *map(_line, table)]
    if update:
        file.write_text("".join(f"{line}\n" for line in lines))
    assert lines == file.read_text().splitlines()


def _line(cells):
    first, *others = cells
    return (first.ljust(WIDTH) + "".join(each.ljust(13) for each in others)).rstrip()


def rows_of(file):
    return [" ".join(line.split()[:2]) for line in file.read_text().splitlines()[1:]]
