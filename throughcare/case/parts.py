"""What the policies of every lifecycle are written with: clause ids, parts that seats fill, and readings."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from throughcare.case.base import Frozen, Written
from throughcare.case.seats import SeatKind, Side

RoleId = str
ClauseId = str


class Role(Written):
    """A part in the policy, filled by a seat. With several kinds of seat, the one chosen is recorded and kept (B3, B4)."""

    title: str
    side: Side | None = None
    accepts: tuple[SeatKind, ...] = Field(min_length=1)
    reports_from: RoleId | None = None
    """The role whose seat reports to this one; without it, the agency has one such seat."""


class Reading(Written):
    """How the agency reads a sentence that can be read in more than one way (ruling 4)."""

    id: str
    question: str
    clauses: tuple[ClauseId, ...]
    reading: str


def one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Roles = Annotated[tuple[RoleId, ...], BeforeValidator(one_or_more), Field(min_length=1)]


class Strength(StrEnum):
    """The source's verb. `should` may be passed with a recorded reason; `shall`, `will` and `must` may not."""

    must = "must"
    shall = "shall"
    will = "will"
    should = "should"
    may = "may"
    states = "states"
    """A definition, purpose or record: it asks nobody to do anything."""


class PackRef(Frozen):
    id: str
    version: int
    digest: str

    def __str__(self) -> str:
        return f"{self.id} v{self.version} ({self.digest})"
