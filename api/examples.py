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

SERVED_MESSAGES: dict[str, Example] = {
    "screened": {
        "emergency": True,
        "needs": [{"id": "housing", "text": "Nowhere to sleep tonight"}],
    },
    "emergency_identified": {
        "needs": [{"id": "food", "text": "Nothing to eat until Monday"}]
    },
    "ciu_contacted": {"note": "Called back at once."},
    "client_contacted": {"how": "by phone"},
    "contact_attempted": {"how": "by phone, no answer"},
    "screen_results_reviewed": {},
    "emergency_needs_confirmed": {"needs": [{"need": "housing", "confirmed": True}]},
    "providers_considered": {
        "need": "housing",
        "providers": ["hearth", "harbor"],
    },
    "referral_made": {"need": "housing", "provider": "hearth"},
    "preliminary_plan_filed": {
        "reference": "plans/1042",
        "safety_crisis_plan": "Whom to call, and where to go tonight.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
        "services": [{"service": "shelter", "need": "housing"}],
    },
    "service_requested": {
        "service": "shelter",
        "need": "housing",
        "plan": "1",
        "reference": "request-7",
    },
    "requests_sent": {"plan_attached": True, "to": "the authorization desk"},
    "fund_payment_made": {
        "service": "shelter",
        "need": "housing",
        "amount": "120.00",
        "needed_on": "2026-03-03",
        "reference": "fund-3",
    },
    "reimbursement_requested": {"payment": "fund-3"},
    "agency_chosen": {
        "offered": ["Birchwood Demo Recovery", "Cedar Demo Recovery"],
        "chosen": "Cedar Demo Recovery",
        "criterion": "greatest risk",
    },
    "consents_received": {"event_at": "2026-03-06T15:00:00-06:00", "how": "fax"},
    "need_determined": {
        "needs": ["Help with getting to appointments"],
        "record_entry": "record/88",
    },
    "need_recorded": {"record_entry": "record/88"},
    "eligibility_determined": {
        "population": "adults-with-mental-illness",
        "answers": {"diagnosis": True, "functional-limitation": True},
        "eligible": True,
        "reasons": "As assessed.",
    },
    "offer_accepted": {},
    "offer_declined": {"reason": "Wants to think about it."},
    "intake_reviewed": {},
    "preferences_recorded": {
        "preferences": [{"kind": "gender", "words": "female", "stated_by": "client"}]
    },
    "rapport_answered": {"answers": {"kind-of-person": "not known"}},
    "former_worker_answered": {"wants": "new"},
    "need_added": {"need": "experience with adaptive equipment"},
    "assessment_filed": {"name": "Initial assessment", "needs": ["dual conditions"]},
    "circumstances_changed": {"what": "Moved in with family."},
    "coordinator_assigned": {
        "assigned": "rsc-1",
        "basis": "preference",
        "matches": [{"kind": "gender", "honoured": "fully"}],
        "considered": ["rsc-1", "rsc-2"],
    },
    "assignment_documented": {"record_entry": "record/89"},
    "explanation_given": {"how": "by phone"},
    "treatment_provider_told": {"provider": "hearth", "how": "by secure fax"},
    "other_worker_offered": {"answer": "Content with the worker as it is."},
    "first_meeting_held": {
        "natural_supports": "A sister; none from the community.",
        "team": ["client", "sister"],
    },
    "team_named": {"team": ["client", "sister"]},
    "initial_plan_filed": {
        "reference": "plans/1042",
        "planning_meeting_on": "2026-03-09",
        "safety_crisis_plan": "Whom to call.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
        "contacts": [{"kind": "face-to-face", "every": "P7D"}],
    },
    "rst_meeting_held": {"client_attended": True, "team": ["client", "sister"]},
    "final_plan_filed": {
        "reference": "plans/1042-final",
        "safety_crisis_plan": "Whom to call.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
    },
    "plan_revised": {
        "reference": "plans/1042-2",
        "safety_crisis_plan": "Whom to call.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
    },
    "contact_held": {"kind": "face-to-face"},
    "satisfaction_recorded": {
        "expectations": [{"expectation": "Calls are returned", "met": True}]
    },
    "self_assessed": {"reflection": "I could listen longer."},
    "supervision_held": {},
    "change_requested": {
        "by": "client",
        "preferences": [{"kind": "gender", "words": "male"}],
        "would_try_first": False,
    },
    "resolution_meeting_held": {},
    "change_withdrawn": {"by": "client"},
    "worker_changed": {
        "assigned": "rsc-2",
        "basis": "preference",
        "matches": [{"kind": "gender", "honoured": "fully"}],
        "considered": ["rsc-2"],
        "explanation": "As was asked for.",
        "handover": "Both workers and the client met.",
    },
    "change_not_granted": {
        "outcome": "unable",
        "considered": ["rsc-2"],
        "explanation": "Nobody who fits has room now.",
        "limited_by": "resources",
        "revisit_on": "2026-04-01",
    },
    "match_looked_for": {"found": False},
    "letter_sent": {"how": "by post"},
    "conflict_of_interest_reported": {
        "about": "Birchwood Demo Recovery",
        "words": "Only its own services were offered.",
    },
    "exception_settled": {
        "exception": 1,
        "resolution": "accepted",
        "reason": "The only provider in reach.",
        "review_on": "2026-09-01",
    },
    "enroll": {},
    "decline": {"reason": "Found help elsewhere."},
    "call_unreachable": {"reason": "Three calls on different days."},
    "moved": {"reason": "Moved out of the county."},
    "died": {},
    "withdraw": {"reason": "Referred by mistake."},
    "correct_entry": {"entry": 1, "correction": "It was the other phone."},
    "member_invited": {
        "kind": "ancillary",
        "name": "Harbor Demo Shelter",
        "contact": "shelter@birchwood.example",
        "provider": "harbor",
    },
    "member_answered": {
        "member": "member-3",
        "answer": "declined_by_client",
        "reason": "Would rather not have them there.",
    },
    "member_left": {"member": "member-3", "reason": "The service has ended."},
    "slot_left_open": {"kind": "clinical", "reason": "No treatment yet."},
    "systems_recorded": {"systems": ["child welfare"]},
    "supports_named": {"names": ["Sister Demo-Clover"]},
    "meeting_scheduled": {
        "at": "2030-03-16T15:00:00-05:00",
        "place": "The family center",
    },
    "team_meeting_held": {
        "attended": ["member-1", "member-2"],
        "absent": [{"member": "member-3", "effort": "Two calls, and a ride offered."}],
        "confidentiality_reminded": True,
        "next": {"at": "2030-04-13T15:00:00-05:00", "place": "The family center"},
        "screen": "screens/1042",
    },
    "meeting_not_held": {
        "reason": "Snow.",
        "next": {"at": "2030-03-17T15:00:00-05:00", "place": "The family center"},
    },
    "note_added": {"words": "The bus pass has come."},
    "section_written": {
        "section": "vision",
        "replaces": 0,
        "content": {"text": "A home of our own.", "quotes": ["A door I can lock."]},
    },
    "plan_put_forward": {"kind": "final", "review_every": "P3M"},
    "plan_signed": {
        "member": "member-1",
        "version": "2",
        "digest": "0" * 64,
        "how": "paper",
    },
    "signature_missing": {
        "member": "member-3",
        "version": "2",
        "outcome": "unavailable",
        "reason": "On leave until May.",
    },
    "plan_finalized": {"version": "2"},
    "review_held": {
        "kind": "monthly",
        "outcome": "no_change",
        "successes": ["Kept every appointment."],
    },
    "service_asked_for": {
        "service": "shelter",
        "need": "housing",
        "provider": "harbor",
        "chosen_by_client": True,
        "plan": "2",
    },
    "services_explained": {},
    "benefits_checked": {"result": "A food benefit was applied for."},
    "resource_linked": {"domain": "housing", "resource": "The tenants' office"},
    "link_followed_up": {"link": 1, "outcome": "On their list since Monday."},
    "advocacy_noted": {
        "service": "supported employment",
        "basis": "Meets its criteria since the assessment.",
    },
    "function_delegated": {
        "function": "Rides to appointments",
        "to": "A peer specialist",
        "basis": "plan",
    },
    "progress_noted": {"need": "housing", "text": "Saw two apartments."},
    "ethics_concern_raised": {"words": "A gift was accepted."},
    "ethics_concern_settled": {"finding": "It was given back, and talked over."},
    "closure_agreed": {
        "agreed_by": ["member-1", "member-2"],
        "readiness": "Lives on their own since winter.",
    },
    "close": {},
    "transfer_asked": {
        "agency": "Cedar Demo Recovery",
        "reason": "Moves across the county.",
    },
    "transfer_answered": {"answer": "accepted"},
    "request_submitted": {"plan_attached": True, "to": "the authorization desk"},
    "request_decided": {
        "decision": "approved",
        "until": "2030-06-30",
        "units": "12 weeks",
    },
    "extension_asked": {"plan": "3", "plan_attached": True, "until": "2030-12-31"},
    "request_withdrawn": {"reason": "No longer needed."},
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
