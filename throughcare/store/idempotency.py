"""One answer per person and Idempotency-Key. The id of what a POST makes is kept before it is made, so a crash between
never makes it twice."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError
from throughcare.store.database import insert_into
from throughcare.store.tables import IdempotencyRow

REPLIES_KEPT_FOR = timedelta(hours=23)
"""A page with a client's name is in it. Looked for every hour, so none is there for longer than a day."""

KEPT_MESSAGES_FOR = timedelta(days=30)
"""What was answered with 202 says nothing of anybody, and its sender may still ask what became of it."""

RECOGNISED_FOR = timedelta(minutes=10)
"""How long a request that nobody could answer for certain is known again, without a key too, and is of the same time."""

KEPT_RECOGNISED_FOR = timedelta(minutes=1)
"""How long one that came without a key and was kept for later is taken for the same when it comes again."""

KEPT = 202


class IdempotencyKeyReused(ThroughcareError):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was sent with another request before. Send that one again, or use a new key."
        )


class Reply(Frozen):
    """An answer as it was given."""

    status: int
    body: str
    """JSON."""
    location: str | None = None


class Claim(Frozen):
    """What this key stands for, since when, and what was answered to it, if it was."""

    resource_id: str
    at: datetime
    reply: Reply | None


def claim(
    connection: Connection,
    person_id: str,
    key: str,
    *,
    request_hash: str,
    resource_id: str,
    at: datetime,
) -> Claim:
    """Take the key, or find what it was taken for. Raises IdempotencyKeyReused.

    Of several at once one takes it. The others wait in this statement until its transaction is over, and find what it kept.
    """
    insert = insert_into(connection.dialect.name, IdempotencyRow)
    given = {
        "person_id": person_id,
        "key": key,
        "request_hash": request_hash,
        "resource_id": resource_id,
        "at": at,
    }
    taking = insert.on_conflict_do_nothing().returning(IdempotencyRow.key)
    if connection.execute(taking, given).one_or_none():
        return Claim(resource_id=resource_id, at=at, reply=None)
    mine = (IdempotencyRow.person_id == person_id) & (IdempotencyRow.key == key)
    columns = IdempotencyRow.__table__.columns
    known = connection.execute(select(*columns).where(mine)).one()
    if known.request_hash != request_hash:
        raise IdempotencyKeyReused
    if known.status is None and known.at < at - RECOGNISED_FOR:
        connection.execute(update(IdempotencyRow).where(mine).values(at=at))
        return Claim(resource_id=known.resource_id, at=at, reply=None)
    return Claim(resource_id=known.resource_id, at=known.at, reply=_reply(known))


def uncertain_key(request_hash: str) -> str:
    """In place of a key, for a request that came without one. No key that is sent has a blank in it."""
    return f"uncertain {request_hash}"


def uncertain(
    connection: Connection, person_id: str, request_hash: str, now: datetime
) -> Claim | None:
    """What the same request of the same person, without a key, stands for where it was just now kept for later, or nobody could
    say whether it was. It is carried out again, under the same id."""
    known = connection.execute(
        select(*IdempotencyRow.__table__.columns).where(
            IdempotencyRow.person_id == person_id,
            IdempotencyRow.key == uncertain_key(request_hash),
        )
    ).one_or_none()
    lasts = RECOGNISED_FOR if known and known.status is None else KEPT_RECOGNISED_FOR
    if known is None or known.at <= now - lasts:
        return None
    return Claim(resource_id=known.resource_id, at=known.at, reply=None)


def note_uncertain(
    connection: Connection,
    person_id: str,
    request_hash: str,
    known: Claim,
    reply: Reply | None,
) -> None:
    """That such a request was kept for later, with what was answered, or that nobody could say; an earlier one is under its own id from now on."""
    key = uncertain_key(request_hash)
    mine = (IdempotencyRow.person_id == person_id) & (IdempotencyRow.key == key)
    earlier = mine & (IdempotencyRow.resource_id != known.resource_id)
    connection.execute(
        update(IdempotencyRow).where(earlier).values(key=IdempotencyRow.resource_id)
    )
    claim(
        connection,
        person_id,
        key,
        request_hash=request_hash,
        resource_id=known.resource_id,
        at=known.at,
    )
    if reply:
        keep(connection, person_id, key, reply)


def settle(connection: Connection, person_id: str, request_hash: str) -> None:
    """It was answered for certain after all: the next such request is another one."""
    connection.execute(
        delete(IdempotencyRow).where(
            IdempotencyRow.person_id == person_id,
            IdempotencyRow.key == uncertain_key(request_hash),
        )
    )


def keep(connection: Connection, person_id: str, key: str, reply: Reply) -> None:
    """Remember what was answered."""
    connection.execute(
        update(IdempotencyRow)
        .where(IdempotencyRow.person_id == person_id, IdempotencyRow.key == key)
        .values(status=reply.status, body=reply.body, location=reply.location)
    )


def was_sent(connection: Connection, person_id: str, resource_id: str) -> bool:
    """Whether this person sent what has this id, whatever became of it since."""
    query = select(IdempotencyRow.key).where(
        IdempotencyRow.person_id == person_id,
        IdempotencyRow.resource_id == resource_id,
    )
    return connection.execute(query.limit(1)).first() is not None


def drop_old_replies(connection: Connection, now: datetime) -> None:
    """A key is free again once its answer is gone."""
    is_kept = IdempotencyRow.status.is_not_distinct_from(KEPT)
    connection.execute(
        delete(IdempotencyRow).where(
            (IdempotencyRow.at < now - KEPT_MESSAGES_FOR)
            | ((IdempotencyRow.at < now - REPLIES_KEPT_FOR) & ~is_kept)
        )
    )


def _reply(row: Row[*tuple[Any, ...]]) -> Reply | None:
    if row.status is None:
        return None
    return Reply.model_validate(
        {"status": row.status, "body": row.body, "location": row.location}
    )
