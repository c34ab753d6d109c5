"""What the person needs, and what changes for them: what messages about it do. Pure."""

from pydantic import Field

from throughcare.case.message import Facts, LookUp, Messages
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Need
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid

needs = Messages()


@needs.message(
    "need_determined",
    discharges=ClientAct.need_determination,
    example={
        "needs": ["Help with getting to appointments"],
        "record_entry": "record/88",
    },
)
class NeedDetermined(Facts):
    """What the person needs was determined, at intake or because circumstances changed (CS-W-1)."""

    needs: tuple[Words, ...] = Field(min_length=1)
    record_entry: Name | None = Field(
        default=None, description="Where it is written in the clinical record."
    )

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        known = case.known
        words = "\n".join(self.needs)
        said.discharge("The need was determined.", words=words)
        for text in self.needs:
            known.needs.append(Need(id=f"need-{len(known.needs) + 1}", text=text))
        written = (ClientAct.record_entry,) if self.record_entry else ()
        at, whoever = said.message.event_at, said.seated.role
        case.come(Moment.determined, at, skip=written, holder=whoever)
        for spec in case.policy.specs(Moment.determined, case.branch):
            if spec.act in written:
                text = "The need is in the clinical record."
                said.say(text, spec.clause, self.record_entry or "")


@needs.message(
    "need_recorded",
    discharges=ClientAct.record_entry,
    example={"record_entry": "record/88"},
)
class NeedRecorded(Facts):
    """The need is written in the clinical record (CS-W-2)."""

    record_entry: Name

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        text = "The need is in the clinical record."
        said.discharge(text, words=self.record_entry)


@needs.message(
    "need_added",
    by=ClientCase.staff,
    beside=True,
    example={"need": "experience with adaptive equipment"},
)
class AddedNeed(Facts):
    """An assessment showed a need that is weighed in the choice of a worker (CS-X-4)."""

    need: Name

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        _add_need(said, self.need)


def _add_need(said: ClientSaid, need: str) -> None:
    """A need weighed in the choice of a worker. Where there is one already, another is offered and none forced (CS-X-4)."""
    case, rules = said.case, said.case.policy.preferences
    case.known.needs.append(Need(id=f"need-{len(case.known.needs) + 1}", text=need))
    said.say("A need was added.", rules.need_clause if rules else None)
    if rules and case.known.assignment and not case.outstanding(ClientAct.other_worker):
        what = "Offer the person to meet and pick another worker, for a need that was found since"
        case.ask(
            ClientAct.other_worker,
            rules.need_clause,
            case.policy.coordinator,
            what,
            said.counted_from,
        )


@needs.message(
    "assessment_filed",
    by=ClientCase.staff,
    beside=True,
    answers=(ClientAct.assessment,),
    looks_up=LookUp("recommended", ("organizations",)),
    example={"name": "Initial assessment", "needs": ["dual conditions"]},
)
class AssessmentFiled(Facts):
    """An assessment is on file: what it found, and whom it recommends (CS-W-8, CF-K-1)."""

    name: Name
    needs: tuple[Name, ...] = Field(
        default=(), description="Needs it found, weighed in the choice of a worker."
    )
    recommends: tuple[str, ...] = Field(
        default=(), description="Ids of providers, as GET /providers lists them."
    )
    organizations: tuple[str, ...] = ()
    """Whose they are. The API looks this up."""
    exception: Words | None = Field(
        default=None,
        description="Why it may recommend the assessor's own agency, where it does (CF-K-1).",
    )

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        rules = case.independence
        clause = case.policy.plan.assessments_clause
        for need in self.needs:
            _add_need(said, need)
        if rules and said.seated.organization in self.organizations:
            about = f"{said.seated.title} made an assessment that recommends a provider of the same organization."
            said.flag(rules.assessor, about, exception=self.exception)
        text = "An assessment is on file."
        duties = case.outstanding(ClientAct.assessment)
        said.discharge_or_say(duties, text, clause, self.name)


@needs.message(
    "circumstances_changed",
    by=ClientCase.staff,
    beside=True,
    example={"what": "Moved in with family."},
)
class CircumstancesChanged(Facts):
    """Something changed for the person: the need is determined anew, and a plan that is on file is revised (CP-P-4, CS-W-1)."""

    what: Words

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """The need is determined anew, by the access unit before an assignment and by the worker after it (CS-W-1); a plan
        that is on file is revised at once, ahead of its next review (CP-P-4)."""
        policy = case.policy
        clause = policy.revision_clause or policy.need_clause
        said.say("Circumstances changed.", clause, self.what)
        has_worker = case.known.assignment is not None
        holder = policy.coordinator if has_worker else policy.intake
        asked = case.outstanding(ClientAct.need_determination)
        if policy.need_clause and not any(duty.is_held_by(holder) for duty in asked):
            what = "Determine the need anew, as circumstances changed"
            case.ask(
                ClientAct.need_determination,
                policy.need_clause,
                holder,
                what,
                said.counted_from,
            )
        if policy.revision_clause and case.known.plans:
            what = "Revise the plan, as circumstances changed"
            case.ask(
                ClientAct.plan_revision,
                policy.revision_clause,
                policy.coordinator,
                what,
                said.counted_from,
            )
