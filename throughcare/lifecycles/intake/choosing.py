"""Eligibility, the offer, and who the worker is to be: what messages about them do. Pure."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from throughcare.case.message import Facts, LookUp, Messages, Permission
from throughcare.case.refusals import StepsOutstanding
from throughcare.case.wording import listed
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.assigning import (
    Assigned,
    check_match,
    check_worker,
    explain,
    take_worker,
)
from throughcare.lifecycles.client.facts import Determined
from throughcare.lifecycles.client.fields import ClientStatus, Words
from throughcare.lifecycles.client.policy import Eligibility, Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.intake.intake import Intake

choosing = Messages()


@choosing.message(
    "former_worker_answered",
    discharges=ClientAct.former_worker,
    example={"wants": "new"},
)
class FormerWorkerAnswered(Facts):
    """Somebody who was here before says whether they want the former worker or another (CS-X-6)."""

    wants: Literal["former", "new", "no_preference"]

    def apply(self, case: Intake, said: ClientSaid) -> None:
        case.known.wants = self.wants
        stated = {
            "former": "the former worker",
            "new": "a new worker",
            "no_preference": "either",
        }
        text = f"Somebody who was here before; they want {stated[self.wants]}. Nobody is assigned by that alone."
        said.discharge(text)


@choosing.message(
    "eligibility_determined",
    discharges=ClientAct.eligibility,
    example={
        "population": "adults-with-mental-illness",
        "answers": {"diagnosis": True, "functional-limitation": True},
        "eligible": True,
        "reasons": "As assessed.",
    },
)
class Determination(Facts):
    """Whether the person is eligible, criterion by criterion, decided by a person with reasons (CS-E-1, CS-W-1)."""

    population: str | None = Field(
        default=None, description="The population the person belongs to, if any."
    )
    answers: dict[str, bool] = Field(default_factory=dict)
    eligible: bool
    reasons: Words | None = Field(
        default=None,
        description="Why, where the answer differs from what the policy's rule makes of the answers.",
    )
    exception: Words | None = Field(
        default=None,
        description="Why somebody whose own agency delivers services may decide, where it is so (CF-S-1a).",
    )

    def apply(self, case: Intake, said: ClientSaid) -> None:
        """The rule proposes, a person decides (CS-E-1). Outside the populations served it is for a person too (CS-A-1)."""
        rule = case.policy.eligibility
        proposed = _proposed(said, rule, self) if rule else None
        served = case.policy.populations
        is_served = served is None or self.population in [e.id for e in served.served]
        if not is_served and served:
            proposed = False
            ids = listed(each.id for each in served.served)
            text = f"Out of scope: the person is of none of the populations served ({ids}). A person decides."
            said.note(ClientEntry.out_of_scope, text, served.clause)
        if self.reasons is None and (not self.eligible or proposed is False):
            answer = "eligible" if self.eligible else "not eligible"
            why = f"the policy's rule alone does not make them {answer}"
            if self.eligible and served and not is_served:
                which = (
                    f"{self.population} is none" if self.population else "none is said"
                )
                ids = listed(each.id for each in served.served)
                why = f"population: {which} of those served ({served.clause}), which are: {ids}"
            raise said.refused(f"Give the reasons: {why}.")
        case.known.determined = Determined(
            at=said.message.event_at,
            eligible=self.eligible,
            proposed=proposed,
            answers=dict(self.answers),
            population=self.population,
            organization=said.seated.organization,
            reasons=self.reasons,
        )
        if case.independence:
            who, clause = said.seated, case.independence.decider
            said.check_deliverers(who.organization, clause, who.title, self.exception)
        answer = "Eligible" if self.eligible else "Not eligible"
        against = proposed is not None and proposed is not self.eligible
        text = f"{answer}{', other than the rule makes of the answers' if against else ''}."
        said.discharge(text, words=self.reasons or "")
        if self.eligible:
            case.come(Moment.eligible, said.message.event_at)
            return
        clause = rule.clause if rule else case.policy.clause
        said.write_to_client("client_decision", clause)
        text = "Not eligible. The person was told where they can turn with a grievance."
        said.close(ClientStatus.not_eligible, text, self.reasons or "", clause)


def _proposed(said: ClientSaid, rule: Eligibility, facts: Determination) -> bool:
    """What the pack's rule makes of the answers. Raises Unreadable where one is missing."""
    ids = [criterion.id for criterion in rule.criteria]
    if missing := [each for each in ids if each not in facts.answers]:
        raise said.unreadable(
            f"answers: answer each criterion; missing: {', '.join(missing)}."
        )
    if unknown := [each for each in facts.answers if each not in ids]:
        raise said.unreadable(
            f"answers: {', '.join(unknown)} is no criterion; these are: {listed(ids)}."
        )
    given = facts.answers
    all_of = all(given[each] for each in rule.all_of)
    return all_of and (not rule.one_of or any(given[each] for each in rule.one_of))


def _taken_up_again(case: Intake) -> Iterator[Permission]:
    if case.known.offer == "declined":
        yield Permission("offer_accepted", case.staff(), beside=True)


@choosing.message(
    "offer_accepted",
    discharges=ClientAct.offer,
    permits=_taken_up_again,
    example={},
)
class OfferAccepted(Facts):
    """The person takes the offer of coordination (CS-L-1)."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        """An offer that was declined before may be taken all the same (CS-L-1)."""
        known, duties = case.known, case.outstanding(ClientAct.offer)
        known.offer = "accepted"
        said.discharge_or_say(duties, "The offer was accepted.")
        case.come(Moment.accepted, said.message.event_at)


@choosing.message(
    "offer_declined",
    discharges=ClientAct.offer,
    example={"reason": "Wants to think about it."},
)
class OfferDeclined(Facts):
    """The person declines it; they may come back to it (CS-L-1)."""

    reason: Words

    def apply(self, case: Intake, said: ClientSaid) -> None:
        case.known.offer = "declined"
        text = (
            "The offer was declined. It can be taken up again as long as this is open."
        )
        said.discharge(text, words=self.reason)


@choosing.message(
    "intake_reviewed",
    discharges=ClientAct.intake_review,
    example={},
)
class IntakeReviewed(Facts):
    """The supervisor went over the screen or the intake information (CP-N-2, CS-W-3)."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        said.discharge("The intake was reviewed.")


@choosing.message(
    "rapport_answered",
    discharges=ClientAct.rapport,
    example={"answers": {"kind-of-person": "not known"}},
)
class RapportAnswered(Facts):
    """Answers to the questions on whom this person works well with; `not known` is an answer (CS-Q-1 to CS-Q-6)."""

    answers: dict[str, Words] = Field(min_length=1)

    def apply(self, case: Intake, said: ClientSaid) -> None:
        questions = case.policy.questions
        ids = [each.id for each in questions]
        missing = [each for each in questions if each.id not in self.answers]
        if missing:
            texts = "; ".join(f"{each.id} ({each.clause})" for each in missing)
            raise said.unreadable(
                f"answers: answer every question, with `not known` where it is so; missing: {texts}."
            )
        if unknown := [each for each in self.answers if each not in ids]:
            raise said.unreadable(
                f"answers: {', '.join(unknown)} is no question; these are: {listed(ids)}."
            )
        case.known.rapport = dict(self.answers)
        said.discharge(
            "The questions on whom this person works well with are answered."
        )
        for question in questions:
            said.say(f"Answered: {question.text}", question.clause)


@choosing.message(
    "coordinator_assigned",
    discharges=ClientAct.assignment,
    looks_up=LookUp("worker", ("title", "organization", "person", "provides")),
    example={
        "assigned": "rsc-1",
        "basis": "preference",
        "matches": [{"kind": "gender", "honoured": "fully"}],
        "considered": ["rsc-1", "rsc-2"],
    },
)
class CoordinatorAssigned(Facts, Assigned):
    """The supervisor assigns the worker (CP-N-3, CS-W-4)."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        if case.known.former and case.outstanding(ClientAct.former_worker):
            asked = case.outstanding(ClientAct.former_worker)
            raise StepsOutstanding(said.message.name, asked, said.allowed)
        honoured = check_match(said, self)
        check_worker(said, self)
        how = {"preference": "a preference", "assessed_need": "an assessed need"}
        by = how.get(self.basis or "", "choice of the supervisor")
        text = f"The worker is assigned, by {by}."
        if not honoured:
            text += " Not every preference is honoured; the explanation is on record."
        said.discharge(text, words=self.explanation or "")
        take_worker(said, self)
        written = (ClientAct.assignment_record,) if self.record_entry else ()
        case.come(Moment.assigned, said.message.event_at, skip=written)
        for spec in case.policy.specs(Moment.assigned, case.branch):
            if spec.act in written:
                said.say("The assignment is in the clinical record.", spec.clause)
        explain(said, self, "client_worker", honoured)
