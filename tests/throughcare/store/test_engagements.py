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


async def log(session, engagement_id, group, on_date):
    said = Engagement(on_date=on_date, group=group, what="Asked for their view.")
    return await add_engagement(session, engagement_id, said, by="tamarack", at=NOW)


@pytest.mark.clause("CF-S-5a")
async def test_a_group_with_no_entry_in_a_period_is_shown_as_not_engaged(session):
    await log(session, "1", Group.advocates, JANUARY)
    await log(session, "2", Group.advocates, FEBRUARY)
    await log(session, "3", Group.staff, MARCH)

    report = {each.group: each for each in await engaged(session, JANUARY, FEBRUARY)}

    assert set(report) == set(Group)
    assert [group for group, each in report.items() if each.is_engaged] == [
        Group.advocates
    ]
    assert (report[Group.advocates].count, report[Group.advocates].last_on) == (
        2,
        FEBRUARY,
    )
    assert report[Group.service_users].last_on is None


async def test_the_log_is_listed_the_latest_first_and_by_group(session):
    first = await log(session, "1", Group.advocates, MARCH)
    await log(session, "2", Group.providers, JANUARY)
    await log(session, "3", Group.advocates, FEBRUARY)

    async def listed(group=None, after=None):
        found = await list_engagements(session, group, after=after, limit=5)
        return [each.id for each in found]

    assert await listed() == ["1", "3", "2"]
    assert await listed(Group.advocates) == ["1", "3"]
    assert await listed(after=first) == ["3", "2"]


def test_every_group_is_called_by_plain_words():
    assert len({group.in_words for group in Group}) == len(Group) == 5
