"""The meetings of a team under milwaukee-cars: set, held or not, with their reminder and the one that comes next."""

from typing import Any

import pytest

from tests.lifecycles.care_plan.walk import (
    CLIENT,
    COORDINATOR,
    DAY,
    WEEK,
    WORKER,
    PlanWalk,
    agreed,
    enrolled,
    met,
)
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import OutOfOrder, Unreadable
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.plan_facts import MeetingStatus, MemberStatus

# -- the first one --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-S-1")
def test_a_first_meeting_that_is_not_held_is_waited_for_and_never_overdue():
    walk = enrolled()

    walk.after(3 * WEEK)

    assert walk.duty("CP-S-1").is_open
    assert not walk.case.is_overdue
    assert walk.case.step == "team"


@pytest.mark.clause("CP-S-1")
def test_a_team_that_has_met_goes_on_with_the_plan():
    walk = enrolled()

    walk.meet()

    assert walk.duty("CP-S-1").status is DutyStatus.met
    assert walk.duty("CP-P-2").act == ClientAct.team_plan
    assert walk.case.step == "planning"


@pytest.mark.clause("CP-S-2")
def test_a_first_meeting_that_starts_from_a_plan_and_the_screen_is_in_order():
    walk = enrolled()

    meeting = walk.meet(screen="screens/1")

    assert meeting.screen == "screens/1"
    assert walk.said("out_of_order") == []


@pytest.mark.clause("CP-S-2")
def test_a_first_meeting_before_any_plan_was_begun_is_flagged_as_out_of_order():
    walk = enrolled()
    walk.case.known.plans.clear()

    walk.meet()

    [entry] = walk.said("out_of_order")
    assert entry.clause == "CP-S-2"
    assert "no plan was begun" in entry.text


@pytest.mark.clause("CP-S-2")
def test_a_first_meeting_without_the_results_of_the_screen_is_flagged_and_no_later_one():
    walk = enrolled()
    walk.meet(screen=None)
    [entry] = walk.said("out_of_order")
    assert "results of the screen" in entry.text

    walk.after(WEEK)
    walk.meet(screen=None)

    assert len(walk.said("out_of_order")) == 1


# -- regular ones ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-M-1")
def test_a_held_meeting_with_no_next_one_is_refused():
    walk = enrolled()

    refused = walk.refusal(
        "team_meeting_held",
        WORKER,
        attended=[CLIENT, COORDINATOR],
        confidentiality_reminded=True,
    )

    assert "CP-M-1" in refused.detail
    assert walk.life.held == []


@pytest.mark.clause("CP-M-1")
def test_a_plan_under_way_always_has_a_next_meeting():
    walk = agreed()

    walk.after(4 * WEEK)
    walk.meet()

    assert walk.life.next_meeting is not None
    assert walk.life.next_meeting.number == 3
    assert [each.status for each in walk.life.meetings] == [
        MeetingStatus.held,
        MeetingStatus.held,
        MeetingStatus.scheduled,
    ]


@pytest.mark.clause("CP-M-1")
def test_a_team_that_has_agreed_to_end_needs_no_next_meeting():
    walk = agreed()
    both = [CLIENT, COORDINATOR]
    walk.say("closure_agreed", WORKER, agreed_by=both, readiness="Manages alone")

    walk.meet(next=None)

    assert walk.life.next_meeting is None


@pytest.mark.clause("CP-M-1")
def test_a_meeting_that_is_moved_is_the_same_one_at_another_time():
    walk = enrolled()
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    walk.say("meeting_scheduled", WORKER, **walk.following(2 * WEEK))

    [meeting] = walk.life.meetings
    assert (meeting.sequence, meeting.at) == (1, walk.now + 2 * WEEK)
    assert meeting.invited == (CLIENT, COORDINATOR)


@pytest.mark.clause("CP-M-1")
def test_everybody_who_may_know_gets_an_invitation_that_says_no_place_and_no_name():
    walk = enrolled()
    walk.invite(
        "family", "Demo Aide", organization="the agency", member_seat="seat-aide"
    )
    walk.invite("family", "Demo Friend", organization="Elm", member_seat="seat-elm")

    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    sent = [n for n in walk.posted if n.kind in ("meeting", "client_meeting")]
    assert [n.receiver.role for n in sent] == ["client", "member-3", WORKER]
    assert {n.what for n in sent} == {"1"}
    assert {n.due_at for n in sent} == {walk.now + WEEK}


@pytest.mark.clause("CP-M-1")
def test_a_meeting_that_was_not_held_keeps_its_reason_and_another_is_set():
    walk = enrolled()
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))
    walk.after(WEEK)

    walk.say("meeting_not_held", WORKER, reason="Snow", next=walk.following(WEEK))

    first, second = walk.life.meetings
    assert (first.status, first.reason) == (MeetingStatus.not_held, "Snow")
    assert (second.status, second.number) == (MeetingStatus.scheduled, 2)
    assert walk.duty("CP-S-1").is_open


def test_there_is_nothing_that_was_not_held_where_nothing_was_set():
    walk = enrolled()

    refused = walk.refusal(
        "meeting_not_held", WORKER, reason="Snow", next=walk.following()
    )

    assert isinstance(refused, OutOfOrder)


def test_the_next_meeting_lies_ahead():
    walk = enrolled()

    refused = walk.refusal("meeting_scheduled", WORKER, **walk.following(-DAY))

    assert isinstance(refused, Unreadable)
    assert "lies ahead" in refused.detail


# -- who came -------------------------------------------------------------------------------------------------------------


def invited() -> tuple[PlanWalk, str]:
    """A meeting to which a friend is invited as well."""
    walk = enrolled()
    friend = walk.invite("family", "Demo Friend", joined=False)
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))
    walk.after(WEEK)
    return walk, friend


@pytest.mark.clause("CP-C-b")
def test_of_everybody_who_was_invited_it_is_said_if_they_came():
    walk, friend = invited()

    refused = walk.refusal(
        "team_meeting_held",
        WORKER,
        attended=[CLIENT, COORDINATOR],
        confidentiality_reminded=True,
        next=walk.following(),
    )

    assert refused.detail.endswith(f"missing: {friend}.")


@pytest.mark.clause("CP-C-b")
def test_an_absentee_is_on_record_with_what_was_done_so_that_they_could_come():
    walk, friend = invited()

    meeting = walk.meet(absent=[{"member": friend, "effort": "Offered a ride"}])

    assert meeting.attended == (CLIENT, COORDINATOR)
    assert [(each.member, each.effort) for each in meeting.absent] == [
        (friend, "Offered a ride")
    ]


@pytest.mark.clause("CP-C-b")
def test_a_meeting_nobody_scheduled_says_of_everybody_on_the_team_if_they_came():
    """Ruling 18."""
    walk = enrolled()
    friend = walk.invite("family", "Demo Friend")
    came = {"attended": [CLIENT, COORDINATOR], "confidentiality_reminded": True}

    refused = walk.refusal("team_meeting_held", WORKER, **came, next=walk.following())

    assert f"missing: {friend} (family)" in refused.detail
    assert "not_invited" in refused.detail
    assert walk.life.meetings == []


@pytest.mark.clause("CP-C-b")
def test_whoever_was_not_invited_is_on_record_with_the_reason():
    walk = enrolled()
    friend = walk.invite("family", "Demo Friend")

    reason = "It was about the lease"
    meeting = walk.meet(not_invited=[{"member": friend, "reason": reason}])

    assert [(e.member, e.reason) for e in meeting.not_invited] == [(friend, reason)]
    assert walk.member(friend).status is MemberStatus.joined


@pytest.mark.parametrize(
    "also",
    [
        {"attended": ["member-1", "member-2", "member-3"]},
        {"absent": [{"member": "member-3", "effort": "Two calls"}]},
    ],
    ids=["came", "absent"],
)
def test_whoever_was_asked_to_come_was_not_left_uninvited(also: dict[str, Any]):
    walk = enrolled()
    friend = walk.invite("family", "Demo Friend")

    with pytest.raises(Unreadable, match="not_invited: member-3"):
        walk.meet(not_invited=[{"member": friend, "reason": "No need"}], **also)


def test_whoever_was_invited_to_a_meeting_that_was_set_was_not_left_uninvited():
    walk, friend = invited()

    refused = walk.refusal(
        "team_meeting_held",
        WORKER,
        attended=[CLIENT, COORDINATOR],
        not_invited=[{"member": friend, "reason": "No need"}],
        confidentiality_reminded=True,
        next=walk.following(),
    )

    assert refused.detail.endswith(f"missing: {friend}.")


def test_whoever_joined_after_a_meeting_need_not_be_spoken_of():
    walk = enrolled()
    held_at = walk.now
    walk.after(DAY)
    walk.invite("family", "Demo Friend")

    walk.meet(not_invited=[], event_at=held_at.isoformat())

    assert len(walk.life.held) == 1


@pytest.mark.clause("CF-S-5b")
@pytest.mark.parametrize("came", [False, True], ids=["without family", "with family"])
def test_a_meeting_of_the_team_without_family_is_flagged(came: bool):
    walk = enrolled(free=True)
    sister = walk.invite("family", "Demo Sister")

    walk.meet(CLIENT, COORDINATOR, *([sister] if came else []))

    clauses = [entry.clause for entry in walk.said("family_absent")]
    assert clauses == ([] if came else ["CF-S-5b"])


def test_whoever_was_asked_to_join_and_comes_has_joined():
    walk, friend = invited()

    walk.meet(CLIENT, COORDINATOR, friend)

    assert walk.member(friend).status is MemberStatus.joined


def test_nobody_both_came_and_did_not():
    walk, friend = invited()

    with pytest.raises(Unreadable, match=f"{friend} attended"):
        walk.meet(
            CLIENT,
            COORDINATOR,
            friend,
            absent=[{"member": friend, "effort": "Offered a ride"}],
        )


def test_whoever_left_since_they_were_invited_need_not_be_spoken_of():
    walk, friend = invited()
    walk.say("member_left", WORKER, member=friend, reason="Moved away")

    walk.meet()

    assert len(walk.life.held) == 1


def test_a_client_who_comes_has_been_reached():
    walk = enrolled()
    for _ in range(3):
        walk.say("contact_attempted", WORKER, how="By phone")

    walk.meet()

    refused = walk.refusal("call_unreachable", WORKER, reason="No answer")
    assert "0 on record" in refused.detail


def test_a_meeting_entered_the_next_day_was_held_when_it_was():
    walk = enrolled()
    held_at = walk.now
    walk.after(DAY)

    walk.meet(event_at=held_at.isoformat())

    assert walk.life.held[0].at == held_at
    assert walk.duty("CP-P-2").opened_at == held_at


# -- confidentiality ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-M-5")
def test_a_meetings_record_without_the_reminder_is_refused():
    walk = enrolled()

    refused = walk.refusal(
        "team_meeting_held",
        WORKER,
        attended=[CLIENT, COORDINATOR],
        confidentiality_reminded=False,
        next=walk.following(),
    )

    assert "CP-M-5" in refused.detail
    assert walk.life.meetings == []


@pytest.mark.clause("CP-M-5")
def test_the_reminder_is_on_record_for_each_meeting():
    walk = met()
    walk.after(4 * WEEK)

    walk.meet()

    reminders = walk.said("confidentiality")
    assert [entry.clause for entry in reminders] == ["CP-M-5", "CP-M-5"]


@pytest.mark.parametrize(
    "facts",
    [
        {"attended": ["member-9"]},
        {"absent": [{"member": "member-9", "effort": "A call"}]},
    ],
    ids=["came", "did not"],
)
def test_a_stranger_is_at_no_meeting(facts: dict[str, Any]):
    walk = enrolled()
    given = {
        "attended": [CLIENT],
        "confidentiality_reminded": True,
        "next": walk.following(),
    }

    refused = walk.refusal("team_meeting_held", WORKER, **(given | facts))

    assert "must be on the team: member-1 (client), member-2" in refused.detail
