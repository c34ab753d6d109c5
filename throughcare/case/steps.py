"""Steps whose duties share one clock: a case that climbs from one to the next, and stops in plain sight where it cannot. Pure."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from throughcare.case.base import is_none
from throughcare.case.case import RETRY, Ask, Case
from throughcare.case.clock import Clock, Limit, Then, Wake
from throughcare.case.duty import Basis, Duty
from throughcare.case.entry import EntryKind
from throughcare.case.needs import DateWanted, Needs
from throughcare.case.parts import ClauseId
from throughcare.case.seats import Seated
from throughcare.case.wording import all_of, until
from throughcare.time.deadline import Dated, Receipt

STEP, LIMIT_CHANGED = "step", "limit_changed"
"""The case's own names for two due dates: of the step that is next, and of the one it is at by another version of its policy."""


class SteppedCase(Case):
    """A case that is at one step at a time. `moving_to` is the step that must be seated and dated before it begins."""

    open_as: ClassVar[str]
    halted_as: ClassVar[str]
    lapsed_without: ClassVar[str] = ""
    """What a limit that passes found wanting, after the words that it passed."""

    step_id: str | None = None
    moving_to: str | None = None
    is_tried: bool = False
    """Whether the next step could not begin, and nothing has changed since."""
    counted_from: datetime | None = Field(default=None, exclude_if=is_none)
    """When what the next step follows from happened, where its limit is counted from that (ruling 15)."""
    reached: list[str] = Field(default_factory=list)
    step_began_at: datetime | None = None
    limit_changed: bool = False
    """Moved to another version of its pack, and the current step's limit is not yet derived by it."""

    # -- what the lifecycle says -----------------------------------------------------------------------------------

    @abstractmethod
    def limit_of(self, step: str) -> Limit | None: ...

    @abstractmethod
    def end_of_limit(self, step: str) -> Then:
        """What the end of its limit does."""

    @abstractmethod
    def unfit(self, step: str) -> list[tuple[Seated, str]]:
        """Seats that keep a step from starting, and why."""

    @abstractmethod
    def asks(self, step: str) -> Iterable[Ask]:
        """What a step asks, and of whom, from the moment it begins."""

    @abstractmethod
    def title_of(self, step: str) -> str: ...

    @abstractmethod
    def clause_of(self, step: str) -> ClauseId:
        """The clause a step is known by."""

    @abstractmethod
    def clause_needing(self, role: str) -> ClauseId:
        """The clause that gives this role its part on the step the case is at, or is moving to."""

    @abstractmethod
    def awaited(self, step: str) -> str:
        """What a step waits for, for operators."""

    @abstractmethod
    def waited_for(self, step: str) -> Sequence[tuple[Seated, list[Duty]]]:
        """Who can do something on a step now, and what."""

    @abstractmethod
    def step_after(self, step: str) -> str | None: ...

    @abstractmethod
    def stay_at_top(self, now: datetime) -> None:
        """The last step failed."""

    def settle_choices(self, step: str, now: datetime) -> None:
        """What is settled for the rest of the case when a step begins."""

    def gap(self) -> str:
        """What the step before left undone, said when the next one begins."""
        return ""

    # -- where it stands -------------------------------------------------------------------------------------------

    @property
    def step(self) -> str:
        return self.step_id or ""

    @property
    def step_title(self) -> str:
        return self.title_of(self.step_id) if self.step_id else ""

    @property
    def step_ahead(self) -> str:
        return self.moving_to or self.step_id or ""

    @property
    def level(self) -> int:
        return len(self.reached)

    @property
    def step_due_at(self) -> datetime | None:
        clock = self.clocks.get(self.step)
        return clock.due_at if clock else None

    @property
    def due_at(self) -> datetime | None:
        """When the limit of its step ends."""
        return self.step_due_at

    @property
    def is_halted(self) -> bool:
        return self.status == self.halted_as

    # -- the step that is next -------------------------------------------------------------------------------------

    def needs(self, now: datetime) -> Needs:
        is_next = self.moving_to is not None and not self.is_tried
        if is_next and not self.is_closed:
            # Who sits there and until when, asked at once.
            self.seats_wanted = True
        return super().needs(now)

    def dates_wanted(self, now: datetime) -> Iterator[DateWanted]:
        yield from super().dates_wanted(now)
        if (
            self.moving_to
            and not self.is_tried
            and (limit := self.limit_of(self.moving_to))
        ):
            started_at = self.counted_from or now
            yield DateWanted(key=STEP, rule=limit.rule, started_at=started_at)
        if (
            self.limit_changed
            and self.step_id
            and (limit := self.limit_of(self.step_id))
        ):
            started_at = self.step_began_at or now
            yield DateWanted(key=LIMIT_CHANGED, rule=limit.rule, started_at=started_at)

    def take_dates(self, dates: dict[str, Dated], now: datetime) -> None:
        if self.moving_to and not self.is_tried:
            self._begin_or_halt(self.moving_to, dates.get(STEP, Dated()), now)
        if self.limit_changed and self.step_id:
            self._change_limit(self.step_id, dates.get(LIMIT_CHANGED, Dated()), now)
        super().take_dates(dates, now)

    def _begin_or_halt(self, step: str, date: Dated, now: datetime) -> None:
        if self.counted_from and date.receipt and date.receipt.due_at <= now:
            # A step that would be over before anybody knew of it begins now: none is jumped (ruling 5).
            self.counted_from = None
            return
        self.is_tried = True
        unfit = self.unfit(step)
        if unfit or date.problem:
            # The next step waits in plain sight for a seat or a due date; nothing is skipped (ruling 5).
            self.status, self.counted_from = self.halted_as, None
        for seated, reason in unfit:
            self.need_filled(seated, reason, self.clause_needing(seated.role), now)
        if unfit:
            return
        if date.problem:
            self.retry_at = now + RETRY
            self.ask_to_mend_calendar(date.problem, self.clause_of(step), now)
        else:
            self.begin(step, date.receipt, now)

    def need_filled(
        self, seated: Seated, reason: str, clause: ClauseId, now: datetime
    ) -> None:
        """A seat that nobody can act from is to be filled; where a step waits for it, the timeline says so."""
        self.ask_to_fill(seated, reason, clause, now, waits=self.moving_to is not None)

    def want_seats(self) -> None:
        super().want_seats()
        # It may let the next step begin.
        self.is_tried = False

    def begin(self, step: str, receipt: Receipt | None, now: datetime) -> None:
        """Start the step that is next: its duties open, its notices go out, its clock starts."""
        self.retry_at = None
        self.calendar_mended(now)
        again = " again" if step in self.reached else ""
        text = f"{step} begins{again}: {self.title_of(step)}.{self.gap()}"
        self.moving_to, self.step_id = None, step
        self.is_tried, self.status = False, self.open_as
        self.step_began_at = receipt.started_at if receipt else self.counted_from or now
        self.counted_from = None
        if not again:
            self.reached.append(step)
        began_at = now if self.is_of_before else self.step_began_at
        clause = self.clause_of(step)
        self.note(
            EntryKind.rung_begun, text, now, event_at=began_at, step=step, clause=clause
        )
        self.settle_choices(step, now)
        limit = self.limit_of(step)
        if limit and receipt:
            clock = Clock(
                then=self.end_of_limit(step), started_at=began_at, limit=limit
            )
            self.clocks[step] = self.dated(clock, receipt.due_at, now)
        basis = limit.basis if limit else None
        opened = [
            self.open_asked(ask, step, began_at, receipt, basis)
            for ask in self.asks(step)
        ]
        self.announce(opened)

    def leave(self, now: datetime, at: datetime | None = None) -> None:
        """This step failed, `at` where that was earlier: the next one is to be seated, or the last has been reached."""
        self.clocks.pop(self.step, None)
        after = self.step_after(self.step)
        if after is None:
            self.stay_at_top(now)
        else:
            self.move_to(after, at)

    def move_to(self, step: str, at: datetime | None = None) -> None:
        self.moving_to, self.is_tried = step, False
        if at and self.step_began_at and not self.is_of_before:
            self.counted_from = max(at, self.step_began_at)

    # -- another version of its policy -----------------------------------------------------------------------------

    def _change_limit(self, step: str, date: Dated, now: datetime) -> None:
        """The current step's clock by the version the case was moved to: counted from when the step began. A calendar that
        gives no date leaves the clock as it was: no limit is lost for want of a holiday list."""
        self.limit_changed = False
        before, clause = self.step_due_at, self.clause_of(step)
        if before is None:
            return
        if date.problem:
            text = f"{step}: the limit stays {until(before)} (UTC): {date.problem}"
            self.note(EntryKind.redated, text, now, step=step, clause=clause)
            return
        limit, due_at = (
            self.limit_of(step),
            date.receipt.due_at if date.receipt else None,
        )
        for duty in self.open_duties():
            if duty.step == step and duty.due_at == before:
                basis = limit.basis if limit else Basis.agency
                fields = {"due_at": due_at, "receipt": date.receipt, "basis": basis}
                self.replace_duty(duty.model_copy(update=fields))
        self.clocks.pop(step)
        if limit and due_at:
            started_at = self.step_began_at or now
            clock = Clock(
                then=self.end_of_limit(step), started_at=started_at, limit=limit
            )
            self.clocks[step] = clock.dated(due_at)
        text = (
            f"{step}: the limit was {until(before)} and is now {until(due_at)} (UTC)."
        )
        self.note(EntryKind.redated, text, now, step=step, clause=clause)

    # -- time ------------------------------------------------------------------------------------------------------

    def _wakes(self) -> Iterator[Wake]:
        yield from super()._wakes()
        for key, clock in self.clocks.items():
            if key in self.reached:
                yield from self._step_wakes(key, clock)

    def _step_wakes(self, step: str, clock: Clock) -> Iterator[Wake]:
        limit, awaited = self.limit_of(step), self.awaited(step)
        whose = "policy" if limit and limit.basis is Basis.source else "agency"
        if clock.due_at:
            text = f"{step} limit ({whose} setting): {awaited}"
            yield Wake(name=f"limit:{step}", at=clock.due_at, text=text)
        if clock.remind_at:
            text = f"{step} reminder: {awaited}"
            yield Wake(name=f"remind:{step}", at=clock.remind_at, text=text)

    def duty_wakes(self, duty: Duty) -> Iterator[Wake]:
        """The duties of a step share its clock; of a step that was left, each has its own."""
        if duty.due_at is None or duty.due_at != self.step_due_at:
            yield from super().duty_wakes(duty)

    def limit_over(self, key: str, clock: Clock, now: datetime) -> None:
        """The limit passed. It is recorded as an elapsed wait, never as a breach of the policy, where it is the agency's (Q-04)."""
        if key not in self.reached:
            super().limit_over(key, clock, now)
            return
        limit = self.limit_of(key)
        whose = (limit.basis if limit else Basis.agency).whose
        text = f"{whose[0].upper()}{whose[1:]} limit for {key} passed{self.lapsed_without}."
        clause = self.clause_of(key)
        self.note(
            EntryKind.lapsed, text, now, event_at=clock.due_at, step=key, clause=clause
        )
        if clock.then is Then.remind:
            self.remind(key, now)
        else:
            self.leave(now)

    def remind(self, key: str, now: datetime) -> None:
        """Each seat that something is waited for from is told of all of it at once."""
        if key not in self.reached:
            super().remind(key, now)
            return
        awaited = self.waited_for(key)
        for seated, mine in awaited:
            self.notify(
                "reminder",
                seated,
                step=key,
                clause=mine[0].clause,
                what="; ".join(duty.text for duty in mine),
                due_at=mine[0].due_at,
                duties=mine,
            )
        if awaited:
            text = f"{key}: reminded {all_of(seated for seated, _ in awaited)}."
            self.note(
                EntryKind.reminded, text, now, step=key, clause=self.clause_of(key)
            )

    def ask_dates_again(self, now: datetime) -> None:
        if self.moving_to:
            self.is_tried = False
        else:
            super().ask_dates_again(now)

    def rest_for_good(self, text: str, now: datetime) -> None:
        super().rest_for_good(text, now)
        self.moving_to = self.counted_from = None
        self.limit_changed = False
