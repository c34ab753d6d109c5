"""The first meeting, the team and its plan, and how an intake ends: what messages about them do. Pure."""

from pydantic import Field

from throughcare.case.duty import Duty
from throughcare.case.message import Facts, LookUp, Messages
from throughcare.case.refusals import StepsOutstanding
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.facts import PlanKind
from throughcare.lifecycles.client.fields import ClientStatus, Name, Words
from throughcare.lifecycles.client.plans import (
    LIVE_PLAN,
    OnlyPlan,
    PlanFiled,
    file_plan,
)
from throughcare.lifecycles.client.relations import ClientRelation
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.senders import worker_and_supervisor
from throughcare.lifecycles.intake.intake import Intake

planning = Messages()


@planning.message(
    "first_meeting_held",
    discharges=ClientAct.first_meeting,
    answers=(ClientAct.team,),
    example={
        "natural_supports": "A sister; none from the community.",
        "team": ["client", "sister"],
    },
)
class FirstMeetingHeld(Facts):
    """The first meeting with the client. Who could give natural support must be asked; `none` is an answer (CP-T-2)."""

    natural_supports: Words = Field(
        description="Whom the client named from family or community, or `none`."
    )
    team: tuple[Name, ...] = Field(
        default=(), description="Whom the team begins with, by part (CP-T-1)."
    )
    family_attended: bool = True

    def apply(self, case: Intake, said: ClientSaid) -> None:
        """Who could give natural support has been asked, or the message would not be whole; `none` is an answer (CP-T-2)."""
        case.known.natural_supports = self.natural_supports
        said.discharge("The first meeting was held; natural supports were asked for.")
        _see_family(said, self.family_attended)
        if self.team:
            _name_team(said, self.team)


@planning.message(
    "team_named",
    discharges=ClientAct.team,
    example={"team": ["client", "sister"]},
)
class TeamNamed(Facts):
    """Whom the team begins with (CP-T-1)."""

    team: tuple[Name, ...] = Field(min_length=1)

    def apply(self, case: Intake, said: ClientSaid) -> None:
        _name_team(said, self.team)


def _name_team(said: ClientSaid, team: tuple[str, ...]) -> None:
    said.case.known.team = list(team)
    text = f"The team begins with {len(team)}."
    duties = said.case.outstanding(ClientAct.team)
    said.discharge(
        text, words=", ".join(team), duties=duties, kind=ClientEntry.team_named
    )


def _see_family(said: ClientSaid, attended: bool) -> None:
    rules = said.case.independence
    if rules and not attended:
        text = (
            "No family was at this meeting; everybody belongs where decisions are made."
        )
        said.note(ClientEntry.family_absent, text, rules.family_present)


@planning.message(
    "rst_meeting_held",
    discharges=ClientAct.team_meeting_with_client,
    example={"client_attended": True, "team": ["client", "sister"]},
)
class TeamMet(Facts):
    """Client and team met on the needs that are no emergency (CP-E-11a)."""

    client_attended: bool
    family_attended: bool = True
    team: tuple[Name, ...] = Field(min_length=1)

    def apply(self, case: Intake, said: ClientSaid) -> None:
        """Without the client it was no meeting the policy asks for, and the plan stays preliminary (CP-E-11a)."""
        case.known.team = list(self.team)
        _see_family(said, self.family_attended)
        if self.client_attended:
            case.known.team_met_with_client = True
            said.discharge("The client and the team met.", words=", ".join(self.team))
            return
        duties = said.duties()
        text = "The team met without the client, which is still owed."
        said.say(text, duties[0].clause, ", ".join(self.team))


@planning.message(
    "initial_plan_filed",
    discharges=ClientAct.initial_plan,
    answers=(ClientAct.assessment,),
    looks_up=LIVE_PLAN,
    example={
        "reference": "plans/1042",
        "planning_meeting_on": "2026-03-09",
        "safety_crisis_plan": "Whom to call.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
        "contacts": [{"kind": "face-to-face", "every": "P7D"}],
    },
)
class InitialPlanFiled(PlanFiled, OnlyPlan):
    """The first plan is on file (CP-N-4b, CS-W-8)."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        self.check_only(said)
        file_plan(said, self, PlanKind.initial, "The first plan is on file.")


@planning.message(
    "final_plan_filed",
    discharges=ClientAct.final_plan,
    answers=(ClientAct.assessment,),
    looks_up=LIVE_PLAN,
    example={
        "reference": "plans/1042-final",
        "safety_crisis_plan": "Whom to call.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
    },
)
class FinalPlanFiled(PlanFiled, OnlyPlan):
    """The team's plan takes the place of the preliminary one (CP-E-11b)."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        self.check_only(said)
        text = "The team's plan takes the place of the preliminary one."
        file_plan(said, self, PlanKind.final, text)


# -- endings ------------------------------------------------------------------------------------------------------------


@planning.message(
    "enroll",
    ends=True,
    by=worker_and_supervisor,
    beside=True,
    looks_up=LookUp("enrollment", ("care_plan", "live", "earlier")),
    example={},
)
class Enroll(Facts):
    """The plan is under way and the care plan goes on from here (CP-P-1)."""

    care_plan: str
    """The id of the care plan that begins. The API makes it."""
    live: str | None = None
    """A care plan of this client that runs already. The API looks it up."""
    earlier: tuple[str, ...] = ()
    """Care plans of this client that have ended. The API looks them up."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        """One live plan for each client (CP-P-1). What may be left to do is listed, and nothing is left out in silence."""
        rules = case.policy.enrollment
        if self.live:
            raise said.refused(
                f"This client has a care plan already, and has one at a time: {self.live}."
            )
        before: list[Duty | str] = [*case.outstanding(*rules.after)]
        if not case.known.plans and not before:
            before.append("A plan is on file")
        if case.known.assignment is None:
            before.append("A worker is assigned")
        if before:
            raise StepsOutstanding(said.message.name, before, said.allowed)
        for duty in case.outstanding(*rules.gaps):
            case.known.gaps.append(f"{duty.text} ({duty.clause})")
            text = f"Left to do when the intake ended: {duty.text}."
            said.note(ClientEntry.gap, text, duty.clause, step=duty.step)
        case.known.care_plan = self.care_plan
        case.known.earlier_plans = list(self.earlier)
        said.link(self.care_plan, ClientRelation.care_plan)
        text = "Enrolled: the plan is under way, and the care plan goes on from here."
        said.close(ClientStatus.enrolled, text, clause=rules.clause)
        case.begin_care_plan(self.care_plan, said.opens, said.message.event_at)


@planning.message(
    "decline",
    ends=True,
    by=Intake.staff,
    beside=True,
    example={"reason": "Found help elsewhere."},
)
class Decline(Facts):
    """The person does not want to go on."""

    reason: Words

    def apply(self, case: Intake, said: ClientSaid) -> None:
        said.write_to_client("client_closed", case.policy.clause)
        text = "Declined: the person does not want to go on."
        said.close(ClientStatus.declined, text, self.reason)
