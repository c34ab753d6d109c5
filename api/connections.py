"""Connections to the API: how many there are, and how long each may keep the others waiting for a place."""

from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from throughcare.config import Settings
from throughcare.metrics import LIMITED

log = structlog.get_logger("throughcare.api")

TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class Connection(HttpToolsProtocol):
    """The server waits for ever for a head, a body, or somebody who takes an answer. Here each has its time from when it
    begins, however many bytes of it trickle in."""

    def __init__(self, settings: Settings, **given: Any) -> None:
        super().__init__(**given)
        self._most = settings.connections
        self._times = {
            "head": settings.header_timeout.total_seconds(),
            "body": settings.body_timeout.total_seconds(),
        }
        self._awaited: str | None = "head"
        self._timed: str | None = None
        self._timer: TimerHandle | None = None
        self._taking: TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """For its client: nothing of it is worked on."""
        if self._awaited or self._taking:
            return True
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as the server's own
        super().connection_made(transport)
        self._opened_at = self.loop.time()
        self._set_timer()
        if len(self.connections) > self._most:
            LIMITED.labels("connections").inc()
            _longest_waiting(self.connections).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._awaited = None
        self._set_timer()
        self._unset_taking()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A request that comes whole, as most do, needs no timer.
        self._set_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._awaited = "head"

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._awaited = "body"

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._awaited = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(self._times["body"], self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unset_taking()

    def _set_timer(self) -> None:
        if self._awaited == self._timed:
            return
        if self._timer:
            self._timer.cancel()
        self._timed = self._awaited
        self._timer = (
            self.loop.call_later(self._times[self._timed], self._give_up)
            if self._timed
            else None
        )

    def _unset_taking(self) -> None:
        if self._taking:
            self._taking.cancel()
            self._taking = None

    def _give_up(self) -> None:
        LIMITED.labels("slow").inc()
        if self._taking or (self.cycle and self.cycle.response_started):
            self.transport.abort()
        else:
            self.transport.write(TOO_SLOW)
            self.transport.close()


def _longest_waiting(connections: set[Any]) -> Any:
    """It makes room for the newest, which goes itself where all the others are worked on."""
    return min(connections, key=lambda each: (not each.is_waiting, each._opened_at))
