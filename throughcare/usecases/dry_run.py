"""Tries what is said to have happened in a case on the very rules that will hear it. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from throughcare.case.advance import advance, handle
from throughcare.case.base import Frozen
from throughcare.case.needs import Found
from throughcare.case.refusals import Refused, StepsOutstanding
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
    Seated,
    SeatKind,
)
from throughcare.lifecycles.client.openings import Referral
from throughcare.lifecycles.client.policy import Independence, IntakePolicy
from throughcare.lifecycles.intake.intake import Intake
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.directory import SeatFacts
from throughcare.time.deadline import Dated


class Step(Frozen):
    """Something that happened before the case came here, as the message that says so."""

    column: str
    message: str
    at: datetime
    facts: dict[str, JsonValue]


def fills(accepts: Collection[SeatKind], seat: SeatFacts) -> bool:
    return any(kind.includes(seat.role, seat.program) for kind in accepts)


def speaks_from(
    policy: IntakePolicy, seats: Mapping[str, SeatFacts], steps: Sequence[Step]
) -> tuple[HeldSeat, ...]:
    """The seats whose part a row tells: those of the policy, and of the workers the one it names."""
    kinds = [
        kind
        for role_id, role in policy.roles.items()
        if role_id != policy.coordinator
        for kind in role.accepts
    ]
    own = [each.id for each in seats.values() if fills(kinds, each)]
    workers = [
        str(step.facts["assigned"]) for step in steps if "assigned" in step.facts
    ]
    return tuple(
        HeldSeat(seat=seat, capacity=Capacity.imported)
        for seat in dict.fromkeys((*own, *workers))
    )


def refusal(
    policy: IntakePolicy,
    independence: Independence | None,
    seats: Mapping[str, SeatFacts],
    steps: Sequence[Step],
    now: datetime,
) -> tuple[str, str] | None:
    """The first of these that a case under this policy would not take, by its column, and why."""
    held = speaks_from(policy, seats, steps)
    at = min(step.at for step in steps)
    case = Intake(
        case_id="trial",
        policy=policy,
        independence=independence,
        client="trial",
        opened_at=at,
        imported=True,
    )
    case.open(Referral(at=at, source="trial"), "trial", None, now)
    for step in steps:
        _bring_to_rest(case, seats, now)
        message = LIFECYCLES[case.kind].messages.parse(
            step.message,
            step.facts,
            message_id=step.column,
            actor=Actor(person="trial", seats=held),
            received_at=now,
        )
        try:
            case = handle(case, message)
        except StepsOutstanding as refused:
            return step.column, f"{refused.detail} Give that as well, or leave this out"
        except Refused:
            text = "the policy of this program has no such step after those that the row gives; give an earlier date that is missing, or leave this out"
            return step.column, text
    return None


def _bring_to_rest(case: Intake, seats: Mapping[str, SeatFacts], now: datetime) -> None:
    """With a directory that has somebody in every seat, and without due dates."""
    while needs := advance(case, now):
        found = [
            Seated(
                role=query.role,
                title=query.title,
                seat=query.seat or _seat_for(query.accepts, seats),
                person="trial",
            )
            for query in needs.seats
        ]
        dates = {each.key: Dated() for each in needs.dates}
        sent = len(needs.outgoing)
        found_all = Found(seats=tuple(found), dates=dates, consents=(), sent=sent)
        case.take(found_all, now)


def _seat_for(
    accepts: Collection[SeatKind], seats: Mapping[str, SeatFacts]
) -> str | None:
    return next((each.id for each in seats.values() if fills(accepts, each)), None)
