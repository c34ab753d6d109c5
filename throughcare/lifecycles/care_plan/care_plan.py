"""A care plan, from the enrollment to its end: years of meetings, reviews and versions of one plan. Pure.

It begins with what its intake knew. Under a pack without care-plan.yaml it keeps the clocks the plan set and hears what can
be said of any case about a client, and no more than that.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from throughcare.case.clock import Limit
from throughcare.case.duty import (
    Basis,
    Discharge,
)
from throughcare.case.entry import EntryKind
from throughcare.case.message import Messages
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.seats import Capacity, Seated, SeatQuery
from throughcare.lifecycles.care_plan.services import CaseWithServices
from throughcare.lifecycles.client import names
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.fields import ClientStatus
from throughcare.lifecycles.client.plan_facts import (
    MEMBER,
    CarePlanFacts,
    Content,
    MeetingStatus,
    Member,
    MemberStatus,
    Version,
    Writing,
)
from throughcare.lifecycles.client.plan_policy import (
    CarePlanPolicy,
    MemberKind,
    ReviewKind,
)
from throughcare.lifecycles.client.policy import (
    DutySpec,
    Moment,
)
from throughcare.lifecycles.client.relations import ClientRelation
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.senders import all_but_the_worker

REVIEW_ACTS = {
    ReviewKind.monthly: ClientAct.monthly_review,
    ReviewKind.periodic: ClientAct.periodic_review,
    ReviewKind.annual: ClientAct.annual_review,
}


KEPT_VERSIONS = 3
"""Of how many versions, the latest, a care plan carries the text: one proposed, the one in force, and the one before it."""


class CarePlan(CaseWithServices):
    messages: ClassVar[Messages] = Messages(ClientSaid)
    kind: Literal["care-plan"] = "care-plan"
    writings: list[Writing] = Field(default_factory=list)
    """Every writing of every section, in order."""

    @property
    def step(self) -> str:
        if self.is_closed:
            return self.status
        if self.outstanding(ClientAct.plan_revision):
            return "revision"
        if self.rules is None:
            return "under_way"
        if self.life.closure:
            return "closing"
        if self.life.proposed:
            return "signing"
        if self.life.current is None:
            return "team" if not self.life.held else "planning"
        return "under_way"

    @property
    def written(self) -> Sequence[Writing]:
        return self.writings

    @property
    def lives_long(self) -> bool:
        return self.rules is not None

    def let_go_of_writings(self) -> None:
        """The last writing of each section, and those of the versions that are proposed, in force or were before that."""
        if not self.known.life:
            return
        last = {each.section: each.seq for each in self.writings}
        kept = {*last.values()}
        for version in self.known.life.versions[-KEPT_VERSIONS:]:
            kept.update(version.sections.values())
        self.writings = [each for each in self.writings if each.seq in kept]

    # -- its beginning ---------------------------------------------------------------------------------------------

    def open(
        self,
        intake: str,
        person: str,
        now: datetime,
        enrolled_at: datetime | None = None,
    ) -> None:
        """It begins with what the intake knew, and goes on with the plan's own clocks where they stand (CP-P-1, CS-W-9)."""
        at = enrolled_at or now
        by = Discharge(event_at=at, entered_at=now, person=person)
        clause = self.policy.enrollment.clause
        if self.rules:
            # First of all: what is asked below says how far the team has come.
            self.known.life = CarePlanFacts()
        text = "The care plan begins, with the plan that is on file."
        self.note(EntryKind.opened, text, now, clause=clause, by=by)
        self.link(intake, ClientRelation.intake)
        for gap in self.known.gaps:
            self.note(
                ClientEntry.gap, f"Left to do when it began: {gap}.", now, clause=clause
            )
        for number, clock in enumerate(self.known.contacts, start=1):
            self.ask(
                ClientAct.worker_contact,
                self.policy.plan.contacts_clause or self.policy.clause,
                self.policy.coordinator,
                f"Keep up contact as often as the plan says: contact {number}",
                clock.last_at,
                moment=Moment.plan_filed,
                limit=Limit(within=clock.every, basis=Basis.plan),
                target=clock.kind,
            )
        self._go_on_with_what_was_asked()
        if self.rules:
            self._ask_back_what_was_paid()
            self._begin_with_a_team(self.rules, at)
        self.entered(now)

    def _go_on_with_what_was_asked(self) -> None:
        """A wish that is not yet answered, a worker still looked for and an exception nobody has looked at go along."""
        known, rules = self.known, self.policy.preferences
        if known.change:
            self.ask_to_answer_wish(known.change.asked_at)
        if known.look_again_from:
            self.ask_to_look_again(
                rules.resource_clause if rules else self.policy.clause
            )
        for flag in known.flags:
            if not flag.is_settled:
                self.ask_to_review(flag)

    def _ask_back_what_was_paid(self) -> None:
        """A payment from the fund that nobody asked back yet is still to be (CP-E-10b)."""
        for number, payment in enumerate(self.known.payments, start=1):
            if payment.reimbursement_at is None:
                self.come(
                    Moment.fund_paid,
                    payment.paid_at,
                    target=payment.reference,
                    about=f"payment {number}",
                )

    def _begin_with_a_team(self, rules: CarePlanPolicy, at: datetime) -> None:
        """The client is on it from the start, and so is the worker (CP-T-3a, CP-T-3b)."""
        title = self.policy.client_word.capitalize()
        self.add_member(MemberKind.client, title, at, status=MemberStatus.joined)
        self.seat_the_worker(at)
        for earlier in self.known.earlier_plans:
            self.link(earlier, ClientRelation.earlier_plan)
        self.come(Moment.enrolled, at)
        for kind, review in rules.reviews.items():
            if review.limit:
                self.wind_review(kind, at)

    # -- the team --------------------------------------------------------------------------------------------------

    def add_member(
        self,
        kind: MemberKind,
        name: str,
        now: datetime,
        *,
        status: MemberStatus = MemberStatus.invited,
        contact: str | None = None,
        organization: str | None = None,
        system: str | None = None,
        provider: str | None = None,
        seat: str | None = None,
        name_key: str = "",
    ) -> Member:
        member = Member(
            id=f"{MEMBER}{len(self.life.team) + 1}",
            kind=kind,
            name=name,
            status=status,
            since_at=now,
            contact=contact,
            organization=organization,
            system=system,
            provider=provider,
            seat=seat,
            name_key=name_key,
        )
        self.life.team.append(member)
        return member

    def change_member(
        self,
        member: Member,
        status: MemberStatus,
        now: datetime,
        reason: str | None = None,
    ) -> None:
        changed = member.model_copy(
            update={"status": status, "since_at": now, "reason": reason}
        )
        team = self.life.team
        team[team.index(member)] = changed

    def seat_the_worker(self, now: datetime) -> None:
        """Whoever is the worker now is the coordinator on the team; whoever was, no longer (CP-T-3b)."""
        assignment = self.known.assignment
        if self.rules is None or assignment is None:
            return
        mine = [e for e in self.life.members if e.kind is MemberKind.coordinator]
        if any(each.seat == assignment.seat for each in mine):
            return
        for each in mine:
            self.change_member(
                each, MemberStatus.left, now, "Another worker took over."
            )
        seated = self.seated.get(self.policy.coordinator)
        title = self.policy.roles[self.policy.coordinator].title
        added = self.add_member(
            MemberKind.coordinator,
            seated.title if seated else title,
            now,
            status=MemberStatus.joined,
            organization=assignment.organization,
            seat=assignment.seat,
        )
        if meeting := self.meeting_ahead(now):
            # Both were told of it when the worker changed.
            left = {each.id for each in mine}
            kept = [each for each in meeting.invited if each not in left]
            changed = meeting.model_copy(update={"invited": (*kept, added.id)})
            self.life.meetings[self.life.meetings.index(meeting)] = changed

    def worker_changed(self, before: Seated, now: datetime) -> None:
        self.hand_meeting_over(before, self.seated[self.policy.coordinator], now)

    def hand_over(self, before: Seated, seated: Seated, now: datetime) -> None:
        """Whoever sits there from now on is expected at the team's meeting; not so somebody who stands in for a while."""
        super().hand_over(before, seated, now)
        members = {each.id for each in self.life.members} if self.known.life else set()
        stands_in = Capacity.substitute in (before.capacity, seated.capacity)
        if seated.role in {*members, self.policy.coordinator} and not stands_in:
            self.hand_meeting_over(before, seated, now)

    def close(
        self,
        status: ClientStatus,
        text: str,
        now: datetime,
        by: Discharge,
        words: str,
        **how: Any,
    ) -> None:
        """A meeting that was set leaves the calendars of whoever was asked to it."""
        if meeting := self.meeting_ahead(now):
            reason = "The care plan ended."
            off = {"status": MeetingStatus.not_held, "reason": reason}
            told = status not in (ClientStatus.died, ClientStatus.opened_in_error)
            self.call_off(meeting, client=told)
            meetings = self.life.meetings
            meetings[meetings.index(meeting)] = meeting.model_copy(update=off)
        super().close(status, text, now, by, words, **how)

    def gaps(self) -> list[tuple[ClauseId, str]]:
        """What the team lacks, each with the clause that asks for it (CP-T-3)."""
        return list(self._gaps()) if self.rules else []

    def _gaps(self) -> Iterator[tuple[ClauseId, str]]:
        assert self.rules
        life, kinds = self.life, self.rules.team.kinds
        there = {each.kind for each in life.members}
        answered = self.answered_for()
        left_open = {each.kind for each in life.open_slots}
        word = self.policy.client_word
        for kind in (MemberKind.client, MemberKind.coordinator, MemberKind.clinical):
            if kind in kinds and kind not in there | left_open:
                yield kinds[kind], f"the team has no {kind} member"
        if MemberKind.family in kinds:
            known = {each.name.casefold() for each in life.team}
            keys = {each.name_key for each in life.team}
            for name in life.supports:
                if name.casefold() not in known and names.name_key(name) not in keys:
                    yield (
                        kinds[MemberKind.family],
                        f"{name}, whom the {word} named, is neither invited nor declined",
                    )
        if MemberKind.system in kinds:
            if life.systems is None:
                yield (
                    kinds[MemberKind.system],
                    f"which systems the {word} is involved in is not recorded",
                )
            spoken_for = {(each.system or "").casefold() for each in answered}
            for system in life.systems or ():
                if system.casefold() not in spoken_for:
                    yield kinds[MemberKind.system], f"nobody speaks for {system}"
        if MemberKind.ancillary in kinds:
            here = {each.provider for each in answered}
            for asked in life.services:
                if asked.is_approved and asked.provider not in here:
                    yield (
                        kinds[MemberKind.ancillary],
                        f"{asked.provider_title} is approved and not on the team",
                    )

    def ask_to_complete_team(self, now: datetime) -> None:
        """A place is empty, or empty again: it is to be filled as the team was at first."""
        act = ClientAct.team_complete
        found = [each for each in self.duty_specs() if each.act == act]
        for spec in found[:1]:
            text, limit = spec.text, spec.limit
            self.ask(act, spec.clause, spec.holder, text, now, limit=limit)

    def queries(self) -> tuple[SeatQuery, ...]:
        """The policy's parts, and the seats of members who have one here and may know of the case."""
        members = self._member_queries() if self.known.life else ()
        return (*super().queries(), *members)

    def _member_queries(self) -> Iterator[SeatQuery]:
        for member in self.life.members:
            is_worker = member.kind is MemberKind.coordinator
            if member.seat and not is_worker and self.may_know(member):
                title = member.kind.replace("_", " ").capitalize()
                yield SeatQuery(
                    role=member.id,
                    title=f"Team member ({title.lower()})",
                    accepts=(),
                    seat=member.seat,
                )

    def take_seats(self, found: Sequence[Seated], now: datetime) -> None:
        """Who is no longer on the team, or whose consent has ended, sees the case no more."""
        super().take_seats(found, now)
        if self.rules is None or self.is_closed:
            return
        looked_up = {each.role for each in found}
        members = {each.id for each in self.life.team}
        for role in list(self.seated):
            if role in members and role not in looked_up:
                del self.seated[role]
        self.seat_the_worker(now)

    # -- the plan --------------------------------------------------------------------------------------------------

    def latest(self, section: str) -> Writing | None:
        """The last writing of a section."""
        found = [each for each in self.writings if each.section == section]
        return found[-1] if found else None

    def content_of(self, version: Version) -> dict[str, Content]:
        """Every section as that version has it."""
        written = {each.seq: each.content for each in self.writings}
        return {section: written[seq] for section, seq in version.sections.items()}

    def next_number(self) -> str:
        """Versions count on from the plans the intake filed."""
        return str(len(self.known.plans) + len(self.life.superseded) + 1)

    # -- reviews ---------------------------------------------------------------------------------------------------

    def wind_review(self, kind: ReviewKind, from_at: datetime) -> None:
        """The clock of one kind of review starts anew (CP-M-4, CS-W-15, CS-R-7)."""
        assert self.rules
        review = self.rules.reviews[kind]
        limit = review.limit
        if limit is None and self.life.review_every:
            limit = Limit(within=self.life.review_every, basis=Basis.plan)
        if limit is None:
            return
        self.ask(
            REVIEW_ACTS[kind],
            review.clause,
            self.policy.coordinator,
            review.text,
            from_at,
            moment=Moment.reviewed,
            limit=limit,
        )

    # -- whose turn ------------------------------------------------------------------------------------------------

    def writers(self) -> tuple[RoleId, ...]:
        """Everybody of the team writes the plan and signs it, who has a seat to do it from (CP-P-2)."""
        members = (each.id for each in self.life.members if each.id in self.seated)
        return (*self.staff(), *members)

    def who_withdraws(self) -> tuple[RoleId, ...]:
        return all_but_the_worker(self) if self.rules else self.staff()

    def duty_specs(self) -> tuple[DutySpec, ...]:
        of_the_plan = self.rules.duties if self.rules else ()
        return (*self.policy.duties, *of_the_plan)
