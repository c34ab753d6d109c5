"""`throughcare intake import`, as a process of its own, on a real Temporal server with a worker."""

import asyncio
import os
import sysconfig
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from tests.caseloads import as_csv, people, person
from tests.databases import set_columns
from tests.waiting import until
from tests.workflows.conftest import Agency, binary, running_agency
from throughcare.case.duty import Duty, DutyStatus
from throughcare.case.entry import Entry
from throughcare.case.seats import Capacity
from throughcare.packs.reading import load_pack
from throughcare.store.client_cases import known_of
from throughcare.store.clients import add_client
from throughcare.store.identity import Identity
from throughcare.store.packs import adopt
from throughcare.store.rows import rows
from throughcare.store.tables import (
    AgencyRow,
    Base,
    CaseRow,
    ClientRow,
    DutyRow,
    EntryRow,
    MessageRow,
    NoticeRow,
)
from throughcare.temporal.codec import data_converter
from throughcare.temporal.keys import read_or_create

THROUGHCARE = Path(sysconfig.get_path("scripts"), "throughcare")
NOWHERE = "127.0.0.1:1"
A_WHILE = 60.0


class Said(NamedTuple):
    status: int
    out: list[str]
    err: str


class Importing:
    """The agency, and the command that brings a file into it."""

    def __init__(self, agency: Agency, folder: Path) -> None:
        self.agency = agency
        self.folder = folder

    async def begin(
        self, rows: list[dict[str, str]], *arguments: str, address: str | None = None
    ) -> asyncio.subprocess.Process:
        file = self.folder / "caseload.csv"
        file.write_text(as_csv(rows), encoding="utf-8-sig", newline="")
        server = self.agency.client.service_client.config.target_host
        return await asyncio.create_subprocess_exec(
            THROUGHCARE,
            "intake",
            "import",
            file,
            *arguments,
            env=os.environ
            | {
                "TEMPORAL_ADDRESS": address or server,
                "THROUGHCARE_STATE": str(self.agency.settings.state),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(
        self, rows: list[dict[str, str]], *arguments: str, address: str | None = None
    ) -> Said:
        process = await self.begin(rows, *arguments, address=address)
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode().splitlines(), err.decode())

    async def count(self, table: type[Base]) -> int:
        return len(await self.agency.database.read(rows, select(table)))

    async def heard(self, references: set[str]) -> dict[str, set[str]]:
        """Per person, by the agency's own id, what their case has heard. A case that is not on record is left out."""
        ids = await self.cases(references)
        database = self.agency.database
        on_record = {case.id for case in await database.read(rows, select(CaseRow))}
        applied = select(MessageRow).where(MessageRow.applied)
        heard: dict[str, set[str]] = {}
        for message in await database.read(rows, applied):
            heard.setdefault(message.case_id, set()).add(message.name)
        return {
            reference: heard.get(case_id, set())
            for reference, case_id in ids.items()
            if case_id in on_record
        }

    async def cases(self, references: set[str]) -> dict[str, str]:
        clients = await self.agency.database.read(rows, select(ClientRow))
        found = [
            (str(reference), client.id)
            for client in clients
            for reference in client.references
            if reference in references
        ]
        assert len({reference for reference, _ in found}) == len(found)
        return dict(found)

    async def case(self, reference: str) -> CaseRow:
        (case_id,) = (await self.cases({reference})).values()
        mine = select(CaseRow).where(CaseRow.id == case_id)
        (case,) = await self.agency.database.read(rows, mine)
        return case

    async def duties(self, reference: str) -> dict[str, Duty]:
        """The duties of one person's case, by their act."""
        (case_id,) = (await self.cases({reference})).values()
        mine = select(DutyRow).where(DutyRow.case_id == case_id)
        found = await self.agency.database.read(rows, mine)
        duties = [Duty.model_validate(row.body) for row in found]
        return {duty.act: duty for duty in duties}

    async def until_heard(self, rows: list[dict[str, str]]) -> None:
        """Until every case is on record with all that its row says."""
        wanted = {row["reference"]: steps(row) for row in rows}

        async def is_heard() -> bool:
            return await self.heard(set(wanted)) == wanted

        await until(is_heard, A_WHILE)


MESSAGES = {
    "screened_at": "screened",
    "consents_at": "consents_received",
    "reviewed_at": "intake_reviewed",
    "assigned_at": "coordinator_assigned",
    "contacted_at": "client_contacted",
    "plan_filed_at": "initial_plan_filed",
}


def steps(row: dict[str, str]) -> set[str]:
    return {MESSAGES[column] for column in MESSAGES.keys() & row.keys()}


@pytest_asyncio.fixture(scope="module")
async def agency(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Agency]:
    folder = tmp_path_factory.mktemp("importing")
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"),
        data_converter=data_converter(read_or_create(folder / "keys.json")),
    )
    packs = [
        load_pack(Path("policies") / name)
        for name in ("milwaukee-wraparound", "milwaukee-cars")
    ]
    async with env, running_agency(env, packs[0], folder, False) as here:
        for pack in packs:
            await here.database.write(adopt, pack, datetime.now(UTC))
        await here.database.write(
            set_columns,
            AgencyRow,
            "wraparound-milwaukee",
            packs=[pack.header.id for pack in packs],
        )
        yield here


@pytest.fixture
def importing(agency: Agency, tmp_path: Path) -> Importing:
    return Importing(agency, tmp_path)


BROKEN = (
    ("born_on", "13/02/1985", "write 1985-03-02"),
    ("language", "sp", "write its code"),
    ("phone", "call me", "write the digits"),
    ("email", "nobody at home", "write USER@DOMAIN"),
    ("name", "", "this is missing"),
    ("program", "carz", "programs are: cars"),
    ("referred_at", "2999-05-05", "lies in the future"),
    ("reference", "A-00001", "row 3 has the same"),
)


async def test_forty_mistakes_among_two_thousand_people_are_told_and_nobody_is_brought_in(
    importing: Importing,
) -> None:
    known = Identity(name="Client Demo-Known", phone="414 555 9999")
    at = datetime.now(UTC)
    database = importing.agency.database
    await database.write(add_client, "known-client", known, by="aspen", at=at)
    rows, planted = people(2000), defaultdict[tuple[str, str], list[int]](list)
    for number, (column, value, allowed) in enumerate(BROKEN * 4):
        place = 7 + number * 49
        changed: dict[str, Any] = {column: value}
        rows[place] = person(place, **changed)
        planted[column, allowed].append(place + 2)
    for place in range(1700, 1708):
        rows[place] = person(place, phone="(414) 555-9999")
        why = "client known-client may be the same person (same phone)"
        planted["phone", why].append(place + 2)
    before = await importing.count(ClientRow)

    said = await importing(rows, "--dry-run")

    assert (said.status, len(said.out)) == (2, len(BROKEN) + 1)
    for line, ((column, allowed), places) in zip(
        said.out, planted.items(), strict=True
    ):
        assert line.startswith(f"rows {', '.join(map(str, places))}, {column}: "), line
        assert allowed in line
    assert said.err == "40 problems in 40 rows; nobody is brought in.\n"
    assert await importing.count(ClientRow) == before
    assert await importing.count(CaseRow) == 0


async def test_while_one_row_has_a_problem_nobody_is_brought_in_and_without_it_all_are(
    importing: Importing,
) -> None:
    rows = people(30)
    broken = person(30, email="none")

    refused = await importing([*rows, broken], "--by", "aspen")
    nobody = await importing.cases({row["reference"] for row in rows})
    would_be = await importing([*rows, broken], "--dry-run", "--exclude", "32")
    done = await importing([*rows, broken], "--exclude", "32", "--by", "aspen")
    await importing.until_heard(rows)
    again = await importing([*rows, broken], "--exclude", "32", "--by", "aspen")

    assert (refused.status, nobody) == (2, {})
    assert refused.out == [
        "row 32, email: mail cannot be sent to this address; write USER@DOMAIN"
    ]
    assert would_be.out == [
        "30 people would be brought in, 0 here already, 1 excluded."
    ]
    assert (done.status, done.out) == (
        0,
        ["30 people brought in, 0 here already, 1 excluded."],
    )
    assert again.out == ["0 people brought in, 30 here already, 1 excluded."]
    assert await importing.count(NoticeRow) == 0


async def test_clocks_begin_with_the_dates_in_the_file_and_what_was_done_in_time_is_met(
    importing: Importing,
) -> None:
    planned = person(105, stage=5)
    reached_late = person(106, stage=5, contacted_at="2026-08-01")
    unplanned = person(107, stage=4)

    await importing([planned, reached_late, unplanned], "--by", "hawthorn")
    await importing.until_heard([planned, reached_late, unplanned])

    duties = await importing.duties(planned["reference"])
    for act in ("client_contact", "initial_plan"):
        met = duties[act]
        assert (met.status, met.entered_late) == (DutyStatus.met, True)
    assert duties["initial_plan"].opened_at.date().isoformat() == planned["assigned_at"]
    late = (await importing.duties(reached_late["reference"]))["client_contact"]
    assert late.status is DutyStatus.met_late
    missed = await importing.duties(unplanned["reference"])
    assert missed["initial_plan"].status is DutyStatus.missed
    assert "follow_up" not in missed
    assert missed["agency_choice"].status is DutyStatus.open
    assert await importing.count(NoticeRow) == 0


async def test_a_case_that_was_brought_in_says_who_the_worker_is_and_where_it_comes_from(
    importing: Importing,
) -> None:
    row = person(110, stage=5)

    await importing([row], "--by", "aspen")
    await importing.until_heard([row])

    case = await importing.case(row["reference"])
    assert (case.client_id, case.opened_by) == (case.id, "aspen")
    known = known_of(case)
    assert known.assignment and known.assignment.seat == row["worker_seat"]
    assert known.plan and known.plan.reference == row["plan_reference"]
    mine = select(EntryRow).where(EntryRow.case_id == case.id)
    found = await importing.agency.database.read(rows, mine)
    entries = [Entry.model_validate(each.body) for each in found]
    (reviewed,) = [each for each in entries if each.kind == "intake_reviewed"]
    assert reviewed.capacity is Capacity.imported
    assert reviewed.text.endswith("Taken over from the agency's own record.")


async def test_cut_off_it_goes_on_where_it_stopped_and_makes_nobody_twice(
    importing: Importing,
) -> None:
    rows = [person(200 + number, stage=number % 6) for number in range(60)]
    before = await importing.count(ClientRow)

    process = await importing.begin(rows, "--by", "aspen")

    async def some_are_in() -> bool:
        return await importing.count(ClientRow) > before

    await until(some_are_in, A_WHILE)
    process.kill()
    await process.communicate()
    some = await importing.count(ClientRow) - before
    on = await importing(rows, "--by", "aspen")
    await importing.until_heard(rows)

    assert 0 < some < 60
    assert on.status == 0
    assert await importing.count(ClientRow) == before + 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say who brings them in: --by PERSON."),
        (("--by", "beech"), "seat of Central Intake Unit or Recovery Support Superv"),
        (("--by", "nobody"), "The directory has no person 'nobody'."),
        (("--exclude", "two"), "--exclude takes numbers of rows"),
    ],
    ids=["nobody named", "no seat for it", "no such person", "no number"],
)
async def test_what_keeps_it_from_bringing_anybody_in_is_a_line_and_exit_status_two(
    importing: Importing, arguments: tuple[str, ...], said: str
) -> None:
    refused = await importing([person(300)], *arguments)

    assert (refused.status, refused.out) == (2, [])
    assert said in refused.err
    assert refused.err.count("\n") == 1
    assert await importing.cases({"A-00300"}) == {}


async def test_without_temporal_it_says_so_and_nobody_is_made_without_a_case(
    importing: Importing,
) -> None:
    away = await importing([person(301)], "--by", "aspen", address=NOWHERE)

    assert (away.status, away.out) == (2, [])
    assert "Temporal cannot be reached" in away.err
    assert await importing.cases({"A-00301"}) == {}


async def test_a_file_that_is_no_text_is_refused(
    importing: Importing, tmp_path: Path
) -> None:
    path = tmp_path / "caseload.xlsx"
    path.write_bytes(b"PK\x03\x04\xff\xfe")

    process = await asyncio.create_subprocess_exec(
        THROUGHCARE,
        "intake",
        "import",
        path,
        env=os.environ | {"THROUGHCARE_STATE": str(importing.agency.settings.state)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()

    assert process.returncode == 2
    assert b"save it as CSV in UTF-8" in err
