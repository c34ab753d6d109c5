"""A message on its way to its case: delivered while the case runs, taking a closed one up again, or kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from throughcare.case.advance import handle
from throughcare.case.refusals import CaseIsClosed
from throughcare.case.seats import Actor
from throughcare.case.wire import CaseRun, Envelope, Refusal
from throughcare.errors import NothingRuns
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.access import Scope
from throughcare.store.cases import carried_run, find_case, find_message
from throughcare.store.directory import find_seats
from throughcare.store.tables import CaseRow
from throughcare.usecases.desk import GoneFromTemporal, RefusedByCase, after_the_act
from throughcare.usecases.lookups import look_up
from throughcare.usecases.services import Services
from throughcare.usecases.waiting import in_time


async def make_envelope(
    row: CaseRow,
    name: str,
    facts: Mapping[str, JsonValue],
    actor: Actor,
    services: Services,
    message_id: str,
    received_at: datetime,
) -> Envelope:
    """The message with what is looked up for it. Raises BadRequestValue."""
    message = LIFECYCLES[row.kind].messages[name]
    found = await look_up(message, facts, row, services, message_id)
    return Envelope(
        message_id=message_id,
        actor=actor,
        received_at=received_at,
        facts={**facts, **found},
    )


async def deliver(
    kind: str, case_id: str, name: str, envelope: Envelope, services: Services
) -> bool:
    """True where the message was applied, False where it is kept and will be. Raises RefusedByCase, CaseIsClosed,
    TemporalAway and NothingRuns."""
    try:
        return await services.desk.send(kind, case_id, name, envelope) is not None
    except GoneFromTemporal:
        return await _deliver_after_closing(kind, case_id, name, envelope, services)


async def _deliver_after_closing(
    kind: str, case_id: str, name: str, envelope: Envelope, services: Services
) -> bool:
    """Nothing runs any more. That is fine if this very message was handled while it did, or if it takes the case up again;
    else it is refused. False where it is kept and not yet handled."""
    message_id = envelope.message_id
    if await _was_handled(case_id, message_id, services):
        return True
    case = await services.database.read(
        find_case, Scope(seats=None), case_id, kind=kind
    )
    if case is None or case.closed_at is None:
        raise NothingRuns(case_id)
    run = await services.database.read(carried_run, case_id)
    takes_up = LIFECYCLES[kind].messages[name].takes_up
    if not takes_up or run is None or run.carried is None:
        raise CaseIsClosed(name, case.status)
    await _try_it(run, name, envelope, services)
    await services.desk.take_up(run, name, envelope)
    with after_the_act():
        return bool(await in_time(lambda: _was_handled(case_id, message_id, services)))


async def _try_it(
    run: CaseRun[Any, Any], name: str, envelope: Envelope, services: Services
) -> None:
    """Raises Refused before anything is started, judged by who sits there now."""
    assert run.carried is not None
    state, now = run.carried.state, envelope.received_at
    message = state.messages.parse(
        name,
        envelope.facts,
        message_id=envelope.message_id,
        actor=envelope.actor,
        received_at=now,
    )
    found = await services.database.read(
        find_seats, run.opening.agency, now, state.queries()
    )
    state.take_seats(found, now)
    handle(state, message)


async def _was_handled(case_id: str, message_id: str, services: Services) -> bool:
    """Raises RefusedByCase where it was, and refused."""
    row = await services.database.read(find_message, case_id, message_id)
    if row and row.refusal:
        raise RefusedByCase(Refusal.model_validate(row.refusal))
    return row is not None
