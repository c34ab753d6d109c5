"""Another worker, and what the person makes of the one they have: what messages about them do. Pure."""

from throughcare.case.duty import Act
from throughcare.case.parts import RoleId
from throughcare.lifecycles.client.acts import (
    CapacityFreed,
    ChangeNotGranted,
    ChangeRequested,
    ChangeWithdrawn,
    ConflictOfInterestReported,
    ExceptionSettled,
    MatchLookedFor,
    ResolutionMet,
    SatisfactionRecorded,
    SelfAssessed,
    SupervisionHeld,
    WorkerChanged,
)
from throughcare.lifecycles.client.facts import Change, Expectation
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.intake.choosing import (
    check_explained,
    check_match,
    check_worker,
    explain,
    look_again,
    owe_explanation,
    take_preferences,
    take_worker,
)

PRODUCT_DEFAULT = "the product's own smallest procedure, as the agency has set none of its own: ask, look for a match, explain, hand over"


def change_requested(heard: ClientSaid, facts: ChangeRequested) -> None:
    """Always heard, whatever the case is at, and without a reason (CS-G-1). Whether they would talk it over first is
    asked and demanded of nobody (CS-X-8)."""
    case, known, policy = heard.case, heard.case.known, heard.case.policy
    transfer = policy.transfer
    right = transfer.right_clause if transfer else policy.clause
    if facts.preferences:
        take_preferences(heard, facts.preferences, facts.authorised)
    by_worker = facts.by == "worker"
    talked = any(entry.kind == "supervision_held" for entry in case.timeline)
    if by_worker and not talked and facts.reason is None:
        raise heard.refused(
            "A worker who asks for it talks it over with the supervisor first (supervision_held), or gives the reason."
        )
    # Of a worker's own reasons nothing stands where the person reads it (CS-X-7).
    kind = "worker_asks_change" if by_worker else "change_requested"
    words = heard.words(facts.reason or "")
    if open_wish := known.change:
        text = f"The {facts.by} asks again for another worker."
        heard.note(kind, text, right, words=words)
        others = dict.fromkeys((*open_wish.others, facts.by))
        against = [each for each in open_wish.against if each != facts.by]
        _change(heard, others=tuple(others), against=tuple(against))
        return
    known.changes.append(
        Change(
            number=len(known.changes) + 1,
            by=facts.by,
            asked_at=heard.message.event_at,
            asked_of=heard.seated.title,
            would_try_first=facts.would_try_first,
            supervised=talked,
        )
    )
    heard.note(kind, f"The {facts.by} asks for another worker.", right, words=words)
    if known.assignment is None:
        text = "There is no worker yet; the wish counts for the assignment."
        heard.note(kind, text, right, words=words)
        known.changes[-1] = known.changes[-1].model_copy(
            update={"outcome": "honoured", "ended_at": heard.message.event_at}
        )
        return
    if transfer and transfer.procedure is None:
        text, clause = f"This runs by {PRODUCT_DEFAULT}.", transfer.procedure_clause
        case.note("procedure", text, heard.now, rung=case.here, clause=clause)
    case.ask_to_answer_wish(heard.message.event_at)


def resolution_meeting_held(heard: ClientSaid, facts: ResolutionMet) -> None:
    heard.say(
        "The person, the worker and the supervisor talked it over.", _clause(heard)
    )
    _change(heard, met=True)


def change_withdrawn(heard: ClientSaid, facts: ChangeWithdrawn) -> None:
    """Only whoever asked takes it back (CS-X-8). Where the person and who speaks for them disagree, both are on record, and
    whoever answers the wish decides by who may legally say (S-12)."""
    if facts.by in ("worker", "supervisor"):
        raise heard.refused(
            f"A {facts.by} cannot take back what the person asked for; only the client, guardian, family or spokesperson can."
        )
    _change(heard, against=_against(heard, facts.by))
    wish = heard.case.known.change
    if wish and wish.wanted_by:
        others = " and ".join(wish.wanted_by)
        text = f"The {facts.by} does not want another worker, and the {others} does. Both are on record; it stays to be decided by who may legally say."
        heard.note("change_disputed", text, _clause(heard))
        return
    heard.say(f"The {facts.by} no longer wants another worker.", _clause(heard))
    _change(heard, outcome="withdrawn", ended_at=heard.message.event_at)
    heard.drop(Act.change, Act.help_with_change, text="Withdrawn by the person.")


def _against(heard: ClientSaid, by: str) -> tuple[str, ...]:
    wish = heard.case.known.change
    return tuple(dict.fromkeys((*wish.against, by))) if wish else (by,)


def _clause(heard: ClientSaid) -> str:
    transfer = heard.case.policy.transfer
    return transfer.clause if transfer else heard.case.policy.clause


def _change(heard: ClientSaid, **fields: object) -> None:
    known = heard.case.known
    known.changes = [
        each if each.outcome else each.model_copy(update=fields)
        for each in known.changes
    ]


def worker_changed(heard: ClientSaid, facts: WorkerChanged) -> None:
    """Explained to all and handed over on record (CS-V-8); a choice or an explanation of why there was none (CS-W-6)."""
    duties, transfer = heard.duties(), heard.case.policy.transfer
    clause = transfer.clause if transfer else heard.case.policy.clause
    if facts.explanation is None:
        raise heard.refused(f"explanation: a change is explained in full ({clause}).")
    if facts.handover is None:
        raise heard.refused(f"handover: a change is handed over on record ({clause}).")
    current = heard.case.known.assignment
    if current and current.seat == facts.assigned:
        raise heard.unreadable("assigned: that is who the worker is now; name another.")
    honoured = check_match(heard, facts)
    check_worker(heard, facts)
    words = "\n".join((facts.explanation, facts.handover))
    heard.discharge("Another worker takes over.", words=words, duties=duties)
    if transfer:
        offered = (
            f"{len(facts.considered)} looked at" if facts.considered else "explained"
        )
        heard.say(
            f"Choices of another worker: {offered}.", transfer.alternatives_clause
        )
    _settle_help(heard, "Another worker takes over.")
    before = heard.case.seated[heard.case.policy.coordinator]
    take_worker(heard, facts)
    heard.case.tell("relieved", before, rung=heard.case.stage, clause=clause)
    written = (Act.assignment_record,) if facts.record_entry else ()
    heard.case.come(Moment.changed, heard.message.event_at, skip=written)
    _change(
        heard,
        outcome="honoured" if honoured else "partly",
        ended_at=heard.message.event_at,
        considered=facts.considered,
    )
    explain(heard, facts, "client_change", honoured)


def change_not_granted(heard: ClientSaid, facts: ChangeNotGranted) -> None:
    duties, rules = heard.duties(), heard.case.policy.preferences
    check_explained(heard, facts.explanation, facts.considered)
    if facts.limited_by == "resources" and facts.revisit_on is None:
        clause = rules.resource_clause if rules else heard.case.policy.clause
        raise heard.unreadable(
            f"revisit_on: say when a match is looked for again ({clause})."
        )
    said = "honoured in part" if facts.outcome == "partly" else "not honoured"
    text = f"The wish for another worker is {said}, with an explanation."
    heard.discharge(text, words=facts.explanation or "", duties=duties)
    _settle_help(heard, text)
    _change(
        heard,
        outcome=facts.outcome,
        ended_at=heard.message.event_at,
        considered=facts.considered,
        explanation=facts.explanation,
    )
    owe_explanation(heard, "client_change")
    if facts.limited_by == "resources":
        clause = rules.resource_clause if rules else _clause(heard)
        look_again(heard, clause, facts.revisit_on)


def _settle_help(heard: ClientSaid, text: str) -> None:
    duties = heard.case.outstanding(Act.help_with_change)
    heard.discharge(text, duties=duties)


def capacity_freed(heard: ClientSaid, facts: CapacityFreed) -> None:
    """The supervisor is asked to look again (CS-V-2)."""
    case = heard.case
    for duty in case.outstanding(Act.revisit):
        clause = duty.clause
        heard.note("capacity", "A worker has room again: look for a match.", clause)
        for holder in duty.holders:
            case.tell("capacity", holder, rung=duty.rung, clause=clause, what=duty.text)


def match_looked_for(heard: ClientSaid, facts: MatchLookedFor) -> None:
    duties = heard.duties()
    found = "one was found" if facts.found else "none was found"
    text = f"A worker who fits the wish was looked for again: {found}."
    heard.discharge(text, duties=duties)
    heard.case.known.look_again_from = heard.case.known.look_again_on = None
    if not facts.found:
        look_again(heard, duties[0].clause)


def satisfaction_recorded(heard: ClientSaid, facts: SatisfactionRecorded) -> None:
    """Expectation by expectation (CS-V-4), and a chance to say whom they would rather work with (CS-V-3)."""
    known = heard.case.known
    known.expectations = [
        Expectation(expectation=each.expectation, met=each.met)
        for each in facts.expectations
    ]
    known.choice_offered_at.append(heard.message.event_at)
    met = sum(each.met for each in facts.expectations)
    count = len(facts.expectations)
    transfer = heard.case.policy.transfer
    clause = transfer.satisfaction_clause if transfer else None
    heard.say(f"{met} of {count} expectations are met.", clause)
    if facts.wants_change:
        change_requested(heard, ChangeRequested(event_at=facts.event_at, by=facts.by))


def self_assessed(heard: ClientSaid, facts: SelfAssessed) -> None:
    """Kept apart: it is never shown in the person's own record (CS-V-6)."""
    transfer = heard.case.policy.transfer
    clause = transfer.self_assessment_clause if transfer else None
    text = "The worker looked at their own part."
    heard.say(text, clause, facts.reflection)


def supervision_held(heard: ClientSaid, facts: SupervisionHeld) -> None:
    heard.say(
        "Worker and supervisor talked about whether a change is in the person's interest."
    )
    _change(heard, supervised=True)


# -- independence -------------------------------------------------------------------------------------------------------


def conflict_of_interest_reported(
    heard: ClientSaid, facts: ConflictOfInterestReported
) -> None:
    """A grievance, looked at by somebody of another organization than the one complained of (CF-S-4)."""
    rules = heard.case.independence
    clause = rules.grievance if rules else heard.case.policy.clause
    reviewer = _reviewer(heard, facts.about)
    words = f"About {facts.about}.\n{facts.words}"
    heard.say("The family reports a conflict of interest.", clause, words)
    title = heard.case.seated[reviewer].title
    about = f"The family reports a conflict of interest; {title} looks at it."
    heard.flag(clause, about, exception=None, reviewer=reviewer, reported=True)


def _reviewer(heard: ClientSaid, about: str) -> RoleId:
    """Somebody of another organization than the one complained of, and not the worker in another seat."""
    policy, seated = heard.case.policy, heard.case.seated
    worker = seated[heard.case.worker].person
    for role in (policy.oversight, policy.administrator):
        found = seated[role]
        is_theirs = found.organization.casefold() == about.casefold()
        if not (found.is_empty or is_theirs or found.person == worker):
            return role
    raise heard.refused(
        "Nobody here could look at this who is not of the organization complained of. Give it to the state's oversight by the grievance route, and have the Agency Administrator seat a reviewer of another organization."
    )


def exception_settled(heard: ClientSaid, facts: ExceptionSettled) -> None:
    if facts.resolution == "accepted" and facts.review_on is None:
        raise heard.unreadable("review_on: an exception is looked at again; say when.")
    duties, known = heard.duties(), heard.case.known
    known.flags = [
        each.model_copy(
            update={
                "resolution": facts.resolution,
                "reason": facts.reason,
                "settled_by": heard.message.actor.person,
                "review_on": facts.review_on,
            }
        )
        if each.number == facts.exception
        else each
        for each in known.flags
    ]
    text = f"Exception {facts.exception} is {facts.resolution}."
    heard.discharge(text, words=facts.reason, duties=duties)
