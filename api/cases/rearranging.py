"""Messages that concern more than one case, or the pack a case is judged by: merge, refile, move to a newer version."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from api.cases.messages import MESSAGE_ANSWERS, hand_in, seen
from api.cases.reading import read_page, shown_as
from api.deps import KNOWN_FILTERS, Asking, Parts, SignedIn, TheParts
from api.examples import MOVE, REFILE
from api.moving import Move, moves_of
from api.once import AnsweredOnce, reply
from api.problems import documented
from throughcare.case.base import Written
from throughcare.case.refusals import Refused
from throughcare.case.seats import Side
from throughcare.case.wire import Envelope, OpenCase
from throughcare.errors import (
    BadRequestValue,
    NotForYou,
    NotThere,
    ThroughcareError,
)
from throughcare.lifecycles.conflict.lifecycle import CONFLICT, ConflictOpening
from throughcare.lifecycles.conflict.opening import choose
from throughcare.store.cases import facts_of, find_case
from throughcare.store.idempotency import Reply
from throughcare.store.tables import CaseRow
from throughcare.usecases.adopted_packs import PackInForce
from throughcare.usecases.open_conflict import both_seats, named_seat
from throughcare.usecases.storable import Storable

router = APIRouter(tags=["messages"])

Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class Merged(Storable, Written):
    """This case is about the same dispute as another one, which goes on with both."""

    into: str = Field(description="The case that goes on.")
    reason: Reason
    seat: str | None = None


class Refiled(Storable, Written):
    """The two seats the dispute is really between. They decide the ladder, as at an opening."""

    coordinator_seat: str
    counterpart_seat: str
    supervisor_is_party: Side | None = None
    reason: Reason
    seat: str | None = None


@router.post(
    "/conflicts/{case_id}/messages/merge",
    response_model=shown_as(CONFLICT),
    responses=MESSAGE_ANSWERS,
)
async def merge(
    case_id: str,
    body: Annotated[Merged, Body(examples=[CONFLICT.messages["merge"].example])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """End this case in another about the same dispute, opened twice. Both name each other from then on."""
    case = await seen("conflict", case_id, asking, parts)
    other = await _other(body.into, case, asking, parts)
    actor = asking.actor(body.seat)

    async def act(message_id: str) -> Reply:
        now = datetime.now(UTC)
        envelope = Envelope(
            message_id=message_id,
            actor=actor,
            received_at=now,
            facts={"into": other.id, "reason": body.reason},
        )
        return await hand_in("conflict", case_id, "merge", envelope, asking, parts)

    return await once.answer(body, act)


@router.post(
    "/conflicts/{case_id}/messages/refile",
    response_model=shown_as(CONFLICT),
    responses=MESSAGE_ANSWERS,
)
async def refile(
    case_id: str,
    body: Annotated[Refiled, Body(examples=[REFILE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """File a case anew on the ladder it belongs on. This one ends; `links` names the new one, which begins at once."""
    case = await seen("conflict", case_id, asking, parts)
    actor = asking.actor(body.seat)

    async def act(message_id: str) -> Reply:
        # One id for both, so that the same message twice begins one new case.
        opening = await _anew(message_id, case, body, asking, parts)
        envelope = Envelope(
            message_id=message_id,
            actor=actor,
            received_at=opening.received_at,
            facts={
                "reason": body.reason,
                "case": opening.case_id,
                "ladder": opening.about.policy.ladders[0].id,
                "opening": opening.model_dump(mode="json"),
            },
        )
        return await hand_in("conflict", case_id, "refile", envelope, asking, parts)

    return await once.answer(body, act)


async def _other(other_id: str, case: CaseRow, asking: Asking, parts: Parts) -> CaseRow:
    """The case that is to go on: open, to be seen by the asker, and between the same two seats. Raises BadRequestValue."""
    other = await parts.database.read(
        find_case, asking.scope, other_id, kind="conflict"
    )
    if other is None or other.id == case.id:
        raise BadRequestValue("into", "There is no other such case you may see.")
    if other.closed_at:
        raise BadRequestValue("into", "That case is closed.")
    pages = [
        await read_page("conflict", each, asking, parts) for each in (case.id, other.id)
    ]
    pack = await parts.adopted_packs.pack(case.pack_digest)
    workers = pack.conflict_policy.ladder(facts_of(case).ladder).workers.values()
    between = [
        {seat.seat for seat in page.seats if seat.role in workers}
        for page in pages
        if page
    ]
    if facts_of(other).ladder != facts_of(case).ladder or between[0] != between[1]:
        raise BadRequestValue("into", "That case is between other seats.")
    return other


async def _anew(
    new_id: str, case: CaseRow, body: Refiled, asking: Asking, parts: Parts
) -> OpenCase[ConflictOpening]:
    agency, packs = await parts.adopted_packs.in_force()
    in_force = next((each for each in packs if each.ref.id == case.pack_id), None)
    if in_force is None:
        raise BadRequestValue("case", "The agency no longer uses the pack it is under.")
    policy, now = in_force.pack.conflict_policy, datetime.now(UTC)
    coordinator, counterpart = await parts.database.read(
        both_seats, body.coordinator_seat, body.counterpart_seat, now
    )
    chosen = choose(
        policy,
        named_seat(coordinator, "coordinator_seat"),
        named_seat(counterpart, "counterpart_seat"),
        party=body.supervisor_is_party,
    )
    facts = facts_of(case)
    if chosen.ladder.id == facts.ladder:
        raise BadRequestValue(
            "counterpart_seat",
            f"These seats are on ladder {facts.ladder}, where the case already is.",
        )
    side = facts.raised_by
    about = ConflictOpening(
        policy=policy.model_copy(update={"ladders": (chosen.ladder,)}),
        raised_by=side,
        chosen=chosen.chosen,
        supervisor_is_party=body.supervisor_is_party,
        youth=facts.youth,
        subject=facts.subject,
        refiled_from=case.id,
    )
    return OpenCase[ConflictOpening](
        kind="conflict",
        case_id=new_id,
        agency=agency.id,
        calendar=agency.calendar,
        program=(coordinator.program if coordinator else None) or "",
        pack=in_force.ref,
        opened_by=asking.person_id,
        opened_from=chosen.seats[side],
        received_at=now,
        about=about,
    )


# -- another version of a pack -----------------------------------------------------------------------------------------


class Moves(BaseModel):
    version: int = Field(description="The version in force, which they would move to")
    items: tuple[Move, ...]


class MoveOrder(Storable, Written):
    """Which cases move, as the preview showed them."""

    cases: tuple[str, ...] = Field(min_length=1, max_length=500)
    reason: Reason


class Moved(BaseModel):
    case: str
    outcome: str = Field(
        description="`applied`, `recorded` (applied later) or `refused`"
    )
    detail: str = ""


class MovesMade(BaseModel):
    version: int
    items: tuple[Moved, ...]


@router.get(
    "/policies/{policy_id}/moves",
    responses=documented(401, 403, 404, 422),
    dependencies=KNOWN_FILTERS,
    tags=["policies"],
)
async def preview_moves(policy_id: str, asking: SignedIn, parts: TheParts) -> Moves:
    """Every open case under an earlier version, and its clock before and after a move to the one in force. Nothing moves
    by itself: a case keeps the rules it was opened under (ruling 9). For the agency administrator."""
    target = await _target(policy_id, asking, parts)
    return Moves(version=target.ref.version, items=await moves_of(target, parts))


@router.post(
    "/policies/{policy_id}/moves",
    response_model=MovesMade,
    responses=documented(401, 403, 404, 409, 413, 422, 503),
    tags=["policies"],
)
async def make_moves(
    policy_id: str,
    body: Annotated[MoveOrder, Body(examples=[MOVE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Move these cases to the version in force. Each hears it as a message of its own, on its own timeline."""
    target = await _target(policy_id, asking, parts)
    possible = {each.case: each for each in await moves_of(target, parts)}
    if strangers := sorted(set(body.cases) - possible.keys()):
        raise BadRequestValue(
            "cases", f"Not open under an earlier version: {', '.join(strangers)}."
        )

    async def act(message_id: str) -> Reply:
        made = [
            await _move(possible[case], target, body.reason, message_id, asking, parts)
            for case in dict.fromkeys(body.cases)
        ]
        return reply(200, MovesMade(version=target.ref.version, items=tuple(made)))

    return await once.answer(body, act)


async def _target(policy_id: str, asking: Asking, parts: Parts) -> PackInForce:
    if not asking.is_administrator:
        raise NotForYou("Cases are moved from the Agency Administrator's seat.")
    _, packs = await parts.adopted_packs.in_force()
    for each in packs:
        if each.ref.id == policy_id:
            return each
    raise NotThere("policy")


async def _move(
    move: Move,
    target: PackInForce,
    reason: str,
    message_id: str,
    asking: Asking,
    parts: Parts,
) -> Moved:
    ladder = target.pack.conflict_policy.ladder(move.ladder)
    policy = target.pack.conflict_policy.model_copy(update={"ladders": (ladder,)})
    envelope = Envelope(
        message_id=f"{message_id}-{move.case}",
        actor=asking.actor(None),
        received_at=datetime.now(UTC),
        facts={
            "reason": reason,
            "pack": target.ref.id,
            "version": target.ref.version,
            "digest": target.ref.digest,
            "policy": policy.model_dump(mode="json"),
        },
    )
    try:
        done = await hand_in(
            "conflict", move.case, "move_to_version", envelope, asking, parts
        )
    except (Refused, ThroughcareError) as error:
        return Moved(case=move.case, outcome="refused", detail=str(error))
    return Moved(
        case=move.case, outcome="applied" if done.status == 200 else "recorded"
    )
