"""Reports over the cases one may see. Plain SQL over columns.

A care plan begins with what its intake knew, so that what concerns a client stands in both; it is told once, as the later
case has it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    select,
    true,
)
from sqlalchemy.orm import aliased

from throughcare.case.base import Frozen
from throughcare.case.duty import Basis, DutyStatus
from throughcare.case.taking_back import OPENED_IN_ERROR
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.fields import ClientStatus
from throughcare.store.access import Scope
from throughcare.store.client_cases import GO_ALONG
from throughcare.store.packs import pack_by_digest
from throughcare.store.tables import (
    CaseRow,
    ChoiceOfferedRow,
    ClientCaseRow,
    ClientRow,
    ConflictCaseRow,
    DutyRow,
    EntryRow,
    FundPaymentRow,
    IndependenceExceptionRow,
    PersonRow,
    ReferralRow,
)

A_YEAR = timedelta(days=365)

RENEWALS = 2
"""After how many renewals of a plan a word on stepping down is missed."""


class Named(Frozen):
    """A client or a person."""

    id: str
    name: str


class About(Frozen):
    """The case a line of a report is about."""

    case: str
    kind: str = Field(description="`intake` or `care-plan`")
    program: str
    client: Named


class Waiting(About):
    since_at: datetime
    age: timedelta = Field(examples=["P9DT4H"])


class Unassigned(Waiting):
    """Somebody who waits for a worker since they were found eligible, or since they came where the policy has no such step."""

    opened_at: datetime
    step: str
    eligible_at: datetime | None
    offer: str | None = Field(description="What they said to the offer, if anything")
    due_at: datetime | None = Field(description="When the assignment is due")


class WithoutPlan(About):
    """Somebody who was enrolled and has no live care plan."""

    enrolled_at: datetime
    care_plan: str | None = Field(description="The care plan that was to go on")
    withdrawn: bool = Field(description="Whether it began, and was withdrawn")


class Unreimbursed(Waiting):
    """What was paid, and was not asked back since."""

    reference: str
    service: str
    amount: str = Field(description="In dollars", examples=["120.00"])


class ExceptionOpened(About):
    """Somebody was not independent of those who deliver services."""

    number: int
    clause: str
    about: str
    opened_at: datetime
    resolution: str | None = Field(
        description="`accepted` or `mended`; null until somebody looked at it"
    )
    reason: str | None
    settled_by: Named | None


class WithoutFamily(About):
    """A meeting on a client at which no family was."""

    clause: str
    held_at: datetime


class SelfReferrals(Frozen):
    """Of one agency, the referrals its workers made, and how many of them went to the agency itself."""

    organization: str
    referrals: int
    own: int = Field(description="Of these, the ones that went to it itself")
    share: float = Field(examples=[0.25])


class Independent(Frozen):
    """How far coordination was kept apart from services in a period."""

    exceptions: tuple[ExceptionOpened, ...]
    agencies: tuple[SelfReferrals, ...] = Field(
        description="Every agency whose workers made referrals in the period"
    )
    meetings_without_family: tuple[WithoutFamily, ...] = Field(
        default=(), description="Every meeting in the period at which no family was"
    )


class NoStepDown(About):
    """A plan that was renewed again and again, and says nowhere if less help would do."""

    plan: str = Field(description="The version that is on file")
    renewals: int = Field(description="Since it last said if less help would do")
    renewed_at: datetime


class Choices(Frozen):
    client: Named
    cases: tuple[str, ...] = Field(description="Those that are open")
    offered_at: tuple[datetime, ...] = Field(
        description="When they could state a choice; empty where they never could"
    )


class Asker(StrEnum):
    client = "client"
    guardian = "guardian"
    family = "family"
    spokesperson = "spokesperson"
    worker = "worker"
    review = "review"


class WantsTransfer(Waiting):
    """A wish for another worker that is not yet answered, and when it was first said."""

    by: Asker
    asked_of: str
    would_try_first: bool | None
    met: bool = Field(description="Whether they talked it over; nobody has to")
    worker: str | None = Field(description="The seat of the worker they have")


class StepAge(Frozen):
    """How many open conflicts stand at one step, and since when the oldest has been open."""

    ladder: str
    step: str | None = Field(description="Null before the first could begin")
    count: int
    oldest_opened_at: datetime
    oldest_age: timedelta = Field(examples=["P93DT4H"])
    newest_opened_at: datetime


def ageing(
    connection: Connection,
    scope: Scope,
    now: datetime,
    program: str | None = None,
) -> tuple[StepAge, ...]:
    """Open conflicts by ladder and step (CR-P-2)."""
    step = (ConflictCaseRow.ladder, CaseRow.step)
    oldest, newest = func.min(CaseRow.opened_at), func.max(CaseRow.opened_at)
    query = (
        select(*step, func.count(), oldest, newest)
        .join(ConflictCaseRow, ConflictCaseRow.case_id == CaseRow.id)
        .where(CaseRow.closed_at.is_(None), *_asked(scope, program))
        .group_by(*step)
        .order_by(*step)
    )
    return tuple(
        StepAge(
            ladder=ladder,
            step=step_id,
            count=count,
            oldest_opened_at=first,
            oldest_age=_age(first, now),
            newest_opened_at=last,
        )
        for ladder, step_id, count, first, last in connection.execute(query)
    )


def policy_sets_time(connection: Connection, scope: Scope) -> bool:
    """Whether the policy itself, and not the agency, limits a rung of any conflict that is open."""
    open_under = select(CaseRow.pack_digest).where(
        CaseRow.closed_at.is_(None),
        CaseRow.kind == "conflict",
        scope.covers(CaseRow.id),
    )
    packs = [
        pack_by_digest(connection, e) for e in connection.scalars(open_under.distinct())
    ]
    rungs = [
        rung
        for pack in packs
        if pack and pack.conflict
        for ladder in pack.conflict.ladders
        for rung in ladder.rungs
    ]
    return any(rung.limit and rung.limit.basis is Basis.source for rung in rungs)


def unassigned(
    connection: Connection,
    scope: Scope,
    now: datetime,
    program: str | None = None,
) -> tuple[Unassigned, ...]:
    """Whoever is eligible and has no worker, the longest waiting first (CS-P-1)."""
    decided = ClientCaseRow.eligibility_decided_at
    since = func.coalesce(decided, CaseRow.opened_at)
    duties = select(func.min(DutyRow.due_at)).where(
        DutyRow.case_id == CaseRow.id,
        DutyRow.act == ClientAct.assignment,
        DutyRow.status.in_((DutyStatus.open, DutyStatus.missed)),
    )
    asks_for_eligibility = exists().where(
        DutyRow.case_id == CaseRow.id,
        DutyRow.act == ClientAct.eligibility,
        DutyRow.superseded_at.is_(None),
    )
    query = (
        _about_cases(
            since.label("since_at"),
            CaseRow.opened_at,
            func.coalesce(CaseRow.step, CaseRow.status).label("step"),
            decided.label("eligible_at"),
            ClientCaseRow.offer,
            duties.scalar_subquery().label("due_at"),
        )
        .where(
            CaseRow.kind == "intake",
            CaseRow.closed_at.is_(None),
            ClientCaseRow.worker_seat.is_(None),
            decided.is_not(None) | ~asks_for_eligibility,
            *_asked(scope, program),
        )
        .order_by(since, CaseRow.id)
    )
    found = connection.execute(query)
    return tuple(Unassigned.model_validate(_waiting(row, now)) for row in found)


def without_plan(
    connection: Connection,
    scope: Scope,
    now: datetime,
    program: str | None = None,
) -> tuple[WithoutPlan, ...]:
    """Whoever was enrolled and has no live care plan, though nobody ended it for a reason of theirs (CP-P-1)."""
    # Whether there is one is asked of all, whoever may see it.
    plan, mine = aliased(CaseRow), aliased(CaseRow)
    has_live_plan = exists().where(
        plan.client_id == CaseRow.client_id,
        plan.kind == "care-plan",
        plan.closed_at.is_(None),
    )
    enrolled_at = func.coalesce(CaseRow.closed_at, CaseRow.opened_at)
    led_to = and_(mine.id == ClientCaseRow.care_plan_id, mine.kind == "care-plan")
    query = (
        _about_cases(
            enrolled_at.label("enrolled_at"),
            ClientCaseRow.care_plan_id.label("care_plan"),
            mine.id.is_not(None).label("withdrawn"),
        )
        .outerjoin(mine, led_to)
        .where(
            CaseRow.kind == "intake",
            CaseRow.status == ClientStatus.enrolled,
            ~has_live_plan,
            mine.id.is_(None) | (mine.status == ClientStatus.withdrawn),
            *_asked(scope, program),
        )
        .order_by(enrolled_at, CaseRow.id)
    )
    found = connection.execute(query)
    return tuple(WithoutPlan.model_validate(_about(row)) for row in found)


def unreimbursed(
    connection: Connection,
    scope: Scope,
    now: datetime,
    program: str | None = None,
) -> tuple[Unreimbursed, ...]:
    """Every payment from the discretionary fund that was not asked back, the oldest first (CP-E-10b)."""
    query = (
        _about_cases(
            FundPaymentRow.reference,
            FundPaymentRow.service,
            FundPaymentRow.amount,
            FundPaymentRow.paid_at.label("since_at"),
            FundPaymentRow.reimbursement_at,
        )
        .join(FundPaymentRow, FundPaymentRow.case_id == CaseRow.id)
        .where(*_paid(scope, program))
        .order_by(*_IN_ORDER)
    )
    latest: dict[tuple[str, str], Row[*tuple[Any, ...]]] = {}
    for row in connection.execute(query):
        key = (row.client_id, row.reference)
        if key not in latest or latest[key].reimbursement_at is None:
            latest[key] = row
    found = [
        Unreimbursed.model_validate(_waiting(row, now))
        for row in latest.values()
        if row.reimbursement_at is None
    ]
    return tuple(sorted(found, key=lambda each: each.since_at))


def independence(
    connection: Connection,
    scope: Scope,
    from_at: datetime,
    to_at: datetime,
    program: str | None = None,
) -> Independent:
    """Every exception opened in this time with what became of it (CF-S-3), per agency how many of the referrals its
    workers made went to itself (CF-K-2b), and every meeting without family (CF-S-5b). `to_at` is no part of it."""
    asked = _asked(scope, program)
    exceptions = _exceptions(connection, asked, from_at, to_at)
    return Independent(
        exceptions=tuple(sorted(exceptions, key=lambda each: each.opened_at)),
        agencies=tuple(_self_referrals(connection, asked, from_at, to_at)),
        meetings_without_family=_without_family(connection, asked, from_at, to_at),
    )


def _without_family(
    connection: Connection,
    asked: Iterable[ColumnElement[bool]],
    from_at: datetime,
    to_at: datetime,
) -> tuple[WithoutFamily, ...]:
    held_at = EntryRow.event_at
    query = (
        _about_cases(
            EntryRow.body["clause"].as_string().label("clause"),
            held_at.label("held_at"),
        )
        .join(EntryRow, EntryRow.case_id == CaseRow.id)
        .where(
            EntryRow.kind == ClientEntry.family_absent,
            held_at >= from_at,
            held_at < to_at,
            *asked,
        )
        .order_by(held_at, CaseRow.id, EntryRow.seq)
    )
    found = connection.execute(query)
    return tuple(WithoutFamily.model_validate(_about(row)) for row in found)


def _exceptions(
    connection: Connection,
    asked: Iterable[ColumnElement[bool]],
    from_at: datetime,
    to_at: datetime,
) -> Iterable[ExceptionOpened]:
    opened_at = IndependenceExceptionRow.opened_at
    query = (
        _about_cases(
            IndependenceExceptionRow.number,
            IndependenceExceptionRow.clause,
            IndependenceExceptionRow.about,
            opened_at,
            IndependenceExceptionRow.resolution,
            IndependenceExceptionRow.reason,
            IndependenceExceptionRow.settled_by.label("person_id"),
            func.coalesce(PersonRow.name, "").label("person_name"),
        )
        .join(IndependenceExceptionRow, IndependenceExceptionRow.case_id == CaseRow.id)
        .outerjoin(PersonRow, PersonRow.id == IndependenceExceptionRow.settled_by)
        .where(opened_at >= from_at, opened_at < to_at, *asked)
        .order_by(*_IN_ORDER, IndependenceExceptionRow.number)
    )
    latest: dict[tuple[str, int, datetime], ExceptionOpened] = {}
    for row in connection.execute(query):
        settled_by = _named(row.person_id, row.person_name)
        each = ExceptionOpened.model_validate(_about(row) | {"settled_by": settled_by})
        key = (each.client.id, each.number, each.opened_at)
        if key not in latest or latest[key].resolution is None:
            latest[key] = each
    return latest.values()


def _self_referrals(
    connection: Connection,
    asked: Iterable[ColumnElement[bool]],
    from_at: datetime,
    to_at: datetime,
) -> Iterator[SelfReferrals]:
    """A referral that is held for want of a consent went nowhere yet."""
    own = DutyRow.organization
    to_itself = func.count(case((ReferralRow.organization == own, 1)))
    query = (
        select(own, func.count(), to_itself)
        .join(CaseRow, CaseRow.id == DutyRow.case_id)
        .join(
            ReferralRow,
            and_(
                ReferralRow.case_id == DutyRow.case_id,
                ReferralRow.need == DutyRow.target,
            ),
        )
        .where(
            DutyRow.act == ClientAct.referral,
            DutyRow.status.in_((DutyStatus.met, DutyStatus.met_late)),
            DutyRow.done_at >= from_at,
            DutyRow.done_at < to_at,
            CaseRow.kind.in_(GO_ALONG),
            *asked,
        )
        .group_by(own)
        .order_by(own)
    )
    for organization, referrals, to_own in connection.execute(query):
        yield SelfReferrals(
            organization=organization,
            referrals=referrals,
            own=to_own,
            share=to_own / referrals,
        )


def no_step_down(
    connection: Connection,
    scope: Scope,
    now: datetime,
    program: str | None = None,
) -> tuple[NoStepDown, ...]:
    """Open cases whose plan was renewed two times or more since it last said if less help would do (CF-K-2a)."""
    query = (
        _about_cases(
            ClientCaseRow.plan_version.label("plan"),
            ClientCaseRow.renewals,
            ClientCaseRow.plan_filed_at.label("renewed_at"),
        )
        .where(
            CaseRow.closed_at.is_(None),
            ClientCaseRow.renewals >= RENEWALS,
            *_asked(scope, program),
        )
        .order_by(ClientCaseRow.plan_filed_at, CaseRow.id)
    )
    found = connection.execute(query)
    return tuple(NoStepDown.model_validate(_about(row)) for row in found)


def choices(
    connection: Connection, scope: Scope, now: datetime, program: str | None = None
) -> tuple[Choices, ...]:
    """Per client in service, when in the last year they could say whom they would rather work with (CS-V-3). Whoever
    never could is among them, and comes first."""
    lately = and_(
        ChoiceOfferedRow.case_id == CaseRow.id,
        ChoiceOfferedRow.at > now - A_YEAR,
        ChoiceOfferedRow.at <= now,
    )
    query = (
        select(
            CaseRow.client_id,
            ClientRow.name,
            CaseRow.id,
            CaseRow.closed_at,
            ChoiceOfferedRow.at,
        )
        .outerjoin(ChoiceOfferedRow, lately)
        .outerjoin(ClientRow, ClientRow.id == CaseRow.client_id)
        .where(CaseRow.kind.in_(GO_ALONG), *_asked(scope, program))
        .order_by(*_IN_ORDER)
    )
    open_cases: dict[Named, dict[str, None]] = {}
    offered: dict[Named, set[datetime]] = {}
    for client_id, name, case_id, closed_at, at in connection.execute(query):
        client = Named(id=client_id or "", name=name or "")
        if closed_at is None:
            open_cases.setdefault(client, {})[case_id] = None
        if at is not None:
            offered.setdefault(client, set()).add(at)
    found = [
        Choices(
            client=client,
            cases=tuple(cases),
            offered_at=tuple(sorted(offered.get(client, ()))),
        )
        for client, cases in open_cases.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.offered_at[-1:], each.client.id)))


def transfers(
    connection: Connection,
    scope: Scope,
    now: datetime,
    program: str | None = None,
) -> tuple[WantsTransfer, ...]:
    """Every wish for another worker that is not yet answered, the oldest first (CS-V-8)."""
    asked_at = ClientCaseRow.change_asked_at
    query = (
        _about_cases(
            asked_at.label("since_at"),
            ClientCaseRow.change_by.label("by"),
            ClientCaseRow.change_asked_of.label("asked_of"),
            ClientCaseRow.change_would_try_first.label("would_try_first"),
            ClientCaseRow.change_met.label("met"),
            ClientCaseRow.worker_seat.label("worker"),
        )
        .where(
            CaseRow.closed_at.is_(None),
            asked_at.is_not(None),
            *_asked(scope, program),
        )
        .order_by(asked_at, CaseRow.id)
    )
    found = connection.execute(query)
    return tuple(WantsTransfer.model_validate(_waiting(row, now)) for row in found)


# -- what they are asked of --------------------------------------------------------------------------------------------

_IN_ORDER = (CaseRow.opened_at, CaseRow.id)
"""The oldest first, and of one client the intake before the care plan."""


def _about_cases(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Of the cases that go along with a client."""
    return (
        select(
            CaseRow.id.label("case"),
            CaseRow.kind,
            CaseRow.program,
            func.coalesce(CaseRow.client_id, "").label("client_id"),
            func.coalesce(ClientRow.name, "").label("client_name"),
            *columns,
        )
        .join(ClientCaseRow, ClientCaseRow.case_id == CaseRow.id)
        .outerjoin(ClientRow, ClientRow.id == CaseRow.client_id)
        .where(CaseRow.kind.in_(GO_ALONG))
    )


def _asked(scope: Scope, program: str | None) -> tuple[ColumnElement[bool], ...]:
    """No case that was opened in error is counted (ruling 21)."""
    is_meant = CaseRow.status != OPENED_IN_ERROR
    return (*_paid(scope, program), is_meant)


def _paid(scope: Scope, program: str | None) -> tuple[ColumnElement[bool], ...]:
    """Of money that was paid, every case: it is to be asked back all the same."""
    of_program = CaseRow.program == program if program else true()
    return (scope.covers(CaseRow.id), of_program)


def _about(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    names = ("client_id", "client_name", "person_id", "person_name", "reimbursement_at")
    fields = {k: v for k, v in row._mapping.items() if k not in names}
    return fields | {"client": _named(row.client_id, row.client_name)}


def _waiting(row: Row[*tuple[Any, ...]], now: datetime) -> dict[str, Any]:
    return _about(row) | {"age": _age(row.since_at, now)}


def _named(id_: str | None, name: str) -> Named | None:
    return None if id_ is None else Named(id=id_, name=name)


def _age(since_at: datetime, now: datetime) -> timedelta:
    """In whole seconds: RFC 3339 knows no parts of them in a duration."""
    return timedelta(seconds=(now - since_at) // timedelta(seconds=1))
