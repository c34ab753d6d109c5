"""Prepares a rung: who sits on it and when its limit ends, found at once so that it costs one event."""

from temporalio import activity

from activities.deadlines import DeadlineActivities
from activities.directory import DirectoryActivities
from throughcare.messages import RungLookup, RungPrepared
from throughcare.time.deadline import Dated


class RungActivities:
    def __init__(
        self, directory: DirectoryActivities, deadlines: DeadlineActivities
    ) -> None:
        self._directory = directory
        self._deadlines = deadlines

    @activity.defn
    async def prepare_rung(self, lookup: RungLookup) -> RungPrepared:
        """Reads only, so safe to repeat; history keeps what was found the first time."""
        found = await self._directory.find_seats(lookup.seats)
        dated = Dated()
        if lookup.deadline:
            dated = await self._deadlines.derive_deadline(lookup.deadline)
        return RungPrepared(seats=found.seats, dated=dated)
