"""The page behind a signed link: it says what is asked and of whom, and takes one answer. For people without an account."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from api import pages
from api.answering import ANSWERS, Page, in_plain_words, page_of, read
from api.deps import Parts, TheParts
from api.followed import Opened, Shut, open_link, recorded
from api.handing import TAKEN_LATER, hand_in
from throughcare.case.refusals import Refused
from throughcare.errors import ThroughcareError
from throughcare.usecases.desk import TemporalAway
from throughcare.usecases.messages import deliver

log = structlog.get_logger("throughcare.api")

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
            name, facts = read(form, opened.link.step, opened.zone)
        except ValueError as error:
            return await _form(opened, parts, str(error), 422, form)
        try:
            send = partial(deliver, "conflict", opened.row.id, name, services=parts)
            applied = await hand_in(opened.link, opened.heard, name, facts, send, parts)
        except (Refused, TemporalAway) as error:
            # The case may have moved on since the page was opened, and that be why.
            opened = await open_link(token, parts)
            return await _form(opened, parts, _why(error), error.status, form)
    return _thanks(name, opened, applied)


def _why(error: Refused | TemporalAway) -> str:
    if isinstance(error, Refused):
        return in_plain_words(str(error))
    return TAKEN_LATER


# -- pages ----------------------------------------------------------------------------------------------------------


async def _form(
    opened: Opened,
    parts: Parts,
    problem: str = "",
    status: int = 200,
    form: FormData | None = None,
) -> HTMLResponse:
    """With what was written in `form`, so that nobody has to write it twice."""
    pack = await parts.adopted_packs.pack(opened.whole.row.pack_digest)
    page = page_of(opened.link, opened.whole, pack, opened.zone)
    title, lines = "Your answer is asked for", []
    if not page.forms:
        title = "Nothing is asked of you now"
        lines = ["At this step, nothing can be entered from your seat any more."]
    return _page(title, lines, problem, page, status, form)


def _thanks(name: str, opened: Opened, applied: bool) -> HTMLResponse:
    done = "Thank you. You can close this page."
    if applied:
        line = recorded(ANSWERS[name].label, opened, datetime.now(UTC))
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
