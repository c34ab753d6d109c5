"""Anything anybody can send or do, in any order, on every ladder: what must hold of a conflict after each of it."""

import random
from datetime import timedelta

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
from tests.lifecycles.conflict.saying import SECRET, facts_for, fitting_now
from tests.lifecycles.conflict.world import Sitting, World
from throughcare.case.advance import handle
from throughcare.case.duty import Act, DutyStatus
from throughcare.case.entry import CaseLink, Relation
from throughcare.case.notice import Delivered, Delivery
from throughcare.case.permissions import allowed_now
from throughcare.case.refusals import (
    CaseIsClosed,
    NotYourSeat,
    OutOfOrder,
    Refused,
)
from throughcare.case.seats import (
    Actor,
    Attestation,
    Capacity,
    HeldSeat,
    Side,
)
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import Conflict, ConflictStatus
from throughcare.lifecycles.conflict.endings import endings
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages

OVER = {
    DutyStatus.met: {DutyStatus.met, DutyStatus.met_late, DutyStatus.taken_back},
    DutyStatus.met_late: {DutyStatus.met, DutyStatus.met_late, DutyStatus.taken_back},
    DutyStatus.excused: {DutyStatus.excused, DutyStatus.taken_back},
    DutyStatus.withdrawn: {DutyStatus.withdrawn, DutyStatus.taken_back},
    DutyStatus.taken_back: {DutyStatus.taken_back},
}
"""What a duty that is over may still become: a correction judges it by another time, and a mistake is taken back."""

minutes = st.sampled_from([0, 1, 60, 60 * 24, 60 * 24 * 40]).map(
    lambda each: timedelta(minutes=each)
)


class AnyConflict(RuleBasedStateMachine):
    ladder: str

    @initialize(
        raised_by=st.sampled_from(Side),
        party=st.sampled_from([None, *Side]),
        limited=st.booleans(),
    )
    def opened(self, raised_by, party, limited):
        self.world = World(self.ladder, raised_by, party, limited)
        self.seen = self.world.conflict.model_copy(deep=True)

    @property
    def conflict(self) -> Conflict:
        return self.world.conflict

    # -- what people do ------------------------------------------------------------------------------------------

    @rule(data=st.data(), name=st.sampled_from(list(conflict_messages)), late=minutes)
    def somebody_sends_something(self, data, name, late):
        world = self.world
        held = data.draw(
            st.dictionaries(
                st.sampled_from([*world.seats(), "seat-elsewhere"]),
                st.sampled_from(Capacity),
                max_size=3,
            )
        )
        actor = Actor(
            person=data.draw(st.sampled_from(world.people())),
            seats=tuple(HeldSeat(seat=s, capacity=c) for s, c in held.items()),
            chosen=data.draw(st.sampled_from([None, *held])),
            attestation=data.draw(self._attestations()),
        )
        facts = data.draw(facts_for(name, self.conflict, world.now))
        self._send(name, actor, facts, late)

    @rule(data=st.data())
    def somebody_takes_a_step_on_the_ladder(self, data):
        steps = [each for each in allowed_now(self.conflict) if not each.beside]
        self._take_a_turn([e for e in steps if e.message not in endings], data)

    @rule(data=st.data())
    def somebody_mends_something(self, data):
        beside = [each for each in allowed_now(self.conflict) if each.beside]
        self._take_a_turn([e for e in beside if e.message not in endings], data)

    @rule(data=st.data(), really=st.integers(0, 2))
    def somebody_ends_it(self, data, really):
        if really == 2:
            allowed = allowed_now(self.conflict)
            self._take_a_turn([e for e in allowed if e.message in endings], data)

    def _take_a_turn(self, allowed, data):
        if allowed:
            turn = data.draw(st.sampled_from(allowed))
            self._send_from(data.draw(st.sampled_from(turn.seats)), turn.message, data)

    def _send_from(self, seat, name, data):
        facts = fitting_now(name, self.conflict)
        if data.draw(st.booleans()):
            facts |= data.draw(facts_for(name, self.conflict, self.world.now))
        sitting = self.world.who(seat)
        said = data.draw(self._attestations())
        capacity = Capacity.attested if said else sitting.capacity
        held = HeldSeat(seat=seat, capacity=capacity)
        person = sitting.person or "somebody-else"
        actor = Actor(person=person, seats=(held,), attestation=said)
        self._send(name, actor, facts)

    def _attestations(self):
        said = Attestation(
            entered_by="somebody-else",
            said_by="person-network-provider",
            told_to="somebody-else",
            how=f"by phone, {SECRET}",
            said_at=self.world.now,
        )
        return st.sampled_from([None, None, said])

    def _send(self, name, actor, facts, late=timedelta()):
        self.world.now += timedelta(minutes=1)
        before = self.conflict.model_dump_json()
        given = self.conflict
        try:
            self.world.hear(self.world.message(name, actor, facts, late))
        except ValidationError:
            return
        except Refused as refused:
            self.conflict.refuse(name, refused.detail, actor, "m", self.world.now)
        else:
            assert given.model_dump_json() == before
        self.world.come_to_rest()

    # -- what else happens ---------------------------------------------------------------------------------------

    @rule(beyond=minutes)
    def time_passes_to_what_is_due_next_or_beyond(self, beyond):
        at = self.world.wakes_at() or self.world.now
        self.world.now = max(at, self.world.now) + beyond
        self.world.come_to_rest()

    @precondition(lambda self: self.conflict.step_due_at)
    @rule()
    def nobody_does_anything_until_the_limit(self):
        due_at = self.conflict.step_due_at
        assert due_at
        self.world.now = due_at
        self.world.come_to_rest()

    @rule(
        data=st.data(),
        capacity=st.sampled_from([Capacity.holder, Capacity.substitute]),
        known_for=st.sampled_from([None, timedelta(days=1), timedelta(days=9)]),
    )
    def somebody_else_sits_there(self, data, capacity, known_for):
        world = self.world
        seats = st.lists(st.sampled_from(world.seats()), min_size=1, max_size=2)
        until_at = world.now + known_for if known_for else None
        person = data.draw(st.sampled_from([None, *world.people(), "newcomer"]))
        world.sit(data.draw(seats), Sitting(person, capacity, until_at))
        world.come_to_rest()

    @rule()
    def everybody_sits_where_they_did(self):
        self.world.sitting.clear()
        self.world.seats_may_have_changed = True
        self.world.come_to_rest()

    @precondition(lambda self: self.world.posted)
    @rule(data=st.data(), delivery=st.sampled_from(Delivery))
    def a_notice_comes_back(self, data, delivery):
        notice = data.draw(st.sampled_from(self.world.posted))
        outcome = Delivered(key=notice.key, delivery=delivery)
        self.world.comes_back(notice, outcome)
        self.world.come_to_rest()

    @rule()
    def every_notice_is_delivered(self):
        for notice in list(self.world.posted):
            outcome = Delivered(key=notice.key, delivery=Delivery.delivered)
            self.world.comes_back(notice, outcome)
        self.world.come_to_rest()

    @rule()
    def the_calendar_ends_or_is_mended(self):
        self.world.dates_fail = not self.world.dates_fail

    @rule(really=st.integers(0, 4))
    def an_operator_cancels_it(self, really):
        if really == 4:
            self.conflict.cancelled(self.world.now)
            self.world.come_to_rest()

    @rule(case=st.sampled_from(["one-case", "two-case"]))
    def another_case_is_merged_into_it(self, case):
        link = CaseLink(case=case, relation=Relation.absorbed)
        self.conflict.tie(link, self.world.now, self.world.now)
        self.world.come_to_rest()

    @rule()
    def it_goes_on_in_another_run(self):
        carried = Conflict.model_validate_json(self.conflict.model_dump_json())
        assert carried == self.conflict
        self.world.conflict = carried

    # -- what holds ----------------------------------------------------------------------------------------------

    @invariant()
    def no_rung_is_skipped(self):
        conflict = self.conflict
        rungs = [rung.id for rung in conflict.ladder.rungs]
        assert conflict.reached == rungs[: len(conflict.reached)]
        assert conflict.step_id == (conflict.reached[-1] if conflict.reached else None)
        if conflict.moving_to:
            here = len(conflict.reached)
            assert conflict.moving_to in rungs[max(here - 1, 0) : here + 1]

    @invariant()
    def closed_means_that_nothing_is_open_and_no_clock_runs(self):
        conflict = self.conflict
        assert conflict.is_closed == (conflict.closed_at is not None)
        if conflict.is_closed:
            assert conflict.open_duties() == []
            assert conflict.wakes() == ()
            assert conflict.moving_to is None

    @invariant()
    def a_case_that_waits_says_what_for(self):
        """At rest the next rung has begun, or the case is halted for a seat or a date that somebody is asked to mend."""
        conflict = self.conflict
        assert (conflict.moving_to is not None) == (
            conflict.status is ConflictStatus.halted
        )
        if conflict.moving_to:
            unfit = {seated.role for seated, _ in conflict.unfit(conflict.moving_to)}
            asked = {duty.target for duty in conflict.outstanding(Act.fill_seat)}
            assert unfit <= asked
            undated = conflict.outstanding(Act.mend_calendar) and conflict.retry_at
            assert unfit or undated

    @invariant()
    def at_the_top_it_is_asked_after_until_somebody_closes_it(self):
        conflict = self.conflict
        if conflict.status is ConflictStatus.unresolved_at_top:
            assert conflict.step_id == conflict.ladder.rungs[-1].id
            assert conflict.asks_again_at
            assert len(conflict.outstanding(ConflictAct.closing)) == 1

    @invariant()
    def every_open_duty_is_woken_for_by_its_due_date(self):
        at = self.world.wakes_at()
        for duty in self.conflict.open_duties():
            assert duty.due_at is None or (at and at <= duty.due_at), duty.id

    @invariant()
    def the_timeline_is_only_added_to(self):
        seen, timeline = self.seen.timeline, self.conflict.timeline
        assert timeline[: len(seen)] == seen
        assert [entry.seq for entry in timeline] == list(range(1, len(timeline) + 1))

    @invariant()
    def no_duty_vanishes_and_none_that_is_over_opens_again(self):
        now = {duty.id: duty for duty in self.conflict.duties}
        assert len(now) == len(self.conflict.duties)
        for duty in self.seen.duties:
            after = now[duty.id]
            assert after.status in OVER.get(duty.status, DutyStatus), duty.id
            assert (after.act, after.clause, after.step, after.opened_at) == (
                duty.act,
                duty.clause,
                duty.step,
                duty.opened_at,
            )

    @invariant()
    def each_duty_to_tell_has_one_notice_and_each_notice_that_tells_a_duty(self):
        told = [notice.duty for notice in self.world.sent if notice.kind == "told"]
        asked = [
            duty.id for duty in self.conflict.duties if duty.act == ConflictAct.notice
        ]
        assert sorted(filter(None, told)) == sorted(asked)
        assert len(told) == len(asked)

    @invariant()
    def no_notice_goes_out_twice(self):
        keys = [notice.key for notice in self.world.sent]
        assert len(keys) == len(set(keys))

    @invariant()
    def nobody_agrees_for_both_sides(self):
        for said in (self.conflict.agreements, self.conflict.partial_agreements):
            for sides in said.values():
                people = [{s.person, s.attested_by} - {None} for s in sides.values()]
                assert len(set().union(*people)) == sum(map(len, people))

    @invariant()
    def nothing_written_freely_is_shown_to_operators_or_mailed(self):
        shown = [wake.text for wake in self.conflict.wakes()]
        shown += [notice.line for notice in self.world.sent]
        shown += [notice.what for notice in self.world.sent]
        shown.append(self.conflict.as_table())
        assert [text for text in shown if SECRET in text] == []

    @invariant()
    def what_is_allowed_is_true(self):
        """Whatever is not listed is refused, and what is listed is not refused for its turn or its seat from any of its seats."""
        conflict = self.conflict
        allowed = {each.message: each.seats for each in allowed_now(conflict)}
        # Not each of them every time: it would take most of the minutes there are.
        chosen = random.Random(len(conflict.timeline) * 31 + len(conflict.duties))
        name = chosen.choice(
            [each for each in conflict_messages if each not in allowed]
        )
        everywhere = {seat: Capacity.holder for seat in self.world.seats()}
        assert self._refusal(name, everywhere), name
        for name, seats in allowed.items():
            held = {chosen.choice(seats): Capacity.holder}
            # Who sits on this rung and on one before must say which one is meant.
            rungs = (None, *conflict.reached)
            found = (self._refusal(name, held, rung) for rung in rungs)
            wrong = (OutOfOrder, CaseIsClosed, NotYourSeat)
            assert not all(isinstance(each, wrong) for each in found), (name, held)

    def _refusal(self, name, held, rung=None):
        seats = tuple(HeldSeat(seat=s, capacity=c) for s, c in held.items())
        actor = Actor(person="a-stranger", seats=seats)
        facts = fitting_now(name, self.conflict) | {"rung": rung}
        try:
            handle(self.conflict, self.world.message(name, actor, facts))
        except Refused as refused:
            return refused
        return None

    @invariant()
    def it_can_go_on_in_another_run(self):
        self.seen = Conflict.model_validate_json(self.conflict.model_dump_json())
        assert self.seen == self.conflict


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("chosen", "ABC")
def test_whatever_happens_to_a_conflict_its_rules_hold(chosen):
    class OnThisLadder(AnyConflict):
        ladder = chosen

    run_state_machine_as_test(OnThisLadder, settings=tries(8, steps=40))
