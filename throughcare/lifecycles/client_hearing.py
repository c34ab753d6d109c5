"""What people's messages do to a case about a client. Whose turn it is for which is in throughcare.lifecycles.client.turns. Pure.

`hear` works on a copy and returns it, so a message is applied whole or not at all, and a trial run is the same code.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from throughcare.case.correcting import CorrectEntry, correct
from throughcare.case.message import Message
from throughcare.lifecycles.care_plan import (
    asking,
    ending,
    meetings,
    reviewing,
    signing,
    teaming,
    versions,
    writing,
)
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.turns import allowed_now
from throughcare.lifecycles.intake import (
    changing,
    choosing,
    planning,
    screening,
)
from throughcare.lifecycles.service_request import authorization

__all__ = ["allowed_now", "hear"]

Case = TypeVar("Case", bound=ClientCase)

Apply = Callable[[ClientSaid, Any], None]


def _correct_entry(heard: ClientSaid, facts: CorrectEntry) -> None:
    correct(heard, facts, heard.case.opened_at, heard.case.policy.clause)


APPLIES: dict[str, Apply] = {
    "screened": screening.screened,
    "emergency_identified": screening.emergency_identified,
    "ciu_contacted": screening.ciu_contacted,
    "client_contacted": screening.client_contacted,
    "contact_attempted": screening.contact_attempted,
    "screen_results_reviewed": screening.screen_results_reviewed,
    "emergency_needs_confirmed": screening.emergency_needs_confirmed,
    "providers_considered": screening.providers_considered,
    "referral_made": screening.referral_made,
    "preliminary_plan_filed": screening.preliminary_plan_filed,
    "service_requested": screening.service_requested,
    "requests_sent": screening.requests_sent,
    "fund_payment_made": screening.fund_payment_made,
    "reimbursement_requested": screening.reimbursement_requested,
    "agency_chosen": screening.agency_chosen,
    "consents_received": screening.consents_received,
    "treatment_provider_told": screening.treatment_provider_told,
    "need_determined": choosing.need_determined,
    "need_recorded": choosing.need_recorded,
    "eligibility_determined": choosing.eligibility_determined,
    "offer_accepted": choosing.offer_accepted,
    "offer_declined": choosing.offer_declined,
    "intake_reviewed": choosing.intake_reviewed,
    "preferences_recorded": choosing.preferences_recorded,
    "rapport_answered": choosing.rapport_answered,
    "former_worker_answered": choosing.former_worker_answered,
    "need_added": choosing.need_added,
    "assessment_filed": choosing.assessment_filed,
    "circumstances_changed": choosing.circumstances_changed,
    "identity_answered": choosing.identity_answered,
    "coordinator_assigned": choosing.coordinator_assigned,
    "assignment_documented": choosing.assignment_documented,
    "other_worker_offered": choosing.other_worker_offered,
    "explanation_given": choosing.explanation_given,
    "letter_sent": choosing.letter_sent,
    "change_requested": changing.change_requested,
    "resolution_meeting_held": changing.resolution_meeting_held,
    "change_withdrawn": changing.change_withdrawn,
    "worker_changed": changing.worker_changed,
    "change_not_granted": changing.change_not_granted,
    "capacity_freed": changing.capacity_freed,
    "match_looked_for": changing.match_looked_for,
    "satisfaction_recorded": changing.satisfaction_recorded,
    "self_assessed": changing.self_assessed,
    "supervision_held": changing.supervision_held,
    "conflict_of_interest_reported": changing.conflict_of_interest_reported,
    "exception_settled": changing.exception_settled,
    "first_meeting_held": planning.first_meeting_held,
    "team_named": planning.team_named,
    "rst_meeting_held": planning.rst_meeting_held,
    "initial_plan_filed": planning.initial_plan_filed,
    "final_plan_filed": planning.final_plan_filed,
    "plan_revised": planning.plan_revised,
    "contact_held": planning.contact_held,
    "enroll": planning.enroll,
    "decline": planning.decline,
    "call_unreachable": planning.call_unreachable,
    "moved": planning.moved,
    "died": planning.died,
    "withdraw": planning.withdraw,
    "correct_entry": _correct_entry,
    "member_invited": teaming.member_invited,
    "member_answered": teaming.member_answered,
    "member_left": teaming.member_left,
    "slot_left_open": teaming.slot_left_open,
    "systems_recorded": teaming.systems_recorded,
    "supports_named": teaming.supports_named,
    "meeting_scheduled": meetings.meeting_scheduled,
    "team_meeting_held": meetings.team_meeting_held,
    "meeting_not_held": meetings.meeting_not_held,
    "note_added": meetings.note_added,
    "section_written": writing.section_written,
    "plan_put_forward": versions.plan_put_forward,
    "plan_signed": signing.plan_signed,
    "signature_missing": signing.signature_missing,
    "plan_finalized": signing.plan_finalized,
    "review_held": reviewing.review_held,
    "service_asked_for": asking.service_asked_for,
    "services_explained": reviewing.services_explained,
    "benefits_checked": reviewing.benefits_checked,
    "resource_linked": reviewing.resource_linked,
    "link_followed_up": reviewing.link_followed_up,
    "advocacy_noted": reviewing.advocacy_noted,
    "function_delegated": reviewing.function_delegated,
    "progress_noted": reviewing.progress_noted,
    "ethics_concern_raised": reviewing.ethics_concern_raised,
    "ethics_concern_settled": reviewing.ethics_concern_settled,
    "closure_agreed": ending.closure_agreed,
    "close": ending.close,
    "transfer_asked": ending.transfer_asked,
    "transfer_answered": ending.transfer_answered,
    "request_submitted": authorization.request_submitted,
    "request_decided": authorization.request_decided,
    "extension_asked": authorization.extension_asked,
    "request_withdrawn": authorization.request_withdrawn,
}


def hear(case: Case, message: Message) -> Case:
    """The case after this message; raises Refused, and the given case is untouched either way."""
    after = case.model_copy(deep=True)
    if not after.is_closed:
        # What was due before this was received was missed, whichever of the two the engine happened to deliver first.
        after.on_time(message.received_at)
    heard = ClientSaid(after, message)
    APPLIES[message.name](heard, message.facts)
    heard.tell_of_attested()
    return after
