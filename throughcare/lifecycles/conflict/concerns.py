"""What anybody may raise beside the steps of a rung: that the Team is needed, and that a rule was broken. Pure."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from throughcare.case.message import Messages, Permission
from throughcare.case.refusals import Unreadable
from throughcare.case.wording import NOBODY, listed
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.facts import RungFacts
from throughcare.lifecycles.conflict.rungs import speaking
from throughcare.lifecycles.conflict.said import ConflictSaid

concerns = Messages()


def _may_ask_for_team(case: Conflict) -> Iterable[Permission]:
    """Once, on a rung that knows a Team."""
    here = case.rung
    asked = any(duty.act == ConflictAct.team_meeting for duty in case.duties)
    if here and here.team and not asked and not case.moving_to:
        yield Permission("team_intervention_required", speaking(here), here.id)


@concerns.message(
    "team_intervention_required",
    permits=_may_ask_for_team,
    example={"reason": "The services concern several providers at once."},
)
class TeamInterventionRequired(RungFacts):
    """The issue needs the Child & Family Team (CR-C-1b), which other ladders offer by a reading (Q-17)."""

    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        rung = said.rung
        assert rung.team is not None
        clause, convener = rung.team.clause, case.seated[rung.team.convener]
        here = [duty for duty in case.open_duties() if duty.step == rung.id]
        clock = next((duty for duty in here if duty.due_at), None)
        what = "The Child & Family Team meets on the issue"
        duty = said.open_duty(ConflictAct.team_meeting, clause, what, convener, clock)
        text = f"{rung.id}: {said.seated.title} says that the issue needs the Child & Family Team."
        if rung.team.reading:
            text += f" It is offered here by the agency's reading {rung.team.reading}."
        said.say(text, clause, self.reason)
        case.notify(
            "team_needed",
            convener,
            step=rung.id,
            clause=clause,
            what=what,
            due_at=duty.due_at,
        )


@concerns.message(
    "violation_identified",
    by=Conflict.everybody,
    example={"kind": "policy"},
)
class ViolationIdentified(RungFacts):
    """The issue is clearly a policy or licensing violation (CR-N-3). It runs beside the ladder and blocks closing."""

    kind: Literal["policy", "licensing", "policy_and_licensing"]

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        clause = case.policy.violation.clause
        what = f"Report the violation to {' or '.join(case.violation_recipients)}"
        said.open_duty(ConflictAct.violation_report, clause, what, said.seated, None)
        kind = self.kind.replace("_", " ")
        text = f"A {kind} violation was identified. The ladder goes on."
        said.say(text, clause)


@concerns.message(
    "violation_reported",
    ends=True,
    answers=(ConflictAct.violation_report,),
    by=Conflict.everybody,
    when=lambda case: bool(case.unreported_violations),
    example={"recipient": "quality-assurance"},
)
class ViolationReported(RungFacts):
    """The violation was reported for review (CR-N-3)."""

    recipient: str = Field(
        description="The role it was reported to, as the pack names it: provider-network or quality-assurance."
    )

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        violation = case.policy.violation
        if self.recipient not in violation.recipients:
            known = listed(violation.recipients)
            raise Unreadable(f"recipient must be one of: {known}.", said.allowed)
        recipient = case.seated[self.recipient]
        text = f"The violation was reported to {recipient.title}."
        for duty in case.unreported_violations:
            said.discharge(duty, text)
        if recipient.is_empty:
            case.need_filled(recipient, NOBODY, violation.clause, said.now)
        case.notify("violation_reported", recipient, clause=violation.clause)
