"""What every case keeps: its duties, the last entries of its timeline, its seats and the notices it wants sent. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Unpack

from pydantic import BaseModel, Field, PrivateAttr

from throughcare.case.duty import (
    Basis,
    Discharge,
    Duty,
    DutyStatus,
)
from throughcare.case.entry import CaseLink, Entry, MessageName, Provenance
from throughcare.case.notice import Notice, ToldDuty
from throughcare.case.seats import (
    Seated,
)

KEPT_ENTRIES = 100
"""How many entries a case carries on: who corrects one as a rule corrects one of the last."""

KEPT_TEXT = 200_000
"""How many characters of entries a case carries on: a tenth of what Temporal takes as one payload, before compression."""

ROOM = 1_500_000
"""How many characters of state a case may carry from one run to the next: Temporal takes 2 MiB as one payload."""

MEASURED_EVERY = 50_000
"""After how many more characters of entries and messages the state is measured again."""

KEPT_REPORTS = 100
"""How many notices a case knows it was told of. A report is repeated only by a worker that takes over from one that died, soon
after, and has half as many notices at most."""

RULINGS = "rulings-15-to-22"
"""The patch by which a run goes by these rulings (docs/changing-a-workflow.md)."""

IsOver = Callable[[datetime], bool]


class CaseFile(BaseModel):
    """The mutable state of one case. Only its own workflow changes it; every list holds frozen facts."""

    case_id: str
    version: int = 0
    duties: list[Duty] = Field(default_factory=list)
    timeline: list[Entry] = Field(default_factory=list)
    """The last entries; the tables have those before them too."""
    entries_before: int = 0
    """How many entries came before those of `timeline`."""
    seated: dict[str, Seated] = Field(default_factory=dict)
    unsent: list[Notice] = Field(default_factory=list)
    links: list[CaseLink] = Field(default_factory=list)
    grown: int = 0
    """About how many characters have come since the state was last measured."""
    is_full: bool = False
    """Whether it can carry no more. It still ends, and its clocks go on."""
    notified: dict[str, int] = Field(default_factory=dict)
    """How often each kind of notice went to each seat, so that every one has a key of its own."""
    reported: list[str] = Field(default_factory=list)
    """The keys of the last notices it was told the end of, so that the same one again changes nothing."""
    _is_of_before: bool = PrivateAttr(default=False)

    @property
    def is_of_before(self) -> bool:
        """Whether its run began before RULINGS, and goes on as it did then."""
        return self._is_of_before

    def go_on_as_before(self) -> None:
        self._is_of_before = True

    # -- duties ----------------------------------------------------------------------------------------------

    def open_duty(self, duty: Duty) -> Duty:
        again = sum(
            known.id == duty.id or known.id.startswith(f"{duty.id}#")
            for known in self.duties
        )
        if again:
            duty = duty.model_copy(update={"id": f"{duty.id}#{again + 1}"})
        self.duties.append(duty)
        return duty

    def outstanding(self, *acts: str, step: str | None = None) -> list[Duty]:
        """Duties still to be done, the current step's first."""
        found = [
            d
            for d in self.duties
            if d.act in acts and step in (None, d.step) and d.is_outstanding
        ]
        return sorted(found, key=lambda duty: duty.opened_at, reverse=True)

    def open_duties(self) -> list[Duty]:
        return [duty for duty in self.duties if duty.is_open]

    def replace_duty(self, duty: Duty) -> None:
        self.duties = [duty if known.id == duty.id else known for known in self.duties]

    def miss_what_is_due(self, is_over: IsOver) -> list[Duty]:
        missed = [
            d.ended(DutyStatus.missed)
            for d in self.open_duties()
            if d.due_at is not None and is_over(d.due_at)
        ]
        for duty in missed:
            self.replace_duty(duty)
        return missed

    def end_open_duties(self, status: DutyStatus, discharge: Discharge) -> None:
        """Nothing stays open in a closed case; what was missed stays missed."""
        for duty in self.open_duties():
            self.replace_duty(duty.ended(status, discharge))

    # -- timeline and notices -----------------------------------------------------------------------------------

    @property
    def entries(self) -> int:
        """How many entries the whole timeline has."""
        return self.entries_before + len(self.timeline)

    def entries_after(self, count: int) -> tuple[Entry, ...]:
        """Those that came after the first `count`."""
        return tuple(self.timeline[max(count - self.entries_before, 0) :])

    def entry(self, seq: int) -> Entry | None:
        """None for one that is no longer carried, or that never was."""
        place = seq - self.entries_before - 1
        return self.timeline[place] if 0 <= place < len(self.timeline) else None

    def let_go_of_entries(self, recorded: int) -> None:
        """Of the entries that are on record, keep the last ones: as many as KEPT_ENTRIES and as KEPT_TEXT let."""
        room, kept = KEPT_TEXT, 0
        for entry in reversed(self.timeline):
            room -= entry.size
            if kept and (kept >= KEPT_ENTRIES or room < 0):
                break
            kept += 1
        gone = min(len(self.timeline) - kept, max(recorded - self.entries_before, 0))
        del self.timeline[:gone]
        self.entries_before += gone

    def note(
        self,
        kind: StrEnum | MessageName,
        text: str,
        at: datetime,
        *,
        event_at: datetime | None = None,
        step: str = "",
        clause: str | None = None,
        by: Discharge | None = None,
        before: str | None = None,
        words: str = "",
        corrects: int | None = None,
        channel: str = "",
        **provenance: Unpack[Provenance],
    ) -> None:
        self.timeline.append(
            Entry(
                seq=self.entries + 1,
                kind=kind,
                text=text,
                at=at,
                event_at=event_at or (by.event_at if by else at),
                step=step,
                clause=clause,
                seat=by.seat if by else None,
                person=by.person if by else None,
                before=before,
                note=words,
                corrects=corrects,
                channel=channel,
                **provenance,
            )
        )

    def notify(
        self,
        kind: str,
        receiver: Seated,
        *,
        step: str = "",
        sender: Seated | None = None,
        clause: str | None = None,
        what: str = "",
        due_at: datetime | None = None,
        duty: str | None = None,
        basis: Basis | None = None,
        duties: Sequence[Duty] = (),
    ) -> None:
        """Queue a notice. An empty seat is told nothing: that it is empty is a duty of its own (ruling 5). Nobody is told the same
        twice in one moment, or of one turn of the case in several letters."""
        if receiver.is_empty:
            return
        name = ":".join(
            (self.case_id, step or "-", kind, clause or "-", receiver.seat or "-")
        )
        notice = Notice(
            key=f"{name}:{self.notified.get(name, 0) + 1}",
            kind=kind,
            receiver=receiver,
            sender=sender,
            clause=clause,
            step=step,
            what=what,
            due_at=due_at,
            duty=duty,
            basis=basis,
            duties=() if self.is_of_before else tuple(map(_told, duties)),
        )
        if not self.is_of_before and self._is_told_already(notice):
            return
        self.notified[name] = self.notified.get(name, 0) + 1
        self.unsent.append(notice)

    def _is_told_already(self, notice: Notice) -> bool:
        """By one that waits to be recorded, which may take it up."""
        for place, known in enumerate(self.unsent):
            if known.says_the_same_as(notice):
                return True
            if known.takes_up(notice):
                self.unsent[place] = known.joined_by(notice)
                return True
        return False

    # -- seats ---------------------------------------------------------------------------------------------------

    def seat(self, seated: Seated) -> Seated | None:
        """Take what the directory says of a seat. Returns who sat there before, where that changed."""
        before = self.seated.get(seated.role)
        if before == seated:
            return None
        self.seated[seated.role] = seated
        for duty in self.duties:
            if duty.is_outstanding and duty.is_held_by(seated.role):
                self.replace_duty(duty.held_now_by(seated))
        return before

    def next_seat_change_at(self) -> datetime | None:
        return min(
            (s.until_at for s in self.seated.values() if s.until_at), default=None
        )


def _told(duty: Duty) -> ToldDuty:
    return ToldDuty(id=duty.id, text=duty.text, due_at=duty.due_at, basis=duty.basis)
