"""How a care plan ends, or goes to another agency: what messages about that do. Pure."""

from throughcare.case.parts import ClauseId
from throughcare.lifecycles.care_plan.acts import (
    CloseCarePlan,
    ClosureAgreed,
    TransferAnswered,
    TransferAsked,
)
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.facts import (
    AgencyTransfer,
    Closure,
    MemberStatus,
)
from throughcare.lifecycles.care_plan.said import (
    listed_as,
    member_named,
    plan_of,
    rules_of,
)
from throughcare.lifecycles.client.acts import IntakeStatus
from throughcare.lifecycles.client.said import ClientSaid


def closure_agreed(heard: ClientSaid, facts: ClosureAgreed) -> None:
    """The whole team agrees, and not the worker alone (CC-08.4)."""
    case = plan_of(heard)
    for each in facts.agreed_by:
        member_named(heard, each, "agreed_by")
    agreed_by = tuple(dict.fromkeys(facts.agreed_by))
    _check_whole_team(heard, agreed_by)
    case.life.closure = Closure(
        agreed_at=heard.message.event_at,
        agreed_by=agreed_by,
        readiness=facts.readiness,
    )
    text = f"The whole team agrees that it is no longer needed: {len(agreed_by)}."
    heard.say(text, _clause(heard), facts.readiness)


def _check_whole_team(heard: ClientSaid, agreed_by: tuple[str, ...]) -> None:
    """Raises Refused where somebody who is on the team now is not among them."""
    joined = [
        each
        for each in plan_of(heard).life.members
        if each.status is MemberStatus.joined
    ]
    if lacking := [each for each in joined if each.id not in agreed_by]:
        raise heard.refused(
            f"agreed_by: the whole team agrees to the end ({_clause(heard)}); missing: {listed_as(lacking)}."
        )


def close(heard: ClientSaid, facts: CloseCarePlan) -> None:
    """As the team agreed; somebody who joined since is asked as well (CC-08.4)."""
    closure = plan_of(heard).life.closure
    assert closure is not None
    _check_whole_team(heard, closure.agreed_by)
    heard.write_to_client("client_closed", _clause(heard))
    text = "Closed, as the team agreed."
    heard.close(IntakeStatus.completed, text, clause=_clause(heard))


def _clause(heard: ClientSaid) -> ClauseId:
    return plan_of(heard).closure_clause or rules_of(heard).closure.clause


def transfer_asked(heard: ClientSaid, facts: TransferAsked) -> None:
    """Another agency is asked once there is a consent for it; nothing goes there before (CP-E-5)."""
    case, clause = plan_of(heard), _transfer_clause(heard)
    if not case.known.has_consent(facts.agency, heard.now):
        raise heard.refused(
            f"agency: there is no consent for it on file ({clause}). Record it first, with that name as its recipient."
        )
    if any(each.outcome is None for each in case.life.transfers):
        raise heard.refused("Another agency is asked already; its answer comes first.")
    case.life.transfers.append(
        AgencyTransfer(
            number=len(case.life.transfers) + 1,
            agency=facts.agency,
            asked_at=heard.message.event_at,
            reason=facts.reason,
        )
    )
    heard.say("Another agency is asked to take over.", clause, facts.reason)


def transfer_answered(heard: ClientSaid, facts: TransferAnswered) -> None:
    case, clause = plan_of(heard), _transfer_clause(heard)
    asked = _waiting(case)
    answered = asked.model_copy(
        update={"outcome": facts.answer, "ended_at": heard.message.event_at}
    )
    case.life.transfers[case.life.transfers.index(asked)] = answered
    if facts.answer != "accepted":
        text = f"The other agency does not take over: {facts.answer}."
        heard.say(text, clause, facts.reason or "")
        return
    heard.write_to_client("client_closed", clause)
    text = "Another agency took over."
    heard.close(IntakeStatus.transferred, text, facts.reason or "", clause)


def _waiting(case: CarePlan) -> AgencyTransfer:
    return next(each for each in case.life.transfers if each.outcome is None)


def _transfer_clause(heard: ClientSaid) -> ClauseId:
    closure = rules_of(heard).closure
    return closure.transfer_clause or closure.clause
