"""Word to a team: whom it may go to, how each member is reached, and what is held for want of a consent. Pure."""

from collections.abc import Iterable
from datetime import datetime

from throughcare.case.consents import ConsentFacts
from throughcare.case.message import Facts, Message
from throughcare.case.seats import (
    Actor,
    Capacity,
    Seated,
)
from throughcare.lifecycles.care_plan.fields import MemberId
from throughcare.lifecycles.client.acts import ClientEntry
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.fields import Name
from throughcare.lifecycles.client.plan_facts import (
    CarePlanFacts,
    Meeting,
    Member,
    MemberStatus,
    Version,
)
from throughcare.lifecycles.client.plan_policy import MemberKind, SharedCarePlanPolicy

OUTSIDE = "member"
"""The role of a receiver who is on the team and has no seat here. Where to write to is known to the sender alone."""

MEETING_KINDS = {"client": "client_meeting", OUTSIDE: "member_meeting"}
"""How those are told of a meeting who cannot look into the case."""

OFF = "_off"
"""The end of the name of such a notice where they are no longer expected there."""


class UnderAVersion(Facts):
    """What somebody says of one member's name under one version of the plan."""

    member: MemberId
    version: Name


class CaseWithTeam(ClientCase):
    rules: SharedCarePlanPolicy | None = None

    @property
    def life(self) -> CarePlanFacts:
        """What it knows of its team and their plan; under a pack without care-plan.yaml there is nothing of it."""
        assert self.known.life is not None
        return self.known.life

    # -- who a member is here ----------------------------------------------------------------------------------------

    def as_member(self, member: Member) -> Seated:
        """The one to whom a word for this member goes."""
        if member.kind is MemberKind.client:
            return self.as_receiver()
        seated = self.seated.get(member.id)
        if member.kind is MemberKind.coordinator:
            seated = self.seated.get(self.policy.coordinator)
        if seated:
            return seated
        return Seated(
            role=OUTSIDE, title="Team member", seat=member.id, person=member.id
        )

    def may_know(self, member: Member) -> bool:
        """Whether there is a consent for whom they belong to; the agency's own people need none (CP-E-5)."""
        mine = self.known.assignment
        if member.organization and mine and member.organization == mine.organization:
            return True
        # Of consents those are known that are in force; one that ends is looked up when it does.
        return any(each.recipient in member.recipients for each in self.known.consents)

    def may_be_told(self, member: Member) -> bool:
        """Family is on the team because the client named them, which is the client's own word."""
        return member.kind is MemberKind.family or self.may_know(member)

    def is_reached(self, member: Member) -> bool:
        """Whether word to them goes out: to their seat, or to an address outside."""
        if member.id in self.seated:
            return True
        return member.is_outside and self.may_be_told(member)

    def held_from(self, members: Iterable[Member]) -> list[Member]:
        """Those who could be told, had the client agreed to it. The worker needs nobody's consent."""
        return [
            each
            for each in members
            if each.kind is not MemberKind.coordinator
            and (
                (each.seat and not self.may_know(each))
                or (each.is_outside and not self.may_be_told(each))
            )
        ]

    def answered_for(self) -> list[Member]:
        """Who is on the team, and whom the client does not want there, which is an answer too (Q-40)."""
        declined = MemberStatus.declined_by_client
        return [e for e in self.life.team if e.is_on_team or e.status is declined]

    # -- word to them --------------------------------------------------------------------------------------------------

    def notify_of_meeting(
        self, receiver: Seated, meeting: Meeting, ending: str = ""
    ) -> None:
        """They are asked to it; or with OFF, they are no longer expected there."""
        assert self.rules
        self.notify(
            MEETING_KINDS.get(receiver.role, "meeting") + ending,
            receiver,
            step=self.step,
            clause=self.rules.meetings.clause,
            what=str(meeting.number),
            due_at=meeting.at,
        )

    def meeting_ahead(self, now: datetime) -> Meeting | None:
        """The one that is set and still to come; of a run of before none, as nobody was told then who joins or leaves."""
        if self.rules is None or self.known.life is None or self.is_of_before:
            return None
        meeting = self.life.next_meeting
        return meeting if meeting and meeting.at > now else None

    def change_meeting(self, meeting: Meeting, **fields: object) -> Meeting:
        """Every change counts, as calendars keep the one with the highest sequence."""
        changed = meeting.model_copy(
            update={"sequence": meeting.sequence + 1, **fields}
        )
        self.life.meetings[self.life.meetings.index(meeting)] = changed
        return changed

    def ask_to_meeting(self, member: Member, now: datetime) -> Meeting | None:
        """Whoever joins is asked to the meeting that is set."""
        meeting = self.meeting_ahead(now)
        if meeting is None or member.id in meeting.invited:
            return None
        invited = (*meeting.invited, member.id)
        meeting = self.change_meeting(meeting, invited=invited)
        if self.is_reached(member):
            self.notify_of_meeting(self.as_member(member), meeting)
        return meeting

    def take_from_meeting(self, member: Member, now: datetime) -> None:
        """Whoever leaves is no longer expected there; said before they have left."""
        meeting = self.meeting_ahead(now)
        if meeting is None or member.id not in meeting.invited:
            return
        invited = tuple(each for each in meeting.invited if each != member.id)
        meeting = self.change_meeting(meeting, invited=invited)
        if self.is_reached(member):
            self.notify_of_meeting(self.as_member(member), meeting, OFF)

    def hand_meeting_over(self, before: Seated, seated: Seated, now: datetime) -> None:
        """Somebody else is expected there from now on."""
        if meeting := self.meeting_ahead(now):
            meeting = self.change_meeting(meeting)
            self.notify_of_meeting(before, meeting, OFF)
            self.notify_of_meeting(seated, meeting)

    def call_off(self, meeting: Meeting, *, client: bool = True) -> None:
        """Everybody who was asked to it is no longer expected."""
        for member in self.life.members:
            is_client = member.kind is MemberKind.client
            is_told = client if is_client else self.is_reached(member)
            if member.id in meeting.invited and is_told:
                self.notify_of_meeting(self.as_member(member), meeting, OFF)
        self.notify_of_meeting(self.seated[self.worker], meeting, OFF)

    def ask_to_sign(self, member: Member, version: Version) -> None:
        """The notice is about this version, and so is the link that somebody outside gets with it."""
        assert self.rules
        self.notify(
            "signature",
            self.as_member(member),
            step=version.place,
            clause=self.rules.versions_clause,
            what=f"Read and sign version {version.number} of the plan",
        )

    def take_consents(self, found: tuple[ConsentFacts, ...], now: datetime) -> None:
        """Whoever may be told now is told what was held from them."""
        team = self.life.members if self.rules and self.known.life else []
        held = [each for each in self.held_from(team) if each.is_outside]
        super().take_consents(found, now)
        for member in held:
            if self.may_be_told(member):
                self._release(member, now)

    def _release(self, member: Member, now: datetime) -> None:
        assert self.rules
        life, before = self.life, len(self.unsent)
        meeting, version = life.next_meeting, life.proposed
        if meeting and member.id in meeting.invited:
            self.notify_of_meeting(self.as_member(member), meeting)
        signs = self.rules.plan.signatures_clause is not None
        if version and signs and member in life.unsigned(version):
            self.ask_to_sign(member, version)
        if len(self.unsent) > before:
            text = "A consent for somebody on the team is on file: what was held from them goes out."
            self.note(
                ClientEntry.released, text, now, clause=self.rules.team.added_clause
            )

    # -- word from them --------------------------------------------------------------------------------------------------

    def outside_speaker(self, message: Message) -> str | None:
        """A member without a seat answers through their own link, and only about their own name under a version."""
        facts = message.facts
        if self.rules is None or not isinstance(facts, UnderAVersion):
            return None
        member = self._by_link(message.actor)
        return member.id if member and member.id == facts.member else None

    def _by_link(self, actor: Actor) -> Member | None:
        """Who speaks through a link that was sent outside, as long as they may be told."""
        for member in self.life.members if self.known.life else ():
            comes_by_link = actor.right_to(member.id) is Capacity.link
            if comes_by_link and member.is_outside and self.may_be_told(member):
                return member
        return None

    def _notify_refused(self, actor: Actor, message: str) -> None:
        member = self._by_link(actor)
        if member is None:
            super()._notify_refused(actor, message)
            return
        what, receiver = self.known_as(message), self.as_member(member)
        self.notify("refused", receiver, step=self.step, what=what)
