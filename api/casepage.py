"""A case as one person sees it: what was recorded of it, read with the policy it was opened under."""

from collections.abc import Iterator

from pydantic import TypeAdapter

from api.deps import Asking
from api.views import (
    AgreementView,
    AllowedView,
    CaseSummary,
    CaseView,
    DutyView,
    NoticeView,
    PersonView,
    ReadingView,
    SeatedView,
)
from throughcare.case.entry import CaseLink
from throughcare.case.parts import ClauseId, PackRef, Reading
from throughcare.case.refusals import Allowed
from throughcare.case.seats import Capacity, Side
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Ladder
from throughcare.packs.pack import Pack
from throughcare.store.cases import WholeCase
from throughcare.store.tables import CaseRow

ALLOWED = TypeAdapter(tuple[Allowed, ...])
AGREED = TypeAdapter(dict[str, tuple[Side, ...]])


def case_page(whole: WholeCase, pack: Pack, asking: Asking) -> CaseView:
    row = whole.row
    ladder = pack.conflict_policy.ladder(row.ladder)
    titles = {rung.id: rung.title for rung in ladder.rungs}
    return CaseView(
        **CaseSummary.of(row).model_dump(),
        ladder_title=ladder.title,
        rung_title=titles[row.rung] if row.rung else None,
        pack=PackRef(id=row.pack_id, version=row.pack_version, digest=row.pack_digest),
        opened_by=PersonView.of(row.opened_by, whole.names),
        seats=tuple(_seats(whole, pack.conflict_policy)),
        duties=tuple(
            DutyView.of(row.id, duty, whole.names, asking.own_seats)
            for duty in whole.duties
        ),
        messages=tuple(messages_now(whole.row, asking)),
        agreements=tuple(_agreements(whole, pack.conflict_policy, ladder)),
        notices=tuple(NoticeView.of(notice, whole.names) for notice in whole.notices),
        links=tuple(
            CaseLink(case=link.other_id, relation=link.relation) for link in whole.links
        ),
        readings=tuple(
            ReadingView.model_validate(reading.model_dump())
            for reading in readings_for(pack.conflict_policy, ladder)
        ),
    )


def readings_for(policy: ConflictPolicy, ladder: Ladder) -> tuple[Reading, ...]:
    """Those of a clause of this ladder, or of a clause that is of no ladder and so is meant for all."""
    here = set(_clauses(ladder))
    elsewhere = {c for other in policy.ladders for c in _clauses(other)} - here
    return tuple(
        reading for reading in policy.readings if set(reading.clauses) - elsewhere
    )


def _clauses(ladder: Ladder) -> Iterator[ClauseId]:
    for clause in (
        ladder.clause,
        ladder.either_side_clause,
        ladder.supervisor_may_be_party,
    ):
        if clause:
            yield clause
    for rung in ladder.rungs:
        acts = (rung.meeting, rung.team, rung.contact, rung.assistance, rung.outcome)
        yield from (act.clause for act in acts if act)
        yield from (passing.clause for passing in (*rung.notices, *rung.information))


def _seats(whole: WholeCase, policy: ConflictPolicy) -> Iterator[SeatedView]:
    """In the order of the policy, which is from the workers upwards."""
    order = list(policy.roles)
    for seat in sorted(whole.seats, key=lambda each: order.index(each.role)):
        yield SeatedView(
            role=seat.role,
            title=seat.title,
            organization=seat.organization,
            seat=seat.seat_id,
            person=PersonView.of(seat.person_id, whole.names),
            capacity=Capacity(seat.capacity) if seat.capacity else None,
        )


def messages_now(row: CaseRow, asking: Asking) -> Iterator[AllowedView]:
    """The messages valid now in a case of any kind, and by what right this person may send each."""
    for allowed in ALLOWED.validate_python(row.allowed):
        rights = {held.capacity for held in asking.seats if held.seat in allowed.seats}
        best = min(rights, key=lambda right: right.rank, default=None)
        yield AllowedView(**allowed.model_dump(), yours=best)


def _agreements(
    whole: WholeCase, policy: ConflictPolicy, ladder: Ladder
) -> Iterator[AgreementView]:
    rungs = {rung.id: rung for rung in ladder.rungs}
    for rung_id, agreed in AGREED.validate_python(whole.row.agreed).items():
        missing = [
            role
            for side in Side
            if side not in agreed
            for role in rungs[rung_id].seats[side]
        ]
        titles = tuple(policy.roles[role].title for role in missing)
        yield AgreementView(rung=rung_id, agreed=agreed, waiting_for=titles)
