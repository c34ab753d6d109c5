"""What open cases must still be told of: that the directory changed, or a client's consents. A row stays until every case
that it concerns was told."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from throughcare.case.base import Frozen
from throughcare.store.rows import rows
from throughcare.store.tables import OutboxRow


class Untold(Frozen):
    """Either the seats that changed, or the client whose consents did."""

    id: int
    seat_ids: tuple[str, ...]
    client_id: str | None


def note_untold(
    connection: Connection,
    at: datetime,
    *,
    seat_ids: Collection[str] = (),
    client_id: str | None = None,
) -> None:
    """As a part of the transaction that makes the change."""
    row = {"seat_ids": list(seat_ids), "client_id": client_id, "at": at}
    connection.execute(insert(OutboxRow), row)


def untold(
    connection: Connection, clients: Collection[str] | None = None
) -> tuple[Untold, ...]:
    """The earliest first: all of it, or what concerns these clients."""
    query = select(OutboxRow).order_by(OutboxRow.id)
    if clients is not None:
        query = query.where(OutboxRow.client_id.in_(list(clients)))
    found = rows(connection, query)
    return tuple(Untold.model_validate(row, from_attributes=True) for row in found)


def drop_told(connection: Connection, told: Collection[Untold]) -> None:
    """What came since stays, and is told of by itself."""
    ids = [each.id for each in told]
    connection.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))


def untold_since(connection: Connection) -> datetime | None:
    return connection.scalar(select(func.min(OutboxRow.at)))
