"""What somebody says of clients, with all that follows from it."""

from datetime import datetime

from sqlalchemy import Connection

from throughcare.store.consents import tell_again
from throughcare.store.likenesses import (
    Likeness,
    Settled,
    records_of_same_person,
    settle_likeness,
)


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
