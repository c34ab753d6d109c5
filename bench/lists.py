"""My duties and the case list with 20,000 open cases: over HTTP, against bare SQL of the same rows."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert

from bench.callers import Line, milliseconds
from bench.conflicts import People, handle
from bench.figures import Bar, Row, percentile
from bench.machine import Meter
from bench.plan import Plan
from bench.stacks import Product, product
from throughcare.case.notice import Notice
from throughcare.case.seats import Seated
from throughcare.case.wire import CaseRecord
from throughcare.store.apikeys import issue_key
from throughcare.store.database import open_database
from throughcare.store.records import apply_record
from throughcare.store.tables import PersonRow, ReportsToRow, SeatRow
from throughcare.usecases.ids import new_id

CASES_OF_A_TEAM = 100
PAGE = 50
"""What the API shows at once, where nobody asks for more."""

BATCH = 200

MY_DUTIES = f"""
    SELECT d.* FROM duties d
    WHERE (d.case_id, d.id) IN (SELECT case_id, duty_id FROM duty_holders WHERE seat_id = :seat AND open)
      AND d.status IN ('open', 'missed')
    ORDER BY coalesce(d.due_at, '9999-12-31'), d.case_id, d.id LIMIT {PAGE}
"""

MY_CASES = f"""
    SELECT c.* FROM cases c
    WHERE c.id IN (SELECT case_id FROM case_seats WHERE seat_id = :seat AND on_side)
    ORDER BY c.opened_at DESC, c.id DESC LIMIT {PAGE}
"""

ALL_CASES = f"SELECT * FROM cases ORDER BY opened_at DESC, id DESC LIMIT {PAGE}"


@dataclass(frozen=True)
class Asked:
    """The same rows, asked for both ways."""

    name: str
    path: str
    key: str
    statement: str
    seat: str = ""


async def lists(plan: Plan) -> list[Row]:
    number = 2000 if plan.quick else 20_000
    async with product() as made:
        key = await _fill(made, number)
        quality = made.key("tamarack")
        seat = _seat(0)
        asked = [
            Asked("my duties", "/duties?mine=true", key, MY_DUTIES, seat),
            Asked("my cases", "/conflicts", key, MY_CASES, seat),
            Asked("all cases", "/conflicts", quality, ALL_CASES),
        ]
        rows = {
            each: Row(f"9 {each.name}, {number} open cases, p95", "x", Bar(3.0))
            for each in asked
        }
        line, database = made.line(), made.state / "throughcare.db"
        with closing(sqlite3.connect(database)) as opened:
            for _ in range(plan.pairs):
                for each, row in rows.items():
                    meter = Meter(made.pids)
                    bare, ours = await _timed(line, opened, each, plan.times * 3)
                    row.add(ours / bare, http_p95_ms=ours, sql_p95_ms=bare)
                    row.others.append(meter.others())
    return list(rows.values())


async def _timed(
    line: Line, database: sqlite3.Connection, asked: Asked, times: int
) -> tuple[float, float]:
    """The p95 of the statement and of the request, taken in turns, in milliseconds."""
    bare, ours = list[float](), list[float]()
    for _ in range(times):
        began = time.perf_counter()
        rows = database.execute(asked.statement, {"seat": asked.seat}).fetchall()
        bare.append(1000 * (time.perf_counter() - began))
        ours.append(await milliseconds(line.ask("GET", asked.path, asked.key)))
        if len(rows) != PAGE:
            raise RuntimeError(f"{asked.name}: {len(rows)} rows")
    answer = await line.ask("GET", asked.path, asked.key)
    items = answer.json()["items"]
    if not isinstance(items, list) or len(items) != PAGE:
        raise RuntimeError(f"{asked.name}: not the same rows")
    return percentile(bare, 0.95), percentile(ours, 0.95)


async def _fill(made: Product, number: int) -> str:
    """Open cases as a workflow records them, spread over teams of two. The key of the first team's coordinator."""
    people, client = People(made), await made.client()
    case = await people.opened("A")
    like = await handle(client, case).query("whole", result_type=CaseRecord)
    teams = number // CASES_OF_A_TEAM
    database = open_database(made.settings.database)
    try:
        key = await database.write(_add_teams, teams)
        for first in range(0, number, BATCH):
            batch = range(first, min(number, first + BATCH))
            records = [_record(like, each, each % teams) for each in batch]
            await database.write(_apply, records)
        return key
    finally:
        await database.close()


def _add_teams(connection: Connection, teams: int) -> str:
    """The key of the first team's coordinator."""
    for team in range(teams):
        _add_team(connection, team)
    return issue_key(connection, _person(0), datetime.now(UTC))


def _apply(connection: Connection, records: list[CaseRecord]) -> None:
    for record in records:
        apply_record(connection, record)


def _seat(team: int) -> str:
    return f"bench-coordinator-{team}"


def _worker_seat(team: int) -> str:
    return f"bench-worker-{team}"


def _person(team: int) -> str:
    return f"bench-alder-{team}"


def _worker(team: int) -> str:
    return f"bench-ironwood-{team}"


def _add_team(connection: Connection, team: int) -> None:
    seats = {
        _seat(team): ("care-coordinator", "willow-coordination", _person(team)),
        _worker_seat(team): ("human-service-worker", "cyfs", _worker(team)),
    }
    for seat, (role, organization, person) in seats.items():
        connection.execute(insert(PersonRow), {"id": person, "name": person})
        connection.execute(
            insert(SeatRow),
            {
                "id": seat,
                "agency_id": "wraparound-milwaukee",
                "organization_id": organization,
                "role": role,
                "program": "wraparound",
                "title": role,
                "person_id": person,
                "since_at": datetime.now(UTC),
            },
        )
    above = {"position": 0, "above_id": "coordinator-supervisor-1"}
    connection.execute(insert(ReportsToRow), {"seat_id": _seat(team)} | above)


def _record(like: CaseRecord, number: int, team: int) -> CaseRecord:
    """The same case in another team's hands, opened at another time and due at another."""
    earlier = timedelta(minutes=number % 9000)
    case_id, seats = new_id(), tuple(_moved(each, team) for each in like.seats)
    duties = [
        duty.model_copy(
            update={
                "holders": tuple(_moved(each, team) for each in duty.holders),
                "due_at": duty.due_at and duty.due_at - earlier,
            }
        )
        for duty in like.duties
    ]
    told = [each for each in seats if each.seat in (_seat(team), _worker_seat(team))]
    changed = {
        "case_id": case_id,
        "opened_by": _person(team),
        "opened_at": like.opened_at - earlier,
        "due_at": like.due_at and like.due_at - earlier,
        "seats": seats,
        "duties": tuple(duties),
        "notices": tuple(
            Notice(key=f"{case_id}:{each.seat}", kind="opened", receiver=each)
            for each in told
        ),
        "answers": (),
    }
    return like.model_copy(update=changed)


def _moved(seated: Seated, team: int) -> Seated:
    theirs = {
        "coordinator-1": (_seat(team), _person(team)),
        "human-service-worker": (_worker_seat(team), _worker(team)),
    }
    if seated.seat not in theirs:
        return seated
    seat, person = theirs[seated.seat]
    return seated.model_copy(update={"seat": seat, "person": person})
