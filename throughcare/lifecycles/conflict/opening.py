"""Which ladder a dispute climbs, and who may start it. Pure.

The seat on the other side decides the ladder (CR-A-0, CR-B-0, CR-C-0); the coordinator's seat must be of a kind the
policy counts as one (CR-N-1a). Either side may start where the policy or the agency says so (CR-N-2, Q-01).
"""

from throughcare.case.base import Frozen
from throughcare.case.parts import RoleId
from throughcare.case.refusals import CannotOpen, Refused
from throughcare.case.seats import (
    Actor,
    Capacity,
    SeatKind,
    Side,
)
from throughcare.case.wording import listed
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Ladder


class NotYoursToOpen(Refused):
    """The dispute may be opened, but not by this person."""

    status = 403


class NamedSeat(Frozen):
    """A seat as somebody named it when opening a dispute."""

    id: str
    title: str
    kind: SeatKind

    def __str__(self) -> str:
        return f"{self.title} ({self.kind})"


class Opening(Frozen):
    """The ladder, and the seats that are settled from the start. `seats` holds the two named, by side."""

    ladder: Ladder
    seats: dict[Side, str]
    chosen: dict[RoleId, str]


class Raised(Frozen):
    side: Side
    seat: str
    capacity: Capacity


def choose(
    policy: ConflictPolicy,
    coordinator: NamedSeat,
    counterpart: NamedSeat,
    *,
    ladder: str | None = None,
    party: Side | None = None,
) -> Opening:
    """The ladder for these two seats. `party` is the side whose supervisor is the one concerned (CR-C-2b): the seat
    named for that side is then the supervisor's. Raises CannotOpen, which lists what would do."""
    found = _ladder_for(policy, counterpart, party)
    if ladder not in (None, found.id):
        raise CannotOpen(
            f"{counterpart} is on ladder {found.id} ({found.title}), not on the ladder asked for."
            f" Leave `ladder` out, or write {found.id}."
        )
    if party and found.supervisor_may_be_party is None:
        raise CannotOpen(
            f"On ladder {found.id} no supervisor may be a party. Ladders where one may: {_party_ladders(policy)}."
        )
    _check_coordinator(policy, found, coordinator, party)
    seats = {Side.coordination: coordinator.id, Side.counterpart: counterpart.id}
    chosen = {
        role: seats[side]
        for side in Side
        for role in _parts(policy, found, side, party)
    }
    return Opening(ladder=found, seats=seats, chosen=chosen)


def raised_by(policy: ConflictPolicy, opening: Opening, actor: Actor) -> Raised:
    """The side this person speaks for and the seat they speak from. Raises NotYoursToOpen, or CannotOpen where they
    could speak for either and do not say which."""
    rights = [
        Raised(side=side, seat=seat, capacity=capacity)
        for side, seat in opening.seats.items()
        if (capacity := actor.right_to(seat))
    ]
    if not rights:
        raise NotYoursToOpen(
            "A conflict is opened from one of its two seats, and you can act from neither."
        )
    best = min(each.capacity.rank for each in rights)
    found = [each for each in rights if each.capacity.rank == best]
    if len(found) > 1:
        seats = " or ".join(each.seat for each in found)
        raise CannotOpen(
            f"You can act from both seats. Name the one you speak from in `seat`: {seats}."
        )
    _check_side(policy, opening.ladder, found[0].side)
    return found[0]


def _check_side(policy: ConflictPolicy, ladder: Ladder, side: Side) -> None:
    its_clause_lets_it = ladder.either_side_clause is not None
    if side is Side.counterpart and not (
        its_clause_lets_it or policy.either_side_may_open
    ):
        title = policy.roles[ladder.workers[Side.coordination]].title
        raise NotYoursToOpen(
            f"By this agency's setting a conflict on ladder {ladder.id} is opened by the {title}'s side."
        )


def _ladder_for(
    policy: ConflictPolicy, counterpart: NamedSeat, party: Side | None
) -> Ladder:
    kinds = []
    for ladder in policy.ladders:
        role = policy.roles[_parts(policy, ladder, Side.counterpart, party)[-1]]
        if _accepts(role.accepts, counterpart.kind):
            return ladder
        kinds += [f"{kind} (ladder {ladder.id})" for kind in role.accepts]
    raise CannotOpen(
        f"{counterpart} is not the other side of any ladder. Seats that are: {listed(kinds)}."
        f" {_party_hint(policy)}"
    )


def _party_hint(policy: ConflictPolicy) -> str:
    return f"A supervisor's seat is named only with supervisor_is_party, on ladders: {_party_ladders(policy)}."


def _check_coordinator(
    policy: ConflictPolicy, ladder: Ladder, coordinator: NamedSeat, party: Side | None
) -> None:
    role = policy.roles[_parts(policy, ladder, Side.coordination, party)[-1]]
    if not _accepts(role.accepts, coordinator.kind):
        kinds = ", ".join(map(str, role.accepts))
        raise CannotOpen(
            f"{coordinator} cannot take the part of {role.title}. Seats that can: {kinds}."
            f" {_party_hint(policy)}"
        )


def _parts(
    policy: ConflictPolicy, ladder: Ladder, side: Side, party: Side | None
) -> tuple[RoleId, ...]:
    """The roles that the seat named for a side fills: the worker's, and its supervisor's where that one is the party."""
    worker = ladder.workers[side]
    if side is not party:
        return (worker,)
    return (worker, *policy.above(worker))


def _accepts(accepted: tuple[SeatKind, ...], kind: SeatKind) -> bool:
    return any(each.includes(kind.role, kind.program) for each in accepted)


def _party_ladders(policy: ConflictPolicy) -> str:
    return (
        ", ".join(
            ladder.id for ladder in policy.ladders if ladder.supervisor_may_be_party
        )
        or "none"
    )
