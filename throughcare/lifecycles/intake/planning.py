"""The first meeting, the team, the plan and its contacts, and how an intake ends: what messages about them do. Pure."""

from throughcare.case.duty import (
    Act,
    Basis,
    Duty,
)
from throughcare.case.entry import Relation
from throughcare.case.refusals import StepsOutstanding
from throughcare.lifecycles.client.acts import (
    CallUnreachable,
    Decline,
    Died,
    Enroll,
    FinalPlanFiled,
    FirstMeetingHeld,
    InitialPlanFiled,
    IntakeStatus,
    Moved,
    PlanFiled,
    PlanRevised,
    TeamMet,
    TeamNamed,
    WithdrawIntake,
    WorkerContact,
)
from throughcare.lifecycles.client.facts import ContactClock, PlanKind
from throughcare.lifecycles.client.policy import DutyLimit, Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.intake.screening import add_plan


def first_meeting_held(heard: ClientSaid, facts: FirstMeetingHeld) -> None:
    """Who could give natural support has been asked, or the message would not be whole; `none` is an answer (CP-T-2)."""
    heard.case.known.natural_supports = facts.natural_supports
    heard.discharge("The first meeting was held; natural supports were asked for.")
    _see_family(heard, facts.family_attended)
    if facts.team:
        _name_team(heard, facts.team)


def team_named(heard: ClientSaid, facts: TeamNamed) -> None:
    _name_team(heard, facts.team)


def _name_team(heard: ClientSaid, team: tuple[str, ...]) -> None:
    heard.case.known.team = list(team)
    text = f"The team begins with {len(team)}."
    duties = heard.case.outstanding(Act.team)
    heard.discharge(text, words=", ".join(team), duties=duties, kind="team_named")


def _see_family(heard: ClientSaid, attended: bool) -> None:
    rules = heard.case.independence
    if rules and not attended:
        text = (
            "No family was at this meeting; everybody belongs where decisions are made."
        )
        heard.note("family_absent", text, rules.family_present)


def rst_meeting_held(heard: ClientSaid, facts: TeamMet) -> None:
    """Without the client it was no meeting the policy asks for, and the plan stays preliminary (CP-E-11a)."""
    heard.case.known.team = list(facts.team)
    _see_family(heard, facts.family_attended)
    if facts.client_attended:
        heard.case.known.team_met_with_client = True
        heard.discharge("The client and the team met.", words=", ".join(facts.team))
        return
    duties = heard.duties()
    text = "The team met without the client, which is still owed."
    heard.say(text, duties[0].clause, ", ".join(facts.team))


def initial_plan_filed(heard: ClientSaid, facts: InitialPlanFiled) -> None:
    _file(heard, facts, PlanKind.initial, "The first plan is on file.")


def final_plan_filed(heard: ClientSaid, facts: FinalPlanFiled) -> None:
    text = "The team's plan takes the place of the preliminary one."
    _file(heard, facts, PlanKind.final, text)


def plan_revised(heard: ClientSaid, facts: PlanRevised) -> None:
    _file(heard, facts, PlanKind.revised, "The plan was revised.")


def _file(heard: ClientSaid, facts: PlanFiled, kind: PlanKind, text: str) -> None:
    duties = heard.duties()
    if not heard.is_taken_over:
        # A plan of before is what it is; it is kept where `reference` tells.
        _check_plan(heard, facts)
    contents = dict(facts.contents)
    for name in ("safety_crisis_plan", "strengths", "natural_supports", "step_down"):
        if said := getattr(facts, name):
            contents[name] = said
    heard.discharge(text, duties=duties)
    add_plan(heard, kind, facts.reference, contents, filed=facts)
    if kind is not PlanKind.revised:
        heard.case.come(Moment.plan_filed, heard.message.event_at)
    _start_contacts(heard, facts)


def _check_plan(heard: ClientSaid, facts: PlanFiled) -> None:
    plan = heard.case.policy.plan
    _check_contents(heard, facts)
    _check_safety(heard, facts)
    _check_assessments(heard, facts)
    _check_strategies(heard, facts)
    if plan.meeting_clause and facts.planning_meeting_on is None:
        raise heard.refused(
            f"planning_meeting_on: what the plan says comes from a planning meeting ({plan.meeting_clause}); say when it was."
        )
    if plan.contacts_clause and not facts.contacts:
        raise heard.refused(
            f"contacts: the plan says how often the person is seen, by kind of contact ({plan.contacts_clause})."
        )
    _check_planner(heard, facts)


def _check_contents(heard: ClientSaid, facts: PlanFiled) -> None:
    missing = [
        f"{each.id} ({each.clause})"
        for each in heard.case.policy.plan.fields
        if each.id not in facts.contents
    ]
    if missing:
        raise heard.refused(f"contents: the plan must also say: {', '.join(missing)}.")


def _check_safety(heard: ClientSaid, facts: PlanFiled) -> None:
    """Every plan has one, built on strengths and natural supports, though no list of sections names it (CP-E-12, Q-10)."""
    clause = heard.case.policy.plan.crisis_clause
    if clause is None:
        return
    names = ("safety_crisis_plan", "strengths", "natural_supports")
    missing = [name for name in names if getattr(facts, name) is None]
    if missing:
        raise heard.refused(
            f"Every plan has a safety and crisis plan built on strengths and natural supports ({clause}); missing: {', '.join(missing)}."
        )


def _check_assessments(heard: ClientSaid, facts: PlanFiled) -> None:
    clause = heard.case.policy.plan.assessments_clause
    if clause is None:
        return
    left = [e.name for e in facts.assessments if not (e.done or e.waived)]
    if left:
        raise heard.refused(
            f"assessments: each is done, or left out for a reason in `waived` ({clause}); neither are: {', '.join(left)}."
        )
    if not facts.assessments and heard.case.outstanding(Act.assessment):
        raise heard.refused(
            f"assessments: list those the plan rests on, each done or left out for a reason ({clause})."
        )
    text = "The assessments are done, or left out for a reason."
    duties = heard.case.outstanding(Act.assessment)
    heard.discharge(text, duties=duties, kind="assessments_settled")


def _check_strategies(heard: ClientSaid, facts: PlanFiled) -> None:
    rules = heard.case.independence
    loose = [n for n, each in enumerate(facts.strategies, 1) if each.need is None]
    if rules and loose:
        listed = ", ".join(map(str, loose))
        raise heard.refused(
            f"strategies: each is for a need of the person ({rules.strategy_links}); without one: number {listed}."
        )


def _check_planner(heard: ClientSaid, facts: PlanFiled) -> None:
    """Whoever helps to plan and belongs to a chosen provider says why it is so, or the plan is not taken (CF-S-1b)."""
    rules, mine = heard.case.independence, heard.seated.organization
    if rules is None or mine not in heard.case.known.providing().values():
        return
    if facts.exception is None:
        raise heard.refused(
            f"Whoever helps to plan belongs to a chosen provider ({rules.planner}); say in `exception` why it is so."
        )
    about = f"{heard.seated.title} helped to plan and belongs to a chosen provider."
    heard.flag(rules.planner, about, exception=facts.exception)


def _start_contacts(heard: ClientSaid, facts: PlanFiled) -> None:
    """The plan's own frequencies, each its own clock, by kind of contact (CS-L-4, CS-W-9)."""
    case, at = heard.case, heard.message.event_at
    if not facts.contacts:
        return
    heard.drop(Act.worker_contact, text="The plan sets it anew.")
    case.known.contacts = [
        ContactClock(kind=each.kind, every=each.every, last_at=at)
        for each in facts.contacts
    ]
    for clock in case.known.contacts:
        _wind(heard, clock)


def _wind(heard: ClientSaid, clock: ContactClock) -> None:
    case = heard.case
    kinds = [each.kind for each in case.known.contacts]
    number = kinds.index(clock.kind) + 1
    case.ask(
        Act.worker_contact,
        case.policy.plan.contacts_clause or case.policy.clause,
        case.policy.coordinator,
        f"Keep up contact as often as the plan says: contact {number}",
        clock.last_at,
        moment=Moment.plan_filed,
        limit=DutyLimit(within=clock.every, basis=Basis.plan),
        target=clock.kind,
    )


def contact_held(heard: ClientSaid, facts: WorkerContact) -> None:
    """It stops the clock of its own kind, and of no other (CS-W-9)."""
    known, at = heard.case.known, heard.message.event_at
    found = [each for each in known.contacts if each.kind == facts.kind]
    heard.case.known.attempts = 0
    if found and at < found[0].last_at:
        text = f"A contact from before the one the clock runs from: {facts.kind}."
        heard.say(text)
        return
    duties: list[Duty] = [
        duty
        for duty in heard.case.outstanding(Act.worker_contact)
        if duty.target == facts.kind
    ]
    if not found or not duties:
        heard.say(f"A contact of another kind than the plan sets: {facts.kind}.")
        return
    heard.discharge(f"Contact held: {facts.kind}.", duties=duties)
    clock = found[0].model_copy(update={"last_at": at})
    known.contacts = [clock if e.kind == facts.kind else e for e in known.contacts]
    _wind(heard, clock)


# -- endings ------------------------------------------------------------------------------------------------------------


def enroll(heard: ClientSaid, facts: Enroll) -> None:
    """One live plan for each client (CP-P-1). What may be left to do is listed, and nothing is left out in silence."""
    case, rules = heard.case, heard.case.policy.enrollment
    if facts.live:
        raise heard.refused(
            f"This client has a care plan already, and has one at a time: {facts.live}."
        )
    before = [duty.text for duty in case.outstanding(*rules.after)]
    if not case.known.plans and not before:
        before.append("A plan is on file")
    if case.known.assignment is None:
        before.append("A worker is assigned")
    if before:
        raise StepsOutstanding(heard.message.name, tuple(before), "", heard.allowed)
    for duty in case.outstanding(*rules.gaps):
        case.known.gaps.append(f"{duty.text} ({duty.clause})")
        text = f"Left to do when the intake ended: {duty.text}."
        heard.note("gap", text, duty.clause, rung=duty.rung)
    case.known.care_plan = facts.care_plan
    case.known.earlier_plans = list(facts.earlier)
    heard.link(facts.care_plan, Relation.care_plan)
    text = "Enrolled: the plan is under way, and the care plan goes on from here."
    heard.close(IntakeStatus.enrolled, text, clause=rules.clause)


def decline(heard: ClientSaid, facts: Decline) -> None:
    heard.write_to_client("client_closed", heard.case.policy.clause)
    text = "Declined: the person does not want to go on."
    heard.close(IntakeStatus.declined, text, facts.reason)


def call_unreachable(heard: ClientSaid, facts: CallUnreachable) -> None:
    needed, made = heard.case.policy.endings.attempts, heard.case.known.attempts
    if made < needed:
        raise heard.refused(
            f"A person counts as unreachable after {needed} attempts, an agency setting; {made} on record. Enter each as contact_attempted."
        )
    heard.write_to_client("client_closed", heard.case.policy.clause)
    text = f"Unreachable after {made} attempts."
    heard.close(IntakeStatus.unreachable, text, facts.reason)


def moved(heard: ClientSaid, facts: Moved) -> None:
    text = "Ended: the person moved away."
    heard.close(IntakeStatus.moved, text, facts.reason)


def died(heard: ClientSaid, facts: Died) -> None:
    heard.close(IntakeStatus.died, "Ended: the person died.")


def withdraw(heard: ClientSaid, facts: WithdrawIntake) -> None:
    heard.write_to_client("client_closed", heard.case.policy.clause)
    heard.close(IntakeStatus.withdrawn, "Withdrawn.", facts.reason)
