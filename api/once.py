"""A POST is carried out once per Idempotency-Key, and answered alike however often it comes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

import structlog
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from api.deps import SignedIn, TheParts
from api.problems import MEDIA_TYPE, problem_of
from throughcare.case.patterns import IDEMPOTENCY_KEY
from throughcare.case.refusals import Refused
from throughcare.store.database import Database, DatabaseBusy
from throughcare.store.idempotency import (
    Claim,
    Reply,
    claim,
    keep,
    note_uncertain,
    settle,
    uncertain,
)
from throughcare.usecases.desk import NotConfirmed
from throughcare.usecases.ids import new_id

log = structlog.get_logger("throughcare.api")

Operation = Callable[[str], Awaitable[Reply]]
"""Carries a POST out under the id it is given, which is the same when it is tried again."""

WriteInTransaction = Callable[[Connection], Reply]
"""Carries a POST out in the transaction it is given, which also keeps its answer."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=IDEMPOTENCY_KEY,
        description="1 to 200 visible characters of your choice. The same key with the same body is answered alike and "
        "carried out once, however often it comes.",
    ),
]


class Once:
    """By `path` a key means one thing; `person` is whose key it is. `at` is when what is carried out was received first."""

    def __init__(
        self, path: str, person: str, database: Database, key: str | None
    ) -> None:
        self._path = path
        self._person = person
        self._database = database
        self._key = key
        self.at = datetime.now(UTC)

    async def answer(self, body: BaseModel, act: Operation) -> Response:
        """Raises IdempotencyKeyReused, and what `act` raises. A fault or an outage is not remembered, a refusal is."""
        if self._key is None:
            return _response(await self._without_key(body, act))
        known = await self._database.write(self._take, self._key, body, new_id())
        if known.reply:
            return _response(known.reply)
        try:
            reply = await self._carry_out(act, known)
        except Refused as refused:
            problem = problem_of(refused, self._path)
            reply = Reply(status=problem.status, body=problem.as_json())
        await self._afterwards(keep, self._person, self._key, reply)
        return _response(reply)

    async def answer_in_transaction(
        self, body: BaseModel, write: WriteInTransaction
    ) -> Response:
        """For what only SQL knows: done and remembered in one transaction, or neither. Raises as `answer`, and what is
        refused is judged anew when it is tried again."""

        def answered(connection: Connection) -> Reply:
            if self._key is None:
                return write(connection)
            known = self._take(connection, self._key, body, new_id())
            if known.reply:
                return known.reply
            reply = write(connection)
            keep(connection, self._person, self._key, reply)
            return reply

        return _response(await self._database.write(answered))

    async def _without_key(self, body: BaseModel, act: Operation) -> Reply:
        """A request whose answer was uncertain is known when it comes again; after a certain one it is another."""
        hashed = self._hash(body)
        earlier = await self._database.read(uncertain, self._person, hashed, self.at)
        known = earlier or Claim(resource_id=new_id(), at=self.at, reply=None)
        try:
            reply = await self._carry_out(act, known)
        except NotConfirmed:
            await self._afterwards(note_uncertain, self._person, hashed, known, None)
            raise
        if reply.status == 202:
            # Its sender will ask what became of it; the id is all there is to know it by.
            await self._afterwards(note_uncertain, self._person, hashed, known, reply)
        elif earlier:
            await self._afterwards(settle, self._person, hashed)
        return reply

    async def _carry_out(self, act: Operation, known: Claim) -> Reply:
        self.at = known.at
        try:
            return await act(known.resource_id)
        except NotConfirmed as error:
            error.about = (known.resource_id,)
            raise

    async def _afterwards(self, transaction: Callable[..., object], *args: Any) -> None:
        """What is done is done, whether or not it can be remembered: a key finds it again by its id."""
        try:
            await self._database.write(transaction, *args)
        except (DatabaseBusy, OperationalError) as error:
            log.warning("answer.not_kept", exc_info=error)

    def _take(
        self, connection: Connection, key: str, body: BaseModel, resource_id: str
    ) -> Claim:
        return claim(
            connection,
            self._person,
            key,
            request_hash=self._hash(body),
            resource_id=resource_id,
            at=self.at,
        )

    def _hash(self, body: BaseModel) -> str:
        text = f"POST {self._path}\n{body.model_dump_json()}"
        return sha256(text.encode()).hexdigest()


async def once(
    request: Request, asking: SignedIn, parts: TheParts, key: IdempotencyKey = None
) -> Once:
    return Once(request.url.path, asking.person_id, parts.database, key)


AnsweredOnce = Annotated[Once, Depends(once)]


def reply(status: int, body: BaseModel, *, location: str | None = None) -> Reply:
    return Reply(status=status, body=body.model_dump_json(), location=location)


def _response(reply: Reply) -> Response:
    media_type = MEDIA_TYPE if reply.status >= 400 else "application/json"
    headers = {"Location": reply.location} if reply.location else None
    return Response(reply.body, reply.status, headers, media_type)
