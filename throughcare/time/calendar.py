"""When an agency's office is open: its week, its hours and its dated closing days."""

import re
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    ConfigDict,
    Field,
    RootModel,
    ValidationInfo,
    field_validator,
    model_validator,
)

from throughcare.case.base import Written


class Weekday(StrEnum):
    """In the order of `date.weekday()`."""

    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"
    saturday = "saturday"
    sunday = "sunday"


class WallTime(RootModel[str]):
    """A time on the office's clock, 00:00 to 24:00. ISO 8601 lets a day end at 24:00; Python's `time` does not."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": ["17:00"]})

    @field_validator("root", mode="before")
    @classmethod
    def _is_on_the_clock(cls, value: object) -> object:
        pattern = r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
        if not (isinstance(value, str) and re.fullmatch(pattern, value)):
            raise ValueError(
                f"{value!r} is not a time of day: write 00:00 to 24:00, such as 17:00"
            )
        return value

    def on(self, day: date) -> datetime:
        """The local, naive date and time. 24:00 is the next day's 00:00."""
        hours, minutes = self.root.split(":")
        midnight = datetime.combine(day, datetime.min.time())
        return midnight + timedelta(hours=int(hours), minutes=int(minutes))

    def __str__(self) -> str:
        return self.root


class Covers(Written):
    """The first and the last date the closing days were looked up for."""

    first: date
    last: date

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"last ({self.last}) must not be before first")
        return self

    def includes(self, day: date) -> bool:
        return self.first <= day <= self.last


class ClosingDay(Written):
    """A date the office is closed, and the rule or notice that says so."""

    date: date
    name: str = Field(min_length=1)
    cite: str = Field(min_length=1)


class Calendar(Written):
    """One version of an agency's opening days and hours. `zone` is an IANA name."""

    id: str
    version: str
    title: str
    jurisdiction: str
    zone: str
    open_days: tuple[Weekday, ...] = Field(min_length=1)
    opens_at: WallTime
    closes_at: WallTime
    covers: Covers
    closing_days: tuple[ClosingDay, ...] = ()

    @field_validator("zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        try:
            return ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = get_close_matches(zone, sorted(available_timezones()), n=1)
            like = near[0] if near else "America/Chicago"
            raise ValueError(
                f"{zone!r} is not an IANA time zone; write one such as {like}"
            ) from None

    @field_validator("closes_at")
    @classmethod
    def _closes_after_it_opens(cls, closes: WallTime, info: ValidationInfo) -> WallTime:
        opens = info.data.get("opens_at", closes)
        if opens is not closes and closes.root <= opens.root:
            raise ValueError(f"must be later than opens_at, which is {opens.root}")
        return closes

    @field_validator("closing_days")
    @classmethod
    def _each_date_once_and_covered(
        cls, days: tuple[ClosingDay, ...], info: ValidationInfo
    ) -> tuple[ClosingDay, ...]:
        dates = [day.date for day in days]
        twice = [str(day) for day in dict.fromkeys(dates) if dates.count(day) > 1]
        if twice:
            raise ValueError(f"each date once, but {', '.join(twice)} is there again")
        covers = info.data.get("covers")
        outside = [str(day) for day in dates if covers and not covers.includes(day)]
        if outside:
            raise ValueError(f"{', '.join(outside)} lies outside what `covers` names")
        return days

    @cached_property
    def _closings(self) -> dict[date, str]:
        return {day.date: day.name for day in self.closing_days}

    def closing_day(self, day: date) -> str | None:
        """The name of the dated closing day, if it is one."""
        return self._closings.get(day)

    def why_closed(self, day: date) -> str | None:
        """The reason in plain words, or None on an open day. A dated closing day comes before the weekly one."""
        weekday = tuple(Weekday)[day.weekday()]
        if (name := self.closing_day(day)) or weekday in self.open_days:
            return name
        is_weekend = weekday in (Weekday.saturday, Weekday.sunday)
        return "weekend" if is_weekend else f"closed on {weekday.title()}s"

    def is_open(self, day: date) -> bool:
        return self.why_closed(day) is None
