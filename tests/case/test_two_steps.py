"""A lifecycle made up for this test runs through worker, records and the Temporal UI without any other file knowing it.

It took one folder (tests/case/two_steps) and one line (TWO_STEPS in LIFECYCLES, which the fixture adds): `policy.py` with its file of
a pack, `lifecycle.py` with its state, messages and entry, the 12 lines of `workflow.py`, and the four files of a pack.
"""

import re
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
import pytest_asyncio
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import TypedSearchAttributes
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner

from cli.policy import app
from tests.case.two_steps.lifecycle import TWO_STEPS, Question
from tests.case.two_steps.policy import TwoStepsPolicy
from tests.waiting import until
from tests.workflows.conftest import KEYS, Agency, binary, running_agency
from throughcare.case.clock import Limit
from throughcare.case.duty import Basis, DutyStatus
from throughcare.case.parts import PackRef
from throughcare.case.refusals import Allowed
from throughcare.case.seats import Actor, Capacity, HeldSeat
from throughcare.case.wire import (
    Answer,
    CaseSettled,
    Envelope,
    OpenCase,
    RecordedDuty,
    Refusal,
    workflow_id,
)
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.packs.pack import Pack
from throughcare.packs.reading import digest, load_pack
from throughcare.packs.yamlfile import BadFile
from throughcare.store.directory import agency as agency_of
from throughcare.store.packs import adopt, pack_by_digest
from throughcare.store.rows import one_row, rows
from throughcare.store.tables import CaseRow, DutyRow, NoticeRow
from throughcare.temporal.client import (
    CASE_KIND,
    DUE_AT,
    LEVEL,
    OVERDUE,
    PACK_VERSION,
    SEAT_ROLES,
    STEP,
    TASK_QUEUE,
)
from throughcare.temporal.codec import data_converter, operator_text
from throughcare.temporal.starting import search_attributes
from throughcare.usecases.reconciliation import Reconciliation

PACK = Path(__file__).parent / "two_steps" / "policies" / "two-steps"
COORDINATOR, SUPERVISOR = "coordinator-1", "coordinator-supervisor-1"
SUMMARIZED = (
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
)


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    LIFECYCLES[TWO_STEPS.kind] = TWO_STEPS
    yield
    del LIFECYCLES[TWO_STEPS.kind]


@pytest.fixture(scope="module")
def pack(registered: None) -> Pack:
    return load_pack(PACK)


@pytest_asyncio.fixture(scope="module")
async def agency(
    pack: Pack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Agency]:
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"), data_converter=data_converter(KEYS)
    )
    folder = tmp_path_factory.mktemp("two-steps")
    async with env, running_agency(env, pack, folder, saving=False) as here:
        await here.database.write(adopt, pack, datetime.now(UTC))
        yield here


class Asked:
    """One question, as a client of Temporal and a reader of the tables sees it."""

    def __init__(
        self, agency: Agency, case_id: str, handle: WorkflowHandle[object, CaseSettled]
    ) -> None:
        self.agency = agency
        self.id = case_id
        self.handle = handle

    async def say(self, name: str, seat: str, **facts: str) -> Answer:
        envelope = Envelope.model_validate(
            {
                "name": name,
                "message_id": secrets.token_hex(8),
                "actor": Actor(
                    person=f"person in {seat}",
                    seats=(HeldSeat(seat=seat, capacity=Capacity.holder),),
                ),
                "received_at": datetime.now(UTC),
                "facts": facts,
            }
        )
        answer: Answer = await self.handle.execute_update(
            name, envelope, result_type=Answer
        )
        return answer

    async def row(self) -> CaseRow | None:
        mine = select(CaseRow).where(CaseRow.id == self.id)
        return await self.agency.database.read(one_row, mine)

    async def duties(self) -> dict[str, DutyRow]:
        mine = select(DutyRow).where(DutyRow.case_id == self.id)
        duties = await self.agency.database.read(rows, mine)
        return {duty.act: duty for duty in duties}

    async def entries(self) -> list[str]:
        return [entry.kind for entry in await self.agency.timeline(self.id)]

    async def notices(self) -> list[tuple[str, str]]:
        mine = select(NoticeRow).where(NoticeRow.case_id == self.id)
        found = await self.agency.database.read(rows, mine)
        return sorted((row.kind, row.delivery) for row in found)

    def mails(self) -> str:
        """What its e-mails say."""
        letters = sorted(self.agency.mailbox.glob(f"*{self.id[-6:]}*"))
        return "\n".join(letter.read_text() for letter in letters)

    async def attributes(self) -> TypedSearchAttributes:
        return (await self.handle.describe()).typed_search_attributes

    async def summaries(self) -> str:
        """Of its timers and activities, in their order."""
        history = await self.handle.fetch_history()
        return "\n".join(
            event.user_metadata.summary.data.decode()
            for event in history.events
            if event.event_type in SUMMARIZED
        )

    async def is_at(self, step: str) -> None:
        async def shown() -> bool:
            row = await self.row()
            attributes = await self.attributes()
            return row is not None and row.step == step == attributes.get(STEP)

        await until(shown)

    async def has_sent(self, *kinds: str) -> None:
        wanted = sorted((kind, "delivered") for kind in kinds)

        async def sent() -> bool:
            return await self.notices() == wanted

        await until(sent)

    async def differences(self) -> tuple[object, ...]:
        check = Reconciliation(
            self.agency.client, self.agency.database, lambda: datetime.now(UTC)
        )
        return (await check.run(f"check of {self.id}", [self.id])).left


async def ask(agency: Agency, pack: Pack, policy: TwoStepsPolicy) -> Asked:
    here = await agency.database.read(agency_of)
    header, case_id = pack.header, secrets.token_hex(8)
    opening = OpenCase[Question](
        kind=TWO_STEPS.kind,
        case_id=case_id,
        agency=here.id,
        calendar=here.calendar,
        pack=PackRef(id=header.id, version=header.version, digest=digest(pack)),
        opened_by="alder",
        received_at=datetime.now(UTC),
        about=Question(policy=policy, asked_from=COORDINATOR, question="May she?"),
    )
    handle = await agency.client.start_workflow(
        TWO_STEPS.workflow,
        TWO_STEPS.run(opening=opening),
        id=workflow_id(TWO_STEPS.kind, case_id),
        task_queue=TASK_QUEUE,
        result_type=CaseSettled,
        search_attributes=search_attributes(opening),
        static_summary=operator_text(TWO_STEPS.summary(opening)),
    )
    return Asked(agency, case_id, handle)


def allowed_in(row: CaseRow) -> list[str]:
    return [Allowed.model_validate(each).message for each in row.allowed]


@pytest.fixture
def policy(pack: Pack) -> TwoStepsPolicy:
    found = pack.policy(TwoStepsPolicy)
    assert found is not None
    return found


async def test_it_is_on_record_and_its_messages_move_it(
    agency: Agency, pack: Pack, policy: TwoStepsPolicy
) -> None:
    case = await ask(agency, pack, policy)
    await case.is_at("answer")

    await case.say("answered", COORDINATOR, answer="She may.")
    row, duties = await case.row(), await case.duties()

    assert row is not None
    assert (row.kind, row.status, row.step, row.level) == (
        "two-steps",
        "open",
        "check",
        2,
    )
    assert row.step_title == "The check"
    assert row.facts == {"question": "May she?", "answer": "She may."}
    assert allowed_in(row) == ["checked", "correct_entry"]
    assert {act: duty.status for act, duty in duties.items()} == {
        "answer": DutyStatus.met,
        "check": DutyStatus.open,
    }
    recorded = RecordedDuty.model_validate(duties["check"].body)
    assert (recorded.answers, recorded.answered_from) == (("checked",), (SUPERVISOR,))
    assert row.due_at == duties["check"].due_at
    assert await case.entries() == ["opened", "rung_begun", "answered", "rung_begun"]
    await case.has_sent("asked", "asked")
    assert await case.differences() == ()

    await case.say("checked", SUPERVISOR)

    settled = await case.handle.result()
    assert (settled.status, settled.step, settled.level) == ("checked", "check", 2)
    await case.has_sent("asked", "asked", "checked")
    assert f"{agency.settings.public_url}/two-steps/{case.id}" in case.mails()
    assert await case.differences() == ()


async def test_operators_see_where_it_stands_and_what_its_clocks_are_for(
    agency: Agency, pack: Pack, policy: TwoStepsPolicy
) -> None:
    case = await ask(agency, pack, policy)
    await case.is_at("answer")

    shown = await case.attributes()
    details = repr(await case.handle.query("__temporal_workflow_metadata"))

    assert shown[CASE_KIND] == "two-steps"
    assert shown[PACK_VERSION] == "two-steps v1"
    assert (shown[STEP], shown[LEVEL], shown[OVERDUE]) == ("answer", 1, False)
    assert shown[SEAT_ROLES] == ["coordinator"]
    assert shown[DUE_AT] == (await case.duties())["answer"].due_at
    assert "The answer" in details
    assert "TS-1 | Answer the question | Care Coordinator" in details
    assert await (await case.handle.describe()).static_summary() == "A question"
    await case.has_sent("asked")
    assert (
        "answer limit (agency setting): Answer the question (TS-1)"
        in await case.summaries()
    )


async def test_the_end_of_a_limit_moves_it_on(
    agency: Agency, pack: Pack, policy: TwoStepsPolicy
) -> None:
    first, second = policy.steps
    short = Limit(within="PT1S", basis=Basis.agency)
    hurried = policy.model_copy(
        update={"steps": (first.model_copy(update={"limit": short}), second)}
    )
    case = await ask(agency, pack, hurried)
    await case.is_at("check")

    duties = await case.duties()
    assert duties["answer"].status == DutyStatus.missed
    assert duties["check"].status == DutyStatus.open
    assert await case.entries() == [
        "opened",
        "rung_begun",
        "missed",
        "lapsed",
        "rung_begun",
    ]
    assert (await case.attributes())[OVERDUE] is True
    assert "check reminder: Check the answer (TS-2)" in await case.summaries()
    await case.has_sent("asked", "asked")
    assert await case.differences() == ()


async def test_a_message_that_is_not_its_turn_is_refused_with_what_is(
    agency: Agency, pack: Pack, policy: TwoStepsPolicy
) -> None:
    case = await ask(agency, pack, policy)
    await case.is_at("answer")

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await case.say("checked", SUPERVISOR)

    assert isinstance(failed.value.cause, ApplicationError)
    refusal = Refusal.model_validate(failed.value.cause.details[0])
    assert refusal.kind == "OutOfOrder"
    assert [each.message for each in refusal.allowed] == ["answered", "correct_entry"]


async def test_its_pack_is_adopted_with_its_policy(agency: Agency, pack: Pack) -> None:
    assert await agency.database.read(pack_by_digest, digest(pack)) == pack


def test_its_policy_is_checked_and_drawn_by_the_command_line() -> None:
    run = CliRunner(env={"THROUGHCARE_POLICIES": str(PACK.parent)})

    checked, drawn = run.invoke(app, ["check"]), run.invoke(app, ["show", "two-steps"])

    said = "two-steps: version 1, 3 clauses, a question in two steps, digest "
    # What the worker of the tests before logs meanwhile may stand between.
    assert said in checked.stdout
    flowchart = 'flowchart TD\n  answer["The answer"] --> check["The check"]\n'
    assert flowchart in drawn.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "two-steps.yaml",
            "TS-2",
            "TS-3",
            "'TS-3' is no clause; write TS-2 or TS-1 or TS-0, or add it to clauses.yaml",
        ),
        (
            "two-steps.yaml",
            "holder: supervisor",
            "holder: superviser",
            "'superviser' is no role; write supervisor, or define it under roles",
        ),
        ("notices.yaml", "  asked:", "  reopened:", "the text of asked is missing"),
    ],
    ids=["an unknown clause", "an unknown role", "a missing text"],
)
def test_a_mistake_in_its_policy_is_refused(
    tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    folder = copytree(PACK, tmp_path / "two-steps")
    text = (folder / file).read_text()
    (folder / file).write_text(text.replace(old, new, 1))

    with pytest.raises(BadFile, match=re.escape(says)):
        load_pack(folder)
