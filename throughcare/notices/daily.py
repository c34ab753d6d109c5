"""The daily letter: what of somebody's notices can wait for it, and until when."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from throughcare.case.notice import Notice

MAY_WAIT = frozenset(
    {
        "opened",
        "rung_opened",
        "contact_due",
        "duty_opened",
        "assigned",
        "relieved",
        "seat_taken",
        "reopened",
        "taken_back",
        "merged",
        "refiled",
        "agreed",
        "withdrawn",
        "closed",
        "held",
        "capacity",
        "team_note",
    }
)
"""Any other kind is urgent, brings an invitation, or is itself what somebody had to do."""


def may_wait(notice: Notice, until: datetime) -> bool:
    """Nothing that is due by then waits, nor what discharges a duty by being delivered."""
    dues = [notice.due_at, *(duty.due_at for duty in notice.duties)]
    is_in_time = all(due > until for due in dues if due)
    return notice.kind in MAY_WAIT and notice.duty is None and is_in_time


def next_at(hour: int, zone: ZoneInfo, now: datetime) -> datetime:
    """When the clocks of the zone show this hour next, after now. Where they skip it, an hour later."""
    today = now.astimezone(zone).date()
    days = (today, today + timedelta(days=1))
    ats = (datetime.combine(day, time(hour), zone).astimezone(UTC) for day in days)
    return next(at for at in ats if at > now)
