"""Eligibility, the offer, and who the worker is to be: what messages about them do. Pure."""

from collections.abc import Sequence
from datetime import date

from throughcare.case.duty import Act
from throughcare.case.entry import Relation
from throughcare.case.refusals import StepsOutstanding
from throughcare.case.seats import Capacity, Seated
from throughcare.case.wording import soonest
from throughcare.lifecycles.client.acts import (
    AddedNeed,
    AssessmentFiled,
    Assigned,
    AssignmentDocumented,
    CircumstancesChanged,
    CoordinatorAssigned,
    Determination,
    ExplanationGiven,
    FormerWorkerAnswered,
    IdentityAnswered,
    IntakeReviewed,
    IntakeStatus,
    LetterSent,
    Match,
    NeedDetermined,
    NeedRecorded,
    OfferAccepted,
    OfferDeclined,
    OtherWorkerOffered,
    Preference,
    PreferencesRecorded,
    RapportAnswered,
)
from throughcare.lifecycles.client.facts import (
    Assignment,
    Determined,
    Need,
)
from throughcare.lifecycles.client.policy import (
    Eligibility,
    Moment,
    Preferences,
)
from throughcare.lifecycles.client.said import ClientSaid


def need_determined(heard: ClientSaid, facts: NeedDetermined) -> None:
    known = heard.case.known
    words = "\n".join(facts.needs)
    heard.discharge("The need was determined.", words=words)
    for text in facts.needs:
        known.needs.append(Need(id=f"need-{len(known.needs) + 1}", text=text))
    written = (Act.record_entry,) if facts.record_entry else ()
    at, whoever = heard.message.event_at, heard.seated.role
    heard.case.come(Moment.determined, at, skip=written, holder=whoever)
    for spec in heard.case.policy.specs(Moment.determined, heard.case.branch):
        if spec.act in written:
            text = "The need is in the clinical record."
            heard.say(text, spec.clause, facts.record_entry or "")


def need_recorded(heard: ClientSaid, facts: NeedRecorded) -> None:
    text = "The need is in the clinical record."
    heard.discharge(text, words=facts.record_entry)


def eligibility_determined(heard: ClientSaid, facts: Determination) -> None:
    """The rule proposes, a person decides (CS-E-1). Outside the populations served it is for a person too (CS-A-1)."""
    case, rule = heard.case, heard.case.policy.eligibility
    proposed = _proposed(heard, rule, facts) if rule else None
    served = case.policy.populations
    is_served = served is None or facts.population in [e.id for e in served.served]
    if not is_served and served:
        proposed = False
        listed = ", ".join(each.id for each in served.served)
        text = f"Out of scope: the person is of none of the populations served ({listed}). A person decides."
        heard.note("out_of_scope", text, served.clause)
    if facts.reasons is None and (not facts.eligible or proposed is False):
        answer = "eligible" if facts.eligible else "not eligible"
        raise heard.refused(
            f"Give the reasons: the policy's rule alone does not make them {answer}."
        )
    case.known.determined = Determined(
        at=heard.message.event_at,
        eligible=facts.eligible,
        proposed=proposed,
        answers=dict(facts.answers),
        population=facts.population,
        organization=heard.seated.organization,
        reasons=facts.reasons,
    )
    if case.independence:
        who, clause = heard.seated, case.independence.decider
        heard.check_deliverers(who.organization, clause, who.title, facts.exception)
    answer = "Eligible" if facts.eligible else "Not eligible"
    against = proposed is not None and proposed is not facts.eligible
    text = f"{answer}{', other than the rule makes of the answers' if against else ''}."
    heard.discharge(text, words=facts.reasons or "")
    if facts.eligible:
        case.come(Moment.eligible, heard.message.event_at)
        return
    clause = rule.clause if rule else case.policy.clause
    heard.write_to_client("client_decision", clause)
    text = "Not eligible. The person was told where they can turn with a grievance."
    heard.close(IntakeStatus.not_eligible, text, facts.reasons or "", clause)


def _proposed(heard: ClientSaid, rule: Eligibility, facts: Determination) -> bool:
    """What the pack's rule makes of the answers. Raises Unreadable where one is missing."""
    ids = [criterion.id for criterion in rule.criteria]
    if missing := [each for each in ids if each not in facts.answers]:
        raise heard.unreadable(
            f"answers: answer each criterion; missing: {', '.join(missing)}."
        )
    if unknown := [each for each in facts.answers if each not in ids]:
        raise heard.unreadable(
            f"answers: {', '.join(unknown)} is no criterion; these are: {', '.join(ids)}."
        )
    given = facts.answers
    all_of = all(given[each] for each in rule.all_of)
    return all_of and (not rule.one_of or any(given[each] for each in rule.one_of))


def offer_accepted(heard: ClientSaid, facts: OfferAccepted) -> None:
    """An offer that was declined before may be taken all the same (CS-L-1)."""
    known, duties = heard.case.known, heard.case.outstanding(Act.offer)
    known.offer = "accepted"
    text = "The offer was accepted."
    if duties:
        heard.discharge(text, duties=duties)
    else:
        heard.say(text)
    heard.case.come(Moment.accepted, heard.message.event_at)


def offer_declined(heard: ClientSaid, facts: OfferDeclined) -> None:
    heard.case.known.offer = "declined"
    text = "The offer was declined. It can be taken up again as long as this is open."
    heard.discharge(text, words=facts.reason)


def intake_reviewed(heard: ClientSaid, facts: IntakeReviewed) -> None:
    heard.discharge("The intake was reviewed.")


def preferences_recorded(heard: ClientSaid, facts: PreferencesRecorded) -> None:
    """Asked for at set points, and welcome at any time (CS-G-4, CS-V-3). That there is none is an answer (CS-L-5)."""
    if bool(facts.preferences) == facts.none_stated:
        raise heard.unreadable(
            "Name preferences, or send `none_stated: true`; one of the two."
        )
    take_preferences(heard, facts.preferences, facts.authorised)
    count = len(facts.preferences)
    said = f"{count} stated" if count else "none stated"
    text = f"Preferences for a worker: {said}."
    words = "\n".join(_in_words(each) for each in facts.preferences)
    if duties := heard.case.outstanding(Act.preferences):
        heard.discharge(text, words=words, duties=duties)
    else:
        rules = heard.case.policy.preferences
        heard.say(text, rules.clause if rules else None, words)


def _in_words(preference: Preference) -> str:
    return f"{preference.kind}: {preference.words} ({preference.stated_by})"


def take_preferences(
    heard: ClientSaid, preferences: tuple[Preference, ...], authorised: tuple[str, ...]
) -> None:
    """What somebody states takes the place of what they stated before; of what others stated it takes nothing away."""
    rules, known = heard.case.policy.preferences, heard.case.known
    for each in preferences:
        heard.check_authorised(each.stated_by, authorised)
        if rules and each.kind not in rules.kinds:
            raise heard.unreadable(f"kind must be one of: {', '.join(rules.kinds)}.")
    speakers = {each.stated_by.casefold() for each in preferences}
    kept = known.preferences if speakers and known.preferences else []
    others = [each for each in kept if each.stated_by.casefold() not in speakers]
    known.preferences = [*others, *preferences]
    known.choice_offered_at.append(heard.message.event_at)


def rapport_answered(heard: ClientSaid, facts: RapportAnswered) -> None:
    questions = heard.case.policy.questions
    ids = [each.id for each in questions]
    missing = [each for each in questions if each.id not in facts.answers]
    if missing:
        texts = "; ".join(f"{each.id} ({each.clause})" for each in missing)
        raise heard.unreadable(
            f"answers: answer every question, with `not known` where it is so; missing: {texts}."
        )
    if unknown := [each for each in facts.answers if each not in ids]:
        raise heard.unreadable(
            f"answers: {', '.join(unknown)} is no question; these are: {', '.join(ids)}."
        )
    heard.case.known.rapport = dict(facts.answers)
    heard.discharge("The questions on whom this person works well with are answered.")
    for question in questions:
        heard.say(f"Answered: {question.text}", question.clause)


def former_worker_answered(heard: ClientSaid, facts: FormerWorkerAnswered) -> None:
    heard.case.known.wants = facts.wants
    said = {
        "former": "the former worker",
        "new": "a new worker",
        "no_preference": "either",
    }
    text = f"Somebody who was here before; they want {said[facts.wants]}. Nobody is assigned by that alone."
    heard.discharge(text)


def need_added(heard: ClientSaid, facts: AddedNeed) -> None:
    _add_need(heard, facts.need)


def _add_need(heard: ClientSaid, need: str) -> None:
    """A need weighed in the choice of a worker. Where there is one already, another is offered and none forced (CS-X-4)."""
    case, rules = heard.case, heard.case.policy.preferences
    case.known.needs.append(Need(id=f"need-{len(case.known.needs) + 1}", text=need))
    heard.say("A need was added.", rules.need_clause if rules else None)
    if rules and case.known.assignment and not case.outstanding(Act.other_worker):
        what = "Offer the person to meet and pick another worker, for a need that was found since"
        case.ask(
            Act.other_worker,
            rules.need_clause,
            case.policy.coordinator,
            what,
            heard.now,
        )


def assessment_filed(heard: ClientSaid, facts: AssessmentFiled) -> None:
    case, rules = heard.case, heard.case.independence
    clause = case.policy.plan.assessments_clause
    for need in facts.needs:
        _add_need(heard, need)
    if rules and heard.seated.organization in facts.organizations:
        about = f"{heard.seated.title} made an assessment that recommends a provider of the same organization."
        heard.flag(rules.assessor, about, exception=facts.exception)
    text = "An assessment is on file."
    if duties := case.outstanding(Act.assessment):
        heard.discharge(text, words=facts.name, duties=duties)
    else:
        heard.say(text, clause, facts.name)


def circumstances_changed(heard: ClientSaid, facts: CircumstancesChanged) -> None:
    """The need is determined anew, by the access unit before an assignment and by the worker after it (CS-W-1); a plan
    that is on file is revised at once, ahead of its next review (CP-P-4)."""
    case, policy = heard.case, heard.case.policy
    clause = policy.revision_clause or policy.need_clause
    heard.say("Circumstances changed.", clause, facts.what)
    has_worker = case.known.assignment is not None
    holder = policy.coordinator if has_worker else policy.intake
    asked = case.outstanding(Act.need_determination)
    if policy.need_clause and not any(duty.is_held_by(holder) for duty in asked):
        what = "Determine the need anew, as circumstances changed"
        case.ask(Act.need_determination, policy.need_clause, holder, what, heard.now)
    if policy.revision_clause and case.known.plans:
        what = "Revise the plan, as circumstances changed"
        case.ask(
            Act.plan_revision,
            policy.revision_clause,
            policy.coordinator,
            what,
            heard.now,
        )


def identity_answered(heard: ClientSaid, facts: IdentityAnswered) -> None:
    for case in facts.cases:
        heard.link(case, Relation.same_person)
    same = facts.same_as is not None
    answer = "the same person" if same else "somebody else"
    heard.discharge(f"It is {answer}. Records are tied together and not merged.")


# -- the assignment -----------------------------------------------------------------------------------------------------


def coordinator_assigned(heard: ClientSaid, facts: CoordinatorAssigned) -> None:
    case = heard.case
    if case.known.former and case.outstanding(Act.former_worker):
        texts = tuple(duty.text for duty in case.outstanding(Act.former_worker))
        raise StepsOutstanding(heard.message.name, texts, "", heard.allowed)
    honoured = check_match(heard, facts)
    check_worker(heard, facts)
    how = {"preference": "a preference", "assessed_need": "an assessed need"}
    by = how.get(facts.basis or "", "choice of the supervisor")
    text = f"The worker is assigned, by {by}."
    if not honoured:
        text += " Not every preference is honoured; the explanation is on record."
    heard.discharge(text, words=facts.explanation or "")
    take_worker(heard, facts)
    written = (Act.assignment_record,) if facts.record_entry else ()
    case.come(Moment.assigned, heard.message.event_at, skip=written)
    for spec in case.policy.specs(Moment.assigned, case.branch):
        if spec.act in written:
            heard.say("The assignment is in the clinical record.", spec.clause)
    explain(heard, facts, "client_worker", honoured)


def check_match(heard: ClientSaid, facts: Assigned) -> bool:
    """Whether every stated preference is fully honoured. Raises Refused where one is left without a word: each is named
    as met or not, what is not is explained, candidates were looked at, and want of means comes with a date to look again
    (CS-W-4, CS-G-3, CS-V-1, CS-V-2, CS-V-5)."""
    rules, stated = heard.case.policy.preferences, heard.case.known.preferences
    if rules is None:
        return True
    if stated is None:
        what = "Ask for the preferences, or record that there is none"
        raise StepsOutstanding(heard.message.name, (what,), "", heard.allowed)
    _check_basis(heard, facts, rules)
    if not stated:
        return True
    given = {each: _honoured(each, stated, facts.matches) for each in stated}
    if missing := [_whose(each, stated) for each, said in given.items() if not said]:
        raise heard.refused(
            f"matches: say of each stated preference how far it is honoured ({rules.match_clause}); missing: {', '.join(missing)}."
        )
    if all(each == "fully" for each in given.values()):
        return True
    check_explained(heard, facts.explanation, facts.considered)
    check_revisit(heard, facts)
    return False


def _check_basis(heard: ClientSaid, facts: Assigned, rules: Preferences) -> None:
    """A wish, an assessed need, or the former worker who is still here: nobody is chosen by nothing."""
    stated, known = heard.case.known.preferences, heard.case.known
    if facts.basis == "former_worker":
        here = [each.seat for each in known.former if each.here]
        if facts.assigned not in here:
            raise heard.unreadable(
                f"basis: the former worker is {' or '.join(here) or 'nobody who is still here'}; name another basis."
            )
        return
    if not stated and not (facts.basis == "assessed_need" and facts.need):
        raise heard.refused(
            f"No preference was stated, so the worker is matched by an assessed need ({rules.need_clause}): name it in `need`, with `basis: assessed_need`."
        )
    if facts.basis is None:
        raise heard.refused(
            f"basis: say what the match is made by, preference or assessed_need ({rules.match_clause})."
        )


def _honoured(
    preference: Preference, stated: Sequence[Preference], matches: Sequence[Match]
) -> str | None:
    """How far it is honoured; where several people stated one of its kind, the answer says whose is meant (S-12)."""
    whose: tuple[str | None, ...] = (preference.stated_by,)
    if not _is_disputed(preference, stated):
        whose = (preference.stated_by, None)
    found = (e for e in matches if e.kind == preference.kind and e.stated_by in whose)
    return next((each.honoured for each in found), None)


def _is_disputed(preference: Preference, stated: Sequence[Preference]) -> bool:
    speakers = {each.stated_by for each in stated if each.kind == preference.kind}
    return len(speakers) > 1


def _whose(preference: Preference, stated: Sequence[Preference]) -> str:
    disputed = _is_disputed(preference, stated)
    return (
        f"{preference.kind} ({preference.stated_by})" if disputed else preference.kind
    )


def check_explained(
    heard: ClientSaid, explanation: str | None, considered: tuple[str, ...]
) -> None:
    rules = heard.case.policy.preferences
    if not considered:
        clause = rules.try_clause if rules else heard.case.policy.clause
        raise heard.refused(
            f"considered: name the seats that were considered before a wish is not honoured ({clause})."
        )
    if explanation is None:
        clause = rules.explain_clause if rules else heard.case.policy.clause
        raise heard.refused(
            f"explanation: a wish that is not fully honoured needs a clear one for the family ({clause})."
        )


def check_revisit(heard: ClientSaid, facts: Assigned) -> None:
    rules = heard.case.policy.preferences
    if facts.limited_by == "resources" and facts.revisit_on is None and rules:
        raise heard.unreadable(
            f"revisit_on: say when a match is looked for again ({rules.resource_clause})."
        )


def check_worker(heard: ClientSaid, facts: Assigned) -> None:
    """Somebody sits there, and is independent of whoever delivers services, or an exception says why not (CF-S-2a,
    CF-S-2c)."""
    case, rules = heard.case, heard.case.independence
    if facts.person is None:
        raise heard.unreadable("assigned: nobody sits there now.")
    if rules is None:
        return
    title = case.policy.roles[case.policy.coordinator].title
    deliver = case.known.providing()
    if any(provider in deliver for provider in facts.provides):
        about = f"{title}: whoever is assigned delivers a service to this client themselves."
        heard.flag(rules.same_person, about, exception=facts.exception)
    heard.check_deliverers(
        facts.organization, rules.coordinator, title, facts.exception
    )


def take_worker(heard: ClientSaid, facts: Assigned) -> None:
    case, at = heard.case, heard.message.event_at
    role, known = case.policy.coordinator, case.known
    known.assignments = [
        each if each.to_at else each.model_copy(update={"to_at": at})
        for each in known.assignments
    ]
    known.assignments.append(
        Assignment(
            seat=facts.assigned,
            person=facts.person,
            organization=facts.organization,
            from_at=at,
            basis=facts.basis,
            matches=facts.matches,
            need=facts.need,
            considered=facts.considered,
            explanation=facts.explanation,
            record_entry=facts.record_entry,
        )
    )
    seat = Seated(
        role=role,
        title=case.policy.roles[role].title,
        organization=facts.organization,
        seat=facts.assigned,
        person=facts.person,
        capacity=Capacity.holder,
    )
    taken = [duty for duty in case.give_worker(seat) if duty.is_open]
    if heard.is_taken_over:
        return
    case.tell("assigned", seat, rung=case.stage, clause=case.policy.clause)
    if taken:
        what = "; ".join(duty.text for duty in taken)
        case.tell("seat_taken", seat, rung=case.stage, what=what, due_at=soonest(taken))


def explain(heard: ClientSaid, facts: Assigned, kind: str, honoured: bool) -> None:
    """The family is told of the worker, and where a wish was not honoured they get the explanation (CS-V-5)."""
    case, rules = heard.case, heard.case.policy.preferences
    heard.write_to_client(kind, case.policy.clause)
    if not honoured:
        owe_explanation(heard, "client_explanation")
    if facts.limited_by == "resources" and rules:
        look_again(heard, rules.resource_clause, facts.revisit_on)


def owe_explanation(heard: ClientSaid, kind: str) -> None:
    """The family gets it, by letter or by word of mouth, and until then it is owed."""
    case, rules = heard.case, heard.case.policy.preferences
    clause = rules.explain_clause if rules else case.policy.clause
    what = "The family gets the explanation why a wish is not fully honoured"
    duty = heard.open_now(Act.explanation, clause, case.policy.supervisor, what)
    heard.write_to_client(kind, clause, duty)


def look_again(heard: ClientSaid, clause: str, on: date | None = None) -> None:
    """By the day that was named, or within the agency's own limit."""
    known = heard.case.known
    if on is not None and on <= heard.now.date():
        raise heard.unreadable("revisit_on: name a day that is still to come.")
    known.look_again_from, known.look_again_on = heard.now, on
    heard.case.ask_to_look_again(clause)


def assignment_documented(heard: ClientSaid, facts: AssignmentDocumented) -> None:
    text = "The assignment is in the clinical record."
    heard.discharge(text, words=facts.record_entry)


def other_worker_offered(heard: ClientSaid, facts: OtherWorkerOffered) -> None:
    text = "The person was offered to meet and pick another worker."
    heard.case.known.choice_offered_at.append(heard.message.event_at)
    heard.discharge(text, words=facts.answer)


def explanation_given(heard: ClientSaid, facts: ExplanationGiven) -> None:
    heard.discharge("The family has the explanation.", words=facts.how)


def letter_sent(heard: ClientSaid, facts: LetterSent) -> None:
    heard.discharge("The letter was printed and went out.", words=facts.how)
