"""What a rung asks, and of whom, from the moment it begins. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from throughcare.case.duty import (
    Act,
    Duty,
    duty_id,
)
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.seats import Seated, Side
from throughcare.case.wording import all_of, any_of
from throughcare.lifecycles.conflict.policy import (
    Assistance,
    Contact,
    Rung,
)
from throughcare.time.deadline import Receipt

Seats = Mapping[RoleId, Seated]


class _Ask(NamedTuple):
    act: Act
    clause: ClauseId
    text: str
    holders: tuple[Seated, ...]
    target: RoleId | None = None


def speaking(rung: Rung, side: Side | None = None) -> tuple[RoleId, ...]:
    """The roles that speak on a rung, for one side or for both."""
    sides = (side,) if side else (Side.coordination, Side.counterpart)
    return tuple(role for each in sides for role in rung.seats[each])


def duties(
    rung: Rung, seated: Seats, receipt: Receipt | None, now: datetime
) -> tuple[Duty, ...]:
    """The duties a rung opens with. All of them share its limit."""
    return tuple(
        Duty(
            id=duty_id(rung.id, ask.clause, ask.act, ask.holders[0].role),
            clause=ask.clause,
            act=ask.act,
            text=ask.text,
            rung=rung.id,
            holders=ask.holders,
            opened_at=now,
            due_at=receipt.due_at if receipt else None,
            receipt=receipt,
            basis=rung.limit.basis if rung.limit else None,
            target=ask.target,
        )
        for ask in (*_passed_on(rung, seated), *_shared(rung, seated))
    )


def _passed_on(rung: Rung, seated: Seats) -> Iterator[_Ask]:
    """What goes up each side: the notice (CR-B-2a and CR-B-2b ask for no more), and apart from it the information (Q-21)."""
    for passing in rung.notices:
        sender, receiver = seated[passing.sender], seated[passing.receiver]
        text = f"{sender.title} tells {receiver.title}"
        yield _Ask(Act.notice, passing.clause, text, (sender,), passing.receiver)
    for passing in rung.information:
        sender, receiver = seated[passing.sender], seated[passing.receiver]
        text = f"{sender.title} hands the information on to {receiver.title}"
        yield _Ask(Act.information, passing.clause, text, (sender,), passing.receiver)


def _shared(rung: Rung, seated: Seats) -> Iterator[_Ask]:
    """What the two sides of the rung do with each other."""
    speakers = tuple(seated[role] for role in speaking(rung))
    if rung.meeting:
        text = f"{all_of(speakers)} meet"
        yield _Ask(Act.meeting, rung.meeting.clause, text, speakers)
    if rung.contact:
        yield _contact(rung.contact, speakers, seated)
    if rung.assistance:
        yield _assistance(rung.assistance, seated)
    if rung.outcome:
        text = f"{all_of(speakers)} say whether they agree"
        yield _Ask(Act.outcome, rung.outcome.clause, text, speakers)


def _contact(contact: Contact, speakers: tuple[Seated, ...], seated: Seats) -> _Ask:
    first = tuple(seated[role] for role in contact.initiators)
    others = [each for each in speakers if each.role not in contact.initiators]
    whom = all_of(others) if others else "the other"
    text = f"{any_of(first)} contacts {whom}"
    target = others[0].role if others else None
    return _Ask(Act.contact, contact.clause, text, first, target)


def _assistance(assistance: Assistance, seated: Seats) -> _Ask:
    asking = tuple(seated[role] for role in assistance.requesters)
    text = f"{any_of(asking)} asks {seated[assistance.helper].title} for help"
    return _Ask(Act.assistance, assistance.clause, text, asking, assistance.helper)
