"""Around every request: an id, a size limit, and one log line of facts, never of what was sent."""

import re
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from throughcare.metrics import count_request
from throughcare.usecases.ids import new_id

MAX_BODY_BYTES = 256 * 1024
MAX_PAYLOADS_BYTES = 4 * 1024 * 1024
"""What the codec endpoint takes: one payload of Temporal may have 2 MiB, and a third more as JSON."""

log = structlog.get_logger("throughcare.api")


class Requests:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began = new_id(), time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, _limited(receive, _limit(scope)), watched)
        finally:
            seconds = time.perf_counter() - began
            count_request(scope["method"], _route(scope), status, seconds)
            _log(scope, status, seconds)


def _limit(scope: Scope) -> int:
    codec = scope["path"].startswith("/codec/decode")
    return MAX_PAYLOADS_BYTES if codec else MAX_BODY_BYTES


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
