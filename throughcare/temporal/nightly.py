"""The nightly comparison of the tables with the workflows, as a schedule of Temporal's: operators see it, pause it and
start it by hand in the Temporal UI, under *Schedules*.
"""

from collections.abc import Iterable
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from throughcare.temporal.client import NIGHTLY_QUEUE
from throughcare.time.calendar import Calendar

SCHEDULE = "throughcare-records-check"
RECORDS_CHECK = "RecordsCheck"

CATCH_UP_WITHIN = timedelta(hours=12)
"""A check that was missed because nothing ran is made up for."""


async def schedule_nightly_check(client: Client, zone: str) -> None:
    """May be called at every start; one that an operator paused stays paused."""
    try:
        await client.create_schedule(SCHEDULE, _nightly(zone, ScheduleState()))
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(SCHEDULE).update(
            lambda there: _updated(there, zone)
        )
    except RPCError as error:
        # The time-skipping test server knows no schedules.
        if error.status is not RPCStatusCode.UNIMPLEMENTED:
            raise


def night_zone(calendars: Iterable[Calendar]) -> str:
    """Where the night is: the zone of the calendars. One in UTC is of no place; where there are several zones, it is UTC."""
    zones = {calendar.zone for calendar in calendars} - {"UTC"}
    return zones.pop() if len(zones) == 1 else "UTC"


def _updated(there: ScheduleUpdateInput, zone: str) -> ScheduleUpdate:
    return ScheduleUpdate(_nightly(zone, there.description.schedule.state))


def _nightly(zone: str, state: ScheduleState) -> Schedule:
    half_past_two = ScheduleCalendarSpec(
        hour=(ScheduleRange(2),), minute=(ScheduleRange(30),)
    )
    return Schedule(
        # On a queue of its own: whatever it has to do, it takes no place from a case.
        action=ScheduleActionStartWorkflow(
            RECORDS_CHECK,
            id=SCHEDULE,
            task_queue=NIGHTLY_QUEUE,
            static_summary="Compares the tables with the workflows",
        ),
        spec=ScheduleSpec(calendars=[half_past_two], time_zone_name=zone),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP_WITHIN
        ),
        state=state,
    )
