"""Looks up what a case needs to know, all at once: who sits where, when limits end, which consents are on file."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from temporalio import activity
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from throughcare.case.needs import DateWanted, Found
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
        consents = None
        async with self._database.sessions() as session:
            seats = await find_seats(session, lookup.agency, lookup.at, needs.seats)
            if needs.consents_of:
                client, at = needs.consents_of, lookup.at
                consents = await consents_in_force(session, client, at)
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
