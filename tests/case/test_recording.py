"""What a record says of its case and of the records before it, so that a task done over leaves no rows of what did not happen."""

from datetime import datetime

import pytest

from tests.lifecycles.care_plan.walk import (
    SECTIONS,
    TUESDAY,
    WORKER,
    PlanWalk,
    enrolled,
)
from tests.lifecycles.conflict.conftest import Dispute
from tests.lifecycles.intake.cars import HOUR
from tests.lifecycles.intake.walk import pack
from tests.samples import answer
from throughcare.case.case import Case
from throughcare.case.casefile import MEASURED_EVERY, ROOM
from throughcare.case.duty import DutyStatus
from throughcare.case.entry import CaseLink, EntryKind, Relation
from throughcare.case.parts import PackRef
from throughcare.case.recording import Recorder
from throughcare.case.wire import CaseRecord, OpenCase
from throughcare.lifecycles.client.openings import CarePlanOpening


@pytest.fixture
def walk() -> PlanWalk:
    return enrolled()


@pytest.fixture
def recorder(walk: PlanWalk) -> Recorder:
    case = walk.case
    opening = OpenCase[CarePlanOpening](
        kind=case.kind,
        case_id=case.case_id,
        agency="agency",
        calendar="calendar",
        program="wraparound",
        pack=PackRef(id="pack", version=1, digest="0" * 12),
        opened_by="person",
        received_at=TUESDAY,
        about=CarePlanOpening(
            client=case.client, policy=case.policy, intake="01CASE", known=case.known
        ),
    )
    return Recorder(opening, None, case)


def record(recorder: Recorder, case: Case, now: datetime) -> CaseRecord:
    """The next one, written, as the loop does it after every step."""
    made = recorder.next(case, (), now)
    assert made is not None
    recorder.written(case, made)
    return made


def test_a_plan_says_that_nothing_was_written_yet_until_something_is(walk, recorder):
    before = record(recorder, walk.case, walk.now)
    walk.write("vision", SECTIONS["vision"])
    first = record(recorder, walk.case, walk.now)
    walk.write("strengths", SECTIONS["strengths"])
    second = record(recorder, walk.case, walk.now)

    assert [each.writings_before for each in (before, first, second)] == [0, 0, 1]
    assert [len(each.writings) for each in (before, first, second)] == [0, 1, 1]


def test_a_record_has_what_is_new_a_number_of_its_own_and_the_time_of_the_one_before(
    walk, recorder
):
    case, opened = walk.case, walk.case.entries
    case.unsent.extend(walk.posted[:1])
    first = record(recorder, case, walk.now)
    assert recorder.next(case, (), walk.now) is None

    walk.after(HOUR)
    case.note(EntryKind.linked, "Something new.", walk.now)
    told = (answer("m7"),)
    second = recorder.next(case, told, walk.now)
    assert second is not None

    assert (first.version, second.version) == (1, 2)
    assert [each.seq for each in first.entries] == list(range(1, opened + 1))
    assert [each.text for each in second.entries] == ["Something new."]
    assert (first.entries_before, second.entries_before) == (0, opened)
    assert (first.follows_at, second.follows_at) == (TUESDAY, first.at)
    assert (len(first.notices), second.notices) == (1, ())
    assert (first.answers, second.answers) == ((), told)


def end_one(case: Case) -> str:
    """One duty more is over; its id."""
    duty = case.open_duties()[0]
    case.replace_duty(duty.ended(DutyStatus.withdrawn))
    case.note(EntryKind.linked, "One more is over.", duty.opened_at)
    return duty.id


def test_of_what_is_long_over_a_case_of_years_records_the_ids_alone(walk, recorder):
    case = walk.case
    one = end_one(case)
    first = record(recorder, case, walk.now)
    other = end_one(case)
    second = record(recorder, case, walk.now)
    case.note(EntryKind.linked, "And no other.", walk.now)
    third = record(recorder, case, walk.now)

    every = {duty.id for duty in case.duties}
    for made, settled in ((first, set()), (second, {one}), (third, {one, other})):
        assert set(made.settled) == settled
        assert {duty.id for duty in made.duties} == every - settled


def test_the_next_run_goes_on_with_the_records_where_this_one_ended(walk, recorder):
    walk.after(HOUR)
    walk.write("vision", SECTIONS["vision"])
    over = end_one(walk.case)
    last = record(recorder, walk.case, walk.now)

    run = recorder.carried(walk.case, {"m7": answer("m7")})

    carried = run.carried
    assert run.opening is recorder.opening
    assert carried is not None
    assert carried.answers == {"m7": answer("m7")}
    case = carried.state
    assert (case.unsent, case.seats_wanted) == ([], True)
    again = Recorder(run.opening, carried, case)
    case.note(EntryKind.linked, "In the next run.", walk.now)
    record_of_next = record(again, case, walk.now)
    assert [each.text for each in record_of_next.entries] == ["In the next run."]
    assert record_of_next.follows_at == last.at
    assert (record_of_next.writings, record_of_next.writings_before) == ((), 1)
    assert record_of_next.settled == (over,)


def test_a_run_carries_on_under_the_number_of_the_last_entry(walk, recorder):
    record(recorder, walk.case, walk.now)

    carried = recorder.carried(walk.case, {}).carried

    assert carried is not None
    assert carried.recorded_entries == walk.case.entries > 1


def test_what_the_tables_must_say_is_all_that_is_on_record(walk, recorder):
    walk.write("vision", SECTIONS["vision"])
    record(recorder, walk.case, walk.now)
    on_record = walk.case.entries
    walk.write("strengths", SECTIONS["strengths"])
    told = (answer("m7"),)

    whole = recorder.whole(walk.case, told, walk.now)

    assert [each.seq for each in whole.entries] == list(range(1, on_record + 1))
    assert (whole.entries_before, whole.answers) == (0, told)
    assert [each["section"] for each in whole.writings] == ["vision"]
    assert whole.writings_before == 1
    assert len(whole.duties) == len(walk.case.duties)


def test_of_a_timeline_that_was_let_go_of_the_tables_must_say_what_is_carried(
    walk, recorder
):
    record(recorder, walk.case, walk.now)
    carried = list(walk.case.timeline[2:])
    del walk.case.timeline[:2]
    walk.case.entries_before = 2

    whole = recorder.whole(walk.case, (), walk.now)

    assert (whole.entries_before, list(whole.entries)) == (2, carried)


def test_a_record_says_where_the_case_stands(walk, recorder):
    walk.case.links.append(CaseLink(case="01OTHER", relation=Relation.same_person))

    made = record(recorder, walk.case, walk.now)

    case = walk.case
    assert (made.client, made.closed_at) == (case.client, None)
    assert (made.step, made.step_title) == (case.step, case.step_title)
    assert made.due_at == case.due_at is not None
    assert made.program_title == case.program_title("wraparound") == "wraparound"
    assert made.links == tuple(case.links)
    assert made.facts == case.facts.model_dump(mode="json")
    walk.say("moved", WORKER, reason="moved away")
    assert record(recorder, walk.case, walk.now).closed_at == walk.now


def test_the_record_of_a_conflict_says_how_far_it_has_climbed(recorder):
    dispute = Dispute(pack("milwaukee-wraparound"), "A")
    dispute.climb_to("A3")

    made = recorder.snapshot(dispute.conflict, dispute.now)

    assert (made.level, made.step) == (3, "A3")
    assert len(made.duties) == len(dispute.conflict.duties)


# -- how much a case can carry ----------------------------------------------------------------------------------------------


def test_a_case_that_is_measured_and_found_full_says_so_once(walk, recorder):
    case = walk.case
    record(recorder, case, walk.now)
    case.note(EntryKind.linked, "x" * ROOM, walk.now)
    assert not case.is_full

    record(recorder, case, walk.now)
    told = record(recorder, case, walk.now)

    (notice,) = told.notices
    assert (notice.kind, notice.step) == ("full", case.step)
    assert notice.receiver == case.administrator
    assert notice.what.startswith("This case holds as much as one case can.")
    assert case.is_full
    (entry,) = (each for each in case.timeline if each.kind == "full")
    assert entry.text == (
        "This case holds as much as one case can. It takes only what brings it to an"
        " end; its clocks go on."
    )
    assert (entry.step, entry.at) == (case.step, walk.now)


def test_a_case_that_has_room_again_is_no_longer_full(walk, recorder):
    walk.case.is_full, walk.case.grown = True, MEASURED_EVERY

    record(recorder, walk.case, walk.now)

    assert not walk.case.is_full
    assert walk.case.grown == 0


def test_a_case_that_is_measured_and_has_room_says_nothing(walk, recorder):
    walk.case.grown = MEASURED_EVERY

    record(recorder, walk.case, walk.now)

    assert not walk.case.is_full
    assert [e for e in walk.case.timeline if e.kind == EntryKind.full] == []
