"""An example of every body, as the OpenAPI document shows it. A test sends each one through its own model."""

from pydantic import JsonValue

Example = dict[str, JsonValue]

OPENING: Example = {
    "coordinator_seat": "coordinator-1",
    "counterpart_seat": "human-service-worker",
    "youth": "Y-1042",
    "subject": "Whether the youth returns home before the school year begins",
}

MESSAGES: dict[str, Example] = {
    "meeting_held": {
        "event_at": "2026-03-02T15:30:00-06:00",
        "attendees": ["coordinator-1", "human-service-worker"],
        "note": "Met at the school.",
    },
    "contact_made": {
        "event_at": "2026-03-09T09:10:00-06:00",
        "initiated_by": "coordinator-supervisor-1",
    },
    "information_provided": {
        "documents": ["plan-2026-02", "meeting-notes-2026-03-02"],
        "seat": "coordinator-1",
    },
    "notice_given": {"how": "by phone"},
    "agreement_reached": {"terms": "Return after the first family session."},
    "agreement_not_reached": {"note": "We see the risk differently."},
    "team_intervention_required": {
        "reason": "The services concern several providers at once."
    },
    "team_meeting_held": {"event_at": "2026-03-11T16:00:00-06:00"},
    "assistance_requested": {"note": "Both supervisors ask for it."},
    "violation_identified": {"kind": "policy"},
    "violation_reported": {"recipient": "quality-assurance"},
    "withdraw": {"reason": "The matter settled itself."},
    "close": {"reason": "Decided by the authority the agency named."},
}

HOLDER: Example = {"person": "elm"}

ABSENCE: Example = {
    "person": "birch",
    "substitute": "hazel",
    "from_at": "2026-03-16T06:00:00Z",
    "to_at": "2026-03-23T06:00:00Z",
}
