"""Anything anybody can send or do, in any order, to a care plan that has a team: what must hold after each of it.

What holds of every case about a client is in the intake's own; this adds what is a plan's: its team, versions and names.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.chance import SECONDS, tries
from tests.lifecycles.care_plan.fitting import fitting
from tests.lifecycles.care_plan.walk import (
    PlanWalk,
    RequestWalk,
    agreed,
    enrolled,
    met,
    signing_now,
    teamed,
    written,
)
from tests.lifecycles.intake.fitting import SECRET
from tests.lifecycles.intake.test_any_sequence import AnyIntake, seeds
from throughcare.case.permissions import allowed_now
from throughcare.case.refusals import Refused
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.plan_facts import MeetingStatus
from throughcare.lifecycles.client.plan_policy import MemberKind

STARTS: dict[str, Callable[..., PlanWalk]] = {
    "a new plan": enrolled,
    "a whole team": teamed,
    "a team that has met": met,
    "a plan that is written": written,
    "a plan that waits for names": signing_now,
    "a plan in force": agreed,
    "a second plan": partial(enrolled, earlier=("01EARLIER",)),
}

WORK = (
    "section_written",
    "team_meeting_held",
    "plan_put_forward",
    "plan_signed",
    "plan_finalized",
    "service_asked_for",
    "review_held",
    "circumstances_changed",
)

TEAM = (
    "member_invited",
    "member_invited",
    "member_answered",
    "member_left",
    "team_meeting_held",
    "meeting_scheduled",
    "meeting_not_held",
    "systems_recorded",
    "supports_named",
    "slot_left_open",
    "signature_missing",
)

OVER = ("closure_agreed", "close", "transfer_asked", "transfer_answered")


class AnyCarePlan(AnyIntake):
    @initialize(free=st.sampled_from([None, False, True]))
    def opened(self, free):
        self.walk: PlanWalk = STARTS[self.start](free=free is not None)
        rules = self.case.independence
        if rules and free:
            self.case.independence = rules.model_copy(update={"refuses": True})
        self.requests: list[RequestWalk] = []
        self.digests: dict[str, str] = {}
        self.names: dict[tuple[str, str], str] = {}
        self.seen = self.case.model_copy(deep=True)

    # -- what people do ------------------------------------------------------------------------------------------

    @rule(seed=seeds, count=st.integers(1, 9))
    def the_team_works_on_its_plan(self, seed, count):
        for _ in range(count):
            chance = self._chance(seed)
            next_up = (self._next_up(),)
            self._say_one_of(next_up if chance.random() < 0.8 else WORK, chance)
            if chance.random() < 0.5:
                self._move_one_on(chance)

    def _next_up(self) -> str:
        """What brings the plan on, so that chance does not have to find it among all that can be said."""
        life, rules = self.walk.life, self.case.rules
        if life.proposed:
            return "plan_signed" if life.unsigned(life.proposed) else "plan_finalized"
        if not life.held:
            return "team_meeting_held"
        if self.case.outstanding(ClientAct.plan_revision) or not life.current:
            unwritten = [e for e in rules.plan.sections if e.kind.is_written]
            is_written = all(self.case.latest(each.id) for each in unwritten)
            return "plan_put_forward" if is_written else "section_written"
        return "review_held" if len(life.services) > 2 else "service_asked_for"

    @rule(seed=seeds, count=st.integers(1, 6))
    def the_team_grows_and_meets(self, seed, count):
        for _ in range(count):
            self._say_one_of(TEAM, self._chance(seed))

    @rule(seed=seeds, really=st.integers(0, 4))
    def the_team_comes_to_its_end(self, seed, really):
        for name in OVER if really == 4 else OVER[2:3]:
            self._say_one_of((name,), self._chance(seed))

    @rule(seed=seeds)
    def another_worker_takes_over(self, seed):
        for name in ("change_requested", "worker_changed"):
            self._say_one_of((name,), self._chance(seed))

    def _say_one_of(self, names, chance):
        allowed = {each.message: each for each in allowed_now(self.case)}
        self._take_a_turn([allowed[e] for e in names if e in allowed], chance)

    @rule(seed=seeds, count=st.integers(1, 6))
    def requests_move_on(self, seed, count):
        for number in range(count):
            self._move_one_on(random.Random(f"{seed} {number}"))

    def _move_one_on(self, chance):
        self._begin_requests()
        running = [each for each in self.requests if not each.case.is_closed]
        if not running:
            return
        request = chance.choice(running)
        request.until(self.walk.now)
        request.hear_of_plans()
        if not request.consents and chance.random() < 0.7:
            request.consent("payer")
        turns = allowed_now(request.case)
        steps = [each for each in turns if not each.beside]
        turn = chance.choice(steps if steps and chance.random() < 0.9 else turns)
        seat = HeldSeat(seat=chance.choice(turn.seats), capacity=Capacity.holder)
        facts = fitting(turn.message, request.case)
        if turn.message == "request_decided":
            facts["decision"] = chance.choice(["approved", "partly", "denied"])
        actor = Actor(person="somebody", seats=(seat,))
        with suppress(Refused):
            request.say_as(actor, turn.message, **facts)
        self.walk.settle()

    def _begin_requests(self):
        begun = {each.case.case_id for each in self.requests}
        for asked in self.walk.life.services:
            if asked.case not in begun and asked.is_running:
                self.requests.append(self.walk.begin_request(asked))

    def _facts(self, chance, name):
        facts = super()._facts(chance, name)
        other = chance.random()
        match name:
            case "member_invited":
                facts |= chance.choice(MEMBERS)
            case "member_answered":
                answers = ["joined", "refused", "declined_by_client"]
                facts |= {"answer": chance.choice(answers), "reason": SECRET}
            case "team_meeting_held":
                facts["attended"] = chance.sample(
                    facts["attended"], chance.randint(1, len(facts["attended"]))
                )
                left = {e.id for e in self.walk.life.members} - set(facts["attended"])
                facts["absent"] = [
                    {"member": each, "effort": SECRET} for each in sorted(left)
                ]
            case "section_written" if other < 0.3:
                facts["replaces"] = chance.choice([0, 1, 2])
            case "plan_put_forward" if other < 0.3:
                facts["kind"] = chance.choice(["preliminary", "final", "amended"])
            case "plan_signed" if other < 0.4:
                facts["how"] = chance.choice(["account", "link", "paper"])
            case "signature_missing":
                facts["outcome"] = chance.choice(["refused", "unavailable"])
            case "review_held":
                facts["outcome"] = chance.choice(["revised", "no_change"])
            case "closure_agreed" if other < 0.3:
                facts["agreed_by"] = facts["agreed_by"][:1]
            case "transfer_answered":
                answers = ["accepted", "rejected", "withdrawn"]
                facts["answer"] = chance.choice(answers)
        return facts

    # -- what holds ----------------------------------------------------------------------------------------------

    @invariant()
    def a_version_in_force_has_every_name_or_the_reason_why_not(self):
        life = self.walk.life
        for version in life.versions:
            if version.final_at:
                names = [
                    life.signature(each, version.number) for each in version.signers
                ]
                assert None not in names, version.number
                assert all(
                    each.outcome == "signed" or each.reason for each in names if each
                )

    @invariant()
    def no_versions_digest_ever_changes(self):
        life = self.walk.life
        for version in life.versions:
            first = self.digests.setdefault(version.number, version.digest)
            assert version.digest == first, version.number
            contents = self.case.content_of(version)
            assert version.sealed(contents).digest == first, version.number

    @invariant()
    def what_is_signed_is_the_version_and_a_name_stays(self):
        life = self.walk.life
        by_number = {each.number: each for each in life.versions}
        for each in life.signatures:
            assert each.digest == by_number[each.version].digest
            assert each.member in by_number[each.version].signers
        for (member, number), outcome in self.names.items():
            now = life.signature(member, number)
            assert now is not None
            assert outcome != "signed" or now.outcome == "signed"
        self.names = {(e.member, e.version): e.outcome for e in life.signatures}

    @invariant()
    def versions_have_numbers_of_their_own_and_one_at_most_waits(self):
        versions = self.walk.life.versions
        numbers = [each.number for each in versions]
        known = [each.version for each in self.case.known.plans]
        assert len(numbers) == len(set(numbers))
        assert len(known) == len(set(known))
        assert [e.number for e in versions if e.final_at] == known[1:]
        assert [e for e in versions[:-1] if e is self.walk.life.proposed] == []

    @invariant()
    def writings_count_without_gaps(self):
        writings = self.case.writings
        assert [each.seq for each in writings] == list(range(1, len(writings) + 1))
        for section in {each.section for each in writings}:
            revisions = [e.revision for e in writings if e.section == section]
            assert revisions == list(range(1, len(revisions) + 1)), section

    @invariant()
    def the_client_and_one_worker_are_always_on_the_team(self):
        kinds = [each.kind for each in self.walk.life.members]
        assert kinds.count(MemberKind.client) == 1
        assert kinds.count(MemberKind.coordinator) == 1
        [worker] = [e for e in self.walk.life.members if e.kind == "coordinator"]
        assert worker.seat == self.walk.assignment.seat or self.case.is_closed

    @invariant()
    def nobody_is_on_the_team_twice_and_nobody_vanishes(self):
        life = self.walk.life
        names = [each.name.casefold() for each in life.members]
        assert len(names) == len(set(names))
        assert [e.id for e in life.team] == [
            f"member-{n}" for n in range(1, len(life.team) + 1)
        ]

    @invariant()
    def one_meeting_at_most_is_the_next(self):
        meetings = self.walk.life.meetings
        waiting = [e for e in meetings if e.status is MeetingStatus.scheduled]
        assert len(waiting) <= 1
        assert [e.number for e in meetings] == list(range(1, len(meetings) + 1))

    @invariant()
    def only_those_who_may_know_have_a_seat_in_the_case(self):
        life = self.walk.life
        members = {each.id: each for each in life.team}
        for role in set(self.case.seated) & set(members):
            member = members[role]
            assert self.case.is_closed or (
                member.is_on_team and self.case.may_know(member)
            ), role

    @invariant()
    def nothing_written_freely_is_in_a_line_of_the_timeline(self):
        texts = [entry.text for entry in self.case.timeline]
        assert [each for each in texts if SECRET in each] == []

    @invariant()
    def a_request_that_is_over_has_nothing_open_and_its_plan_knows(self):
        services = {each.case: each for each in self.walk.life.services}
        for request in self.requests:
            case = request.case
            assert case.outgoing == []
            if case.is_closed:
                assert case.open_duties() == [] and case.wakes() == ()
                asked = services[case.case_id]
                assert self.case.is_closed or not asked.is_running


MEMBERS: list[dict[str, Any]] = [
    {"kind": "family"},
    {"kind": "family", "joined": True},
    {"kind": "clinical", "organization": "Elm", "member_seat": "seat-elm"},
    {"kind": "system", "system": SECRET, "organization": "the agency"},
    {"kind": "ancillary", "provider": "shelter", "member_seat": "seat-shelter"},
    {"kind": "ancillary", "provider": "provider-0", "joined": True},
    {"kind": "family", "organization": "the agency", "member_seat": "seat-aide"},
    {"kind": "client"},
]


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("chosen", STARTS)
def test_whatever_happens_to_a_care_plan_its_rules_hold(chosen):
    class FromThisStart(AnyCarePlan):
        start = chosen

    run_state_machine_as_test(FromThisStart, settings=tries(8, quick=4, steps=40))
