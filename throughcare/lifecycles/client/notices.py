"""The notices of an intake, a care plan and a request for a service, whose texts their pack has."""

INTAKE_NOTICES = frozenset(
    {
        "duty_opened",
        "emergency",
        "reminder",
        "missed",
        "climbed",
        "unresolved",
        "seat_empty",
        "seat_taken",
        "undated",
        "notice_failed",
        "assigned",
        "relieved",
        "closed",
        "held",
        "capacity",
        "referral",
        "treatment_provider",
    }
)
"""What is written of an intake or a care plan to staff and to providers."""

CLIENT_NOTICES = frozenset(
    {
        "client_worker",
        "client_explanation",
        "client_decision",
        "client_change",
        "client_closed",
    }
)
"""What is written to the person themselves, in their language."""

CARE_PLAN_NOTICES = frozenset({"meeting", "team_note", "signature"})
"""What is written beside that to the people of a team, under a policy that knows of one."""

CARE_PLAN_CLIENT_NOTICES = frozenset({"client_meeting"})
"""What is written beside that to the person themselves, under a policy that knows of a team."""
