"""The rows of what only one kind of case has, taken from the facts of its record: what lists and reports ask for."""

from collections.abc import Callable

from throughcare.case.wire import CaseRecord
from throughcare.lifecycles.client.facts import ClientFacts, PlanKind
from throughcare.lifecycles.conflict.conflict import ConflictFacts
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.tables import (
    Base,
    ChoiceOfferedRow,
    ClientCaseRow,
    ConflictCaseRow,
    FundPaymentRow,
    IndependenceExceptionRow,
    RecusalRow,
    ReferralRow,
)

Values = dict[str, object]
RowsByTable = dict[type[Base], list[Values]]


def rows_of_its_kind(record: CaseRecord) -> RowsByTable:
    """By table; none of a kind whose facts are for its page alone."""
    lifecycle = LIFECYCLES.get(record.kind)
    found = _TABLES.get(lifecycle.facts) if lifecycle else None
    return found(record) if found else {}


def _conflict(record: CaseRecord) -> RowsByTable:
    facts = record.facts
    names = ("ladder", "youth", "subject", "raised_by")
    row = {"case_id": record.case_id} | {name: facts[name] for name in names}
    recused: list[Values] = [
        {"case_id": record.case_id, "person_id": person} for person in record.recused
    ]
    return {ConflictCaseRow: [row], RecusalRow: recused}


def _client(record: CaseRecord) -> RowsByTable:
    facts = ClientFacts.model_validate(record.facts)
    case_id, change, plan = record.case_id, facts.change, facts.plan
    mine: Values = {
        "case_id": case_id,
        "branch": facts.branch,
        "worker_seat": facts.assignment.seat if facts.assignment else None,
        "eligibility_decided_at": facts.determined.at if facts.determined else None,
        "offer": facts.offer,
        "care_plan_id": facts.care_plan,
        "plan_version": plan.version if plan else None,
        "plan_filed_at": plan.filed_at if plan else None,
        "renewals": _renewals(facts),
        "change_asked_at": change.asked_at if change else None,
        "change_by": change.by if change else None,
        "change_asked_of": change.asked_of if change else None,
        "change_would_try_first": change.would_try_first if change else None,
        "change_met": change.met if change else None,
    }
    payments: dict[str, Values] = {
        each.reference: {
            "case_id": case_id,
            "reference": each.reference,
            "service": each.service,
            "amount": each.amount,
            "paid_at": each.paid_at,
            "reimbursement_at": each.reimbursement_at,
        }
        for each in facts.payments
    }
    exceptions: dict[int, Values] = {
        each.number: {
            "case_id": case_id,
            "number": each.number,
            "clause": each.clause,
            "about": each.about,
            "opened_at": each.opened_at,
            "resolution": each.resolution,
            "reason": each.reason,
            "settled_by": each.settled_by,
        }
        for each in facts.flags
        if not each.taken_back
    }
    referrals: dict[tuple[str, str], Values] = {
        (each.need, each.provider): {
            "case_id": case_id,
            "need": each.need,
            "provider": each.provider,
            "organization": each.organization,
        }
        for each in facts.providers
        if each.referred
    }
    offered = dict.fromkeys(facts.choice_offered_at)
    return {
        ClientCaseRow: [mine],
        FundPaymentRow: [*payments.values()],
        IndependenceExceptionRow: [*exceptions.values()],
        ReferralRow: [*referrals.values()],
        ChoiceOfferedRow: [{"case_id": case_id, "at": at} for at in offered],
    }


def _renewals(facts: ClientFacts) -> int:
    """Since a plan last said if less help would do (CF-K-2a)."""
    renewals = 0
    for plan in facts.plans:
        renewals += plan.kind is PlanKind.revised
        if plan.considers_step_down:
            renewals = 0
    return renewals


_TABLES: dict[type, Callable[[CaseRecord], RowsByTable]] = {
    ConflictFacts: _conflict,
    ClientFacts: _client,
}
