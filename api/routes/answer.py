"""The page behind a signed link: it says what is asked and of whom, and takes one answer. For people without an account."""

import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from pydantic import JsonValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from api import pages
from api.answering import ANSWERS, Page, in_plain_words, page_of, read
from api.deps import Parts, TheParts
from api.errors import RefusedByCase, TemporalAway
from api.followed import Opened, Shut, open_link, recorded
from api.routes.messages import deliver
from throughcare.domain.refusals import Refused
from throughcare.domain.seats import Actor, Capacity, HeldSeat
from throughcare.errors import ThroughcareError
from throughcare.messages import Envelope
from throughcare.store.cases import find_message
from throughcare.store.links import give_back, use
from throughcare.store.tables import LinkRow

log = structlog.get_logger("throughcare.api")

ANOTHER_ANSWER = Shut(
    409,
    "Another answer was sent with this link",
    "It is being applied. Open the link again in a minute to see what became of it.",
)
NOT_NOW = Shut(
    503,
    "This page cannot be shown just now",
    "Please try again in a minute. The same answer sent twice counts once.",
)


class PlainPages(APIRoute):
    """Whoever comes here is no program: what is wrong is told on a page, too."""

    def get_route_handler(
        self,
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except Shut as shut:
                return _shut(shut)
            except HTTPException as error:
                phrase = HTTPStatus(error.status_code).phrase
                return _shut(Shut(error.status_code, phrase, "Nothing was changed."))
            except (OperationalError, ThroughcareError) as error:
                log.error("request.failed", exc_info=error)
                return _shut(NOT_NOW)

        return handled


router = APIRouter(prefix="/answer", include_in_schema=False, route_class=PlainPages)


@router.get("/{token}")
async def show(token: str, parts: TheParts) -> HTMLResponse:
    """Reading changes nothing: mail scanners open links too."""
    opened = await open_link(token, parts)
    problem = ""
    if opened.refusal:
        refusal = in_plain_words(opened.refusal)
        problem = f"What you sent before was not applied: {refusal}"
    elif opened.link.message_id:
        problem = "An answer was sent with this link, and is still to be applied. Only the same answer can be sent again."
    return await _form(opened, parts, problem)


@router.post("/{token}")
async def answer(token: str, request: Request, parts: TheParts) -> HTMLResponse:
    """One answer. A refusal by the case leaves the link as good as it was."""
    opened = await open_link(token, parts)
    async with request.form(max_files=0, max_fields=100) as form:
        try:
            name, facts = read(form, opened.link.rung, opened.zone)
        except ValueError as error:
            return await _form(opened, parts, str(error), 422, form)
        try:
            applied = await _hand_in(opened, name, facts, parts)
        except (Refused, TemporalAway) as error:
            # The case may have moved on since the page was opened, and that be why.
            opened = await open_link(token, parts)
            return await _form(opened, parts, _why(error), error.status, form)
    return _thanks(name, opened, applied)


async def _hand_in(
    opened: Opened, name: str, facts: dict[str, JsonValue], parts: Parts
) -> bool:
    """As `deliver`. The link is taken before the case hears of it, so that two clicks never send two answers."""
    link, now = opened.link, datetime.now(UTC)
    refused = opened.heard.id if opened.heard else None
    async with parts.database.sessions.begin() as session:
        message_id = await _message_id(session, link, name, facts)
        if not await use(session, link.id, message_id, now, refused=refused):
            raise ANOTHER_ANSWER
    held = HeldSeat(seat=link.seat_id, capacity=Capacity.link)
    envelope = Envelope(
        message_id=message_id,
        actor=Actor(person=link.person_id, seats=(held,), chosen=link.seat_id),
        received_at=now,
        facts=facts,
    )
    try:
        applied = await deliver(link.case_id, name, envelope, parts)
    except (Refused, TemporalAway) as error:
        async with parts.database.sessions.begin() as session:
            await give_back(session, link.id, message_id)
        kind = error.kind if isinstance(error, RefusedByCase) else type(error).__name__
        _log("link.refused", link, name, kind=kind)
        raise
    _log("link.used", link, name)
    return applied


async def _message_id(
    session: AsyncSession, link: LinkRow, name: str, facts: dict[str, JsonValue]
) -> str:
    """The same answer sent twice is the same message, and heard once. One that was kept and then refused is a new one:
    a case never changes what it said of a message."""
    said = json.dumps([name, facts], sort_keys=True)
    words = f"{link.id}-{sha256(said.encode()).hexdigest()[:12]}"
    times = 1
    while True:
        message_id = f"{words}-{times}"
        heard = await find_message(session, link.case_id, message_id)
        if heard is None or heard.applied:
            return message_id
        times += 1


def _why(error: Refused | TemporalAway) -> str:
    if isinstance(error, Refused):
        return in_plain_words(str(error))
    return "It cannot be taken just now. Please send it again in a minute."


def _log(event: str, link: LinkRow, name: str, **more: str) -> None:
    log.info(event, link_id=link.id, case_id=link.case_id, message_name=name, **more)


# -- pages ----------------------------------------------------------------------------------------------------------


async def _form(
    opened: Opened,
    parts: Parts,
    problem: str = "",
    status: int = 200,
    form: FormData | None = None,
) -> HTMLResponse:
    """With what was written in `form`, so that nobody has to write it twice."""
    pack = await parts.shelf.pack(opened.whole.row.pack_digest)
    page = page_of(opened.link, opened.whole, pack, opened.zone)
    title, lines = "Your answer is asked for", []
    if not page.forms:
        title = "Nothing is asked of you now"
        lines = ["At this step, nothing can be entered from your seat any more."]
    return _page(title, lines, problem, page, status, form)


def _thanks(name: str, opened: Opened, applied: bool) -> HTMLResponse:
    done = "Thank you. You can close this page."
    if applied:
        line = recorded(name, opened, datetime.now(UTC))
        return _page("Your answer is recorded", [line, done])
    line = f"“{ANSWERS[name].label}”: kept, and applied as soon as it can be."
    return _page("Your answer is kept", [line, done], status=202)


def _shut(shut: Shut) -> HTMLResponse:
    return _page(shut.title, [shut.detail], status=shut.status)


def _page(
    title: str,
    lines: list[str],
    problem: str = "",
    page: Page | None = None,
    status: int = 200,
    form: FormData | None = None,
) -> HTMLResponse:
    def given(message: str, field: str) -> list[str]:
        if form is None or form.get("message") != message:
            return []
        return [str(each) for each in form.getlist(field)]

    return pages.page(
        "answer.html",
        status,
        title=title,
        lines=lines,
        problem=problem,
        page=page,
        given=given,
    )
