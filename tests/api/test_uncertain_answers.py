"""Where Temporal's answer is lost nobody says that nothing was changed, and the same request again finds what was done."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select

from tests import waiting
from tests.api.conftest import MEETING, OPENING, installation, working
from tests.workflows.conftest import free_port
from throughcare.store.rows import rows
from throughcare.store.tables import CaseRow, IdempotencyRow, MessageRow

NEW = {
    "program": "cars",
    "person": {"name": "Client Demo-Zinnia", "born_on": "1990-01-01"},
    "source": "A walk-in",
}


class Wire:
    """Between the API and Temporal; while it is deaf, what is said arrives and no answer comes back."""

    def __init__(self, address):
        self.host, _, port = address.partition(":")
        self.port = int(port)
        self.own_port = free_port()
        self.hears = asyncio.Event()
        self.hears.set()
        self.lines = set()

    @asynccontextmanager
    async def up(self):
        server = await asyncio.start_server(self.carry, "127.0.0.1", self.own_port)
        yield self
        server.close()
        for line in self.lines:
            line.cancel()
        await asyncio.gather(*self.lines, return_exceptions=True)

    async def carry(self, reader, writer):
        theirs, ours = await asyncio.open_connection(self.host, self.port)
        for source, sink, waits in ((reader, ours, False), (theirs, writer, True)):
            self.lines.add(asyncio.create_task(self.pass_on(source, sink, waits)))

    async def pass_on(self, source, sink, waits):
        try:
            while data := await source.read(65536):
                if waits:
                    await self.hears.wait()
                sink.write(data)
        finally:
            sink.close()

    @asynccontextmanager
    async def deaf(self):
        self.hears.clear()
        yield
        self.hears.set()


@pytest.fixture
async def wired(temporal, mail, tmp_path, fresh_database, monkeypatch):
    """An installation at work whose API reaches Temporal by a wire."""
    async with Wire(temporal).up() as wire:
        url = fresh_database()
        with monkeypatch.context() as there:
            there.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{wire.own_port}")
            made = installation(tmp_path, mailbox_port=mail, database_url=url)
            service = await made.__aenter__()
            # Only then is the wire in use: before, the client has not connected.
            await service.get(None, "/readyz")
        async with working(service):
            await service.opened()
            yield service, wire
        await made.__aexit__(None, None, None)


async def all_rows(service, table):
    return await service.app.state.parts.database.read(rows, select(table))


async def until_rows(service, table, count):
    async def are_there():
        return len(await all_rows(service, table)) >= count

    await waiting.until(are_there)
    return await all_rows(service, table)


@pytest.mark.parametrize(
    ("person", "path", "body"),
    [("alder", "/conflicts", OPENING), ("aspen", "/intakes", NEW)],
)
@pytest.mark.parametrize("key", [None, "my-key"])
async def test_an_opening_whose_answer_was_lost_is_one_case_when_sent_again(
    wired, person, path, body, key
):
    service, wire = wired
    before = await all_rows(service, CaseRow)
    async with wire.deaf():
        lost = await service.post(person, path, body, key)
    opened = await until_rows(service, CaseRow, len(before) + 1)
    again = await service.post(person, path, body, key)
    other = await service.post(person, path, body, key and "another-key")

    (made,) = {row.id for row in opened} - {row.id for row in before}
    assert lost.status_code == 503
    assert lost.json()["code"] == "NotConfirmed"
    assert lost.json()["about"] == [made]
    assert "not known" in lost.json()["detail"]
    assert "Nothing was changed" not in lost.text
    assert (again.status_code, again.json()["id"]) == (201, made)
    # That answer was certain: what comes then is meant.
    if path == "/conflicts":
        assert other.json()["id"] != made


async def test_the_time_of_an_opening_sent_again_is_when_it_came_first(wired):
    service, wire = wired
    async with wire.deaf():
        await service.post("alder", "/conflicts", OPENING, "timed")
    again = await service.post("alder", "/conflicts", OPENING, "timed")

    kept = await all_rows(service, IdempotencyRow)
    (at,) = [row.at for row in kept if row.key == "timed"]
    (row,) = [
        each
        for each in await all_rows(service, CaseRow)
        if each.id == again.json()["id"]
    ]
    assert row.opened_at == at


@pytest.mark.parametrize("key", [None, "my-key"])
async def test_a_message_whose_answer_was_lost_is_heard_once_when_sent_again(
    wired, key
):
    service, wire = wired
    case = await service.opened()
    async with wire.deaf():
        lost = await service.say("alder", case, "meeting_held", key, **MEETING)
    await until_rows(service, MessageRow, 1)
    again = await service.say("alder", case, "meeting_held", key, **MEETING)

    heard = [
        row for row in await all_rows(service, MessageRow) if row.case_id == case["id"]
    ]
    assert lost.status_code == 503
    assert "Nothing was changed" not in lost.text
    assert again.status_code in (200, 202)
    assert [row.id for row in heard] == lost.json()["about"]
