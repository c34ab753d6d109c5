"""An example of every body, as the OpenAPI document shows it. A test sends each one through its own model."""

from throughcare.case.message import Example

OPENING: Example = {
    "coordinator_seat": "coordinator-1",
    "counterpart_seat": "human-service-worker",
    "youth": "Y-1042",
    "subject": "Whether the youth returns home before the school year begins",
}

SEARCH: Example = {"text": "school", "open": True}

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

MAIL: Example = {"daily_hour": 8}

WEBHOOK: Example = {"url": "https://cases.agency.example/throughcare"}

FROM_THEIR_SYSTEM: Example = {
    "case": "01JZ0000000000000000000000",
    "seat": "human-service-worker-supervisor",
    "message": "contact_made",
    "facts": {"event_at": "2026-03-09T09:10:00-06:00"},
}

REFERRAL: Example = {
    "program": "cars",
    "person": {
        "name": "Client Demo-Clover",
        "born_on": "1990-04-12",
        "language": "en",
        "phone": "555-0142",
    },
    "source": "walked in",
    "words": "Asks for help with housing.",
}

CLIENT: Example = {
    "name": "Client Demo-Clover",
    "born_on": "1990-04-12",
    "language": "en",
    "phone": "414-555-0142",
    "references": ["old-system-1042"],
    "spokespersons": [
        {"name": "Relative Demo-Clover", "relation": "sister", "authorised": True}
    ],
}

CLIENT_CHANGE: Example = {"phone": "414-555-0143", "language": "es"}

PLAN_TEXT: Example = {
    "content": {"text": "A home of our own.", "quotes": ["A door I can lock."]}
}

CLIENT_SEARCH: Example = {"name": "Clover", "born_on": "1990-04-12"}

LIKENESS: Example = {"other": "01JZ0000000000000000000001", "same": True}

CONSENT: Example = {
    "client": "01JZ0000000000000000000000",
    "recipient": "hearth",
    "purpose": "A place to stay",
    "given_at": "2026-03-02T15:30:00-06:00",
    "expires_at": "2027-03-02T15:30:00-06:00",
    "reference": "consents/1042",
}

WITHDRAWAL: Example = {"at": "2026-06-01T09:00:00-05:00"}

EMERGENCY_ACCESS: Example = {
    "who": {"name": "Client Demo-Clover", "born_on": "1990-04-12"},
    "reason": "Brought in unconscious; the hospital asks whom to call.",
}

EMERGENCY_REVIEW: Example = {"words": "As it should be: the hospital had called."}

PROVIDER: Example = {
    "name": "Harbor Demo Shelter",
    "organization": "Birchwood Demo Recovery",
    "services": ["shelter"],
    "email": "shelter@birchwood.example",
    "languages": ["English", "Spanish"],
    "qualified": True,
}

PROVIDER_CHANGE: Example = {"qualified": False}

PROFILE: Example = {
    "gender": "female",
    "experience": ["adaptive equipment purchasing"],
    "languages": ["English", "Spanish"],
    "capacity": 20,
}

ENGAGEMENT: Example = {
    "on_date": "2026-03-02",
    "group": "advocates",
    "what": "Asked what the yearly plan leaves out.",
}

ADOPTION: Example = {
    "version": 1,
    "title": "Director, Community Mental Health",
    "on": "2026-01-05",
}
