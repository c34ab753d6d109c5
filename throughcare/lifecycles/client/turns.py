"""Whose turn it is in a case about a client: the messages that may come now, and the seats each may come from. Pure."""

from collections.abc import Iterator, Sequence

from throughcare.case.duty import Act, Duty
from throughcare.case.message import Message
from throughcare.case.parts import RoleId
from throughcare.case.refusals import (
    Allowed,
    NotYourSeat,
    OutOfOrder,
    Refused,
    StepsOutstanding,
)
from throughcare.case.said import From
from throughcare.case.seats import Capacity
from throughcare.lifecycles.client.case import ClientCase

STEPS: dict[str, Act] = {
    "screened": Act.screening,
    "agency_chosen": Act.agency_choice,
    "former_worker_answered": Act.former_worker,
    "ciu_contacted": Act.intake_unit_contact,
    "client_contacted": Act.client_contact,
    "screen_results_reviewed": Act.screen_results,
    "emergency_needs_confirmed": Act.needs_confirmation,
    "providers_considered": Act.provider_search,
    "referral_made": Act.referral,
    "preliminary_plan_filed": Act.preliminary_plan,
    "service_requested": Act.service_request,
    "requests_sent": Act.requests_sent,
    "reimbursement_requested": Act.reimbursement,
    "consents_received": Act.consents,
    "need_determined": Act.need_determination,
    "need_recorded": Act.record_entry,
    "eligibility_determined": Act.eligibility,
    "offer_accepted": Act.offer,
    "offer_declined": Act.offer,
    "intake_reviewed": Act.intake_review,
    "rapport_answered": Act.rapport,
    "coordinator_assigned": Act.assignment,
    "assignment_documented": Act.assignment_record,
    "explanation_given": Act.explanation,
    "treatment_provider_told": Act.treatment_provider,
    "other_worker_offered": Act.other_worker,
    "first_meeting_held": Act.first_meeting,
    "team_named": Act.team,
    "initial_plan_filed": Act.initial_plan,
    "rst_meeting_held": Act.team_meeting_with_client,
    "final_plan_filed": Act.final_plan,
    "plan_revised": Act.plan_revision,
    "worker_changed": Act.change,
    "change_not_granted": Act.change,
    "match_looked_for": Act.revisit,
    "exception_settled": Act.independence,
    "letter_sent": Act.letter,
    "identity_answered": Act.identity,
    "services_explained": Act.services_explained,
    "benefits_checked": Act.benefits_check,
    "ethics_concern_settled": Act.ethics_concern,
    "request_submitted": Act.request_sending,
    "request_decided": Act.request_decision,
    "extension_asked": Act.request_extension,
}
"""Messages that discharge a duty: they come while one of its kind is to be done, from those whose it is."""

ABOUT_ONE = {
    "providers_considered": "need",
    "referral_made": "need",
    "service_requested": "service",
    "reimbursement_requested": "payment",
    "exception_settled": "exception",
}
"""Messages about one of several duties of a kind, and the fact that says which."""

ENDINGS = ("enroll", "decline", "call_unreachable", "moved", "died", "withdraw")


def staff(case: ClientCase) -> tuple[RoleId, ...]:
    """The agency's people who work on the case: those its duties can go to, and who is above them."""
    policy = case.policy
    roles = [policy.intake, case.worker, policy.supervisor]
    roles += [above for above in policy.escalation.above.values()]
    return tuple(dict.fromkeys(roles))


def with_a_worker(case: ClientCase) -> Iterator[tuple[str, tuple[RoleId, ...]]]:
    """What can be said beside the steps of any open case about a client, the care plan included."""
    everybody, policy, known = staff(case), case.policy, case.known
    yield "need_added", everybody
    yield "circumstances_changed", everybody
    yield "conflict_of_interest_reported", everybody
    yield "change_requested", everybody
    yield "satisfaction_recorded", everybody
    yield "supervision_held", (case.answers_wishes,)
    if known.assignment:
        yield "self_assessed", (case.worker, policy.supervisor)
    if known.contacts:
        yield "contact_held", everybody
    if known.change:
        yield "resolution_meeting_held", (case.answers_wishes,)
        # Not from the worker, who cannot end by themself what is asked about them (CS-X-9).
        yield (
            "change_withdrawn",
            tuple(role for role in everybody if role != case.worker),
        )
    if case.outstanding(Act.revisit):
        yield "capacity_freed", everybody


def allowed_now(case: ClientCase) -> tuple[Allowed, ...]:
    """The messages that may be sent now, and the seats each may come from."""
    if not case.seated:
        return ()
    found: dict[str, list[RoleId]] = {}
    beside: set[str] = set()
    for message, roles, is_beside in _turns(case):
        found.setdefault(message, []).extend(roles)
        if is_beside:
            beside.add(message)
    allowed = (
        case.allowed_in(message, roles, beside=message in beside)
        for message, roles in found.items()
    )
    return tuple(each for each in allowed if each.seats)


Turn = tuple[str, tuple[RoleId, ...], bool]


def _turns(case: ClientCase) -> Iterator[Turn]:
    if case.is_closed:
        yield "correct_entry", (*staff(case), case.policy.administrator), True
        return
    for message, act in STEPS.items():
        duties = _ready(case, act)
        if duties and case.hears(message):
            holders = (holder.role for duty in duties for holder in duty.holders)
            yield message, tuple(dict.fromkeys(holders)), False
    for message, roles in case.beside():
        if case.hears(message):
            yield message, roles, True
    yield "correct_entry", (*staff(case), case.policy.administrator), True


def _ready(case: ClientCase, act: Act) -> list[Duty]:
    """Duties of this kind that are to be done and that nothing stands in the way of."""
    return [
        duty
        for duty in case.outstanding(act)
        if not case.standing_in_the_way(act, duty.target)
    ]


def spoken_from(case: ClientCase, message: Message, allowed: Sequence[Allowed]) -> From:
    """The seat this message comes from: a person's own before one they stand in for, and that before one they supervise
    (O-25). Raises Refused where it cannot come now, or not from them."""
    mine = next((each for each in allowed if each.message == message.name), None)
    if mine is None:
        raise _not_now(case, message, tuple(allowed))
    outside = case.outside_speaker(message)
    if outside:
        return From(Capacity.link, outside, ())
    found: list[tuple[Capacity, str]] = []
    for seat in mine.seats:
        right = message.actor.right_to(seat)
        if right is not None:
            found.append((right, seat))
    if not found:
        raise NotYourSeat(message.name, mine)
    capacity, seat = min(found, key=lambda each: each[0].rank)
    roles = tuple(role for role, each in case.seated.items() if each.seat == seat)
    return From(capacity, seat, roles)


def _not_now(
    case: ClientCase, message: Message, allowed: tuple[Allowed, ...]
) -> Refused:
    act = STEPS.get(message.name)
    if act and case.outstanding(act):
        before = {
            duty.text: None
            for each in case.outstanding(act)
            for duty in case.standing_in_the_way(act, each.target)
        }
        if before:
            return StepsOutstanding(message.name, tuple(before), "", allowed)
    return OutOfOrder(message.name, allowed)
