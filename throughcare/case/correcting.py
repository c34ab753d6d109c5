"""An entry of the timeline that was wrong: the correction is appended and the entry stays (ruling 12). Pure."""

from datetime import datetime
from typing import Any

from pydantic import Field

from throughcare.case.case import Case
from throughcare.case.duty import Discharge, Duty, DutyStatus
from throughcare.case.entry import Entry, EntryKind
from throughcare.case.message import Facts, LookUp, Messages
from throughcare.case.refusals import NotYourEntry
from throughcare.case.said import CLOCKS_DIFFER, LONG_BEFORE, Said
from throughcare.case.seats import Capacity
from throughcare.time.deadline import Instant

JUDGED_BY = {DutyStatus.met, DutyStatus.met_late}

common = Messages()
"""Messages that every kind of case can take."""


@common.message(
    "correct_entry",
    example={
        "entry": 4,
        "correction": "The meeting was on the Monday.",
        "happened_at": "2026-03-02T15:30:00-06:00",
    },
    looks_up=LookUp("entry", ("original",)),
    by=lambda case: case.correctors(),
    beside=True,
    takes_up=True,
)
class CorrectEntry(Facts):
    """An entry of the timeline was wrong. The correction is appended and the entry stays; a duty it discharged is judged
    again where `happened_at` says when it really happened (ruling 12)."""

    entry: int = Field(ge=1, description="The entry's `seq` on the timeline.")
    correction: str = Field(min_length=1, max_length=4000)
    happened_at: Instant | None = Field(
        default=None, description="When it really happened, where that was wrong."
    )
    original: Entry | None = None
    """The entry as the tables have it: a case carries only its last ones."""

    def apply(self, case: Case, said: Said[Any]) -> None:
        """Raises Unreadable and NotYourEntry."""
        entry = case.entry(self.entry) or self.original
        if entry is None or entry.seq != self.entry:
            raise said.unreadable(
                f"entry must be one of the timeline: 1 to {case.entries}."
            )
        _check_author(said, entry)
        text = f"Entry {entry.seq} is corrected by {said.seated.title}."
        if self.happened_at:
            text += _happened(said, entry, self.happened_at)
        said.note(
            EntryKind.corrected,
            text,
            entry.clause or case.main_clause,
            step=entry.step,
            words=said.words(self.correction),
            corrects=entry.seq,
        )


def _check_author(said: Said[Any], entry: Entry) -> None:
    actor = said.message.actor
    supervises = actor.right_to(entry.seat) is Capacity.supervisor
    mine = entry.person == actor.person or supervises
    if not mine and actor.right_to(said.case.administrator.seat) is None:
        raise NotYourEntry(entry.seq)


def _happened(said: Said[Any], entry: Entry, at: datetime) -> str:
    """What the entry discharged is judged by when it really happened (ruling 12)."""
    earliest = said.case.opened_at - LONG_BEFORE
    if not earliest <= at <= said.now + CLOCKS_DIFFER:
        raise said.unreadable(
            f"happened_at must lie between {earliest:%Y-%m-%d} and now."
        )
    text = f" It happened on {at:%Y-%m-%d %H:%M} UTC."
    for duty in said.case.duties:
        end = duty.discharge
        if duty.status in JUDGED_BY and end and is_of(entry, duty):
            again = duty.discharged(_corrected(said, end, at))
            said.case.replace_duty(again)
            if again.status is not duty.status:
                how = again.status.replace("_", " ")
                text += f" {again.clause} is now {how}: {again.text}."
    return text


def _corrected(said: Said[Any], end: Discharge, at: datetime) -> Discharge:
    if said.case.is_of_before:
        return end.model_copy(update={"event_at": at})
    return end.corrected(at)


def is_of(entry: Entry, duty: Duty) -> bool:
    """Whether this entry tells of what ended the duty."""
    end = duty.discharge
    if end is None:
        return False
    event_at = end.first_event_at or end.event_at
    mine = (end.entered_at, end.person, event_at)
    return mine == (entry.at, entry.person, entry.event_at)
