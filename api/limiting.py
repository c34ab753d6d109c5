"""How much one caller may ask for, counted in this process: failed attempts to be let in, changes a minute, requests at once.

A right key always works, however many wrong ones came before it: who is over a limit of attempts is only told so sooner.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import time
from typing import Literal

import structlog
from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from throughcare.config import Settings
from throughcare.errors import TooManyAttempts, TooManyRequests
from throughcare.metrics import LIMITED

log = structlog.get_logger("throughcare.api")

Proof = Literal["key", "sign_in", "link", "webhook"]
"""By what somebody tries to be let in."""

KEYS_TOLD_APART = 4096
"""The ids of keys that do not exist are a stranger's to make up; more than this many are counted together."""

ONE_HOUSEHOLD = 64
"""Bits of an IPv6 address that whoever has one has all the others of, too."""

LONGEST_TURN_SECONDS = 10
"""That one of a person's requests waits for the others; their client has given up by then."""


class Limits:
    def __init__(self, settings: Settings) -> None:
        self._counted = FixedWindowRateLimiter(MemoryStorage())
        self._attempts = RateLimitItemPerMinute(settings.attempts_per_minute)
        self._openings = RateLimitItemPerMinute(settings.openings_per_minute)
        self._changes = RateLimitItemPerMinute(settings.changes_per_minute)
        self._reading = Turns(settings.reads_at_once)
        self._changing = Turns(settings.changes_at_once)
        self.decoding = Turns(1)
        """To take 4 MiB of payloads apart is seconds of work."""

    def failed(self, proof: Proof, request: Request, key_id: str = "") -> None:
        """Counts an attempt that failed, by where it came from and by the key it was made on. Raises TooManyAttempts."""
        client = request.client.host if request.client else ""
        counted = [("from", _household(client))]
        if key_id:
            counted.append(("on", str(hash(key_id) % KEYS_TOLD_APART)))
        waits = [self._over(self._attempts, *each) for each in counted]
        if not any(waits):
            return
        LIMITED.labels(f"attempts_{proof}").inc()
        log.warning("attempts.limited", kind=proof, address=client)
        raise TooManyAttempts(max(waits))

    def opening(self, person: str) -> None:
        """Raises TooManyRequests."""
        self._change(self._openings, "openings", person)

    @asynccontextmanager
    async def turn(self, method: str, person: str) -> AsyncIterator[None]:
        """For as long as a request of this person is worked on. Raises TooManyRequests."""
        is_read = method in ("GET", "HEAD")
        if not is_read:
            self._change(self._changes, "changes", person)
        async with (self._reading if is_read else self._changing).of(person):
            yield

    def _change(self, item: RateLimitItemPerMinute, what: str, person: str) -> None:
        if wait := self._over(item, what, person):
            LIMITED.labels(what).inc()
            log.warning("requests.limited", kind=what, person_id=person)
            raise TooManyRequests(f"{item.amount} {what} a minute", wait)

    def _over(self, item: RateLimitItemPerMinute, *of: str) -> int:
        """The seconds until there is room again; 0 where there is."""
        if self._counted.hit(item, *of):
            return 0
        return max(
            1, ceil(self._counted.get_window_stats(item, *of).reset_time - time())
        )


class Turns:
    """So many requests of one person at once; the next wait for those, and hold up nobody else."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._of: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def of(self, person: str) -> AsyncIterator[None]:
        """Raises TooManyRequests where none of the others ends in time."""
        turns, here = self._of.get(person) or (asyncio.Semaphore(self._at_once), 0)
        self._of[person] = turns, here + 1
        try:
            if turns.locked():
                await self._wait(turns)
            else:
                await turns.acquire()
            try:
                yield
            finally:
                turns.release()
        finally:
            turns, here = self._of.pop(person)
            if here > 1:
                self._of[person] = turns, here - 1

    async def _wait(self, turns: asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(LONGEST_TURN_SECONDS):
                await turns.acquire()
        except TimeoutError:
            LIMITED.labels("at_once").inc()
            raise TooManyRequests(
                f"{self._at_once} requests at once", LONGEST_TURN_SECONDS
            ) from None


def key_id_of(key: str) -> str:
    """The part of a key that may be shown, of whatever was sent as one."""
    return key.removeprefix("tc_").partition("_")[0]


def _household(client: str) -> str:
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(ip_network((address, ONE_HOUSEHOLD), strict=False))
    return client
