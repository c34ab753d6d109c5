"""Open cases moved to the version of a pack in force, after a preview."""

from typing import Annotated

from fastapi import Body, Response
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.examples import MOVE
from api.once import AnsweredOnce, reply
from api.packs.policies import find_policy
from api.problems import documented
from api.routing import MAX_WRITING_BYTES, Routes
from api.shown import shows
from throughcare.case.base import Written
from throughcare.errors import BadRequestValue, NotForYou
from throughcare.store.idempotency import Reply
from throughcare.store.packs import PackInForce
from throughcare.usecases.asking import Asking
from throughcare.usecases.desk import NotConfirmed, TemporalAway
from throughcare.usecases.pack_migrations import (
    CaseMigrated,
    MovePreview,
    case_moves,
    move_case,
)
from throughcare.usecases.storable import Reason, Storable

router = Routes(prefix="/policies", tags=["policies"], largest_body=MAX_WRITING_BYTES)


class PackMigration(BaseModel):
    version: int = Field(description="The version in force, which they would move to")
    items: tuple[MovePreview, ...]


class MoveOrder(Storable, Written):
    """Which cases move, as the preview showed them."""

    cases: tuple[str, ...] = Field(min_length=1, max_length=500)
    reason: Reason


class PackMigrated(BaseModel):
    version: int
    items: tuple[CaseMigrated, ...]


@router.get(
    "/{policy_id}/moves",
    responses=documented(401, 403, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def preview_moves(
    policy_id: str, asking: SignedIn, parts: TheParts
) -> PackMigration:
    """Every open case under an earlier version, and its clock before and after a move to the one in force. Nothing moves
    by itself: a case keeps the rules it was opened under (ruling 9). For the agency administrator."""
    target = await _target(policy_id, asking, parts)
    items = await parts.database.read(case_moves, target, parts.calendars)
    shows(cases=[each.case for each in items])
    return PackMigration(version=target.ref.version, items=items)


@router.post(
    "/{policy_id}/moves",
    response_model=PackMigrated,
    responses=documented(401, 403, 404, 409, 413, 422, 503),
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
    moves = await parts.database.read(case_moves, target, parts.calendars)
    possible = {each.case: each for each in moves}
    if strangers := sorted(set(body.cases) - possible.keys()):
        raise BadRequestValue(
            "cases", f"Not open under an earlier version: {', '.join(strangers)}."
        )

    async def act(message_id: str) -> Reply:
        try:
            made = [
                await move_case(
                    possible[case], target, body.reason, message_id, asking, parts
                )
                for case in dict.fromkeys(body.cases)
            ]
        except TemporalAway as error:
            raise NotConfirmed from error  # Of the earlier ones.
        return reply(200, PackMigrated(version=target.ref.version, items=tuple(made)))

    return await once.answer(body, act)


async def _target(policy_id: str, asking: Asking, parts: Parts) -> PackInForce:
    if not asking.is_administrator:
        raise NotForYou("Cases are moved from the Agency Administrator's seat.")
    return await find_policy(policy_id, parts)
