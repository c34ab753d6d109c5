"""Cases that people begin: a conflict by one of its two sides, an intake by the intake unit."""

from collections.abc import Callable
from typing import Annotated, Any

import structlog
from fastapi import Body, Response
from pydantic import BaseModel, Field

from api.cases.page import read_page, shown_as
from api.cases.views import ALIKE, CaseView
from api.deps import Parts, SignedIn, TheParts
from api.examples import OPENING, REFERRAL
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routing import Routes
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.lifecycles.intake.lifecycle import INTAKE
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.idempotency import Reply
from throughcare.usecases.asking import Asking
from throughcare.usecases.desk import NotConfirmed, TemporalAway, after_the_act
from throughcare.usecases.open_conflict import ConflictBegun, conflict_opening
from throughcare.usecases.open_intake import (
    Referred,
    intake_opening,
    screen_message,
)
from throughcare.usecases.waiting import in_time

router = Routes(tags=["cases"])
log = structlog.get_logger("throughcare.api")


class OpeningRecorded(BaseModel):
    """It is kept and will begin as soon as a worker is there; until then its address answers 404."""

    case: str = Field(examples=["01JZ0000000000000000000000"])
    alike: tuple[str, ...] = Field(default=(), description=ALIKE)


ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"model": OpeningRecorded, "description": "Kept; it begins later"},
    **documented(401, 403, 409, 413, 422, 503),
}


@router.post(
    "/conflicts",
    status_code=201,
    response_model=shown_as(CONFLICT),
    responses=ANSWERS,
)
async def open_conflict(
    body: Annotated[ConflictBegun, Body(examples=[OPENING])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Open a conflict from one of its two seats. Answers with the case as it stands on its first rung."""
    parts.limits.opening(asking.person_id)

    async def act(case_id: str) -> Reply:
        opening = await conflict_opening(case_id, body, asking, parts, once.at)
        await parts.desk.open(opening)
        ladder = opening.about.policy.ladders[0].id
        log.info("case.opened", case_id=case_id, kind="conflict", ladder=ladder)
        return await _begun("conflict", case_id, asking, parts)

    return await once.answer(body, act)


@router.post(
    "/intakes",
    status_code=201,
    response_model=shown_as(INTAKE),
    responses=ANSWERS,
)
async def open_intake(
    body: Annotated[Referred, Body(examples=[REFERRAL])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """Begin an intake. Somebody who may be known here already is noticed and tied to, never merged."""
    parts.limits.opening(asking.person_id)

    async def act(case_id: str) -> Reply:
        opening = await intake_opening(case_id, body, asking, parts, once.at)
        alike = opening.about.referral.alike
        await parts.desk.open(opening)
        log.info("case.opened", case_id=case_id, kind="intake", program=opening.program)
        if body.screen:
            screen = screen_message(opening, body.screen, asking, body.seat)
            try:
                await parts.desk.send("intake", case_id, "screened", screen)
            except TemporalAway as error:
                raise NotConfirmed from error  # The intake has begun.
        return await _begun("intake", case_id, asking, parts, _shows(body), alike)

    return await once.answer(body, act)


def _shows(body: Referred) -> Callable[[CaseView[Any]], bool]:
    """Where a screen came along it is to be seen in the case."""
    return lambda page: page.branch is not None or body.screen is None


async def _begun(
    kind: str,
    case_id: str,
    asking: Asking,
    parts: Parts,
    is_whole: Callable[[CaseView[Any]], bool] = lambda _: True,
    alike: tuple[str, ...] = (),
) -> Reply:
    """The case as soon as its record can be read. A query would be answered before the first record is written, and costs
    the history three events."""

    async def look() -> CaseView[Any] | None:
        page = await read_page(kind, case_id, asking, parts)
        return page if page and is_whole(page) else None

    with after_the_act():
        page = await in_time(look)
    address = f"{LIFECYCLES[kind].path}/{case_id}"
    if page is None:
        return reply(202, OpeningRecorded(case=case_id, alike=alike), location=address)
    page = page.model_copy(update={"alike": alike})
    return reply(201, page, location=address)
