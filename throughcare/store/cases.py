"""Reading cases: plain SQL over what the workflows recorded. Nothing here writes, and nothing here asks Temporal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    select,
    tuple_,
)

from throughcare.case.duty import Duty
from throughcare.case.entry import Entry, EntryKind
from throughcare.case.refusals import Allowed
from throughcare.case.taking_back import OPENED_IN_ERROR
from throughcare.case.wire import CaseRun, RecordedDuty
from throughcare.lifecycles.conflict.conflict import ConflictFacts
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.access import Scope, check_not_recused, opened_for, ways_to_see
from throughcare.store.case_lists import OF_ITS_KIND, CaseLine, joined
from throughcare.store.directory import names
from throughcare.store.rows import NO_TOTAL, Total, one_row, rows
from throughcare.store.superseding import stands
from throughcare.store.tables import (
    CaseLinkRow,
    CaseRow,
    CaseSeatRow,
    DutyRow,
    EntryRow,
    MessageRow,
    NoticeRow,
    Utc,
)

Found = TypeVar("Found")

NEVER_AT = datetime(9999, 12, 31, tzinfo=UTC)

MOST_ENTRIES = 2**31 - 1
"""What the database counts them with."""


@dataclass(frozen=True)
class WholeCase:
    """A case with everything that is shown of it but its timeline. `row` and `line` are one row, joined with what only its
    kind has. `names` are of the people in it, by id."""

    row: CaseRow
    line: CaseLine
    seats: Sequence[CaseSeatRow]
    duties: Sequence[RecordedDuty]
    notices: Sequence[NoticeRow]
    links: Sequence[CaseLinkRow]
    names: dict[str, str]


def find_case(
    connection: Connection, scope: Scope, case_id: str, *, kind: str | None = None
) -> CaseRow | None:
    """The case, where it may be seen and is of this kind. Raises IsRecused."""
    check_not_recused(connection, case_id, scope.person)
    row = one_row(connection, *_asked(_CASE, _SEEN_CASE, scope, case_id))
    return row if row and kind in (None, row.kind) else None


def sees_case(connection: Connection, scope: Scope, case_id: str, *, kind: str) -> bool:
    """Whether there is such a case of this kind, and it may be seen. Raises IsRecused."""
    check_not_recused(connection, case_id, scope.person)
    found = connection.scalars(*_asked(_KIND, _SEEN_KIND, scope, case_id))
    return found.one_or_none() == kind


def whole_case(
    connection: Connection, scope: Scope, case_id: str, *, kind: str | None = None
) -> WholeCase | None:
    """As find_case, with all that is shown of it. Raises IsRecused."""
    check_not_recused(connection, case_id, scope.person)
    found: Any = connection.execute(*_asked(_WHOLE, _SEEN_WHOLE, scope, case_id))
    row = found.one_or_none()
    if row is None or kind not in (None, row.kind):
        return None
    given = {"case_id": case_id}
    seats = rows(connection, _SEATS, given)
    bodies = connection.scalars(_DUTIES, given)
    duties = [RecordedDuty.model_validate(body) for body in bodies]
    notices = rows(connection, _NOTICES, given)
    links = rows(connection, _LINKS, given)
    mentioned = [row.opened_by, *(seat.person_id for seat in seats)]
    mentioned += [notice.receiver_person for notice in notices]
    mentioned += [notice.sent_again_by for notice in notices]
    for duty in duties:
        mentioned += people_of(duty)
    people = {person for person in mentioned if person}
    known = names(connection, people)
    return WholeCase(row, row, seats, duties, notices, links, known)


# On the way of every message, so these are built once: building them takes longer than running them.

_THIS: BindParameter[str] = bindparam("case_id")
_CASE = select(CaseRow).where(CaseRow.id == _THIS)
_ON_A_SIDE, _REPORTED = ways_to_see(bindparam("seats", expanding=True))
# Judged for the one case: to find all that may be seen first takes long for whoever sees many.
_MAY_SEE = (
    _ON_A_SIDE.where(CaseSeatRow.case_id == _THIS).exists()
    | _REPORTED.where(NoticeRow.case_id == _THIS).exists()
    | CaseRow.client_id.in_(opened_for(bindparam("person"), bindparam("at", type_=Utc)))
)
_SEEN_CASE = _CASE.where(_MAY_SEE)
_WHOLE = joined(select(CaseRow, *OF_ITS_KIND)).where(CaseRow.id == _THIS)
_SEEN_WHOLE = _WHOLE.where(_MAY_SEE)
_KIND = _CASE.with_only_columns(CaseRow.kind)
_SEEN_KIND = _SEEN_CASE.with_only_columns(CaseRow.kind)
_SEATS = select(CaseSeatRow).where(CaseSeatRow.case_id == _THIS)
_DUTIES = (
    select(DutyRow.body)
    .where(DutyRow.case_id == _THIS, DutyRow.superseded_at.is_(None))
    .order_by(DutyRow.opened_at, DutyRow.id)
)
_NOTICES = (
    select(NoticeRow)
    .where(NoticeRow.case_id == _THIS)
    .order_by(NoticeRow.queued_at, NoticeRow.key)
)
_LINKS = (
    select(CaseLinkRow)
    .where(CaseLinkRow.case_id == _THIS, CaseLinkRow.superseded_at.is_(None))
    .order_by(CaseLinkRow.other_id, CaseLinkRow.relation)
)


def _asked(
    every: Select[Found], seen: Select[Found], scope: Scope, case_id: str
) -> tuple[Select[Found], dict[str, object]]:
    """What to ask for this case, and with what: whoever sees every case is not asked for their seats."""
    if scope.seats is None:
        return every, {"case_id": case_id}
    given = {"case_id": case_id, "seats": list(scope.seats)}
    # Without an instant no emergency access counts: none lasts until then.
    at = scope.at or NEVER_AT
    return seen, given | {"person": scope.person or "", "at": at}


def carried_run(connection: Connection, case_id: str) -> CaseRun[Any, Any] | None:
    """All that is needed to have a case go on from its last record; None where it is of before that was kept."""
    query = select(CaseRow.kind, CaseRow.at, CaseRow.carried)
    found = connection.execute(query.where(CaseRow.id == case_id)).one_or_none()
    if found is None or not found.carried:
        return None
    model = LIFECYCLES[found.kind].run
    is_json = isinstance(found.carried, str)
    read = model.model_validate_json if is_json else model.model_validate
    run: CaseRun[Any, Any] = read(found.carried)
    if run.carried is None:
        return run
    # It was made before its record was written: what that queued would count as never having been.
    carried = run.carried.model_copy(update={"recorded_at": found.at})
    return run.model_copy(update={"carried": carried})


class TimelineKey(BaseModel):
    """Where a page of a timeline ended."""

    seq: int = Field(ge=0, le=MOST_ENTRIES)
    supersession: int = Field(0, ge=0, le=MOST_ENTRIES)


class Line(NamedTuple):
    """An entry of a timeline, and when and why it was superseded, where it was."""

    entry: Entry
    supersession: int
    superseded_at: datetime | None
    superseded_why: str | None

    @property
    def key(self) -> TimelineKey:
        return TimelineKey(seq=self.entry.seq, supersession=self.supersession)


def timeline(
    connection: Connection,
    case_id: str,
    *,
    after: TimelineKey | None,
    limit: int,
    newest_first: bool = False,
    total: Total = NO_TOTAL,
) -> list[Line]:
    """Entries in order from either end, from the one behind `after`; one more than `limit` where there is another page. Those
    that were superseded stand behind the one in their place."""
    key = EntryRow.seq, EntryRow.supersession
    query = select(
        EntryRow.body,
        EntryRow.supersession,
        EntryRow.superseded_at,
        EntryRow.superseded_why,
    ).where(EntryRow.case_id == case_id)
    total.count(connection, query)
    if after is not None:
        there = after.seq, after.supersession
        query = query.where(
            tuple_(*key) < there if newest_first else tuple_(*key) > there
        )
    order = [each.desc() for each in key] if newest_first else list(key)
    found = connection.execute(query.order_by(*order).limit(limit + 1))
    return [
        Line(Entry.model_validate(body), number, at, why)
        for body, number, at, why in found
    ]


def find_entry(connection: Connection, case_id: str, seq: int) -> Entry | None:
    """The one that stands."""
    if seq > MOST_ENTRIES:
        return None
    query = select(EntryRow.body).where(EntryRow.case_id == case_id, stands(EntryRow))
    body = connection.scalar(query.where(EntryRow.seq == seq))
    return Entry.model_validate(body) if body else None


def marks_of_mistakes(connection: Connection, case_id: str) -> dict[int, int]:
    """By the `seq` of each entry that was taken back, that of the entry that says so."""
    marks = (EntryKind.taken_back, OPENED_IN_ERROR)
    query = select(EntryRow.body).where(
        EntryRow.case_id == case_id, EntryRow.kind.in_(marks), stands(EntryRow)
    )
    found = [Entry.model_validate(body) for body in connection.scalars(query)]
    return {each.corrects: each.seq for each in found if each.corrects}


def find_message(
    connection: Connection, case_id: str, message_id: str
) -> MessageRow | None:
    """What became of a message, once the case has taken it. One that was superseded is as if it had not come."""
    found = message_sent(connection, case_id, message_id)
    return found if found and found.superseded_at is None else None


def message_sent(
    connection: Connection, case_id: str, message_id: str
) -> MessageRow | None:
    """The message, superseded or not."""
    query = select(MessageRow).where(
        MessageRow.id == message_id, MessageRow.case_id == case_id
    )
    return one_row(connection, query)


def allowed_of(row: CaseRow) -> tuple[Allowed, ...]:
    """The messages that may come now."""
    return _ALLOWED.validate_python(row.allowed)


_ALLOWED = TypeAdapter(tuple[Allowed, ...])


def facts_of(row: CaseRow) -> ConflictFacts:
    """What only a conflict has."""
    return ConflictFacts.model_validate(row.facts)


def people_of(duty: Duty) -> list[str | None]:
    end = duty.discharge
    done_by = [end.person, end.attested_by] if end else []
    return [*done_by, *(holder.person for holder in duty.holders)]


def people_in(entry: Entry) -> list[str | None]:
    said = entry.attested
    attested = [said.entered_by, said.said_by, said.told_to] if said else []
    return [entry.person, entry.before, *attested]
