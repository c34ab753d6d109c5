"""`throughcare records`, as a process of its own: what it prints, what it leaves, and its exit status."""

import asyncio
import os
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from temporalio.testing import WorkflowEnvironment

from tests.databases import set_columns
from tests.samples import case_record
from tests.waiting import until
from tests.workflows.conftest import Agency, binary, running_agency
from tests.workflows.intakes import open_intake
from throughcare.packs.reading import load_pack
from throughcare.store.database import Database
from throughcare.store.differences import Compared, Kind
from throughcare.store.records import apply_record
from throughcare.store.rows import rows
from throughcare.store.tables import CaseRow, DutyRow, RecordCheckRow
from throughcare.temporal.codec import data_converter
from throughcare.temporal.keys import read_or_create

THROUGHCARE = Path(sysconfig.get_path("scripts"), "throughcare")
PACK = Path("policies/milwaukee-wraparound")
NOWHERE = "127.0.0.1:1"


class Said(NamedTuple):
    status: int
    out: str
    err: str


Command = Callable[..., Awaitable[Said]]


async def run(state: Path, address: str, *arguments: str) -> Said:
    """`throughcare records` with these arguments."""
    process = await asyncio.create_subprocess_exec(
        THROUGHCARE,
        "records",
        *arguments,
        env=os.environ | {"TEMPORAL_ADDRESS": address, "THROUGHCARE_STATE": str(state)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


@pytest_asyncio.fixture(scope="module")
async def agency(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Agency]:
    """A server, a worker and tables, under keys that the command finds where it looks for them."""
    folder = tmp_path_factory.mktemp("records")
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"),
        data_converter=data_converter(read_or_create(folder / "keys.json")),
    )
    async with env, running_agency(env, load_pack(PACK), folder, False) as here:
        yield here


@pytest.fixture
def records(agency: Agency) -> Command:
    address = agency.client.service_client.config.target_host
    return lambda *arguments: run(agency.settings.state, address, *arguments)


async def opened(agency: Agency) -> str:
    """The id of a new case, once its notices are out."""
    case = await agency.open("A")

    async def has_told() -> bool:
        return len(await case.mails()) >= 2

    await until(has_told)
    return (await case.state()).case_id


async def change_status(database: Database, case_id: str) -> None:
    mine = (DutyRow.case_id == case_id, DutyRow.act == "meeting")
    met = update(DutyRow).where(*mine).values(status="met")
    await database.write(lambda connection: connection.execute(met))


async def test_where_nothing_differs_it_says_how_many_were_looked_at(
    agency: Agency, records: Command
) -> None:
    case_id = await opened(agency)

    said = await records("check", "--timers", "--case", case_id)

    assert said == (
        0,
        "1 case looked at: 0 differ, 0 mended, 0 unreachable.\n",
        "",
    )


async def test_what_differs_is_a_line_and_exit_status_one_until_it_is_rebuilt(
    agency: Agency, records: Command
) -> None:
    case_id = await opened(agency)
    await change_status(agency.database, case_id)
    line = (
        f"{case_id}  changed  duties A1:CR-A-1:meeting:care-coordinator  "
        "status: met here, open in the workflow"
    )
    summary = "looked at: 1 differ, {} mended, 0 unreachable."

    found = await records("check")
    rebuilt = await records("rebuild")
    again = await records("check")

    assert (found.status, found.err) == (1, "")
    assert line in found.out.splitlines()
    assert summary.format(0) in found.out
    assert (rebuilt.status, rebuilt.err) == (0, "")
    assert f"{line} (mended)" in rebuilt.out.splitlines()
    assert summary.format(1) in rebuilt.out
    assert again.status == 0
    last_first = select(RecordCheckRow).order_by(RecordCheckRow.started_at.desc())
    left = await agency.database.read(rows, last_first.limit(3))
    assert [(row.different, row.mended) for row in left] == [(0, 0), (1, 1), (1, 0)]


async def test_an_intake_that_differs_is_shown_and_rebuilt(
    agency: Agency, records: Command
) -> None:
    case = await open_intake(agency)

    async def has_told() -> bool:
        return bool(await case.mails())

    await until(has_told)
    await agency.database.write(set_columns, CaseRow, case.id, step="elsewhere")

    found = await records("check", "--timers", "--case", case.id)
    rebuilt = await records("rebuild", "--case", case.id)
    again = await records("check", "--timers", "--case", case.id)

    line = f"{case.id}  changed  cases  step: elsewhere here, screening in the workflow"
    assert (found.status, rebuilt.status, again.status) == (1, 0, 0)
    assert line in found.out.splitlines()
    assert f"{line} (mended)" in rebuilt.out.splitlines()


async def test_a_program_reads_the_same_as_json(
    agency: Agency, records: Command
) -> None:
    case_id = await opened(agency)
    await change_status(agency.database, case_id)

    said = await records("rebuild", "--json", "--case", case_id)

    compared = Compared.model_validate_json(said.out)
    assert (compared.cases, compared.different, compared.mended) == (1, 1, 1)
    (difference,) = compared.differences
    assert (difference.case, difference.columns) == (case_id, ("status",))


async def test_all_writes_what_does_not_differ_as_well(
    agency: Agency, records: Command
) -> None:
    case_id = await opened(agency)
    # Of an open case nobody compares it.
    await agency.database.write(set_columns, CaseRow, case_id, carried={"a": 1})

    said = await records("rebuild", "--all", "--case", case_id)

    assert said.out == "1 case looked at: 0 differ, 0 mended, 0 unreachable.\n"
    mine = select(CaseRow.carried).where(CaseRow.id == case_id)
    left = await agency.database.read(lambda connection: connection.scalars(mine).all())
    (kept,) = left
    assert isinstance(kept, str), "all of an open case, for it to be begun again"
    assert case_id in kept


async def test_a_closed_case_without_a_history_is_said_to_be_beyond_rebuilding(
    agency: Agency, records: Command
) -> None:
    closed = case_record(case_id="old", closed_at=datetime.now(UTC))
    await agency.database.write(apply_record, closed)

    said = await records("rebuild", "--case", "old")

    assert said.status == 0
    assert said.out.startswith(
        "old  no_history  closed, and its history is gone: it cannot be rebuilt"
    )
    everything = await records("check", "--closed", "--json")
    assert Kind.no_history in {
        each.kind for each in Compared.model_validate_json(everything.out).differences
    }


async def test_a_case_that_nobody_knows_is_said_to_be_so(records: Command) -> None:
    said = await records("check", "--case", "nonsense")

    assert said.status == 1
    assert "neither the tables nor Temporal know it" in said.out


async def test_what_keeps_it_from_comparing_is_one_line_and_exit_status_two(
    agency: Agency, tmp_path: Path
) -> None:
    address = agency.client.service_client.config.target_host
    without_keys = await run(tmp_path, address, "check")
    assert not os.listdir(tmp_path)
    read_or_create(tmp_path / "keys.json")
    without_tables = await run(tmp_path, address, "check")
    without_temporal = await run(tmp_path, NOWHERE, "check")

    for said, words in (
        (without_keys, "keys.json cannot be used: No such file"),
        (without_tables, "The database cannot be used: no such table"),
        (without_temporal, "Temporal cannot be reached. TEMPORAL_ADDRESS"),
    ):
        assert (said.status, said.out) == (2, "")
        assert words in said.err
        assert said.err.count("\n") == 1
