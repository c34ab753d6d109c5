"""Sends what stands in the table of notices, and tells each case of those it wants to hear of.

Several workers may do so at once: whoever claims a notice sends it. What one of them leaves behind when it dies is taken over
by another after LEASE: a letter in doubt as uncertain, a report that its case never got is made again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Self

import structlog
from sqlalchemy import Connection
from temporalio.service import RPCError

from throughcare.case.notice import Delivery
from throughcare.case.wire import NoticesSettled
from throughcare.notices.mail import FAREWELL, TIMEOUT
from throughcare.notices.sending import (
    Addressed,
    Claimed,
    Left,
    NoticeRound,
    NoticeSender,
    Terms,
    Tried,
)
from throughcare.store.database import Database
from throughcare.store.notice_queue import Settlement, done, release, settle
from throughcare.temporal.tracing import span

TURN = 1.0
"""For how many seconds letters of a round are begun. What is left by then is queued again."""

LEASE = timedelta(seconds=TURN) + TIMEOUT + FAREWELL + timedelta(seconds=5)
"""How long after it was claimed nobody else touches a notice. The margin is for clocks of two hosts that differ."""

POLL = 1.0
IDLE = 5.0
"""How many seconds pass between two looks at the table, while there is something to do and at most while there is not. A
notice that this process queues is seen at once."""

TOGETHER = 10
"""Notices of one round. A kill leaves all of a round in doubt that are not settled (docs/decisions/0004)."""

AT_ONCE = 3
"""Rounds at a time, so that a slow server holds up few of the others."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)

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


class Result(NamedTuple):
    """Of the letters of a round for one server: those that were tried, and those that nobody began to send, until when."""

    settled: Sequence[Settlement]
    untried: Sequence[str] = ()
    until: datetime | None = None


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
        self._rounds: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        if self._running:
            await self._running

    def stop(self) -> None:
        """Begin no more letters."""
        self._stopping = True
        self.queued.set()

    async def run(self) -> None:
        """Until it is told to stop."""
        wait = POLL
        while not self._stopping:
            self.queued.clear()
            try:
                found = await self.take_up()
            except Exception as error:
                # Whatever it was, the next look may find it gone; were this loop to end, no letter would leave.
                log.warning("notices.unreadable", exc_info=error)
                found = False
            if found and len(self._rounds) < AT_ONCE:
                continue
            wait = POLL if found else min(2 * wait, IDLE)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.queued.wait()
        await self.finish()

    async def take_up(self) -> bool:
        """Begin a round of what is due, where there is room for it. False where nothing was."""
        if len(self._rounds) >= AT_ONCE:
            return True
        now = self._now()
        terms = Terms(now, now - LEASE, TOGETHER, self._pauses.until)
        one = self._sender.round()
        claimed = await self._database.write(one.claim, terms)
        if claimed.letters or claimed.left:
            task = asyncio.create_task(self._carry_out(one, claimed))
            self._rounds.add(task)
            task.add_done_callback(self._over)
        return bool(claimed.letters or claimed.left) or claimed.is_full

    async def finish(self) -> None:
        """Wait for what was begun."""
        await asyncio.gather(*self._rounds)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._rounds.discard(task)
        # There may be more that there was no room for, or that waited for these.
        self.queued.set()

    async def _carry_out(self, one: NoticeRound, claimed: Claimed) -> None:
        try:
            await self._send_and_tell(one, claimed)
        except Exception as error:
            # Its letters are in doubt until they are taken over; those of other rounds leave.
            log.error("notices.failed", exc_info=error)

    async def _send_and_tell(self, one: NoticeRound, claimed: Claimed) -> None:
        with span("notices.round", {"notice.count": len(claimed.letters)}):
            async with one:
                results = await self._send_all(one, claimed.letters)
        wants = await self._database.write(_write_down, results, self._now())
        parcels = (parcel for letter in claimed.letters for parcel in letter.told)
        by_key = {parcel.notice.key: parcel for parcel in parcels}
        outcomes = [each.outcome for result in results for each in result.settled]
        mine = [
            Left(by_key[each.key].about, by_key[each.key].notice, each)
            for each in outcomes
            if each.key in wants
        ]
        await self._tell_all([*claimed.left, *mine])

    async def _send_all(
        self, one: NoticeRound, letters: Sequence[Addressed]
    ) -> Sequence[Result]:
        last_start = asyncio.get_running_loop().time() + self._turn
        by_server = attrgetter("channel", "server")
        groups = groupby(sorted(letters, key=by_server), by_server)
        return await asyncio.gather(
            *(self._send_in_order(one, list(each), last_start) for _, each in groups)
        )

    async def _send_in_order(
        self, one: NoticeRound, letters: Sequence[Addressed], last_start: float
    ) -> Result:
        """To one server. What there is no time for, or no server, goes back untried."""
        clock = asyncio.get_running_loop()
        settled: list[Settlement] = []
        for number, letter in enumerate(letters):
            until = self._pauses.until(letter.server, self._now())
            is_late = number > 0 and clock.time() > last_start
            if self._stopping or is_late or until:
                untried = [key for each in letters[number:] for key in each.keys]
                return Result(settled, untried, until)
            try:
                tried = await one.send(letter, self._now())
            except Exception as error:
                # A fault of ours in one letter, which is in doubt from then on, keeps no other from leaving.
                log.error("notices.failed", notice_key=letter.key, exc_info=error)
                continue
            again_at = self._try_again_at(letter, tried)
            settled += [
                Settlement(tried.outcome.model_copy(update={"key": key}), again_at)
                for key in letter.keys
            ]
        return Result(settled)

    def _try_again_at(self, letter: Addressed, tried: Tried) -> datetime | None:
        """While a server is away every letter for it waits; one that alone was refused for now waits alone."""
        now = self._now()
        if tried.is_away:
            return self._pauses.begin(letter.server, now)
        self._pauses.end(letter.server)
        is_over = tried.outcome.delivery is not Delivery.queued
        return None if is_over else now + pause_after(letter.row.attempts + 1)

    async def _tell_all(self, told: Sequence[Left]) -> None:
        """Written down only once the case has it for good: cut off in between it is told again, and takes each only once."""
        by_case: dict[str, list[Left]] = {}
        for each in told:
            by_case.setdefault(each.about.case_id, []).append(each)
        heard = await asyncio.gather(*map(self._tell_case, by_case.values()))
        if keys := [key for each in heard for key in each]:
            await self._database.write(done, keys, self._now())

    async def _tell_case(self, told: Sequence[Left]) -> Sequence[str]:
        """The keys of what its case has for good."""
        about = told[0].about
        outcomes = tuple((each.notice, each.outcome) for each in told)
        try:
            await self._tell(
                about.kind, about.case_id, NoticesSettled(outcomes=outcomes)
            )
        except (TimeoutError, RPCError, RuntimeError) as error:
            log.warning("notices.untold", case_id=about.case_id, exc_info=error)
            return ()
        return [each.notice.key for each in told]


def _write_down(
    connection: Connection, results: Iterable[Result], at: datetime
) -> set[str]:
    """The keys of those whose case is to be told."""
    wants: set[str] = set()
    for result in results:
        release(connection, result.untried, result.until)
        wants |= settle(connection, result.settled, at)
    return wants
