"""Who was engaged in how the system is run; a group that never was is named (CF-S-5a)."""

from datetime import date

import pytest

from tests.samples import NOW
from throughcare.store.engagements import (
    Engagement,
    Group,
    add_engagement,
    engaged,
    list_engagements,
)

JANUARY, FEBRUARY, MARCH = (date(2026, month, 5) for month in (1, 2, 3))


def log(connection, engagement_id, group, on_date):
    said = Engagement(on_date=on_date, group=group, what="Asked for their view.")
    return add_engagement(connection, engagement_id, said, by="tamarack", at=NOW)


@pytest.mark.clause("CF-S-5a")
def test_a_group_with_no_entry_in_a_period_is_shown_as_not_engaged(connection):
    log(connection, "1", Group.advocates, JANUARY)
    log(connection, "2", Group.advocates, FEBRUARY)
    log(connection, "3", Group.staff, MARCH)

    report = {each.group: each for each in engaged(connection, JANUARY, FEBRUARY)}

    assert set(report) == set(Group)
    assert [group for group, each in report.items() if each.is_engaged] == [
        Group.advocates
    ]
    assert (report[Group.advocates].count, report[Group.advocates].last_on) == (
        2,
        FEBRUARY,
    )
    assert report[Group.service_users].last_on is None


def test_the_log_is_listed_the_latest_first_and_by_group(connection):
    first = log(connection, "1", Group.advocates, MARCH)
    log(connection, "2", Group.providers, JANUARY)
    log(connection, "3", Group.advocates, FEBRUARY)

    def listed(group=None, after=None):
        found = list_engagements(connection, group, after=after, limit=5)
        return [each.id for each in found]

    assert listed() == ["1", "3", "2"]
    assert listed(Group.advocates) == ["1", "3"]
    assert listed(after=first) == ["3", "2"]


def test_every_group_is_called_by_plain_words():
    assert len({group.in_words for group in Group}) == len(Group) == 5
