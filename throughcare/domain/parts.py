"""What the policies of every lifecycle are written with: clause ids, parts that seats fill, and readings."""

from pydantic import Field

from throughcare.domain.base import Written
from throughcare.domain.seats import SeatKind, Side

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
