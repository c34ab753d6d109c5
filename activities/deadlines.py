"""Derives due dates. A local activity, so that the receipt and not the calendar decides on replay."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from temporalio import activity
from temporalio.exceptions import ApplicationError
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from throughcare.domain.calendar import Calendar
from throughcare.domain.deadline import (
    CalendarRunsOut,
    DeadlineRequest,
    Receipt,
    derive,
)


class DeadlineActivities:
    def __init__(self, calendars: Mapping[str, Calendar]) -> None:
        self._calendars = calendars

    @activity.defn
    async def derive_deadline(self, request: DeadlineRequest) -> Receipt:
        """Pure, so safe to repeat. A calendar that is missing or runs out is tried again until somebody mends it."""
        calendar = self._calendar(request.calendar)
        zone = ZoneInfo(calendar.zone)
        try:
            return derive(
                request.rule, request.started_at, calendar, zone, tzdata=IANA_VERSION
            )
        except CalendarRunsOut as error:
            raise ApplicationError(str(error), type="CalendarRunsOut") from error

    def _calendar(self, calendar_id: str) -> Calendar:
        if calendar_id not in self._calendars:
            known = ", ".join(sorted(self._calendars)) or "none"
            raise ApplicationError(
                f"There is no calendar {calendar_id!r}; there are: {known}.",
                type="UnknownCalendar",
            )
        return self._calendars[calendar_id]
