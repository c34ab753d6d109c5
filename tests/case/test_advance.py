"""The order in which every case is driven: what it asks for, when it rests, and what it does at the very end of a limit."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.driving import begun, counted, found
from tests.lifecycles.care_plan.walk import PlanWalk, RequestWalk, agreed
from tests.lifecycles.conflict.conftest import CALENDAR, Dispute
from tests.lifecycles.intake import cars
from tests.lifecycles.intake.cars import SUPERVISOR, UNIT, WORKER
from tests.lifecycles.intake.walk import Walk
from throughcare.case.advance import advance, handle
from throughcare.case.case import Case
from throughcare.case.casefile import KEPT_ENTRIES, KEPT_TEXT
from throughcare.case.duty import DutyStatus
from throughcare.case.entry import EntryKind
from throughcare.case.needs import Found, Needs, StartCase, Word
from throughcare.case.permissions import allowed_now
from throughcare.case.recording import recorded_duties
from throughcare.case.refusals import CaseIsClosed, Refused
from throughcare.case.seats import Actor, Capacity, HeldSeat, Seated, SeatQuery
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import ContactClock
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import Conflict, ConflictStatus
from throughcare.packs.reading import load_pack
from throughcare.time.deadline import Dated
from throughcare.time.span import Span

PACK = load_pack(Path("policies/milwaukee-wraparound"))
CC, HSW = "care-coordinator", "human-service-worker"
A_MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
PATIENCE = 20


def sits(query: SeatQuery) -> Seated:
    seat = query.seat or f"seat-{query.role}"
    return Seated(
        role=query.role,
        title=query.title,
        seat=seat,
        person=seat.replace("seat-", "person-"),
        capacity=Capacity.holder,
    )


def answer(needs: Needs) -> Found:
    return found(needs, seated=sits, dated=lambda wanted: counted(wanted, CALENDAR))


def asked(case: Case, now: datetime) -> list[Needs]:
    """All that the case asks for until it is at rest, each of it answered."""
    return list(_asked(case, now))


def _asked(case: Case, now: datetime) -> Iterator[Needs]:
    for _ in range(PATIENCE):
        needs = advance(case, now)
        if needs is None:
            return
        yield needs
        case.take(answer(needs), now)
    raise AssertionError("never at rest")


def heard(walk: Walk, name: str, role: str, /, **facts: object) -> Case:
    """The case as this message leaves it, before anything is looked up."""
    seat = walk.case.chosen.get(role) or f"seat-{role}"
    held = HeldSeat(seat=seat, capacity=Capacity.holder)
    actor = Actor(person=walk.person(seat), seats=(held,))
    case: Case = handle(walk.case, walk.message(name, actor, facts))
    return case


def dispute() -> Dispute:
    return Dispute(PACK, "A")


def opened_conflict() -> Conflict:
    """One that nothing was looked up for yet."""
    known = dispute().conflict
    conflict = Conflict(
        case_id=known.case_id,
        youth=known.youth,
        subject=known.subject,
        policy=known.policy,
        raised_by=known.raised_by,
        opened_at=known.opened_at,
        chosen={role: f"seat-{role}" for role in (CC, HSW)},
    )
    conflict.open("person", None, known.opened_at)
    return conflict


def begun_plan() -> Case:
    """A care plan that its intake has just begun, with a visit every week."""
    intake = cars.planned()
    visits = ContactClock(kind="visit", every=Span("P7D"), last_at=intake.now)
    intake.case.known.contacts = [visits]
    cars.enroll(intake)
    (start,) = (each for each in intake.outgoing if isinstance(each, StartCase))
    return begun(start, intake.now)


# -- what it asks for ------------------------------------------------------------------------------------------------


def test_a_conflict_asks_for_its_seats_and_the_limit_of_its_first_rung_at_once():
    conflict = opened_conflict()
    queries = conflict.queries()

    (needs,) = asked(conflict, conflict.opened_at)

    assert needs.seats == queries
    assert len(needs.dates) == 1
    assert conflict.step == "A1"


def test_a_care_plan_asks_for_seats_due_dates_and_consents_at_once():
    plan = begun_plan()
    limited = [each.key for each in plan.pending if each.limit]

    (needs,) = asked(plan, plan.opened_at)

    assert needs.seats == plan.queries()
    assert [each.key for each in needs.dates] == limited != []
    assert needs.consents_of == plan.client


def test_at_rest_it_asks_for_nothing_and_to_ask_again_changes_nothing():
    for case in (opened_conflict(), begun_plan()):
        asked(case, case.opened_at)
        before = case.model_copy(deep=True)

        assert advance(case, case.opened_at) is None
        assert case == before


def test_nothing_is_asked_for_twice_while_a_case_comes_to_rest():
    assert_asked_once(asked(conflict := opened_conflict(), conflict.opened_at))
    while conflict.status is not ConflictStatus.unresolved_at_top:
        at = min(wake.at for wake in conflict.wakes())
        assert_asked_once(asked(conflict, at))
    assert_asked_once(asked(plan := begun_plan(), plan.opened_at))
    walk = cars.emergency()
    for name, role in (
        ("screen_results_reviewed", cars.ON_CALL),
        ("client_contacted", cars.ON_CALL),
        ("consents_received", UNIT),
    ):
        facts = {"how": "by phone"} if name == "client_contacted" else {}
        assert_asked_once(asked(heard(walk, name, role, **facts), walk.now))
        walk.say(name, role, **facts)


def assert_asked_once(rounds: Iterable[Needs]) -> None:
    keys: list[str] = []
    for needs in rounds:
        keys += [f"seat of {each.role}" for each in needs.seats]
        keys += [each.key for each in needs.dates]
        keys += [needs.consents_of] if needs.consents_of else []
        keys += [each.case_id for each in needs.outgoing]
    assert len(keys) == len(set(keys)), keys


def test_who_sits_in_a_seat_that_a_message_chose_is_looked_up():
    """Until when they do, and who stands in for them, no message says."""
    walk = cars.consented()
    walk.say("intake_reviewed", SUPERVISOR)
    facts = {"assigned": "seat-rsc", "title": "Worker", "person": "somebody"}

    case = heard(walk, "coordinator_assigned", SUPERVISOR, **facts)

    (needs,) = asked(case, walk.now)
    assert {each.role: each.seat for each in needs.seats}[WORKER] == "seat-rsc"
    assert case.seated[WORKER].person == "person-rsc"


def test_a_message_that_chose_no_seat_has_none_looked_up():
    walk = cars.assigned()

    case = heard(walk, "client_contacted", WORKER, how="by phone")

    assert [needs.seats for needs in asked(case, walk.now)] == []


def test_a_due_date_that_could_not_be_derived_is_asked_for_again_an_hour_later():
    walk = cars.screened()
    case = heard(walk, "consents_received", UNIT)
    needs = advance(case, walk.now)
    assert needs is not None
    problem = Dated(problem="the calendar ends")
    dates = {each.key: problem for each in needs.dates}
    case.take(answer(needs).model_copy(update={"dates": dates}), walk.now)

    assert advance(case, walk.now + HOUR - A_MOMENT) is None
    again = advance(case, walk.now + HOUR)

    assert again is not None
    assert [each.rule for each in again.dates] == [each.rule for each in needs.dates]


def test_another_case_is_begun_when_everything_else_is_known():
    walk = cars.planned()

    *rounds, last = asked(
        heard(walk, "enroll", WORKER, care_plan="01CAREPLAN"), walk.now
    )

    (start,) = last.outgoing
    assert (start.kind, start.case_id) == ("care-plan", "01CAREPLAN")
    assert not last.looks_up
    assert not any(needs.outgoing for needs in rounds)


def test_word_that_nobody_could_take_is_on_the_timeline_and_not_sent_again():
    walk = dispute()
    walk.say("merge", CC, into="01OVER", reason="the same dispute")
    conflict = walk.conflict
    word = Word(kind="conflict", case_id="01OVER", name="case_linked", facts={})
    conflict.outgoing.append(word)

    needs = advance(conflict, walk.now)
    assert needs is not None
    conflict.take(Found(sent=1, undelivered=(word,)), walk.now)

    assert needs.outgoing == (word,)
    assert advance(conflict, walk.now) is None
    assert len(walk.entries("link_failed")) == 1


# -- at the very instant of a limit (ruling 16) ------------------------------------------------------------------------


def test_an_agreement_received_at_the_very_end_of_a_rung_is_in_time():
    walk = nearly_agreed()
    due_at = walk.conflict.step_due_at
    assert due_at is not None

    walk.say("agreement_reached", HSW, received_at=due_at)

    assert walk.conflict.status is ConflictStatus.agreed
    assert walk.entries("lapsed") == []


def test_an_agreement_received_a_moment_later_finds_the_rung_over():
    walk = nearly_agreed()
    due_at = walk.conflict.step_due_at
    assert due_at is not None

    walk.say("agreement_reached", HSW, received_at=due_at + A_MOMENT)

    (lapsed,) = walk.entries("lapsed")
    assert lapsed.event_at == due_at


def nearly_agreed() -> Dispute:
    """The two workers met, and one of them has agreed."""
    walk = dispute()
    walk.say("meeting_held", CC, attendees=walk.seats(CC, HSW))
    walk.say("agreement_reached", CC)
    return walk


@pytest.mark.parametrize(
    ("late", "status", "missed"),
    [
        (timedelta(), DutyStatus.met, 0),
        (A_MOMENT, DutyStatus.met_late, 1),
    ],
    ids=["in time", "late"],
)
def test_what_an_intake_waits_for_is_in_time_at_its_very_due_instant(
    late: timedelta, status: DutyStatus, missed: int
):
    walk = cars.assigned()
    walk.now = walk.duty("CP-N-4a").due_at + late

    walk.say("client_contacted", WORKER, how="by phone")

    assert walk.duty("CP-N-4a").status is status
    assert len(walk.said("missed")) == missed


def test_what_is_done_at_the_very_instant_is_met_though_its_clock_rang_first():
    walk = cars.assigned()
    walk.until(walk.duty("CP-N-4a").due_at)
    assert walk.duty("CP-N-4a").status is DutyStatus.missed

    walk.say("client_contacted", WORKER, how="by phone")

    assert walk.duty("CP-N-4a").status is DutyStatus.met
    assert not walk.case.is_overdue


def test_a_meeting_at_the_very_end_of_a_rung_is_met_though_its_clock_rang_first():
    walk = dispute()
    walk.wait_for_limit()

    attendees = walk.seats(CC, HSW)
    walk.say("meeting_held", CC, attendees=attendees, received_at=walk.now)

    assert walk.duty("CR-A-1", ConflictAct.meeting).status is DutyStatus.met


@pytest.mark.parametrize(
    ("late", "status"),
    [(timedelta(), DutyStatus.met), (A_MOMENT, DutyStatus.met_late)],
    ids=["in time", "late"],
)
def test_a_request_at_its_very_due_instant_is_in_time(
    late: timedelta, status: DutyStatus
):
    request = agreed().ask_for()
    request.submit()
    (waiting,) = request.case.outstanding(ClientAct.request_decision)
    due_at = request.now + HOUR
    request.case.replace_duty(waiting.model_copy(update={"due_at": due_at}))
    request.now = due_at + late

    request.decide(until="2027-06-30")

    decided = [d for d in request.case.duties if d.id == waiting.id]
    assert [duty.status for duty in decided] == [status]


def at_the_review(late: timedelta = timedelta()) -> PlanWalk:
    walk = agreed()
    due_at = walk.review_due.due_at
    assert due_at is not None
    walk.until(due_at - A_MOMENT)
    walk.now = due_at + late
    return walk


def test_a_review_at_its_very_due_instant_is_in_time():
    walk = at_the_review()
    due = walk.review_due

    walk.review()

    assert {duty.id: duty.status for duty in walk.case.duties}[due.id] == "met"


def test_a_review_a_moment_later_says_why_it_is_late():
    walk = at_the_review(late=A_MOMENT)

    with pytest.raises(Refused, match="late_reason"):
        walk.review()


def approved(late: timedelta = timedelta()) -> RequestWalk:
    """A service that is approved to the end of December, at that very instant or later."""
    request = agreed().ask_for()
    request.approve("2026-12-31")
    (extension,) = request.case.outstanding(ClientAct.request_extension)
    request.now = extension.due_at + late
    return request


EXTENSION = {"plan": "2", "plan_attached": True, "until": "2027-06-30"}


def test_more_time_is_asked_for_up_to_the_very_instant_an_approval_ends():
    request = approved()

    request.say("extension_asked", WORKER, **EXTENSION)

    assert not request.case.is_closed
    assert request.said("extension_asked")


def test_a_moment_later_the_approval_has_run_out():
    request = approved(late=A_MOMENT)

    with pytest.raises(CaseIsClosed, match="expired"):
        request.say("extension_asked", WORKER, **EXTENSION)


# -- what it carries on ------------------------------------------------------------------------------------------------


def grown(entries: int, text: str = "") -> Conflict:
    """A conflict with this many entries on its timeline."""
    conflict = dispute().conflict
    for number in range(conflict.entries, entries):
        conflict.note(
            EntryKind.linked, text or f"Entry {number + 1}.", conflict.opened_at
        )
    return conflict


def test_of_a_long_timeline_the_last_entries_are_carried_under_their_numbers():
    conflict = grown(KEPT_ENTRIES + 50)

    conflict.let_go_of_entries(recorded=conflict.entries)

    assert (conflict.entries, len(conflict.timeline)) == (
        KEPT_ENTRIES + 50,
        KEPT_ENTRIES,
    )
    assert [each.seq for each in conflict.timeline] == list(
        range(51, KEPT_ENTRIES + 51)
    )
    assert conflict.entry(50) is None
    entry = conflict.entry(51)
    assert entry is not None and entry.seq == 51
    conflict.note(EntryKind.linked, "The next one.", conflict.opened_at)
    assert conflict.timeline[-1].seq == KEPT_ENTRIES + 51


def test_an_entry_that_is_not_on_record_is_never_let_go_of():
    conflict = grown(KEPT_ENTRIES + 50)

    conflict.let_go_of_entries(recorded=10)

    assert conflict.entries_before == 10
    assert [each.seq for each in conflict.entries_after(10)] == list(
        range(11, KEPT_ENTRIES + 51)
    )


def test_entries_are_let_go_of_again_as_far_as_they_are_on_record():
    conflict = grown(KEPT_ENTRIES + 50)
    conflict.let_go_of_entries(recorded=conflict.entries)
    for _ in range(50):
        conflict.note(EntryKind.linked, "One more.", conflict.opened_at)

    for _ in range(2):
        conflict.let_go_of_entries(recorded=80)

    assert conflict.entries_before == 80
    assert conflict.timeline[0].seq == 81


def test_of_long_entries_only_as_many_are_carried_as_there_is_room_for():
    conflict = grown(20, text="x" * (KEPT_TEXT // 10))

    conflict.let_go_of_entries(recorded=conflict.entries)

    assert 0 < len(conflict.timeline) < 10
    assert sum(each.size for each in conflict.timeline) <= KEPT_TEXT


# -- what may be sent, and what it is for -------------------------------------------------------------------------------


def test_a_message_that_may_come_names_the_step_and_the_duties_it_is_for():
    walk = dispute()
    meeting = walk.duty("CR-A-1", ConflictAct.meeting)

    allowed = {each.message: each for each in allowed_now(walk.conflict)}

    held = allowed["meeting_held"]
    assert (held.steps, held.duties) == (("A1",), (meeting.id,))
    assert set(held.seats) == {f"seat-{CC}", f"seat-{HSW}"}
    assert "agreement_reached" not in allowed
    assert (allowed["recuse"].beside, allowed["recuse"].duties) == (True, ())


def test_an_outcome_is_for_the_duty_it_answers_once_the_steps_before_it_are_done():
    walk = dispute()
    walk.say("meeting_held", CC, attendees=walk.seats(CC, HSW))
    outcome = walk.duty("CR-A-1", ConflictAct.outcome)

    allowed = {each.message: each for each in allowed_now(walk.conflict)}

    for message in ("agreement_reached", "agreement_not_reached"):
        assert outcome.id in allowed[message].duties
        assert allowed[message].steps == ("A1",)


def test_a_duty_on_record_says_what_discharges_it_from_where_and_what_it_waits_for():
    walk = dispute()
    meeting = walk.duty("CR-A-1", ConflictAct.meeting)

    found = {
        duty.act: duty for duty in recorded_duties(walk.conflict, walk.conflict.duties)
    }

    assert found[ConflictAct.meeting].answers == ("meeting_held",)
    assert found[ConflictAct.meeting].after == ()
    outcome = found[ConflictAct.outcome]
    assert set(outcome.answers) >= {"agreement_reached", "agreement_not_reached"}
    assert set(outcome.answered_from) == {f"seat-{CC}", f"seat-{HSW}"}
    assert outcome.after == (meeting.id,)


def test_a_duty_of_an_intake_says_which_others_it_waits_for():
    walk = cars.emergency()
    first = {walk.duty("CP-E-2").id, walk.duty("CP-E-3").id}

    found = {duty.act: duty for duty in recorded_duties(walk.case, walk.case.duties)}

    plan = found[ClientAct.preliminary_plan]
    assert plan.answers == ("preliminary_plan_filed",)
    assert plan.answered_from == (f"seat-{cars.ON_CALL}",)
    assert set(plan.after) == first
    with pytest.raises(Refused):
        walk.say("preliminary_plan_filed", cars.ON_CALL, **cars.PLAN)


def test_a_duty_that_is_over_waits_for_nothing_and_nobody():
    walk = dispute()
    walk.say("meeting_held", CC, attendees=walk.seats(CC, HSW))

    found = {
        duty.act: duty for duty in recorded_duties(walk.conflict, walk.conflict.duties)
    }

    over, waiting = found[ConflictAct.meeting], found[ConflictAct.outcome]
    assert (over.answers, over.answered_from, over.after) == ((), (), ())
    assert waiting.after == ()
