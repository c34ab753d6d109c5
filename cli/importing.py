"""Brings a caseload in: judges its file against the tables, then makes a client and an intake of each row."""

import asyncio
import codecs
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from cli.comparing import NO_TEMPORAL, PARTING
from throughcare.case.parts import ClauseId
from throughcare.case.seats import Actor, HeldSeat
from throughcare.case.wire import Envelope, OpenCase
from throughcare.config import Settings
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.client.openings import IntakeOpening, Referral
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.logging import configure
from throughcare.packs.calendars import load_calendars
from throughcare.store.changes import someone_here
from throughcare.store.clients import add_client, find_client
from throughcare.store.database import Database, open_database
from throughcare.store.directory import AgencyFacts, SeatFacts, rights_of, seats
from throughcare.store.likenesses import alike
from throughcare.store.packs import PackInForce, packs_in_force
from throughcare.store.takeover import recorded
from throughcare.temporal.client import connect
from throughcare.temporal.keys import KeyRing, read
from throughcare.usecases.administering import DatabaseUnusable
from throughcare.usecases.adopted_packs import closure_in, independence_in
from throughcare.usecases.caseload import (
    Caseload,
    Row,
    Surroundings,
    judge,
)
from throughcare.usecases.desk import Desk, GoneFromTemporal, TemporalAway
from throughcare.usecases.dry_run import fills, speaks_from

AT_ONCE = 20
"""People brought in side by side: more would only make Temporal slower to answer each."""

SHOWN_EVERY = 100

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

TRIES = 6
PAUSE = timedelta(seconds=1)
"""How often, and how long apart, Temporal is tried while it is too busy to answer."""

Show = Callable[[str], None]


class CannotImport(ThroughcareError):
    status = 503


class Imported(Caseload):
    """What became of a file, or would."""

    new: int = 0
    here: int = 0
    """People who had been brought in from this very file before."""


@dataclass(frozen=True)
class _Judged:
    """What a file says, and all there is to know for bringing it in. `left` are not in yet."""

    facts: AgencyFacts
    around: Surroundings
    packs: dict[str, PackInForce]
    closure_clause: ClauseId | None
    seats_by_program: dict[str, HeldSeat]
    caseload: Caseload
    left: Sequence[Row]


@dataclass(frozen=True)
class _Import:
    """One file on its way in, by one person."""

    database: Database
    desk: Desk
    judged: _Judged
    by: str


async def import_caseload(
    settings: Settings,
    file: Path,
    *,
    exclude: Collection[int],
    dry_run: bool,
    by: str | None,
    month_first: bool,
    show: Show,
) -> Imported:
    """Raises a ThroughcareError where it could not be done, or not to the end."""
    # Its lines are for whoever runs it; what would be logged is in the tables.
    configure("error", json=False)
    text, keys = _text(file), read(settings.keys)
    database = open_database(settings.database)
    try:
        judged = await database.read(
            _judge, settings, keys, text, exclude, by, month_first
        )
        return await _import(database, judged, keys, dry_run, by, show)
    except SQLAlchemyError as error:
        raise DatabaseUnusable(error) from None
    finally:
        await database.close()


def _text(file: Path) -> str:
    try:
        found = file.read_bytes()
        # What a spreadsheet calls Unicode text it marks with two bytes, and its UTF-8 with three.
        return found.decode("utf-16" if found[:2] in UTF_16 else "utf-8-sig")
    except OSError as error:
        raise CannotImport(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CannotImport(
            f"{file} is not in UTF-8; save it as CSV in UTF-8."
        ) from None


async def _import(
    database: Database,
    judged: _Judged,
    keys: KeyRing,
    dry_run: bool,
    by: str | None,
    show: Show,
) -> Imported:
    rows = judged.caseload.rows
    outcome = Imported(
        **dict(judged.caseload),
        new=len(judged.left),
        here=len(rows) - len(judged.left),
    )
    if dry_run or judged.caseload.problems:
        return outcome
    if by is None:
        raise CannotImport("Say who brings them in: --by PERSON.")
    way_in = _Import(database, await _reach_temporal(keys), judged, by)
    await _bring_in_all(way_in, judged.left, show)
    return outcome


def _judge(
    connection: Connection,
    settings: Settings,
    keys: KeyRing,
    text: str,
    exclude: Collection[int],
    by: str | None,
    month_first: bool,
) -> _Judged:
    """The file against the tables as they are at one moment."""
    facts, packs = packs_in_force(connection)
    around = _surroundings(connection, settings, facts, packs, keys, month_first)
    caseload = judge(text, around, exclude)
    known = {
        row.number: alike(connection, row.identity, besides=row.id)
        for row in caseload.rows
        if row.identity
    }
    caseload = caseload.with_known(known)
    done = recorded(connection, [row.id for row in caseload.rows])
    programs = {row.program for row in caseload.rows}
    return _Judged(
        facts=facts,
        around=around,
        packs=_by_program(packs),
        closure_clause=closure_in(packs),
        seats_by_program=_may_import(connection, by, around, programs) if by else {},
        caseload=caseload,
        left=[row for row in caseload.rows if not _is_done(row, done)],
    )


def _surroundings(
    connection: Connection,
    settings: Settings,
    facts: AgencyFacts,
    packs: tuple[PackInForce, ...],
    keys: KeyRing,
    month_first: bool,
) -> Surroundings:
    calendar = load_calendars(settings.calendars).get(facts.calendar)
    if calendar is None:
        raise CannotImport(f"There is no calendar {facts.calendar!r} here.")
    now = datetime.now(UTC)
    return Surroundings(
        agency=facts.id,
        zone=ZoneInfo(calendar.zone),
        now=now,
        programs={
            program: each.pack.intake
            for program, each in _by_program(packs).items()
            if each.pack.intake
        },
        independence=independence_in(packs),
        seats={each.id: each for each in seats(connection, now, facts.id)},
        # The first key ever made stays in the file, so that the ids of a file stay the same.
        secret=next(iter(keys.keys.values())),
        month_first=month_first,
    )


def _by_program(packs: tuple[PackInForce, ...]) -> dict[str, PackInForce]:
    return {
        program: each
        for each in reversed(packs)
        if each.pack.intake
        for program in each.pack.intake.programs
    }


def _may_import(
    connection: Connection, by: str, around: Surroundings, programs: Collection[str]
) -> dict[str, HeldSeat]:
    """Per program the seat they bring people in from. Raises CannotImport, NoSuchPerson and HasLeft."""
    someone_here(connection, by, around.now)
    held, _ = rights_of(connection, by, around.now)
    found = {}
    for program in programs & around.programs.keys():
        policy = around.programs[program]
        seat = _intake_seat(policy, held, around.seats)
        if seat is None:
            titles = [policy.roles[each].title for each in _begun_by(policy)]
            raise CannotImport(
                f"{by} cannot bring people into {program}: that is done from the seat of {' or '.join(titles)}."
            )
        found[program] = seat
    return found


def _begun_by(policy: IntakePolicy) -> tuple[str, str]:
    return policy.intake, policy.supervisor


def _intake_seat(
    policy: IntakePolicy, held: Sequence[HeldSeat], seats: Mapping[str, SeatFacts]
) -> HeldSeat | None:
    accepted = [k for role in _begun_by(policy) for k in policy.roles[role].accepts]
    for each in sorted(held, key=lambda seat: seat.capacity.rank):
        seat = seats.get(each.seat)
        if seat and fills(accepted, seat):
            return each
    return None


def _is_done(row: Row, done: dict[str, set[str]]) -> bool:
    return (
        row.id in done
        and {_message_id(row, n) for n in range(len(row.steps))} <= (done[row.id])
    )


def _message_id(row: Row, number: int) -> str:
    """The same again from the same file, so that it is heard once."""
    return f"{row.id}-{row.steps[number].column}"


async def _reach_temporal(keys: KeyRing) -> Desk:
    try:
        return Desk(await connect(keys, service="import"))
    except (RuntimeError, RPCError):
        raise CannotImport(NO_TEMPORAL) from None


async def _bring_in_all(way_in: _Import, rows: Sequence[Row], show: Show) -> None:
    done = 0
    for some in _batches(rows):
        try:
            await way_in.database.write(_add_clients, way_in, some)
            await asyncio.gather(*(_bring_in(way_in, row) for row in some))
        except TemporalAway:
            await asyncio.sleep(PARTING.total_seconds())
            raise CannotImport(
                f"Temporal does not answer. {done} of {len(rows)} are in; the same command again goes on."
            ) from None
        done += len(some)
        if done % SHOWN_EVERY == 0 or done == len(rows):
            show(f"{done} of {len(rows)}")


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _add_clients(connection: Connection, way_in: _Import, rows: Sequence[Row]) -> None:
    at = way_in.judged.around.now
    for row in rows:
        assert row.identity is not None
        if find_client(connection, row.id) is None:
            add_client(connection, row.id, row.identity, by=way_in.by, at=at)


async def _bring_in(way_in: _Import, row: Row) -> None:
    """The intake, dated from its referral, and then what the row says happened in it."""
    opening = _opening(way_in, row)
    await _patiently(partial(way_in.desk.open, opening))
    held = speaks_from(opening.about.policy, way_in.judged.around.seats, row.steps)
    for number, step in enumerate(row.steps):
        envelope = Envelope(
            message_id=_message_id(row, number),
            actor=Actor(person=way_in.by, seats=held),
            received_at=datetime.now(UTC),
            facts=step.facts,
        )
        try:
            await _patiently(
                partial(way_in.desk.leave, "intake", row.id, step.message, envelope)
            )
        except GoneFromTemporal:
            return  # It was brought in before, and is closed since.


def _opening(way_in: _Import, row: Row) -> OpenCase[IntakeOpening]:
    pack, facts, around = (
        way_in.judged.packs[row.program],
        way_in.judged.facts,
        way_in.judged.around,
    )
    held = way_in.judged.seats_by_program[row.program]
    assert row.referred_at is not None
    about = IntakeOpening(
        client=row.id,
        policy=around.programs[row.program],
        independence=around.independence,
        care_plan=pack.pack.care_plan,
        closure_clause=way_in.judged.closure_clause,
        referral=Referral(at=row.referred_at, source=row.source),
        imported=True,
    )
    return OpenCase[IntakeOpening](
        kind="intake",
        case_id=row.id,
        agency=facts.id,
        calendar=facts.calendar,
        program=row.program,
        pack=pack.ref,
        opened_by=way_in.by,
        opened_from=held.seat,
        opened_by_right=held.capacity,
        received_at=datetime.now(UTC),
        about=about,
    )


async def _patiently(call: Callable[[], Awaitable[None]]) -> None:
    """Again while Temporal is too busy with the rest of them. Raises TemporalAway."""
    for _ in range(TRIES - 1):
        try:
            await call()
            return
        except TemporalAway:
            await asyncio.sleep(PAUSE.total_seconds())
    await call()
