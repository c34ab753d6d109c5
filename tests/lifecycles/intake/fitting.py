"""Facts that nothing can be said against but by whose turn it is: one set for each message, as the case stands."""

from typing import Any

from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.taking_back import ASSIGNING

SECRET = "Zebra-7731"
"""In everything that is written freely: whatever an operator or an e-mail shows must not have it."""

SAFETY = {
    "safety_crisis_plan": SECRET,
    "strengths": SECRET,
    "natural_supports": SECRET,
}
NEEDS = ("housing", "food", "work", "school")


def fitting(name: str, case: ClientCase) -> dict[str, Any]:
    """A message that the case has no use for gets what it asks for all the same, as far as there is any."""
    known, policy = case.known, case.policy
    version = known.plan.version if known.plan else "1"
    match name:
        case "screened":
            return {"emergency": False}
        case "emergency_identified":
            return {"needs": _new_needs(case)}
        case "agency_chosen":
            return {"offered": ["Elm", "Birch"], "chosen": "Elm"}
        case "former_worker_answered":
            return {"wants": "new"}
        case "emergency_needs_confirmed":
            return {"needs": _answers(case)}
        case "providers_considered":
            own = case.seated[case.worker].organization
            return {
                "need": _target(case, ClientAct.provider_search, "housing"),
                "providers": ["shelter", "ours"],
                "organizations": ["Shelter House", own],
            }
        case "referral_made":
            return {
                "need": _target(case, ClientAct.referral, "housing"),
                "provider": "shelter",
                "organization": "Shelter House",
            }
        case "preliminary_plan_filed":
            return {"reference": SECRET, **SAFETY, "services": _services(case)}
        case "service_requested":
            service = _target(case, ClientAct.service_request, "bed")
            need = {each.service: each.need for each in known.services}
            return {
                "service": service,
                "need": need.get(service, "housing"),
                "plan": version,
                "reference": SECRET,
            }
        case "requests_sent":
            return {"plan_attached": True, "to": SECRET}
        case "fund_payment_made":
            first = known.services[0] if known.services else None
            return {
                "service": first.service if first else "bed",
                "need": first.need if first else "housing",
                "amount": "120.00",
                "needed_on": "2026-11-18",
                "reference": f"pay-{len(known.payments)}",
            }
        case "reimbursement_requested":
            return {"payment": _target(case, ClientAct.reimbursement, "pay-0")}
        case "eligibility_determined":
            criteria = policy.eligibility.criteria if policy.eligibility else ()
            served = policy.populations.served if policy.populations else ()
            return {
                "population": served[0].id if served else None,
                "answers": {each.id: True for each in criteria},
                "eligible": True,
                "reasons": SECRET,
            }
        case "need_determined":
            return {"needs": [SECRET]}
        case "preferences_recorded":
            return {"preferences": [{"kind": "language", "words": SECRET}]}
        case "rapport_answered":
            asked = [each.id for each in policy.questions] or ["any"]
            return {"answers": dict.fromkeys(asked, SECRET)}
        case "coordinator_assigned":
            return _assignment(case)
        case "worker_changed":
            return _assignment(case) | {"handover": SECRET}
        case "treatment_provider_told":
            return {"provider": "clinic", "organization": "Elm Clinic", "how": SECRET}
        case "first_meeting_held":
            return {"natural_supports": SECRET}
        case "team_named":
            return {"team": [SECRET]}
        case "rst_meeting_held":
            return {"client_attended": True, "team": [SECRET]}
        case "initial_plan_filed" | "final_plan_filed" | "plan_revised":
            return _plan(case)
        case "contact_held":
            return {"kind": known.contacts[0].kind if known.contacts else "phone"}
        case "assessment_filed":
            return {"name": SECRET, "needs": [SECRET]}
        case "satisfaction_recorded":
            return {"expectations": [{"expectation": SECRET, "met": False}]}
        case "change_requested":
            return {"by": "client", "reason": SECRET}
        case "change_withdrawn":
            return {"by": "client"}
        case "change_not_granted":
            return {
                "outcome": "unable",
                "considered": ["seat-worker"],
                "explanation": SECRET,
                "limited_by": "resources",
                "revisit_on": "2026-12-18",
            }
        case "match_looked_for":
            return {"found": False}
        case "conflict_of_interest_reported":
            return {"about": "the agency", "words": SECRET}
        case "exception_settled":
            return {
                "exception": int(_target(case, ClientAct.independence, "1")),
                "resolution": "accepted",
                "reason": SECRET,
                "review_on": "2026-12-18",
            }
        case "correct_entry":
            return {"entry": 1, "correction": SECRET}
        case "assignment_taken_back" | "emergency_taken_back":
            found = ("screened", "emergency_identified")
            kinds = ASSIGNING if name.startswith("assignment") else found
            entries = [each.seq for each in case.timeline if each.kind in kinds]
            return {"entry": entries[-1] if entries else 1, "reason": SECRET}
        case "duplicate":
            return {"of": "01OTHER", "kind": case.kind, "reason": SECRET}
        case "enroll":
            return {"care_plan": "01CAREPLAN"}
        case "capacity_freed":
            return {"worker": "seat-worker"}
        case "identity_answered":
            return {"same_as": "01OTHER", "cases": ["01EARLIER"]}
        case _:
            return {WORDS[name]: SECRET} if name in WORDS else {}


WORDS: dict[str, str] = {
    "client_contacted": "how",
    "contact_attempted": "how",
    "explanation_given": "how",
    "offer_declined": "reason",
    "decline": "reason",
    "call_unreachable": "reason",
    "moved": "reason",
    "withdraw": "reason",
    "opened_in_error": "reason",
    "need_recorded": "record_entry",
    "assignment_documented": "record_entry",
    "need_added": "need",
    "circumstances_changed": "what",
    "other_worker_offered": "answer",
    "self_assessed": "reflection",
}
"""Messages that ask for a word of their sender's own, and the fact that it is."""


def _target(case: ClientCase, act: str, otherwise: str) -> str:
    """What the oldest duty of this act is about."""
    found = [duty.target for duty in reversed(case.outstanding(act)) if duty.target]
    return found[0] if found else otherwise


def _new_needs(case: ClientCase) -> list[dict[str, Any]]:
    known = {need.id for need in case.known.needs}
    new = [need for need in NEEDS if need not in known]
    return [{"id": new[0] if new else f"need-{len(known)}-more", "text": SECRET}]


def _answers(case: ClientCase) -> list[dict[str, Any]]:
    asked = [n.id for n in case.known.needs if n.emergency and n.confirmed is None]
    return [{"need": need, "confirmed": True} for need in asked or ["housing"]]


def _services(case: ClientCase) -> list[dict[str, Any]]:
    confirmed = [need.id for need in case.known.needs if need.confirmed]
    count = len(case.known.services)
    return [
        {"service": f"service-{count + n}", "need": need}
        for n, need in enumerate(confirmed[:2])
    ]


def _assignment(case: ClientCase) -> dict[str, Any]:
    seat = f"seat-worker-{len(case.known.assignments) + 1}"
    stated = case.known.preferences or []
    return {
        "assigned": seat,
        "title": "Worker",
        "organization": "the agency",
        "person": seat.replace("seat-", "person-"),
        "basis": "preference" if stated else "assessed_need",
        "matches": [{"kind": each.kind, "honoured": "partly"} for each in stated],
        "need": SECRET,
        "considered": ["seat-worker"],
        "explanation": SECRET,
        "exception": SECRET,
    }


def _plan(case: ClientCase) -> dict[str, Any]:
    plan = case.policy.plan
    contacts = [
        {"kind": "face-to-face", "every": "P14D"},
        {"kind": "phone", "every": "P7D"},
    ]
    return {
        "reference": SECRET,
        **SAFETY,
        "planning_meeting_on": "2026-11-18",
        "contents": {each.id: SECRET for each in plan.fields},
        "contacts": contacts if plan.contacts_clause else [],
        "assessments": [{"name": SECRET, "done": True}],
        "strategies": [{"text": SECRET, "need": SECRET}],
        "exception": SECRET,
    }
