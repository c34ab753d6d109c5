"""What a record says of the ones before it, so that a task done over leaves no rows of what did not happen."""

import pytest

from tests.lifecycles.care_plan.walk import SECTIONS, TUESDAY, PlanWalk, enrolled
from throughcare.case.parts import PackRef
from throughcare.case.recording import Recorder
from throughcare.case.wire import OpenCase
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
        pack=PackRef(id="pack", version=1, digest="0" * 12),
        opened_by="person",
        received_at=TUESDAY,
        about=CarePlanOpening(
            client=case.client, policy=case.policy, intake="01CASE", known=case.known
        ),
    )
    return Recorder(opening, None, case)


def test_a_plan_says_that_nothing_was_written_yet_until_something_is(walk, recorder):
    before = recorder.next(walk.case, (), walk.now)
    assert before is not None
    recorder.written(walk.case, before)
    walk.write("vision", SECTIONS["vision"])
    first = recorder.next(walk.case, (), walk.now)
    assert first is not None
    recorder.written(walk.case, first)
    walk.write("strengths", SECTIONS["strengths"])
    second = recorder.next(walk.case, (), walk.now)
    assert second is not None

    assert [each.writings_before for each in (before, first, second)] == [0, 0, 1]
    assert [len(each.writings) for each in (before, first, second)] == [0, 1, 1]
