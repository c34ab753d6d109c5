"""The demonstration agency: invented people in every seat of the ladders, so that there is something to try."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from throughcare.case.base import Frozen
from throughcare.case.seats import Capacity
from throughcare.store.apikeys import issue_key
from throughcare.store.directory import held_seats
from throughcare.store.tables import AgencyRow
from throughcare.usecases.directory_file import WrittenPerson, read_directory
from throughcare.usecases.installing import import_alone, install

AGENCY = Path(__file__).parents[2] / "demo" / "agency.yaml"


class DemoPerson(Frozen):
    """`seats` are those they sit in, as holder or substitute. The key is shown here only: the database keeps a hash."""

    id: str
    name: str
    seats: tuple[str, ...]
    api_key: str


def load_demo(
    connection: Connection, at: datetime, file: Path = AGENCY
) -> tuple[DemoPerson, ...]:
    """Fill an empty directory and give everybody a key. Nobody where there is an agency already.

    Raises BadFile.
    """
    import_alone(connection)
    if connection.scalar(select(AgencyRow.id).limit(1)) is not None:
        return ()
    demo = read_directory(file)
    install(connection, demo, by=None, at=at)
    return tuple(_demo_person(connection, person, at) for person in demo.people)


def _demo_person(
    connection: Connection, person: WrittenPerson, at: datetime
) -> DemoPerson:
    held = held_seats(connection, person.id, at)
    return DemoPerson(
        id=person.id,
        name=person.name,
        seats=tuple(
            each.seat for each in held if each.capacity is not Capacity.supervisor
        ),
        api_key=issue_key(connection, person.id, at),
    )
