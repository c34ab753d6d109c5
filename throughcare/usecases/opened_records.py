"""Who opened a client's record: told to those who answer for it (42 CFR 2.25, 45 CFR 164.528)."""

from sqlalchemy import Connection

from throughcare.errors import NotForYou
from throughcare.store.client_changes import NoSuchClient
from throughcare.store.clients import find_client
from throughcare.store.reads import ClientRead, ReadFilter, ReadKey, reads_of_client
from throughcare.store.rows import Total
from throughcare.usecases.asking import Asking
from throughcare.usecases.intake_staff import seen_client
from throughcare.usecases.rights import is_worker


def who_opened(
    connection: Connection,
    asking: Asking,
    client_id: str,
    wanted: ReadFilter,
    *,
    after: ReadKey | None,
    limit: int,
    total: Total,
) -> list[ClientRead]:
    """The latest first; one more than `limit` where there is another page. Raises NoSuchClient and NotForYou."""
    if asking.scope.seats is None:
        if find_client(connection, client_id) is None:
            raise NoSuchClient
    else:
        seen_client(connection, asking, client_id)
        if not is_worker(connection, asking, client_id):
            raise NotForYou(
                "Who opened a client's record is told to their worker, to whoever supervises the worker, to oversight, and to the Agency Administrator."
            )
    return reads_of_client(
        connection, client_id, wanted, after=after, limit=limit, total=total
    )
