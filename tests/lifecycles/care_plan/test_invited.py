"""Who is asked to the team's next meeting, and who no longer: as the team and the case go."""

from datetime import timedelta

import pytest

from tests.lifecycles.care_plan.walk import (
    CLIENT,
    COORDINATOR,
    DAY,
    SUPERVISOR,
    WEEK,
    WORKER,
    PlanWalk,
    enrolled,
)
from throughcare.case.notice import Notice
from throughcare.case.refusals import Unreadable
from throughcare.lifecycles.client.plan_facts import Meeting, MeetingStatus

SISTER = {"contact": "sister@elm.example"}
HOUR = timedelta(hours=1)


def set_for_a_week(**how: object) -> PlanWalk:
    walk = enrolled(**how)  # type: ignore[arg-type]
    walk.invite("family", "Demo Sister", **SISTER)
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))
    walk.posted.clear()
    return walk


def about_meetings(walk: PlanWalk) -> list[tuple[str, str]]:
    return [
        (each.kind, each.receiver.seat or "")
        for each in walk.posted
        if "meeting" in each.kind
    ]


def following(walk: PlanWalk) -> Meeting:
    meeting = walk.life.next_meeting
    assert meeting is not None
    return meeting


def test_whoever_leaves_the_team_is_no_longer_expected():
    walk = set_for_a_week()
    before = following(walk).sequence

    walk.say("member_left", WORKER, member="member-3", reason="Moved away")

    assert about_meetings(walk) == [("member_meeting_off", "member-3")]
    assert following(walk).sequence > before
    assert following(walk).invited == (CLIENT, COORDINATOR)


@pytest.mark.parametrize("answer", ["refused", "declined_by_client"])
def test_whoever_does_not_join_is_no_longer_expected(answer: str):
    walk = enrolled()
    walk.invite("family", "Demo Sister", joined=False, **SISTER)
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))
    walk.posted.clear()

    said = {"answer": answer, "reason": "Would rather not"}
    walk.say("member_answered", WORKER, member="member-3", **said)

    assert about_meetings(walk) == [("member_meeting_off", "member-3")]


@pytest.mark.parametrize("joined", [True, False], ids=["joined", "asked to join"])
def test_whoever_comes_to_the_team_is_asked_to_the_meeting_that_is_set(joined: bool):
    walk = set_for_a_week()
    before = following(walk).sequence

    friend = {"contact": "friend@elm.example", "joined": joined}
    walk.invite("family", "Demo Friend", **friend)

    assert about_meetings(walk) == [("member_meeting", "member-4")]
    assert following(walk).sequence > before
    assert "member-4" in following(walk).invited


def test_whoever_may_not_know_is_held_until_there_is_a_consent_for_them():
    walk = set_for_a_week()

    walk.invite("ancillary", "Elm", contact="elm@elm.example")
    assert about_meetings(walk) == []
    walk.consent("Elm")

    assert about_meetings(walk) == [("member_meeting", "member-4")]


def test_whoever_comes_back_gets_a_newer_invitation_than_the_one_taken_back():
    walk = set_for_a_week()
    walk.say("member_left", WORKER, member="member-3", reason="Moved away")
    taken_back = following(walk).sequence

    walk.invite("family", "Demo Sister", **SISTER)

    assert following(walk).sequence > taken_back


def test_a_care_plan_that_ends_takes_its_meeting_back_from_everybody():
    walk = set_for_a_week()
    walk.say("withdraw", SUPERVISOR, reason="Wants no more of it")

    assert about_meetings(walk) == [
        ("client_meeting_off", "client"),
        ("member_meeting_off", "member-3"),
        ("meeting_off", "seat-worker"),
    ]
    [meeting] = walk.life.meetings
    assert meeting.status is MeetingStatus.not_held


def test_nobody_writes_to_somebody_who_died():
    walk = set_for_a_week()

    walk.say("died", WORKER)

    assert "client" not in [each.receiver.seat for each in walk.posted]
    assert ("member_meeting_off", "member-3") in about_meetings(walk)


def test_a_meeting_that_is_over_is_taken_from_nobody():
    walk = set_for_a_week()
    walk.after(2 * WEEK)
    walk.posted.clear()

    walk.say("member_left", WORKER, member="member-3", reason="Moved away")
    walk.say("withdraw", SUPERVISOR, reason="Wants no more of it")

    assert about_meetings(walk) == []


def test_another_worker_is_expected_in_place_of_the_one_before():
    walk = set_for_a_week()
    walk.say("change_requested", WORKER, by="client")

    walk.say(
        "worker_changed",
        SUPERVISOR,
        assigned="seat-other",
        person="person-other",
        explanation="As was asked for",
        handover="They met",
    )

    assert about_meetings(walk) == [
        ("meeting_off", "seat-worker"),
        ("meeting", "seat-other"),
    ]
    assert following(walk).invited == (CLIENT, "member-3", "member-4")


def test_somebody_else_in_the_same_seat_is_expected_in_place_of_whoever_sat_there():
    walk = set_for_a_week()

    walk.sit("seat-worker", "person-new")

    told = [(n.kind, n.receiver.person) for n in walk.posted if "meeting" in n.kind]
    assert told == [("meeting_off", "person-worker"), ("meeting", "person-new")]


def test_a_meeting_that_is_not_held_is_taken_back_apart_from_the_one_that_is_set():
    walk = set_for_a_week()

    walk.say("meeting_not_held", WORKER, reason="Snow", next=walk.following(2 * WEEK))

    off = [n for n in walk.posted if n.kind.endswith("_off")]
    on = [n for n in walk.posted if n.kind.endswith("meeting")]
    assert {n.what for n in off} == {"1"}
    assert {n.what for n in on} == {"2"}
    assert [by(n) for n in off] == [by(n) for n in on]


def by(notice: Notice) -> str:
    return notice.receiver.seat or ""


def test_a_meeting_may_say_when_it_ends():
    walk = enrolled()
    at = walk.now + WEEK

    end = (at + 2 * HOUR).isoformat()
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK), ends_at=end)
    assert following(walk).ends_at == at + 2 * HOUR
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK + DAY))

    assert following(walk).ends_at is None


def test_a_meeting_does_not_end_before_it_begins():
    walk = enrolled()
    at = (walk.now + WEEK - HOUR).isoformat()

    with pytest.raises(Unreadable, match="ends_at"):
        walk.say("meeting_scheduled", WORKER, **walk.following(WEEK), ends_at=at)
