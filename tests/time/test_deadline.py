"""Due dates worked out by hand, as tables. The days are those of the shipped Milwaukee calendar."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from throughcare.packs.calendars import load_calendars
from throughcare.time.deadline import (
    CalendarRunsOut,
    CountedKind,
    DeadlineRequest,
    Receipt,
    Span,
    Within,
    derive,
    remind_at,
)

CALENDARS = load_calendars(Path(__file__).parents[2] / "calendars")
MILWAUKEE = CALENDARS["milwaukee-county"]
CHICAGO = ZoneInfo("America/Chicago")


def rule(within: str, **counts: str) -> Within:
    return Within.model_validate({"within": within, **counts})


def receipt(limit: Within, start: str, calendar: str = "milwaukee-county") -> Receipt:
    """`start` is a local time in Chicago; `+` at its end means the second of two equal ones."""
    local = datetime.fromisoformat(start.rstrip("+")).replace(
        tzinfo=CHICAGO, fold=int(start.endswith("+"))
    )
    at = local.astimezone(UTC)
    return derive(limit, at, CALENDARS[calendar], CHICAGO, tzdata="2026f")


def due(limit: Within, start: str) -> str:
    return f"{receipt(limit, start).due_at.astimezone(CHICAGO):%Y-%m-%d %H:%M %Z}"


@pytest.mark.parametrize(
    ("within", "start", "expected"),
    [
        pytest.param("P1D", "2026-11-24 10:00", "2026-11-25 17:00 CST", id="next-day"),
        pytest.param("P1D", "2026-11-25 16:30", "2026-11-27 17:00 CST", id="holiday"),
        pytest.param("P3D", "2026-11-20 16:30", "2026-11-25 17:00 CST", id="friday"),
        pytest.param(
            "P5D", "2026-11-20 16:30", "2026-11-30 17:00 CST", id="thanksgiving"
        ),
        pytest.param("P1D", "2026-11-24 06:00", "2026-11-25 17:00 CST", id="early"),
        pytest.param("P1D", "2026-11-24 16:59", "2026-11-25 17:00 CST", id="last"),
        pytest.param("P1D", "2026-11-24 17:00", "2026-11-27 17:00 CST", id="at-close"),
        pytest.param("P1D", "2026-11-24 20:00", "2026-11-27 17:00 CST", id="late"),
        pytest.param("P1D", "2026-11-21 12:00", "2026-11-24 17:00 CST", id="saturday"),
        pytest.param("P1D", "2026-11-26 12:00", "2026-11-30 17:00 CST", id="closed"),
        pytest.param("P2D", "2026-12-23 09:00", "2026-12-29 17:00 CST", id="christmas"),
        pytest.param("P1D", "2027-03-12 10:00", "2027-03-15 17:00 CDT", id="spring"),
        pytest.param("P1D", "2026-10-30 10:00", "2026-11-02 17:00 CST", id="autumn"),
        pytest.param("P1MT1H", "2026-10-26 10:00", "2026-11-26 11:00 CST", id="month"),
        pytest.param("P1M1D", "2026-10-26 10:00", "2026-11-30 17:00 CST", id="both"),
        pytest.param("P1DT2H", "2026-11-24 10:00", "2026-11-25 19:00 CST", id="time"),
    ],
)
def test_business_days_end_at_close_of_business(within, start, expected):
    assert due(rule(within, days="business"), start) == expected


@pytest.mark.parametrize(
    ("within", "start", "expected"),
    [
        pytest.param("P7D", "2026-11-16 10:00", "2026-11-23 10:00 CST", id="week"),
        pytest.param("P1W", "2026-11-16 10:00", "2026-11-23 10:00 CST", id="as-week"),
        pytest.param("P1D", "2026-11-25 10:00", "2026-11-26 10:00 CST", id="holiday"),
        pytest.param("P1D", "2027-03-13 10:00", "2027-03-14 10:00 CDT", id="spring"),
        pytest.param("P1D", "2026-10-31 10:00", "2026-11-01 10:00 CST", id="autumn"),
        pytest.param("P1D", "2027-03-13 02:30", "2027-03-14 03:30 CDT", id="gap"),
        pytest.param("P1D", "2026-10-31 01:30", "2026-11-01 01:30 CDT", id="twice"),
        pytest.param("P7D", "2026-11-01 01:30+", "2026-11-08 01:30 CST", id="second"),
        pytest.param("P1M", "2027-01-31 10:00", "2027-02-28 10:00 CST", id="short"),
        pytest.param("P1M", "2028-01-31 10:00", "2028-02-29 10:00 CST", id="leap"),
        pytest.param("P1Y", "2028-02-29 10:00", "2029-02-28 10:00 CST", id="leap-day"),
        pytest.param("P4Y", "2024-02-29 10:00", "2028-02-29 10:00 CST", id="to-leap"),
        pytest.param("P1M1D", "2027-01-31 10:00", "2027-03-01 10:00 CST", id="clamped"),
        pytest.param("P1M", "2026-12-15 10:00", "2027-01-15 10:00 CST", id="new-year"),
        pytest.param("P1DT4H", "2027-03-13 00:00", "2027-03-14 05:00 CDT", id="time"),
    ],
)
def test_calendar_dates_keep_the_local_time_of_day(within, start, expected):
    assert due(rule(within), start) == expected


@pytest.mark.clause("CP-N-4b")
@pytest.mark.parametrize(
    ("within", "start", "expected"),
    [
        pytest.param("P7D", "2026-12-01 16:00", "2026-12-08 00:00 CST", id="seven"),
        pytest.param("P7D", "2026-12-01 00:00", "2026-12-08 00:00 CST", id="midnight"),
        pytest.param("P7D", "2026-12-01 23:59", "2026-12-08 00:00 CST", id="evening"),
        pytest.param("P1W", "2026-12-01 16:00", "2026-12-08 00:00 CST", id="week"),
        pytest.param("P1D", "2026-11-25 10:00", "2026-11-26 00:00 CST", id="same-day"),
        pytest.param("P7D", "2026-11-20 16:00", "2026-11-27 00:00 CST", id="holiday"),
        pytest.param("P7D", "2027-03-10 16:00", "2027-03-17 00:00 CDT", id="spring"),
        pytest.param("P1D", "2027-03-14 01:30", "2027-03-15 00:00 CDT", id="short-day"),
        pytest.param("P7D", "2026-10-28 16:00", "2026-11-04 00:00 CST", id="autumn"),
        pytest.param("P1D", "2026-11-01 01:30+", "2026-11-02 00:00 CST", id="long-day"),
        pytest.param("P1M", "2027-01-31 10:00", "2027-02-28 00:00 CST", id="short"),
        pytest.param("PT20S", "2026-12-01 16:00", "2026-12-01 16:00 CST", id="time"),
    ],
)
def test_days_through_count_the_first_one_and_end_with_the_last(
    within, start, expected
):
    assert due(rule(within, days="through"), start) == expected


def test_the_receipt_of_days_through_says_that_the_first_one_counts():
    found = receipt(rule("P7D", days="through"), "2026-12-01 16:00")

    assert found.plain() == (
        "Due Tue 8 Dec 2026 00:00 CST, 7 days, the first one counted, from Tue 1 Dec 2026 16:00 CST."
    )


@pytest.mark.parametrize(
    ("within", "start", "expected"),
    [
        pytest.param("PT30M", "2027-03-14 01:45", "2027-03-14 03:15 CDT", id="spring"),
        pytest.param("PT24H", "2027-03-13 12:00", "2027-03-14 13:00 CDT", id="short"),
        pytest.param("PT24H", "2026-10-31 12:00", "2026-11-01 11:00 CST", id="long"),
        pytest.param("PT30M", "2026-11-01 01:45", "2026-11-01 01:15 CST", id="twice"),
        pytest.param("PT24H", "2026-11-25 10:00", "2026-11-26 10:00 CST", id="holiday"),
    ],
)
def test_hours_and_minutes_elapse_whatever_the_clocks_do(within, start, expected):
    assert due(rule(within), start) == expected


@pytest.mark.parametrize(
    ("within", "start", "expected"),
    [
        pytest.param("PT4H", "2026-11-23 09:00", "2026-11-23 13:00 CST", id="same-day"),
        pytest.param("PT4H", "2026-11-23 13:00", "2026-11-23 17:00 CST", id="to-close"),
        pytest.param("PT4H", "2026-11-20 16:00", "2026-11-23 11:00 CST", id="weekend"),
        pytest.param("PT4H", "2026-11-23 06:00", "2026-11-23 12:00 CST", id="early"),
        pytest.param("PT4H", "2026-11-20 18:00", "2026-11-23 12:00 CST", id="late"),
        pytest.param("PT20H", "2026-11-24 16:00", "2026-11-30 09:00 CST", id="long"),
        pytest.param("P1DT1H", "2026-11-24 10:00", "2026-11-25 11:00 CST", id="day"),
    ],
)
def test_business_hours_pass_only_while_the_office_is_open(within, start, expected):
    assert due(rule(within, hours="business"), start) == expected


def test_a_combined_span_counts_business_days_first_and_then_opening_time():
    limit = rule("P1DT2H", days="business", hours="business")

    assert due(limit, "2026-11-25 10:00") == "2026-11-30 10:00 CST"


def test_a_limit_in_seconds_counts_seconds_even_where_days_would_be_business_days():
    found = receipt(rule("PT20S", days="business"), "2026-11-21 03:00")

    assert found.due_at - found.started_at == timedelta(seconds=20)


def test_on_the_always_open_calendar_every_day_and_hour_counts():
    start = "2026-12-24 18:00"
    days = receipt(rule("P1D", days="business"), start, "always-open")
    hours = receipt(rule("PT48H", hours="business"), start, "always-open")

    assert f"{days.due_at.astimezone(CHICAGO):%d %H:%M}" == "26 00:00"
    assert hours.due_at - hours.started_at == timedelta(hours=48)


def test_the_receipt_names_every_day_skipped_with_its_reason():
    found = receipt(rule("P5D", days="business"), "2026-11-20 16:30")

    assert [step.text for step in found.steps] == [
        "Sat 21 Nov 2026 to Sun 22 Nov 2026 are skipped: weekend",
        "Thu 26 Nov 2026 is skipped: Thanksgiving Day",
        "Sat 28 Nov 2026 to Sun 29 Nov 2026 are skipped: weekend",
        "Due Mon 30 Nov 2026 17:00 CST, 5 business days after Fri 20 Nov 2026 16:30 CST",
    ]
    assert (found.calendar, found.calendar_version) == ("milwaukee-county", "2026.1")
    assert (found.zone, found.tzdata) == ("America/Chicago", "2026f")


def test_closed_days_in_a_row_are_told_apart_by_their_reasons():
    found = receipt(rule("P1D", days="business"), "2026-12-23 09:00")

    assert [step.text for step in found.steps[:-1]] == [
        "Thu 24 Dec 2026 is skipped: Christmas Eve",
        "Fri 25 Dec 2026 is skipped: Christmas Day",
        "Sat 26 Dec 2026 to Sun 27 Dec 2026 are skipped: weekend",
    ]


def test_a_receipt_reads_as_two_plain_sentences():
    found = receipt(rule("P5D", days="business"), "2026-11-20 16:30")

    assert found.plain() == (
        "Due Mon 30 Nov 2026 17:00 CST, 5 business days after Fri 20 Nov 2026 16:30 CST. "
        "Thu 26 Nov 2026 is skipped: Thanksgiving Day; 4 days are skipped as closed every week."
    )


def test_an_elapsed_limit_needs_one_step_and_one_sentence():
    found = receipt(rule("PT24H"), "2026-10-31 12:00")

    assert len(found.steps) == 1
    assert found.plain() == (
        "Due Sun 1 Nov 2026 11:00 CST, 24 hours after Sat 31 Oct 2026 12:00 CDT."
    )


@pytest.mark.parametrize(
    ("limit", "start", "kind", "text"),
    [
        pytest.param(
            rule("P1D"),
            "2027-03-13 02:30",
            CountedKind.adjusted,
            "Sun 14 Mar 2027 02:30 does not exist, as the clocks go forward: Sun 14 Mar 2027 03:30 CDT is taken",
            id="gap",
        ),
        pytest.param(
            rule("P1D"),
            "2026-10-31 01:30",
            CountedKind.adjusted,
            "Sun 1 Nov 2026 01:30 comes twice, as the clocks go back: the first is taken",
            id="twice",
        ),
        pytest.param(
            rule("P1M"),
            "2027-01-31 10:00",
            CountedKind.adjusted,
            "February 2027 has no day 31: Sun 28 Feb 2027 is taken",
            id="month-end",
        ),
        pytest.param(
            rule("P1D", days="business"),
            "2026-11-20 18:00",
            CountedKind.started,
            "The office is closed at Fri 20 Nov 2026 18:00 CST: counting begins Mon 23 Nov 2026 08:00",
            id="after-close",
        ),
    ],
)
def test_the_receipt_says_where_a_date_or_time_was_moved(limit, start, kind, text):
    step = receipt(limit, start).steps[0]

    assert (step.kind, step.text) == (kind, text)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (rule("P1D", days="business"), "1 business day"),
        (rule("P1Y2M3DT4H5M"), "1 year, 2 months, 3 days and 4 hours 5 minutes"),
        (rule("PT90M", hours="business"), "1 hour 30 minutes of opening time"),
        (rule("PT0.5S"), "0.5 seconds"),
        (rule("P7D", days="through"), "7 days, the first one counted"),
        (rule("PT20S", days="through"), "20 seconds"),
    ],
    ids=str,
)
def test_a_rule_reads_in_plain_words(limit, words):
    assert limit.plain() == words


def test_a_count_that_leaves_the_calendar_is_refused_with_what_to_add():
    with pytest.raises(CalendarRunsOut) as refusal:
        receipt(rule("P5D", days="business"), "2029-12-27 10:00")

    assert str(refusal.value) == (
        "Calendar milwaukee-county (version 2026.1) covers 2026-01-01 to 2029-12-31, "
        "and this limit needs 2030-01-01: add the closing days of 2030 to it."
    )


def test_dates_that_need_no_closing_days_may_lie_outside_the_calendar():
    assert due(rule("P1Y"), "2029-06-01 10:00") == "2030-06-01 10:00 CDT"


def test_a_start_without_a_zone_is_refused():
    naive = datetime(2026, 11, 20, 16, 30, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="has no zone"):
        derive(rule("PT1H"), naive, MILWAUKEE, CHICAGO, tzdata="2026f")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P0D",
        "PT0S",
        "-P1D",
        "P-1D",
        "P1.5D",
        "PT1.5H",
        "5D",
        "5 days",
        "P1D ",
        "P1DT",
        "PT1D",
        "P1H",
        "p1d",
        "P101Y",
        "P\u0663D",
        "PT1M1H",
        5,
        None,
    ],
)
def test_nonsense_is_not_a_span_and_the_refusal_says_what_is(text):
    with pytest.raises(ValidationError, match="ISO 8601 duration of whole numbers"):
        Span.model_validate(text)


def test_a_span_keeps_dates_apart_from_time():
    span = Span("P1Y2M3W4DT5H6M7.5S")

    assert (span.years, span.months, span.weeks, span.days) == (1, 2, 3, 4)
    assert span.time == timedelta(hours=5, minutes=6, seconds=7.5)


def test_weeks_of_business_days_are_refused():
    with pytest.raises(ValidationError, match="write business days, such as P5D"):
        rule("P1W", days="business")


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        pytest.param("PT4H", "2026-11-30T13:00:00+00:00", id="hours"),
        pytest.param("P2D", "2026-11-28T17:00:00+00:00", id="days"),
        pytest.param("P1W", "2026-11-23T17:00:00+00:00", id="week"),
        pytest.param("P10D", "2026-11-25T17:00:00+00:00", id="at-the-start"),
        pytest.param("P1M", "2026-11-25T17:00:00+00:00", id="too-long"),
    ],
)
def test_a_reminder_comes_before_the_limit_and_never_before_its_start(lead, expected):
    started_at = datetime(2026, 11, 20, 17, tzinfo=UTC)
    due_at = datetime(2026, 11, 30, 17, tzinfo=UTC)

    assert remind_at(started_at, due_at, Span(lead)).isoformat() == expected


def test_what_is_stored_is_read_back_the_same_even_with_fields_from_a_newer_version():
    found = receipt(rule("P5D", days="business"), "2026-11-20 16:30")
    newer = found.model_dump_json()[:-1] + ', "added_later": 1}'

    assert Receipt.model_validate_json(newer) == found
    assert '"within":"P5D"' in newer


def test_a_request_keeps_its_instants_in_utc():
    local = datetime(2026, 11, 20, 16, 30, tzinfo=CHICAGO)
    request = DeadlineRequest(
        rule=rule("PT1H"), started_at=local, calendar="always-open"
    )

    assert request.started_at.tzinfo is UTC
    assert request.started_at == local


def test_a_dated_closing_day_gives_its_name_and_another_closed_day_its_reason():
    assert MILWAUKEE.why_closed(date(2026, 11, 26)) == "Thanksgiving Day"
    assert MILWAUKEE.why_closed(date(2026, 11, 28)) == "weekend"
    assert MILWAUKEE.is_open(date(2026, 11, 27))
