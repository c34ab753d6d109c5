"""When a limit ends, and how that was found: one pure function and its receipt.

Instants are aware and in UTC. What a rule counts is its own: elapsed time on the
UTC line, dates in the agency's zone, or the agency's opening days and hours.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from throughcare.case.base import Frozen
from throughcare.time.calendar import Calendar
from throughcare.time.span import (
    DayCount,
    HourCount,
    Span,
    Within,
    plus_months,
)

__all__ = [
    "CalendarRunsOut",
    "Counted",
    "CountedKind",
    "Dated",
    "DayCount",
    "DeadlineRequest",
    "HourCount",
    "Receipt",
    "Span",
    "Within",
    "derive",
    "remind_at",
]

ONE_DAY = timedelta(days=1)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("Input should be within the years 1 to 9999 in UTC") from None


def _written_out(value: object) -> object:
    """A bare number would be taken for seconds since 1970, which nobody means."""
    if isinstance(value, int | float) or (
        isinstance(value, str) and value.strip().lstrip("+-").replace(".", "").isdigit()
    ):
        raise ValueError(
            "Input should be a date and a time with its zone, such as 2026-03-02T15:30:00-06:00"
        )
    return value


Instant = Annotated[
    AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)
]


class CalendarRunsOut(ValueError):
    """The counting needs a date the calendar's closing days were never looked up for."""

    def __init__(self, calendar: Calendar, day: date) -> None:
        super().__init__(
            f"Calendar {calendar.id} (version {calendar.version}) covers {calendar.covers.first} to "
            f"{calendar.covers.last}, and this limit needs {day}: add the closing days of {day.year} to it."
        )


class CountedKind(StrEnum):
    started = "started"
    """Where the counting begins, if the office is closed at the instant it should."""
    closed_day = "closed_day"
    closed_weekly = "closed_weekly"
    adjusted = "adjusted"
    """A date or time that does not exist, or comes twice, and what was taken."""
    due = "due"


class Counted(Frozen):
    """One thing the counting met, from the local date `first` to `last`, both included."""

    kind: CountedKind
    first: date
    last: date
    text: str
    reason: str = ""
    """Why, apart from the words: the name of the closing day, what a closed weekday is called, `closed`, `no_such_day`,
    `clocks_forward` or `clocks_back`."""


class Receipt(Frozen):
    """A due date and its derivation, complete enough to be read and repeated years later."""

    rule: Within
    started_at: Instant
    due_at: Instant
    zone: str
    calendar: str
    calendar_version: str
    tzdata: str
    """The IANA version of the zone data, such as 2026f."""
    steps: tuple[Counted, ...]

    def plain(self) -> str:
        """One or two sentences, from what is recorded alone: reading it needs no calendar and no zone data."""
        notes = [step.text for step in self.steps if step.kind in _TOLD]
        weekly = [step for step in self.steps if step.kind is CountedKind.closed_weekly]
        if count := sum((step.last - step.first).days + 1 for step in weekly):
            days = "day is" if count == 1 else "days are"
            notes.append(f"{count} {days} skipped as closed every week")
        due = f"{self.steps[-1].text}."
        return f"{due} {'; '.join(notes)}." if notes else due


_TOLD = (CountedKind.started, CountedKind.closed_day, CountedKind.adjusted)


class Dated(Frozen):
    """A receipt, or in words why there can be none until somebody mends the calendar."""

    receipt: Receipt | None = None
    problem: str = ""


class DeadlineRequest(Frozen):
    """What the activity derives from; `calendar` is the id of one that was loaded."""

    rule: Within
    started_at: Instant
    calendar: str


def derive(
    rule: Within,
    started_at: datetime,
    calendar: Calendar,
    zone: ZoneInfo,
    *,
    tzdata: str,
) -> Receipt:
    """When `rule` ends that began at `started_at` (aware). The same arguments give the same receipt.

    Raises CalendarRunsOut where business days or hours lead out of the dates the calendar covers.
    """
    if started_at.tzinfo is None:
        raise ValueError(f"started_at {started_at} has no zone: pass an instant in UTC")
    count = _Count(started_at.astimezone(UTC), calendar, zone)
    count.add(rule)
    return Receipt(
        rule=rule,
        started_at=started_at,
        due_at=count.at,
        zone=zone.key,
        calendar=calendar.id,
        calendar_version=calendar.version,
        tzdata=tzdata,
        steps=(*count.steps, _due_step(rule, started_at, count.at, zone)),
    )


def remind_at(started_at: datetime, due_at: datetime, lead: Span) -> datetime:
    """When to remind: `lead` before the due date, or half-way there when that is not after the start.

    Counted on the UTC line, a day being 24 hours, so that a workflow can ask
    without a zone or a calendar.
    """
    day = plus_months(due_at.date(), -12 * lead.years - lead.months)
    moved = datetime.combine(day, due_at.timetz())
    at = moved - timedelta(days=lead.days, weeks=lead.weeks) - lead.time
    return at if at > started_at else started_at + (due_at - started_at) / 2


class _Count:
    """A cursor on the UTC line that moves as the parts of a rule are added, noting what it meets."""

    def __init__(self, at: datetime, calendar: Calendar, zone: ZoneInfo) -> None:
        self.at = at
        self.steps: list[Counted] = []
        self._calendar = calendar
        self._zone = zone

    def add(self, rule: Within) -> None:
        span, is_business = rule.within, rule.days is DayCount.business
        months = 12 * span.years + span.months
        days = 7 * span.weeks + (0 if is_business else span.days)
        if months or days:
            self._add_dates(months, days, from_midnight=rule.counts_first_day)
        if is_business and span.days:
            self._add_business_days(span.days)
        if rule.hours is HourCount.business and span.time:
            self._add_opening_time(span.time)
        else:
            self.at += span.time

    def _add_dates(self, months: int, days: int, *, from_midnight: bool) -> None:
        wall = self.at.astimezone(self._zone).replace(tzinfo=None)
        if from_midnight:
            wall = datetime.combine(wall.date(), time.min)
        landed = plus_months(wall.date(), months)
        if landed.day != wall.day:
            text = f"{landed:%B} {landed.year} has no day {wall.day}: {_day(landed)} is taken"
            self._note(CountedKind.adjusted, landed, text, "no_such_day")
        target = datetime.combine(landed, wall.time()) + timedelta(days=days)
        self.at = self._instant(target)
        self._note_clock_change(target)

    def _note_clock_change(self, wall: datetime) -> None:
        found = self.at.astimezone(self._zone)
        local = f"{_day(wall)} {_clock(wall)}"
        if found.replace(tzinfo=None) != wall:
            text = f"{local} does not exist, as the clocks go forward: {_moment(found)} is taken"
            reason = "clocks_forward"
        elif found.utcoffset() != found.replace(fold=1).utcoffset():
            text = f"{local} comes twice, as the clocks go back: the first is taken"
            reason = "clocks_back"
        else:
            return
        self._note(CountedKind.adjusted, wall.date(), text, reason)

    def _add_business_days(self, count: int) -> None:
        day = self._first_counting_day()
        skipped: list[date] = []
        for _ in range(count):
            day = self._next_open(day + ONE_DAY, skipped)
        self._note_skipped(skipped)
        self.at = self._instant(self._calendar.closes_at.on(day))

    def _add_opening_time(self, left: timedelta) -> None:
        day = self._first_counting_day()
        skipped: list[date] = []
        begin, closes = self._open_part(day)
        while begin + left > closes:
            left -= closes - begin
            day = self._next_open(day + ONE_DAY, skipped)
            begin, closes = self._open_part(day)
        self._note_skipped(skipped)
        self.at = begin + left

    def _first_counting_day(self) -> date:
        """The local date now, or that of the next opening when the office is closed for the day."""
        today = self.at.astimezone(self._zone).date()
        skipped: list[date] = []
        day = self._next_open(today, skipped)
        if day == today and self.at >= self._open_part(day)[1]:
            day = self._next_open(today + ONE_DAY, skipped)
        if day != today:
            opens = f"{_day(day)} {self._calendar.opens_at}"
            now = _moment(self.at.astimezone(self._zone))
            text = f"The office is closed at {now}: counting begins {opens}"
            self._note(CountedKind.started, day, text, "closed")
        self._note_skipped(skipped)
        return day

    def _open_part(self, day: date) -> tuple[datetime, datetime]:
        """What is left of this open day's hours, as instants."""
        opens = self._instant(self._calendar.opens_at.on(day))
        return max(self.at, opens), self._instant(self._calendar.closes_at.on(day))

    def _next_open(self, day: date, skipped: list[date]) -> date:
        while True:
            if not self._calendar.covers.includes(day):
                raise CalendarRunsOut(self._calendar, day)
            if self._calendar.is_open(day):
                return day
            skipped.append(day)
            day += ONE_DAY

    def _instant(self, wall: datetime) -> datetime:
        # Fold 0 is the first of two equal local times, and moves a time that does
        # not exist forward by as much as the clocks move (PEP 495).
        return wall.replace(tzinfo=self._zone, fold=0).astimezone(UTC)

    def _note(self, kind: CountedKind, first: date, text: str, reason: str) -> None:
        counted = Counted(kind=kind, first=first, last=first, text=text, reason=reason)
        self.steps.append(counted)

    def _note_skipped(self, skipped: list[date]) -> None:
        self.steps += [_skip_step(self._calendar, run) for run in self._runs(skipped)]

    def _runs(self, days: list[date]) -> list[list[date]]:
        """Consecutive days that are closed for the same reason."""
        runs: list[list[date]] = []
        why = self._calendar.why_closed
        for day in days:
            before = day - ONE_DAY
            if runs and runs[-1][-1] == before and why(before) == why(day):
                runs[-1].append(day)
            else:
                runs.append([day])
        return runs


def _skip_step(calendar: Calendar, run: list[date]) -> Counted:
    first, last = run[0], run[-1]
    is_dated = calendar.closing_day(first) is not None
    days = (
        f"{_day(first)} is" if first == last else f"{_day(first)} to {_day(last)} are"
    )
    reason = calendar.why_closed(first) or ""
    return Counted(
        kind=CountedKind.closed_day if is_dated else CountedKind.closed_weekly,
        first=first,
        last=last,
        text=f"{days} skipped: {reason}",
        reason=reason,
    )


def _due_step(
    rule: Within, started_at: datetime, due_at: datetime, zone: ZoneInfo
) -> Counted:
    due, started = due_at.astimezone(zone), started_at.astimezone(zone)
    counted = ", from" if rule.counts_first_day else " after"
    text = f"Due {_moment(due)}, {rule.plain()}{counted} {_moment(started)}"
    return Counted(kind=CountedKind.due, first=due.date(), last=due.date(), text=text)


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second or at.microsecond else f"{at:%H:%M}"


def _moment(at: datetime) -> str:
    return f"{_day(at)} {_clock(at)} {at:%Z}"
