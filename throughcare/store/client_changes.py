"""The trail of what is known of clients, and the locks under which it changes."""

from datetime import datetime
from uuid import uuid4  # noqa: TID251 (people enter clients, a workflow never does)

from sqlalchemy import Connection, insert, select

from throughcare.errors import ThroughcareError
from throughcare.store.database import lock
from throughcare.store.rows import one_row
from throughcare.store.tables import ClientChangeRow, ClientRow, Json


class NoSuchClient(ThroughcareError):
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such client, or it is not yours to see.")


def lock_likenesses(connection: Connection) -> None:
    """Of two who enter or change one person at once, the second finds what the first wrote. Taken before any client's row."""
    lock(connection, "client likenesses")


def lock_client(connection: Connection, client_id: str) -> ClientRow:
    """Their record, which stays as it is read until this transaction ends. Raises NoSuchClient."""
    lock_likenesses(connection)
    query = select(ClientRow).where(ClientRow.id == client_id)
    # Not its key: whoever holds a consent's lock may add to the trail meanwhile, so that neither waits for the other.
    row = one_row(connection, query.with_for_update(key_share=True))
    if row is None:
        raise NoSuchClient
    return row


def record_client_change(
    connection: Connection,
    client_id: str,
    what: str,
    before: Json,
    after: Json,
    *,
    by: str,
    at: datetime,
) -> None:
    connection.execute(
        insert(ClientChangeRow),
        {
            "id": uuid4().hex,
            "client_id": client_id,
            "at": at,
            "person_id": by,
            "what": what,
            "before": before,
            "after": after,
        },
    )
