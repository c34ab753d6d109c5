"""What discharges a duty of a conflict, and what its entries say beside what any case's do."""

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


class ConflictEntry(StrEnum):
    seat_chosen = "seat_chosen"
    seat_assigned = "seat_assigned"
    recused = "recused"
    agreement_confirmed = "agreement_confirmed"
    """One side agreed; the other is waited for."""
    agreement_not_reached = "agreement_not_reached"
    agreement_broken = "agreement_broken"
    partly_agreed = "partly_agreed"
    left_out = "left_out"
    """A step that the policy recommends, for a reason."""
    reopened = "reopened"
    moved_to_version = "moved_to_version"
    link_failed = "link_failed"
