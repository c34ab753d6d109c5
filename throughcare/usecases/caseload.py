"""An existing caseload as a CSV file: read and judged whole, before anybody of it is brought in. Pure.

One row is one person who is in service already. What a row says happened is tried on the very rules that will hear it, so
that what is accepted here is refused by no case later. A problem never repeats what a row says of a person.
"""

import csv
import hmac
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cached_property
from zoneinfo import ZoneInfo

from pydantic import JsonValue, ValidationError

from throughcare.case.base import Frozen
from throughcare.case.patterns import in_words
from throughcare.lifecycles.client.names import (
    are_similar,
    name_key,
    reference_keys,
)
from throughcare.lifecycles.client.policy import (
    Branch,
    Independence,
    IntakePolicy,
)
from throughcare.store.directory import SeatFacts
from throughcare.store.identity import Identity
from throughcare.store.likenesses import Alike, swapped
from throughcare.usecases.dry_run import (
    Step,
    fills,
    refusal,
)

REQUIRED = ("name", "program", "source", "referred_at")
COLUMNS = (
    "name",
    "born_on",
    "language",
    "phone",
    "email",
    "address",
    "reference",
    "program",
    "source",
    "referred_at",
    "screened_at",
    "emergency",
    "consents_at",
    "reviewed_at",
    "worker_seat",
    "assigned_at",
    "contacted_at",
    "plan_reference",
    "plan_filed_at",
)
DATES = tuple(column for column in COLUMNS if column.endswith("_at"))

TOGETHER = (
    ("screened_at", "emergency"),
    ("worker_seat", "assigned_at"),
    ("plan_reference", "plan_filed_at"),
)
"""Columns that mean nothing one without the other."""

ELSEWHERE = "as the agency's own record has it"
"""How something was done that a row gives the date of, and no more."""

LONGEST = 200
ROWS_SHOWN = 10

EXAMPLE = "write 2026-03-02, or with a time and its zone 2026-03-02T15:30:00-06:00"

MONTH_FIRST = "; of a file with 3/2/2026 for 2 March, say --month-first"
US_DATE = r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"

YES, NO = {"yes", "y", "true"}, {"no", "n", "false"}
"""A spreadsheet makes TRUE and FALSE of what is chosen in it."""

WRITE = {
    "name": f"write a name of up to {LONGEST} characters",
    "language": "write its code: en, es, or three letters such as hmn where it has none of two",
    "phone": "write the digits, and an extension after an x: 414-555-0142 x7",
    "email": "mail cannot be sent to this address; write USER@DOMAIN",
    "address": f"write up to {LONGEST} characters",
    "reference": f"write up to {LONGEST} characters",
    "source": f"write up to {LONGEST} characters",
    "plan_reference": f"write up to {LONGEST} characters",
}

ONE_OF_TWO = (
    "exclude one of them, and begin its intake by hand where it is somebody else"
)

ALIKE_IN = {
    "same reference": "reference",
    "same name and birth date": "name",
    "similar name and same birth date": "name",
    "same name, day and month of birth swapped": "born_on",
    "same phone": "phone",
    "same e-mail": "email",
}

BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_LENGTH, ID_BITS = 26, 80

Cells = Mapping[str, str]


class RowProblem(Frozen):
    """What keeps a row out. `row` is its number as a spreadsheet shows it; the header is row 1."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        where = f"row {self.row}, {self.column}" if self.column else f"row {self.row}"
        return f"{where}: {self.text}"


class Row(Frozen):
    """One person. `identity` is None where it cannot be read, and the rest where the row has problems."""

    number: int
    id: str
    """Of the client and of their intake; the same again from the same file, so that nobody is made twice."""
    identity: Identity | None
    program: str
    source: str
    referred_at: datetime | None
    steps: tuple[Step, ...] = ()


def told(problems: Iterable[RowProblem]) -> list[str]:
    """A line for each kind of mistake, with the rows it is in."""
    kinds: dict[tuple[str, str], list[RowProblem]] = defaultdict(list)
    for each in problems:
        kinds[each.column, each.text].append(each)
    return [_told(same) for same in kinds.values()]


def _told(same: Sequence[RowProblem]) -> str:
    first, *others = same
    if not others:
        return str(first)
    shown = ", ".join(str(each.row) for each in same[:ROWS_SHOWN])
    more = f" and {len(same) - ROWS_SHOWN} more" if len(same) > ROWS_SHOWN else ""
    where = f", {first.column}" if first.column else ""
    return f"rows {shown}{more}{where}: {first.text}"


class Caseload(Frozen):
    rows: tuple[Row, ...]
    problems: tuple[RowProblem, ...]
    excluded: int

    def with_known(self, known: Mapping[int, Sequence[Alike]]) -> "Caseload":
        """With a problem for each row, by number, whose person may be known here already."""
        own = {row.id for row in self.rows}
        found = [
            _known_here(number, each)
            for number, alikes in known.items()
            for each in alikes
            # Somebody of this very file, brought in before it was cut off, or of one household.
            if each.client not in own and not each.is_of_many
        ]
        return self.model_copy(update={"problems": _in_order(self.problems, found)})


@dataclass(frozen=True)
class Surroundings:
    """What the rows are held against."""

    agency: str
    zone: ZoneInfo
    now: datetime
    programs: Mapping[str, IntakePolicy]
    independence: Independence | None
    seats: Mapping[str, SeatFacts]
    secret: bytes
    """Keys the ids, which would else tell whoever guesses a name that its bearer is a client."""
    month_first: bool = False
    """Whether dates may be written as they are in the United States: 3/2/2026."""

    @cached_property
    def trials(self) -> dict[tuple[str, tuple[str, ...]], tuple[str, str] | None]:
        """What became of each kind of history that was tried."""
        return {}


def judge(text: str, around: Surroundings, exclude: Collection[int] = ()) -> Caseload:
    """Every row that is not excluded, and every problem of those."""
    try:
        lines = _lines(text)
    except _CannotBeRead as error:
        return Caseload(rows=(), problems=(error.problem,), excluded=0)
    if not lines or not lines[0]:
        return _nothing(f"the header is missing; write {', '.join(COLUMNS)}")
    header = [cell.casefold() for cell in lines[0]]
    if found := tuple(_header_problems(header)):
        return Caseload(rows=(), problems=found, excluded=0)
    filled = {number: line for number, line in enumerate(lines[1:], start=2) if line}
    judged = [
        _judged_row(number, header, line, around)
        for number, line in filled.items()
        if number not in exclude
    ]
    problems = [problem for each in judged for problem in each.problems]
    problems += _repeated(judged)
    problems += _unstaffed(judged, around)
    problems += [
        RowProblem(row=number, column="", text="it is to be excluded, and is no person")
        for number in exclude
        if number not in filled
    ]
    return Caseload(
        rows=tuple(each.row() for each in judged),
        problems=_in_order(problems),
        excluded=len(filled.keys() & set(exclude)),
    )


def _nothing(text: str) -> Caseload:
    problem = RowProblem(row=1, column="", text=text)
    return Caseload(rows=(), problems=(problem,), excluded=0)


# -- as a spreadsheet saves it -----------------------------------------------------------------------------------------


class _CannotBeRead(Exception):
    def __init__(self, row: int, text: str) -> None:
        self.problem = RowProblem(row=row, column="", text=text)


def _lines(text: str) -> list[list[str]]:
    """Every row without the empty cells at its end. Raises _CannotBeRead, with the row in which it goes wrong."""
    text = text.removeprefix("\ufeff")
    found: list[list[str]] = []
    if named := re.match(r"sep=(.)(?:\r\n?|\n)", text, re.IGNORECASE):
        # A spreadsheet takes this line for itself and shows the next one as row 1.
        separator, text = named[1], text[named.end() :]
    else:
        separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for line in reader:
            cells = [cell.strip() for cell in line]
            while cells and not cells[-1]:
                cells.pop()
            found.append(cells)
    except csv.Error:
        said = "a quote begins in this row that never ends, or ends before its cell does; write a quote within a cell twice"
        raise _CannotBeRead(len(found) + 1, said) from None
    return found


def _separator(text: str) -> str:
    """What parts the most columns of the first line."""
    first = re.split(r"[\r\n]", text, maxsplit=1)[0].casefold()

    def columns(separator: str) -> int:
        return len({e.strip('" ') for e in first.split(separator)} & set(COLUMNS))

    return max(",;\t|", key=columns)


def _in_order(*problems: Collection[RowProblem]) -> tuple[RowProblem, ...]:
    def place(problem: RowProblem) -> tuple[int, int]:
        known = problem.column in COLUMNS
        return problem.row, COLUMNS.index(problem.column) if known else -1

    return tuple(sorted((each for some in problems for each in some), key=place))


def _header_problems(header: list[str]) -> Iterator[RowProblem]:
    if not set(header) & set(COLUMNS):
        # It may be the row of somebody, which a problem never repeats.
        text = f"this is no header; its columns are: {', '.join(COLUMNS)}"
        yield RowProblem(row=1, column="", text=text)
        return
    for place, name in enumerate(header, start=1):
        if not name:
            yield RowProblem(row=1, column="", text=f"column {place} has no name")
        elif name not in COLUMNS:
            near = get_close_matches(name, COLUMNS, n=1)
            hint = f"write {near[0]}" if near else f"columns are: {', '.join(COLUMNS)}"
            yield RowProblem(
                row=1, column=name, text=f"there is no such column; {hint}"
            )
        elif name in header[: place - 1]:
            yield RowProblem(row=1, column=name, text="this column stands here twice")
    for name in REQUIRED:
        if name not in header:
            yield RowProblem(row=1, column=name, text="this column is missing")


# -- one row -----------------------------------------------------------------------------------------------------------


@dataclass
class _Judged:
    """A row with what could be read of it."""

    number: int
    cells: Cells
    around: Surroundings
    problems: list[RowProblem] = field(default_factory=list)
    dates: dict[str, datetime] = field(default_factory=dict)
    identity: Identity | None = None
    born_on: date | None = None
    steps: tuple[Step, ...] = ()

    def wrong(self, column: str, text: str) -> None:
        self.problems.append(RowProblem(row=self.number, column=column, text=text))

    def has(self, column: str) -> bool:
        return bool(self.cells.get(column))

    def has_problem(self, *columns: str) -> bool:
        return any(problem.column in columns for problem in self.problems)

    @property
    def policy(self) -> IntakePolicy | None:
        return self.around.programs.get(self.cells.get("program", ""))

    @property
    def is_emergency(self) -> bool:
        return self.cells.get("emergency", "").casefold() in YES

    @property
    def birth(self) -> str:
        return str(self.born_on or self.cells.get("born_on", ""))

    @property
    def reference_key(self) -> str:
        return next(iter(reference_keys([self.cells.get("reference", "")])), "")

    def row(self) -> Row:
        return Row(
            number=self.number,
            id=_id(self),
            identity=self.identity,
            program=self.cells["program"],
            source=self.cells["source"],
            referred_at=self.dates.get("referred_at"),
            steps=self.steps,
        )


def _id(row: _Judged) -> str:
    """A ULID by its shape, of the beginning of time: whoever is brought in was known before anybody who is entered here.
    The dates of a row have no part in it, so that a date that is mended makes nobody twice."""
    cells, around = row.cells, row.around
    who = row.reference_key or [name_key(cells["name"]), row.birth]
    said = json.dumps([around.agency, who, cells["program"]])
    digest = hmac.digest(around.secret, said.encode(), "sha256")
    number = int.from_bytes(digest) >> (len(digest) * 8 - ID_BITS)
    return "".join(
        BASE32[number >> 5 * place & 31] for place in reversed(range(ID_LENGTH))
    )


def _judged_row(
    number: int, header: list[str], line: list[str], around: Surroundings
) -> _Judged:
    cells = dict(zip(header, line, strict=False))
    row = _Judged(number, dict.fromkeys(REQUIRED, "") | cells, around)
    if len(line) > len(header):
        text = f"it has {len(line)} cells, and the header {len(header)} columns; put what holds a comma into quotes"
        row.wrong("", text)
    for column in REQUIRED:
        if not row.has(column):
            row.wrong(column, "this is missing")
    _read_identity(row)
    for column in ("source", "plan_reference"):
        if len(row.cells.get(column, "")) > LONGEST or "\0" in row.cells.get(
            column, ""
        ):
            row.wrong(column, WRITE[column])
    _judge_program(row)
    _judge_worker(row)
    for column in DATES:
        if row.has(column):
            _read_date(row, column)
    _judge_pairs(row)
    _judge_order(row)
    if not row.problems:
        row.steps = tuple(_steps(row))
        _try_steps(row)
    return row


def _read_identity(row: _Judged) -> None:
    cells, born_on = row.cells, None
    if row.has("born_on"):
        row.born_on = born_on = _date(cells["born_on"], row.around)
        if born_on is None:
            row.wrong("born_on", f"this is no date; write 1985-03-02{MONTH_FIRST}")
        elif born_on > row.around.now.astimezone(row.around.zone).date():
            row.wrong("born_on", "this lies in the future")
    language = cells.get("language") or "en"
    given: dict[str, object] = {
        name: cells.get(name) or None for name in ("name", "phone", "email", "address")
    }
    references = (cells["reference"],) if row.has("reference") else ()
    given |= {"born_on": born_on, "language": language, "references": references}
    try:
        row.identity = Identity.model_validate(given)
    except ValidationError as error:
        for each in error.errors(include_input=False):
            name = str(each["loc"][0])
            column = "reference" if name == "references" else name
            if row.has(column) and not row.has_problem(column):
                is_said = each["type"] == "value_error"
                row.wrong(column, in_words(each) if is_said else WRITE[column])


def _judge_program(row: _Judged) -> None:
    program, programs = row.cells["program"], row.around.programs
    if program and program not in programs:
        listed = ", ".join(sorted(programs)) or "none"
        text = f"no policy in force takes people in for {program!r}; programs are: {listed}"
        row.wrong("program", text)


def _judge_worker(row: _Judged) -> None:
    if not row.has("worker_seat"):
        return
    given, seats = row.cells["worker_seat"], row.around.seats
    seat = seats.get(given)
    policy = row.policy
    role = policy.roles[policy.coordinator] if policy else None
    fitting = [each.id for each in seats.values() if role and fills(role.accepts, each)]
    if seat is None:
        near = get_close_matches(given, fitting or list(seats), n=3)
        hint = f"write {' or '.join(near)}" if near else "GET /seats lists them"
        row.wrong("worker_seat", f"the directory has no seat {given!r}; {hint}")
    elif role and not fills(role.accepts, seat):
        kinds = ", ".join(map(str, role.accepts))
        text = f"{given!r} cannot be the {role.title}; seats that can: {kinds}"
        row.wrong("worker_seat", text)
    elif seat.person is None:
        row.wrong("worker_seat", f"nobody sits in {given!r}; seat somebody first")


# -- dates ---------------------------------------------------------------------------------------------------------------


def _date(cell: str, around: Surroundings) -> date | None:
    """ISO 8601 knows more ways to write one, and a spreadsheet none of them."""
    try:
        if around.month_first and (found := re.fullmatch(US_DATE, cell)):
            month, day, year = map(int, found.groups())
            return date(year, month, day)
        return date.fromisoformat(cell) if re.fullmatch(r"[\d-]{10}", cell) else None
    except ValueError:
        return None


def _instant(cell: str, around: Surroundings) -> datetime | None:
    """A bare date is its first instant in the agency's zone."""
    try:
        if day := _date(cell, around):
            start = datetime.combine(day, datetime.min.time(), around.zone)
            return start.astimezone(UTC)
        at = datetime.fromisoformat(cell)
        return (
            at.astimezone(UTC) if at.tzinfo and len(cell) > len("2026-03-02") else None
        )
    except (ValueError, OverflowError):
        return None


def _read_date(row: _Judged, column: str) -> None:
    at = _instant(row.cells[column], row.around)
    if at is None:
        row.wrong(column, f"this is no date; {EXAMPLE}{MONTH_FIRST}")
    elif at > row.around.now:
        row.wrong(column, "this lies in the future")
    else:
        row.dates[column] = at


def _judge_pairs(row: _Judged) -> None:
    for one, other in TOGETHER:
        for missing, given in ((one, other), (other, one)):
            if row.has(given) and not row.has(missing):
                row.wrong(missing, f"this is missing; {given} says nothing without it")
    if row.has("emergency"):
        if row.cells["emergency"].casefold() not in YES | NO:
            row.wrong("emergency", "write yes or no")
        elif row.is_emergency and row.policy and not row.policy.has_emergencies:
            text = "the policy of this program knows no emergency branch; write no"
            row.wrong("emergency", text)
    if row.has("plan_filed_at") and not (
        row.has("worker_seat") or row.has("assigned_at")
    ):
        text = "a plan comes after an assignment; give worker_seat and assigned_at as well, or leave it out"
        row.wrong("plan_filed_at", text)


def _judge_order(row: _Judged) -> None:
    """Each date against the latest of those that come before it; one that is out of order itself counts for none."""
    steps = ("referred_at", "screened_at", "consents_at", "reviewed_at", "assigned_at")
    before = {column: steps[:place] for place, column in enumerate(steps)}
    # In an emergency the client is reached at once, whoever is assigned later.
    before["contacted_at"] = steps[:2] if row.is_emergency else steps
    before["plan_filed_at"] = steps
    for column, earlier in before.items():
        known = [e for e in earlier if e in row.dates and not row.has_problem(e)]
        last = max(known, key=row.dates.__getitem__, default=column)
        if column in row.dates and row.dates[column] < row.dates[last]:
            text = f"this lies before {last}; where both are of one day, give times"
            row.wrong(column, text)
    referred_at = row.dates.get("referred_at")
    referred_on = (
        referred_at.astimezone(row.around.zone).date() if referred_at else None
    )
    is_known = not row.has_problem("born_on")
    if is_known and row.born_on and referred_on and referred_on < row.born_on:
        row.wrong("referred_at", "this lies before born_on")


# -- what a row says happened ----------------------------------------------------------------------------------------------


def _steps(row: _Judged) -> list[Step]:
    """In the order it happened; what is of one instant, in the order of the policy."""
    found: list[Step] = []
    for column, (message, facts_of) in MESSAGES.items():
        if at := row.dates.get(column):
            facts = facts_of(row) | {"event_at": at.isoformat()}
            found.append(Step(column=column, message=message, at=at, facts=facts))
    return sorted(found, key=lambda step: step.at)


RowFacts = dict[str, JsonValue]


def _screen(row: _Judged) -> RowFacts:
    needs: list[JsonValue] = []
    if row.is_emergency:
        needs.append({"id": "found-before", "text": f"An emergency need, {ELSEWHERE}"})
    return {"emergency": row.is_emergency, "needs": needs}


def _assignment(row: _Judged) -> RowFacts:
    seat = row.around.seats[row.cells["worker_seat"]]
    return {
        "assigned": seat.id,
        "title": seat.title,
        "organization": seat.organization,
        "person": seat.person,
    }


MESSAGES: dict[str, tuple[str, Callable[[_Judged], RowFacts]]] = {
    "screened_at": ("screened", _screen),
    "consents_at": ("consents_received", lambda row: {"how": ELSEWHERE}),
    "reviewed_at": ("intake_reviewed", lambda row: {}),
    "assigned_at": ("coordinator_assigned", _assignment),
    "contacted_at": ("client_contacted", lambda row: {"how": ELSEWHERE}),
    "plan_filed_at": (
        "initial_plan_filed",
        lambda row: {"reference": row.cells["plan_reference"]},
    ),
}
"""The message that each date of a row is."""


def _try_steps(row: _Judged) -> None:
    policy, steps = row.policy, row.steps
    if policy is None or not steps:
        return
    branch = Branch.emergency if row.is_emergency else Branch.ordinary
    kind = (row.cells["program"], (branch, *(step.message for step in steps)))
    trials = row.around.trials
    if kind not in trials:
        trials[kind] = refusal(
            policy, row.around.independence, row.around.seats, steps, row.around.now
        )
    if wrong := trials[kind]:
        row.wrong(*wrong)


# -- across rows -----------------------------------------------------------------------------------------------------------


def _repeated(rows: Sequence[_Judged]) -> Iterator[RowProblem]:
    seen: dict[tuple[str, str], int] = {}
    born: dict[date, list[_Judged]] = defaultdict(list)
    for row in rows:
        name, born_on = name_key(row.cells["name"]), row.birth
        keys = {
            ("reference", row.reference_key): "the same; exclude one of them",
            ("name", f"{name} {born_on}" if born_on else ""): (
                "the same name and birth date; exclude one of them"
            ),
            ("id", _id(row)): (
                "the same name; give each a birth date or a reference to tell them apart"
            ),
        }
        for (column, key), text in keys.items():
            if key and (column, key) in seen:
                where = "name" if column == "id" else column
                said = f"row {seen[column, key]} has {text}"
                yield RowProblem(row=row.number, column=where, text=said)
                break
        else:
            yield from _similar(row, born)
        for each in keys:
            seen.setdefault(each, row.number)
        if row.born_on:
            born[row.born_on].append(row)


def _similar(
    row: _Judged, born: Mapping[date, Sequence[_Judged]]
) -> Iterator[RowProblem]:
    """One of the rows before this one that is nearly of the same person."""
    if row.born_on is None:
        return
    name, day = row.cells["name"], swapped(row.born_on)
    for other in born.get(row.born_on, ()):
        if are_similar(name, other.cells["name"]):
            text = f"row {other.number} has a similar name and the same birth date; {ONE_OF_TWO}"
            yield RowProblem(row=row.number, column="name", text=text)
            return
    for other in born.get(day, ()) if day else ():
        if name_key(name) == name_key(other.cells["name"]):
            text = f"row {other.number} has the same name, and day and month the other way round; {ONE_OF_TWO}"
            yield RowProblem(row=row.number, column="born_on", text=text)
            return


def _unstaffed(rows: Sequence[_Judged], around: Surroundings) -> Iterator[RowProblem]:
    """A seat that is empty would be asked to be filled once for every case that comes. Said at a program's first row."""
    firsts: dict[str, _Judged] = {}
    for row in rows:
        firsts.setdefault(row.cells["program"], row)
    for row in firsts.values():
        policy = row.policy
        for role_id, role in policy.roles.items() if policy else ():
            if policy and role_id == policy.coordinator:
                continue
            mine = [each for each in around.seats.values() if fills(role.accepts, each)]
            if not any(seat.person for seat in mine):
                kinds = ", ".join(map(str, role.accepts))
                text = f"nobody sits as {role.title}; seat somebody first, in a seat of: {kinds}"
                yield RowProblem(row=row.number, column="program", text=text)


def _known_here(number: int, alike: Alike) -> RowProblem:
    column = next(
        (ALIKE_IN[each] for each in alike.reasons if each in ALIKE_IN), "name"
    )
    reasons = ", ".join(alike.reasons)
    text = f"client {alike.client} may be the same person ({reasons}); exclude this row, and begin the intake by hand where it is somebody else"
    return RowProblem(row=number, column=column, text=text)
