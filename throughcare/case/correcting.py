"""An entry of the timeline that was wrong: the correction is appended and the entry stays (ruling 12). Pure."""

from datetime import datetime

from pydantic import Field

from throughcare.case.duty import Duty, DutyStatus
from throughcare.case.entry import Entry
from throughcare.case.message import Facts
from throughcare.case.refusals import NotYourEntry, Unreadable
from throughcare.case.said import (
    CLOCKS_DIFFER,
    LONG_BEFORE,
    Heard,
    Said,
)
from throughcare.case.seats import Capacity
from throughcare.time.deadline import Instant

JUDGED_BY = {DutyStatus.met, DutyStatus.met_late}


class CorrectEntry(Facts):
    """An entry of the timeline was wrong. The correction is appended and the entry stays; a duty it discharged is judged
    again where `happened_at` says when it really happened (ruling 12)."""

    entry: int = Field(ge=1, description="The entry's `seq` on the timeline.")
    correction: str = Field(min_length=1, max_length=4000)
    happened_at: Instant | None = Field(
        default=None, description="When it really happened, where that was wrong."
    )


def correct(
    said: Said[Heard], facts: CorrectEntry, opened_at: datetime, clause: str
) -> None:
    """Raises Unreadable and NotYourEntry. `clause` is for an entry that has none of its own."""
    case = said.case
    last = len(case.timeline)
    if facts.entry > last:
        raise Unreadable(
            f"entry must be one of the timeline: 1 to {last}.", said.allowed
        )
    entry = case.timeline[facts.entry - 1]
    _check_author(said, entry)
    text = f"Entry {entry.seq} is corrected by {said.seated.title}."
    if facts.happened_at:
        text += _happened(said, entry, facts.happened_at, opened_at)
    said.note(
        "corrected",
        text,
        entry.clause or clause,
        rung=entry.rung,
        words=said.words(facts.correction),
        corrects=entry.seq,
    )


def _check_author(said: Said[Heard], entry: Entry) -> None:
    actor = said.message.actor
    supervises = actor.right_to(entry.seat) is Capacity.supervisor
    mine = entry.person == actor.person or supervises
    if not mine and actor.right_to(said.case.administrator.seat) is None:
        raise NotYourEntry(entry.seq)


def _happened(
    said: Said[Heard], entry: Entry, at: datetime, opened_at: datetime
) -> str:
    """What the entry discharged is judged by when it really happened (ruling 12)."""
    earliest = opened_at - LONG_BEFORE
    if not earliest <= at <= said.now + CLOCKS_DIFFER:
        raise Unreadable(
            f"happened_at must lie between {earliest:%Y-%m-%d} and now.", said.allowed
        )
    text = f" It happened on {at:%Y-%m-%d %H:%M} UTC."
    for duty in said.case.duties:
        end = duty.discharge
        if duty.status in JUDGED_BY and end and _is_of(entry, duty):
            again = duty.discharged(end.model_copy(update={"event_at": at}))
            said.case.replace_duty(again)
            if again.status is not duty.status:
                how = again.status.replace("_", " ")
                text += f" {again.clause} is now {how}: {again.text}."
    return text


def _is_of(entry: Entry, duty: Duty) -> bool:
    end = duty.discharge
    return end is not None and (end.entered_at, end.person, end.event_at) == (
        entry.at,
        entry.person,
        entry.event_at,
    )
