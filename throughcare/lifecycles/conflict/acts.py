"""What discharges a duty of a conflict."""

from enum import StrEnum


class ConflictAct(StrEnum):
    meeting = "meeting"
    notice = "notice"
    information = "information"
    contact = "contact"
    outcome = "outcome"
    team_meeting = "team_meeting"
    assistance = "assistance"
    violation_report = "violation_report"
    closing = "closing"
