"""The activity that workflows ask for due dates."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from activities.deadlines import DeadlineActivities
from throughcare.calendars import load_calendars
from throughcare.domain.deadline import DeadlineRequest, Receipt, Within

CALENDARS = load_calendars(Path(__file__).parents[2] / "calendars")


async def derive(
    calendar: str, within: str, start: str = "2026-11-20T22:30:00+00:00"
) -> Receipt:
    request = DeadlineRequest(
        rule=Within.model_validate({"within": within, "days": "business"}),
        started_at=datetime.fromisoformat(start),
        calendar=calendar,
    )
    activities = DeadlineActivities(CALENDARS)
    return await ActivityEnvironment().run(activities.derive_deadline, request)


async def test_the_receipt_counts_in_the_calendars_zone_and_names_its_zone_data():
    receipt = await derive("milwaukee-county", "P5D")

    assert receipt.due_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert (receipt.zone, receipt.tzdata) == ("America/Chicago", IANA_VERSION)


async def test_asking_again_gives_the_same_receipt():
    assert await derive("milwaukee-county", "P5D") == await derive(
        "milwaukee-county", "P5D"
    )


async def test_an_unknown_calendar_is_refused_for_good_with_those_there_are():
    with pytest.raises(ApplicationError) as refused:
        await derive("dane-county", "P5D")

    assert not refused.value.non_retryable
    assert refused.value.type == "UnknownCalendar"
    assert refused.value.message == (
        "There is no calendar 'dane-county'; there are: always-open, milwaukee-county."
    )


async def test_a_calendar_that_runs_out_is_refused_for_good_with_what_to_add():
    with pytest.raises(ApplicationError) as refused:
        await derive("milwaukee-county", "P5D", "2029-12-27T16:00:00+00:00")

    assert not refused.value.non_retryable
    assert refused.value.type == "CalendarRunsOut"
    assert "add the closing days of 2030" in refused.value.message
