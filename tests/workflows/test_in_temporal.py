"""What the real Temporal server keeps of a conflict, and what operators see there."""

import secrets
from typing import TYPE_CHECKING

from temporalio.api.enums.v1 import EventType
from temporalio.common import TypedSearchAttributes

from tests.waiting import until
from throughcare.case.wire import NoticesSettled
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.temporal.client import (
    LEVEL,
    OVERDUE,
    SEAT_ROLES,
    STEP,
)
from throughcare.temporal.reporting import CaseReporter

if TYPE_CHECKING:
    from tests.workflows.conftest import Agency

TIMER_STARTED = EventType.EVENT_TYPE_TIMER_STARTED
RECORDED = EventType.EVENT_TYPE_MARKER_RECORDED
CC, HSW = "care-coordinator", "human-service-worker"


async def test_a_refused_message_leaves_no_event_in_history(live: "Agency") -> None:
    case = await live.open("A")
    await case.state()
    before = (await case.handle.describe()).history_length

    refusal = await case.refusal("contact_made", CC)

    assert refusal.kind == "OutOfOrder"
    assert "meeting_held" in {each.message for each in refusal.allowed}
    assert (await case.handle.describe()).history_length == before


async def test_every_timer_and_letter_names_its_clause_and_seats(
    live: "Agency",
) -> None:
    case = await live.open("A")

    async def summaries(kind: int) -> list[str]:
        history = await case.handle.fetch_history()
        return [
            event.user_metadata.summary.data.decode()
            for event in history.events
            if event.event_type == kind
        ]

    async def are_there() -> bool:
        return bool(await summaries(TIMER_STARTED))

    await until(are_there)
    (timer,) = await summaries(TIMER_STARTED)
    (record,) = [each for each in await summaries(RECORDED) if "record" in each]
    for summary in (timer, record):
        assert "CR-A-1" in summary
        assert "Care Coordinator" in summary
    assert "A1 opened: Human Service Worker (CR-A-1)" in record


async def test_search_attributes_and_details_say_where_the_case_stands(
    live: "Agency",
) -> None:
    case = await live.open("A")

    async def attributes() -> TypedSearchAttributes:
        return (await case.handle.describe()).typed_search_attributes

    async def are_there() -> bool:
        return (await attributes()).get(STEP) is not None

    await until(are_there)
    shown = await attributes()
    assert shown[STEP] == "A1"
    assert shown[LEVEL] == 1
    assert shown[OVERDUE] is False
    assert set(shown[SEAT_ROLES]) == {CC, HSW}


async def test_continuing_as_new_loses_no_message_clock_or_answer(
    live: "Agency",
) -> None:
    case = await live.open("A")
    due_at = (await case.state()).due_at
    facts: dict[str, object] = {"kind": "policy"}
    first = await case.envelope(
        "violation_identified", "coordinator-1", facts, secrets.token_hex(8)
    )
    await case.handle.execute_update("violation_identified", first)
    for _ in range(12):
        await case.say("violation_identified", HSW, kind="policy")
        await case.say("violation_reported", HSW, recipient="provider-network")

    async def has_a_new_run() -> bool:
        info = (await case.handle.describe()).raw_description.workflow_execution_info
        return bool(info.execution.run_id != info.first_run_id)

    await until(has_a_new_run)
    state = await case.state()
    assert state.due_at == due_at
    assert len(await case.said("violation_reported")) >= 12
    again = await case.handle.execute_update("violation_identified", first)
    assert again["message_id"] == first.message_id
    assert len(await case.said("violation_identified")) == 13
    await case.say("meeting_held", CC, attendees=await case.seats(CC, HSW))
    await case.say("agreement_reached", CC)
    await case.say("agreement_reached", HSW)
    assert (await case.result()).status == ConflictStatus.agreed


async def test_a_case_that_is_over_needs_no_word_of_its_notices(live: "Agency") -> None:
    case = await live.open("A")
    await case.say("withdraw", CC, reason="by mistake")
    await case.result()
    reporter = CaseReporter(live.client)

    for gone in (case.id, "never-was"):
        await reporter.tell("conflict", gone, NoticesSettled(outcomes=()))
