"""Messages that concern more than one case, or the ladder it is on: merge, refile."""

from typing import Annotated

from fastapi import Body, Response

from api.cases.messages import MESSAGE_ANSWERS, hand_in, seen
from api.cases.page import shown_as
from api.deps import SignedIn, TheParts
from api.examples import REFILE
from api.once import AnsweredOnce
from api.routing import Routes
from throughcare.case.wire import Envelope
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.store.idempotency import Reply
from throughcare.usecases.rearranging import (
    Merged,
    Refiled,
    other_of_two,
    refiled_opening,
)

router = Routes(tags=["messages"])


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
    into = await parts.database.read(other_of_two, body.into, case, asking)
    actor = asking.actor(body.seat)

    async def act(message_id: str) -> Reply:
        envelope = Envelope(
            message_id=message_id,
            actor=actor,
            received_at=once.at,
            facts={"into": into, "reason": body.reason},
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
        opening = await parts.database.read(
            refiled_opening, message_id, case, body, asking
        )
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
