"""What somebody says of clients, with all that follows from it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from throughcare.case.base import Frozen
from throughcare.store.client_changes import record_client_change
from throughcare.store.clients import (
    ClientOnFile,
    ClientQuery,
    known_elsewhere,
    search_clients,
)
from throughcare.store.consents import tell_again
from throughcare.store.likenesses import (
    Likeness,
    Settled,
    records_of_same_person,
    settle_likeness,
)
from throughcare.store.tables import Json
from throughcare.usecases.asking import Asking
from throughcare.usecases.intake_staff import Staff


class KnownElsewhere(Frozen):
    """Somebody of this name may be known to another program: whom to ask, and nothing else (ruling 14)."""

    program: str
    title: str
    organization: str | None
    ask: str


def settle_who_it_is(
    connection: Connection,
    client_id: str,
    other_id: str,
    settled: Settled,
    *,
    by: str,
    at: datetime,
) -> Likeness:
    """As `settle_likeness`; what is said of one person's records also decides for which cases their consents hold."""
    found = settle_likeness(connection, client_id, other_id, settled, by=by, at=at)
    for each in (client_id, other_id):
        tell_again(connection, records_of_same_person(connection, each), at)
    return found


def look_for(
    connection: Connection,
    asking: Asking,
    wanted: ClientQuery,
    *,
    at: datetime,
    limit: int,
) -> tuple[Sequence[ClientOnFile], tuple[KnownElsewhere, ...]]:
    """The clients this person sees; to who takes people in, also which other programs may know somebody of this name. That
    they were told so is on record with each client it was about."""
    staff = Staff.of(connection)
    seen = staff.clients_seen_by(asking)
    found = search_clients(connection, seen, wanted, limit=limit)
    if not staff.seats_of(asking):
        return found, ()
    entered = {each.id: each.programs for each in staff.intake}
    programs: dict[str, None] = {}
    for record in known_elsewhere(connection, seen, wanted):
        named = (record.program,) if record.program else ()
        knows = named or entered.get(record.entered_from or "", ())
        programs |= dict.fromkeys(knows)
        told: Json = {"programs": list(knows)}
        what = "told_known_elsewhere"
        by = asking.person_id
        record_client_change(connection, record.client, what, {}, told, by=by, at=at)
    return found, tuple(_whom_to_ask(staff, each) for each in sorted(programs))


def _whom_to_ask(staff: Staff, program: str) -> KnownElsewhere:
    units = (each for each in staff.intake if not each.supervises)
    unit = next((each for each in units if program in each.programs), None)
    return KnownElsewhere(
        program=program,
        title=staff.titles.get(program, program),
        organization=unit.organization if unit else None,
        ask=unit.title if unit else "Agency Administrator",
    )
