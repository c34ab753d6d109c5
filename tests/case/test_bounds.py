"""However much is said to a case, what it carries from one run to the next stays within what Temporal takes as one payload."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.lifecycles.care_plan.walk import WORKER, agreed, teamed
from tests.lifecycles.conflict.conftest import Dispute
from throughcare.case.case import Case
from throughcare.case.casefile import KEPT_ENTRIES, ROOM
from throughcare.case.entry import EntryKind
from throughcare.case.parts import PackRef
from throughcare.case.recording import Recorder
from throughcare.case.refusals import CaseIsFull
from throughcare.case.wire import OpenCase
from throughcare.packs.reading import load_pack

MANY = 2000
LARGEST = 4000
"""Characters of one field of free text."""

PAYLOAD = 2 * 1024 * 1024
"""What Temporal takes at most, in bytes."""


def words(number: int) -> str:
    """As long as a field may be, and hardly to be compressed."""
    return Random(number).randbytes(LARGEST // 2).hex()


def recorder_of(case: Case) -> Recorder:
    opening: OpenCase[Any] = OpenCase.model_construct(  # type: ignore[call-arg]  # What it is about is not asked.
        kind=case.kind,
        case_id=case.case_id,
        agency="agency",
        calendar="calendar",
        program="program",
        pack=PackRef(id="pack", version=1, digest="0" * 12),
        opened_by="person",
        received_at=datetime(2026, 11, 1, tzinfo=UTC),
        linked=(),
    )
    return Recorder(opening, None, case)


def record(recorder: Recorder, case: Case, now: datetime) -> None:
    """As the loop does it, after every step."""
    record = recorder.next(case, (), now)
    if record:
        recorder.written(case, record)


def size(case: Case) -> int:
    return len(case.model_dump_json())


@pytest.mark.timeout(300)
def test_a_conflict_that_two_thousand_of_the_longest_corrections_come_to_goes_on():
    case = Dispute(load_pack(Path("policies/milwaukee-wraparound")), "A")
    recorder = recorder_of(case.conflict)

    for number in range(MANY):
        said: dict[str, Any] = {
            "correction": words(number),
            "note": words(-number - 1),
        }
        case.say(
            "correct_entry",
            "care-coordinator",
            entry=case.conflict.entries if number else 1,
            **said,
        )
        record(recorder, case.conflict, case.now)

    assert not case.conflict.is_full
    assert len(case.conflict.timeline) <= KEPT_ENTRIES
    assert case.conflict.entries > MANY
    assert size(case.conflict) < PAYLOAD / 4
    assert {wake.name for wake in case.conflict.wakes()} >= {"limit:A1"}
    attendees = case.seats("care-coordinator", "human-service-worker")
    case.say("meeting_held", "care-coordinator", attendees=attendees)
    case.agree("care-coordinator", "human-service-worker")
    assert case.conflict.is_closed


@pytest.mark.timeout(300)
def test_a_care_plan_whose_sections_are_written_two_thousand_times_goes_on():
    walk = agreed()
    recorder = recorder_of(walk.case)
    record(recorder, walk.case, walk.now)
    written = walk.case.latest("vision")

    for number in range(MANY):
        walk.say(
            "section_written",
            WORKER,
            section="vision",
            replaces=written.revision + number,
            content={"text": words(number)},
        )
        record(recorder, walk.case, walk.now)

    assert not walk.case.is_full
    assert size(walk.case) < PAYLOAD / 4
    assert walk.case.latest("vision").revision == written.revision + MANY
    assert walk.case.life.current.number in {
        each.number for each in walk.case.life.versions
    }
    assert walk.case.content_of(walk.case.life.current)


@pytest.mark.timeout(300)
def test_a_case_that_can_carry_no_more_says_so_goes_on_and_can_be_ended():
    walk = teamed()
    recorder = recorder_of(walk.case)
    refused = None

    for number in range(MANY):
        try:
            walk.say("progress_noted", WORKER, need="home", text=words(number))
        except CaseIsFull as full:
            refused = full
            break
        record(recorder, walk.case, walk.now)

    walk.settle()
    assert refused and "holds as much as one case can" in refused.detail
    assert size(walk.case) < PAYLOAD
    assert size(walk.case) > ROOM
    assert walk.told("full") == [walk.case.policy.administrator]
    (entry,) = walk.said("full")
    assert entry.text.startswith("This case holds as much as one case can.")
    assert entry.text.endswith("its clocks go on.")
    assert entry.step == walk.case.step
    dues = {wake.name for wake in walk.case.wakes()}
    assert dues
    walk.until(min(wake.at for wake in walk.case.wakes()))
    walk.say("moved", WORKER, reason="moved away")
    assert walk.case.is_closed


def test_an_entry_that_is_not_on_record_yet_is_never_let_go():
    dispute = Dispute(load_pack(Path("policies/milwaukee-wraparound")), "A")
    case = dispute.conflict
    for number in range(3 * KEPT_ENTRIES):
        case.note(EntryKind.linked, f"Entry {number}.", dispute.now)
    said = case.entries

    case.let_go_of_entries(0)
    assert len(case.timeline) == said

    for _ in range(2):
        case.let_go_of_entries(KEPT_ENTRIES)
        assert (case.entries_before, len(case.timeline)) == (
            KEPT_ENTRIES,
            said - KEPT_ENTRIES,
        )
