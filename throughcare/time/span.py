"""Lengths of time as people write them, ISO 8601 durations, and what they count."""

import re
from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from pydantic import ConfigDict, RootModel, field_validator, model_validator

from throughcare.case.base import Frozen

ALLOWED = (
    "write an ISO 8601 duration of whole numbers such as P5D, P1M, PT24H, PT30M, PT20S or P1DT4H "
    "(only seconds may have a fraction); it must be longer than zero and at most 100 years"
)

_PATTERN = re.compile(
    r"P(?:(?P<years>[0-9]{1,3})Y)?(?:(?P<months>[0-9]{1,4})M)?"
    r"(?:(?P<weeks>[0-9]{1,4})W)?(?:(?P<days>[0-9]{1,5})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,8})M)?"
    r"(?:(?P<seconds>[0-9]{1,10}(?:\.[0-9]{1,6})?)S)?)?"
)

_HUNDRED_YEARS = timedelta(days=36_525)


class Span(RootModel[str]):
    """An ISO 8601 duration, kept as it was written.

    Years, months, weeks and days stay apart from the time part, because a day is
    not always 24 hours and a month has no fixed length.
    """

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"format": "duration", "examples": ["P5D"]}
    )

    @field_validator("root", mode="before")
    @classmethod
    def _is_a_duration(cls, value: object) -> object:
        match = _PATTERN.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"{value!r} is not a length of time: {ALLOWED}")
        parts = {unit: float(text or 0) for unit, text in match.groupdict().items()}
        years, months = parts.pop("years"), parts.pop("months")
        about = timedelta(**parts) + timedelta(days=365.25 * years + 30.4375 * months)
        if not timedelta(0) < about <= _HUNDRED_YEARS:
            raise ValueError(f"{value!r} is out of range: {ALLOWED}")
        return value

    def _part(self, unit: str) -> str:
        match = _PATTERN.fullmatch(self.root)
        return (match and match[unit]) or "0"

    @property
    def years(self) -> int:
        return int(self._part("years"))

    @property
    def months(self) -> int:
        return int(self._part("months"))

    @property
    def weeks(self) -> int:
        return int(self._part("weeks"))

    @property
    def days(self) -> int:
        return int(self._part("days"))

    @property
    def has_dates(self) -> bool:
        return bool(self.years or self.months or self.weeks or self.days)

    @property
    def time(self) -> timedelta:
        """The part after the T."""
        return timedelta(
            hours=int(self._part("hours")),
            minutes=int(self._part("minutes")),
            seconds=float(self._part("seconds")),
        )

    def words(self, day: str = "day", time: str = "") -> str:
        """In plain words, `day` being what a day is called and `time` what follows the time part."""
        dates = {"year": self.years, "month": self.months, "week": self.weeks}
        said = [_amount(count, unit) for unit, count in dates.items() if count]
        said += [_amount(self.days, day)] if self.days else []
        said += [_time_words(self.time) + time] if self.time else []
        return " and ".join([", ".join(said[:-1]), said[-1]] if said[1:] else said)

    def __str__(self) -> str:
        return self.root


class DayCount(StrEnum):
    business = "business"
    calendar = "calendar"
    through = "through"
    """Calendar days of which the one it begins on is the first; the limit ends with the last."""


class HourCount(StrEnum):
    elapsed = "elapsed"
    business = "business"


class Within(Frozen):
    """The rule of a limit. `days` says what its days count, `hours` what its hours, minutes and seconds count.

    Years and months are always calendar ones. Neither setting matters to a span
    without that part, so PT20S with business days is 20 elapsed seconds.
    """

    within: Span
    days: DayCount = DayCount.calendar
    hours: HourCount = HourCount.elapsed

    @model_validator(mode="after")
    def _weeks_are_calendar_weeks(self) -> Self:
        if self.within.weeks and self.days is DayCount.business:
            raise ValueError(
                f"{self.within} counts weeks, which are calendar weeks: write business days, such as P5D"
            )
        return self

    @property
    def counts_first_day(self) -> bool:
        """Whether the day it begins on is the first of its days, however late it begins."""
        return self.days is DayCount.through and self.within.has_dates

    def plain(self) -> str:
        """In plain words: `5 business days`."""
        day = "business day" if self.days is DayCount.business else "day"
        time = " of opening time" if self.hours is HourCount.business else ""
        first = ", the first one counted" if self.counts_first_day else ""
        return self.within.words(day, time) + first


def plus_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def _amount(count: float, unit: str) -> str:
    return f"{count:.10g} {unit}" + ("" if count == 1 else "s")


def _time_words(time: timedelta) -> str:
    minutes, seconds = divmod(time / timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    parts = {"hour": hours, "minute": minutes, "second": round(seconds, 6)}
    return " ".join(_amount(count, unit) for unit, count in parts.items() if count)
