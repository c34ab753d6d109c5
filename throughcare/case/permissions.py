"""Which messages may come now, from which seats, and for which duties: asked of the registry and of the duties. Pure."""

from collections.abc import Iterable, Iterator

from throughcare.case.case import Case
from throughcare.case.duty import Duty
from throughcare.case.message import MessageType, Permission
from throughcare.case.parts import RoleId
from throughcare.case.refusals import Allowed


def permissions(case: Case) -> Iterator[Permission]:
    """Every permission there is now; steps cannot be run out of order (CR-P-1)."""
    if not case.seated:
        return
    for kind in case.messages.values():
        if case.is_closed and not kind.takes_up:
            continue
        if kind.when is None or kind.when(case):
            yield from _permissions_for(case, kind)


def _permissions_for(case: Case, kind: MessageType) -> Iterator[Permission]:
    if kind.discharges:
        for duty in case.outstanding(kind.discharges):
            if not case.in_the_way_of(duty):
                roles = case.discharged_by(duty)
                yield Permission(kind.name, roles, duty.step, (duty.id,), kind.beside)
    found = list(kind.permits(case)) if kind.permits else []
    if kind.by and (roles := tuple(kind.by(case))):
        found.append(Permission(kind.name, roles, beside=kind.beside))
    for permission in found:
        answered = case.outstanding(*kind.answers, step=permission.step)
        ids = (*permission.duties, *(duty.id for duty in answered))
        yield permission._replace(duties=ids)


def allowed_now(case: Case) -> tuple[Allowed, ...]:
    """The messages that may be sent now, and the seats each may come from."""
    found: dict[str, list[Permission]] = {}
    for permission in permissions(case):
        found.setdefault(permission.message, []).append(permission)
    allowed = (allowed_as(case, mine) for mine in found.values())
    return tuple(each for each in allowed if each.seats)


def allowed_as(case: Case, mine: Iterable[Permission]) -> Allowed:
    """One message, by all its permissions."""
    found = list(mine)
    seats = _seats_of(case, (role for each in found for role in each.roles))
    return Allowed(
        message=found[0].message,
        seats=tuple(seats),
        titles=tuple(seats.values()),
        beside=any(each.beside for each in found),
        steps=tuple(dict.fromkeys(each.step for each in found if each.step)),
        duties=tuple(dict.fromkeys(duty for each in found for duty in each.duties)),
    )


def seats_of(case: Case, roles: Iterable[RoleId]) -> tuple[str, ...]:
    return tuple(_seats_of(case, roles))


def _seats_of(case: Case, roles: Iterable[RoleId]) -> dict[str, str]:
    """The seats that those who play these roles now sit in, with their titles."""
    seats: dict[str, str] = {}
    for role in dict.fromkeys(roles):
        seated = case.seated.get(role)
        if seated and seated.seat:
            seats.setdefault(seated.seat, seated.title)
    return seats


def answers_to(case: Case, duty: Duty) -> tuple[str, ...]:
    """The messages that discharge a duty, whether or not it is their turn."""
    return tuple(
        kind.name
        for kind in case.messages.values()
        if duty.act == kind.discharges or duty.act in kind.answers
        if kind.when is None or kind.when(case)
    )
