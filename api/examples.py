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
    "partial_agreement": {
        "settled": "The visits go on.",
        "remaining": "Who drives to school.",
    },
    "correct_entry": {
        "entry": 4,
        "correction": "The meeting was on the Monday.",
        "happened_at": "2026-03-02T15:30:00-06:00",
    },
    "recuse": {
        "role": "coordinator-supervisor",
        "reason": "Related to one of the people concerned.",
    },
    "assign_seat": {
        "role": "coordinator-supervisor",
        "assigned": "coordinator-supervisor-2",
        "reason": "The supervisor supervises both workers.",
    },
    "reopen": {"reason": "The matter has come back."},
    "agreement_broken": {"reason": "The visits agreed on do not take place."},
}

MERGE: Example = {
    "into": "01JZ0000000000000000000000",
    "reason": "Both of us opened it on the same morning.",
}

REFILE: Example = {
    "coordinator_seat": "coordinator-1",
    "counterpart_seat": "dmcps-case-manager",
    "reason": "The other side is DMCPS.",
}

MOVE: Example = {
    "cases": ["01JZ0000000000000000000000"],
    "reason": "Version 2 is in force since March.",
}

HOLDER: Example = {"person": "elm"}

ABSENCE: Example = {
    "person": "birch",
    "substitute": "hazel",
    "from_at": "2026-03-16T06:00:00Z",
    "to_at": "2026-03-23T06:00:00Z",
}

DEPARTURE: Example = {
    "at": "2026-03-31T22:00:00Z",
    "seats": {"coordinator-1": "elm"},
}

WEBHOOK: Example = {"url": "https://cases.agency.example/throughcare"}

FROM_THEIR_SYSTEM: Example = {
    "case": "01JZ0000000000000000000000",
    "seat": "human-service-worker-supervisor",
    "message": "contact_made",
    "facts": {"event_at": "2026-03-09T09:10:00-06:00"},
}
