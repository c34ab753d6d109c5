"""A message before a conflict: who speaks, by what right, and of which rung. Pure."""

from throughcare.case.message import Message
from throughcare.case.refusals import (
    CaseIsClosed,
)
from throughcare.case.said import From, Said, check_time
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.turns import (
    Turn,
    allowed_now,
    standing,
    turns_for,
)


class ConflictSaid(Said[Conflict]):
    """A message before a conflict."""

    def __init__(self, conflict: Conflict, message: Message) -> None:
        allowed = allowed_now(conflict)
        heard_when_closed = any(each.message == message.name for each in allowed)
        if conflict.is_closed and not heard_when_closed:
            raise CaseIsClosed(message.name, conflict.status)
        check_time(message, conflict.opened_at)
        mine = turns_for(conflict, message, allowed)
        stand = standing(conflict, message, mine)
        self.turn: Turn = stand.turn
        spoken = From(stand.capacity, stand.seat, stand.turn.roles)
        super().__init__(conflict, message, allowed, spoken)

    @property
    def conflict(self) -> Conflict:
        return self.case
