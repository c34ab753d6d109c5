"""Whose turn it is: the messages that may come now, the seats each may come from, and what a message then is about. Pure.

Steps cannot be run out of order (CR-P-1): a message is named here exactly when it may come.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from throughcare.case.duty import Act, Duty
from throughcare.case.message import Message
from throughcare.case.parts import RoleId
from throughcare.case.refusals import (
    Allowed,
    NotYourSeat,
    OutOfOrder,
    Refused,
    StepsOutstanding,
    ViolationOutstanding,
)
from throughcare.case.seats import Capacity, Seated
from throughcare.lifecycles.conflict.conflict import Conflict, Status
from throughcare.lifecycles.conflict.policy import Rung
from throughcare.lifecycles.conflict.rungs import speaking

SHARED = {
    Act.meeting: "meeting_held",
    Act.contact: "contact_made",
    Act.team_meeting: "team_meeting_held",
}
"""Steps anybody who speaks on the rung may say were taken."""

OWN = {
    Act.information: "information_provided",
    Act.notice: "notice_given",
    Act.assistance: "assistance_requested",
}
"""Steps only those may take whose duty they are."""

OUTCOMES = ("agreement_reached", "agreement_not_reached")
ENDINGS = ("withdraw", "close", "merge", "refile")


class Turn(NamedTuple):
    """A message, the rung it would be about (the latest comes first), and the roles it may come from."""

    message: str
    roles: tuple[RoleId, ...]
    rung: str | None = None
    beside: bool = False


def allowed_now(conflict: Conflict) -> tuple[Allowed, ...]:
    """The messages that may be sent now, and the seats each may come from."""
    found: dict[str, list[Turn]] = {}
    for turn in turns(conflict):
        found.setdefault(turn.message, []).append(turn)
    allowed = (allowed_in(conflict, name, its) for name, its in found.items())
    return tuple(each for each in allowed if each.seats)


def allowed_in(conflict: Conflict, message: str, turns: Sequence[Turn]) -> Allowed:
    roles = [role for turn in turns for role in turn.roles]
    beside = any(turn.beside for turn in turns)
    return conflict.allowed_in(message, roles, beside=beside)


def turns(conflict: Conflict) -> Iterator[Turn]:
    if conflict.is_closed:
        yield from _mending(conflict)
        return
    yield from _steps(conflict)
    yield from _outcomes(conflict)
    yield from _beside(conflict)
    yield from _endings(conflict)
    yield from _mending(conflict)


def _steps(conflict: Conflict) -> Iterator[Turn]:
    for duty in conflict.outstanding(*SHARED):
        roles = speaking(conflict.rung_named(duty.rung))
        yield Turn(SHARED[duty.act], roles, duty.rung)
    for duty in conflict.outstanding(*OWN):
        roles = tuple(holder.role for holder in duty.holders)
        yield Turn(OWN[duty.act], roles, duty.rung)


def _outcomes(conflict: Conflict) -> Iterator[Turn]:
    """On the current rung, and on rungs left behind: their people may still come to terms, and are credited with it
    (O-24); that they did not can still be entered (ruling 12)."""
    for rung in rungs_with_an_outcome(conflict):
        yield Turn("agreement_reached", speaking(rung), rung.id)
        if conflict.outstanding(Act.outcome, rung=rung.id):
            yield Turn("agreement_not_reached", speaking(rung), rung.id)


def rungs_with_an_outcome(conflict: Conflict) -> list[Rung]:
    """Rungs whose binding steps are done, the current one first."""
    rungs = [conflict.rung_named(reached) for reached in reversed(conflict.reached)]
    return [r for r in rungs if r.outcome and not conflict.binding_steps(r)]


def _beside(conflict: Conflict) -> Iterator[Turn]:
    here = conflict.rung
    asked = any(duty.act is Act.team_meeting for duty in conflict.duties)
    if here and here.team and not asked and not conflict.moving_to:
        yield Turn("team_intervention_required", speaking(here), here.id)
    yield Turn("violation_identified", everybody(conflict))


def everybody(conflict: Conflict) -> tuple[RoleId, ...]:
    """Who has spoken or may speak in this dispute so far, from the two workers upwards."""
    rungs = [conflict.rung_named(reached) for reached in conflict.reached]
    roles = [role for rung in rungs for role in speaking(rung)]
    return tuple(dict.fromkeys([*conflict.ladder.workers.values(), *roles]))


def violations(conflict: Conflict) -> list[Duty]:
    return conflict.outstanding(Act.violation_report)


def _mending(conflict: Conflict) -> Iterator[Turn]:
    """Messages that come beside the ladder, in a case that was opened knowing them."""
    if conflict.shape < 2 or not conflict.seated:
        return
    people, administrator = everybody(conflict), conflict.policy.administrator
    yield Turn("correct_entry", (*people, administrator), beside=True)
    if conflict.is_closed:
        yield from _taking_up(conflict, people)
        return
    here = conflict.rung
    if here and here.outcome and not conflict.moving_to:
        open_outcome = conflict.outstanding(Act.outcome, rung=here.id)
        if open_outcome and not conflict.binding_steps(here):
            yield Turn("partial_agreement", speaking(here), here.id)
    yield Turn("recuse", (*parts_now(conflict), administrator), beside=True)
    yield Turn("assign_seat", (administrator,), beside=True)
    yield Turn("move_to_version", (administrator,), beside=True)


def _taking_up(conflict: Conflict, people: tuple[RoleId, ...]) -> Iterator[Turn]:
    if conflict.status is Status.agreed:
        yield Turn("agreement_broken", people, beside=True)
    elif conflict.status is Status.withdrawn:
        yield Turn("reopen", people, beside=True)
    elif conflict.status is Status.closed_by_authority:
        authority = conflict.ladder.closing_authority
        yield Turn("reopen", authority, beside=True)


def parts_now(conflict: Conflict) -> tuple[RoleId, ...]:
    """The roles that have a part on the current rung, or on the one that is next."""
    rungs = [each for each in (conflict.rung_id, conflict.moving_to) if each]
    roles = [role for each in rungs for role in conflict.rung_named(each).roles]
    known = [role for role in roles if role in conflict.seated]
    return tuple(dict.fromkeys(known))


def _endings(conflict: Conflict) -> Iterator[Turn]:
    """No case is closed over a violation that nobody has reported (CR-N-3)."""
    people = everybody(conflict)
    if violations(conflict):
        yield Turn("violation_reported", people)
        return
    side = conflict.raised_by
    raisers = tuple(role for role in people if conflict.side_of(role) is side)
    yield Turn("withdraw", raisers)
    if conflict.shape > 1:
        administrator = conflict.policy.administrator
        yield Turn("merge", (*people, administrator), beside=True)
        yield Turn("refile", (*people, administrator), beside=True)
    if conflict.status is Status.unresolved_at_top:
        yield Turn("close", conflict.ladder.closing_authority)


# -- what a message is about, and by what right it comes ------------------------------------------------------------


def turns_for(
    conflict: Conflict, message: Message, allowed: tuple[Allowed, ...]
) -> list[Turn]:
    """What this message could be about, the latest rung first. Raises Refused where it cannot come now."""
    meant = message.step or _rung_meant(conflict, message)
    found = [
        turn
        for turn in turns(conflict)
        if turn.message == message.name and (not meant or turn.rung in (None, meant))
    ]
    if not found:
        raise _not_now(conflict, message, meant, allowed)
    return found


def _rung_meant(conflict: Conflict, message: Message) -> str | None:
    """Whoever sits on the current rung speaks of its outcome, and not for somebody they supervise on an earlier one."""
    rung = conflict.rung
    if rung is None or message.name not in OUTCOMES:
        return None
    seats = [conflict.seated[role].seat for role in speaking(rung)]
    rights = {message.actor.right_to(seat) for seat in seats}
    sits_here = rights & {Capacity.holder, Capacity.substitute}
    return rung.id if sits_here else None


def _not_now(
    conflict: Conflict,
    message: Message,
    meant: str | None,
    allowed: tuple[Allowed, ...],
) -> Refused:
    rung = meant or conflict.rung_id
    if message.name in OUTCOMES and rung in conflict.reached:
        steps = conflict.binding_steps(conflict.rung_named(rung))
        if steps:
            texts = tuple(duty.text for duty in steps)
            return StepsOutstanding(message.name, texts, "", allowed)
    if message.name in ENDINGS and violations(conflict):
        return violation_first(conflict, message, allowed)
    named = message.step
    about = f"{message.name} about rung {named}" if named else message.name
    return OutOfOrder(about, allowed)


def violation_first(
    conflict: Conflict, message: Message, allowed: tuple[Allowed, ...]
) -> ViolationOutstanding:
    return ViolationOutstanding(message.name, recipient_titles(conflict), allowed)


def recipient_titles(conflict: Conflict) -> tuple[str, ...]:
    policy = conflict.policy
    return tuple(policy.roles[role].title for role in policy.violation.recipients)


class Standing(NamedTuple):
    """From which seat and by what right somebody speaks, and of what."""

    capacity: Capacity
    seat: str
    turn: Turn


def standing(conflict: Conflict, message: Message, mine: list[Turn]) -> Standing:
    """A person's own seat comes before one they stand in for, and that before one they supervise (O-25). Raises
    NotYourSeat."""
    found = [
        Standing(right, seated.seat, turn)
        for turn in mine
        for role in turn.roles
        if (seated := conflict.seated.get(role)) and seated.seat
        if (right := _right(conflict, message, seated))
    ]
    if not found:
        raise NotYourSeat(message.name, allowed_in(conflict, message.name, mine))
    return min(found, key=lambda each: each.capacity.rank)


def _right(conflict: Conflict, message: Message, seated: Seated) -> Capacity | None:
    """By what right this person may speak from a seat; None where they may not."""
    right, person = message.actor.right_to(seated.seat), message.actor.person
    if right is None or conflict.is_against(person, seated.role):
        return None
    if any(person in recused for recused in conflict.recused.values()):
        return None
    if right is Capacity.supervisor and person == _helper(conflict):
        return None
    return right


def _helper(conflict: Conflict) -> str | None:
    """Whoever is asked to help both sides speaks for neither, not even for those below (CR-C-3, Q-22)."""
    rung = conflict.rung
    if rung is None or rung.assistance is None:
        return None
    return conflict.seated[rung.assistance.helper].person
