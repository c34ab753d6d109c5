"""Slow clients, by real sockets: nobody else waits for them."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
import uvicorn

from api.connections import Connection
from tests import waiting
from tests.workflows.conftest import free_port
from throughcare.config import Settings

SHORT = timedelta(milliseconds=300)
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"


@asynccontextmanager
async def served(service, **settings):
    """The API on a port of its own."""
    chosen = Settings(state=service.settings.state, **settings)
    port = free_port()
    config = uvicorn.Config(
        service.app,
        port=port,
        http=partial(Connection, chosen),  # type: ignore[arg-type] # called as the class would be
        lifespan="off",
        log_config=None,
        log_level="warning",
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await waiting.until(lambda: _started(server))
    try:
        yield server, port
    finally:
        server.should_exit = True
        await running


async def _started(server):
    return server.started


@asynccontextmanager
async def connected(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def everything(reader):
    async with asyncio.timeout(10):
        return await reader.read()


@pytest.fixture
async def quick(idle_service):
    """One that waits for a head or a body for a moment only."""
    async with served(idle_service, header_timeout=SHORT, body_timeout=SHORT) as api:
        yield api


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", WHOLE[:-2]])
async def test_a_head_that_does_not_come_ends_the_connection(quick, sent):
    _, port = quick
    async with connected(port) as (reader, writer):
        writer.write(sent)
        answer = await everything(reader)

    assert answer.startswith(b"HTTP/1.1 408")


async def test_one_that_trickles_in_has_no_more_time(quick):
    _, port = quick
    async with connected(port) as (reader, writer):
        answer = asyncio.create_task(everything(reader))
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        while not answer.done():
            writer.write(b"X: y\r\n")
            await asyncio.wait({answer}, timeout=0.02)

    assert (await answer).startswith(b"HTTP/1.1 408")


async def test_a_body_that_does_not_come_ends_the_connection(quick, idle_service):
    _, port = quick
    key = idle_service.keys["alder"]
    head = (
        f"POST /conflicts HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    async with connected(port) as (reader, writer):
        writer.write(head.encode())
        answer = await everything(reader)

    assert answer.startswith(b"HTTP/1.1 408")


async def test_an_answer_that_nobody_takes_ends_the_connection(quick):
    server, port = quick
    stream = socket.socket()
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    stream.connect(("127.0.0.1", port))
    for _ in range(20):
        stream.send(b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n")

    async def is_gone():
        return not server.server_state.connections

    await waiting.until(is_gone)
    stream.close()


async def test_a_request_that_comes_whole_is_answered_and_the_next_on_the_same_connection(
    quick,
):
    _, port = quick
    async with connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(WHOLE)
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(len(b'{"status":"ok"}'))
            assert head.startswith(b"HTTP/1.1 200")
            assert json.loads(body) == {"status": "ok"}


async def test_where_all_places_are_taken_the_one_who_waited_longest_makes_room(
    idle_service,
):
    async with (
        served(idle_service, connections=2) as (_, port),
        connected(port) as (first, _),
        connected(port) as (second, second_writer),
        connected(port) as (third, third_writer),
    ):
        third_writer.write(WHOLE)
        assert (await third.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        assert await everything(first) == b""
        second_writer.write(WHOLE)
        assert (await second.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
