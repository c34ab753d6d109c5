"""The team of milwaukee-cars: who belongs to it, who is missed, and who sees the case."""

from datetime import timedelta

import pytest

from tests.lifecycles.care_plan.walk import (
    CLIENT,
    COORDINATOR,
    DAY,
    SUPERVISOR,
    WORKER,
    PlanWalk,
    agreed,
    enrolled,
    teamed,
)
from throughcare.case.consents import ConsentFacts
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    Refused,
    Unreadable,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.plan_facts import MemberStatus

# -- who belongs to it ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-T-3a")
@pytest.mark.clause("CP-T-3b")
def test_client_and_coordinator_are_on_the_team_from_the_start():
    walk = enrolled()

    kinds = {each.id: each.kind for each in walk.life.members}
    assert kinds == {CLIENT: "client", COORDINATOR: "coordinator"}
    assert walk.member(COORDINATOR).seat == "seat-worker"


@pytest.mark.clause("CP-T-3a")
@pytest.mark.parametrize("message", ["member_left", "member_answered"])
def test_the_client_is_never_off_the_team(message: str):
    walk = enrolled()
    facts = {"answer": "refused"} if message == "member_answered" else {}

    refused = walk.refusal(message, WORKER, member=CLIENT, reason="Moved", **facts)

    assert "CP-T-3a" in refused.detail
    assert walk.member(CLIENT).is_on_team


@pytest.mark.clause("CP-T-3a")
def test_a_team_without_its_client_is_named_as_one():
    """No message can take the client off; the completeness of a team says so all the same."""
    walk = enrolled()
    walk.life.team.pop(0)

    assert ("CP-T-3a", "the team has no client member") in walk.case.gaps()


@pytest.mark.clause("CP-T-3b")
def test_the_coordinator_is_whoever_the_worker_is_and_nobody_invites_one():
    walk = enrolled()

    refused = walk.refusal(
        "member_invited", WORKER, kind="coordinator", name="Another worker"
    )

    assert isinstance(refused, Unreadable)
    assert "on the team from the start" in refused.detail
    walk.life.team.pop(1)
    assert "CP-T-3b" in walk.lacks()


@pytest.mark.clause("CP-T-3b")
def test_a_new_worker_takes_the_coordinators_place_on_the_team():
    walk = agreed()
    walk.say("change_requested", WORKER, by="client", reason="Wants to start anew")
    walk.say(
        "worker_changed",
        SUPERVISOR,
        assigned="seat-worker-2",
        title="Worker",
        organization="the agency",
        person="person-worker-2",
        explanation="Said in full",
        handover="All of it",
    )

    assert walk.member(COORDINATOR).status is MemberStatus.left
    [now] = [each for each in walk.life.members if each.kind == "coordinator"]
    assert now.seat == "seat-worker-2"
    assert "CP-T-3b" not in walk.lacks()


@pytest.mark.clause("CP-T-3c")
def test_a_team_without_a_clinical_provider_is_missing_one_until_there_is_a_reason():
    walk = enrolled()
    assert "CP-T-3c" in walk.lacks()

    walk.say("slot_left_open", WORKER, kind="clinical", reason="None yet, on a list")

    assert "CP-T-3c" not in walk.lacks()
    assert walk.life.open_slots[0].reason == "None yet, on a list"


@pytest.mark.clause("CP-T-3c")
def test_the_clinical_provider_fills_the_place_that_was_left_open():
    walk = enrolled()
    walk.say("slot_left_open", WORKER, kind="clinical", reason="None yet")

    walk.invite("clinical", "Dr Demo")

    assert walk.life.open_slots == []
    assert "CP-T-3c" not in walk.lacks()
    refused = walk.refusal("slot_left_open", WORKER, kind="clinical", reason="None yet")
    assert "somebody of this kind is on the team" in refused.detail


@pytest.mark.clause("CP-T-3c")
def test_no_other_place_stays_open_for_a_reason():
    refused = enrolled().refusal(
        "slot_left_open", WORKER, kind="family", reason="Nobody"
    )

    assert isinstance(refused, Unreadable)
    assert "kind must be clinical" in refused.detail


@pytest.mark.clause("CP-T-3d")
def test_whoever_the_client_named_is_missing_until_they_are_invited():
    walk = enrolled()
    walk.say("supports_named", WORKER, names=["Demo Sister", "Demo Neighbour"])
    assert walk.lacks().count("CP-T-3d") == 2

    walk.invite("family", "demo sister")
    walk.invite("family", "Demo Neighbour", joined=False)

    assert "CP-T-3d" not in walk.lacks()


@pytest.mark.clause("CP-T-3d")
def test_the_client_declines_somebody_for_a_reason_and_nobody_is_missing():
    walk = enrolled()
    walk.say("supports_named", WORKER, names=["Demo Sister"])
    sister = walk.invite("family", "Demo Sister", joined=False)
    declined = {"member": sister, "answer": "declined_by_client"}
    refused = walk.refusal("member_answered", WORKER, **declined)
    assert "reason" in refused.detail

    walk.say("member_answered", WORKER, **declined, reason="They fell out")

    assert walk.member(sister).status is MemberStatus.declined_by_client
    assert walk.member(sister).reason == "They fell out"
    assert "CP-T-3d" not in walk.lacks()


@pytest.mark.clause("CP-T-3e")
def test_somebody_speaks_for_every_system_the_client_is_in():
    walk = enrolled()
    assert "CP-T-3e" in walk.lacks()
    walk.say("systems_recorded", WORKER, systems=["W-2", "Probation"])
    assert walk.lacks().count("CP-T-3e") == 2

    refused = walk.refusal("member_invited", WORKER, kind="system", name="An officer")
    assert "say which system" in refused.detail
    walk.invite("system", "Demo Officer", system="w-2")

    assert [text for clause, text in walk.case.gaps() if clause == "CP-T-3e"] == [
        "nobody speaks for Probation"
    ]


@pytest.mark.clause("CP-T-3e")
def test_a_client_may_be_in_no_system_at_all_once_they_were_asked():
    walk = enrolled()

    walk.say("systems_recorded", WORKER, systems=[])

    assert "CP-T-3e" not in walk.lacks()


@pytest.mark.clause("CP-T-3e")
def test_a_system_whose_person_the_client_does_not_want_there_is_answered_for():
    """Q-40."""
    walk = enrolled()
    walk.say("systems_recorded", WORKER, systems=["Probation"])
    officer = walk.invite("system", "Demo Officer", system="Probation")

    walk.say(
        "member_answered",
        WORKER,
        member=officer,
        answer="declined_by_client",
        reason="Not with the officer there",
    )

    assert "CP-T-3e" not in walk.lacks()


@pytest.mark.clause("CP-T-3f")
@pytest.mark.clause("CP-T-3g")
def test_an_approved_service_prompts_to_add_its_provider():
    walk = agreed()
    request = walk.ask_for()
    assert "CP-T-3f" not in walk.lacks()

    request.approve("2026-12-31")

    assert "CP-T-3f" in walk.lacks()
    prompt = walk.duty("CP-T-3g")
    assert (prompt.act, prompt.target, prompt.status) == (
        ClientAct.add_provider,
        "hearth",
        DutyStatus.open,
    )
    walk.invite("ancillary", "Hearth Demo Housing", provider="hearth", joined=False)
    assert walk.duty("CP-T-3g").status is DutyStatus.met
    assert "CP-T-3f" not in walk.lacks()


@pytest.mark.clause("CP-T-3f")
def test_a_second_service_of_a_provider_who_is_asked_for_prompts_nobody_again():
    walk = agreed()
    first, second = walk.ask_for("housing"), walk.ask_for("furniture")

    first.approve("2026-12-31")
    second.approve("2026-12-31")

    assert len(walk.case.outstanding(ClientAct.add_provider)) == 1


@pytest.mark.clause("CP-T-3f")
def test_a_provider_the_client_does_not_want_there_is_asked_for_no_more():
    """Q-40."""
    walk = agreed()
    walk.ask_for().approve("2026-12-31")
    hearth = walk.invite("ancillary", "Hearth Demo Housing", provider="hearth")
    walk.say(
        "member_answered",
        WORKER,
        member=hearth,
        answer="declined_by_client",
        reason="Wants them to know less",
    )

    walk.ask_for("furniture").approve("2026-12-31")

    assert walk.case.outstanding(ClientAct.add_provider) == []
    assert "CP-T-3f" not in walk.lacks()


@pytest.mark.clause("CP-T-3f")
def test_a_provider_whose_approval_ran_out_before_they_were_added_is_added_no_more():
    walk = agreed()
    request = walk.ask_for()
    request.approve("2026-11-30")

    request.after(20 * DAY)

    assert walk.duty("CP-T-3g").status is DutyStatus.withdrawn
    assert "CP-T-3f" not in walk.lacks()


@pytest.mark.clause("CP-T-3g")
def test_members_come_as_supports_do():
    walk = agreed()
    walk.after(30 * DAY)

    friend = walk.invite("family", "Demo Friend", joined=False)

    assert walk.member(friend).since_at == walk.now
    walk.say("member_answered", WORKER, member=friend, answer="joined")
    assert walk.member(friend).status is MemberStatus.joined


@pytest.mark.clause("CP-T-3g")
def test_one_person_is_on_the_team_once():
    walk = teamed()
    walk.invite("family", "Demo Friend", member_seat="seat-friend")

    by_name = walk.refusal("member_invited", WORKER, kind="family", name="dr demo")
    by_seat = walk.refusal(
        "member_invited",
        WORKER,
        kind="family",
        name="Another",
        member_seat="seat-worker",
    )

    assert "name: somebody of this name" in by_name.detail
    assert "member_seat: somebody from this seat" in by_seat.detail


# -- completing it --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-T-1")
def test_completing_the_team_is_done_once_nobody_is_missed():
    walk = teamed()

    assert walk.lacks() == []
    assert walk.duty("CP-T-1").status is DutyStatus.met
    assert len(walk.said("team_complete")) == 1


@pytest.mark.clause("CP-T-1")
def test_a_team_that_is_never_whole_is_waited_for_and_never_late():
    walk = enrolled()

    walk.after(10 * DAY)

    assert walk.duty("CP-T-1").is_open
    assert walk.duty("CP-T-1").due_at is None


@pytest.mark.clause("CP-T-3c")
def test_a_place_that_comes_empty_is_to_be_filled_again():
    walk = teamed()
    [clinic] = [each for each in walk.life.members if each.kind == "clinical"]

    walk.say("member_left", WORKER, member=clinic.id, reason="Changed clinics")

    assert walk.member(clinic.id).status is MemberStatus.left
    assert "CP-T-3c" in walk.lacks()
    [again] = walk.case.outstanding(ClientAct.team_complete)
    assert again.clause == "CP-T-1"
    walk.invite("clinical", "Dr Other-Demo")
    assert walk.case.outstanding(ClientAct.team_complete) == []


@pytest.mark.clause("CP-T-3d")
def test_a_support_named_later_completes_the_team_anew():
    walk = teamed()

    walk.say("supports_named", WORKER, names=["Demo Neighbour"])

    assert len(walk.case.outstanding(ClientAct.team_complete)) == 1


def test_somebody_who_is_not_on_the_team_cannot_leave_it():
    walk = enrolled()
    friend = walk.invite("family", "Demo Friend")
    walk.say("member_left", WORKER, member=friend, reason="Moved away")

    refused = walk.refusal("member_left", WORKER, member=friend, reason="Moved away")

    assert isinstance(refused, Unreadable)
    assert "member-1 (client), member-2 (coordinator)" in refused.detail
    assert "Demo" not in refused.detail


# -- who sees the case -----------------------------------------------------------------------------------------------------


def with_an_outside_member() -> PlanWalk:
    walk = enrolled()
    walk.invite(
        "clinical",
        "Dr Demo",
        organization="Elm Clinic",
        provider="elm",
        member_seat="seat-elm",
    )
    return walk


def sees_it(walk: PlanWalk, seat: str) -> bool:
    return seat in [each.seat for each in walk.case.seated.values()]


@pytest.mark.clause("CP-M-2")
def test_an_outside_member_sees_the_case_only_with_a_consent():
    walk = with_an_outside_member()
    assert not sees_it(walk, "seat-elm")
    refused = walk.refusal_from(
        "seat-elm", "section_written", section="vision", replaces=0, content={}
    )
    assert isinstance(refused, NotYourSeat)

    walk.consent("elm")

    assert sees_it(walk, "seat-elm")
    content = {"text": "A home of my own"}
    walk.say_from(
        "seat-elm", "section_written", section="vision", replaces=0, content=content
    )
    assert walk.case.writings[-1].seat == "seat-elm"


@pytest.mark.clause("CP-M-2")
def test_a_consent_for_somebody_else_opens_nothing():
    walk = with_an_outside_member()

    walk.consent("hearth")

    assert not sees_it(walk, "seat-elm")


@pytest.mark.clause("CP-M-2")
def test_a_member_whose_consent_ends_sees_the_case_no_more():
    walk = with_an_outside_member()
    ends_at = walk.now + 9 * DAY
    walk.consents.append(
        ConsentFacts(id="c", recipient="elm", given_at=walk.now, expires_at=ends_at)
    )
    walk.case.consents_may_have_changed = True
    walk.settle()
    assert sees_it(walk, "seat-elm")

    walk.until(ends_at)

    assert not sees_it(walk, "seat-elm")


@pytest.mark.clause("CP-M-2")
def test_a_member_of_the_agency_needs_no_consent():
    walk = enrolled()

    walk.invite("system", "Demo Officer", system="W-2", organization="the agency")
    officer = walk.invite(
        "family", "Demo Aide", organization="the agency", member_seat="seat-aide"
    )

    assert sees_it(walk, "seat-aide")
    assert walk.member(officer).seat == "seat-aide"


@pytest.mark.clause("CP-M-2")
def test_a_member_who_left_sees_the_case_no_more():
    walk = with_an_outside_member()
    walk.consent("elm")

    walk.say("member_left", WORKER, member="member-3", reason="Changed clinics")

    assert not sees_it(walk, "seat-elm")
    with pytest.raises(Refused):
        walk.say_from("seat-elm", "note_added", words="Still here?")


@pytest.mark.clause("CP-M-2")
def test_a_note_reaches_the_members_who_may_know_of_the_case_and_says_nothing():
    walk = with_an_outside_member()
    walk.say("note_added", WORKER, words="She starts work on Monday")
    assert walk.told("team_note") == []
    walk.consent("elm")

    walk.say("note_added", WORKER, words="She starts work on Tuesday")

    assert walk.told("team_note") == ["member-3"]
    assert [e.note for e in walk.said("note_added")] == [
        "She starts work on Monday",
        "She starts work on Tuesday",
    ]
    [notice] = [n for n in walk.posted if n.kind == "team_note"]
    assert notice.what == "A note to the team is in the case."


def test_nothing_about_a_member_is_shown_to_operators():
    walk = teamed()

    shown = [entry.text for entry in walk.case.timeline] + [walk.case.as_table()]

    assert [text for text in shown if "Dr Demo" in text or "Sister" in text] == []


def test_an_answer_without_a_time_is_of_now():
    walk = enrolled()
    friend = walk.invite("family", "Demo Friend", joined=False)
    walk.after(timedelta(days=3))

    walk.say("member_answered", WORKER, member=friend, answer="joined")

    assert walk.member(friend).since_at == walk.now


def test_a_wish_for_another_worker_that_waits_at_the_enrollment_goes_along():
    walk = enrolled(wanting=True)

    assert [each.status for each in walk.case.outstanding(ClientAct.change)] == ["open"]
    assert len(walk.life.members) == 2
