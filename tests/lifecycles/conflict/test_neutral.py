"""Nobody is judged by the words of a case, and no limit of the agency's is passed off as the policy's (CR-P-2)."""

import re

import pytest

from throughcare.case.duty import Basis
from throughcare.case.notice import Delivery
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.conflict import ConflictFacts
from throughcare.lifecycles.conflict.lifecycle import ConflictOpening

JUDGING = re.compile(
    r"\b(accus\w*|complain\w*|guilt\w*|offend\w*|blam\w*|fault\w*|victim\w*|violat(?:or|ed)\w*)\b",
    re.IGNORECASE,
)
THE_POLICYS = re.compile(
    r"\b(policy(?:'s)? (?:limit|deadline)|deadline|late|overdue|breach\w*)\b",
    re.IGNORECASE,
)


def texts(case):
    """Everything the product itself says of a case; the senders' own words are theirs."""
    conflict = case.conflict
    yield from (entry.text for entry in conflict.timeline)
    yield from (duty.text for duty in conflict.duties)
    yield from (duty.discharge.text for duty in conflict.duties if duty.discharge)
    yield from (f"{notice.line} {notice.what}" for notice in case.posted)
    yield from (wake.text for wake in conflict.wakes())
    yield conflict.as_table()


@pytest.fixture
def lived(dispute):
    """A case in which limits passed, seats were empty, notices failed and things were entered afterwards."""

    def through(ladder, side):
        case = dispute(ladder, raised_by=side)
        case.wait_for_limit()
        case.vacate("care-coordinator")
        case.fill("care-coordinator", "person-new")
        case.deliver("opened", Delivery.failed)
        one, other = case.conflict.ladder.workers.values()
        case.say("meeting_held", other, attendees=case.seats(one, other))
        while not case.conflict.asks_again_at and case.conflict.step_due_at:
            case.wait_for_limit()
        case.say("withdraw", case.conflict.ladder.workers[side], reason="enough")
        return case

    return through


@pytest.mark.clause("CR-P-2")
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("ladder", "ABC")
def test_no_text_of_a_case_judges_anybody_or_calls_a_limit_the_policys(
    lived, ladder, side
):
    case = lived(ladder, side)

    said = list(texts(case))
    assert len(said) > 50
    assert [text for text in said if JUDGING.search(text)] == []
    assert [text for text in said if THE_POLICYS.search(text)] == []
    limited = [duty for duty in case.conflict.duties if duty.due_at]
    assert {duty.basis for duty in limited} == {Basis.agency}


@pytest.mark.clause("CR-P-2")
def test_no_notice_of_the_pack_judges_anybody_or_calls_a_limit_the_policys(pack):
    limits = re.compile(r"\b(deadline|late|overdue)\b|policy's limit", re.IGNORECASE)

    for kind, notice in pack.notices.items():
        text = f"{notice.subject} {notice.body}"
        assert not JUDGING.search(text), kind
        assert not limits.search(text), kind


@pytest.mark.clause("CR-N-1b")
def test_whoever_is_enrolled_is_the_youth_at_any_age_because_no_age_is_asked_for():
    asked = ConflictOpening.model_fields

    assert asked["youth"].annotation is str
    assert not [name for name in asked if "age" in name.split("_") or "birth" in name]
    assert "youth" in ConflictFacts.model_fields
