"""A case as one person sees it: what was recorded of it, read with the policy it was opened under."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.cases.views import (
    AllowedView,
    CaseSummary,
    CaseView,
    DutyView,
    EntryView,
    NoticeView,
    ReadingView,
    SeatedView,
)
from api.deps import Parts
from api.paging import Page, cut, next_address, read_cursor
from api.shown import shows
from throughcare.case.entry import CaseLink, Entry
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.parts import PackRef, Reading
from throughcare.case.seats import Capacity, Side
from throughcare.errors import NotThere
from throughcare.lifecycles.client.acts import ClientEntry
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.plan_facts import MEMBER
from throughcare.lifecycles.conflict.conflict import ConflictFacts
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Ladder
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.packs.pack import Pack
from throughcare.store.access import Scope
from throughcare.store.cases import (
    Line,
    TimelineKey,
    WholeCase,
    allowed_of,
    marks_of_mistakes,
    people_in,
    sees_case,
    timeline,
    whole_case,
)
from throughcare.store.client_cases import known_of
from throughcare.store.directory import names
from throughcare.store.packs import pack_by_digest
from throughcare.store.rows import Total
from throughcare.store.tables import CaseRow, CaseSeatRow
from throughcare.usecases.asking import Asking
from throughcare.usecases.readings import readings_for, readings_of
from throughcare.usecases.views import Names, PersonView, View

OWN_WORDS = (
    ClientEntry.self_assessed,
    ClientEntry.worker_asks_change,
    ClientEntry.supervision_held,
)
"""Entries whose words are for whoever wrote them and who supervises them, and never for the person (CS-V-6, CS-X-7)."""


class AgreementView(View):
    """Agreement needs both sides of a rung; this is how far it has come (Q-19)."""

    rung: str
    agreed: tuple[Side, ...]
    waiting_for: tuple[str, ...] = Field(description="Titles; any one of them will do")


class ConflictFactsView(View):
    """What only a conflict has."""

    ladder_title: str
    agreements: tuple[AgreementView, ...]


@dataclass(frozen=True)
class KindOfPage:
    """What of a case's page its kind decides. `roles` are in the order in which its seats are shown."""

    facts: BaseModel | dict[str, Any]
    readings: tuple[Reading, ...]
    roles: tuple[str, ...]


def case_page(whole: WholeCase, pack: Pack, asking: Asking) -> CaseView[Any]:
    row = whole.row
    make = _PAGES.get(LIFECYCLES[row.kind].facts, _plain_page)
    page = make(whole, pack)
    return CaseView[Any](
        **dict(CaseSummary.of(whole.line)),
        pack=PackRef(id=row.pack_id, version=row.pack_version, digest=row.pack_digest),
        opened_by=PersonView.of(row.opened_by, whole.names),
        seats=tuple(_seats(whole, page.roles)),
        duties=tuple(
            DutyView.of(duty, whole.names, asking.own_seats) for duty in whole.duties
        ),
        messages=tuple(messages_now(row, asking)),
        notices=tuple(NoticeView.of(notice, whole.names) for notice in whole.notices),
        links=tuple(
            CaseLink(case=link.other_id, relation=link.relation) for link in whole.links
        ),
        readings=tuple(
            ReadingView.model_validate(reading.model_dump())
            for reading in page.readings
        ),
        facts=_shown(page.facts, whole, pack, asking),
    )


def _shown(
    facts: BaseModel | dict[str, Any], whole: WholeCase, pack: Pack, asking: Asking
) -> BaseModel | dict[str, Any]:
    """To whoever is here by a consent alone, no other recipient's (ruling 13); to whoever took the person in, no plan once they
    were handed over (ruling 14)."""
    mine = {each.seat for each in asking.seats}
    roles = {each.role for each in whole.seats if each.on_side and each.seat_id in mine}
    if not isinstance(facts, ClientFacts) or asking.scope.seats is None or not roles:
        return facts
    if facts.life and all(role.startswith(MEMBER) for role in roles):
        names = {
            name
            for each in facts.life.members
            if each.seat in mine
            for name in each.recipients
        }
        consents = [each for each in facts.consents if each.recipient in names]
        held = [each for each in facts.held if each.recipient in names]
        return facts.model_copy(update={"consents": consents, "held": held})
    took_in = {pack.intake.intake, pack.intake.on_call} if pack.intake else set()
    if whole.row.kind == "intake" and facts.care_plan and roles <= took_in:
        return facts.model_copy(update={"plans": [], "contacts": []})
    return facts


def messages_now(row: CaseRow, asking: Asking) -> Iterator[AllowedView]:
    """The messages valid now in a case of any kind, and by what right this person may send each."""
    for allowed in allowed_of(row):
        rights = {held.capacity for held in asking.seats if held.seat in allowed.seats}
        best = min(rights, key=lambda right: right.rank, default=None)
        yield AllowedView(**allowed.model_dump(), yours=best)


def line_view(
    line: Line, names: Names, asking: Asking, marks: Mapping[int, int]
) -> EntryView:
    """Without the words that are not for this person to read."""
    entry = line.entry
    if entry.kind in OWN_WORDS and not _may_read(entry, asking):
        line = line._replace(entry=entry.model_copy(update={"note": ""}))
    taken_back_by = None if line.superseded_at else marks.get(entry.seq)
    return EntryView.of(line, names, taken_back_by)


def _may_read(entry: Entry, asking: Asking) -> bool:
    above = [held.seat for held in asking.seats]
    return entry.person == asking.person_id or entry.seat in above


def _seats(whole: WholeCase, roles: tuple[str, ...]) -> Iterator[SeatedView]:
    def place(seat: CaseSeatRow) -> tuple[int, str]:
        known = seat.role in roles
        return (roles.index(seat.role) if known else len(roles), seat.role)

    for seat in sorted(whole.seats, key=place):
        yield SeatedView(
            role=seat.role,
            title=seat.title,
            organization=seat.organization,
            seat=seat.seat_id,
            person=PersonView.of(seat.person_id, whole.names),
            capacity=Capacity(seat.capacity) if seat.capacity else None,
        )


# -- reading it ---------------------------------------------------------------------------------------------------------


def shown_as(lifecycle: Lifecycle) -> Any:
    """The type of a page of this kind."""
    facts = FACTS_SHOWN.get(lifecycle.facts, dict[str, Any])
    return CaseView[facts]  # type: ignore[valid-type]  # Made per lifecycle.


async def read_page(
    kind: str, case_id: str, asking: Asking, parts: Parts
) -> CaseView[Any] | None:
    """The case as it now is; None where it is not there, or not this person's to see."""
    found = await parts.database.read(_with_pack, asking.scope, case_id, kind)
    if found is None:
        return None
    shows(cases=[case_id])
    return case_page(*found, asking)


def _with_pack(
    connection: Connection, scope: Scope, case_id: str, kind: str
) -> tuple[WholeCase, Pack] | None:
    whole = whole_case(connection, scope, case_id, kind=kind)
    if whole is None:
        return None
    pack = pack_by_digest(connection, whole.row.pack_digest)
    assert pack is not None, "a case is opened under a pack that was adopted"
    return whole, pack


async def read_one(
    kind: str, case_id: str, asking: Asking, parts: Parts
) -> CaseView[Any]:
    """Raises NotThere."""
    page = await read_page(kind, case_id, asking, parts)
    if page is None:
        raise NotThere(kind.replace("-", " "))
    return page


async def read_timeline(
    kind: str,
    request: Request,
    case_id: str,
    asking: Asking,
    parts: Parts,
    *,
    total: Total,
    after: str | None,
    limit: int,
    newest_first: bool,
) -> Page[EntryView]:
    """Raises NotThere."""
    cursor = read_cursor(after, TimelineKey)

    def read(
        connection: Connection, scope: Scope
    ) -> tuple[list[Line], dict[str, str], dict[int, int]]:
        if not sees_case(connection, scope, case_id, kind=kind):
            raise NotThere(kind.replace("-", " "))
        found = timeline(
            connection,
            case_id,
            after=cursor,
            limit=limit,
            newest_first=newest_first,
            total=total,
        )
        people = {who for line in found for who in people_in(line.entry) if who}
        marks = marks_of_mistakes(connection, case_id)
        return found, names(connection, people), marks

    found, known, marks = await parts.database.read(read, asking.scope)
    page, last = cut(found, limit)
    return Page(
        items=tuple(line_view(line, known, asking, marks) for line in page),
        next=next_address(request, last.key if last else None),
        total=total.rows,
    )


# -- what a kind of case has of its own ------------------------------------------------------------------------------


def _plain_page(whole: WholeCase, _pack: Pack) -> KindOfPage:
    return KindOfPage(facts=whole.row.facts, readings=(), roles=())  # type: ignore[arg-type]  # A record's facts are an object.


def _client_page(whole: WholeCase, pack: Pack) -> KindOfPage:
    readings = readings_of(whole.row.kind, pack)
    return KindOfPage(facts=known_of(whole.row), readings=readings, roles=())


def _conflict_page(whole: WholeCase, pack: Pack) -> KindOfPage:
    """Its seats are in the order of the policy, which is from the workers upwards."""
    policy = pack.conflict_policy
    facts = ConflictFacts.model_validate(whole.row.facts)
    ladder = policy.ladder(facts.ladder)
    view = ConflictFactsView(
        ladder_title=ladder.title,
        agreements=tuple(_agreements(facts, policy, ladder)),
    )
    return KindOfPage(view, readings_for(policy, ladder), tuple(policy.roles))


def _agreements(
    facts: ConflictFacts, policy: ConflictPolicy, ladder: Ladder
) -> Iterator[AgreementView]:
    rungs = {rung.id: rung for rung in ladder.rungs}
    for rung_id, agreed in facts.agreed.items():
        missing = [
            role
            for side in Side
            if side not in agreed
            for role in rungs[rung_id].seats[side]
        ]
        titles = tuple(policy.roles[role].title for role in missing)
        yield AgreementView(rung=rung_id, agreed=agreed, waiting_for=titles)


_PAGES: dict[type[BaseModel], Callable[[WholeCase, Pack], KindOfPage]] = {
    ConflictFacts: _conflict_page,
    ClientFacts: _client_page,
}
"""By the facts of its lifecycle; of any other they are shown as recorded."""

FACTS_SHOWN: dict[type[BaseModel], type[BaseModel]] = {
    ConflictFacts: ConflictFactsView,
    ClientFacts: ClientFacts,
}
"""What a page shows of facts, for the API's document."""
