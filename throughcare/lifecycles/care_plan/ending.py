"""How a care plan ends, or goes to another agency: what messages about that do. Pure."""

from typing import Literal

from pydantic import Field

from throughcare.case.message import Facts, Messages
from throughcare.case.parts import ClauseId
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.conditions import (
    has_team,
    is_agreed,
    waits_for_an_answer,
)
from throughcare.lifecycles.care_plan.fields import MemberId
from throughcare.lifecycles.care_plan.said import (
    listed_as,
    member_named,
    plan_of,
    rules_of,
)
from throughcare.lifecycles.client.fields import ClientStatus, Name, Words
from throughcare.lifecycles.client.plan_facts import (
    AgencyTransfer,
    Closure,
    MemberStatus,
)
from throughcare.lifecycles.client.said import ClientSaid

ending = Messages()


@ending.message(
    "closure_agreed",
    ends=True,
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={
        "agreed_by": ["member-1", "member-2"],
        "readiness": "Lives on their own since winter.",
    },
)
class ClosureAgreed(Facts):
    """The team agrees that it is no longer needed, and says what makes the client ready (CC-08.4)."""

    agreed_by: tuple[MemberId, ...] = Field(min_length=1, max_length=100)
    readiness: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """The whole team agrees, and not the worker alone (CC-08.4)."""
        for each in self.agreed_by:
            member_named(said, each, "agreed_by")
        agreed_by = tuple(dict.fromkeys(self.agreed_by))
        _check_whole_team(said, agreed_by)
        case.life.closure = Closure(
            agreed_at=said.message.event_at,
            agreed_by=agreed_by,
            readiness=self.readiness,
        )
        text = f"The whole team agrees that it is no longer needed: {len(agreed_by)}."
        said.say(text, _clause(said), self.readiness)


def _check_whole_team(said: ClientSaid, agreed_by: tuple[str, ...]) -> None:
    """Raises Refused where somebody who is on the team now is not among them."""
    joined = [
        each
        for each in plan_of(said).life.members
        if each.status is MemberStatus.joined
    ]
    if lacking := [each for each in joined if each.id not in agreed_by]:
        raise said.refused(
            f"agreed_by: the whole team agrees to the end ({_clause(said)}); missing: {listed_as(lacking)}."
        )


@ending.message(
    "close",
    ends=True,
    by=CarePlan.staff,
    beside=True,
    when=is_agreed,
    example={},
)
class CloseCarePlan(Facts):
    """The care plan ends as the team agreed."""

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """As the team agreed; somebody who joined since is asked as well (CC-08.4)."""
        closure = case.life.closure
        assert closure is not None
        _check_whole_team(said, closure.agreed_by)
        said.write_to_client("client_closed", _clause(said))
        text = "Closed, as the team agreed."
        said.close(ClientStatus.completed, text, clause=_clause(said))


def _clause(said: ClientSaid) -> ClauseId:
    return plan_of(said).closure_clause or rules_of(said).closure.clause


@ending.message(
    "transfer_asked",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={
        "agency": "Cedar Demo Recovery",
        "reason": "Moves across the county.",
    },
)
class TransferAsked(Facts):
    """Another agency is asked to take over; it needs a consent for that agency."""

    agency: Name
    reason: Words

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """Another agency is asked once there is a consent for it; nothing goes there before (CP-E-5)."""
        clause = _transfer_clause(said)
        if not case.known.has_consent(self.agency, said.now):
            raise said.refused(
                f"agency: there is no consent for it on file ({clause}). Record it first, with that name as its recipient."
            )
        if any(each.outcome is None for each in case.life.transfers):
            raise said.refused(
                "Another agency is asked already; its answer comes first."
            )
        case.life.transfers.append(
            AgencyTransfer(
                number=len(case.life.transfers) + 1,
                agency=self.agency,
                asked_at=said.message.event_at,
                reason=self.reason,
            )
        )
        said.say("Another agency is asked to take over.", clause, self.reason)


@ending.message(
    "transfer_answered",
    by=CarePlan.staff,
    beside=True,
    when=waits_for_an_answer,
    example={"answer": "accepted"},
)
class TransferAnswered(Facts):
    """What the other agency answered; where it accepts, the care plan ends here."""

    answer: Literal["accepted", "rejected", "withdrawn"]
    reason: Words | None = None

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        clause = _transfer_clause(said)
        asked = _waiting(case)
        answered = asked.model_copy(
            update={"outcome": self.answer, "ended_at": said.message.event_at}
        )
        case.life.transfers[case.life.transfers.index(asked)] = answered
        if self.answer != "accepted":
            text = f"The other agency does not take over: {self.answer}."
            said.say(text, clause, self.reason or "")
            return
        said.write_to_client("client_closed", clause)
        text = "Another agency took over."
        said.close(ClientStatus.transferred, text, self.reason or "", clause)


def _waiting(case: CarePlan) -> AgencyTransfer:
    return next(each for each in case.life.transfers if each.outcome is None)


def _transfer_clause(said: ClientSaid) -> ClauseId:
    closure = rules_of(said).closure
    return closure.transfer_clause or closure.clause
