"""How a care plan ends: as its whole team agrees, with another agency, or because the client is gone; and begins again."""

from typing import Any

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
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    CaseIsClosed,
    OutOfOrder,
    Unreadable,
)
from throughcare.lifecycles.client.relations import ClientRelation

BOTH = [CLIENT, COORDINATOR]

# -- the team agrees ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CC-08.4")
def test_a_coordinator_alone_does_not_end_it():
    walk = agreed()

    refused = walk.refusal(
        "closure_agreed", WORKER, agreed_by=[COORDINATOR], readiness="Looks ready"
    )

    assert "the whole team agrees to the end (CC-08.4)" in refused.detail
    assert "member-1 (client)" in refused.detail
    assert walk.life.closure is None


@pytest.mark.clause("CC-08.4")
def test_a_close_before_the_team_agreed_is_refused():
    assert isinstance(agreed().refusal("close", WORKER), OutOfOrder)


@pytest.mark.clause("CC-08.4")
def test_everybody_who_joined_is_asked_and_who_is_missing_is_named():
    walk = teamed()

    refused = walk.refusal(
        "closure_agreed", WORKER, agreed_by=BOTH, readiness="Manages alone"
    )

    assert refused.detail.endswith(
        "missing: member-3 (clinical), member-4 (family), member-5 (system)."
    )


@pytest.mark.clause("CC-08.4")
def test_whoever_was_only_invited_or_has_left_need_not_agree():
    walk = enrolled()
    walk.invite("family", "Demo Friend", joined=False)
    left = walk.invite("family", "Demo Aunt")
    walk.say("member_left", WORKER, member=left, reason="Moved away")

    walk.say("closure_agreed", WORKER, agreed_by=BOTH, readiness="Manages alone")

    assert walk.case.step == "closing"


@pytest.mark.clause("CC-08.4")
def test_a_plan_ends_as_the_whole_team_agreed():
    walk = agreed()
    walk.say("closure_agreed", WORKER, agreed_by=BOTH, readiness="Manages alone")
    closure = walk.life.closure
    assert closure is not None
    assert (closure.agreed_by, closure.readiness) == (tuple(BOTH), "Manages alone")

    walk.say("close", WORKER)

    assert walk.case.status == "completed"
    assert walk.case.open_duties() == []
    assert walk.case.wakes() == ()
    [entry] = walk.said("completed")
    assert entry.clause == "CC-08.4"
    assert walk.told("client_closed") == ["client"]


@pytest.mark.clause("CC-08.4")
def test_somebody_who_joined_since_the_team_agreed_is_asked_as_well():
    walk = agreed()
    walk.say("closure_agreed", WORKER, agreed_by=BOTH, readiness="Manages alone")
    friend = walk.invite("family", "Demo Friend")

    refused = walk.refusal("close", WORKER)
    assert f"missing: {friend} (family)" in refused.detail
    everybody = [*BOTH, friend]
    walk.say("closure_agreed", WORKER, agreed_by=everybody, readiness="Manages alone")
    walk.say("close", WORKER)

    assert walk.case.status == "completed"


@pytest.mark.clause("CC-08.4")
def test_one_who_agrees_twice_counts_once():
    walk = agreed()

    twice = [CLIENT, COORDINATOR, CLIENT]
    walk.say("closure_agreed", WORKER, agreed_by=twice, readiness="Manages alone")

    assert walk.said("closure_agreed")[0].text.endswith("no longer needed: 2.")


@pytest.mark.clause("CC-08.4")
def test_a_stranger_agrees_to_nothing():
    refused = agreed().refusal(
        "closure_agreed", WORKER, agreed_by=[*BOTH, "member-9"], readiness="Ready"
    )

    assert isinstance(refused, Unreadable)
    assert "agreed_by must be on the team" in refused.detail


def test_under_a_policy_without_that_skill_the_end_is_under_the_plans_own_clause():
    walk = agreed()
    walk.case.closure_clause = None

    walk.say("closure_agreed", WORKER, agreed_by=BOTH, readiness="Manages alone")

    assert walk.said("closure_agreed")[0].clause == "CP-P-1"


# -- another agency --------------------------------------------------------------------------------------------------------------


def asked_to_take_over() -> PlanWalk:
    walk = agreed()
    walk.consent("Birch Agency")
    walk.say("transfer_asked", WORKER, agency="Birch Agency", reason="Moves there")
    return walk


def test_another_agency_is_asked_only_with_a_consent_for_it():
    walk = agreed()
    walk.consent("Elm Agency")

    refused = walk.refusal(
        "transfer_asked", WORKER, agency="Birch Agency", reason="Moves there"
    )

    assert "no consent for it on file" in refused.detail
    assert "Birch" not in refused.detail
    assert walk.life.transfers == []


def test_an_agency_that_takes_over_ends_the_plan_here():
    walk = asked_to_take_over()

    walk.say("transfer_answered", WORKER, answer="accepted")

    assert walk.case.status == "transferred"
    assert walk.case.open_duties() == []
    assert walk.life.transfers[0].outcome == "accepted"
    assert walk.told("client_closed") == ["client"]


@pytest.mark.parametrize("answer", ["rejected", "withdrawn"])
def test_an_agency_that_does_not_take_over_leaves_the_plan_as_it_was(answer: str):
    walk = asked_to_take_over()
    walk.after(DAY)
    open_before = [duty.id for duty in walk.case.open_duties()]

    walk.say("transfer_answered", WORKER, answer=answer, reason="No room")

    assert not walk.case.is_closed
    assert [duty.id for duty in walk.case.open_duties()] == open_before
    [transfer] = walk.life.transfers
    assert (transfer.outcome, transfer.ended_at) == (answer, walk.now)
    walk.say("transfer_asked", WORKER, agency="Birch Agency", reason="Asks again")


def test_one_agency_is_asked_at_a_time():
    walk = asked_to_take_over()

    refused = walk.refusal(
        "transfer_asked", WORKER, agency="Birch Agency", reason="Again"
    )

    assert "its answer comes first" in refused.detail


def test_an_answer_nobody_waits_for_is_out_of_order():
    refused = agreed().refusal("transfer_answered", WORKER, answer="accepted")

    assert isinstance(refused, OutOfOrder)


# -- the client is gone -------------------------------------------------------------------------------------------------------------


def test_a_client_nobody_reaches_is_given_up_on_after_the_attempts_the_agency_set():
    walk = agreed()
    for _ in range(2):
        walk.say("contact_attempted", WORKER, how="By phone")
    refused = walk.refusal("call_unreachable", WORKER, reason="No answer")
    assert "after 3 attempts" in refused.detail

    walk.say("contact_attempted", WORKER, how="At the door")
    walk.say("call_unreachable", WORKER, reason="No answer for weeks")

    assert walk.case.status == "unreachable"
    assert walk.told("client_closed") == ["client"]


@pytest.mark.parametrize(
    ("message", "facts", "status"),
    [
        ("moved", {"reason": "To another state"}, "moved"),
        ("died", {}, "died"),
        ("withdraw", {"reason": "Wants no more help"}, "withdrawn"),
    ],
    ids=["moved", "died", "withdrawn"],
)
def test_whatever_ends_it_nothing_stays_open(
    message: str, facts: dict[str, Any], status: str
):
    walk = agreed()
    walk.write("updates", {"successes": ["Moved in"]})
    walk.put_forward("amended")

    walk.say(message, SUPERVISOR, **facts)

    assert walk.case.status == status
    assert walk.case.open_duties() == []
    assert walk.case.wakes() == ()
    assert {duty.status for duty in walk.case.duties} <= {
        DutyStatus.met,
        DutyStatus.withdrawn,
    }
    assert WORKER in walk.told("closed")


@pytest.mark.clause("CC-08.4")
def test_a_worker_alone_does_not_end_it_in_the_clients_name():
    walk = agreed()

    refused = walk.refusal("withdraw", WORKER, reason="It is enough")

    assert "Recovery Support Supervisor" in refused.detail
    assert not walk.case.is_closed


def test_nobody_writes_to_a_client_who_died():
    walk = agreed()
    before = walk.told("client_closed")

    walk.say("died", WORKER)

    assert walk.told("client_closed") == before


def test_a_plan_that_has_ended_hears_nothing_more():
    walk = agreed()
    walk.say("died", WORKER)

    refused = walk.refusal(
        "section_written",
        WORKER,
        section="vision",
        replaces=1,
        content={"text": "A garden"},
    )

    assert isinstance(refused, CaseIsClosed)


# -- coming back ----------------------------------------------------------------------------------------------------------------------


def test_somebody_who_comes_back_has_the_earlier_plan_linked():
    walk = enrolled(earlier=("01EARLIER",))

    links = {link.case: link.relation for link in walk.case.links}
    assert links["01EARLIER"] == ClientRelation.earlier_plan


def test_the_plan_of_somebody_who_comes_back_is_a_new_one():
    walk = enrolled(earlier=("01EARLIER",))

    assert walk.life.versions == []
    assert [each.id for each in walk.life.members] == BOTH
    assert walk.case.step == "team"
