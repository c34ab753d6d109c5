"""The activity that workflows ask for due dates."""

from datetime import UTC, datetime
from pathlib import Path

from temporalio.testing import ActivityEnvironment
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from activities.deadlines import DeadlineActivities
from throughcare.packs.calendars import load_calendars
from throughcare.time.deadline import (
    Dated,
    DeadlineRequest,
    Within,
)

CALENDARS = load_calendars(Path(__file__).parents[2] / "calendars")


async def dated_by(
    calendar: str, within: str, start: str = "2026-11-20T22:30:00+00:00"
) -> Dated:
    request = DeadlineRequest(
        rule=Within.model_validate({"within": within, "days": "business"}),
        started_at=datetime.fromisoformat(start),
        calendar=calendar,
    )
    activities = DeadlineActivities(CALENDARS)
    return await ActivityEnvironment().run(activities.derive_deadline, request)


async def test_the_receipt_counts_in_the_calendars_zone_and_names_its_zone_data():
    receipt = (await dated_by("milwaukee-county", "P5D")).receipt

    assert receipt is not None
    assert receipt.due_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert (receipt.zone, receipt.tzdata) == ("America/Chicago", IANA_VERSION)


async def test_asking_again_gives_the_same_receipt():
    first = await dated_by("milwaukee-county", "P5D")

    assert first == await dated_by("milwaukee-county", "P5D")


async def test_an_unknown_calendar_is_a_problem_that_names_those_there_are():
    dated = await dated_by("dane-county", "P5D")

    assert dated.receipt is None
    assert dated.problem == (
        "There is no calendar 'dane-county'; there are: always-open, milwaukee-county."
    )


async def test_a_calendar_that_runs_out_is_a_problem_that_says_what_to_add():
    dated = await dated_by("milwaukee-county", "P5D", "2029-12-27T16:00:00+00:00")

    assert dated.receipt is None
    assert "add the closing days of 2030" in dated.problem
