"""The calendars that are shipped, and how one with mistakes is refused."""

import zoneinfo
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

from throughcare.packs.calendars import load_calendars
from throughcare.packs.yamlfile import BadFile
from throughcare.time.calendar import Calendar

SHIPPED = Path(__file__).parents[2] / "calendars"

GOOD = """\
id: office
version: "1"
title: An office
jurisdiction: none
zone: America/Chicago
open_days: [monday]
opens_at: "08:00"
closes_at: "17:00"
covers: {first: 2026-01-01, last: 2026-12-31}
closing_days:
  - {date: 2026-11-26, name: Thanksgiving Day, cite: the county's notice}
"""


def refusal(folder: Path, old: str, new: str) -> str:
    assert old in GOOD
    (folder / "office.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(BadFile) as refused:
        load_calendars(folder)
    return str(refused.value).replace(f"{folder}/", "")


@pytest.fixture
def milwaukee() -> Calendar:
    return load_calendars(SHIPPED)["milwaukee-county"]


def test_the_shipped_calendars_load_by_id():
    assert set(load_calendars(SHIPPED)) == {"always-open", "milwaukee-county"}


def test_every_shipped_closing_day_is_in_the_public_list_and_on_a_working_day(
    milwaukee,
):
    # The list proposes and catches slips of the pen; the agency's notice decides.
    listed = holidays.country_holidays("US", subdiv="WI", years=range(2026, 2030))

    for closing in milwaukee.closing_days:
        assert closing.date in listed, closing
        assert closing.date.isoweekday() <= 5, closing


def test_every_year_covered_has_its_closing_days(milwaukee):
    years = {closing.date.year for closing in milwaukee.closing_days}

    assert years == {2026, 2027, 2028, 2029}
    assert milwaukee.covers.first == date(2026, 1, 1)
    assert milwaukee.covers.last == date(2029, 12, 31)


def test_the_always_open_calendar_closes_at_the_midnight_its_day_ends():
    always = load_calendars(SHIPPED)["always-open"]
    day = date(2026, 12, 25)

    assert always.is_open(day)
    assert always.closes_at.on(day) - always.opens_at.on(day) == timedelta(days=1)


def test_zones_come_from_the_locked_package_and_not_from_the_machine():
    load_calendars(SHIPPED)

    assert zoneinfo.TZPATH == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "America/Chicago",
            "America/Chicgo",
            "office.yaml:5:7: zone: 'America/Chicgo' is not an IANA time zone; "
            "write one such as America/Chicago",
            id="zone",
        ),
        pytest.param(
            "[monday]",
            "[mon]",
            "office.yaml:6:13: open_days.0: should be 'monday', 'tuesday', 'wednesday', "
            "'thursday', 'friday', 'saturday' or 'sunday', not 'mon'",
            id="weekday",
        ),
        pytest.param(
            '"17:00"',
            "5pm",
            "office.yaml:8:12: closes_at: '5pm' is not a time of day: "
            "write 00:00 to 24:00, such as 17:00",
            id="time",
        ),
        pytest.param(
            '"17:00"',
            '"08:00"',
            "office.yaml:8:12: closes_at: must be later than opens_at, which is 08:00",
            id="never-open",
        ),
        pytest.param(
            "last: 2026-12-31",
            "last: 2025-12-31",
            "office.yaml:9:9: covers: last (2025-12-31) must not be before first",
            id="covers",
        ),
        pytest.param(
            "2026-11-26",
            "2027-11-25",
            "office.yaml:11:3: closing_days: 2027-11-25 lies outside what `covers` names",
            id="not-covered",
        ),
        pytest.param(
            "cite: the county's notice}",
            "cite: x}\n  - {date: 2026-11-26, name: Again, cite: x}",
            "office.yaml:11:3: closing_days: each date once, but 2026-11-26 is there again",
            id="twice",
        ),
        pytest.param(
            ", cite: the county's notice",
            "",
            "office.yaml:11:5: closing_days.0.cite is missing",
            id="no-citation",
        ),
        pytest.param(
            "id: office",
            "id: bureau",
            "office.yaml:1:5: id: should be the name of the file, office, not 'bureau'",
            id="id",
        ),
    ],
)
def test_a_calendar_with_a_mistake_is_refused_with_what_would_be_right(
    tmp_path, old, new, expected
):
    assert refusal(tmp_path, old, new) == expected


def test_the_problems_of_all_calendars_are_told_at_once(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(GOOD)

    with pytest.raises(BadFile) as refused:
        load_calendars(tmp_path)

    assert [problem.path.stem for problem in refused.value.problems] == ["one", "two"]


def test_a_folder_without_calendars_is_refused(tmp_path):
    with pytest.raises(BadFile, match=r"no calendar \(\*\.yaml\) in this folder"):
        load_calendars(tmp_path)
