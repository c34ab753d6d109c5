"""What a rung asks, and of whom, from the moment it begins. Pure."""

from collections.abc import Iterator, Mapping

from throughcare.case.case import Ask
from throughcare.case.parts import RoleId
from throughcare.case.seats import Seated, Side
from throughcare.case.wording import all_of, any_of
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.policy import (
    Assistance,
    Contact,
    Passing,
    Rung,
)

Seats = Mapping[RoleId, Seated]


def speaking(rung: Rung, side: Side | None = None) -> tuple[RoleId, ...]:
    """The roles that speak on a rung, for one side or for both."""
    sides = (side,) if side else (Side.coordination, Side.counterpart)
    return tuple(role for each in sides for role in rung.seats[each])


def asks(rung: Rung, seated: Seats) -> Iterator[Ask]:
    """What a rung opens with. All of it shares its limit."""
    yield from _passed_on(rung, seated)
    yield from _shared(rung, seated)


def _passed_on(rung: Rung, seated: Seats) -> Iterator[Ask]:
    """What goes up each side: the notice (CR-B-2a and CR-B-2b ask for no more), and apart from it the information (Q-21)."""
    for passing in rung.notices:
        text = f"{seated[passing.sender].title} tells {seated[passing.receiver].title}"
        yield _passing(ConflictAct.notice, passing, text)
    for passing in rung.information:
        sender, receiver = seated[passing.sender], seated[passing.receiver]
        text = f"{sender.title} hands the information on to {receiver.title}"
        yield _passing(ConflictAct.information, passing, text)


def _passing(act: str, passing: Passing, text: str) -> Ask:
    return Ask(
        act=act,
        clause=passing.clause,
        text=text,
        holders=(passing.sender,),
        target=passing.receiver,
    )


def _shared(rung: Rung, seated: Seats) -> Iterator[Ask]:
    """What the two sides of the rung do with each other."""
    roles = speaking(rung)
    names = all_of(seated[role] for role in roles)
    if rung.meeting:
        clause, text = rung.meeting.clause, f"{names} meet"
        yield Ask(act=ConflictAct.meeting, clause=clause, text=text, holders=roles)
    if rung.contact:
        yield _contact(rung.contact, roles, seated)
    if rung.assistance:
        yield _assistance(rung.assistance, seated)
    if rung.outcome:
        clause, text = rung.outcome.clause, f"{names} say whether they agree"
        yield Ask(act=ConflictAct.outcome, clause=clause, text=text, holders=roles)


def _contact(contact: Contact, roles: tuple[RoleId, ...], seated: Seats) -> Ask:
    others = [seated[role] for role in roles if role not in contact.initiators]
    first = any_of(seated[role] for role in contact.initiators)
    return Ask(
        act=ConflictAct.contact,
        clause=contact.clause,
        text=f"{first} contacts {all_of(others) if others else 'the other'}",
        holders=contact.initiators,
        target=others[0].role if others else None,
    )


def _assistance(assistance: Assistance, seated: Seats) -> Ask:
    asking = any_of(seated[role] for role in assistance.requesters)
    return Ask(
        act=ConflictAct.assistance,
        clause=assistance.clause,
        text=f"{asking} asks {seated[assistance.helper].title} for help",
        holders=assistance.requesters,
        target=assistance.helper,
    )
