"""A directory file brought into the tables: what is new is added, what differs is changed, and nothing is ever deleted."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, text, update

from throughcare.case.base import Frozen
from throughcare.case.findings import Finding
from throughcare.store.changes import change_holder, record_change
from throughcare.store.directory import AnswersBy, absence
from throughcare.store.packs import AdoptedBefore, adoption_of, record_adoption
from throughcare.store.seatings import (
    NEED_TWO,
    check_may_stand_in,
    has_administrator,
    keeping_an_administrator,
    needs_two,
    seat_or_propose,
)
from throughcare.store.tables import (
    AbsenceRow,
    AgencyRow,
    Base,
    Json,
    OrganizationRow,
    PersonRow,
    ProviderRow,
    ReportsToRow,
    SeatRow,
)
from throughcare.store.workers import write_profile
from throughcare.usecases.directory_file import (
    DirectoryFile,
    WrittenAdoption,
    WrittenAgency,
    WrittenOrganization,
    WrittenPerson,
    WrittenProvider,
    WrittenSeat,
)

OPERATOR = "operator"
"""Who made a change in the trail, where nobody is named."""


class ImportedChange(Frozen):
    """One line of what an import does: added, changed, or only in the tables (`kept`)."""

    done: str
    what: str
    id: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        detail = f": {', '.join(self.fields)}" if self.fields else ""
        return f"{self.done} {self.what} {self.id}{detail}"


@dataclass
class _Import:
    """One import. `by` is None where no trail is wanted, as for the demonstration agency. `is_first`: nobody sits as
    administrator yet who could confirm another."""

    connection: Connection
    at: datetime
    by: str | None
    is_first: bool
    changes: list[ImportedChange] = field(default_factory=list)

    def put(
        self,
        table: type[Base],
        what: str,
        row_id: str,
        columns: dict[str, object],
        new: dict[str, object] | None = None,
    ) -> None:
        """Have the row hold these columns; `new` are those that only a new one is given."""
        rows = table.__table__.columns
        mine = rows.id == row_id
        named = select(*(rows[name] for name in columns)).where(mine)
        row = self.connection.execute(named.with_for_update()).one_or_none()
        if row is None:
            added = {"id": row_id, **columns, **(new or {})}
            self.connection.execute(insert(table).values(added))
            self.note("added", what, row_id, {}, columns)
            return
        before = dict(row._mapping)
        after = {
            name: columns[name] for name in columns if before[name] != columns[name]
        }
        if after:
            self.connection.execute(update(table).where(mine).values(after))
            was = {name: before[name] for name in after}
            self.note("changed", what, row_id, was, after)

    def note(
        self,
        done: str,
        what: str,
        row_id: str,
        before: dict[str, object],
        after: dict[str, object],
    ) -> None:
        fields = tuple(_difference(name, before, after) for name in before)
        self.changes.append(
            ImportedChange(done=done, what=what, id=row_id, fields=fields)
        )
        self.record(f"{what}_{done}", row_id, before, after, is_seat=what == "seat")

    def record(
        self,
        what: str,
        row_id: str,
        before: dict[str, object],
        after: dict[str, object],
        *,
        is_seat: bool,
    ) -> None:
        if self.by is not None:
            was: Json = {"id": row_id, **before}
            now: Json = {"id": row_id, **after}
            seats = [row_id] if is_seat else []
            record_change(
                self.connection, what, seats, was, now, by=self.by, at=self.at
            )


def import_alone(connection: Connection) -> None:
    """One import at a time; everybody else reads and changes the directory meanwhile, but for the people and seats in it."""
    # On SQLite whatever writes is alone.
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE agencies IN SHARE ROW EXCLUSIVE MODE"))
    for table in (PersonRow, SeatRow):
        everyone = select(table.id).order_by(table.id)
        connection.execute(everyone.with_for_update(key_share=True)).all()


def install(
    connection: Connection, written: DirectoryFile, *, by: str | None, at: datetime
) -> tuple[ImportedChange, ...]:
    """Bring the file into the tables; again, it changes nothing. Rolled back, it is the dry run. To be called after
    `import_alone`, when `conflicting` finds nothing."""
    here = _Import(connection, at, by, not has_administrator(connection))
    _put_agency(here, written.agency)
    for organization in written.organizations:
        _put_organization(here, organization)
    for person in written.people:
        _put_person(here, person)
    with keeping_an_administrator(connection):
        for seat in written.seats:
            _put_seat(here, seat, written)
        for seat in written.seats:
            _put_reporting(here, seat)
            _put_holder(here, seat)
            _put_profile(here, seat)
    for provider in written.providers:
        _put_provider(here, provider, written)
    for adoption in written.adoptions:
        _put_adoption(here, adoption)
    _put_absences(here, written)
    return (*here.changes, *_kept(connection, written))


def conflicting(
    connection: Connection, written: DirectoryFile, at: datetime
) -> list[Finding]:
    """What the file says that the tables forbid."""
    found: list[Finding] = []
    other = connection.scalar(
        select(AgencyRow.id).where(AgencyRow.id != written.agency.id).limit(1)
    )
    if other is not None:
        said = f"this installation runs for the agency {other!r}; write that, or use another database"
        found.append((("agency", "id"), said))
    rows = connection.scalars(select(PersonRow.id).where(PersonRow.left_at <= at))
    found += _seated_though_gone(written, set(rows))
    for number, adoption in enumerate(written.adoptions):
        known = adoption_of(connection, adoption.pack, adoption.version)
        if adoption.on > at.date():
            found.append((("adoptions", number, "on"), "that day has not come yet"))
        elif known and (known.title, known.on) != (adoption.title, adoption.on):
            said = f"{AdoptedBefore(adoption.pack, known)}"
            found.append((("adoptions", number), said))
    return found


def _seated_though_gone(
    written: DirectoryFile, gone: Collection[str]
) -> Iterator[Finding]:
    for number, seat in enumerate(written.seats):
        if seat.person in gone:
            said = f"{seat.person} has left; name somebody who is still there, or write null"
            yield ("seats", number, "person"), said


def _put_agency(here: _Import, agency: WrittenAgency) -> None:
    columns: dict[str, object] = {
        "name": agency.name,
        "calendar": agency.calendar,
        "packs": list(agency.packs),
    }
    here.put(AgencyRow, "agency", agency.id, columns)


def _put_organization(here: _Import, each: WrittenOrganization) -> None:
    columns: dict[str, object] = {"name": each.name, "aliases": list(each.aliases)}
    new: dict[str, object] = {}
    # Left out, it is whatever people have set up since.
    (columns if each.answers_by else new)["answers_by"] = (
        each.answers_by or AnswersBy.account
    ).value
    here.put(OrganizationRow, "organization", each.id, columns, new)


def _put_person(here: _Import, person: WrittenPerson) -> None:
    columns: dict[str, object] = {"name": person.name, "email": person.email}
    here.put(PersonRow, "person", person.id, columns)


def _put_seat(here: _Import, seat: WrittenSeat, written: DirectoryFile) -> None:
    columns: dict[str, object] = {
        "agency_id": written.agency.id,
        "organization_id": written.organization_id(seat.organization),
        "role": seat.role,
        "program": seat.program,
        "title": seat.title,
    }
    waits = seat.role in NEED_TWO and not here.is_first
    known = here.connection.execute(
        select(SeatRow.role, SeatRow.person_id).where(SeatRow.id == seat.id)
    ).one_or_none()
    holder = None if waits else seat.person
    new: dict[str, object] = {"person_id": holder, "since_at": here.at}
    here.put(SeatRow, "seat", seat.id, columns, new)
    if waits and known and known.role != seat.role and known.person_id:
        # Whoever sits there gets rights by it that they had not, so they are seated anew.
        change_holder(
            here.connection, seat.id, None, by=here.by or OPERATOR, at=here.at
        )
        if not seat.names_person:
            _seat(here, seat.id, known.person_id)
    elif known is None and seat.role in NEED_TWO and holder:
        said: dict[str, object] = {"person": holder}
        here.record("seated_at_installation", seat.id, {}, said, is_seat=False)


def _put_reporting(here: _Import, seat: WrittenSeat) -> None:
    mine = ReportsToRow.seat_id == seat.id
    query = select(ReportsToRow.above_id).where(mine).order_by(ReportsToRow.position)
    before = here.connection.scalars(query).all()
    if tuple(before) == seat.reports_to:
        return
    here.connection.execute(delete(ReportsToRow).where(mine))
    lines = [
        {"seat_id": seat.id, "position": position, "above_id": above}
        for position, above in enumerate(seat.reports_to)
    ]
    if lines:
        here.connection.execute(insert(ReportsToRow), lines)
    if _is_new(here.changes, seat):
        return
    was: dict[str, object] = {"reports_to": list(before)}
    now: dict[str, object] = {"reports_to": list(seat.reports_to)}
    said = (_difference("reports_to", was, now),)
    here.changes.append(
        ImportedChange(done="changed", what="seat", id=seat.id, fields=said)
    )
    here.record("seat_changed", seat.id, was, now, is_seat=True)


def _put_holder(here: _Import, seat: WrittenSeat) -> None:
    holder = here.connection.scalar(
        select(SeatRow.person_id).where(SeatRow.id == seat.id)
    )
    if not seat.names_person or holder == seat.person:
        return
    _seat(here, seat.id, seat.person, holder)


def _seat(
    here: _Import, seat_id: str, person: str | None, holder: str | None = None
) -> None:
    """An administrator or operator is seated by the command line where there is none yet, and else proposed."""
    by, at = here.by or OPERATOR, here.at
    done = "changed" if person else "ended"
    if here.is_first:
        change_holder(here.connection, seat_id, person, by=by, at=at)
        if needs_two(here.connection, seat_id):
            said: dict[str, object] = {"person": person}
            here.record("seated_at_installation", seat_id, {}, said, is_seat=False)
    elif not seat_or_propose(here.connection, seat_id, person, by=by, at=at):
        done = "proposed"
    was, now = holder or "nobody", person or "nobody"
    here.changes.append(
        ImportedChange(
            done=done, what="holder of", id=seat_id, fields=(f"{was} to {now}",)
        )
    )


def _put_adoption(here: _Import, adoption: WrittenAdoption) -> None:
    by, at = here.by or OPERATOR, here.at
    if record_adoption(here.connection, adoption.pack, adoption, by=by, at=at):
        which = f"{adoption.pack} v{adoption.version}"
        here.changes.append(ImportedChange(done="added", what="adoption", id=which))


def _put_profile(here: _Import, seat: WrittenSeat) -> None:
    if seat.profile is None:
        return
    by = here.by or OPERATOR
    was = write_profile(here.connection, seat.id, seat.profile, by=by, at=here.at)
    now: dict[str, object] = seat.profile.model_dump(mode="json")
    if not was:
        here.note("added", "profile", seat.id, {}, now)
    elif was != now:
        changed = [name for name in now if now[name] != was[name]]
        before = {name: was[name] for name in changed}
        after = {name: now[name] for name in changed}
        here.note("changed", "profile", seat.id, before, after)


def _put_provider(
    here: _Import, provider: WrittenProvider, written: DirectoryFile
) -> None:
    whose = written.organization_id(provider.organization)
    (name,) = (each.name for each in written.organizations if each.id == whose)
    columns: dict[str, object] = {
        "name": provider.name,
        "organization": name,
        "person_id": provider.person,
        "services": list(provider.services),
        "email": provider.email,
        "languages": list(provider.languages),
        "qualified": provider.qualified,
    }
    new: dict[str, object] = {"ended_at": None}
    here.put(ProviderRow, "provider", provider.id, columns, new)


def _put_absences(here: _Import, written: DirectoryFile) -> None:
    for each in written.absences:
        # `begins` counts from the first import, so a later one finds it as it is.
        if absence(here.connection, each.id) is None:
            if not here.is_first:
                check_may_stand_in(here.connection, each.person, each.substitute)
            begins_at = here.at + each.begins
            columns: dict[str, object] = {
                "person_id": each.person,
                "substitute_id": each.substitute,
            }
            times: dict[str, object] = {
                "from_at": begins_at,
                "to_at": begins_at + each.lasts,
            }
            here.put(AbsenceRow, "absence", each.id, columns, times)


def _kept(connection: Connection, written: DirectoryFile) -> list[ImportedChange]:
    """What is in the tables and not in the file: it stays, and is told."""
    found: list[ImportedChange] = []
    for table, what, named in (
        (OrganizationRow, "organization", written.organizations),
        (PersonRow, "person", written.people),
        (SeatRow, "seat", written.seats),
        (ProviderRow, "provider", written.providers),
    ):
        ids = [each.id for each in named]
        others = connection.scalars(
            select(table.id).where(table.id.not_in(ids)).order_by(table.id)
        )
        found += [ImportedChange(done="kept", what=what, id=other) for other in others]
    return found


def _is_new(changes: Sequence[ImportedChange], seat: WrittenSeat) -> bool:
    return ImportedChange(done="added", what="seat", id=seat.id) in changes


def _difference(name: str, before: dict[str, object], after: dict[str, object]) -> str:
    return f"{name} was {_shown(before[name])}, becomes {_shown(after[name])}"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return str(value) if value is not None else "nothing"
