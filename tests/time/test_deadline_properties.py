"""What must hold of every due date, over zones, both clock changes, closing days, month ends and leap days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from throughcare.packs.calendars import pin_zone_data
from throughcare.time.calendar import Calendar, Weekday
from throughcare.time.deadline import (
    CalendarRunsOut,
    CountedKind,
    Receipt,
    Span,
    Within,
    derive,
    remind_at,
)

pin_zone_data()

ONE_DAY = timedelta(days=1)
INSTANT_BEFORE = timedelta(microseconds=1)
"""A day that closes at 24:00 closes on the next date; the instant before is still its own."""

# Half-hour clock changes, changes at midnight, east and west of the date line, and none at all.
ZONES = [
    ZoneInfo(key)
    for key in (
        "America/Chicago",
        "Europe/London",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Cairo",
        "America/Havana",
        "UTC",
    )
]
CLOCK_CHANGES = [
    datetime(2026, 3, 8, 8, tzinfo=UTC),
    datetime(2026, 11, 1, 7, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 4, 23, 22, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
]

properties = settings(max_examples=120, deadline=None)
zones = st.sampled_from(ZONES)
starts = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    st.builds(
        datetime.__add__,
        st.sampled_from(CLOCK_CHANGES),
        st.timedeltas(timedelta(days=-32), timedelta(hours=4)),
    ),
)
times = st.sampled_from(["", "T1S", "T20S", "T30M", "T4H", "T24H", "T30H15M", "T0.25S"])
counts = st.integers(1, 12)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    opens, closes = draw(
        st.sampled_from([("08:00", "17:00"), ("00:00", "24:00"), ("01:30", "23:45")])
    )
    closed = draw(st.sets(st.integers(0, 1100), max_size=60))
    return Calendar.model_validate(
        {
            "id": "drawn",
            "version": "1",
            "title": "Drawn",
            "jurisdiction": "none",
            "zone": "UTC",
            "open_days": draw(st.sets(st.sampled_from(Weekday), min_size=1)),
            "opens_at": opens,
            "closes_at": closes,
            "covers": {"first": "2025-01-01", "last": "2040-12-31"},
            "closing_days": [
                {
                    "date": date(2026, 1, 1) + day * ONE_DAY,
                    "name": f"day {day}",
                    "cite": "drawn",
                }
                for day in closed
            ],
        }
    )


@st.composite
def rules(draw: st.DrawFn, days: str | None = None, hours: str | None = None) -> Within:
    dates = draw(st.sampled_from(["", "P{}D", "P{}M", "P{}Y", "P1M{}D"]))
    time = draw(times)
    assume(dates or time)
    return rule_of(
        (dates.format(draw(counts)) or "P") + time,
        days or draw(st.sampled_from(["business", "calendar", "through"])),
        hours or draw(st.sampled_from(["business", "elapsed"])),
    )


def rule_of(within: str, days: str, hours: str = "elapsed") -> Within:
    return Within.model_validate({"within": within, "days": days, "hours": hours})


def business(within: str, hours: str = "elapsed") -> Within:
    return rule_of(within, "business", hours)


def found(rule: Within, start: datetime, calendar: Calendar, zone: ZoneInfo) -> Receipt:
    return derive(rule, start, calendar, zone, tzdata="any")


def dates(first: date, last: date) -> list[date]:
    return [first + ONE_DAY * number for number in range((last - first).days + 1)]


def hours_of(
    calendar: Calendar, day: date, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    opens, closes = calendar.opens_at.on(day), calendar.closes_at.on(day)
    return (
        opens.replace(tzinfo=zone).astimezone(UTC),
        closes.replace(tzinfo=zone).astimezone(UTC),
    )


def is_still_to_close(calendar: Calendar, start: datetime, zone: ZoneInfo) -> bool:
    day = start.astimezone(zone).date()
    return calendar.is_open(day) and start < hours_of(calendar, day, zone)[1]


@properties
@given(rules(), starts, calendars(), zones)
def test_a_limit_ends_after_it_begins(rule, start, calendar, zone):
    assert found(rule, start, calendar, zone).due_at > start


@properties
@given(rules(), starts, calendars(), zones)
def test_the_same_arguments_give_the_same_receipt_and_it_survives_storing(
    rule, start, calendar, zone
):
    first = found(rule, start, calendar, zone)

    assert found(rule, start, calendar, zone) == first
    assert Receipt.model_validate_json(first.model_dump_json()) == first


@properties
@given(counts, times, starts, starts, calendars(), zones, st.data())
def test_a_later_start_never_gives_an_earlier_due_date_in_business_or_elapsed_time(
    count, time, one, other, calendar, zone, data
):
    rule = business(
        f"P{count}D{time}", data.draw(st.sampled_from(["business", "elapsed"]))
    )
    earlier, later = sorted([one, other])

    assert (
        found(rule, earlier, calendar, zone).due_at
        <= found(rule, later, calendar, zone).due_at
    )


@properties
@given(
    st.sampled_from(["P{}D", "P{}M", "P{}Y"]),
    counts,
    starts,
    starts,
    calendars(),
    zones,
)
def test_a_later_local_start_never_gives_an_earlier_due_day_in_calendar_dates(
    pattern, count, one, other, calendar, zone
):
    # Only the day: Jan 30 at noon and Jan 31 at nine both end on Feb 28, each at its own time.
    rule = rule_of(pattern.format(count), "calendar")
    earlier, later = sorted(
        [one, other], key=lambda at: at.astimezone(zone).replace(tzinfo=None)
    )
    due = [found(rule, start, calendar, zone).due_at for start in (earlier, later)]

    assert due[0].astimezone(zone).date() <= due[1].astimezone(zone).date()


@properties
@given(counts, starts, calendars(), zones)
def test_n_business_days_pass_exactly_n_open_days(count, start, calendar, zone):
    due_at = found(business(f"P{count}D"), start, calendar, zone).due_at

    last = (due_at - INSTANT_BEFORE).astimezone(zone).date()
    passed = dates(start.astimezone(zone).date() + ONE_DAY, last)
    # Begun when the office had closed, the next open day is the start day, and not counted.
    uncounted = 0 if is_still_to_close(calendar, start, zone) else 1
    assert sum(map(calendar.is_open, passed)) == count + uncounted
    assert due_at == hours_of(calendar, last, zone)[1]


@properties
@given(counts, times, starts, calendars(), zones)
def test_the_days_the_receipt_skips_are_exactly_the_closed_ones(
    count, time, start, calendar, zone
):
    receipt = found(business(f"P{count}D{time}", "business"), start, calendar, zone)

    skips = (CountedKind.closed_day, CountedKind.closed_weekly)
    steps = [step for step in receipt.steps if step.kind in skips]
    skipped = [day for step in steps for day in dates(step.first, step.last)]
    last = (receipt.due_at - INSTANT_BEFORE).astimezone(zone).date()
    between = dates(start.astimezone(zone).date(), last)
    assert skipped == [day for day in between if not calendar.is_open(day)]


@properties
@given(st.integers(1, 200_000), starts, calendars(), zones)
def test_elapsed_time_is_exact_on_the_utc_line(seconds, start, calendar, zone):
    receipt = found(business(f"PT{seconds}S"), start, calendar, zone)

    assert receipt.due_at - start == timedelta(seconds=seconds)
    assert [step.kind for step in receipt.steps] == [CountedKind.due]


@properties
@given(st.integers(1, 5_000), starts, calendars(), zones)
def test_business_hours_are_exactly_the_time_the_office_was_open(
    minutes, start, calendar, zone
):
    rule = business(f"PT{minutes}M", "business")
    due_at = found(rule, start, calendar, zone).due_at

    days = dates(start.astimezone(zone).date(), due_at.astimezone(zone).date())
    hours = [hours_of(calendar, day, zone) for day in days if calendar.is_open(day)]
    open_parts = [min(due_at, closes) - max(start, opens) for opens, closes in hours]
    passed = sum((max(part, timedelta(0)) for part in open_parts), timedelta(0))
    assert passed == timedelta(minutes=minutes)


@properties
@given(rules(days="calendar", hours="elapsed"), starts, calendars(), zones)
def test_calendar_dates_keep_the_local_time_unless_the_receipt_says_otherwise(
    rule, start, calendar, zone
):
    receipt = found(rule, start, calendar, zone)

    before_time = (receipt.due_at - rule.within.time).astimezone(zone)
    is_kept = before_time.time() == start.astimezone(zone).time()
    is_said = any("does not exist" in step.text for step in receipt.steps)
    only_elapsed = rule.within.root.startswith("PT")
    assert is_kept or is_said or only_elapsed


@properties
@given(
    rules(), starts, calendars(), zones, st.sampled_from(["PT1S", "PT4H", "P1D", "P2M"])
)
def test_a_reminder_lies_between_the_start_and_the_due_date(
    rule, start, calendar, zone, lead
):
    try:
        due_at = found(rule, start, calendar, zone).due_at
    except CalendarRunsOut:
        reject()

    assert start < remind_at(start, due_at, Span(lead)) < due_at


@properties
@given(st.tuples(*[st.integers(0, 24)] * 6))
def test_a_span_is_read_and_written_as_the_same_text(parts):
    years, months, days, hours, minutes, seconds = parts
    assume(any(parts))
    date_part = "".join(
        f"{n}{unit}" for n, unit in zip(parts[:3], "YMD", strict=True) if n
    )
    time_part = "".join(
        f"{n}{unit}" for n, unit in zip(parts[3:], "HMS", strict=True) if n
    )
    text = f"P{date_part}" + (f"T{time_part}" if time_part else "")

    span = Span.model_validate(text)

    assert span.model_dump_json() == f'"{text}"'
    assert (span.years, span.months, span.days) == (years, months, days)
    assert span.time == timedelta(hours=hours, minutes=minutes, seconds=seconds)
