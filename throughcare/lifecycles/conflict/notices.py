"""The notices of a conflict, whose texts its pack has."""

CONFLICT_NOTICES = frozenset(
    {
        "opened",
        "told",
        "contact_due",
        "reminder",
        "waiting_for_you",
        "seat_empty",
        "seat_taken",
        "undated",
        "notice_failed",
        "agreed",
        "withdrawn",
        "closed",
        "unresolved",
        "team_needed",
        "assistance_asked",
        "violation_reported",
        "violation_left",
        "rung_opened",
    }
)
