"""The page behind a signed link: it says what is asked and of whom, and takes one answer. For people without an account."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar, Generic, TypeVar

import structlog
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from pydantic import JsonValue
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from api import pages
from api.deps import Parts, TheParts
from api.routing import KnownFirst, Routes
from api.shown import shows
from throughcare.case.refusals import Refused
from throughcare.errors import ThroughcareError, TooManyAttempts, TooManyRequests
from throughcare.store.access import Right
from throughcare.store.reads import Reader
from throughcare.usecases.desk import NotConfirmed, TemporalAway
from throughcare.usecases.link_access import (
    NO_SUCH_LINK,
    Following,
    LinkAccess,
    LinkUnusable,
)
from throughcare.usecases.link_submission import LinkAnswer, submit, take_link

log = structlog.get_logger("throughcare.api")

NOT_NOW = LinkUnusable(
    503,
    "This page cannot be shown just now",
    "Please try again in a minute. The same answer sent twice counts once.",
)
TAKEN_LATER = "It cannot be taken just now. Please send it again in a minute."
MAY_BE_TAKEN = "It is not known yet whether your answer was taken. Please send the same one again in a minute; it counts once."
STILL_TO_COME = "An answer was sent with this link, and is still to be applied. Only the same answer can be sent again."
DONE = "Thank you. You can close this page."


class UnreadableAnswer(ThroughcareError):
    """What came back is no answer of this page; says so in words for its sender."""

    status = 422


class PlainPages(KnownFirst):
    """Whoever comes here is no program: what is wrong is told on a page, too."""

    def get_route_handler(
        self,
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                async with _turn_of_link(request):
                    return await handle(request)
            except LinkUnusable as error:
                return _told(error)
            except (TooManyAttempts, TooManyRequests) as error:
                title = "Too many at once"
                told = _told(LinkUnusable(error.status, title, str(error)))
                told.headers["Retry-After"] = str(error.retry_after)
                return told
            except HTTPException as error:
                phrase = HTTPStatus(error.status_code).phrase
                return _told(
                    LinkUnusable(error.status_code, phrase, "Nothing was changed.")
                )
            except (OperationalError, ThroughcareError) as error:
                log.error("request.failed", exc_info=error)
                return _told(NOT_NOW)

        return handled


@asynccontextmanager
async def _turn_of_link(request: Request) -> AsyncIterator[None]:
    """Before anything of what came with it is read. Raises NO_SUCH_LINK, TooManyAttempts and TooManyRequests."""
    parts: Parts = request.app.state.parts
    link_id = parts.links.link_id(request.path_params["token"])
    if link_id is None:
        parts.limits.failed("link", request)
        raise NO_SUCH_LINK
    async with parts.limits.turn(request.method, link_id):
        yield


Access = TypeVar("Access", bound=LinkAccess)


class LinkPage(ABC, Generic[Access]):
    """`labels`: what the answers are called on it, by the name of the message."""

    prefix: ClassVar[str]
    template: ClassVar[str]
    labels: ClassVar[Mapping[str, str]]

    def __init__(self) -> None:
        self.router = Routes(
            prefix=self.prefix, include_in_schema=False, route_class=PlainPages
        )
        self.router.add_api_route("/{token}", self.show, methods=["GET"])
        self.router.add_api_route("/{token}", self.answer, methods=["POST"])

    @abstractmethod
    def access(
        self, connection: Connection, link_id: str | None, how: Following
    ) -> Access:
        """Raises LinkUnusable."""

    @abstractmethod
    def read(self, form: FormData, access: Access) -> tuple[str, dict[str, JsonValue]]:
        """The message and its facts as the page's form gives them. Raises UnreadableAnswer."""

    @abstractmethod
    def shown(
        self, token: str, access: Access, form: FormData | None
    ) -> dict[str, object]:
        """What the template needs; with what was written in `form`, so that nobody has to write it twice."""

    def in_words(self, refusal: str) -> str:
        """What a case refuses, for readers of this page."""
        return refusal

    async def open(self, token: str, parts: Parts) -> Access:
        access = await parts.database.read(self._access, token, parts)
        reader = Reader(person=access.link.person_id, right=Right.link)
        shows(cases=[access.case.id], reader=reader)
        return access

    async def show(self, token: str, parts: TheParts) -> HTMLResponse:
        """Reading changes nothing: mail scanners open links too."""
        access = await self.open(token, parts)
        problem = STILL_TO_COME if access.link.message_id else ""
        if access.refusal:
            refusal = self.in_words(access.refusal)
            problem = f"What you sent before was not applied: {refusal}"
        return self._form(token, access, problem)

    async def answer(
        self, token: str, request: Request, parts: TheParts
    ) -> HTMLResponse:
        """One answer. A refusal by the case leaves the link as good as it was."""
        async with request.form(max_files=0, max_fields=100) as form:

            def take(connection: Connection) -> LinkAnswer:
                access = self._access(connection, token, parts, to_answer=True)
                name, facts = self.read(form, access)
                return take_link(connection, access, name, facts, datetime.now(UTC))

            try:
                taken, applied = await submit(take, parts)
            except (UnreadableAnswer, Refused, TemporalAway) as error:
                # The case may have moved on since the page was opened, and that be why.
                access = await self.open(token, parts)
                return self._form(token, access, self._why(error), error.status, form)
        return self._thanks(taken, applied=applied)

    def _access(
        self, connection: Connection, token: str, parts: Parts, to_answer: bool = False
    ) -> Access:
        now = datetime.now(UTC)
        how = Following(self.labels, parts.calendars, now, to_answer)
        return self.access(connection, parts.links.link_id(token), how)

    def _why(self, error: UnreadableAnswer | Refused | TemporalAway) -> str:
        if isinstance(error, NotConfirmed):
            return MAY_BE_TAKEN
        if isinstance(error, TemporalAway):
            return TAKEN_LATER
        return self.in_words(str(error)) if isinstance(error, Refused) else str(error)

    def _form(
        self,
        token: str,
        access: Access,
        problem: str,
        status: int = 200,
        form: FormData | None = None,
    ) -> HTMLResponse:
        facts = {"lines": (), "problem": problem} | self.shown(token, access, form)
        return pages.page(self.template, status, **facts)

    def _thanks(self, taken: LinkAnswer, *, applied: bool) -> HTMLResponse:
        label = self.labels[taken.name]
        if applied:
            line = taken.access.recorded(label, taken.envelope.received_at)
            return _plain("Your answer is recorded", [line, DONE])
        line = f"“{label}”: kept, and applied as soon as it can be."
        return _plain("Your answer is kept", [line, DONE], 202)


def _told(why: LinkUnusable) -> HTMLResponse:
    return _plain(why.title, [why.detail], why.status)


def _plain(title: str, lines: list[str], status: int = 200) -> HTMLResponse:
    return pages.page("plain.html", status, title=title, lines=lines, problem="")
