"""Anything anybody can send or do, in any order, to whole intakes and care plans: what must hold after each of it."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import ValidationError

from tests.chance import SECONDS, tries
from tests.lifecycles.care_plan.fitting import fitting
from tests.lifecycles.intake import cars, csm
from tests.lifecycles.intake.cars import TUESDAY
from tests.lifecycles.intake.fitting import SECRET
from tests.lifecycles.intake.walk import CARS, EVERY_MESSAGE, Walk, begin
from throughcare.case.advance import handle
from throughcare.case.consents import ConsentFacts
from throughcare.case.duty import Act, DutyStatus
from throughcare.case.notice import Delivered, Delivery
from throughcare.case.permissions import allowed_now
from throughcare.case.refusals import (
    Allowed,
    CaseIsClosed,
    NotYourSeat,
    OutOfOrder,
    Refused,
    StepsOutstanding,
)
from throughcare.case.seats import (
    Actor,
    Attestation,
    Capacity,
    HeldSeat,
)
from throughcare.lifecycles.client.facts import Former
from throughcare.lifecycles.intake.intake import Intake

ENDINGS = (
    "enroll",
    "decline",
    "call_unreachable",
    "moved",
    "died",
    "withdraw",
    "opened_in_error",
    "duplicate",
)

OVER = {
    DutyStatus.met: {DutyStatus.met, DutyStatus.met_late, DutyStatus.taken_back},
    DutyStatus.met_late: {DutyStatus.met, DutyStatus.met_late, DutyStatus.taken_back},
    DutyStatus.withdrawn: {DutyStatus.withdrawn, DutyStatus.taken_back},
    DutyStatus.taken_back: {DutyStatus.taken_back},
}
"""What a duty that is over may still become: a correction judges it by another time, and a mistake is taken back."""

FORMER = Former(
    case="01EARLIER", seat="seat-worker-0", title="Worker", person=None, here=False
)
minutes = st.sampled_from([0, 1, 29, 30, 60, 60 * 24, 60 * 24 * 40]).map(
    lambda each: timedelta(minutes=each)
)
before = st.sampled_from([None, None, 1, 31, 60 * 25]).map(
    lambda each: each and timedelta(minutes=each)
)
seeds = st.integers(0, 10_000)
ODD: list[Any] = [None, "", SECRET, "housing", 0, -1, True, [], [SECRET], {}]

STARTS: dict[str, Callable[..., Walk]] = {
    "a first call": partial(begin, CARS, TUESDAY),
    "no emergency": cars.screened,
    "a worker": cars.assigned,
    "a first plan": cars.planned,
    "an emergency": cars.emergency,
    "a first call to the access unit": partial(csm.referred, at=TUESDAY),
    "an offer taken": partial(csm.accepted, at=TUESDAY),
    "a worker by need": partial(csm.assigned, at=TUESDAY),
    "a plan under way": lambda **how: cars.planned(**how).enroll(),
    "a plan with its own clocks": lambda **how: _with_clocks(**how).enroll(),
}


def _with_clocks(**how: Any) -> Walk:
    walk = csm.assigned(at=TUESDAY, **how)
    walk.say("initial_plan_filed", walk.worker, **csm.PLAN, exception="Only one here")
    return walk


class AnyIntake(RuleBasedStateMachine):
    start: str

    @initialize(
        free=st.sampled_from([None, False, True]),
        known=st.booleans(),
        imported=st.sampled_from([False, False, True]),
    )
    def opened(self, free, known, imported):
        self.walk = STARTS[self.start](
            free=free is not None,
            imported=imported,
            referred_at=TUESDAY - timedelta(days=9 if imported else 0),
            former=(FORMER,) if known and "call" in self.start else (),
            alike=("01OTHER",) if known else (),
        )
        rules = self.case.independence
        if rules and free:
            self.case.independence = rules.model_copy(update={"refuses": True})
        self.seen = self.case.model_copy(deep=True)

    @property
    def case(self) -> Any:
        return self.walk.case

    def seats(self) -> list[str]:
        return [each.seat for each in self.case.seated.values() if each.seat]

    # -- what people do ------------------------------------------------------------------------------------------

    @rule(seed=seeds, name=st.sampled_from(list(EVERY_MESSAGE)), ago=before)
    def somebody_sends_something(self, seed, name, ago):
        chance = self._chance(seed)
        held = chance.sample([*self.seats(), "seat-elsewhere"], chance.randint(0, 3))
        seats = tuple(
            HeldSeat(seat=seat, capacity=chance.choice(list(Capacity))) for seat in held
        )
        facts = self._facts(chance, name)
        if chance.random() < 0.5:
            fields = list(EVERY_MESSAGE[name].facts.model_fields)
            facts[chance.choice(fields)] = chance.choice(ODD)
        self._send(name, Actor(person="somebody", seats=seats), facts, ago)

    @rule(seed=seeds, ago=before)
    def somebody_takes_a_step(self, seed, ago):
        self._take_a_turn(self._steps(), self._chance(seed), ago)

    @rule(seed=seeds, count=st.integers(1, 8))
    def somebody_works_on_it(self, seed, count):
        for _ in range(count):
            self._take_a_turn(self._steps(), self._chance(seed))

    @rule(seed=seeds, ago=before)
    def somebody_says_something_beside_the_steps(self, seed, ago):
        beside = [each for each in allowed_now(self.case) if each.beside]
        others = [each for each in beside if each.message not in ENDINGS]
        self._take_a_turn(others, self._chance(seed), ago)

    @rule(seed=seeds)
    def somebody_ends_it(self, seed):
        chance = self._chance(seed)
        endings = [e for e in allowed_now(self.case) if e.message in ENDINGS]
        enrolls = [each for each in endings if each.message == "enroll"]
        self._take_a_turn(endings if chance.random() < 0.1 else enrolls, chance)

    def _chance(self, seed) -> random.Random:
        """Another one at each step, also where the same number is tried again."""
        return random.Random(seed * 1009 + len(self.case.timeline))

    def _steps(self) -> list[Allowed]:
        return [each for each in allowed_now(self.case) if not each.beside]

    def _take_a_turn(self, allowed, chance, ago=None):
        if not allowed:
            return
        turn = chance.choice(allowed)
        seat = chance.choice(turn.seats)
        capacity = chance.choice([Capacity.holder, Capacity.supervisor])
        actor = Actor(
            person=self.walk.person(seat),
            seats=(HeldSeat(seat=seat, capacity=capacity),),
            attestation=self._attestation() if chance.random() < 0.1 else None,
        )
        self._send(turn.message, actor, self._facts(chance, turn.message), ago)

    def _facts(self, chance, name):
        facts = fitting(name, self.case)
        other = chance.random()
        match name:
            case "screened" if other < 0.5 and self.case.policy.has_emergencies:
                needs = [{"id": "housing", "text": SECRET}]
                facts = {"emergency": True, "needs": needs}
            case "emergency_needs_confirmed" if other < 0.3:
                facts["needs"] = [
                    each | {"confirmed": False} for each in facts["needs"]
                ]
            case "rst_meeting_held":
                facts["client_attended"] = other < 0.7
            case "eligibility_determined":
                facts["eligible"] = other < 0.9
            case "preferences_recorded" if other < 0.5:
                facts = {"none_stated": True}
            case "referral_made" | "coordinator_assigned" | "worker_changed":
                facts["organization"] = chance.choice(["the agency", "Shelter House"])
        return facts | {"note": SECRET}

    def _attestation(self):
        return Attestation(
            entered_by="somebody-else",
            said_by="person-on-call",
            told_to="somebody-else",
            how=f"by phone, {SECRET}",
            said_at=self.walk.now,
        )

    def _send(self, name, actor, facts, ago=None):
        walk = self.walk
        walk.now += timedelta(seconds=20)
        if ago:
            facts = facts | {"event_at": (walk.now - ago).isoformat()}
        given, as_given = walk.case, walk.case.model_dump_json()
        try:
            walk.say_as(actor, name, **facts)
        except ValidationError:
            assert given.model_dump_json() == as_given
        except Refused as refused:
            assert walk.case is given
            assert given.model_dump_json() == as_given
            given.refuse(name, refused.detail, actor, "m", walk.now)
        self._come_to_rest()

    # -- what else happens ---------------------------------------------------------------------------------------

    @rule(beyond=minutes)
    def time_passes_to_what_is_due_next_and_beyond(self, beyond):
        at = min((wake.at for wake in self.case.wakes()), default=self.walk.now)
        self.walk.until(max(at, self.walk.now) + beyond)

    @rule(beyond=minutes)
    def nobody_looks_until_long_after(self, beyond):
        """What a worker that was down all that time finds."""
        self.walk.now += beyond
        self._come_to_rest()

    @rule(data=st.data(), person=st.sampled_from([None, "newcomer", "another"]))
    def somebody_else_sits_there(self, data, person):
        role = data.draw(st.sampled_from(list(self.case.seated)))
        if person is None:
            self.walk.vacate(role)
        else:
            self.walk.empty.discard(role)
            self.walk.sit(self.case.seated[role].seat or "", person)

    @rule()
    def everybody_sits_where_they_did(self):
        self.walk.empty.clear()
        self.walk.people.clear()
        self.walk.settle()

    @rule(
        recipient=st.sampled_from(["shelter", "ours", "payer", "treatment-provider"]),
        ends_in=st.sampled_from([None, timedelta(hours=1), timedelta(days=9)]),
    )
    def a_consent_is_given(self, recipient, ends_in):
        given_at = self.walk.now
        self.walk.consents.append(
            ConsentFacts(
                id=f"consent-{len(self.walk.consents)}",
                recipient=recipient,
                given_at=given_at,
                expires_at=given_at + ends_in if ends_in else None,
            )
        )
        self.case.consents_may_have_changed = True
        self._come_to_rest()

    @precondition(lambda self: self.walk.consents)
    @rule()
    def a_consent_is_withdrawn(self):
        self.walk.consents.pop()
        self.case.consents_may_have_changed = True
        self._come_to_rest()

    @rule()
    def the_calendar_ends_or_is_mended(self):
        self.walk.calendar_ends = not self.walk.calendar_ends

    @precondition(lambda self: self.walk.posted)
    @rule(data=st.data(), delivery=st.sampled_from(Delivery))
    def a_notice_comes_back(self, data, delivery):
        notice = data.draw(st.sampled_from(self.walk.posted))
        outcome = Delivered(key=notice.key, delivery=delivery)
        self.case.delivered(notice, outcome, self.walk.now)
        self._come_to_rest()

    @rule(really=st.integers(0, 9))
    def an_operator_cancels_it(self, really):
        if really == 9:
            self.case.cancelled(self.walk.now)
            self._come_to_rest()

    @precondition(lambda self: self.case.status == "enrolled")
    @rule()
    def it_goes_on_as_a_care_plan(self):
        if isinstance(self.case, Intake):
            self.walk = self.walk.goes_on()
            self.seen = self.case.model_copy(deep=True)

    @rule()
    def it_goes_on_in_another_run(self):
        carried = type(self.case).model_validate_json(self.case.model_dump_json())
        assert carried == self.case
        self.walk.case = carried

    def _come_to_rest(self):
        self.walk.settle()

    # -- what holds ----------------------------------------------------------------------------------------------

    @invariant()
    def closed_means_that_nothing_is_open_or_about_to_be_and_no_clock_runs(self):
        case = self.case
        assert case.is_closed == (case.closed_at is not None)
        if case.is_closed:
            assert case.open_duties() == []
            assert case.wakes() == ()
        assert case.pending == []

    @invariant()
    def nothing_is_said_to_an_empty_seat_and_nothing_twice(self):
        assert [n.key for n in self.walk.posted if n.receiver.is_empty] == []
        keys = [notice.key for notice in self.walk.posted]
        assert len(keys) == len(set(keys))

    @invariant()
    def every_open_duty_has_a_seat_with_somebody_in_it_or_somebody_is_to_fill_it(self):
        asked = {duty.target for duty in self.case.outstanding(Act.fill_seat)}
        for duty in self.case.open_duties():
            for holder in duty.holders:
                seated = self.case.seated[holder.role]
                assert holder == seated or duty.act in MENDING, duty.id
                assert (
                    not seated.is_empty
                    or holder.role in asked
                    or self._is_top(holder.role)
                ), duty.id

    def _is_top(self, role):
        """Above whoever fills seats there is nobody who could be asked."""
        return role in (self.case.policy.administrator, self.case.policy.oversight)

    @invariant()
    def every_limit_has_a_due_date_or_somebody_mends_the_calendar(self):
        mends = self.case.outstanding(Act.mend_calendar)
        for duty in self.case.open_duties():
            if duty.basis and duty.act not in MENDING:
                assert duty.due_at or mends, duty.id

    @invariant()
    def every_clock_is_still_to_ring(self):
        at = {wake.name: wake.at for wake in self.case.wakes()}
        assert [name for name in at if at[name] <= self.walk.now] == []
        for duty in self.case.open_duties():
            assert duty.due_at is None or at[f"due:{duty.id}"] == duty.due_at

    @invariant()
    def nothing_that_was_missed_is_passed_over(self):
        """Whoever is above has it to see to, or the record says that nobody is."""
        case = self.case
        unresolved = {
            entry.clause for entry in case.timeline if entry.kind == "unresolved"
        }
        for duty in case.duties:
            if duty.status is not DutyStatus.missed or self._is_from_before(duty):
                continue
            root = duty.target if duty.act == Act.follow_up else duty.id
            above = case.policy.escalation.above.get(duty.holders[0].role)
            sees_to_it = any(
                each.act == Act.follow_up
                and each.target == root
                and each.holders[0].role == above
                for each in case.duties
            )
            assert sees_to_it or (above is None and duty.clause in unresolved), duty.id

    def _is_from_before(self, duty):
        came_at = self.case.came_at
        return (
            came_at is not None and duty.due_at is not None and duty.due_at <= came_at
        )

    @invariant()
    def whoever_sees_to_a_duty_sees_to_one_that_is_still_to_be_done(self):
        by_id = {duty.id: duty for duty in self.case.duties}
        for duty in self.case.outstanding(Act.follow_up):
            assert self.case.is_closed or by_id[duty.target].is_outstanding, duty.id

    @invariant()
    def no_due_date_moves(self):
        now = {duty.id: duty for duty in self.case.duties}
        for duty in self.seen.duties:
            assert duty.due_at is None or now[duty.id].due_at == duty.due_at, duty.id

    @invariant()
    def no_duty_vanishes_and_none_that_is_over_opens_again(self):
        now = {duty.id: duty for duty in self.case.duties}
        assert len(now) == len(self.case.duties)
        for duty in self.seen.duties:
            after = now[duty.id]
            assert after.status in OVER.get(duty.status, DutyStatus), duty.id
            assert (after.act, after.clause, after.opened_at) == (
                duty.act,
                duty.clause,
                duty.opened_at,
            )

    @invariant()
    def the_timeline_is_only_added_to(self):
        seen, timeline = self.seen.timeline, self.case.timeline
        assert timeline[: len(seen)] == seen
        assert [entry.seq for entry in timeline] == list(range(1, len(timeline) + 1))

    @invariant()
    def one_worker_at_a_time(self):
        current = [each for each in self.case.known.assignments if each.to_at is None]
        assert len(current) <= 1

    @invariant()
    def nothing_written_freely_is_shown_to_operators_or_mailed(self):
        shown = [wake.text for wake in self.case.wakes()]
        shown += [notice.line + notice.what for notice in self.walk.posted]
        shown.append(self.case.as_table())
        shown += [duty.text for duty in self.case.duties]
        assert [text for text in shown if SECRET in text or "01CLIENT" in text] == []

    @invariant()
    def what_is_allowed_is_true(self):
        """Whatever is not listed is refused, and what is listed is not refused for its turn or its seat."""
        allowed = {each.message: each.seats for each in allowed_now(self.case)}
        # Not each of them every time: it would take most of the seconds there are.
        chosen = random.Random(len(self.case.timeline) * 31 + len(self.case.duties))
        name = chosen.choice([each for each in EVERY_MESSAGE if each not in allowed])
        refused = self._refusal(name, self.seats())
        assert isinstance(refused, (*WRONG, StepsOutstanding)), name
        if allowed:
            name = chosen.choice(list(allowed))
            refused = self._refusal(name, [chosen.choice(allowed[name])])
            assert not isinstance(refused, WRONG), name

    def _refusal(self, name, seats):
        held = tuple(HeldSeat(seat=s, capacity=Capacity.holder) for s in seats)
        actor = Actor(person="a-stranger", seats=held)
        try:
            handle(self.case, self.walk.message(name, actor, fitting(name, self.case)))
        except Refused as refused:
            return refused
        return None

    @invariant()
    def it_can_go_on_in_another_run(self):
        self.seen = type(self.case).model_validate_json(self.case.model_dump_json())
        assert self.seen == self.case


WRONG = (OutOfOrder, CaseIsClosed, NotYourSeat)
MENDING = (Act.fill_seat, Act.mend_calendar)


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("chosen", STARTS)
def test_whatever_happens_to_an_intake_or_a_care_plan_its_rules_hold(chosen):
    class FromThisStart(AnyIntake):
        start = chosen

    run_state_machine_as_test(FromThisStart, settings=tries(4, steps=32))
