"""Facts that nothing can be said against but by whose turn it is, of what is said to a care plan and to its requests."""

from datetime import timedelta
from typing import Any

from tests.lifecycles.intake import fitting as of_intake
from tests.lifecycles.intake.fitting import SECRET
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.plan_facts import CarePlanFacts
from throughcare.lifecycles.client.plan_policy import SectionKind
from throughcare.lifecycles.registry import LIFECYCLES

NEVER = "0" * 64

CONTENTS: dict[SectionKind, dict[str, Any]] = {
    SectionKind.words: {"text": SECRET, "quotes": [SECRET]},
    SectionKind.strengths: {"strengths": [{"whose": SECRET, "text": SECRET}]},
    SectionKind.needs: {
        "needs": [{"id": "home", "whose": SECRET, "text": SECRET, "rank": 1}]
    },
    SectionKind.strategies: {"strategies": [{"need": "home", "text": SECRET}]},
    SectionKind.updates: {"successes": [SECRET], "barriers": [SECRET]},
    SectionKind.safety: {
        "text": SECRET,
        "client_strengths": SECRET,
        "natural_supports": SECRET,
    },
}


def fitting(name: str, case: ClientCase) -> dict[str, Any]:
    """A message that the case has no use for gets what it asks for all the same, as far as there is any."""
    if name in LIFECYCLES["intake"].messages:
        return of_intake.fitting(name, case)
    life = case.known.life or CarePlanFacts()
    latest = max(
        (duty.opened_at for duty in case.duties if duty.is_outstanding),
        default=case.opened_at,
    )
    soon = latest + timedelta(days=800)
    following = {"at": soon.isoformat(), "place": SECRET}
    member = life.members[-1].id if life.members else "member-1"
    version = life.versions[-1] if life.versions else None
    signed = {
        "member": _unsigned(life),
        "version": version.number if version else "1",
    }
    match name:
        case "member_invited":
            return {"kind": "family", "name": f"{SECRET} {len(life.team)}"}
        case "member_answered":
            return {"member": member, "answer": "joined"}
        case "member_left":
            return {"member": member, "reason": SECRET}
        case "slot_left_open":
            return {"kind": "clinical", "reason": SECRET}
        case "systems_recorded":
            return {"systems": [SECRET]}
        case "supports_named":
            return {"names": [SECRET]}
        case "meeting_scheduled":
            return following
        case "team_meeting_held":
            everybody = [each.id for each in life.members] or ["member-1"]
            return {
                "attended": everybody,
                "confidentiality_reminded": True,
                "next": following,
            }
        case "meeting_not_held":
            return {"reason": SECRET, "next": following}
        case "section_written":
            return _writing(case)
        case "plan_put_forward":
            kind = "amended" if life.current else "final"
            return {"kind": kind, "review_every": "P30D"}
        case "plan_signed":
            digest = version.digest if version else NEVER
            return signed | {"digest": digest, "how": "paper"}
        case "signature_missing":
            return signed | {"outcome": "unavailable", "reason": SECRET}
        case "plan_finalized":
            return {"version": signed["version"]}
        case "review_held":
            return {
                "kind": "monthly",
                "outcome": "no_change",
                "late_reason": SECRET,
                "successes": [SECRET],
            }
        case "service_asked_for":
            return {
                "service": "housing",
                "need": "home",
                "provider": f"provider-{len(life.services)}",
                "provider_title": SECRET,
                "organization": "Hearth",
                "chosen_by_client": True,
                "plan": case.known.plan.version if case.known.plan else "1",
                "request": f"01REQUEST{len(life.services)}",
            }
        case "resource_linked":
            return {"domain": "health", "resource": SECRET}
        case "link_followed_up":
            return {"link": 1, "outcome": SECRET}
        case "advocacy_noted":
            return {"service": SECRET, "basis": SECRET}
        case "function_delegated":
            return {"function": SECRET, "to": SECRET, "basis": "plan"}
        case "progress_noted":
            return {"need": "home", "text": SECRET}
        case "closure_agreed":
            everybody = [each.id for each in life.members] or ["member-1"]
            return {"agreed_by": everybody, "readiness": SECRET}
        case "transfer_asked":
            return {"agency": "shelter", "reason": SECRET}
        case "transfer_answered":
            return {"answer": "rejected", "reason": SECRET}
        case "request_submitted":
            return {"plan_attached": True, "to": SECRET}
        case "request_decided":
            decided = {"decision": "approved", "until": soon.date().isoformat()}
            return decided | {"reason": SECRET}
        case "extension_asked":
            plan = case.known.plan
            return {
                "plan": plan.version if plan else "1",
                "plan_attached": True,
                "until": (soon + timedelta(days=800)).date().isoformat(),
            }
        case _:
            return {WORDS[name]: SECRET} if name in WORDS else {}


WORDS = {
    "note_added": "words",
    "benefits_checked": "result",
    "ethics_concern_raised": "words",
    "ethics_concern_settled": "finding",
    "request_withdrawn": "reason",
}


def _unsigned(life: CarePlanFacts) -> str:
    version = life.versions[-1] if life.versions else None
    waiting = life.unsigned(version) if version else []
    return waiting[0].id if waiting else "member-1"


def _writing(case: ClientCase) -> dict[str, Any]:
    """The next section nobody wrote, in the plan's order; once all are there, the first one again."""
    if not isinstance(case, CarePlan) or case.rules is None:
        return {"section": "vision", "replaces": 0, "content": {"text": SECRET}}
    sections = [e for e in case.rules.plan.sections if e.kind.is_written]
    unwritten = [each for each in sections if case.latest(each.id) is None]
    section = (unwritten or sections)[0]
    last = case.latest(section.id)
    return {
        "section": section.id,
        "replaces": last.revision if last else 0,
        "content": CONTENTS[section.kind],
    }
