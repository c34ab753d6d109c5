"""Reports over cases about clients."""

from datetime import timedelta

import pytest

from tests.samples import NOW, duty, seated, served_record
from throughcare.case.duty import (
    Discharge,
    DutyStatus,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import (
    Assignment,
    Change,
    ClientFacts,
    Determined,
    Flag,
    FundPayment,
    PlanKind,
    PlanVersion,
    ProviderUsed,
)
from throughcare.store.access import Scope
from throughcare.store.database import within
from throughcare.store.records import apply_record
from throughcare.store.reports import (
    SelfReferrals,
    choices,
    independence,
    no_step_down,
    transfers,
    unassigned,
    unreimbursed,
    without_plan,
)

EVERYTHING = Scope(seats=None)
DAY = timedelta(days=1)
LATER = NOW + 30 * DAY

ELIGIBLE = Determined(
    at=NOW + DAY,
    eligible=True,
    proposed=True,
    answers={},
    population=None,
    organization="Access Demo Unit",
)
WORKER = Assignment(
    seat="seat-of-worker", person="ironwood", organization="Birchwood", from_at=NOW
)


async def case(session, case_id, *, known=None, duties=(), **changed):
    """One case on record, of a client of its own unless another is named."""
    changed.setdefault("client", f"client-of-{case_id}")
    facts = (known or ClientFacts()).model_dump(mode="json")
    record = served_record(case_id=case_id, facts=facts, duties=duties, **changed)
    await within(session, apply_record, record)


def of(found):
    return [each.case for each in found]


def to_do(number, act, status=DutyStatus.open, **changed):
    return duty(number, status).model_copy(update={"act": act, **changed})


# -- without a worker ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-P-1")
async def test_an_eligible_person_without_a_worker_is_on_the_report(session):
    assignment = to_do(1, ClientAct.assignment, due_at=NOW + 5 * DAY)
    await case(
        session, "waits", known=ClientFacts(determined=ELIGIBLE), duties=(assignment,)
    )
    served = ClientFacts(determined=ELIGIBLE, assignments=[WORKER])
    await case(session, "served", known=served)

    (found,) = await within(session, unassigned, EVERYTHING, LATER)

    assert (found.case, found.client.id) == ("waits", "client-of-waits")
    assert (found.since_at, found.due_at) == (ELIGIBLE.at, assignment.due_at)


async def test_whoever_is_not_yet_found_eligible_does_not_wait_for_a_worker(session):
    await case(session, "undecided", duties=(to_do(1, ClientAct.eligibility),))
    await case(session, "no such step")

    assert of(await within(session, unassigned, EVERYTHING, LATER)) == ["no such step"]


async def test_whose_intake_is_over_waits_for_no_worker(session):
    await case(
        session,
        "declined",
        known=ClientFacts(determined=ELIGIBLE),
        status="declined",
        closed_at=LATER,
    )

    assert await within(session, unassigned, EVERYTHING, LATER) == ()


async def test_the_longest_waiting_comes_first(session):
    for days, case_id in ((2, "b"), (1, "a"), (3, "c")):
        await case(session, case_id, opened_at=NOW + days * DAY)

    assert of(await within(session, unassigned, EVERYTHING, LATER)) == ["a", "b", "c"]


# -- enrolled, without a plan ---------------------------------------------------------------------------------------------


async def enrolled(session, client):
    await case(
        session,
        f"intake-{client}",
        client=client,
        known=ClientFacts(care_plan=f"plan-{client}"),
        status="enrolled",
        closed_at=NOW + DAY,
    )


@pytest.mark.clause("CP-P-1")
async def test_whoever_is_enrolled_and_has_no_live_care_plan_is_on_the_report(session):
    await enrolled(session, "with")
    await case(session, "plan-with", client="with", kind="care-plan")
    await enrolled(session, "without")

    (found,) = await within(session, without_plan, EVERYTHING, LATER)

    assert (found.case, found.care_plan) == ("intake-without", "plan-without")
    assert (found.enrolled_at, found.withdrawn) == (NOW + DAY, False)


@pytest.mark.parametrize(("status", "listed"), [("withdrawn", True), ("moved", False)])
async def test_a_care_plan_that_was_withdrawn_is_missed_and_one_that_ended_is_not(
    session, status, listed
):
    await enrolled(session, "alder")
    await case(
        session,
        "plan-alder",
        client="alder",
        kind="care-plan",
        status=status,
        closed_at=LATER,
    )

    found = await within(session, without_plan, EVERYTHING, LATER)

    assert [each.withdrawn for each in found] == [True] * listed


# -- the discretionary fund -------------------------------------------------------------------------------------------------


def payment(reference, reimbursed=False):
    return FundPayment(
        reference=reference,
        service="rent",
        need="housing",
        amount="120.00",
        needed_on=NOW.date(),
        paid_at=NOW,
        reimbursement_at=LATER if reimbursed else None,
    )


@pytest.mark.clause("CP-E-10b")
async def test_a_payment_stays_on_the_report_until_it_is_asked_back(session):
    known = ClientFacts(payments=[payment("p-1"), payment("p-2", reimbursed=True)])
    await case(session, "paid", known=known)

    (found,) = await within(session, unreimbursed, EVERYTHING, LATER)

    assert (found.reference, found.amount, found.since_at) == ("p-1", "120.00", NOW)


@pytest.mark.clause("CP-E-10b")
async def test_a_payment_the_care_plan_took_along_is_told_once_and_as_it_has_it(
    session,
):
    before, after = payment("p-1"), payment("p-1", reimbursed=True)
    both = payment("p-2")
    await case(
        session, "intake", client="elm", known=ClientFacts(payments=[before, both])
    )
    plan = ClientFacts(payments=[after, both])
    await case(
        session, "plan", client="elm", kind="care-plan", known=plan, opened_at=LATER
    )

    (found,) = await within(session, unreimbursed, EVERYTHING, LATER)

    assert (found.case, found.reference) == ("plan", "p-2")


# -- independence -----------------------------------------------------------------------------------------------------------


def flag(number, opened_at=NOW, **settled):
    return Flag(
        number=number,
        clause="CF-S-2a",
        about="They belong together.",
        opened_at=opened_at,
        **settled,
    )


@pytest.mark.clause("CF-S-3")
async def test_every_exception_of_a_period_is_told_with_reason_and_resolution(session):
    accepted = {
        "resolution": "accepted",
        "reason": "nobody else near",
        "settled_by": "elm",
    }
    flags = [
        flag(1, NOW - DAY),
        flag(2, **accepted),
        flag(3),
        flag(4, NOW + DAY, resolution="mended", reason="another worker"),
        flag(5, NOW + 2 * DAY),
    ]
    await case(session, "flagged", known=ClientFacts(flags=flags))

    found = (
        await within(session, independence, EVERYTHING, NOW, NOW + 2 * DAY)
    ).exceptions

    assert [(each.number, each.resolution, each.reason) for each in found] == [
        (2, "accepted", "nobody else near"),
        (3, None, None),
        (4, "mended", "another worker"),
    ]


@pytest.mark.clause("CF-S-3")
async def test_an_exception_the_care_plan_took_along_is_told_once_and_as_settled(
    session,
):
    await case(session, "intake", client="elm", known=ClientFacts(flags=[flag(1)]))
    settled = ClientFacts(flags=[flag(1, resolution="mended", reason="changed")])
    await case(
        session, "plan", client="elm", kind="care-plan", known=settled, opened_at=LATER
    )

    (found,) = (await within(session, independence, EVERYTHING, NOW, LATER)).exceptions

    assert (found.case, found.resolution) == ("plan", "mended")


def referral(number, need, by, status=DutyStatus.met, at=NOW):
    return to_do(
        number,
        ClientAct.referral,
        status,
        target=need,
        holders=(seated("worker").model_copy(update={"organization": by}),),
        discharge=Discharge(event_at=at, entered_at=at),
    )


def referred(need, organization):
    return ProviderUsed(
        provider=f"p-{need}", organization=organization, need=need, referred=True
    )


@pytest.mark.clause("CF-K-2b")
async def test_the_share_of_referrals_to_the_workers_own_organization_is_told_by_agency(
    session,
):
    known = ClientFacts(
        providers=[
            referred("housing", "Birchwood"),
            referred("food", "Acorn"),
            referred("work", "Acorn"),
            referred("held", "Birchwood"),
            referred("before", "Birchwood"),
            ProviderUsed(provider="p", organization="Birchwood", need="food"),
        ]
    )
    duties = (
        referral(1, "housing", "Birchwood"),
        referral(2, "food", "Birchwood"),
        referral(3, "work", "Cedar"),
        referral(4, "held", "Birchwood", DutyStatus.open),
        referral(5, "before", "Birchwood", at=NOW - DAY),
    )
    await case(session, "referred", known=known, duties=duties)

    agencies = (await within(session, independence, EVERYTHING, NOW, LATER)).agencies

    assert agencies == (
        SelfReferrals(organization="Birchwood", referrals=2, own=1, share=0.5),
        SelfReferrals(organization="Cedar", referrals=1, own=0, share=0.0),
    )


# -- stepping down ------------------------------------------------------------------------------------------------------------


def plans(*kinds_and_words):
    return [
        PlanVersion(
            version=str(number),
            kind=kind,
            reference=f"plan {number}",
            filed_at=NOW + number * DAY,
            considers_step_down=says,
        )
        for number, (kind, says) in enumerate(kinds_and_words, start=1)
    ]


FIRST, AGAIN = (PlanKind.initial, False), (PlanKind.revised, False)


@pytest.mark.clause("CF-K-2a")
async def test_a_plan_renewed_twice_without_a_word_on_stepping_down_is_listed(session):
    await case(session, "silent", known=ClientFacts(plans=plans(FIRST, AGAIN, AGAIN)))
    await case(session, "once", known=ClientFacts(plans=plans(FIRST, AGAIN)))
    says = (PlanKind.revised, True)
    await case(
        session, "says", known=ClientFacts(plans=plans(FIRST, AGAIN, says, AGAIN))
    )

    (found,) = await within(session, no_step_down, EVERYTHING, LATER)

    assert (found.case, found.plan, found.renewals) == ("silent", "3", 2)
    assert found.renewed_at == NOW + 3 * DAY


@pytest.mark.clause("CF-K-2a")
async def test_the_teams_plan_in_place_of_the_preliminary_one_is_no_renewal(session):
    kinds = ((PlanKind.preliminary, False), (PlanKind.final, False), AGAIN)
    await case(session, "team", known=ClientFacts(plans=plans(*kinds)))

    assert await within(session, no_step_down, EVERYTHING, LATER) == ()


# -- choice -------------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-V-3")
async def test_the_dates_of_a_year_on_which_a_client_could_state_a_choice_are_listed(
    session,
):
    dates = [LATER - 400 * DAY, NOW, NOW + DAY]
    await case(
        session,
        "intake",
        client="elm",
        known=ClientFacts(choice_offered_at=dates),
        status="enrolled",
        closed_at=NOW,
    )
    plan = ClientFacts(choice_offered_at=[*dates, NOW + 2 * DAY])
    await case(session, "plan", client="elm", kind="care-plan", known=plan)
    await case(session, "never", client="fir")
    await case(session, "gone", client="oak", status="moved", closed_at=NOW)

    found = await within(session, choices, EVERYTHING, LATER)

    assert [(each.client.id, each.cases) for each in found] == [
        ("fir", ("never",)),
        ("elm", ("plan",)),
    ]
    assert found[1].offered_at == (NOW, NOW + DAY, NOW + 2 * DAY)


# -- another worker ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-V-8")
async def test_wishes_for_another_worker_are_listed_until_they_are_answered(session):
    def change(number, days, outcome=None):
        asked_at = NOW + days * DAY
        return Change(
            number=number,
            by="client",
            asked_at=asked_at,
            asked_of="Supervisor",
            outcome=outcome,
        )

    both = ClientFacts(
        assignments=[WORKER], changes=[change(1, 0, "honoured"), change(2, 5)]
    )
    await case(session, "second", known=both)
    await case(session, "first", known=ClientFacts(changes=[change(1, 3)]))
    await case(session, "answered", known=ClientFacts(changes=[change(1, 1, "unable")]))

    found = await within(session, transfers, EVERYTHING, LATER)

    assert [(each.case, each.since_at, each.worker) for each in found] == [
        ("first", NOW + 3 * DAY, None),
        ("second", NOW + 5 * DAY, "seat-of-worker"),
    ]


# -- whose ---------------------------------------------------------------------------------------------------------------------


async def test_a_report_tells_of_the_cases_one_may_see_and_of_the_program_asked_for(
    session,
):
    await case(session, "mine")
    others = (seated("supervisor").model_copy(update={"seat": "another"}),)
    await case(session, "theirs", seats=others)
    await case(session, "elsewhere", program="csm")
    scope = Scope(seats=("seat-of-supervisor",))

    assert set(of(await within(session, unassigned, scope, LATER))) == {
        "mine",
        "elsewhere",
    }
    assert of(await within(session, unassigned, scope, LATER, "csm")) == ["elsewhere"]
    assert len(await within(session, choices, EVERYTHING, LATER)) == 3
