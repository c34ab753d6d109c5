"""Reports over cases about clients."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.samples import NOW, case_record, duty, entry, seated, served_record
from throughcare.case.duty import (
    Discharge,
    DutyStatus,
)
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
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
from throughcare.packs.pack import Pack
from throughcare.packs.reading import digest, load_pack
from throughcare.store.access import Scope
from throughcare.store.packs import adopt
from throughcare.store.records import apply_record
from throughcare.store.reports import (
    SelfReferrals,
    choices,
    independence,
    no_step_down,
    policy_sets_time,
    transfers,
    unassigned,
    unreimbursed,
    without_plan,
)
from throughcare.store.tables import CaseRow

POLICIES = Path(__file__).parents[3] / "policies"
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


def case(connection, case_id, *, known=None, duties=(), **changed):
    """One case on record, of a client of its own unless another is named."""
    changed.setdefault("client", f"client-of-{case_id}")
    facts = (known or ClientFacts()).model_dump(mode="json")
    record = served_record(case_id=case_id, facts=facts, duties=duties, **changed)
    apply_record(connection, record)


def of(found):
    return [each.case for each in found]


def to_do(number, act, status=DutyStatus.open, **changed):
    return duty(number, status).model_copy(update={"act": act, **changed})


# -- without a worker ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-P-1")
def test_an_eligible_person_without_a_worker_is_on_the_report(connection):
    assignment = to_do(1, ClientAct.assignment, due_at=NOW + 5 * DAY)
    case(
        connection,
        "waits",
        known=ClientFacts(determined=ELIGIBLE),
        duties=(assignment,),
    )
    served = ClientFacts(determined=ELIGIBLE, assignments=[WORKER])
    case(connection, "served", known=served)

    (found,) = unassigned(connection, EVERYTHING, LATER)

    assert (found.case, found.client.id) == ("waits", "client-of-waits")
    assert (found.since_at, found.due_at) == (ELIGIBLE.at, assignment.due_at)


def test_whoever_is_not_yet_found_eligible_does_not_wait_for_a_worker(connection):
    case(connection, "undecided", duties=(to_do(1, ClientAct.eligibility),))
    case(connection, "no such step")

    assert of(unassigned(connection, EVERYTHING, LATER)) == ["no such step"]


def test_whose_intake_is_over_waits_for_no_worker(connection):
    case(
        connection,
        "declined",
        known=ClientFacts(determined=ELIGIBLE),
        status="declined",
        closed_at=LATER,
    )

    assert unassigned(connection, EVERYTHING, LATER) == ()


def test_the_longest_waiting_comes_first(connection):
    for days, case_id in ((2, "b"), (1, "a"), (3, "c")):
        case(connection, case_id, opened_at=NOW + days * DAY)

    assert of(unassigned(connection, EVERYTHING, LATER)) == ["a", "b", "c"]


# -- enrolled, without a plan ---------------------------------------------------------------------------------------------


def enrolled(connection, client):
    case(
        connection,
        f"intake-{client}",
        client=client,
        known=ClientFacts(care_plan=f"plan-{client}"),
        status="enrolled",
        closed_at=NOW + DAY,
    )


@pytest.mark.clause("CP-P-1")
def test_whoever_is_enrolled_and_has_no_live_care_plan_is_on_the_report(connection):
    enrolled(connection, "with")
    case(connection, "plan-with", client="with", kind="care-plan")
    enrolled(connection, "without")

    (found,) = without_plan(connection, EVERYTHING, LATER)

    assert (found.case, found.care_plan) == ("intake-without", "plan-without")
    assert (found.enrolled_at, found.withdrawn) == (NOW + DAY, False)


@pytest.mark.parametrize(("status", "listed"), [("withdrawn", True), ("moved", False)])
def test_a_care_plan_that_was_withdrawn_is_missed_and_one_that_ended_is_not(
    connection, status, listed
):
    enrolled(connection, "alder")
    case(
        connection,
        "plan-alder",
        client="alder",
        kind="care-plan",
        status=status,
        closed_at=LATER,
    )

    found = without_plan(connection, EVERYTHING, LATER)

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
def test_a_payment_stays_on_the_report_until_it_is_asked_back(connection):
    known = ClientFacts(payments=[payment("p-1"), payment("p-2", reimbursed=True)])
    case(connection, "paid", known=known)

    (found,) = unreimbursed(connection, EVERYTHING, LATER)

    assert (found.reference, found.amount, found.since_at) == ("p-1", "120.00", NOW)


@pytest.mark.clause("CP-E-10b")
def test_a_payment_the_care_plan_took_along_is_told_once_and_as_it_has_it(
    connection,
):
    before, after = payment("p-1"), payment("p-1", reimbursed=True)
    both = payment("p-2")
    case(connection, "intake", client="elm", known=ClientFacts(payments=[before, both]))
    plan = ClientFacts(payments=[after, both])
    case(
        connection, "plan", client="elm", kind="care-plan", known=plan, opened_at=LATER
    )

    (found,) = unreimbursed(connection, EVERYTHING, LATER)

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
def test_every_exception_of_a_period_is_told_with_reason_and_resolution(connection):
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
    case(connection, "flagged", known=ClientFacts(flags=flags))

    found = (independence(connection, EVERYTHING, NOW, NOW + 2 * DAY)).exceptions

    assert [(each.number, each.resolution, each.reason) for each in found] == [
        (2, "accepted", "nobody else near"),
        (3, None, None),
        (4, "mended", "another worker"),
    ]


@pytest.mark.clause("CF-S-3")
def test_an_exception_the_care_plan_took_along_is_told_once_and_as_settled(
    connection,
):
    case(connection, "intake", client="elm", known=ClientFacts(flags=[flag(1)]))
    settled = ClientFacts(flags=[flag(1, resolution="mended", reason="changed")])
    case(
        connection,
        "plan",
        client="elm",
        kind="care-plan",
        known=settled,
        opened_at=LATER,
    )

    (found,) = (independence(connection, EVERYTHING, NOW, LATER)).exceptions

    assert (found.case, found.resolution) == ("plan", "mended")


@pytest.mark.clause("CF-S-5b")
def test_every_meeting_of_a_period_without_family_is_told(connection):
    def absent(seq, held_at):
        return entry(seq).model_copy(
            update={
                "kind": ClientEntry.family_absent,
                "clause": "CF-S-5b",
                "event_at": held_at,
            }
        )

    entries = (entry(1), absent(2, NOW - DAY), absent(3, NOW), absent(4, NOW + 2 * DAY))
    case(connection, "plan", kind="care-plan", entries=entries)

    found = independence(connection, EVERYTHING, NOW, NOW + 2 * DAY)

    told = [(e.case, e.clause, e.held_at) for e in found.meetings_without_family]
    assert told == [("plan", "CF-S-5b", NOW)]


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
def test_the_share_of_referrals_to_the_workers_own_organization_is_told_by_agency(
    connection,
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
    case(connection, "referred", known=known, duties=duties)

    agencies = (independence(connection, EVERYTHING, NOW, LATER)).agencies

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
def test_a_plan_renewed_twice_without_a_word_on_stepping_down_is_listed(connection):
    case(connection, "silent", known=ClientFacts(plans=plans(FIRST, AGAIN, AGAIN)))
    case(connection, "once", known=ClientFacts(plans=plans(FIRST, AGAIN)))
    says = (PlanKind.revised, True)
    case(connection, "says", known=ClientFacts(plans=plans(FIRST, AGAIN, says, AGAIN)))

    (found,) = no_step_down(connection, EVERYTHING, LATER)

    assert (found.case, found.plan, found.renewals) == ("silent", "3", 2)
    assert found.renewed_at == NOW + 3 * DAY


@pytest.mark.clause("CF-K-2a")
def test_the_teams_plan_in_place_of_the_preliminary_one_is_no_renewal(connection):
    kinds = ((PlanKind.preliminary, False), (PlanKind.final, False), AGAIN)
    case(connection, "team", known=ClientFacts(plans=plans(*kinds)))

    assert no_step_down(connection, EVERYTHING, LATER) == ()


# -- choice -------------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-V-3")
def test_the_dates_of_a_year_on_which_a_client_could_state_a_choice_are_listed(
    connection,
):
    dates = [LATER - 400 * DAY, NOW, NOW + DAY]
    case(
        connection,
        "intake",
        client="elm",
        known=ClientFacts(choice_offered_at=dates),
        status="enrolled",
        closed_at=NOW,
    )
    plan = ClientFacts(choice_offered_at=[*dates, NOW + 2 * DAY])
    case(connection, "plan", client="elm", kind="care-plan", known=plan)
    case(connection, "never", client="fir")
    case(connection, "gone", client="oak", status="moved", closed_at=NOW)

    found = choices(connection, EVERYTHING, LATER)

    assert [(each.client.id, each.cases) for each in found] == [
        ("fir", ("never",)),
        ("elm", ("plan",)),
    ]
    assert found[1].offered_at == (NOW, NOW + DAY, NOW + 2 * DAY)


# -- another worker ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CS-V-8")
def test_wishes_for_another_worker_are_listed_until_they_are_answered(connection):
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
    case(connection, "second", known=both)
    case(connection, "first", known=ClientFacts(changes=[change(1, 3)]))
    case(connection, "answered", known=ClientFacts(changes=[change(1, 1, "unable")]))

    found = transfers(connection, EVERYTHING, LATER)

    assert [(each.case, each.since_at, each.worker) for each in found] == [
        ("first", NOW + 3 * DAY, None),
        ("second", NOW + 5 * DAY, "seat-of-worker"),
    ]


# -- whose ---------------------------------------------------------------------------------------------------------------------


def test_a_report_tells_of_the_cases_one_may_see_and_of_the_program_asked_for(
    connection,
):
    case(connection, "mine")
    others = (seated("supervisor").model_copy(update={"seat": "another"}),)
    case(connection, "theirs", seats=others)
    case(connection, "elsewhere", program="csm")
    scope = Scope(seats=("seat-of-supervisor",))

    assert set(of(unassigned(connection, scope, LATER))) == {
        "mine",
        "elsewhere",
    }
    assert of(unassigned(connection, scope, LATER, "csm")) == ["elsewhere"]
    assert len(choices(connection, EVERYTHING, LATER)) == 3


# -- what was a mistake (ruling 21) --------------------------------------------------------------------------------------


def test_a_case_opened_in_error_is_on_no_report_but_that_of_money_that_was_paid(
    connection,
):
    flag = Flag(number=1, clause="CF-S-2a", about="both", opened_at=NOW)
    known = ClientFacts(flags=[flag], payments=[payment("p-1")])
    status = {"status": "opened_in_error", "closed_at": LATER}
    case(connection, "error", known=known, **status)

    assert independence(connection, EVERYTHING, NOW, LATER).exceptions == ()
    assert of(unreimbursed(connection, EVERYTHING, LATER)) == ["error"]


def test_an_exception_of_an_assignment_that_was_taken_back_is_on_no_report(connection):
    flag = Flag(
        number=1, clause="CF-S-2a", about="both", opened_at=NOW, taken_back=True
    )
    case(connection, "alder", known=ClientFacts(flags=[flag]))

    assert independence(connection, EVERYTHING, NOW, LATER).exceptions == ()


def test_a_referral_that_was_a_mistake_is_not_counted(connection):
    mistaken = to_do(
        1,
        ClientAct.referral,
        DutyStatus.taken_back,
        target="housing",
        discharge=Discharge(event_at=NOW, entered_at=NOW),
    )
    used = ProviderUsed(
        provider="elm", organization="Elm", need="housing", referred=True
    )
    known = ClientFacts(providers=[used])
    case(connection, "alder", known=known, duties=(mistaken,))

    assert independence(connection, EVERYTHING, NOW, LATER).agencies == ()


def test_a_care_plan_begun_in_error_is_missed_by_nobody(connection):
    enrolled(connection, "alder")
    case(
        connection,
        "plan-alder",
        client="alder",
        kind="care-plan",
        status="opened_in_error",
        closed_at=LATER,
    )

    assert without_plan(connection, EVERYTHING, LATER) == ()


@pytest.mark.parametrize("basis", ["agency", "source"])
def test_that_the_policy_sets_no_time_is_said_only_where_it_is_so(connection, basis):
    written = load_pack(POLICIES / "milwaukee-wraparound").model_dump(mode="json")
    written["policies"]["conflict"]["ladders"][0]["rungs"][0]["limit"]["basis"] = basis
    pack = Pack.model_validate(written)
    adopt(connection, pack, NOW)
    apply_record(connection, case_record(case_id="case-1"))
    values = {"pack_digest": digest(pack)}
    connection.execute(update(CaseRow).values(values))

    assert policy_sets_time(connection, EVERYTHING) is (basis == "source")
    assert policy_sets_time(connection, Scope(seats=())) is False
