"""Services a plan asks for: one request each, with the plan, until the payer's approval ends or goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tests.lifecycles.care_plan.walk import (
    DAY,
    MANAGER,
    SUPERVISOR,
    WEEK,
    WORKER,
    PlanWalk,
    RequestWalk,
    agreed,
    enrolled,
    local,
)
from throughcare.case.consents import ConsentFacts
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    CaseIsClosed,
    OutOfOrder,
    Refused,
    Unreadable,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.plan_facts import RequestStatus
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy


def asked_for(**facts: Any) -> RequestWalk:
    return agreed().ask_for(**facts)


def approved(until: str = "2026-12-31", **facts: Any) -> RequestWalk:
    request = asked_for(**facts)
    request.approve(until)
    return request


def became(request: RequestWalk) -> RequestStatus:
    """As the care plan was told."""
    assert request.plan
    return request.plan.life.services[-1].status


# -- asking ----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-R-1")
def test_two_services_have_two_choices_of_the_clients_on_record():
    walk = agreed()

    walk.ask_for("housing", provider="hearth")
    walk.ask_for("mentoring", provider="elm")

    chosen = walk.said("provider_chosen")
    assert [entry.clause for entry in chosen] == ["CP-R-1", "CP-R-1"]
    assert [(e.service, e.provider) for e in walk.life.services] == [
        ("housing", "hearth"),
        ("mentoring", "elm"),
    ]


@pytest.mark.clause("CP-R-1")
def test_a_provider_the_client_did_not_choose_is_refused():
    walk = agreed()

    with pytest.raises(Refused, match=r"chooses the provider of each service \(CP-R-1"):
        walk.ask_for(chosen_by_client=False)

    assert walk.life.services == []


@pytest.mark.clause("CP-R-1")
def test_a_provider_of_the_workers_own_organization_is_looked_at():
    """CF-K-2b, where the agency adopts conflict-free beside its own policy."""
    walk = agreed(free=True)

    walk.ask_for(organization="the agency", exception="The only one in the county")

    [entry] = walk.said("not_independent")
    assert entry.note == "The only one in the county"
    assert len(walk.case.outstanding(ClientAct.independence)) == 1


@pytest.mark.clause("CP-R-1")
def test_a_provider_of_whom_nothing_is_known_is_nobodys_own():
    walk = agreed(free=True)
    walk.belongs(coordinator="")

    walk.ask_for(organization="")

    assert walk.said("not_independent") == []


@pytest.mark.clause("CP-R-2")
@pytest.mark.parametrize("service", [["housing", "mentoring"], "housing, mentoring"])
def test_a_request_for_two_services_is_refused(service: Any):
    walk = agreed()

    with pytest.raises(ValidationError, match="service"):
        walk.ask_for(service)

    assert walk.life.services == []


@pytest.mark.clause("CP-R-2")
@pytest.mark.clause("CP-E-7")
def test_each_service_is_a_request_and_a_case_of_its_own():
    walk = agreed()

    first, second = walk.ask_for("housing"), walk.ask_for("mentoring")

    assert [link.case for link in walk.case.links if "request" in link.relation] == [
        first.case.case_id,
        second.case.case_id,
    ]
    assert [link.case for link in first.case.links] == [walk.case.case_id]
    assert first.case.request.service == "housing"
    assert first.duty("CP-R-2").act == ClientAct.request_sending


@pytest.mark.clause("CP-P-3")
@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"need": "money"}, "need must be one of the plan's (CP-P-3): home"),
        ({"plan": "9"}, "plan must be a version on file: 1, 2"),
    ],
    ids=["a need it has not", "a version it has not"],
)
def test_a_request_cites_a_need_and_a_version_of_the_plan(facts: Any, said: str):
    walk = agreed()

    with pytest.raises(Unreadable) as refused:
        walk.ask_for(**facts)

    assert said in refused.value.detail


@pytest.mark.clause("CP-P-3")
def test_a_plan_that_names_no_need_asks_for_nothing():
    with pytest.raises(Unreadable, match="none"):
        enrolled().ask_for()


# -- sending it ---------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-8")
def test_a_request_without_the_plan_is_refused():
    request = asked_for()
    request.consent("payer")

    refused = request.refusal(
        "request_submitted", WORKER, plan_attached=False, to="The payer"
    )

    assert "plan_attached" in refused.detail
    assert request.duty("CP-R-2").is_open


@pytest.mark.clause("CP-E-8")
def test_a_request_that_went_with_the_plan_waits_for_the_payer():
    request = asked_for()

    request.submit()

    sent, decision = request.duties("CP-R-2")
    assert sent.status is DutyStatus.met
    assert (decision.act, decision.status) == (
        ClientAct.request_decision,
        DutyStatus.open,
    )
    assert request.case.step == "waiting_for_decision"
    assert request.case.request.to == "The payer"


@pytest.mark.clause("CP-E-8")
def test_without_a_consent_the_request_is_held_and_goes_once_there_is_one():
    """CP-E-5: nothing about the client leaves without one."""
    request = asked_for()
    request.say("request_submitted", WORKER, plan_attached=True, to="The payer")
    assert request.said("held")[0].text.startswith("Held: there is no consent")
    assert request.case.step == "to_send"
    request.after(DAY)

    request.consent("payer")

    assert request.case.step == "waiting_for_decision"
    assert request.case.request.submitted_at == request.now
    assert request.case.request.to == "Behavioral Health Division"


# -- what the payer decides --------------------------------------------------------------------------------------------------------


def test_an_approved_service_is_known_to_the_care_plan_with_its_last_day():
    request = approved("2026-12-31")

    assert request.plan
    [asked] = request.plan.life.services
    assert asked.is_approved
    assert str(asked.until) == "2026-12-31"
    assert request.case.step == "approved"


def test_a_service_approved_in_part_says_why_and_goes_on():
    request = asked_for()
    request.submit()
    refused = request.refusal(
        "request_decided", WORKER, decision="partly", until="2026-12-31"
    )
    assert "reason" in refused.detail

    request.decide("partly", until="2026-12-31", reason="Half the hours", units="10")

    assert became(request) is RequestStatus.partly
    assert request.case.request.units == "10"
    assert not request.case.is_closed


def test_a_denied_service_ends_its_request_and_the_client_gets_a_letter():
    request = asked_for()
    request.submit()

    request.decide("denied", reason="Not covered")

    assert request.case.status == "denied"
    assert became(request) is RequestStatus.denied
    assert request.told("client_decision") == ["client"]
    assert request.case.open_duties() == []


def test_after_the_hand_over_a_letter_to_print_is_the_workers():
    walk = agreed()
    [letter] = [n for n in walk.posted if n.receiver.role == "client"]

    walk.fails_to_send(letter, "has no e-mail")

    [duty] = walk.case.outstanding(ClientAct.letter)
    assert duty.is_held_by(WORKER)


@pytest.mark.parametrize("walk", [enrolled, asked_for], ids=["plan", "request"])
def test_who_took_the_person_in_is_on_no_side_after_the_hand_over(
    walk: Callable[[], PlanWalk | RequestWalk],
):
    case = walk().case

    beside = {role for role in case.seated if not case.is_on_side(role)}

    assert beside >= {case.policy.intake, case.policy.on_call}
    assert WORKER not in beside
    assert SUPERVISOR not in beside


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"decision": "approved"}, "until: say to which day"),
        ({"decision": "approved", "until": "2026-11-01"}, "before the decision"),
        ({"decision": "denied"}, "reason: say why"),
    ],
    ids=["no last day", "a last day that has passed", "no reason"],
)
def test_a_decision_is_whole(facts: Any, said: str):
    request = asked_for()
    request.submit()

    refused = request.refusal("request_decided", WORKER, **facts)

    assert isinstance(refused, Unreadable)
    assert said in refused.detail


def test_nothing_is_decided_before_it_was_sent():
    refused = asked_for().refusal("request_decided", WORKER, decision="denied")

    assert isinstance(refused, OutOfOrder)


# -- when it ends -------------------------------------------------------------------------------------------------------------------


def test_an_approval_that_runs_out_expires_at_the_end_of_its_day_and_climbs_nowhere():
    request = approved("2026-12-31")
    assert request.duty("CP-X-1").due_at == local("2027-01-01 00:00")
    request.until(local("2026-12-31 23:59"))
    assert not request.case.is_closed

    request.until(local("2027-01-01 00:00"))

    assert request.case.status == "expired"
    assert became(request) is RequestStatus.expired
    assert request.said("missed") == []
    assert request.told("climbed") == []
    assert SUPERVISOR not in request.told("missed") + request.told("unresolved")
    assert MANAGER not in request.told("closed")


@pytest.mark.parametrize(
    "decided", ["2026-11-20 09:00", "2026-11-20 19:30", "2026-11-20 23:59"]
)
@pytest.mark.parametrize("last", ["2026-11-20", "2026-11-30"])
def test_an_approval_ends_with_its_day_at_whatever_hour_it_comes(
    decided: str, last: str
):
    """In the evening there it is the next day in UTC."""
    request = asked_for()
    request.submit()
    request.until(local(decided))

    request.decide(until=last)

    [end] = request.case.outstanding(ClientAct.request_extension)
    day_after = int(last[-2:]) + 1
    expected = "2026-12-01 00:00" if day_after > 30 else f"2026-11-{day_after} 00:00"
    assert end.due_at == local(expected)


def test_the_worker_is_reminded_two_weeks_before_an_approval_ends():
    request = approved("2026-12-31")

    request.until(local("2026-12-18 00:00"))

    assert request.told("reminder") == [WORKER]


def test_a_message_after_the_last_day_comes_too_late():
    request = approved("2026-12-31")
    request.now = local("2027-01-02 10:00")

    with pytest.raises(CaseIsClosed):
        request.say("extension_asked", WORKER, **extension())


def test_a_request_is_taken_back_for_a_reason_and_the_plan_knows():
    request = asked_for()

    request.say("request_withdrawn", WORKER, reason="Found something better")

    assert request.case.status == "withdrawn"
    assert became(request) is RequestStatus.withdrawn


def test_a_request_an_operator_cancels_is_withdrawn_for_its_plan():
    request = asked_for()

    request.case.cancelled(request.now)
    request.settle()

    assert became(request) is RequestStatus.withdrawn


# -- more time -----------------------------------------------------------------------------------------------------------------------


def extension(plan: str = "2", **facts: Any) -> dict[str, Any]:
    given = {"plan": plan, "plan_attached": True, "until": "2027-02-28"}
    return given | facts


@pytest.mark.clause("CP-X-1")
@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"plan_attached": False}, "plan_attached: the plan goes with it (CP-X-1)"),
        ({"plan": "1"}, "the current version goes with it (CP-X-1), which is 2"),
        ({"until": "2026-12-31"}, "it is approved to 2026-12-31 already"),
    ],
    ids=["no plan", "an old plan", "no more time"],
)
def test_more_time_is_asked_for_with_the_current_plan(facts: Any, said: str):
    request = approved("2026-12-31")

    refused = request.refusal("extension_asked", WORKER, **extension(**facts))

    assert said in refused.detail
    assert request.case.request.extensions == ()


@pytest.mark.clause("CP-X-1")
def test_the_plan_that_was_amended_since_is_the_one_that_goes_along():
    request = approved("2026-12-31")
    assert request.plan
    request.plan.amend()
    request.hear_of_plans()

    old = request.refusal("extension_asked", WORKER, **extension("2"))
    request.say("extension_asked", WORKER, **extension("3"))

    assert "which is 3" in old.detail
    assert request.case.request.extensions[0].plan == "3"


@pytest.mark.clause("CP-X-1")
def test_more_time_that_is_granted_moves_the_end():
    request = approved("2026-12-31")
    request.say("extension_asked", WORKER, **extension())

    request.decide(until="2027-02-28")

    [end] = request.case.outstanding(ClientAct.request_extension)
    assert end.due_at == local("2027-03-01 00:00")
    assert request.case.request.extensions[0].decision == "approved"
    assert request.plan
    assert str(request.plan.life.services[0].until) == "2027-02-28"


@pytest.mark.clause("CP-X-1")
def test_more_time_that_is_denied_leaves_the_end_where_it_was():
    request = approved("2026-12-31")
    request.say("extension_asked", WORKER, **extension())

    request.decide("denied", reason="Enough for now")

    assert not request.case.is_closed
    [end] = request.case.outstanding(ClientAct.request_extension)
    assert end.due_at == local("2027-01-01 00:00")
    request.until(end.due_at)
    assert request.case.status == "expired"


@pytest.mark.clause("CP-X-1")
def test_while_the_payer_decides_on_more_time_the_request_stays_open():
    request = approved("2026-12-31")
    request.say("extension_asked", WORKER, **extension())
    request.until(local("2027-01-08 10:00"))
    assert not request.case.is_closed

    request.decide(until="2027-02-28")

    assert became(request) is RequestStatus.approved
    assert not request.case.is_closed


@pytest.mark.clause("CP-X-1")
def test_more_time_that_is_denied_after_the_last_day_ends_it_at_once():
    request = approved("2026-12-31")
    request.say("extension_asked", WORKER, **extension())
    request.until(local("2027-01-08 10:00"))

    request.decide("denied", reason="Enough")

    assert request.case.status == "expired"
    assert became(request) is RequestStatus.expired


@pytest.mark.clause("CP-X-1")
def test_more_time_is_asked_for_once_at_a_time():
    request = approved("2026-12-31")
    request.say("extension_asked", WORKER, **extension())

    refused = request.refusal("extension_asked", WORKER, **extension())

    assert isinstance(refused, OutOfOrder)


@pytest.mark.clause("CP-X-1")
def test_no_more_time_is_asked_for_once_the_consent_for_the_payer_is_gone():
    request = asked_for()
    ends_at = request.now + WEEK
    request.consents.append(
        ConsentFacts(
            id="c", recipient="payer", given_at=request.now, expires_at=ends_at
        )
    )
    request.case.consents_may_have_changed = True
    request.settle()
    request.say("request_submitted", WORKER, plan_attached=True, to="The payer")
    request.decide(until="2026-12-31")
    request.until(ends_at)

    refused = request.refusal("extension_asked", WORKER, **extension())

    assert "no consent for Behavioral Health Division" in refused.detail


# -- word to the care plan -------------------------------------------------------------------------------------------------------------


def test_word_of_a_request_that_is_none_of_its_own_changes_nothing():
    walk = agreed()
    request = walk.ask_for()
    walk.life.services.clear()

    request.say("request_withdrawn", WORKER, reason="Found something better")

    assert walk.life.services == []
    assert walk.said("service_decided") == []


def test_word_that_comes_after_the_plan_has_ended_changes_nothing():
    walk = agreed()
    request = walk.ask_for()
    walk.say("moved", WORKER, reason="To another state")
    before = walk.case.model_dump_json()

    request.approve("2026-12-31")

    assert walk.case.model_dump_json() == before


def without_services(walk: PlanWalk) -> CarePlanPolicy:
    rules = walk.case.rules
    assert isinstance(rules, CarePlanPolicy)
    return rules.model_copy(update={"services": None})


def test_a_policy_that_knows_no_requests_hears_of_none():
    walk = agreed()
    walk.case.rules = without_services(walk)

    with pytest.raises(OutOfOrder):
        walk.ask_for()


# -- the discretionary fund --------------------------------------------------------------------------------------------------


def paid(**changed: Any) -> dict[str, Any]:
    payment = {"service": "housing", "need": "home", "amount": "240.00"}
    payment |= {"reference": "fund/7", "needed_on": "2026-03-04"}
    return payment | {"check_ready_on": "2026-12-31"} | changed


@pytest.mark.clause("CP-E-10a")
@pytest.mark.clause("CP-E-10b")
def test_what_the_fund_paid_for_a_service_of_the_plan_is_asked_back():
    walk = agreed()
    walk.ask_for("housing")

    walk.say("fund_payment_made", WORKER, **paid())

    assert walk.case.outstanding(ClientAct.reimbursement)[0].target == "fund/7"
    walk.say("reimbursement_requested", WORKER, payment="fund/7")
    assert walk.case.outstanding(ClientAct.reimbursement) == []


@pytest.mark.clause("CP-E-10a")
def test_a_payment_is_for_the_need_that_its_service_is_for():
    walk = agreed()
    walk.ask_for("housing")

    refused = walk.refusal("fund_payment_made", WORKER, **paid(need="another"))

    assert refused.detail == "need must be what that service is for: home."
