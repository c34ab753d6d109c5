"""Routes: by group, as there are some three hundred and the framework tries one after the other, twice; and each asks who
sends a request before anything of it is read."""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Message, Receive, Scope

from api.deps import asking
from api.limiting import Limits

NAMED = re.compile(r"\(\?P<\w+>")

MAX_BODY_BYTES = 64 * 1024
"""Of a request whose route names no other limit."""

MAX_WRITING_BYTES = 256 * 1024
"""Of what may hold many long texts: a message to a case, a section of a plan, a list of a whole agency."""

PARSED_ON_THE_LOOP = 16 * 1024
"""A larger body is parsed on a thread, so that nobody else waits for it."""


class KnownFirst(APIRoute):
    """The framework parses a body before it asks whose request it is. Here what says itself too large is refused unread, then
    whoever is not known, and only in their turn is it read, up to the limit."""

    largest_body = MAX_BODY_BYTES

    def get_route_handler(
        self,
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        is_for_the_known = _asks(self.dependant)

        async def handled(request: Request) -> Response:
            if _announced(request) > self.largest_body:
                raise HTTPException(413)
            receive = _limited(request.receive, self.largest_body)
            incoming = _Incoming(request.scope, receive)
            if not is_for_the_known:
                return await handle(incoming)
            person = (await asking(request)).person_id
            limits: Limits = request.app.state.parts.limits
            async with limits.turn(request.method, person):
                return await handle(incoming)

        return handled


class Routes(APIRouter):
    """Routes that are tried only where one of them has the path. `largest_body`, in bytes, is that of each of them."""

    _paths: re.Pattern[str] | None = None

    def __init__(
        self,
        *,
        largest_body: int = MAX_BODY_BYTES,
        route_class: type[KnownFirst] = KnownFirst,
        **more: Any,
    ) -> None:
        super().__init__(route_class=route_class, **more)
        self._largest_body = largest_body

    def add_api_route(self, *args: Any, **more: Any) -> None:
        super().add_api_route(*args, **more)
        route = self.routes[-1]
        assert isinstance(route, KnownFirst)
        route.largest_body = self._largest_body

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self._paths is None:
            self._paths = re.compile("|".join(map(_pattern, self.routes)))
        if not self._paths.match(scope["path"]):
            return Match.NONE, {}
        return super().matches(scope)


class _Incoming(Request):
    async def json(self) -> Any:
        body = await self.body()
        if len(body) <= PARSED_ON_THE_LOOP:
            return json.loads(body)
        return await asyncio.to_thread(json.loads, body)


def _asks(dependant: Dependant) -> bool:
    return dependant.call is asking or any(map(_asks, dependant.dependencies))


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _limited(receive: Receive, limit: int) -> Receive:
    """The framework has a limit of its own, but answers it in plain text."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise HTTPException(413)
        return message

    return counted


def _pattern(route: BaseRoute) -> str:
    """Of a path by itself, whatever is in it called."""
    assert isinstance(route, Route)
    return NAMED.sub("(?:", route.path_regex.pattern)
