"""The messages somebody sent that were not applied: kept until their case can take them, or refused after all."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, select, tuple_

from throughcare.case.base import Frozen
from throughcare.case.wire import Refusal
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.access import recused_from
from throughcare.store.idempotency import KEPT
from throughcare.store.rows import NO_TOTAL, Total
from throughcare.store.tables import CaseRow, IdempotencyRow, MessageRow
from throughcare.time.deadline import Instant


class OwnMessage(Frozen):
    """`address` tells what became of it. `name` is None while nothing took it."""

    id: str
    name: str | None
    at: datetime
    address: str
    refusal: Refusal | None


class MessageKey(Frozen):
    """Where a page of them ended; they are listed newest first."""

    at: Instant
    id: str


def own_messages(
    connection: Connection,
    person: str,
    *,
    after: MessageKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[OwnMessage]:
    """The newest first. One more than `limit` comes back where there is another page."""
    found = [
        *_kept(connection, person, after, limit + 1, total),
        *_refused(connection, person, after, limit + 1, total),
    ]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[: limit + 1]


def _kept(
    connection: Connection,
    person: str,
    after: MessageKey | None,
    limit: int,
    total: Total,
) -> list[OwnMessage]:
    """Where it was to a case that has not begun, it is the case that waits."""
    query = select(
        IdempotencyRow.resource_id, IdempotencyRow.at, IdempotencyRow.location
    ).where(
        IdempotencyRow.person_id == person,
        IdempotencyRow.status == KEPT,
        IdempotencyRow.location.like("%/messages/%"),
        ~exists().where(MessageRow.id == IdempotencyRow.resource_id),
    )
    total.count(connection, query)
    key = (IdempotencyRow.at, IdempotencyRow.resource_id)
    if after:
        query = query.where(tuple_(*key) < (after.at, after.id))
    query = query.order_by(*(each.desc() for each in key)).limit(limit)
    return [
        OwnMessage(id=id_, name=None, at=at, address=location or "", refusal=None)
        for id_, at, location in connection.execute(query)
    ]


def _refused(
    connection: Connection,
    person: str,
    after: MessageKey | None,
    limit: int,
    total: Total,
) -> list[OwnMessage]:
    query = (
        select(
            MessageRow.id,
            MessageRow.name,
            MessageRow.received_at,
            MessageRow.case_id,
            MessageRow.refusal,
            CaseRow.kind,
        )
        .join(CaseRow, CaseRow.id == MessageRow.case_id)
        .where(MessageRow.person_id == person, MessageRow.applied.is_(False))
        .where(CaseRow.id.not_in(recused_from(person)))
        .where(MessageRow.superseded_at.is_(None))
    )
    total.count(connection, query)
    key = (MessageRow.received_at, MessageRow.id)
    if after:
        query = query.where(tuple_(*key) < (after.at, after.id))
    query = query.order_by(*(each.desc() for each in key)).limit(limit)
    return [
        OwnMessage(
            id=row.id,
            name=row.name,
            at=row.received_at,
            address=f"{LIFECYCLES[row.kind].path}/{row.case_id}/messages/{row.id}",
            refusal=Refusal.model_validate(row.refusal),
        )
        for row in connection.execute(query)
    ]
