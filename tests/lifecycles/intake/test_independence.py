"""Whoever assesses, decides, plans or coordinates does not also deliver: flagged, or with `refuses` refused without a reason."""

from typing import Any

import pytest

from tests.lifecycles.intake import cars, csm
from tests.lifecycles.intake.cars import ON_CALL, SUPERVISOR, UNIT, WORKER
from tests.lifecycles.intake.walk import CARS, begin, independence, local
from throughcare.case.duty import (
    Basis,
    DutyStatus,
)
from throughcare.case.refusals import Unreadable
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.time.deadline import Within

OWN, OUTSIDE = "Birchwood Demo Recovery", "Shelter House"
REASON = "Nobody else is in reach."

LETS_THROUGH, REFUSES = "lets through", "refuses"


@pytest.fixture(params=[LETS_THROUGH, REFUSES])
def rules(request):
    """The pack as shipped, and as an agency has it that lets nothing through without a reason."""
    return independence().model_copy(update={"refuses": request.param == REFUSES})


def housing(rules=None, **organizations):
    """An emergency whose one need the client confirmed; each part is of OWN unless said otherwise."""
    walk = begin(CARS, cars.TUESDAY)
    walk.case.independence = rules or independence()
    parts = dict.fromkeys((UNIT, ON_CALL, WORKER, SUPERVISOR), OWN)
    walk.belongs(**(parts | organizations))
    needs = [{"id": "housing", "text": "Has nowhere to sleep"}]
    walk.say("screened", UNIT, emergency=True, needs=needs)
    answers = [{"need": "housing", "confirmed": True}]
    walk.say("emergency_needs_confirmed", ON_CALL, needs=answers)
    return walk


def consider(walk, *organizations, **facts):
    walk.say("providers_considered", ON_CALL, **considering(*organizations), **facts)


def considering(*organizations):
    providers = [each.lower().replace(" ", "-") for each in organizations]
    given = {"need": "housing", "providers": providers}
    return given | {"organizations": list(organizations)}


def referral(organization, **facts):
    provider = organization.lower().replace(" ", "-")
    given = {"need": "housing", "provider": provider, "organization": organization}
    return given | facts


def served_by(organization, rules=None, **organizations):
    """Referred to a provider of this organization, while the worker of then belonged elsewhere."""
    walk = housing(rules, **({ON_CALL: "Elsewhere"} | organizations))
    consider(walk, organization, OUTSIDE, none_outside=REASON)
    walk.say("referral_made", ON_CALL, **referral(organization))
    walk.say("consents_received", UNIT)
    walk.say("intake_reviewed", SUPERVISOR)
    return walk


def refused_or_flagged(walk, clause, name, role, /, **facts):
    """Sends a message that somebody who is not independent sends; it is flagged, or refused without a reason."""
    if walk.case.independence.refuses:
        refused = walk.refusal(name, role, **facts)
        assert "Not independent" in refused.detail
        assert "exception" in refused.detail
        walk.say(name, role, **facts, exception=REASON)
    else:
        walk.say(name, role, **facts)
    (flag,) = [each for each in walk.case.known.flags if each.clause == clause]
    (review,) = [
        each for each in walk.duties(clause) if each.act == ClientAct.independence
    ]
    assert review.is_open and review.target == str(flag.number)
    assert (flag.reason == REASON) is walk.case.independence.refuses
    assert (flag.resolution == "accepted") is walk.case.independence.refuses
    entry = next(e for e in walk.said("not_independent") if e.clause == clause)
    assert entry.note == (flag.reason or "")
    return flag


# -- assessing, CF-K-1 --------------------------------------------------------------------------------------------------


def assessing(*organizations):
    return {
        "name": "Initial",
        "recommends": ["a-provider"],
        "organizations": list(organizations),
    }


@pytest.mark.clause("CF-K-1")
def test_an_assessment_that_recommends_the_assessors_own_organization_is_flagged(rules):
    walk = housing(rules)

    facts = assessing(OUTSIDE, OWN)
    refused_or_flagged(walk, "CF-K-1", "assessment_filed", ON_CALL, **facts)


@pytest.mark.clause("CF-K-1")
def test_an_assessment_that_recommends_others_is_not(rules):
    walk = housing(rules)

    walk.say("assessment_filed", ON_CALL, **assessing(OUTSIDE))

    assert walk.case.known.flags == []


# -- options, CF-K-2b ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("CF-K-2b")
def test_offering_only_ones_own_organization_is_refused_without_a_reason(rules):
    walk = housing(rules)

    refused = walk.refusal("providers_considered", ON_CALL, **considering(OWN))
    consider(walk, OWN, none_outside=REASON)

    assert "CF-K-2b" in refused.detail and "none_outside" in refused.detail
    (entry,) = [e for e in walk.case.timeline if e.clause == "CF-K-2b"]
    assert entry.note == REASON


@pytest.mark.clause("CF-K-2b")
def test_with_an_outside_option_shown_no_reason_is_asked_for(rules):
    walk = housing(rules)

    consider(walk, OWN, OUTSIDE)

    assert not [e for e in walk.case.timeline if e.clause == "CF-K-2b"]
    assert [each.organization for each in walk.case.known.providers] == [OWN, OUTSIDE]


@pytest.mark.clause("CF-K-2b")
def test_an_agency_that_did_not_adopt_it_is_not_asked():
    walk = housing()
    walk.case.independence = None

    consider(walk, OWN)

    assert not walk.case.outstanding(ClientAct.provider_search)


# -- strategies, CF-K-3 -------------------------------------------------------------------------------------------------

STRATEGIES = [
    {"text": "A room near family", "need": "housing"},
    {"text": "Weekly group at our office"},
]


@pytest.mark.clause("CF-K-3")
def test_a_plan_with_a_strategy_for_no_need_is_refused(rules):
    walk = csm.asked()
    walk.case.independence = rules
    walk.assign(**csm.BY_NEED)

    refused = walk.refusal(
        "initial_plan_filed", WORKER, **csm.PLAN, strategies=STRATEGIES
    )
    walk.say("initial_plan_filed", WORKER, **csm.PLAN, strategies=STRATEGIES[:1])

    assert "CF-K-3" in refused.detail and "number 2" in refused.detail
    assert len(walk.case.known.plans) == 1


@pytest.mark.clause("CF-K-3")
def test_without_the_pack_a_strategy_for_no_need_is_taken():
    walk = csm.planned(strategies=STRATEGIES)

    assert len(walk.case.known.plans) == 1


# -- deciding, CF-S-1a --------------------------------------------------------------------------------------------------


@pytest.mark.clause("CF-S-1a")
def test_a_deciders_organization_that_is_chosen_to_deliver_opens_an_exception(rules):
    walk = housing(rules, **{ON_CALL: "Elsewhere", UNIT: OUTSIDE})
    consider(walk, OUTSIDE, OWN)
    decided = csm.offered().determined
    walk.case.known.determined = decided.model_copy(update={"organization": OUTSIDE})

    flag = refused_or_flagged(
        walk, "CF-S-1a", "referral_made", ON_CALL, **referral(OUTSIDE)
    )

    assert "decided on eligibility" in flag.about
    assert walk.duty("CF-S-1a").due_at is not None


@pytest.mark.clause("CF-S-1a")
def test_a_deciders_organization_that_delivers_nothing_opens_none(rules):
    walk = housing(rules, **{ON_CALL: "Elsewhere", UNIT: OWN})
    consider(walk, OUTSIDE, OWN)
    decided = csm.offered().determined
    walk.case.known.determined = decided.model_copy(update={"organization": OWN})

    walk.say("referral_made", ON_CALL, **referral(OUTSIDE))

    assert walk.case.known.flags == []


@pytest.mark.clause("CF-S-1a")
def test_who_decides_is_held_against_those_who_deliver_already(rules):
    walk = csm.referred()
    walk.case.independence = rules
    delivering = served_by(OUTSIDE).case.known.providers
    walk.case.known.providers = list(delivering)
    walk.belongs(**{"access-unit": OUTSIDE})

    refused_or_flagged(
        walk,
        "CF-S-1a",
        "eligibility_determined",
        walk.intake,
        population="developmental-disability",
        answers=csm.ELIGIBLE,
        eligible=True,
    )

    assert walk.determined.organization == OUTSIDE
    assert walk.case.step == "offer"


# -- planning, CF-S-1b --------------------------------------------------------------------------------------------------


@pytest.mark.clause("CF-S-1b")
def test_a_planner_of_a_chosen_provider_is_acknowledged_with_a_reason(rules):
    walk = csm.asked()
    walk.case.independence = rules
    walk.case.known.providers = list(served_by(OWN).case.known.providers)
    walk.organizations[WORKER] = OWN
    walk.assign(organization=OWN, exception=REASON, **csm.BY_NEED)

    refused = walk.refusal("initial_plan_filed", WORKER, **csm.PLAN)
    walk.say("initial_plan_filed", WORKER, **csm.PLAN, exception=REASON)

    assert "CF-S-1b" in refused.detail and "exception" in refused.detail
    (flag,) = [each for each in walk.case.known.flags if each.clause == "CF-S-1b"]
    assert (flag.resolution, flag.reason) == ("accepted", REASON)
    assert walk.duty("CF-S-1b").is_open


@pytest.mark.clause("CF-S-1b")
def test_a_planner_of_no_chosen_provider_gives_no_reason(rules):
    walk = csm.asked()
    walk.case.independence = rules
    walk.case.known.providers = list(served_by(OUTSIDE).case.known.providers)
    walk.organizations[WORKER] = OWN
    walk.assign(organization=OWN, **csm.BY_NEED)

    walk.say("initial_plan_filed", WORKER, **csm.PLAN)

    assert walk.case.known.flags == []


# -- coordinating, CF-S-2a and CF-S-2c ----------------------------------------------------------------------------------

WORKER_OF_OWN: dict[str, Any] = {
    "assigned": "seat-worker",
    "person": "person-worker",
    "organization": OWN,
}


@pytest.mark.clause("CF-S-2a")
def test_a_worker_whose_organization_delivers_is_looked_at_when_assigned(rules):
    walk = served_by(OWN, rules)

    refused_or_flagged(
        walk, "CF-S-2a", "coordinator_assigned", SUPERVISOR, **WORKER_OF_OWN
    )

    assert walk.assignment.organization == OWN


@pytest.mark.clause("CF-S-2a")
def test_a_clean_assignment_is_looked_at_again_when_a_provider_is_added(rules):
    walk = housing(rules)
    walk.say("consents_received", UNIT)
    walk.say("intake_reviewed", SUPERVISOR)
    walk.say("coordinator_assigned", SUPERVISOR, **WORKER_OF_OWN)
    assert walk.case.known.flags == []
    facts = considering(OWN, OUTSIDE)
    walk.say("providers_considered", WORKER, **facts)

    flag = refused_or_flagged(walk, "CF-S-2a", "referral_made", WORKER, **referral(OWN))

    assert "delivers services" in flag.about


@pytest.mark.clause("CF-S-2a")
def test_a_worker_of_another_organization_is_assigned_without_a_word(rules):
    walk = served_by(OUTSIDE, rules)

    walk.say("coordinator_assigned", SUPERVISOR, **WORKER_OF_OWN)

    assert walk.case.known.flags == []
    assert not walk.duties("CF-S-2a")


@pytest.mark.clause("CF-S-2a")
def test_a_worker_who_takes_over_is_looked_at_as_the_first_was(rules):
    walk = served_by(OWN, rules)
    walk.assign("seat-elm", organization="Elsewhere")
    walk.organizations[WORKER] = "Elsewhere"
    walk.say("change_requested", SUPERVISOR, by="client")

    refused_or_flagged(
        walk,
        "CF-S-2a",
        "worker_changed",
        SUPERVISOR,
        **WORKER_OF_OWN,
        **csm.TAKES_OVER,
    )


@pytest.mark.clause("CF-S-2c")
def test_the_therapist_on_the_plan_does_not_coordinate_it(rules):
    walk = served_by(OUTSIDE, rules)

    refused_or_flagged(
        walk,
        "CF-S-2c",
        "coordinator_assigned",
        SUPERVISOR,
        **WORKER_OF_OWN,
        provides=["shelter-house"],
    )


@pytest.mark.clause("CF-S-2c")
def test_somebody_who_provides_to_others_may_coordinate(rules):
    walk = served_by(OUTSIDE, rules)

    walk.say(
        "coordinator_assigned", SUPERVISOR, **WORKER_OF_OWN, provides=["a-workshop"]
    )

    assert walk.case.known.flags == []


# -- looking at an exception --------------------------------------------------------------------------------------------


def flagged():
    walk = served_by(OWN)
    walk.say("coordinator_assigned", SUPERVISOR, **WORKER_OF_OWN)
    return walk


@pytest.mark.clause("CF-S-2a")
def test_an_exception_is_looked_at_by_the_supervisor_within_the_agencys_limit():
    walk = flagged()

    review = walk.duty("CF-S-2a")
    assert review.holders[0].role == SUPERVISOR
    assert review.basis is Basis.agency
    assert review.receipt.rule == Within.model_validate(
        {"within": "P10D", "days": "business"}
    )

    walk.until(review.due_at)

    assert walk.duty("CF-S-2a").status is DutyStatus.missed


@pytest.mark.clause("CF-S-2a")
def test_an_exception_that_stays_says_when_it_is_looked_at_again():
    walk = flagged()
    facts = {"exception": 1, "resolution": "accepted", "reason": REASON}

    refused = walk.refusal("exception_settled", SUPERVISOR, **facts)
    walk.say("exception_settled", SUPERVISOR, **facts, review_on="2027-03-01")

    assert isinstance(refused, Unreadable)
    (flag,) = walk.case.known.flags
    assert (flag.resolution, flag.reason) == ("accepted", REASON)
    assert (flag.settled_by, str(flag.review_on)) == ("person-supervisor", "2027-03-01")
    assert walk.duty("CF-S-2a").status is DutyStatus.met


@pytest.mark.clause("CF-S-2a")
def test_an_exception_nobody_looked_at_goes_along_into_the_care_plan():
    walk = csm.asked()
    walk.case.independence = independence()
    walk.case.known.providers = list(served_by(OWN).case.known.providers)
    walk.assign(organization=OWN, exception=REASON, **csm.BY_NEED)
    walk.say("initial_plan_filed", WORKER, **csm.PLAN)

    after = walk.enroll()

    (review,) = after.case.outstanding(ClientAct.independence)
    assert (review.clause, review.target) == ("CF-S-2a", "1")
    after.say(
        "exception_settled",
        after.supervisor,
        exception=1,
        resolution="mended",
        reason="Another provider was found.",
    )
    assert not after.case.outstanding(ClientAct.independence)


# -- changes and meetings -----------------------------------------------------------------------------------------------


def with_a_plan():
    walk = csm.planned()
    walk.case.independence = independence()
    return walk


@pytest.mark.clause("CF-S-2b")
@pytest.mark.parametrize("by", ["client", "guardian", "family", "spokesperson"])
def test_a_change_the_family_asks_for_is_a_task_of_the_worker_until_it_has_an_outcome(
    by,
):
    walk = with_a_plan()

    walk.say("change_requested", walk.intake, by=by)

    help_ = walk.duty("CF-S-2b")
    assert help_.is_open and help_.holders[0].role == WORKER

    csm.change(walk)

    assert walk.duty("CF-S-2b").status is DutyStatus.met
    assert walk.duty("CF-S-2b").discharge.text == "Another worker takes over."


@pytest.mark.clause("CF-S-2b")
@pytest.mark.parametrize(
    ("message", "facts", "status"),
    [
        (
            "change_not_granted",
            {"outcome": "unable", "considered": ["seat-elm"], "explanation": REASON},
            DutyStatus.met,
        ),
        ("change_withdrawn", {"by": "client"}, DutyStatus.withdrawn),
    ],
    ids=["not granted", "withdrawn"],
)
def test_the_task_ends_with_an_explanation_or_with_the_wish(message, facts, status):
    walk = with_a_plan()
    walk.say("change_requested", walk.intake, by="client")

    walk.say(message, walk.supervisor, **facts)

    assert walk.duty("CF-S-2b").status is status


@pytest.mark.clause("CF-S-2b")
def test_without_the_pack_a_wish_is_the_supervisors_alone():
    walk = csm.wanting_another()

    assert walk.case.outstanding(ClientAct.change)
    assert not walk.case.outstanding(ClientAct.help_with_change)


@pytest.mark.clause("CF-S-5b")
@pytest.mark.parametrize("attended", [False, True])
def test_a_first_meeting_without_family_is_flagged(attended):
    walk = cars.assigned(free=True)

    walk.say(
        "first_meeting_held",
        WORKER,
        natural_supports="none",
        family_attended=attended,
    )

    absent = [entry.clause for entry in walk.said("family_absent")]
    assert absent == ([] if attended else ["CF-S-5b"])


@pytest.mark.clause("CF-S-5b")
@pytest.mark.parametrize("attended", [False, True])
def test_a_team_meeting_without_family_is_flagged(attended):
    walk = cars.preliminary()
    walk.case.independence = independence()

    walk.say(
        "rst_meeting_held",
        ON_CALL,
        client_attended=True,
        family_attended=attended,
        team=["client", "worker"],
    )

    assert bool(walk.said("family_absent")) is not attended


@pytest.mark.clause("CF-S-5b")
def test_without_the_pack_a_meeting_without_family_is_not_flagged():
    walk = cars.assigned()

    walk.say(
        "first_meeting_held", WORKER, natural_supports="none", family_attended=False
    )

    assert walk.said("family_absent") == []


# -- reporting it, CF-S-4 -----------------------------------------------------------------------------------------------

REPORT: dict[str, Any] = {"about": OWN, "words": "Only its own services were offered."}


@pytest.mark.clause("CF-S-4")
@pytest.mark.parametrize(
    ("organizations", "reviewer"),
    [
        ({"oversight": "The county", "administrator": OWN}, "oversight"),
        ({"oversight": OWN, "administrator": "The county"}, "administrator"),
    ],
    ids=["oversight is of another", "the administrator is of another"],
)
def test_a_report_is_looked_at_by_somebody_of_another_organization(
    organizations, reviewer, rules
):
    walk = housing(rules, **organizations)

    walk.say("conflict_of_interest_reported", UNIT, **REPORT)

    review = walk.duty("CF-S-4")
    assert review.holders[0].role == reviewer
    (entry,) = walk.said("conflict_of_interest_reported")
    assert REPORT["words"] in entry.note and REPORT["about"] in entry.note
    assert walk.case.known.flags[0].resolution is None


@pytest.mark.clause("CF-S-4")
def test_a_report_goes_to_nobody_of_the_organization_complained_of(rules):
    walk = housing(rules, oversight=OWN, administrator=OWN.upper())

    refused = walk.refusal("conflict_of_interest_reported", UNIT, **REPORT)

    assert "another organization" in refused.detail
    assert not walk.duties("CF-S-4")


@pytest.mark.clause("CF-S-4")
def test_a_report_does_not_go_to_the_worker_in_another_seat(rules):
    walk = housing(rules, oversight="The county", administrator="The county")
    walk.sit("seat-oversight", walk.person("seat-on-call"))

    walk.say("conflict_of_interest_reported", UNIT, **REPORT)

    assert walk.duty("CF-S-4").holders[0].role == "administrator"


@pytest.mark.clause("CF-S-4")
def test_only_whoever_was_given_a_report_settles_it_in_the_care_plan_too():
    walk = with_a_plan()
    walk.belongs(oversight="The county")
    about = {"about": "the agency", "words": "Only its own services were offered."}
    walk.say("conflict_of_interest_reported", walk.intake, **about)
    settled = {"exception": 1, "resolution": "mended", "reason": REASON}

    refused = walk.refusal("exception_settled", walk.supervisor, **settled)
    after = walk.enroll()

    assert "Quality Assurance" in refused.detail
    (review,) = after.case.outstanding(ClientAct.independence)
    assert review.holders[0].role == "oversight"
    assert review.due_at == local("2026-03-16 17:00")
    after.say("exception_settled", "oversight", **settled)
    assert after.case.known.flags[0].resolution == "mended"
