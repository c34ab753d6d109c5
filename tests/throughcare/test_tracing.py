"""Spans leave only where somebody asks for them, and say only what is allowed."""

import asyncio
from contextlib import ExitStack

import pytest
from opentelemetry.trace import get_current_span
from sqlalchemy import Connection, select

from tests.receiver import receiving
from throughcare.store.tables import PersonRow
from throughcare.temporal.tracing import span, tracing

SECRET = "Robin-Client"


async def sent_of(act) -> bytes:
    """All that a collector gets of what is done here."""
    async with receiving(answers=[200]) as collector:
        opened = ExitStack()
        opened.enter_context(tracing(collector.url, "test"))
        try:
            await act()
        finally:
            # It waits for the collector, which answers on this loop.
            await asyncio.to_thread(opened.close)
    return b"".join(collector.bodies)


def find_nobody(connection: Connection) -> str | None:
    return connection.scalar(select(PersonRow.id).where(PersonRow.id == SECRET))


async def test_a_transaction_is_told_by_the_name_of_its_function(database):
    async def act():
        with span("request", {"http.route": "/conflicts/{case_id}"}):
            await database.read(find_nobody)
            await database.write(find_nobody)

    sent = await sent_of(act)

    for said in (
        b"throughcare-test",
        b"request",
        b"/conflicts/{case_id}",
        b"store.read:find_nobody",
        b"store.write:find_nobody",
    ):
        assert said in sent
    assert SECRET.encode() not in sent


async def test_of_what_else_a_span_holds_nothing_leaves():
    """As the SDK of Temporal does it: an id, an event, an exception with its text, a name that somebody made up."""

    async def act():
        with pytest.raises(LookupError), span("notices.send"):
            current = get_current_span()
            current.set_attributes({"temporalWorkflowID": SECRET, "outcome": "failed"})
            current.add_event(SECRET)
            current.record_exception(ValueError(SECRET))
            raise LookupError(SECRET)
        with span(f"HandleSignal: {SECRET}"):
            pass

    sent = await sent_of(act)

    assert b"notices.send" in sent
    assert b"failed" in sent
    assert b"hidden" in sent
    assert SECRET.encode() not in sent


async def test_without_a_collector_there_are_no_spans():
    with tracing(None, "test") as interceptors, span("request") as made:
        assert (interceptors, made) == ((), None)
