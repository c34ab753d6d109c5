"""Reviews, and what a worker does between them: what messages about them do. Pure."""

from throughcare.case.duty import Act
from throughcare.case.parts import RoleId
from throughcare.lifecycles.care_plan.acts import (
    AdvocacyNoted,
    BenefitsChecked,
    EthicsConcernRaised,
    EthicsConcernSettled,
    FunctionDelegated,
    LinkFollowedUp,
    ProgressNoted,
    ResourceLinked,
    ReviewHeld,
    ServicesExplained,
)
from throughcare.lifecycles.care_plan.care_plan import REVIEW_ACTS, CarePlan
from throughcare.lifecycles.care_plan.elements import (
    goals,
    goals_without_progress,
    links_without_outcome,
)
from throughcare.lifecycles.care_plan.facts import (
    Advocacy,
    Delegation,
    GoalProgress,
    Progress,
    ResourceLink,
    Review,
    UnmetNeed,
)
from throughcare.lifecycles.care_plan.policy import ReviewNeed, ReviewRules
from throughcare.lifecycles.care_plan.said import (
    plan_of,
    rules_of,
    settle,
)
from throughcare.lifecycles.client.acts import ChangeRequested
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.turns import staff
from throughcare.lifecycles.intake.changing import change_requested

OWN_QUESTIONS = ("3", "5", "6")
"""Questions to the worker about themself: what they answer is for them and their supervisor, not for the client's record."""


def review_held(heard: ClientSaid, facts: ReviewHeld) -> None:
    """It ends in a revision or in no change, and its clock starts anew either way (CP-M-3)."""
    case, rules = plan_of(heard), rules_of(heard)
    review = rules.reviews.get(facts.kind)
    if review is None:
        listed = ", ".join(rules.reviews)
        raise heard.unreadable(f"kind must be one that the policy has: {listed}.")
    _check_review(heard, facts, review)
    at, act = heard.message.event_at, REVIEW_ACTS[facts.kind]
    number = len(case.life.reviews) + 1
    outcome = "the plan is revised" if facts.outcome == "revised" else "no change"
    text = f"Review held, {facts.kind}: {outcome}."
    words = "\n".join(
        filter(None, (facts.late_reason, *facts.successes, *facts.barriers))
    )
    earlier = [each for each in case.outstanding(act) if each.opened_at <= at]
    if earlier or not case.outstanding(act):
        settle(heard, (act,), text, review.clause, words=words)
        case.wind_review(facts.kind, at)
    else:
        heard.say(f"{text} It was before the one the clock runs from.", review.clause)
    _list_what_is_open(heard, facts)
    own = {
        number: facts.answers[number]
        for number in OWN_QUESTIONS
        if number in facts.answers
    }
    case.life.reviews.append(
        Review(
            number=number,
            kind=facts.kind,
            held_at=at,
            outcome=facts.outcome,
            successes=facts.successes,
            barriers=facts.barriers,
            progress=tuple(
                GoalProgress(need=e.need, text=e.text) for e in facts.progress
            ),
            satisfaction=facts.satisfaction,
            unmet=tuple(
                UnmetNeed(need=e.need, plan=e.plan or "") for e in facts.unmet_needs
            ),
            answers={n: said for n, said in facts.answers.items() if n not in own},
            reflected=tuple(own),
            late_reason=facts.late_reason,
        )
    )
    if own and review.questions_clause:
        said = "\n".join(f"{number}: {answer}" for number, answer in own.items())
        what = "The worker looked at their own part."
        heard.note("self_assessed", what, review.questions_clause, words=said)
    if facts.change_right_explained:
        case.life.change_right_told_at.append(at)
    if facts.wants_change:
        _ask_for_change(heard, facts)
    if facts.outcome == "revised":
        what = "Write and sign the revision that the review asked for"
        clause = review.outcome_clause or review.clause
        if not case.outstanding(Act.plan_revision):
            case.ask(Act.plan_revision, clause, case.policy.coordinator, what, at)


def _list_what_is_open(heard: ClientSaid, facts: ReviewHeld) -> None:
    """Goals that have not moved since the last review, and links nobody knows the outcome of (CS-W-10, CS-W-13)."""
    case, rules = plan_of(heard), rules_of(heard)
    told = {each.need for each in facts.progress}
    still = goals_without_progress(case.life, _goals(case))
    quiet = [each for each in still if each not in told]
    if quiet and rules.goals_clause:
        text = f"Goals without progress since the last review: {len(quiet)}."
        heard.note("no_progress", text, rules.goals_clause, words=", ".join(quiet))
    waiting = links_without_outcome(case.life)
    if waiting and rules.links_clause:
        listed = ", ".join(map(str, waiting))
        text = f"Links to resources without an outcome: {listed}."
        heard.note("no_outcome", text, rules.links_clause)


def _goals(case: CarePlan) -> tuple[str, ...]:
    current = case.life.current
    contents = case.content_of(current).values() if current else ()
    return goals(case.known, contents)


def _check_goal(heard: ClientSaid, need: str, field: str) -> None:
    """Raises Unreadable for a need that neither the plan nor the intake names."""
    case = plan_of(heard)
    known = [*_goals(case), *(each.id for each in case.known.needs)]
    if known and need not in known:
        listed = ", ".join(dict.fromkeys(known))
        raise heard.unreadable(f"{field} must be one of the plan's: {listed}.")


def _check_review(heard: ClientSaid, facts: ReviewHeld, review: ReviewRules) -> None:
    """What the policy asks a review to say. Lateness asks for its reason, and keeps nobody from reviewing (CP-M-4)."""
    case, at = plan_of(heard), heard.message.event_at
    is_late = any(
        duty.due_at is not None and at > duty.due_at
        for duty in case.outstanding(REVIEW_ACTS[facts.kind])
    )
    if is_late and review.late_needs_reason and facts.late_reason is None:
        raise heard.refused(
            f"late_reason: the review is late; say why ({review.clause}). It is taken all the same."
        )
    said = {
        ReviewNeed.progress: bool(facts.progress),
        ReviewNeed.satisfaction: facts.satisfaction is not None,
        ReviewNeed.change_right: facts.change_right_explained,
    }
    fields = {ReviewNeed.change_right: "change_right_explained"}
    lacking = [
        f"{fields.get(need, need)} ({clause})"
        for need, clause in review.needs.items()
        if not said.get(need, True)
    ]
    lacking += [
        f"answers.{number} ({clause})"
        for number, clause in review.questions.items()
        if number not in facts.answers
    ]
    if lacking:
        raise heard.refused(f"The review must also say: {', '.join(lacking)}.")
    for each in facts.progress:
        _check_goal(heard, each.need, "progress.need")
    if strange := sorted(set(facts.answers) - set(review.questions)):
        listed = ", ".join(review.questions) or "none"
        raise heard.unreadable(
            f"answers: questions are known by their number: {listed}; not {', '.join(strange)}."
        )
    if unmet := review.needs.get(ReviewNeed.unmet_needs):
        bare = [each.need for each in facts.unmet_needs if not each.plan]
        if bare:
            raise heard.refused(
                f"unmet_needs: each has a plan to meet it ({unmet}); {len(bare)} has none."
            )


def _ask_for_change(heard: ClientSaid, facts: ReviewHeld) -> None:
    """Whoever says in a review that they want another worker has asked for one; that they would rather not try first is no
    hindrance (CS-R-4, Q-14)."""
    asked = ChangeRequested(by="client", would_try_first=facts.would_try_first)
    change_requested(heard, asked)


# -- between reviews --------------------------------------------------------------------------------------------------


def services_explained(heard: ClientSaid, facts: ServicesExplained) -> None:
    plan_of(heard).life.array_explained_at = heard.message.event_at
    heard.discharge("The array of services was explained.")


def benefits_checked(heard: ClientSaid, facts: BenefitsChecked) -> None:
    plan_of(heard).life.benefits_checked_at = heard.message.event_at
    heard.discharge("Income and benefits were gone through.", words=facts.result)


def resource_linked(heard: ClientSaid, facts: ResourceLinked) -> None:
    life, rules = plan_of(heard).life, rules_of(heard)
    if facts.domain not in rules.domains:
        raise heard.unreadable(f"domain must be one of: {', '.join(rules.domains)}.")
    number = len(life.links) + 1
    life.links.append(
        ResourceLink(
            number=number,
            domain=facts.domain,
            resource=facts.resource,
            at=heard.message.event_at,
        )
    )
    text, words = f"Link {number} to a resource.", f"{facts.domain}\n{facts.resource}"
    heard.say(text, rules.links_clause or rules.domains_clause, words)


def link_followed_up(heard: ClientSaid, facts: LinkFollowedUp) -> None:
    life, rules = plan_of(heard).life, rules_of(heard)
    found = [e for e in life.links if e.number == facts.link and e.outcome is None]
    if not found:
        waiting = ", ".join(str(e.number) for e in life.links if e.outcome is None)
        raise heard.unreadable(f"link must be one that has no outcome yet: {waiting}.")
    done = found[0].model_copy(update={"outcome": facts.outcome})
    life.links[life.links.index(found[0])] = done
    text = f"Link {facts.link} has its outcome."
    heard.say(text, rules.links_clause or rules.domains_clause, facts.outcome)


def advocacy_noted(heard: ClientSaid, facts: AdvocacyNoted) -> None:
    advocacy = Advocacy(
        service=facts.service, basis=facts.basis, at=heard.message.event_at
    )
    plan_of(heard).life.advocacy.append(advocacy)
    words = f"{facts.service}\n{facts.basis}"
    text = "The worker spoke up for a service."
    heard.say(text, rules_of(heard).advocacy_clause, words)


def function_delegated(heard: ClientSaid, facts: FunctionDelegated) -> None:
    """A single function, by the plan or for an urgent need; the worker stays responsible (CS-D-7). A therapist who steps in
    is allowed, and on the list of exceptions where independence is looked at (CS-D-8, Q-12)."""
    case, rules = plan_of(heard), rules_of(heard)
    if facts.basis is None:
        raise heard.refused(
            f"basis: a function is delegated by the plan or for an urgent need ({rules.delegation_clause}); say plan or urgent."
        )
    case.life.delegations.append(
        Delegation(
            function=facts.function,
            to=facts.to,
            basis=facts.basis,
            therapist=facts.therapist,
            at=heard.message.event_at,
        )
    )
    text = "One function is done by somebody else; the worker stays responsible."
    words = f"{facts.function}\n{facts.to}"
    heard.say(text, rules.delegation_clause, words)
    if facts.therapist and rules.therapist_clause:
        text = "A therapist meets a need of case management for once, as the policy allows."
        heard.note("therapist", text, rules.therapist_clause)
        if case.independence:
            reason = "The policy lets a therapist meet an occasional need."
            heard.flag(rules.therapist_clause, text, exception=reason)


def progress_noted(heard: ClientSaid, facts: ProgressNoted) -> None:
    case, rules = plan_of(heard), rules_of(heard)
    _check_goal(heard, facts.need, "need")
    noted = Progress(need=facts.need, text=facts.text, at=heard.message.event_at)
    case.life.progress.append(noted)
    text, words = "Progress on a goal was noted.", f"{facts.need}\n{facts.text}"
    heard.say(text, rules.goals_clause or rules.clause, words)


def ethics_concern_raised(heard: ClientSaid, facts: EthicsConcernRaised) -> None:
    """Whoever looks at it stands outside the case: neither the worker nor anybody above them (CS-W-17)."""
    case, rules = plan_of(heard), rules_of(heard)
    clause, reviewer = rules.ethics_clause or rules.clause, _outsider(heard)
    heard.say("A concern about professional conduct was raised.", clause, facts.words)
    what = "Look at a concern about professional conduct, from outside the case"
    case.ask(Act.ethics_concern, clause, reviewer, what, heard.now)


def ethics_concern_settled(heard: ClientSaid, facts: EthicsConcernSettled) -> None:
    text = "The concern about professional conduct was looked at."
    heard.discharge(text, words=facts.finding)


def _outsider(heard: ClientSaid) -> RoleId:
    """Somebody who works on the case from none of their seats; an empty seat is filled for it."""
    case = plan_of(heard)
    inside = {case.seated[role].person for role in staff(case)} - {None}
    for role in (case.policy.oversight, case.policy.administrator):
        if case.seated[role].person not in inside:
            return role
    raise heard.refused(
        "Nobody here could look at this who does not work on the case. Give it to the state's oversight by the grievance route, and have the Agency Administrator seat somebody else for oversight."
    )
