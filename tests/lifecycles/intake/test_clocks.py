"""The clocks of an intake: over weekends, holidays and changes of the clock, at their very end, and entered late."""

from datetime import date, datetime
from typing import Any

import pytest

from tests.lifecycles.intake.cars import (
    ADMINISTRATOR,
    DAY,
    HOUR,
    MANAGER,
    MINUTE,
    ON_CALL,
    PLAN,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
    assigned,
    consented,
    emergency,
    screened,
)
from tests.lifecycles.intake.walk import CALENDAR, CARS, Walk, begin, local
from throughcare.case.duty import Act, DutyStatus
from throughcare.case.refusals import Unreadable
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.time.calendar import Calendar, Covers

NEW_YEARS_EVE = local("2026-12-31 23:50")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


# -- the same four limits, wherever they fall -----------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
@pytest.mark.parametrize(
    ("found_at", "due_at"),
    [
        (local("2026-11-17 23:50"), utc("2026-11-18 06:20")),
        (NEW_YEARS_EVE, utc("2027-01-01 06:20")),
        (local("2026-11-26 09:00"), utc("2026-11-26 15:30")),
        (local("2026-03-08 01:50"), utc("2026-03-08 08:20")),
        (local("2026-11-01 01:50"), utc("2026-11-01 07:20")),
    ],
    ids=["at night", "New Year's Eve", "Thanksgiving", "spring", "autumn"],
)
def test_thirty_minutes_are_thirty_minutes_at_any_hour_of_any_day(
    found_at: datetime, due_at: datetime
):
    walk = emergency(found_at)

    for clause in ("CP-E-1a", "CP-E-1b"):
        assert walk.duty(clause).due_at == due_at
    walk.until(due_at - MINUTE)
    assert not walk.case.is_overdue
    walk.until(due_at)
    assert walk.duty("CP-E-1a").status is DutyStatus.missed
    assert walk.duty("CP-E-1b").status is DutyStatus.missed


@pytest.mark.clause("CP-N-4a")
@pytest.mark.parametrize(
    ("assigned_at", "due_at"),
    [
        (local("2026-11-20 16:00"), local("2026-11-21 16:00")),
        (local("2026-12-23 16:00"), local("2026-12-24 16:00")),
        (local("2026-03-07 16:00"), local("2026-03-08 17:00")),
        (local("2026-10-31 16:00"), local("2026-11-01 15:00")),
    ],
    ids=["over a weekend", "into a holiday", "spring", "autumn"],
)
def test_twenty_four_hours_are_what_the_clock_on_the_wall_does_not_change(
    assigned_at: datetime, due_at: datetime
):
    walk = assigned(assigned_at)

    duty = walk.duty("CP-N-4a")
    assert duty.due_at == due_at
    assert duty.due_at - duty.opened_at == 24 * HOUR
    walk.until(due_at - MINUTE)
    assert walk.duty("CP-N-4a").is_open
    walk.until(due_at)
    assert walk.duty("CP-N-4a").status is DutyStatus.missed


@pytest.mark.clause("CP-N-4b")
@pytest.mark.parametrize(
    ("assigned_at", "due_at"),
    [
        (local("2026-12-22 10:00"), utc("2026-12-29 06:00")),
        (local("2026-03-03 10:00"), utc("2026-03-10 05:00")),
        (local("2026-10-28 10:00"), utc("2026-11-04 06:00")),
        (local("2026-12-28 10:00"), utc("2027-01-04 06:00")),
    ],
    ids=["over a holiday", "spring", "autumn", "into another year"],
)
def test_the_first_seven_days_end_at_midnight_as_the_wall_has_it(
    assigned_at: datetime, due_at: datetime
):
    walk = assigned(assigned_at)

    assert walk.duty("CP-N-4b").due_at == due_at
    walk.until(due_at - MINUTE)
    assert walk.duty("CP-N-4b").is_open
    walk.until(due_at)
    assert walk.duty("CP-N-4b").status is DutyStatus.missed


@pytest.mark.clause("CP-N-2")
@pytest.mark.clause("CP-N-3")
@pytest.mark.parametrize(
    ("consents_at", "due_at"),
    [
        (local("2026-11-17 08:00"), utc("2026-11-18 23:00")),
        (local("2026-11-17 17:00"), utc("2026-11-19 23:00")),
        (local("2026-09-04 15:00"), utc("2026-09-08 22:00")),
        (local("2026-11-25 15:00"), utc("2026-11-27 23:00")),
        (local("2026-12-30 15:00"), utc("2027-01-04 23:00")),
        (local("2026-03-06 15:00"), utc("2026-03-09 22:00")),
        (local("2026-10-30 15:00"), utc("2026-11-02 23:00")),
        (local("2026-11-21 12:00"), utc("2026-11-24 23:00")),
    ],
    ids=[
        "as the office opens",
        "as it closes",
        "before Labor Day",
        "before Thanksgiving",
        "before New Year",
        "spring",
        "autumn",
        "on a Saturday",
    ],
)
def test_a_business_day_ends_as_the_office_closes(
    consents_at: datetime, due_at: datetime
):
    walk = consented(consents_at)

    for clause in ("CP-N-2", "CP-N-3"):
        assert walk.duty(clause).due_at == due_at
    walk.until(due_at - MINUTE)
    assert not walk.case.is_overdue
    walk.until(due_at)
    assert walk.duty("CP-N-3").status is DutyStatus.missed


@pytest.mark.clause("CP-N-1")
@pytest.mark.clause("CP-N-3")
def test_a_referral_on_friday_before_a_holiday_weekend_is_due_on_tuesday():
    walk = consented(local("2026-09-04 15:00"))

    receipt = walk.duty("CP-N-3").receipt
    assert receipt is not None
    assert "Labor Day" in receipt.plain()
    walk.until(local("2026-09-08 16:00"))
    walk.say("intake_reviewed", SUPERVISOR)
    walk.assign()
    assert walk.duty("CP-N-3").status is DutyStatus.met
    assert walk.said("missed") == []


def test_an_emergency_on_new_years_eve_climbs_through_the_night():
    walk = emergency(NEW_YEARS_EVE)

    walk.until(local("2027-01-01 00:20"))
    assert walk.told("climbed") == [SUPERVISOR]
    walk.until(local("2027-01-01 04:20"))
    assert walk.told("climbed") == [SUPERVISOR, MANAGER]


# -- at the very end, and entered late ---------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-1b")
def test_a_message_at_the_very_limit_is_in_time_and_nothing_climbs():
    walk = emergency()
    walk.say("ciu_contacted", ON_CALL)
    walk.now = walk.duty("CP-E-1b").due_at

    walk.say("client_contacted", ON_CALL, how="by phone")

    duty = walk.duty("CP-E-1b")
    assert duty.status is DutyStatus.met
    assert not duty.entered_late
    assert walk.told("climbed") == []
    assert walk.case.wakes() == ()


@pytest.mark.clause("CP-E-1b")
def test_a_message_at_the_very_limit_is_in_time_though_the_clock_rang_before_it():
    walk = emergency()
    walk.until(walk.duty("CP-E-1b").due_at)

    walk.say("client_contacted", ON_CALL, how="by phone")

    assert walk.duty("CP-E-1b").status is DutyStatus.met
    assert walk.duty("CP-E-1b", Act.follow_up).status is DutyStatus.met


@pytest.mark.clause("CP-E-1b")
def test_a_minute_after_the_limit_is_late():
    walk = emergency()
    walk.say("ciu_contacted", ON_CALL)
    walk.now = walk.duty("CP-E-1b").due_at + MINUTE

    walk.say("client_contacted", ON_CALL, how="by phone")

    duty = walk.duty("CP-E-1b")
    assert duty.status is DutyStatus.met_late
    [entry] = walk.said("client_contacted")
    assert "Done after the policy's limit." in entry.text
    assert len(walk.said("missed")) == 1
    assert walk.told("climbed") == []
    assert walk.case.wakes() == ()


@pytest.mark.clause("CP-E-1a")
@pytest.mark.clause("CP-E-1b")
def test_what_was_done_in_time_and_entered_after_it_is_met_and_says_so():
    walk = emergency()
    walk.after(HOUR)
    assert walk.case.is_overdue
    at = TUESDAY + 29 * MINUTE

    walk.say("ciu_contacted", ON_CALL, at=at)
    walk.say("client_contacted", ON_CALL, at=at, how="by phone")

    for clause in ("CP-E-1a", "CP-E-1b"):
        duty = walk.duty(clause)
        assert (duty.status, duty.entered_late) == (DutyStatus.met, True)
        assert walk.duty(clause, Act.follow_up).status is DutyStatus.met
    assert not walk.case.is_overdue
    assert len(walk.said("missed")) == 2
    [entry] = walk.said("client_contacted")
    assert "Done within the policy's limit, and entered after it." in entry.text
    assert (entry.event_at, entry.at) == (at, walk.now)


@pytest.mark.clause("CP-N-3")
def test_an_assignment_entered_the_day_after_starts_its_clocks_when_it_was_made():
    walk = consented(TUESDAY)
    walk.after(HOUR)
    walk.say("intake_reviewed", SUPERVISOR)
    made_at = walk.now
    walk.after(30 * HOUR)

    walk.assign(event_at=made_at.isoformat())

    contact = walk.duty("CP-N-4a")
    assert contact.opened_at == made_at
    assert (contact.due_at, contact.status) == (made_at + 24 * HOUR, DutyStatus.missed)
    assert {e.event_at for e in walk.said("missed")} >= {contact.due_at}
    assert [d for d in walk.duties("CP-N-4a") if d.act == Act.follow_up] == []


def test_an_emergency_entered_twenty_five_minutes_late_has_five_left_and_says_so_once():
    walk = begin(CARS, TUESDAY)
    walk.after(25 * MINUTE)

    needs = [{"id": "housing", "text": "Has nowhere to sleep"}]
    walk.say("screened", UNIT, at=TUESDAY, emergency=True, needs=needs)

    assert walk.duty("CP-E-1b").due_at == TUESDAY + 30 * MINUTE
    assert walk.told("emergency") == [ON_CALL]
    assert walk.told("reminder") == []
    assert all(wake.at > walk.now for wake in walk.case.wakes())


@pytest.mark.parametrize(
    "at",
    [TUESDAY + 6 * MINUTE, TUESDAY - 32 * DAY],
    ids=["in the future", "long before"],
)
def test_a_time_that_cannot_be_is_refused(at: datetime):
    walk = emergency()

    with pytest.raises(Unreadable, match="event_at"):
        walk.say("ciu_contacted", ON_CALL, at=at)

    assert walk.duty("CP-E-1a").is_open


# -- a calendar that has no date ------------------------------------------------------------------------------------------------------


def ending(last: str) -> Calendar:
    covers = Covers(first=date(2026, 1, 1), last=date.fromisoformat(last))
    days = tuple(day for day in CALENDAR.closing_days if covers.includes(day.date))
    return CALENDAR.model_copy(update={"covers": covers, "closing_days": days})


def undated() -> Walk:
    """The consents are here, and the calendar ends before the day they would be due."""
    walk = screened()
    walk.calendar = ending("2026-11-17")
    walk.say("consents_received", UNIT)
    return walk


@pytest.mark.clause("CP-N-3")
def test_a_limit_that_leads_out_of_the_calendar_is_somebodys_to_mend():
    walk = undated()

    assert walk.duty("CP-N-2").due_at is None
    assert walk.duty("CP-N-3").due_at is None
    [mend] = walk.case.outstanding(Act.mend_calendar)
    assert mend.holders[0].role == ADMINISTRATOR
    assert "this limit needs 2026-11-18" in mend.text
    assert walk.told("undated") == [ADMINISTRATOR]
    assert [wake.name for wake in walk.case.wakes()] == ["calendar"]


@pytest.mark.clause("CP-N-3")
def test_once_the_calendar_is_mended_the_limit_is_what_it_always_was():
    walk = undated()
    walk.after(3 * HOUR)
    assert walk.duty("CP-N-3").due_at is None

    walk.calendar = CALENDAR
    walk.after(HOUR)

    for clause in ("CP-N-2", "CP-N-3"):
        assert walk.duty(clause).due_at == local("2026-11-18 17:00")
    assert walk.case.outstanding(Act.mend_calendar) == []
    assert walk.told("undated") == [ADMINISTRATOR]
    walk.until(local("2026-11-18 13:00"))
    assert walk.told("reminder") == [SUPERVISOR, SUPERVISOR]
    walk.until(local("2026-11-18 17:00"))
    assert walk.duty("CP-N-3").status is DutyStatus.missed


def test_a_limit_that_had_passed_before_the_calendar_was_mended_is_missed_as_of_then():
    walk = undated()
    walk.until(local("2026-11-20 10:00"))

    walk.calendar = CALENDAR
    walk.after(HOUR)

    assert walk.duty("CP-N-3").status is DutyStatus.missed
    assert {e.event_at for e in walk.said("missed")} == {local("2026-11-18 17:00")}
    assert walk.told("climbed") == [MANAGER]


def test_an_empty_seat_waits_for_no_calendar():
    walk = undated()
    walk.vacate(SUPERVISOR)

    walk.calendar = CALENDAR
    walk.after(HOUR)

    assert walk.case.outstanding(Act.mend_calendar) == []
    assert walk.case.outstanding(Act.fill_seat) != []
    assert "calendar" not in [wake.name for wake in walk.case.wakes()]


def test_what_is_done_before_the_calendar_is_mended_waits_for_no_date():
    walk = undated()
    walk.say("intake_reviewed", SUPERVISOR)
    walk.assign()
    assert walk.duty("CP-N-3").status is DutyStatus.met

    walk.after(HOUR)

    assert walk.case.outstanding(Act.mend_calendar) == []
    assert "calendar" not in [wake.name for wake in walk.case.wakes()]


def test_thirty_minutes_need_no_calendar():
    walk = begin(CARS, TUESDAY)
    walk.calendar = ending("2026-11-16")
    needs = [{"id": "housing", "text": "Has nowhere to sleep"}]

    walk.say("screened", UNIT, emergency=True, needs=needs)

    assert walk.duty("CP-E-1b").due_at == TUESDAY + 30 * MINUTE
    assert walk.case.outstanding(Act.mend_calendar) == []


def test_a_limit_above_that_leads_out_of_the_calendar_is_dated_once_it_is_mended():
    walk = emergency()
    walk.calendar_ends = True
    walk.after(31 * MINUTE)
    above = walk.duty("CP-E-1b", Act.follow_up)
    assert above.due_at is None

    walk.calendar_ends = False
    walk.after(HOUR)

    above = walk.duty("CP-E-1b", Act.follow_up)
    assert above.due_at == TUESDAY + 30 * MINUTE + 4 * HOUR


# -- seats that change hands --------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-N-4a")
@pytest.mark.clause("CP-N-4b")
def test_a_worker_who_takes_over_a_seat_takes_its_clocks_as_they_stand():
    """O-06."""
    walk = assigned()
    before = {duty.id: duty.due_at for duty in walk.case.open_duties()}
    walk.after(10 * HOUR)

    walk.sit("seat-worker", "person-rowan")

    now = {duty.id: duty.due_at for duty in walk.case.open_duties()}
    assert now == before
    assert {d.holders[0].person for d in walk.case.open_duties() if d.due_at} == {
        "person-rowan"
    }
    [entry] = walk.said("seat_changed")
    assert (entry.before, entry.person) == ("person-worker", "person-rowan")
    [word] = [notice for notice in walk.posted if notice.kind == "seat_taken"]
    assert word.due_at == walk.duty("CP-N-4a").due_at


@pytest.mark.clause("CP-E-1b")
def test_the_seat_on_call_changes_hands_in_the_thick_of_an_emergency():
    walk = emergency(local("2026-11-17 23:50"))
    walk.until(local("2026-11-18 00:00"))

    walk.sit("seat-on-call", "person-rowan")

    assert walk.duty("CP-E-1b").due_at == local("2026-11-18 00:20")
    assert walk.told("seat_taken") == [ON_CALL]
    walk.say("client_contacted", ON_CALL, how="by phone")
    assert walk.duty("CP-E-1b").discharge.person == "person-rowan"


def test_a_seat_that_changes_hands_after_a_miss_hands_on_what_is_still_to_be_done():
    walk = emergency()
    walk.after(31 * MINUTE)

    walk.sit("seat-on-call", "person-rowan")

    duty = walk.duty("CP-E-1b")
    assert (duty.status, duty.holders[0].person) == (
        DutyStatus.missed,
        "person-rowan",
    )


# -- cases taken over from elsewhere ---------------------------------------------------------------------------------------------------------


def taken_over() -> Walk:
    """An intake that was begun elsewhere two weeks ago, and is brought in now."""
    return begin(CARS, TUESDAY, imported=True, referred_at=TUESDAY - 14 * DAY)


def bring(walk: Walk, name: str, role: str, at: datetime, **facts: Any) -> None:
    """What the record of before says, entered by whoever brings the caseload in."""
    seat = walk.case.chosen.get(role) or f"seat-{role}"
    held = HeldSeat(seat=seat, capacity=Capacity.imported)
    walk.say_as(Actor(person="person-bringer", seats=(held,)), name, at, **facts)


@pytest.mark.clause("CP-N-3")
def test_what_was_due_before_a_case_came_here_is_on_record_and_calls_nobody():
    """O-37."""
    walk = taken_over()
    bring(walk, "screened", UNIT, TUESDAY - 14 * DAY, emergency=False)
    bring(walk, "consents_received", UNIT, TUESDAY - 13 * DAY)

    assert walk.duty("CP-N-3").status is DutyStatus.missed
    assert {e.text for e in walk.said("missed")} == {
        "It was due before the case came here: Go over the screen.",
        "It was due before the case came here: Assign the coordinator.",
    }
    walk.after(30 * DAY)
    assert walk.posted == []


@pytest.mark.clause("CP-N-3")
def test_what_the_record_of_before_shows_as_done_in_time_is_met():
    walk = taken_over()
    bring(walk, "screened", UNIT, TUESDAY - 14 * DAY, emergency=False)
    bring(walk, "consents_received", UNIT, TUESDAY - 13 * DAY)
    bring(walk, "intake_reviewed", SUPERVISOR, TUESDAY - 13 * DAY + HOUR)
    bring(
        walk,
        "coordinator_assigned",
        SUPERVISOR,
        TUESDAY - 13 * DAY + 2 * HOUR,
        assigned="seat-worker",
        person="person-worker",
    )

    for clause in ("CP-N-2", "CP-N-3"):
        assert walk.duty(clause).status is DutyStatus.met
    assert walk.duty("CP-N-4a").status is DutyStatus.missed
    assert walk.told("assigned") == walk.told("client_worker") == []


@pytest.mark.clause("CP-N-4b")
def test_what_is_due_after_a_case_came_here_runs_as_it_does_for_any_other():
    walk = taken_over()
    bring(walk, "screened", UNIT, TUESDAY - 4 * DAY, emergency=False)
    bring(walk, "consents_received", UNIT, TUESDAY - 4 * DAY)
    bring(walk, "intake_reviewed", SUPERVISOR, TUESDAY - 3 * DAY)
    bring(
        walk,
        "coordinator_assigned",
        SUPERVISOR,
        TUESDAY - 3 * DAY,
        assigned="seat-worker",
        person="person-worker",
    )
    plan = walk.duty("CP-N-4b")
    assert plan.due_at == local("2026-11-21 00:00")

    walk.until(plan.due_at)

    assert walk.duty("CP-N-4b").status is DutyStatus.missed
    assert walk.told("climbed") == [SUPERVISOR]


@pytest.mark.clause("CP-E-1b")
def test_an_emergency_in_a_case_that_was_taken_over_has_its_thirty_minutes_like_any_other():
    walk = taken_over()
    walk.after(HOUR)
    walk.say("emergency_identified", UNIT, needs=[{"id": "food", "text": "None left"}])

    walk.after(30 * MINUTE)

    assert walk.told("emergency") == [ON_CALL]
    assert walk.duty("CP-E-1b").status is DutyStatus.missed
    assert walk.told("climbed") == [SUPERVISOR]


@pytest.mark.clause("CP-E-1b")
def test_what_is_entered_late_in_a_case_that_was_taken_over_is_missed_and_calls_nobody():
    walk = taken_over()
    walk.after(2 * HOUR)

    found_at = TUESDAY + HOUR
    needs = [{"id": "food", "text": "None left"}]
    walk.say("emergency_identified", UNIT, at=found_at, needs=needs)

    assert walk.duty("CP-E-1b").status is DutyStatus.missed
    assert walk.told("emergency") == walk.told("climbed") == []


def test_no_calendar_is_asked_for_a_date_before_the_case_came_here():
    walk = begin(CARS, TUESDAY, imported=True, referred_at=TUESDAY - 20 * DAY)
    walk.calendar_ends = True
    bring(walk, "screened", UNIT, TUESDAY - 20 * DAY, emergency=False)
    bring(walk, "consents_received", UNIT, TUESDAY - 19 * DAY)

    assert walk.case.outstanding(Act.mend_calendar) == []
    assert walk.duty("CP-N-3").is_open
    assert walk.case.wakes() == ()


@pytest.mark.clause("CP-N-4b")
def test_a_plan_filed_on_the_last_evening_is_in_time_though_it_is_entered_next_morning():
    walk = assigned(local("2026-12-01 10:00"))
    walk.until(local("2026-12-08 09:00"))

    walk.say("initial_plan_filed", WORKER, at=local("2026-12-07 21:00"), **PLAN)

    plan = walk.duty("CP-N-4b")
    assert (plan.status, plan.entered_late) == (DutyStatus.met, True)
