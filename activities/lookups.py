"""Looks up what a case needs to know, all at once: who sits where, when limits end, which consents are on file."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from temporalio import activity
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from throughcare.case.consents import ConsentFacts
from throughcare.case.needs import DateWanted, Found
from throughcare.case.seats import Seated
from throughcare.case.wire import CaseLookup
from throughcare.store.consents import consents_in_force
from throughcare.store.database import Database
from throughcare.store.directory import find_seats
from throughcare.time.calendar import Calendar
from throughcare.time.deadline import CalendarRunsOut, Dated, derive


class LookupActivities:
    def __init__(self, database: Database, calendars: Mapping[str, Calendar]) -> None:
        self._database = database
        self._calendars = calendars

    @activity.defn
    async def look_up(self, lookup: CaseLookup) -> Found:
        """Reads only, so safe to repeat; history keeps what was found the first time."""
        needs = lookup.needs
        dates = {each.key: self._dated(lookup.calendar, each) for each in needs.dates}
        if not (needs.seats or needs.consents_of):
            return Found(dates=dates)
        seats, consents = await self._database.read(_found, lookup)
        return Found(seats=seats, dates=dates, consents=consents)

    def _dated(self, calendar_id: str, wanted: DateWanted) -> Dated:
        """A calendar that is missing or runs out is an answer: the case must show it."""
        calendar = self._calendars.get(calendar_id)
        if calendar is None:
            known = ", ".join(sorted(self._calendars)) or "none"
            problem = f"There is no calendar {calendar_id!r}; there are: {known}."
            return Dated(problem=problem)
        zone, started_at = ZoneInfo(calendar.zone), wanted.started_at
        try:
            receipt = derive(
                wanted.rule, started_at, calendar, zone, tzdata=IANA_VERSION
            )
        except CalendarRunsOut as error:
            return Dated(problem=str(error))
        return Dated(receipt=receipt)


def _found(
    connection: Connection, lookup: CaseLookup
) -> tuple[tuple[Seated, ...], tuple[ConsentFacts, ...] | None]:
    """Seats and consents, as of one instant."""
    needs, at = lookup.needs, lookup.at
    seats = find_seats(connection, lookup.agency, at, needs.seats)
    if not needs.consents_of:
        return seats, None
    return seats, consents_in_force(connection, needs.consents_of, at)
