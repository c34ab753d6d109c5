"""Reports over cases about clients: computed from what each case knows and from its duties, of those one may see.

A care plan begins with what its intake knew, so that what concerns a client stands in both; it is told once, as the later
case has it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throughcare.case.base import Frozen
from throughcare.case.duty import (
    Duty,
    DutyStatus,
)
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import (
    ClientFacts,
    Flag,
    FundPayment,
    PlanKind,
)
from throughcare.lifecycles.client.fields import ClientStatus
from throughcare.store.access import Scope
from throughcare.store.served import known_of, served_rows
from throughcare.store.tables import CaseRow, DutyRow

A_YEAR = timedelta(days=365)

RENEWALS = 2
"""After how many renewals of a plan a word on stepping down is missed."""


class About(Frozen):
    """The case a line of a report is about."""

    case: str
    kind: str
    program: str
    client: str


class Waiting(About):
    """`since_at`: from when its age counts."""

    since_at: datetime


class Unassigned(Waiting):
    """Somebody who is waiting for a worker. `eligible_at` is None where the policy has no such step."""

    opened_at: datetime
    stage: str
    eligible_at: datetime | None
    offer: str | None
    due_at: datetime | None
    """When the assignment is due."""


class WithoutPlan(About):
    """Somebody who was enrolled. `care_plan` was to go on from there, and never began or was withdrawn."""

    enrolled_at: datetime
    care_plan: str | None
    withdrawn: bool


class Unreimbursed(Waiting):
    """`since_at` is when it was paid."""

    reference: str
    service: str
    amount: str


class ExceptionOpened(About):
    """Somebody was not independent of those who deliver services; `resolution` is None until it was looked at."""

    number: int
    clause: str
    about: str
    opened_at: datetime
    resolution: str | None
    reason: str | None
    settled_by: str | None


class SelfReferrals(Frozen):
    """Of one agency, the referrals its workers made, and how many of them went to the agency itself."""

    organization: str
    referrals: int
    own: int

    @property
    def share(self) -> float:
        return self.own / self.referrals


class Independent(Frozen):
    """How far coordination was kept apart from services in a period."""

    exceptions: tuple[ExceptionOpened, ...]
    agencies: tuple[SelfReferrals, ...]


class NoStepDown(About):
    """A plan that was renewed again and again, and says nowhere if less help would do."""

    plan: str
    renewals: int
    renewed_at: datetime
    """The last time."""


class Choices(Frozen):
    client: str
    cases: tuple[str, ...]
    """Those that are open."""
    offered_at: tuple[datetime, ...]


class Asker(StrEnum):
    client = "client"
    guardian = "guardian"
    family = "family"
    spokesperson = "spokesperson"
    worker = "worker"
    review = "review"


class Transfer(Waiting):
    """A wish for another worker that is not yet answered, and when it was first said."""

    by: Asker
    asked_of: str
    would_try_first: bool | None
    met: bool
    worker: str | None
    """The seat of the worker they have."""


async def unassigned(
    session: AsyncSession, scope: Scope, program: str | None = None
) -> tuple[Unassigned, ...]:
    """Whoever is eligible and has no worker, the longest waiting first (CS-P-1)."""
    waiting = [
        (row, known)
        for row, known in await _cases(session, scope, program, open_only=True)
        if row.kind == "intake" and known.assignment is None
    ]
    duties = await _duties(
        session, waiting, ClientAct.eligibility, ClientAct.assignment
    )
    found = []
    for row, known in waiting:
        mine = duties.get(row.id, [])
        decided = known.determined
        if any(duty.act == ClientAct.eligibility for duty in mine) and decided is None:
            continue
        dues = [
            d.due_at for d in mine if d.act == ClientAct.assignment and d.is_outstanding
        ]
        found.append(
            Unassigned(
                **_about(row),
                since_at=decided.at if decided else row.opened_at,
                opened_at=row.opened_at,
                stage=row.rung or row.status,
                eligible_at=decided.at if decided else None,
                offer=known.offer,
                due_at=min(filter(None, dues), default=None),
            )
        )
    return tuple(sorted(found, key=lambda each: each.since_at))


async def without_plan(
    session: AsyncSession, scope: Scope, program: str | None = None
) -> tuple[WithoutPlan, ...]:
    """Whoever was enrolled and has no live care plan, though nobody ended it for a reason of theirs (CP-P-1)."""
    enrolled = [
        (row, known)
        for row, known in await _cases(session, scope, program)
        if row.kind == "intake" and row.status == ClientStatus.enrolled
    ]
    # Whether there is one is asked of all, whoever may see it.
    plans = await _care_plans(session, [row.client_id or "" for row, _ in enrolled])
    found = []
    for row, known in enrolled:
        theirs = plans.get(row.client_id or "", [])
        if any(plan.closed_at is None for plan in theirs):
            continue
        mine = next((plan for plan in theirs if plan.id == known.care_plan), None)
        if mine is None or mine.status == ClientStatus.withdrawn:
            found.append(
                WithoutPlan(
                    **_about(row),
                    enrolled_at=row.closed_at or row.opened_at,
                    care_plan=known.care_plan,
                    withdrawn=mine is not None,
                )
            )
    return tuple(sorted(found, key=lambda each: each.enrolled_at))


async def unreimbursed(
    session: AsyncSession, scope: Scope, program: str | None = None
) -> tuple[Unreimbursed, ...]:
    """Every payment from the discretionary fund that was not asked back, the oldest first (CP-E-10b)."""
    latest: dict[tuple[str, str], tuple[CaseRow, FundPayment]] = {}
    for row, known in await _cases(session, scope, program):
        for payment in known.payments:
            key = (row.client_id or "", payment.reference)
            before = latest.get(key)
            if before is None or before[1].reimbursement_at is None:
                latest[key] = (row, payment)
    found = (
        Unreimbursed(
            **_about(row),
            reference=payment.reference,
            service=payment.service,
            amount=payment.amount,
            since_at=payment.paid_at,
        )
        for row, payment in latest.values()
        if payment.reimbursement_at is None
    )
    return tuple(sorted(found, key=lambda each: each.since_at))


async def independence(
    session: AsyncSession,
    scope: Scope,
    from_at: datetime,
    to_at: datetime,
    program: str | None = None,
) -> Independent:
    """Every exception opened in this time with what became of it (CF-S-3), and per agency how many of the referrals its
    workers made went to itself (CF-K-2b). `to_at` is no part of it."""
    cases = await _cases(session, scope, program)
    latest: dict[tuple[str, int, datetime], tuple[CaseRow, Flag]] = {}
    for row, known in cases:
        for flag in known.flags:
            if from_at <= flag.opened_at < to_at:
                key = (row.client_id or "", flag.number, flag.opened_at)
                before = latest.get(key)
                if before is None or before[1].resolution is None:
                    latest[key] = (row, flag)
    exceptions = (_opened(row, flag) for row, flag in latest.values())
    duties = await _duties(session, cases, ClientAct.referral)
    made = {
        (row.id, duty.id): _referred(known, duty)
        for row, known in cases
        for duty in duties.get(row.id, [])
        if _went_out(duty, from_at, to_at)
    }
    return Independent(
        exceptions=tuple(sorted(exceptions, key=lambda each: each.opened_at)),
        agencies=tuple(_by_agency(pair for pairs in made.values() for pair in pairs)),
    )


def _opened(row: CaseRow, flag: Flag) -> ExceptionOpened:
    said = flag.model_dump(exclude={"review_on"})
    return ExceptionOpened.model_validate(_about(row) | said)


def _went_out(duty: Duty, from_at: datetime, to_at: datetime) -> bool:
    """One that is held for want of a consent went nowhere yet."""
    done = duty.status in (DutyStatus.met, DutyStatus.met_late)
    at = duty.discharge.event_at if duty.discharge else None
    return done and at is not None and from_at <= at < to_at


def _referred(known: ClientFacts, duty: Duty) -> list[tuple[str, str]]:
    """Of a referral for one need, whose worker made it and whose the provider is."""
    own = duty.holders[0].organization
    return [
        (own, each.organization)
        for each in known.providers
        if each.referred and each.need == duty.target
    ]


def _by_agency(pairs: Iterable[tuple[str, str]]) -> Iterator[SelfReferrals]:
    by_agency: dict[str, list[str]] = {}
    for own, other in pairs:
        by_agency.setdefault(own, []).append(other)
    for own, others in sorted(by_agency.items()):
        yield SelfReferrals(
            organization=own, referrals=len(others), own=others.count(own)
        )


async def no_step_down(
    session: AsyncSession, scope: Scope, program: str | None = None
) -> tuple[NoStepDown, ...]:
    """Open cases whose plan was renewed two times or more since it last said if less help would do (CF-K-2a)."""
    found = []
    for row, known in await _cases(session, scope, program, open_only=True):
        renewals = 0
        for plan in known.plans:
            renewals += plan.kind is PlanKind.revised
            if plan.considers_step_down:
                renewals = 0
        if renewals >= RENEWALS:
            last = known.plans[-1]
            found.append(
                NoStepDown(
                    **_about(row),
                    plan=last.version,
                    renewals=renewals,
                    renewed_at=last.filed_at,
                )
            )
    return tuple(sorted(found, key=lambda each: each.renewed_at))


async def choices(
    session: AsyncSession, scope: Scope, now: datetime, program: str | None = None
) -> tuple[Choices, ...]:
    """Per client in service, when in the last year they could say whom they would rather work with (CS-V-3). Whoever
    never could is among them, and comes first."""
    open_cases: dict[str, list[str]] = {}
    offered: dict[str, set[datetime]] = {}
    for row, known in await _cases(session, scope, program):
        client = row.client_id or ""
        if row.closed_at is None:
            open_cases.setdefault(client, []).append(row.id)
        lately = (at for at in known.choice_offered_at if now - A_YEAR < at <= now)
        offered.setdefault(client, set()).update(lately)
    found = [
        Choices(
            client=client, cases=tuple(cases), offered_at=tuple(sorted(offered[client]))
        )
        for client, cases in open_cases.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.offered_at[-1:], each.client)))


async def transfers(
    session: AsyncSession, scope: Scope, program: str | None = None
) -> tuple[Transfer, ...]:
    """Every wish for another worker that is not yet answered, the oldest first (CS-V-8)."""
    found = []
    for row, known in await _cases(session, scope, program, open_only=True):
        if change := known.change:
            found.append(
                Transfer(
                    **_about(row),
                    by=Asker(change.by),
                    since_at=change.asked_at,
                    asked_of=change.asked_of,
                    would_try_first=change.would_try_first,
                    met=change.met,
                    worker=known.assignment.seat if known.assignment else None,
                )
            )
    return tuple(sorted(found, key=lambda each: each.since_at))


# -- what they are computed from ---------------------------------------------------------------------------------------

Case = tuple[CaseRow, ClientFacts]


def _about(row: CaseRow) -> dict[str, str]:
    client = row.client_id or ""
    return {"case": row.id, "kind": row.kind, "program": row.program, "client": client}


async def _cases(
    session: AsyncSession, scope: Scope, program: str | None, *, open_only: bool = False
) -> list[Case]:
    """The oldest first, and of one client the intake before the care plan."""
    rows = await served_rows(session, scope, open_only=open_only)
    return [(row, known_of(row)) for row in rows if program in (None, row.program)]


async def _duties(
    session: AsyncSession, cases: Sequence[Case], *acts: ClientAct
) -> dict[str, list[Duty]]:
    """By case, of the cases among these that have any."""
    mine = {row.id for row, _ in cases}
    found: dict[str, list[Duty]] = {}
    query = select(DutyRow.case_id, DutyRow.body).where(DutyRow.act.in_(acts))
    for case_id, body in await session.execute(query):
        if case_id in mine:
            found.setdefault(case_id, []).append(Duty.model_validate(body))
    return found


async def _care_plans(
    session: AsyncSession, clients: Iterable[str]
) -> dict[str, list[CaseRow]]:
    wanted = set(clients)
    found: dict[str, list[CaseRow]] = {}
    for row in await session.scalars(
        select(CaseRow).where(CaseRow.kind == "care-plan")
    ):
        if row.client_id in wanted:
            found.setdefault(row.client_id or "", []).append(row)
    return found
