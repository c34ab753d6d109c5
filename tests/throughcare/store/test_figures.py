"""Figures over all cases, as operators watch them."""

from datetime import timedelta

import pytest

from tests.samples import NOW, case_record, duty, notice, served_record
from throughcare.case.duty import DutyStatus
from throughcare.case.notice import Delivered, Delivery
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.store.changes import add_absence
from throughcare.store.database import within
from throughcare.store.figures import CheckFigures, ClauseFigures, figures
from throughcare.store.notices import PRINT_IT, claim, settle
from throughcare.store.records import apply_record
from throughcare.store.tables import RecordCheckRow

LATER = NOW + timedelta(days=6)
"""A day after the duties of the samples are due."""


def check(name, started_at, ended_at, different=0):
    return RecordCheckRow(
        id=name,
        started_at=started_at,
        ended_at=ended_at,
        cases=9,
        different=different,
        mended=0,
        unreachable=0,
        differences=[],
    )


async def test_duties_of_open_cases_are_counted_by_clause_and_the_late_ones_apart(
    session,
):
    statuses = (DutyStatus.open, DutyStatus.missed, DutyStatus.met)
    duties = tuple(duty(number, status) for number, status in enumerate(statuses))
    await within(session, apply_record, case_record(duties=duties))

    (now,) = (await figures(session, NOW)).duties
    (later,) = (await figures(session, LATER)).duties

    counted = ClauseFigures(
        lifecycle="conflict", clause="CR-A-1", outstanding=2, overdue=1
    )
    assert now == counted
    assert later == counted.model_copy(update={"overdue": 2})


async def test_a_duty_without_a_limit_is_never_late(session):
    unlimited = duty().model_copy(update={"due_at": None})
    await within(session, apply_record, case_record(duties=(unlimited,)))

    (counted,) = (await figures(session, LATER)).duties

    assert (counted.outstanding, counted.overdue) == (1, 0)


async def test_what_was_missed_in_a_closed_case_is_not_still_to_be_done(session):
    missed = (duty(1, DutyStatus.missed),)
    closed = case_record(status=ConflictStatus.agreed, closed_at=NOW, duties=missed)
    await within(session, apply_record, closed)

    found = await figures(session, NOW)

    assert found.duties == ()
    assert found.cases == {}


async def test_open_cases_are_counted_by_status(session):
    for case_id, status in (
        ("a", ConflictStatus.open),
        ("b", ConflictStatus.open),
        ("c", "halted"),
    ):
        await within(session, apply_record, case_record(case_id=case_id, status=status))

    assert (await figures(session, NOW)).cases == {
        ("conflict", "open"): 2,
        ("conflict", "halted"): 1,
    }


async def test_notices_are_counted_until_they_are_delivered(session):
    notices = tuple(notice(key) for key in ("waits", "arrived", "lost"))
    await within(session, apply_record, case_record(notices=notices))
    for key, became in (("arrived", Delivery.delivered), ("lost", Delivery.failed)):
        await within(session, claim, key, NOW)
        await within(session, settle, Delivered(key=key, delivery=became), NOW)

    found = await figures(session, NOW)

    assert found.notices == {"queued": 1, "sending": 0, "failed": 1, "uncertain": 0}
    assert found.queued_since == case_record().at


async def test_a_letter_that_is_printed_instead_is_no_notice_that_failed(session):
    await within(session, apply_record, served_record(notices=(notice("letter"),)))
    await within(session, claim, "letter", NOW)
    printed = Delivered(key="letter", delivery=Delivery.failed, reason=PRINT_IT)
    await within(session, settle, printed, NOW)

    assert (await figures(session, NOW)).notices["failed"] == 0


async def test_each_lifecycle_is_counted_by_itself(session):
    await within(session, apply_record, case_record(case_id="a"))
    await within(session, apply_record, served_record(case_id="b"))
    await within(session, apply_record, served_record(case_id="c", kind="care-plan"))

    found = await figures(session, NOW)

    kinds = ["care-plan", "conflict", "intake"]
    assert sorted(found.cases) == [(kind, "open") for kind in kinds]
    assert sorted(each.lifecycle for each in found.duties) == kinds


async def test_the_oldest_change_that_nobody_was_told_of_is_dated(session):
    for days in (3, 1):
        at = NOW + timedelta(days=days)
        until = at + timedelta(hours=1)
        await within(session, add_absence, "alder", None, at, until, by="walnut", at=at)

    assert (await figures(session, NOW)).untold_since == NOW + timedelta(days=1)


async def test_the_last_check_that_came_to_an_end_is_told(session):
    hour = timedelta(hours=1)
    session.add_all(
        (
            check("first", NOW, NOW + hour, different=7),
            check("second", NOW + 24 * hour, NOW + 25 * hour, different=2),
            check("under way", NOW + 48 * hour, None),
        )
    )

    assert (await figures(session, NOW)).check == CheckFigures(
        ended_at=NOW + 25 * hour, different=2, mended=0, unreachable=0
    )


@pytest.mark.parametrize("figure", ["queued_since", "untold_since", "check"])
async def test_of_nothing_there_is_no_figure(session, figure):
    assert getattr(await figures(session, NOW), figure) is None
