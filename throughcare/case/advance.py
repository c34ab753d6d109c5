"""The order in which a case is driven, for every lifecycle and every driver: its workflow, a dry run, a test. Pure.

case = handle(case, message)              # or nothing: time may have passed
while needs := advance(case, now):        # at rest until one of case.wakes()
    case.take(find(needs), now)
"""

from datetime import datetime
from typing import TypeVar

from throughcare.case.case import Case
from throughcare.case.message import Message
from throughcare.case.needs import Found, Needs
from throughcare.case.refusals import CaseIsFull
from throughcare.case.said import Said

AnyCase = TypeVar("AnyCase", bound=Case)


def advance(case: Case, now: datetime) -> Needs | None:
    """What the case needs before it is at rest, everything it can use at once; None when it is. Changes the case: what time
    brings comes first, then who sits where, consents and due dates, then the duties they open, and last of all, when the case
    knows all it can, what other cases are to be told."""
    while True:
        if not case.is_closed:
            case.on_time(now)
        needs = case.needs(now)
        if needs:
            return needs
        if case.is_closed or not case.pending:
            return None
        # Duties without a limit have nothing to wait for.
        case.take(Found(), now)


def handle(case: AnyCase, message: Message) -> AnyCase:
    """The case after this message; raises Refused, and the given case is untouched either way."""
    after = case.model_copy(deep=True)
    if not after.is_closed:
        # What was due before this was received was missed, whichever of the two the engine happened to deliver first.
        after.on_time(message.received_at, for_message=True)
    if after.is_full and not after.messages[message.name].ends:
        raise CaseIsFull(message.name)
    assert after.messages.said, f"nobody hears messages to {after.kind}"
    said: Said[AnyCase] = after.messages.said(after, message)
    after.messages[message.name].apply(message.facts, after, said)
    after.entered(message.received_at, after=case.pendings)
    said.notify_attested()
    if not after.is_closed and after.queries() != case.queries():
        # A seat that was chosen by this message is not known yet: who sits there, and until when.
        after.want_seats()
    return after
