"""Derives due dates. A local activity, so that the receipt and not the calendar decides on replay."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from temporalio import activity
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from throughcare.serving import DeadlinesDerived, DeadlinesToDerive
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import (
    CalendarRunsOut,
    Dated,
    DeadlineRequest,
    derive,
)


class DeadlineActivities:
    def __init__(self, calendars: Mapping[str, Calendar]) -> None:
        self._calendars = calendars

    @activity.defn
    async def derive_deadline(self, request: DeadlineRequest) -> Dated:
        """Pure, so safe to repeat. A calendar that is missing or runs out is an answer: the case must show it."""
        calendar = self._calendars.get(request.calendar)
        if calendar is None:
            known = ", ".join(sorted(self._calendars)) or "none"
            return Dated(
                problem=f"There is no calendar {request.calendar!r}; there are: {known}."
            )
        try:
            zone = ZoneInfo(calendar.zone)
            return Dated(
                receipt=derive(
                    request.rule,
                    request.started_at,
                    calendar,
                    zone,
                    tzdata=IANA_VERSION,
                )
            )
        except CalendarRunsOut as error:
            return Dated(problem=str(error))

    @activity.defn
    async def derive_deadlines(self, asked: DeadlinesToDerive) -> DeadlinesDerived:
        """As `derive_deadline`, several at once."""
        dates = [await self.derive_deadline(request) for request in asked.requests]
        return DeadlinesDerived(dates=tuple(dates))
