"""conflict.yaml: ladders, their rungs and who has a part on each, as data."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from throughcare.case.base import Written, shared
from throughcare.case.clock import Limit
from throughcare.case.parts import ClauseId, Reading, Role, RoleId, Roles, Strength
from throughcare.case.seats import Side
from throughcare.time.deadline import Within


class Passing(Written):
    """One side's worker or supervisor telling the next one up, or handing over the information."""

    clause: ClauseId
    sender: RoleId
    receiver: RoleId


class Joint(Written):
    """An act both sides share: a meeting, or the answer whether there is agreement."""

    clause: ClauseId
    strength: Strength


class Contact(Written):
    """Who makes the first contact with the other side. Contact begun by the other side is accepted and recorded so."""

    clause: ClauseId
    strength: Strength
    initiators: Roles


class Team(Written):
    """Who calls the Team together. Where the policy itself names none on this rung, `reading` says by which it is offered."""

    clause: ClauseId
    convener: RoleId
    reading: str | None = Field(
        default=None, exclude_if=lambda reading: reading is None
    )


class Assistance(Written):
    clause: ClauseId
    requesters: Roles
    helper: RoleId


class RungLimit(Limit):
    """How long a rung may last, and what its end does. Before it everyone with an open duty is reminded."""

    then: Literal["escalate", "remind"] = "escalate"


class Rung(Written):
    id: str
    title: str
    seats: dict[Side, Roles]
    """Per side, the roles that speak for it here."""
    notices: tuple[Passing, ...] = ()
    information: tuple[Passing, ...] = ()
    meeting: Joint | None = None
    team: Team | None = None
    contact: Contact | None = None
    assistance: Assistance | None = None
    outcome: Joint | None = None
    """Whether agreement is reached. A rung without it is notices only."""
    limit: RungLimit | None

    @property
    def main_clause(self) -> ClauseId:
        """The clause a rung is known by: of what its own two do, else of its first notice."""
        acts = (self.meeting, self.contact, self.assistance, *self.notices)
        return next(act.clause for act in acts if act)

    @property
    def roles(self) -> tuple[RoleId, ...]:
        """Every role that must be filled before this rung can start."""
        named = [*self.seats[Side.coordination], *self.seats[Side.counterpart]]
        for passing in (*self.notices, *self.information):
            named += [passing.sender, passing.receiver]
        if self.assistance:
            named.append(self.assistance.helper)
        return tuple(dict.fromkeys(named))


class Ladder(Written):
    id: str
    clause: ClauseId
    title: str
    workers: dict[Side, RoleId]
    """The two roles whose dispute this ladder is for."""
    either_side_clause: ClauseId | None = None
    """The clause that lets the other side start it; None where the source is silent and the agency's setting does (Q-01)."""
    supervisor_may_be_party: ClauseId | None = None
    closing_authority: Roles
    """Who may close a case that is unresolved at the top; an agency setting (Q-20)."""
    rungs: tuple[Rung, ...] = Field(min_length=1)


class Violation(Written):
    clause: ClauseId
    recipients: Roles


class ConflictPolicy(Written):
    """conflict.yaml: the ladders of one pack."""

    roles: dict[RoleId, Role]
    ladders: tuple[Ladder, ...] = Field(min_length=1)
    violation: Violation
    administrator: RoleId
    """Told at once when a seat is empty or a notice cannot be delivered."""
    oversight: RoleId
    """Told when a case is unresolved at the top."""
    either_side_may_open: bool = True
    top_reminder: Within
    """How often an unresolved case at the top is reminded and reported."""
    readings: tuple[Reading, ...] = ()

    def above(self, role_id: RoleId) -> tuple[RoleId, ...]:
        """The roles whose seats that role's seat reports to."""
        return tuple(
            each for each, role in self.roles.items() if role.reports_from == role_id
        )

    def ladder(self, ladder_id: str) -> Ladder:
        return next(ladder for ladder in self.ladders if ladder.id == ladder_id)


SharedConflictPolicy = Annotated[ConflictPolicy, AfterValidator(shared)]
