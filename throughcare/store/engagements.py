"""The log of who was asked and took part in how the system is run, by group (CF-S-5a)."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from pydantic import Field
from sqlalchemy import Connection, func, insert, select, tuple_

from throughcare.case.base import Frozen, Written
from throughcare.store.identity import Day, StorableText
from throughcare.store.rows import NO_TOTAL, Total, rows
from throughcare.store.tables import EngagementRow


class Group(StrEnum):
    """Everybody the policy would have engaged."""

    service_users = "service_users_and_families"
    advocates = "advocates"
    providers = "providers"
    leaders = "leaders_of_state_agencies_and_managed_care"
    staff = "case_management_staff"

    @property
    def in_words(self) -> str:
        return IN_WORDS[self]


IN_WORDS = {
    Group.service_users: "Service users and families",
    Group.advocates: "Advocates",
    Group.providers: "Providers",
    Group.leaders: "Leaders of state agencies and managed care",
    Group.staff: "Case management staff",
}


class Engagement(Written):
    """That a group was asked or took part."""

    on_date: Day
    group: Group
    what: StorableText = Field(description="How they were engaged; it names no client")


class RecordedEngagement(Engagement):
    id: str
    recorded_by: str
    recorded_at: datetime


class EngagementKey(Frozen):
    """Where a page of engagements ended; they are listed by date, the latest first."""

    on_date: date
    id: str


class GroupEngaged(Frozen):
    """How often a group was engaged in a period, and when last. One that never was is named all the same."""

    group: Group
    count: int
    last_on: date | None

    @property
    def is_engaged(self) -> bool:
        return self.count > 0


def add_engagement(
    connection: Connection,
    engagement_id: str,
    engagement: Engagement,
    *,
    by: str,
    at: datetime,
) -> RecordedEngagement:
    recorded = RecordedEngagement(
        id=engagement_id, recorded_by=by, recorded_at=at, **engagement.model_dump()
    )
    values = recorded.model_dump(exclude={"group"})
    given = values | {"group_name": engagement.group.value}
    connection.execute(insert(EngagementRow), given)
    return recorded


def list_engagements(
    connection: Connection,
    group: Group | None,
    *,
    after: EngagementKey | None,
    limit: int,
    total: Total = NO_TOTAL,
) -> Sequence[RecordedEngagement]:
    """One more than `limit` comes back where there is another page."""
    key = tuple_(EngagementRow.on_date, EngagementRow.id)
    query = select(EngagementRow)
    if group:
        query = query.where(EngagementRow.group_name == group)
    total.count(connection, query)
    if after:
        query = query.where(key < (after.on_date, after.id))
    order = (EngagementRow.on_date.desc(), EngagementRow.id.desc())
    latest = query.order_by(*order).limit(limit + 1)
    return [_recorded(row) for row in rows(connection, latest)]


def engaged(
    connection: Connection, from_on: date, to_on: date
) -> tuple[GroupEngaged, ...]:
    """Every group, from the one day to the other, both included."""
    found = connection.execute(
        select(EngagementRow.group_name, func.count(), func.max(EngagementRow.on_date))
        .where(EngagementRow.on_date.between(from_on, to_on))
        .group_by(EngagementRow.group_name)
    )
    known = {group: (count, last_on) for group, count, last_on in found}
    return tuple(
        GroupEngaged(group=group, count=count, last_on=last_on)
        for group in Group
        for count, last_on in (known.get(group, (0, None)),)
    )


def _recorded(row: EngagementRow) -> RecordedEngagement:
    return RecordedEngagement(
        id=row.id,
        on_date=row.on_date,
        group=Group(row.group_name),
        what=row.what,
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
    )
