"""The emergency branch of milwaukee-cars, from the screen to the team's own plan."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.lifecycles.intake.cars import (
    DAY,
    HOUR,
    MINUTE,
    ON_CALL,
    PLAN,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
    assign,
    confirmed,
    consider,
    considered,
    emergency,
    preliminary,
    refer,
    request,
    screened,
)
from tests.lifecycles.intake.walk import (
    CALENDAR,
    CARS,
    ZONE,
    Walk,
    begin,
    local,
    policy,
)
from throughcare.case.duty import Act, DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    OutOfOrder,
    Refused,
    StepsOutstanding,
    Unreadable,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.time.deadline import derive

NIGHT = local("2026-11-17 23:50")

# -- thirty minutes, twice ----------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-1a")
def test_an_emergency_at_ten_to_midnight_is_missed_at_twenty_past():
    walk = emergency(NIGHT)

    walk.until(local("2026-11-18 00:19"))
    assert walk.duty("CP-E-1a").is_open

    walk.after(MINUTE)
    assert walk.duty("CP-E-1a").status is DutyStatus.missed
    assert {entry.event_at for entry in walk.said("missed")} == {walk.now}
    assert set(walk.told("missed")) == {ON_CALL}
    assert set(walk.told("climbed")) == {SUPERVISOR}


@pytest.mark.clause("CP-E-1b")
def test_answering_the_intake_unit_is_not_reaching_the_client():
    walk = emergency()
    walk.after(10 * MINUTE)
    walk.say("ciu_contacted", ON_CALL)

    walk.after(20 * MINUTE)

    assert walk.duty("CP-E-1a").status is DutyStatus.met
    assert walk.duty("CP-E-1b").status is DutyStatus.missed
    assert [entry.clause for entry in walk.said("missed")] == ["CP-E-1b"]


@pytest.mark.clause("CP-E-1a")
def test_reaching_the_client_is_not_answering_the_intake_unit():
    walk = emergency()
    walk.say("client_contacted", ON_CALL, how="by phone")

    walk.after(30 * MINUTE)

    assert walk.duty("CP-E-1b").status is DutyStatus.met
    assert [entry.clause for entry in walk.said("missed")] == ["CP-E-1a"]


@pytest.mark.clause("CP-E-1b")
def test_an_attempt_is_kept_and_stops_no_clock():
    walk = emergency()
    due_at = walk.duty("CP-E-1b").due_at

    walk.after(5 * MINUTE)
    walk.say("contact_attempted", ON_CALL, how="rang twice")

    duty = walk.duty("CP-E-1b")
    assert duty.is_open
    assert duty.due_at == due_at
    [entry] = walk.said("contact_attempted")
    assert (entry.clause, entry.note) == ("CP-E-1b", "rang twice")
    walk.after(25 * MINUTE)
    assert walk.duty("CP-E-1b").status is DutyStatus.missed


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_what_was_missed_can_still_be_done_and_is_late_for_ever():
    walk = emergency()
    walk.after(31 * MINUTE)

    walk.say("ciu_contacted", ON_CALL)
    walk.say("client_contacted", ON_CALL, how="in person")

    for clause in ("CP-E-1a", "CP-E-1b"):
        assert walk.duty(clause).status is DutyStatus.met_late
    assert walk.case.outstanding(Act.follow_up) == []


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_until_somebody_is_assigned_the_seat_on_call_is_the_worker():
    walk = emergency()

    assert walk.case.worker == ON_CALL
    for clause in ("CP-E-1a", "CP-E-1b", "CP-E-2", "CP-E-3", "CP-E-6a"):
        assert walk.duty(clause).is_held_by(ON_CALL)
    assert isinstance(walk.refusal("ciu_contacted", UNIT), NotYourSeat)


@pytest.mark.clause("CP-E-0")
@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_an_emergency_found_later_starts_clocks_of_its_own():
    """O-38."""
    walk = screened()
    walk.after(3 * DAY)

    walk.say("emergency_identified", UNIT, needs=[{"id": "food", "text": "None left"}])

    assert walk.case.known.branch == "emergency"
    dues = {walk.duty("CP-E-1a").due_at, walk.duty("CP-E-1b").due_at}
    assert dues == {walk.now + 30 * MINUTE}
    assert len(walk.duties("CP-N-1")) == 1


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_a_second_emergency_has_clocks_beside_those_of_the_first():
    walk = emergency()
    walk.after(10 * MINUTE)
    walk.say("emergency_identified", UNIT, needs=[{"id": "food", "text": "None left"}])

    first, second = walk.duties("CP-E-1b")

    assert second.due_at - first.due_at == 10 * MINUTE
    walk.until(first.due_at)
    contacts = [d for d in walk.duties("CP-E-1b") if d.act == ClientAct.client_contact]
    assert [d.status for d in contacts] == [DutyStatus.missed, DutyStatus.open]


@pytest.mark.clause("CP-E-1b")
def test_a_contact_before_the_second_emergency_answers_the_first_alone():
    walk = emergency()
    walk.after(10 * MINUTE)
    walk.say("emergency_identified", UNIT, needs=[{"id": "food", "text": "None left"}])
    walk.after(5 * MINUTE)

    before = TUESDAY + 8 * MINUTE
    walk.say("client_contacted", ON_CALL, at=before, how="by phone")

    first, second = walk.duties("CP-E-1b")
    assert first.status is DutyStatus.met
    assert second.is_open


@pytest.mark.clause("CP-E-1b")
def test_a_contact_after_the_second_emergency_answers_both():
    walk = emergency()
    walk.after(10 * MINUTE)
    walk.say("emergency_identified", UNIT, needs=[{"id": "food", "text": "None left"}])
    walk.after(5 * MINUTE)

    walk.say("client_contacted", ON_CALL, how="by phone")

    assert {duty.status for duty in walk.duties("CP-E-1b")} == {DutyStatus.met}


# -- the screen and the needs ------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-2")
def test_no_preliminary_plan_before_the_results_of_the_screen_were_gone_over():
    walk = emergency()
    answers = [{"need": "housing", "confirmed": True}]
    walk.say("emergency_needs_confirmed", ON_CALL, needs=answers)

    refused = walk.refusal("preliminary_plan_filed", ON_CALL, **PLAN)

    assert isinstance(refused, StepsOutstanding)
    assert "Go over the results of the screen" in refused.detail
    walk.say("screen_results_reviewed", ON_CALL)
    assert walk.duty("CP-E-2").discharge.person == "person-on-call"
    walk.say("preliminary_plan_filed", ON_CALL, **PLAN)
    assert walk.duty("CP-E-6a").status is DutyStatus.met


@pytest.mark.clause("CP-E-3")
def test_only_a_need_the_client_confirms_asks_for_a_provider():
    walk = emergency(TUESDAY, "housing", "food")

    walk.say(
        "emergency_needs_confirmed",
        ON_CALL,
        needs=[
            {"need": "housing", "confirmed": True},
            {"need": "food", "confirmed": False},
        ],
    )

    assert [d.target for d in walk.case.outstanding(ClientAct.provider_search)] == [
        "housing"
    ]
    assert [d.target for d in walk.case.outstanding(ClientAct.referral)] == ["housing"]
    shown = {need.id: need.confirmed for need in walk.case.known.needs}
    assert shown == {"housing": True, "food": False}


@pytest.mark.clause("CP-E-3")
@pytest.mark.parametrize(
    ("answers", "about"),
    [
        ({"housing": True}, "missing: food"),
        ({"housing": True, "food": True, "work": True}, "work is not asked about"),
    ],
    ids=["one left out", "one nobody found"],
)
def test_the_client_is_asked_about_each_need_that_was_found(
    answers: dict[str, bool], about: str
):
    walk = emergency(TUESDAY, "housing", "food")
    needs = [{"need": need, "confirmed": said} for need, said in answers.items()]

    refused = walk.refusal("emergency_needs_confirmed", ON_CALL, needs=needs)

    assert about in refused.detail
    assert walk.duty("CP-E-3").is_open


@pytest.mark.clause("CP-E-3")
def test_no_preliminary_plan_before_the_client_was_asked():
    walk = emergency()
    walk.say("screen_results_reviewed", ON_CALL)

    refused = walk.refusal("preliminary_plan_filed", ON_CALL, **PLAN)

    assert "Confirm the emergency needs with the client" in refused.detail


# -- providers ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-4")
def test_a_search_that_looked_at_no_provider_is_none():
    walk = confirmed()

    with pytest.raises(ValidationError, match="providers"):
        walk.say("providers_considered", ON_CALL, need="housing", providers=[])

    assert walk.duty("CP-E-4").is_open


@pytest.mark.clause("CP-E-4")
def test_each_confirmed_need_has_a_search_of_its_own():
    walk = confirmed("housing", "food")

    consider(walk, "food")

    [left] = walk.case.outstanding(ClientAct.provider_search)
    assert left.target == "housing"
    looked_at = [(e.provider, e.need) for e in walk.case.known.providers]
    assert looked_at == [("shelter", "food")]
    refused = walk.refusal(
        "providers_considered", ON_CALL, need="work", providers=["p"]
    )
    assert isinstance(refused, Unreadable)


@pytest.mark.clause("CP-E-4")
@pytest.mark.clause("CP-E-5")
def test_nobody_is_referred_before_providers_were_looked_at():
    walk = confirmed()

    refused = walk.refusal("referral_made", ON_CALL, need="housing", provider="shelter")

    assert isinstance(refused, StepsOutstanding)
    assert "Look for providers with the client" in refused.detail


@pytest.mark.clause("CP-E-4")
@pytest.mark.clause("CP-E-5")
def test_one_need_does_not_wait_for_the_search_of_another():
    walk = confirmed("housing", "food")
    consider(walk, "food")
    walk.consent("shelter")

    refer(walk, "food")

    [left] = walk.case.outstanding(ClientAct.referral)
    assert left.target == "housing"
    refused = walk.refusal("referral_made", ON_CALL, need="housing", provider="shelter")
    assert isinstance(refused, StepsOutstanding)


@pytest.mark.clause("CP-E-5")
def test_a_referral_without_a_consent_is_held_and_the_missing_one_named():
    walk = considered()

    refer(walk)

    assert walk.duty("CP-E-5").is_open
    [held] = walk.case.known.held
    assert (held.recipient, held.title, held.need) == (
        "shelter",
        "Shelter House",
        "housing",
    )
    [entry] = walk.said("held")
    assert "no consent for Shelter House" in entry.text
    assert walk.told("referral") == []
    assert walk.told("held") == [ON_CALL]


@pytest.mark.clause("CP-E-5")
def test_what_was_held_goes_out_when_the_consent_comes():
    walk = considered()
    refer(walk)
    walk.consent("another-provider")
    assert walk.duty("CP-E-5").is_open

    walk.consent("shelter")

    assert walk.duty("CP-E-5").status is DutyStatus.met
    assert walk.told("referral") == ["provider"]
    assert walk.case.known.held == []
    assert len(walk.said("released")) == 1


@pytest.mark.clause("CP-E-5")
def test_with_a_consent_on_file_the_referral_goes_out_at_once():
    walk = considered()
    walk.consent("shelter")

    refer(walk)

    assert walk.duty("CP-E-5").status is DutyStatus.met
    [word] = [notice for notice in walk.posted if notice.kind == "referral"]
    assert word.receiver.person == "shelter"
    assert word.what == ""
    assert [e.referred for e in walk.case.known.providers] == [True]


@pytest.mark.clause("CP-E-5")
def test_an_emergency_is_no_exception_unless_the_agency_says_so():
    """Q-34."""
    walk = considered()

    refused = walk.refusal(
        "referral_made",
        ON_CALL,
        need="housing",
        provider="shelter",
        emergency_reason="Freezing tonight",
    )

    assert "this agency's setting allows no exception" in refused.detail
    assert walk.duty("CP-E-5").is_open


@pytest.mark.clause("CP-E-5")
def test_where_the_agency_says_so_an_exception_is_on_record_with_its_reason():
    """Q-34."""
    walk = considered()
    allowing = policy(CARS).model_copy(update={"emergency_disclosure": True})
    walk.case.policy = allowing

    refer(walk, emergency_reason="Freezing tonight")

    assert walk.duty("CP-E-5").status is DutyStatus.met
    [entry] = walk.said("disclosed")
    assert "without a consent, as an exception" in entry.text
    assert entry.note == "Freezing tonight"
    assert walk.case.known.held == []


@pytest.mark.clause("CP-E-5")
def test_a_referral_goes_to_a_provider_that_was_looked_at():
    walk = considered()

    refused = walk.refusal("referral_made", ON_CALL, need="housing", provider="other")

    assert "shelter" in refused.detail


# -- the preliminary plan ------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-6a")
def test_a_preliminary_plan_leaves_the_teams_own_still_owed():
    walk = considered()

    walk.say("preliminary_plan_filed", ON_CALL, **PLAN)

    [plan] = walk.case.known.plans
    assert (plan.version, plan.kind) == ("1", "preliminary")
    assert walk.duty("CP-E-6a").status is DutyStatus.met
    assert walk.duty("CP-E-11b").is_open


@pytest.mark.clause("CP-E-6b")
@pytest.mark.parametrize(
    "part", ["safety_crisis_plan", "strengths", "natural_supports"]
)
@pytest.mark.parametrize("left", ["out", "empty"])
def test_a_safety_plan_rests_on_strengths_and_natural_supports(part: str, left: str):
    walk = considered()
    facts: dict[str, Any] = {k: v for k, v in PLAN.items() if k != part}
    if left == "empty":
        facts[part] = "  "

    with pytest.raises(ValidationError, match=part):
        walk.say("preliminary_plan_filed", ON_CALL, **facts)

    assert walk.case.known.plans == []


@pytest.mark.clause("CP-E-6b")
def test_what_the_safety_plan_says_is_kept_with_its_version():
    walk = preliminary()

    assert walk.case.known.plan.contents == {
        part: PLAN[part]
        for part in ("safety_crisis_plan", "strengths", "natural_supports")
    }


# -- requests ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-7")
def test_two_services_are_two_requests():
    walk = preliminary("bed", "meals")
    assert len(walk.duties("CP-E-7")) == 2

    request(walk, "bed", reference="r-1")
    refused = walk.refusal("requests_sent", ON_CALL, plan_attached=True, to="payer")
    request(walk, "meals", reference="r-2")

    assert isinstance(refused, StepsOutstanding)
    requests = {each.service: each.request for each in walk.case.known.services}
    assert requests == {"bed": "r-1", "meals": "r-2"}
    assert {duty.status for duty in walk.duties("CP-E-7")} == {DutyStatus.met}


@pytest.mark.clause("CP-E-7")
def test_a_service_is_for_a_need_the_client_confirmed():
    walk = considered()

    refused = walk.refusal(
        "preliminary_plan_filed",
        ON_CALL,
        **PLAN,
        services=[{"service": "bed", "need": "food"}],
    )

    assert "must be for a need the client confirmed: housing" in refused.detail
    assert walk.case.known.plans == []


@pytest.mark.clause("CP-E-8")
def test_requests_do_not_go_out_without_a_copy_of_the_plan():
    walk = preliminary("bed")
    request(walk, "bed")
    walk.consent("payer")

    refused = walk.refusal("requests_sent", ON_CALL, plan_attached=False, to="payer")
    assert "together with a copy of the plan" in refused.detail
    assert walk.duty("CP-E-8").is_open

    walk.say("requests_sent", ON_CALL, plan_attached=True, to="the payer's desk")
    assert walk.duty("CP-E-8").status is DutyStatus.met
    [entry] = walk.said("requests_sent")
    assert entry.note == "the payer's desk"


@pytest.mark.clause("CP-E-8")
def test_requests_are_held_until_there_is_a_consent_for_the_payer():
    """Q-34."""
    walk = preliminary("bed")
    request(walk, "bed")

    walk.say("requests_sent", ON_CALL, plan_attached=True, to="the payer's desk")
    assert walk.duty("CP-E-8").is_open
    assert [held.title for held in walk.case.known.held] == [
        "Behavioral Health Division"
    ]

    walk.consent("payer")
    assert walk.duty("CP-E-8").status is DutyStatus.met


@pytest.mark.clause("CP-E-8")
def test_a_plan_without_services_asks_for_no_requests():
    walk = preliminary()

    assert walk.duties("CP-E-7") == walk.duties("CP-E-8") == []
    assert "requests_sent" not in walk.may_send()


# -- the fund ------------------------------------------------------------------------------------------------------------


def pay(walk: Walk, needed_on: date, **facts: Any) -> None:
    """A payment, with the day that a check could be ready by as the policy and the calendar have it."""
    fund = walk.case.policy.fund
    assert fund is not None
    ready = derive(fund.lead, walk.now, CALENDAR, ZONE, tzdata="test").due_at
    given = {
        "service": "bed",
        "need": "housing",
        "amount": "120.00",
        "reference": "pay-1",
    }
    walk.say(
        "fund_payment_made",
        ON_CALL,
        **(given | facts),
        needed_on=needed_on,
        check_ready_on=ready.astimezone(ZONE).date(),
    )


@pytest.mark.clause("CP-E-9")
@pytest.mark.parametrize(
    ("needed_on", "too_soon_for_a_check"),
    [
        (date(2026, 11, 19), True),
        (date(2026, 11, 20), False),
        (date(2026, 11, 23), False),
    ],
    ids=["in two business days", "in three", "in four"],
)
def test_the_fund_is_for_what_is_needed_before_a_check_can_be_issued(
    needed_on: date, too_soon_for_a_check: bool
):
    walk = preliminary("bed")

    if too_soon_for_a_check:
        pay(walk, needed_on)
        assert len(walk.case.known.payments) == 1
    else:
        with pytest.raises(Refused, match="2026-11-20"):
            pay(walk, needed_on)
        assert walk.case.known.payments == []


@pytest.mark.clause("CP-E-9")
def test_three_business_days_are_counted_over_a_holiday():
    """A check asked for on the day before Thanksgiving is there on the Tuesday after."""
    walk = preliminary("bed", at=local("2026-11-25 10:00"))

    pay(walk, date(2026, 11, 30))

    assert len(walk.case.known.payments) == 1


@pytest.mark.clause("CP-E-9")
def test_what_a_check_takes_is_a_threshold_and_nobodys_limit():
    walk = preliminary("bed")
    pay(walk, date(2026, 11, 18))

    assert walk.duty("CP-E-10b").due_at is None
    assert "CP-E-9" not in {duty.clause for duty in walk.case.duties}


@pytest.mark.clause("CP-E-10a")
def test_a_payment_is_on_record_with_amount_service_and_need():
    walk = preliminary("bed")

    pay(walk, date(2026, 11, 18))

    [payment] = walk.case.known.payments
    assert (payment.amount, payment.service, payment.need) == (
        "120.00",
        "bed",
        "housing",
    )
    assert payment.paid_at == walk.now


@pytest.mark.clause("CP-E-10a")
@pytest.mark.parametrize(
    ("facts", "about"),
    [({"service": "car"}, "service must be one of: bed"), ({}, "is on record")],
    ids=["a service nobody planned", "the same payment twice"],
)
def test_a_payment_is_for_a_planned_service_and_entered_once(
    facts: dict[str, str], about: str
):
    walk = preliminary("bed")
    pay(walk, date(2026, 11, 18))

    with pytest.raises(Unreadable, match=about):
        pay(walk, date(2026, 11, 18), **facts)

    assert len(walk.case.known.payments) == 1


@pytest.mark.clause("CP-E-10b")
def test_a_payment_stays_to_be_asked_back_until_a_request_for_it_goes_in():
    walk = preliminary("bed")
    pay(walk, date(2026, 11, 18))
    pay(walk, date(2026, 11, 18), reference="pay-2")
    walk.after(90 * DAY)
    assert len(walk.case.outstanding(ClientAct.reimbursement)) == 2

    walk.say("reimbursement_requested", ON_CALL, payment="pay-1")

    [left] = walk.case.outstanding(ClientAct.reimbursement)
    assert left.target == "pay-2"
    asked_back = {p.reference: p.reimbursement_at for p in walk.case.known.payments}
    assert asked_back == {"pay-1": walk.now, "pay-2": None}


# -- the team and its plan ----------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-11a")
def test_a_meeting_without_the_client_leaves_the_plan_preliminary():
    walk = preliminary()

    walk.say("rst_meeting_held", ON_CALL, client_attended=False, team=["sister"])

    assert walk.duty("CP-E-11a").is_open
    refused = walk.refusal("final_plan_filed", ON_CALL, **PLAN)
    assert isinstance(refused, StepsOutstanding)
    assert "Meet with the client and the team" in refused.detail
    assert walk.case.known.plan.kind == "preliminary"


@pytest.mark.clause("CP-E-11a")
def test_a_meeting_names_the_team():
    walk = preliminary()

    with pytest.raises(ValidationError, match="team"):
        walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=[])
    walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=["sister"])

    assert walk.duty("CP-E-11a").status is DutyStatus.met
    assert walk.case.known.team == ["sister"]


@pytest.mark.clause("CP-E-11b")
def test_after_the_meeting_the_final_plan_takes_the_place_of_the_preliminary():
    walk = preliminary()
    walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=["sister"])

    walk.say("final_plan_filed", ON_CALL, **PLAN | {"reference": "plans/2"})

    assert [(p.version, p.kind) for p in walk.case.known.plans] == [
        ("1", "preliminary"),
        ("2", "final"),
    ]
    assert walk.duty("CP-E-11b").status is DutyStatus.met


@pytest.mark.clause("CP-E-11b")
@pytest.mark.clause("CP-E-12")
@pytest.mark.parametrize(
    "part", ["safety_crisis_plan", "strengths", "natural_supports"]
)
def test_a_final_plan_without_its_safety_plan_is_refused(part: str):
    walk = preliminary()
    walk.say("rst_meeting_held", ON_CALL, client_attended=True, team=["sister"])

    whole = {each: said for each, said in PLAN.items() if each != part}
    refused = walk.refusal("final_plan_filed", ON_CALL, **whole)

    assert f"(CP-E-12); missing: {part}" in refused.detail
    assert walk.case.known.plan.kind == "preliminary"


# -- whose it is once somebody is assigned --------------------------------------------------------------------------------


@pytest.mark.clause("CP-N-1")
@pytest.mark.clause("CP-N-3")
def test_an_emergency_asks_for_consents_and_an_assignment_all_the_same():
    """Q-08, Q-34."""
    walk = emergency()
    assert walk.duty("CP-N-1").is_held_by(UNIT)
    assert isinstance(
        walk.refusal("coordinator_assigned", SUPERVISOR, assigned="s"), OutOfOrder
    )

    walk.say("consents_received", UNIT)

    assert walk.duty("CP-N-3").due_at == local("2026-11-18 17:00")


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_what_the_seat_on_call_has_left_is_the_assigned_workers_clocks_untouched():
    """Q-08."""
    walk = emergency()
    walk.after(10 * MINUTE)
    walk.say("ciu_contacted", ON_CALL)
    dues = {duty.id: duty.due_at for duty in walk.case.duties}
    walk.say("consents_received", UNIT)

    assign(walk)

    assert {d.id: d.due_at for d in walk.case.duties if d.id in dues} == dues
    contact = walk.duty("CP-E-1b")
    assert contact.is_held_by(WORKER)
    assert contact.holders[0].person == "person-worker"
    answered = walk.duty("CP-E-1a")
    assert answered.is_held_by(ON_CALL)
    assert isinstance(
        walk.refusal("client_contacted", ON_CALL, how="by phone"), NotYourSeat
    )
    walk.say("client_contacted", WORKER, how="by phone")
    assert walk.duty("CP-E-1b").status is DutyStatus.met


@pytest.mark.clause("CP-E-1b")
def test_whoever_is_assigned_in_the_thick_of_it_is_told_what_is_theirs_and_by_when():
    walk = emergency()
    walk.say("consents_received", UNIT)

    assign(walk)

    [word] = [n for n in walk.posted if n.receiver.person == "person-worker"]
    assert word.kind == "assigned"
    assert "Reach the client" in word.what
    assert word.due_at == TUESDAY + 30 * MINUTE
    dues = {duty.text: duty.due_at for duty in word.duties}
    assert len(dues) > 1
    assert all(
        dues[d.text] == d.due_at for d in walk.case.open_duties() if d.text in dues
    )


@pytest.mark.clause("CP-E-1b")
def test_what_was_missed_on_call_is_the_workers_to_do_and_stays_with_whoever_is_above():
    walk = emergency()
    walk.after(31 * MINUTE)
    walk.say("consents_received", UNIT)

    assign(walk)

    assert walk.duty("CP-E-1b").is_held_by(WORKER)
    above = walk.duty("CP-E-1b", Act.follow_up)
    assert above.is_held_by(SUPERVISOR)
    walk.say("client_contacted", WORKER, how="by phone")
    assert walk.duty("CP-E-1b", Act.follow_up).status is DutyStatus.met


@pytest.mark.clause("CP-N-4a")
@pytest.mark.clause("CP-N-5")
def test_in_an_emergency_thirty_minutes_stand_in_place_of_twenty_four_hours():
    """Q-09: the treatment provider is told in either branch."""
    walk = emergency()
    walk.say("consents_received", UNIT)

    assign(walk)

    assert walk.duties("CP-N-4a") == walk.duties("CP-N-4b") == []
    assert walk.duty("CP-N-5").is_open


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_an_emergency_after_the_assignment_is_the_workers_and_not_the_seats_on_call():
    walk = screened()
    walk.say("consents_received", UNIT)
    assign(walk)
    walk.after(HOUR)

    walk.say("emergency_identified", WORKER, needs=[{"id": "food", "text": "None"}])

    for clause in ("CP-E-1a", "CP-E-1b"):
        assert walk.duty(clause).is_held_by(WORKER)
        assert walk.duty(clause).due_at == walk.now + timedelta(minutes=30)
    assert walk.duty("CP-N-4a").is_open


def test_an_emergency_may_be_found_by_anybody_who_works_on_the_case():
    for role in (UNIT, ON_CALL, SUPERVISOR, "program-manager"):
        walk = begin(CARS, TUESDAY)
        walk.say("emergency_identified", role, needs=[{"id": "food", "text": "None"}])
        assert walk.duty("CP-E-1b").is_open
