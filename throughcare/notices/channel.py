"""The ways in which notices reach people. A new one is a class of its own, and its place in the list that the worker makes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from throughcare.case.notice import Notice
from throughcare.lifecycles.client.plan_facts import Meeting
from throughcare.notices.letters import LetterWriter
from throughcare.store.addressees import LetterCase


class Parcel(NamedTuple):
    """One notice, and what a channel may make a message of. `link` stands in place of the case's address; `meetings` are those
    of the case, where the notice is of one."""

    notice: Notice
    about: LetterCase
    writer: LetterWriter
    link: str | None
    meetings: Sequence[Meeting]


class Round(Protocol):
    """What one channel does of a round of notices."""

    def servers(
        self, connection: Connection, seats: Mapping[str, str | None]
    ) -> Mapping[str, str]:
        """Of these notices those that go by this channel, and through which server: while it is away, what is for it waits. Each
        is given by its key, with the seat of the directory that it is for, if any."""

    async def send(self, parcel: Parcel, at: datetime) -> None:
        """Returns once the server has accepted it. Raises Undeliverable, ServerAway or PerhapsSent."""

    async def close(self) -> None:
        """Nothing more is to be sent."""


class Channel(Protocol):
    """`name` is what the timeline calls it. A notice goes by the first channel that takes it."""

    name: str

    def round(self) -> Round:
        """Nothing is connected before the first notice is sent."""
