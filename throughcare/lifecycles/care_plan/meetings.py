"""The team's meetings, and word between them: what messages about them do. Pure."""

from throughcare.case.duty import Act
from throughcare.lifecycles.care_plan.acts import (
    MeetingNotHeld,
    MeetingScheduled,
    NextMeeting,
    NoteAdded,
    TeamMeetingHeld,
)
from throughcare.lifecycles.care_plan.facts import (
    Absent,
    Meeting,
    MeetingStatus,
    Member,
    MemberStatus,
)
from throughcare.lifecycles.care_plan.policy import MemberKind
from throughcare.lifecycles.care_plan.said import (
    member_named,
    note_held,
    plan_of,
    rules_of,
    settle,
)
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid


def meeting_scheduled(heard: ClientSaid, facts: MeetingScheduled) -> None:
    """One meeting is the next; scheduled again, it is the same one at another time."""
    rules = rules_of(heard)
    if facts.at <= heard.now:
        raise heard.unreadable("at: the next meeting lies ahead.")
    _schedule(heard, NextMeeting(at=facts.at, place=facts.place))
    heard.say("The team's next meeting is set.", rules.meetings.clause, facts.place)


def _schedule(heard: ClientSaid, following: NextMeeting) -> None:
    case, life = plan_of(heard), plan_of(heard).life
    invited = tuple(each.id for each in life.members)
    known = life.next_meeting
    if known:
        meeting = known.model_copy(
            update={
                "at": following.at,
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
            place=following.place,
            invited=invited,
        )
        life.meetings.append(meeting)
    for member in life.members:
        if member.kind is MemberKind.client or case.is_reached(member):
            case.tell_of_meeting(case.as_member(member), meeting)
    case.tell_of_meeting(case.seated[case.worker], meeting)
    clause = rules_of(heard).meetings.clause
    note_held(heard, life.members, f"meeting {meeting.number}", clause)


def team_meeting_held(heard: ClientSaid, facts: TeamMeetingHeld) -> None:
    """The record closes with the reminder in it and the next meeting set, or not at all (CP-M-1, CP-M-5)."""
    case, rules = plan_of(heard), rules_of(heard)
    _check_meeting(heard, facts)
    life, is_first = case.life, not case.life.held
    attended = tuple(dict.fromkeys(facts.attended))
    known = life.next_meeting
    place, number = (
        (known.place, known.number) if known else ("", len(life.meetings) + 1)
    )
    meeting = Meeting(
        number=number,
        at=heard.message.event_at,
        place=place,
        status=MeetingStatus.held,
        sequence=known.sequence if known else 0,
        invited=known.invited if known else (),
        attended=attended,
        absent=tuple(Absent(member=e.member, effort=e.effort) for e in facts.absent),
        screen=facts.screen,
    )
    if known:
        life.meetings[life.meetings.index(known)] = meeting
    else:
        life.meetings.append(meeting)
    _see_who_came(heard, attended)
    text = f"The team met: {len(attended)} came."
    settle(heard, (Act.team_meeting_first,), text, rules.meetings.clause)
    if rules.meetings.confidentiality and facts.confidentiality_reminded:
        reminder = "Everybody was reminded to keep what they hear confidential."
        heard.note("confidentiality", reminder, rules.meetings.confidentiality)
    if is_first:
        _begin_from_the_screen(heard, facts)
        case.come(Moment.team_met, heard.message.event_at)
    if facts.next:
        _schedule(heard, facts.next)


def _see_who_came(heard: ClientSaid, attended: tuple[str, ...]) -> None:
    """Whoever was asked to join and comes has joined; a client who comes has been reached."""
    case = plan_of(heard)
    for each in attended:
        member = member_named(heard, each, "attended")
        if member.status is MemberStatus.invited:
            joined_at = heard.message.event_at
            case.change_member(member, MemberStatus.joined, joined_at)
        if member.kind is MemberKind.client:
            case.known.attempts = 0


def _check_meeting(heard: ClientSaid, facts: TeamMeetingHeld) -> None:
    case, rules = plan_of(heard), rules_of(heard)
    for each in facts.attended:
        member_named(heard, each, "attended")
    for absent in facts.absent:
        member_named(heard, absent.member, "absent")
    if twice := set(facts.attended) & {each.member for each in facts.absent}:
        raise heard.unreadable(f"absent: {', '.join(sorted(twice))} attended.")
    invited = case.life.next_meeting.invited if case.life.next_meeting else ()
    said = {*facts.attended, *(each.member for each in facts.absent)}
    forgotten = [
        e for e in invited if e not in said and _is_still_on(case.life.member(e))
    ]
    if forgotten:
        raise heard.refused(
            f"Say of everybody who was invited if they came, or what was done so that they could; missing: {', '.join(forgotten)}."
        )
    if rules.meetings.confidentiality and not facts.confidentiality_reminded:
        raise heard.refused(
            f"A meeting's record closes with the reminder that what is said is confidential ({rules.meetings.confidentiality})."
        )
    if rules.meetings.next and facts.next is None and case.life.closure is None:
        raise heard.refused(
            f"next: say when and where the team meets next ({rules.meetings.next}); only a team that has agreed to end has none."
        )
    if facts.next and facts.next.at <= heard.message.event_at:
        raise heard.unreadable("next: the next meeting comes after this one.")


def _is_still_on(member: Member | None) -> bool:
    return member is not None and member.is_on_team


def _begin_from_the_screen(heard: ClientSaid, facts: TeamMeetingHeld) -> None:
    """The first meeting widens a plan that is begun, from the screen; otherwise it is out of order, and says so (CP-S-2)."""
    case, clause = plan_of(heard), rules_of(heard).meetings.screen
    if clause is None:
        return
    lacking = []
    if not (case.known.plans or case.writings):
        lacking.append("no plan was begun")
    if facts.screen is None:
        lacking.append("the results of the screen were not there")
    if lacking:
        text = f"The first meeting was out of order: {' and '.join(lacking)}."
        heard.note("out_of_order", text, clause)


def meeting_not_held(heard: ClientSaid, facts: MeetingNotHeld) -> None:
    case, rules = plan_of(heard), rules_of(heard)
    known = case.life.next_meeting
    assert known is not None
    missed = {"status": MeetingStatus.not_held, "reason": facts.reason}
    meetings = case.life.meetings
    meetings[meetings.index(known)] = known.model_copy(update=missed)
    text = "The meeting did not take place; another is set."
    heard.say(text, rules.meetings.clause, facts.reason)
    _schedule(heard, facts.next)


def note_added(heard: ClientSaid, facts: NoteAdded) -> None:
    """Members who may know of the case read it there (CP-M-2)."""
    case, meetings = plan_of(heard), rules_of(heard).meetings
    clause = meetings.notes or meetings.clause
    heard.say("A note to the team.", clause, facts.words)
    for member in case.life.members:
        if member.id in case.seated:
            what = "A note to the team is in the case."
            case.tell("team_note", case.seated[member.id], clause=clause, what=what)
