"""Around every request: an id, and one log line of facts, never of what was sent."""

import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.etag import tags_in
from api.shown import RecordsShown, begin, read_of
from throughcare.metrics import METHODS, count_request
from throughcare.temporal.tracing import SpanFacts, span
from throughcare.usecases.ids import new_id

log = structlog.get_logger("throughcare.api")


class Requests:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began = new_id(), time.perf_counter()
        status, shown, headers = 500, begin(), Headers()

        async def watched(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], Headers(scope=message)
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            with span("request") as traced:
                try:
                    await self._app(scope, receive, watched)
                finally:
                    if traced:
                        traced.set_attributes(_traced(scope, status))
        finally:
            seconds = time.perf_counter() - began
            count_request(scope["method"], _route(scope), status, seconds)
            _log(scope, status, seconds)
            if status < 400:
                media_type = headers.get("content-type", "").split(";")[0]
                _note_read(scope, shown, request_id, media_type)


def _note_read(
    scope: Scope, shown: RecordsShown, request_id: str, media_type: str
) -> None:
    if read := read_of(shown, scope, request_id, media_type):
        scope["app"].state.parts.reads.note(read)


def _traced(scope: Scope, status: int) -> SpanFacts:
    method = scope["method"]
    return {
        "http.request.method": method if method in METHODS else "other",
        "http.route": _route(scope),
        "http.response.status_code": status,
    }


class Reads:
    """HEAD is answered as GET is, without the body; and who has already what a GET would bring them is told just that
    (RFC 9110, 9.3.2 and 13.1.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match")
        bodiless = scope["method"] == "HEAD"

        async def shortened(message: Message) -> None:
            nonlocal bodiless
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if known and message["status"] == 200 and _has(headers, known):
                    message["status"], bodiless = 304, True
                    del headers["content-length"], headers["content-type"]
            elif bodiless:
                message = {**message, "body": b""}
            await send(message)

        asked, scope["method"] = scope["method"], "GET"
        try:
            await self._app(scope, receive, shortened)
        finally:
            scope["method"] = asked


def _has(headers: MutableHeaders, known: str) -> bool:
    """Compared weakly, as a proxy may have marked the tag."""
    tag = headers.get("etag")
    if tag is None:
        return False
    return known.strip() == "*" or tag in (
        each.removeprefix("W/") for each in tags_in(known)
    )


def _log(scope: Scope, status: int, seconds: float) -> None:
    log.info(
        "request.answered",
        method=scope["method"],
        route=_route(scope),
        status_code=status,
        duration_ms=round(seconds * 1000, 1),
        person_id=scope.get("state", {}).get("person_id"),
    )


def _route(scope: Scope) -> str:
    """The template of the address, as /conflicts/:case_id: an address itself may say anything."""
    template = getattr(scope.get("route"), "path", "")
    return re.sub(r"\{(\w+)\}", r":\1", template) or "none"
