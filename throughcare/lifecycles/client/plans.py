"""Plans on file: what one must say, and what messages about them do. Pure."""

from datetime import date

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts, LookUp, Messages
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.contacts import ContactPlan, start_contacts
from throughcare.lifecycles.client.facts import (
    Assessment,
    PlanKind,
    PlanVersion,
    Strategy,
)
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid

plans = Messages()


class PlanFiled(Facts):
    """A plan is on file (CP-N-4b, CP-E-11b, CS-W-8). It gets the next version number."""

    reference: Name = Field(description="Where the plan is kept.")
    planning_meeting_on: date | None = Field(
        default=None, description="When the meeting was that the plan comes from."
    )
    contents: dict[str, Words] = Field(
        default_factory=dict, description="What the policy asks the plan to say."
    )
    safety_crisis_plan: Words | None = None
    strengths: Words | None = None
    natural_supports: Words | None = None
    contacts: tuple[ContactPlan, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    exception: Words | None = Field(
        default=None,
        description="Why somebody whose own agency delivers services may plan, where it is so (CF-S-1b).",
    )
    step_down: Words | None = Field(
        default=None, description="Whether less help would do, and why not (CF-K-2a)."
    )


class OnlyPlan(Frozen):
    """What every filing of a first plan knows beside that."""

    live: str | None = None
    """A care plan of this client that runs already. The API looks it up."""

    def check_only(self, said: ClientSaid) -> None:
        """One live plan for each client (CP-P-1). Raises Refused, which names it."""
        if self.live:
            clause = said.case.policy.enrollment.clause
            raise said.refused(
                f"This client has a plan already, and has one at a time ({clause}): care plan {self.live}. Go on with that one."
            )


LIVE_PLAN = LookUp("live_plan", ("live",))


@plans.message(
    "plan_revised",
    discharges=ClientAct.plan_revision,
    answers=(ClientAct.assessment,),
    example={
        "reference": "plans/1042-2",
        "safety_crisis_plan": "Whom to call.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
    },
)
class PlanRevised(PlanFiled):
    """The plan was changed because circumstances did (CP-P-4)."""

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        file_plan(said, self, PlanKind.revised, "The plan was revised.")


def add_plan(
    said: ClientSaid,
    kind: PlanKind,
    reference: str,
    contents: dict[str, str],
    *,
    filed: PlanFiled | None = None,
) -> PlanVersion:
    """The next version on file."""
    plans = said.case.known.plans
    plan = PlanVersion(
        version=str(len(plans) + 1),
        kind=kind,
        reference=reference,
        filed_at=said.message.event_at,
        contents=contents,
        assessments=filed.assessments if filed else (),
        strategies=filed.strategies if filed else (),
        considers_step_down=filed is not None and filed.step_down is not None,
    )
    plans.append(plan)
    return plan


def file_plan(said: ClientSaid, facts: PlanFiled, kind: PlanKind, text: str) -> None:
    duties = said.duties()
    if not said.is_taken_over:
        # A plan of before is what it is; it is kept where `reference` tells.
        _check_plan(said, facts)
    contents = dict(facts.contents)
    for name in ("safety_crisis_plan", "strengths", "natural_supports", "step_down"):
        if stated := getattr(facts, name):
            contents[name] = stated
    said.discharge(text, duties=duties)
    add_plan(said, kind, facts.reference, contents, filed=facts)
    if kind is not PlanKind.revised:
        said.case.come(Moment.plan_filed, said.message.event_at)
    start_contacts(said, facts.contacts)


def _check_plan(said: ClientSaid, facts: PlanFiled) -> None:
    plan = said.case.policy.plan
    _check_contents(said, facts)
    _check_safety(said, facts)
    _check_assessments(said, facts)
    _check_strategies(said, facts)
    if plan.meeting_clause and facts.planning_meeting_on is None:
        raise said.refused(
            f"planning_meeting_on: what the plan says comes from a planning meeting ({plan.meeting_clause}); say when it was."
        )
    if plan.contacts_clause and not facts.contacts:
        raise said.refused(
            f"contacts: the plan says how often the person is seen, by kind of contact ({plan.contacts_clause})."
        )
    _check_planner(said, facts)


def _check_contents(said: ClientSaid, facts: PlanFiled) -> None:
    missing = [
        f"{each.id} ({each.clause})"
        for each in said.case.policy.plan.fields
        if each.id not in facts.contents
    ]
    if missing:
        raise said.refused(f"contents: the plan must also say: {', '.join(missing)}.")


def _check_safety(said: ClientSaid, facts: PlanFiled) -> None:
    """Every plan has one, built on strengths and natural supports, though no list of sections names it (CP-E-12, Q-10)."""
    clause = said.case.policy.plan.crisis_clause
    if clause is None:
        return
    names = ("safety_crisis_plan", "strengths", "natural_supports")
    missing = [name for name in names if getattr(facts, name) is None]
    if missing:
        raise said.refused(
            f"Every plan has a safety and crisis plan built on strengths and natural supports ({clause}); missing: {', '.join(missing)}."
        )


def _check_assessments(said: ClientSaid, facts: PlanFiled) -> None:
    clause = said.case.policy.plan.assessments_clause
    if clause is None:
        return
    left = [e.name for e in facts.assessments if not (e.done or e.waived)]
    if left:
        raise said.refused(
            f"assessments: each is done, or left out for a reason in `waived` ({clause}); neither are: {', '.join(left)}."
        )
    if not facts.assessments and said.case.outstanding(ClientAct.assessment):
        raise said.refused(
            f"assessments: list those the plan rests on, each done or left out for a reason ({clause})."
        )
    text = "The assessments are done, or left out for a reason."
    duties = said.case.outstanding(ClientAct.assessment)
    said.discharge(text, duties=duties, kind=ClientEntry.assessments_settled)


def _check_strategies(said: ClientSaid, facts: PlanFiled) -> None:
    rules = said.case.independence
    loose = [n for n, each in enumerate(facts.strategies, 1) if each.need is None]
    if rules and loose:
        listed = ", ".join(map(str, loose))
        raise said.refused(
            f"strategies: each is for a need of the person ({rules.strategy_links}); without one: number {listed}."
        )


def _check_planner(said: ClientSaid, facts: PlanFiled) -> None:
    """Whoever helps to plan and belongs to a chosen provider says why it is so, or the plan is not taken (CF-S-1b)."""
    rules, mine = said.case.independence, said.seated.organization
    if rules is None or mine not in said.case.known.providing().values():
        return
    if facts.exception is None:
        raise said.refused(
            f"Whoever helps to plan belongs to a chosen provider ({rules.planner}); say in `exception` why it is so."
        )
    about = f"{said.seated.title} helped to plan and belongs to a chosen provider."
    said.flag(rules.planner, about, exception=facts.exception)
