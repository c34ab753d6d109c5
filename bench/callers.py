"""Callers that work at once and without a pause, and the thinnest HTTP client: a full one would cost more than the API."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from bench.machine import HERE, Meter

Work = Callable[[int], Awaitable[None]]
"""One case, by the caller of this number."""


@dataclass(frozen=True)
class Load:
    """What one sample saw. CPU is in milliseconds for each case, by process."""

    rate: float
    cpu_ms: dict[str, float]
    others: float
    done: int


async def under_load(
    work: Work, callers: int, seconds: float, pids: Mapping[str, int]
) -> Load:
    """As many cases as get done in this time once all callers are busy; those in flight at either end count half way."""
    done, stopping = 0, False

    async def call(number: int) -> None:
        nonlocal done
        while not stopping:
            await work(number)
            done += 1

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(call(number))
        # Every caller is somewhere else in its case by then, as in a long run.
        await asyncio.sleep(min(2.0, seconds / 2))
        meter, before = Meter({**pids, "caller": os.getpid()}), done
        await asyncio.sleep(seconds)
        counted, took, used = done - before, meter.seconds, meter.used()
        others = meter.others()
        stopping = True
    cpu = {name: 1000 * spent / max(1, counted) for name, spent in used.items()}
    return Load(rate=counted / took, cpu_ms=cpu, others=others, done=counted)


async def milliseconds(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return 1000 * (time.perf_counter() - began)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = json.loads(self.body)
        return found


class Line:
    """One connection to the API, kept open. Requests go one after the other."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, key: str, body: JsonValue = None
    ) -> Answer:
        """Raises OSError, or IncompleteReadError where the other side hung up."""
        if self._open and self._open[0].at_eof():
            # While the others had their turn the server took the line for forgotten.
            self.hang_up()
        if self._open is None:
            self._open = await asyncio.open_connection(HERE, self._port)
        reader, writer = self._open
        sent = json.dumps(body).encode() if body is not None else b""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {HERE}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        writer.write(head.encode() + sent)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        pairs = (line.partition(": ") for line in lines if line)
        headers = {name.lower(): value for name, _, value in pairs}
        content = await reader.readexactly(int(headers["content-length"]))
        return Answer(int(first.split()[1]), headers, content)

    def hang_up(self) -> None:
        if self._open:
            self._open[1].close()
            self._open = None
