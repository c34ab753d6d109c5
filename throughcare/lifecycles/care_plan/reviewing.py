"""Reviews, and what a worker does between them: what messages about them do. Pure."""

from typing import Literal

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts, Messages
from throughcare.case.parts import RoleId
from throughcare.case.wording import listed
from throughcare.lifecycles.care_plan.care_plan import REVIEW_ACTS, CarePlan
from throughcare.lifecycles.care_plan.conditions import (
    has_advocacy,
    has_delegation,
    has_domains,
    has_team,
    waits_for_an_outcome,
)
from throughcare.lifecycles.care_plan.elements import (
    goals,
    goals_without_progress,
    links_without_outcome,
)
from throughcare.lifecycles.care_plan.fields import Some
from throughcare.lifecycles.care_plan.said import plan_of, rules_of, settle
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.changing import ChangeRequested
from throughcare.lifecycles.client.fields import Name, Slug, Words
from throughcare.lifecycles.client.plan_facts import (
    Advocacy,
    Delegation,
    GoalProgress,
    Progress,
    ResourceLink,
    Review,
    UnmetNeed,
)
from throughcare.lifecycles.client.plan_policy import (
    ReviewKind,
    ReviewNeed,
    ReviewRules,
)
from throughcare.lifecycles.client.said import ClientSaid

reviewing = Messages()


OWN_QUESTIONS = ("3", "5", "6")
"""Questions to the worker about themself: what they answer is for them and their supervisor, not for the client's record."""


class ToldProgress(Frozen):
    need: Slug
    text: Words


class ToldUnmet(Frozen):
    need: Words
    plan: Words | None = Field(
        default=None, description="What is planned for it; a review needs that."
    )


@reviewing.message(
    "review_held",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    answers=(
        ClientAct.monthly_review,
        ClientAct.periodic_review,
        ClientAct.annual_review,
    ),
    example={
        "kind": "monthly",
        "outcome": "no_change",
        "successes": ["Kept every appointment."],
    },
)
class ReviewHeld(Facts):
    """A review of the plan, and whether it is revised (CP-M-3, CP-M-4, CS-W-15, CS-R-7)."""

    kind: ReviewKind
    outcome: Literal["revised", "no_change"]
    successes: tuple[Words, ...] = Some
    barriers: tuple[Words, ...] = Some
    progress: tuple[ToldProgress, ...] = Some
    satisfaction: Words | None = None
    unmet_needs: tuple[ToldUnmet, ...] = Some
    change_right_explained: bool = Field(
        default=False,
        description="Whether the person was told that they can ask for another worker.",
    )
    answers: dict[str, Words] = Field(
        default_factory=dict,
        description="To the questions about working together, by number.",
    )
    wants_change: bool = Field(
        default=False, description="Whether the person wants another worker."
    )
    would_try_first: bool | None = None
    late_reason: Words | None = Field(
        default=None, description="Needed where the review is late."
    )

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """It ends in a revision or in no change, and its clock starts anew either way (CP-M-3)."""
        rules = rules_of(said)
        review = rules.reviews.get(self.kind)
        if review is None:
            listed = ", ".join(rules.reviews)
            raise said.unreadable(f"kind must be one that the policy has: {listed}.")
        _check_review(said, self, review)
        at, act = said.message.event_at, REVIEW_ACTS[self.kind]
        number = len(case.life.reviews) + 1
        outcome = "the plan is revised" if self.outcome == "revised" else "no change"
        text = f"Review held, {self.kind}: {outcome}."
        words = "\n".join(
            filter(None, (self.late_reason, *self.successes, *self.barriers))
        )
        earlier = [each for each in case.outstanding(act) if each.opened_at <= at]
        if earlier or not case.outstanding(act):
            settle(said, (act,), text, review.clause, words=words)
            case.wind_review(self.kind, at)
        else:
            said.say(
                f"{text} It was before the one the clock runs from.", review.clause
            )
        _list_what_is_open(said, self)
        own = {
            number: self.answers[number]
            for number in OWN_QUESTIONS
            if number in self.answers
        }
        case.life.reviews.append(
            Review(
                number=number,
                kind=self.kind,
                held_at=at,
                outcome=self.outcome,
                successes=self.successes,
                barriers=self.barriers,
                progress=tuple(
                    GoalProgress(need=e.need, text=e.text) for e in self.progress
                ),
                satisfaction=self.satisfaction,
                unmet=tuple(
                    UnmetNeed(need=e.need, plan=e.plan or "") for e in self.unmet_needs
                ),
                answers={
                    n: stated for n, stated in self.answers.items() if n not in own
                },
                reflected=tuple(own),
                late_reason=self.late_reason,
            )
        )
        if own and review.questions_clause:
            stated = "\n".join(f"{number}: {answer}" for number, answer in own.items())
            what = "The worker looked at their own part."
            said.note(
                ClientEntry.self_assessed, what, review.questions_clause, words=stated
            )
        if self.change_right_explained:
            case.life.change_right_told_at.append(at)
        if self.wants_change:
            _ask_for_change(said, self)
        if self.outcome == "revised":
            what = "Write and sign the revision that the review asked for"
            clause = review.outcome_clause or review.clause
            if not case.outstanding(ClientAct.plan_revision):
                case.ask(
                    ClientAct.plan_revision, clause, case.policy.coordinator, what, at
                )


def _list_what_is_open(said: ClientSaid, facts: ReviewHeld) -> None:
    """Goals that have not moved since the last review, and links nobody knows the outcome of (CS-W-10, CS-W-13)."""
    case, rules = plan_of(said), rules_of(said)
    told = {each.need for each in facts.progress}
    still = goals_without_progress(case.life, _goals(case))
    quiet = [each for each in still if each not in told]
    if quiet and rules.goals_clause:
        text = f"Goals without progress since the last review: {len(quiet)}."
        said.note(
            ClientEntry.no_progress, text, rules.goals_clause, words=", ".join(quiet)
        )
    waiting = links_without_outcome(case.life)
    if waiting and rules.links_clause:
        listed = ", ".join(map(str, waiting))
        text = f"Links to resources without an outcome: {listed}."
        said.note(ClientEntry.no_outcome, text, rules.links_clause)


def _goals(case: CarePlan) -> tuple[str, ...]:
    current = case.life.current
    contents = case.content_of(current).values() if current else ()
    return goals(case.known, contents)


def _check_goal(said: ClientSaid, need: str, field: str) -> None:
    """Raises Unreadable for a need that neither the plan nor the intake names."""
    case = plan_of(said)
    known = [*_goals(case), *(each.id for each in case.known.standing_needs)]
    if known and need not in known:
        needs = listed(dict.fromkeys(known))
        raise said.unreadable(f"{field} must be one of the plan's: {needs}.")


def _check_review(said: ClientSaid, facts: ReviewHeld, review: ReviewRules) -> None:
    """What the policy asks a review to say. Lateness asks for its reason, and keeps nobody from reviewing (CP-M-4)."""
    case, at = plan_of(said), said.message.event_at
    is_late = any(
        duty.due_at is not None and at > duty.due_at
        for duty in case.outstanding(REVIEW_ACTS[facts.kind])
    )
    if is_late and review.late_needs_reason and facts.late_reason is None:
        raise said.refused(
            f"late_reason: the review is late; say why ({review.clause}). It is taken all the same."
        )
    stated = {
        ReviewNeed.progress: bool(facts.progress),
        ReviewNeed.satisfaction: facts.satisfaction is not None,
        ReviewNeed.change_right: facts.change_right_explained,
    }
    fields = {ReviewNeed.change_right: "change_right_explained"}
    lacking = [
        f"{fields.get(need, need)} ({clause})"
        for need, clause in review.needs.items()
        if not stated.get(need, True)
    ]
    lacking += [
        f"answers.{number} ({clause})"
        for number, clause in review.questions.items()
        if number not in facts.answers
    ]
    if lacking:
        raise said.refused(f"The review must also say: {', '.join(lacking)}.")
    for each in facts.progress:
        _check_goal(said, each.need, "progress.need")
    if strange := sorted(set(facts.answers) - set(review.questions)):
        raise said.unreadable(
            f"answers: questions are known by their number: {listed(review.questions)}; not {', '.join(strange)}."
        )
    if unmet := review.needs.get(ReviewNeed.unmet_needs):
        bare = [each.need for each in facts.unmet_needs if not each.plan]
        if bare:
            raise said.refused(
                f"unmet_needs: each has a plan to meet it ({unmet}); {len(bare)} has none."
            )


def _ask_for_change(said: ClientSaid, facts: ReviewHeld) -> None:
    """Whoever says in a review that they want another worker has asked for one; that they would rather not try first is no
    hindrance (CS-R-4, Q-14)."""
    asked = ChangeRequested(by="client", would_try_first=facts.would_try_first)
    asked.apply(said.case, said)


# -- between reviews --------------------------------------------------------------------------------------------------


@reviewing.message(
    "services_explained",
    discharges=ClientAct.services_explained,
    example={},
)
class ServicesExplained(Facts):
    """The array of services was explained (CS-W-12)."""

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        case.life.array_explained_at = said.message.event_at
        said.discharge("The array of services was explained.")


@reviewing.message(
    "benefits_checked",
    discharges=ClientAct.benefits_check,
    example={"result": "A food benefit was applied for."},
)
class BenefitsChecked(Facts):
    """What income and benefits are due was gone through with the person (CS-D-6)."""

    result: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        case.life.benefits_checked_at = said.message.event_at
        said.discharge("Income and benefits were gone through.", words=self.result)


@reviewing.message(
    "resource_linked",
    by=CarePlan.staff,
    beside=True,
    when=has_domains,
    example={"domain": "housing", "resource": "The tenants' office"},
)
class ResourceLinked(Facts):
    """The person was linked to something in the community (CS-D-5, CS-W-13)."""

    domain: Slug
    resource: Name

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        life, rules = case.life, rules_of(said)
        if self.domain not in rules.domains:
            raise said.unreadable(f"domain must be one of: {listed(rules.domains)}.")
        number = len(life.links) + 1
        life.links.append(
            ResourceLink(
                number=number,
                domain=self.domain,
                resource=self.resource,
                at=said.message.event_at,
            )
        )
        text, words = f"Link {number} to a resource.", f"{self.domain}\n{self.resource}"
        said.say(text, rules.links_clause or rules.domains_clause, words)


@reviewing.message(
    "link_followed_up",
    by=CarePlan.staff,
    beside=True,
    when=waits_for_an_outcome,
    example={"link": 1, "outcome": "On their list since Monday."},
)
class LinkFollowedUp(Facts):
    """What came of a link to a resource (CS-W-13)."""

    link: int = Field(ge=1, strict=True)
    outcome: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        life, rules = case.life, rules_of(said)
        found = [e for e in life.links if e.number == self.link and e.outcome is None]
        if not found:
            waiting = ", ".join(str(e.number) for e in life.links if e.outcome is None)
            raise said.unreadable(
                f"link must be one that has no outcome yet: {waiting}."
            )
        done = found[0].model_copy(update={"outcome": self.outcome})
        life.links[life.links.index(found[0])] = done
        text = f"Link {self.link} has its outcome."
        said.say(text, rules.links_clause or rules.domains_clause, self.outcome)


@reviewing.message(
    "advocacy_noted",
    by=CarePlan.staff,
    beside=True,
    when=has_advocacy,
    example={
        "service": "supported employment",
        "basis": "Meets its criteria since the assessment.",
    },
)
class AdvocacyNoted(Facts):
    """Somebody spoke up for a service, and by what the person qualifies for it (CS-W-14)."""

    service: Name
    basis: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        advocacy = Advocacy(
            service=self.service, basis=self.basis, at=said.message.event_at
        )
        case.life.advocacy.append(advocacy)
        words = f"{self.service}\n{self.basis}"
        text = "The worker spoke up for a service."
        said.say(text, rules_of(said).advocacy_clause, words)


@reviewing.message(
    "function_delegated",
    by=CarePlan.staff,
    beside=True,
    when=has_delegation,
    example={
        "function": "Rides to appointments",
        "to": "A peer specialist",
        "basis": "plan",
    },
)
class FunctionDelegated(Facts):
    """Somebody else does one function; the worker stays responsible (CS-D-7, CS-D-8)."""

    function: Name
    to: Name
    basis: Literal["plan", "urgent"] | None = None
    therapist: bool = False

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """A single function, by the plan or for an urgent need; the worker stays responsible (CS-D-7). A therapist who steps in
        is allowed, and on the list of exceptions where independence is looked at (CS-D-8, Q-12)."""
        rules = rules_of(said)
        if self.basis is None:
            raise said.refused(
                f"basis: a function is delegated by the plan or for an urgent need ({rules.delegation_clause}); say plan or urgent."
            )
        case.life.delegations.append(
            Delegation(
                function=self.function,
                to=self.to,
                basis=self.basis,
                therapist=self.therapist,
                at=said.message.event_at,
            )
        )
        text = "One function is done by somebody else; the worker stays responsible."
        words = f"{self.function}\n{self.to}"
        said.say(text, rules.delegation_clause, words)
        if self.therapist and rules.therapist_clause:
            text = "A therapist meets a need of case management for once, as the policy allows."
            said.note(ClientEntry.therapist, text, rules.therapist_clause)
            if case.independence:
                reason = "The policy lets a therapist meet an occasional need."
                said.flag(rules.therapist_clause, text, exception=reason)


@reviewing.message(
    "progress_noted",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={"need": "housing", "text": "Saw two apartments."},
)
class ProgressNoted(Facts):
    """How far something the plan wants has come (CS-W-10)."""

    need: Slug
    text: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        rules = rules_of(said)
        _check_goal(said, self.need, "need")
        noted = Progress(need=self.need, text=self.text, at=said.message.event_at)
        case.life.progress.append(noted)
        text, words = "Progress on a goal was noted.", f"{self.need}\n{self.text}"
        said.say(text, rules.goals_clause or rules.clause, words)


@reviewing.message(
    "ethics_concern_raised",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={"words": "A gift was accepted."},
)
class EthicsConcernRaised(Facts):
    """Somebody thinks a professional or ethical rule was broken; who looks at it is not of the case (CS-W-17)."""

    words: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """Whoever looks at it stands outside the case: neither the worker nor anybody above them (CS-W-17)."""
        rules = rules_of(said)
        clause, reviewer = rules.ethics_clause or rules.clause, _outsider(said)
        said.say("A concern about professional conduct was raised.", clause, self.words)
        what = "Look at a concern about professional conduct, from outside the case"
        case.ask(ClientAct.ethics_concern, clause, reviewer, what, said.counted_from)


@reviewing.message(
    "ethics_concern_settled",
    discharges=ClientAct.ethics_concern,
    example={"finding": "It was given back, and talked over."},
)
class EthicsConcernSettled(Facts):
    """Whoever stands outside the case says what they found, and what follows (CS-W-17)."""

    finding: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        text = "The concern about professional conduct was looked at."
        said.discharge(text, words=self.finding)


def _outsider(said: ClientSaid) -> RoleId:
    """Somebody who works on the case from none of their seats; an empty seat is filled for it."""
    case = plan_of(said)
    inside = {case.seated[role].person for role in case.staff()} - {None}
    for role in (case.policy.oversight, case.policy.administrator):
        if case.seated[role].person not in inside:
            return role
    raise said.refused(
        "Nobody here could look at this who does not work on the case. Give it to the state's oversight by the grievance route, and have the Agency Administrator seat somebody else for oversight."
    )
