"""The team's meetings, and word between them: what messages about them do. Pure."""

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts, Messages
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.conditions import has_next_meeting, has_team
from throughcare.lifecycles.care_plan.fields import MemberId, Some
from throughcare.lifecycles.care_plan.said import (
    listed_as,
    member_named,
    note_held,
    plan_of,
    rules_of,
    settle,
)
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.plan_facts import (
    Absent,
    Meeting,
    MeetingStatus,
    Member,
    MemberStatus,
    NotInvited,
)
from throughcare.lifecycles.client.plan_policy import MemberKind
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.time.deadline import Instant

meetings = Messages()

HOW_LONG = "When it ends; in calendars an hour later where left out."


class NextMeeting(Frozen):
    at: Instant
    ends_at: Instant | None = Field(default=None, description=HOW_LONG)
    place: Name


@meetings.message(
    "meeting_scheduled",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={
        "at": "2030-03-16T15:00:00-05:00",
        "place": "The family center",
    },
)
class MeetingScheduled(Facts):
    """The team's next meeting; every member with an address gets an invitation for their calendar (CP-M-1)."""

    at: Instant
    ends_at: Instant | None = Field(default=None, description=HOW_LONG)
    place: Name

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """One meeting is the next; scheduled again, it is the same one at another time."""
        rules = rules_of(said)
        if self.at <= said.now:
            raise said.unreadable("at: the next meeting lies ahead.")
        following = NextMeeting(at=self.at, ends_at=self.ends_at, place=self.place)
        _schedule(said, following)
        said.say("The team's next meeting is set.", rules.meetings.clause, self.place)


def _schedule(said: ClientSaid, following: NextMeeting) -> None:
    case, life = plan_of(said), plan_of(said).life
    if following.ends_at and following.ends_at <= following.at:
        raise said.unreadable("ends_at: a meeting ends after it begins.")
    invited = tuple(each.id for each in life.members)
    known = life.next_meeting
    if known:
        meeting = known.model_copy(
            update={
                "at": following.at,
                "ends_at": following.ends_at,
                "place": following.place,
                "invited": invited,
                "sequence": known.sequence + 1,
            }
        )
        life.meetings[life.meetings.index(known)] = meeting
    else:
        meeting = Meeting(
            number=len(life.meetings) + 1,
            at=following.at,
            ends_at=following.ends_at,
            place=following.place,
            invited=invited,
        )
        life.meetings.append(meeting)
    for member in life.members:
        if member.kind is MemberKind.client or case.is_reached(member):
            case.notify_of_meeting(case.as_member(member), meeting)
    case.notify_of_meeting(case.seated[case.worker], meeting)
    clause = rules_of(said).meetings.clause
    note_held(said, life.members, f"meeting {meeting.number}", clause)


class AbsentMember(Frozen):
    member: MemberId
    effort: Words = Field(description="What was done so that they could come.")


class MemberNotInvited(Frozen):
    member: MemberId
    reason: Words = Field(description="Why they were not asked to come.")


@meetings.message(
    "team_meeting_held",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    answers=(ClientAct.team_meeting_first,),
    example={
        "attended": ["member-1", "member-2"],
        "absent": [{"member": "member-3", "effort": "Two calls, and a ride offered."}],
        "not_invited": [{"member": "member-4", "reason": "It was about the lease."}],
        "confidentiality_reminded": True,
        "next": {"at": "2030-04-13T15:00:00-05:00", "place": "The family center"},
        "screen": "screens/1042",
    },
)
class CareTeamMeetingHeld(Facts):
    """The team met: who came, who did not, who was not invited, the reminder, and when it meets next. Nobody of the team is
    left out, whether the meeting was scheduled or not (CP-C-b, CP-M-1, CP-M-5)."""

    attended: tuple[MemberId, ...] = Field(min_length=1, max_length=100)
    absent: tuple[AbsentMember, ...] = Some
    not_invited: tuple[MemberNotInvited, ...] = Some
    confidentiality_reminded: bool
    next: NextMeeting | None = Field(
        default=None, description="Needed unless the team agreed to end."
    )
    screen: Name | None = Field(
        default=None,
        description="Of the first meeting: where the results of the screen are.",
    )

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """The record closes with the reminder in it and the next meeting set, or not at all (CP-M-1, CP-M-5)."""
        rules = rules_of(said)
        _check_meeting(said, self)
        life, is_first = case.life, not case.life.held
        attended = tuple(dict.fromkeys(self.attended))
        known = life.next_meeting
        place, number = (
            (known.place, known.number) if known else ("", len(life.meetings) + 1)
        )
        meeting = Meeting(
            number=number,
            at=said.message.event_at,
            place=place,
            status=MeetingStatus.held,
            sequence=known.sequence if known else 0,
            invited=known.invited if known else (),
            attended=attended,
            absent=tuple(Absent(member=e.member, effort=e.effort) for e in self.absent),
            not_invited=tuple(
                NotInvited(member=e.member, reason=e.reason) for e in self.not_invited
            ),
            screen=self.screen,
        )
        if known:
            life.meetings[life.meetings.index(known)] = meeting
        else:
            life.meetings.append(meeting)
        _see_who_came(said, attended)
        text = f"The team met: {len(attended)} came."
        settle(said, (ClientAct.team_meeting_first,), text, rules.meetings.clause)
        _see_family(said, attended)
        if rules.meetings.confidentiality and self.confidentiality_reminded:
            reminder = "Everybody was reminded to keep what they hear confidential."
            said.note(
                ClientEntry.confidentiality, reminder, rules.meetings.confidentiality
            )
        if is_first:
            _begin_from_the_screen(said, self)
            case.come(Moment.team_met, said.message.event_at)
        if self.next:
            _schedule(said, self.next)


def _see_who_came(said: ClientSaid, attended: tuple[str, ...]) -> None:
    """Whoever was asked to join and comes has joined; a client who comes has been reached."""
    case = plan_of(said)
    for each in attended:
        member = member_named(said, each, "attended")
        if member.status is MemberStatus.invited:
            joined_at = said.message.event_at
            case.change_member(member, MemberStatus.joined, joined_at)
        if member.kind is MemberKind.client:
            case.known.attempts = 0


def _check_meeting(said: ClientSaid, facts: CareTeamMeetingHeld) -> None:
    case, rules = plan_of(said), rules_of(said)
    for each in facts.attended:
        member_named(said, each, "attended")
    for absent in facts.absent:
        member_named(said, absent.member, "absent")
    for uninvited in facts.not_invited:
        member_named(said, uninvited.member, "not_invited")
    if twice := set(facts.attended) & {each.member for each in facts.absent}:
        raise said.unreadable(f"absent: {', '.join(sorted(twice))} attended.")
    invited = case.life.next_meeting.invited if case.life.next_meeting else ()
    stated = {*facts.attended, *(each.member for each in facts.absent)}
    forgotten = [
        e for e in invited if e not in stated and _is_still_on(case.life.member(e))
    ]
    if forgotten:
        raise said.refused(
            f"Say of everybody who was invited if they came, or what was done so that they could; missing: {', '.join(forgotten)}."
        )
    _check_whole_team(said, facts)
    if rules.meetings.confidentiality and not facts.confidentiality_reminded:
        raise said.refused(
            f"A meeting's record closes with the reminder that what is said is confidential ({rules.meetings.confidentiality})."
        )
    if rules.meetings.next and facts.next is None and case.life.closure is None:
        raise said.refused(
            f"next: say when and where the team meets next ({rules.meetings.next}); only a team that has agreed to end has none."
        )
    if facts.next and facts.next.at <= said.message.event_at:
        raise said.unreadable("next: the next meeting comes after this one.")


def _check_whole_team(said: ClientSaid, facts: CareTeamMeetingHeld) -> None:
    """Of everybody who was on the team then it is said if they came, what was done so that they could, or why they were not
    invited (ruling 18)."""
    case = plan_of(said)
    asked = {*facts.attended, *(each.member for each in facts.absent)}
    left_out = {each.member for each in facts.not_invited}
    if both := sorted(asked & left_out):
        raise said.unreadable(
            f"not_invited: {', '.join(both)} came, or was asked to; say one of them."
        )
    missing = [
        each
        for each in case.life.members
        if each.id not in asked | left_out and each.since_at <= said.message.event_at
    ]
    if missing and not case.is_of_before:
        raise said.refused(
            f"Say of everybody on the team if they came (attended), what was done so that they could (absent), or why they were not invited (not_invited); missing: {listed_as(missing)}."
        )


def _see_family(said: ClientSaid, attended: tuple[str, ...]) -> None:
    """Everybody belongs where decisions are made, families too (CF-S-5b)."""
    case = plan_of(said)
    rules, life = case.independence, case.life
    kinds = {member.kind for each in attended if (member := life.member(each))}
    if rules and MemberKind.family not in kinds and not case.is_of_before:
        text = (
            "No family was at this meeting; everybody belongs where decisions are made."
        )
        said.note(ClientEntry.family_absent, text, rules.family_present)


def _is_still_on(member: Member | None) -> bool:
    return member is not None and member.is_on_team


def _begin_from_the_screen(said: ClientSaid, facts: CareTeamMeetingHeld) -> None:
    """The first meeting widens a plan that is begun, from the screen; otherwise it is out of order, and says so (CP-S-2)."""
    case, clause = plan_of(said), rules_of(said).meetings.screen
    if clause is None:
        return
    lacking = []
    if not (case.known.plans or case.writings):
        lacking.append("no plan was begun")
    if facts.screen is None:
        lacking.append("the results of the screen were not there")
    if lacking:
        text = f"The first meeting was out of order: {' and '.join(lacking)}."
        said.note(ClientEntry.out_of_order, text, clause)


@meetings.message(
    "meeting_not_held",
    by=CarePlan.staff,
    beside=True,
    when=has_next_meeting,
    example={
        "reason": "Snow.",
        "next": {"at": "2030-03-17T15:00:00-05:00", "place": "The family center"},
    },
)
class MeetingNotHeld(Facts):
    """A meeting that was scheduled did not take place."""

    reason: Words
    next: NextMeeting

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        rules = rules_of(said)
        known = case.life.next_meeting
        assert known is not None
        if not case.is_of_before:
            case.call_off(known)
        missed = {"status": MeetingStatus.not_held, "reason": self.reason}
        meetings = case.life.meetings
        meetings[meetings.index(known)] = known.model_copy(update=missed)
        text = "The meeting did not take place; another is set."
        said.say(text, rules.meetings.clause, self.reason)
        _schedule(said, self.next)


@meetings.message(
    "note_added",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={"words": "The bus pass has come."},
)
class NoteAdded(Facts):
    """A word to the team, which its members can read in the case (CP-M-2)."""

    words: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """Members who may know of the case read it there (CP-M-2)."""
        meetings = rules_of(said).meetings
        clause = meetings.notes or meetings.clause
        said.say("A note to the team.", clause, self.words)
        for member in case.life.members:
            if member.id in case.seated:
                what = "A note to the team is in the case."
                case.notify(
                    "team_note", case.seated[member.id], clause=clause, what=what
                )
