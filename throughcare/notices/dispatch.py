"""Sends what stands in the table of notices, and tells each case of those it wants to hear of.

Several workers may do so at once: whoever claims a notice sends it. What one of them leaves behind when it dies is taken over
by another after LEASE: a letter in doubt as uncertain, a report that its case never got is made again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from throughcare.case.notice import Delivered, Delivery, Notice
from throughcare.case.wire import NoticesSettled
from throughcare.notices.mail import FAREWELL, TIMEOUT
from throughcare.notices.sending import Batch, NoticeSender, Tried
from throughcare.store.database import Database
from throughcare.store.notices import (
    DueNotice,
    LetterCase,
    done,
    postpone,
    settle,
    take_over,
    to_do,
)

LEASE = TIMEOUT + FAREWELL + timedelta(seconds=6)
"""How long after it was claimed nobody else touches a notice. The margin is for clocks of two hosts that differ."""

POLL = 1.0
IDLE = 5.0
"""How many seconds pass between two looks at the table, while there is something to do and at most while there is not. A
notice that this process queues is seen at once."""

TURN = 1.0
"""For how many seconds letters of one case are begun before the case is told and the others have their turn."""

TOGETHER = 10
"""Cases whose letters are sent at a time, so that a slow server holds up few of the others."""

AT_ONCE = 50
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
AFTER_A_FAULT = timedelta(minutes=1)

Tell = Callable[[str, str, NoticesSettled], Awaitable[None]]
"""Tells a case, by its kind and id. Raises TimeoutError, RPCError or RuntimeError where it cannot be told now."""

log = structlog.get_logger("throughcare.notices")


class Pauses:
    """Until when each server is left alone: after every failure in a row twice as long as before."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}

    def until(self, server: str, now: datetime) -> datetime | None:
        until = self._until.get(server)
        return until if until and until > now else None

    def begin(self, server: str, now: datetime) -> datetime:
        """Of several letters that fail at the same time the first one begins the pause."""
        if until := self.until(server, now):
            return until
        self._failures[server] = self._failures.get(server, 0) + 1
        self._until[server] = now + pause_after(self._failures[server])
        return self._until[server]

    def end(self, server: str) -> None:
        self._until.pop(server, None)
        self._failures.pop(server, None)


def pause_after(failures: int) -> timedelta:
    doubled = FIRST_PAUSE * (1 << min(failures - 1, 10))
    return min(doubled, LONGEST_PAUSE)


class Turn:
    """One case's turn: what it is to be told, and whether anything was done at all."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.told: list[tuple[Notice, Delivered]] = []
        self.did_something = False


class Dispatcher:
    """Sends for as long as it is entered; on leaving, the letters in hand are finished. Set `queued` to have it look at once."""

    def __init__(
        self,
        database: Database,
        sender: NoticeSender,
        tell: Tell,
        now: Callable[[], datetime],
        *,
        turn: float = TURN,
    ) -> None:
        self._database = database
        self._sender = sender
        self._tell = tell
        self._now = now
        self._turn = turn
        self.queued = asyncio.Event()
        self._pauses = Pauses()
        self._in_hand: dict[str, asyncio.Task[bool]] = {}
        self._stopping = False
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        if self._running:
            await self._running

    def stop(self) -> None:
        """Begin no more letters."""
        self._stopping = True
        self.queued.set()

    async def _run(self) -> None:
        wait = POLL
        while not self._stopping:
            self.queued.clear()
            try:
                found = await self.take_up()
            except Exception as error:
                # Whatever it was, the next look may find it gone; were this loop to end, no letter would leave.
                log.warning("notices.unreadable", exc_info=error)
                found = False
            wait = POLL if found else min(2 * wait, IDLE)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.queued.wait()
        await self.finish()

    async def take_up(self) -> bool:
        """Begin what is due, as far as there is room. False where nothing was."""
        room = TOGETHER - len(self._in_hand)
        if not room:
            return True
        now = self._now()
        busy = tuple(self._in_hand)
        rows = await self._database.read(to_do, now, now - LEASE, AT_ONCE, in_hand=busy)
        for case_id, mine in list(_by_case(rows).items())[:room]:
            task = asyncio.create_task(self._take_turn(case_id, mine))
            self._in_hand[case_id] = task
            task.add_done_callback(partial(self._over, case_id))
        return bool(rows)

    async def finish(self) -> None:
        """Wait for what was begun."""
        await asyncio.gather(*self._in_hand.values())

    def _over(self, case_id: str, task: "asyncio.Task[bool]") -> None:
        del self._in_hand[case_id]
        # There may be more of it, or of others that there was no room for. Where nothing could be done it is not tried at once.
        if not task.cancelled() and task.exception() is None and task.result():
            self.queued.set()

    async def _take_turn(self, case_id: str, rows: Sequence[DueNotice]) -> bool:
        """Whether anything was done."""
        try:
            return await self._send_all(case_id, rows)
        except Exception as error:
            # A fault of ours in one letter keeps nobody else's from leaving.
            log.error("notices.failed", case_id=case_id, exc_info=error)
        with suppress(SQLAlchemyError, OSError):
            await self._postpone(rows, self._now() + AFTER_A_FAULT)
        return False

    async def _send_all(self, case_id: str, rows: Sequence[DueNotice]) -> bool:
        notices = [Notice.model_validate(row.body) for row in rows]
        batch = await self._sender.batch(case_id, notices)
        if batch is None:
            raise LookupError("no such case")
        turn, clock = Turn(batch), asyncio.get_running_loop()
        last_start = clock.time() + self._turn
        for number, (row, notice) in enumerate(zip(rows, notices, strict=True)):
            if self._stopping or (number and clock.time() > last_start):
                break
            if row.delivery == Delivery.queued:
                await self._send(turn, row, notice)
            else:
                await self._take_over(turn, row, notice)
        await self._report(batch.about, turn.told)
        return turn.did_something

    async def _send(self, turn: Turn, row: DueNotice, notice: Notice) -> None:
        server = turn.batch.server(notice)
        if until := self._pauses.until(server, self._now()):
            await self._postpone([row], until)
            turn.did_something = True
            return
        tried = await self._sender.send(turn.batch, notice)
        if tried is None:
            return
        turn.did_something = True
        try_at = self._try_again_at(server, tried, row.attempts + 1)
        wants = await self._database.write(settle, tried.outcome, self._now(), try_at)
        if wants:
            turn.told.append((notice, tried.outcome))

    def _try_again_at(
        self, server: str, tried: Tried, attempts: int
    ) -> datetime | None:
        """While a server is away every letter for it waits; one that alone was refused for now waits alone."""
        now = self._now()
        if tried.is_away:
            return self._pauses.begin(server, now)
        self._pauses.end(server)
        is_over = tried.outcome.delivery is not Delivery.queued
        return None if is_over else now + pause_after(attempts)

    async def _take_over(self, turn: Turn, row: DueNotice, notice: Notice) -> None:
        now = self._now()
        outcome = await self._database.write(take_over, row.key, now, now - LEASE)
        if outcome:
            turn.did_something = True
            turn.told.append((notice, outcome))

    async def _report(
        self, about: LetterCase, told: Sequence[tuple[Notice, Delivered]]
    ) -> None:
        """Written down only once the case has it for good: cut off in between it is told again, and takes each only once."""
        if not told:
            return
        try:
            settled = NoticesSettled(outcomes=tuple(told))
            await self._tell(about.kind, about.case_id, settled)
        except (TimeoutError, RPCError, RuntimeError) as error:
            log.warning("notices.untold", case_id=about.case_id, exc_info=error)
            return
        keys = [notice.key for notice, _ in told]
        await self._database.write(done, keys, self._now())

    async def _postpone(self, rows: Sequence[DueNotice], until: datetime) -> None:
        keys = [row.key for row in rows]
        await self._database.write(postpone, keys, until)


def _by_case(rows: Sequence[DueNotice]) -> Mapping[str, list[DueNotice]]:
    found: dict[str, list[DueNotice]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found
