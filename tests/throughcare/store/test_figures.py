"""Figures over all cases, as operators watch them."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from tests.samples import NOW, case_record, duty, notice, served_record
from throughcare.case.duty import DutyStatus
from throughcare.case.notice import Delivered, Delivery
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.store.addressees import PRINT_IT
from throughcare.store.clients import add_client
from throughcare.store.emergency_access import (
    EmergencyAccess,
    add_access,
    review_access,
)
from throughcare.store.figures import CheckFigures, ClauseFigures, figures
from throughcare.store.identity import Identity
from throughcare.store.notice_queue import Settlement, claim, put_off, settle
from throughcare.store.outbox import note_untold
from throughcare.store.records import apply_record
from throughcare.store.tables import RecordCheckRow

LATER = NOW + timedelta(days=6)
"""A day after the duties of the samples are due."""


def check(name, started_at, ended_at, different=0):
    return dict(
        id=name,
        started_at=started_at,
        ended_at=ended_at,
        cases=9,
        different=different,
        mended=0,
        unreachable=0,
        ahead=0,
        differences=[],
    )


def test_duties_of_open_cases_are_counted_by_clause_and_the_late_ones_apart(
    connection,
):
    statuses = (DutyStatus.open, DutyStatus.missed, DutyStatus.met)
    duties = tuple(duty(number, status) for number, status in enumerate(statuses))
    apply_record(connection, case_record(duties=duties))

    (now,) = figures(connection, NOW).duties
    (later,) = figures(connection, LATER).duties

    counted = ClauseFigures(
        lifecycle="conflict", clause="CR-A-1", outstanding=2, overdue=1
    )
    assert now == counted
    assert later == counted.model_copy(update={"overdue": 2})


def test_a_duty_without_a_limit_is_never_late(connection):
    unlimited = duty().model_copy(update={"due_at": None})
    apply_record(connection, case_record(duties=(unlimited,)))

    (counted,) = figures(connection, LATER).duties

    assert (counted.outstanding, counted.overdue) == (1, 0)


def test_what_was_missed_in_a_closed_case_is_not_still_to_be_done(connection):
    missed = (duty(1, DutyStatus.missed),)
    closed = case_record(status=ConflictStatus.agreed, closed_at=NOW, duties=missed)
    apply_record(connection, closed)

    found = figures(connection, NOW)

    assert found.duties == ()
    assert found.cases == {}


def test_open_cases_are_counted_by_status(connection):
    for case_id, status in (
        ("a", ConflictStatus.open),
        ("b", ConflictStatus.open),
        ("c", "halted"),
    ):
        apply_record(connection, case_record(case_id=case_id, status=status))

    assert figures(connection, NOW).cases == {
        ("conflict", "open"): 2,
        ("conflict", "halted"): 1,
    }


def test_notices_are_counted_until_they_are_delivered(connection):
    notices = tuple(notice(key) for key in ("waits", "arrived", "lost"))
    apply_record(connection, case_record(notices=notices))
    for key, became in (("arrived", Delivery.delivered), ("lost", Delivery.failed)):
        claim(connection, [key], "e-mail", NOW)
        settle(connection, [Settlement(Delivered(key=key, delivery=became))], NOW)

    found = figures(connection, NOW)

    assert found.notices == {"queued": 1, "sending": 0, "failed": 1, "uncertain": 0}
    assert found.queued_since == case_record().at


def test_what_waits_for_a_daily_letter_is_queued_and_not_late(connection):
    apply_record(connection, case_record(notices=(notice("not urgent"),)))
    put_off(connection, "not urgent", NOW + timedelta(hours=20))

    found = figures(connection, NOW)

    assert found.notices["queued"] == 1
    assert found.queued_since is None


def test_a_letter_that_is_printed_instead_is_no_notice_that_failed(connection):
    apply_record(connection, served_record(notices=(notice("letter"),)))
    claim(connection, ["letter"], "e-mail", NOW)
    printed = Delivered(key="letter", delivery=Delivery.failed, reason=PRINT_IT)
    settle(connection, [Settlement(printed)], NOW)

    assert figures(connection, NOW).notices["failed"] == 0


def test_each_lifecycle_is_counted_by_itself(connection):
    apply_record(connection, case_record(case_id="a"))
    apply_record(connection, served_record(case_id="b"))
    apply_record(connection, served_record(case_id="c", kind="care-plan"))

    found = figures(connection, NOW)

    kinds = ["care-plan", "conflict", "intake"]
    assert sorted(found.cases) == [(kind, "open") for kind in kinds]
    assert sorted(each.lifecycle for each in found.duties) == kinds


def test_the_oldest_change_that_nobody_was_told_of_is_dated(connection):
    for days in (3, 1):
        at = NOW + timedelta(days=days)
        note_untold(connection, at, seat_ids=["coordinator-1"])

    assert figures(connection, NOW).untold_since == NOW + timedelta(days=1)


def test_the_last_check_that_came_to_an_end_is_told(connection):
    hour = timedelta(hours=1)
    checks = [
        check("first", NOW, NOW + hour, different=7),
        check("second", NOW + 24 * hour, NOW + 25 * hour, different=2),
        check("under way", NOW + 48 * hour, None),
    ]
    connection.execute(insert(RecordCheckRow), checks)

    assert figures(connection, NOW).check == CheckFigures(
        ended_at=NOW + 25 * hour, different=2, mended=0, unreachable=0, ahead=0
    )


def test_emergency_accesses_that_wait_for_a_review_are_counted_until_they_have_it(
    connection,
):
    add_client(connection, "c", Identity(name="Client Demo-Fern"), by="alder", at=NOW)
    for name, days in (("waits", 1), ("overdue", -1), ("reviewed", -1)):
        access = EmergencyAccess(
            id=name,
            person_id="mulberry",
            client_id="c",
            reason="On the phone",
            opened_at=NOW,
            until_at=NOW,
            review_due_at=NOW + timedelta(days=days),
        )
        add_access(connection, access)
    review_access(connection, "reviewed", "As it was.", by="tamarack", at=NOW)

    found = figures(connection, NOW).emergency_accesses

    assert found == {"unreviewed": 1, "overdue": 1}


@pytest.mark.parametrize("figure", ["queued_since", "untold_since", "check"])
def test_of_nothing_there_is_no_figure(connection, figure):
    assert getattr(figures(connection, NOW), figure) is None
