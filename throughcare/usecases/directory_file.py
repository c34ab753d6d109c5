"""A directory as a file: an agency, its organizations, people, seats, providers and absences, or every mistake in it at its
place."""

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import Field

from throughcare.case.base import Written
from throughcare.case.findings import Finding, Location, Places
from throughcare.case.patterns import PLAIN_ID
from throughcare.lifecycles.client.addresses import is_address
from throughcare.packs.yamlfile import (
    BadFile,
    load,
    problem_at,
)
from throughcare.store.directory import AnswersBy
from throughcare.store.identity import PersonName
from throughcare.store.packs import Adoption
from throughcare.store.workers import Profile

Id = Annotated[str, Field(pattern=PLAIN_ID)]
"""Ids stand in addresses, logs and records, so they are plain, and tell nothing about a client."""

Text = Annotated[str, Field(min_length=1, max_length=200)]


class WrittenAgency(Written):
    id: Id
    name: Text
    calendar: str
    packs: tuple[str, ...]


class WrittenOrganization(Written):
    """`answers_by` as it is, where it is not given; for a new one, by accounts."""

    id: Id
    name: Text
    aliases: tuple[Text, ...] = ()
    answers_by: AnswersBy | None = None


class WrittenPerson(Written):
    id: Id
    name: PersonName
    email: str | None = None


class WrittenSeat(Written):
    """`organization` is any name it goes by; `reports_to` the seats above, the preferred one first. Without the word
    `person` whoever sits there stays; with `person: null` nobody does. A worker's seat has a `profile`."""

    id: Id
    organization: str
    role: Text
    program: str | None = None
    title: Text
    person: str | None = None
    reports_to: tuple[str, ...] = ()
    profile: Profile | None = None

    @property
    def names_person(self) -> bool:
        return "person" in self.model_fields_set


class WrittenAdoption(Adoption):
    pack: Id


class WrittenProvider(Written):
    """`organization` is any name it goes by, `person` who it is where they are in the directory. When it ended is for people
    to say, once it has."""

    id: Id
    name: Text
    organization: str
    person: str | None = None
    services: tuple[Text, ...] = ()
    email: str | None = None
    languages: tuple[Text, ...] = ()
    qualified: bool = False


class WrittenAbsence(Written):
    """`begins` counts from when the file is first imported."""

    person: str
    substitute: str | None = None
    begins: timedelta
    lasts: timedelta

    @property
    def id(self) -> str:
        return f"absence-of-{self.person}"


class DirectoryFile(Written):
    """demo/agency.yaml is one."""

    agency: WrittenAgency
    organizations: tuple[WrittenOrganization, ...]
    people: tuple[WrittenPerson, ...]
    seats: tuple[WrittenSeat, ...]
    providers: tuple[WrittenProvider, ...] = ()
    adoptions: tuple[WrittenAdoption, ...] = ()
    """Versions of packs that the agency adopted itself, where the pack names nobody who approved it (CS-M-1)."""
    absences: tuple[WrittenAbsence, ...] = ()

    def organization_id(self, name: str) -> str | None:
        """By any name it goes by, in small letters or capitals (CR-P-3)."""
        for each in self.organizations:
            if name.casefold() in map(str.casefold, (each.name, *each.aliases)):
                return each.id
        return None


def read_directory(path: Path) -> DirectoryFile:
    """Raises BadFile with all its problems."""
    written = load(path, DirectoryFile)
    refuse(path, _findings(written))
    return written


def refuse(path: Path, findings: Iterable[Finding]) -> None:
    """Raises BadFile where there are any."""
    problems = [problem_at(path, location, text) for location, text in findings]
    if problems:
        raise BadFile(problems)


def missing_data(
    written: DirectoryFile, calendars: Collection[str], packs: Collection[str]
) -> Iterator[Finding]:
    """What the agency names that this installation does not have."""
    agency = written.agency
    if agency.calendar not in calendars:
        yield ("agency", "calendar"), _unknown("calendar", agency.calendar, calendars)
    for index, pack in enumerate(agency.packs):
        if pack not in packs:
            yield ("agency", "packs", index), _unknown("pack", pack, packs)
    for index, adoption in enumerate(written.adoptions):
        if adoption.pack not in packs:
            where = ("adoptions", index, "pack")
            yield where, _unknown("pack", adoption.pack, packs)


def _findings(written: DirectoryFile) -> Iterator[Finding]:
    for field in ("organizations", "people", "seats", "providers"):
        ids: Places = [
            ((field, n, "id"), each.id)
            for n, each in enumerate(getattr(written, field))
        ]
        yield from _repeated(ids)
    yield from _repeated(
        (("organizations", n, "name"), name.casefold())
        for n, each in enumerate(written.organizations)
        for name in (each.name, *each.aliases)
    )
    yield from _email_findings(written)
    for number, seat in enumerate(written.seats):
        yield from _seat_findings(("seats", number), seat, written)
    yield from _provider_findings(written)
    yield from _absence_findings(written)


def _email_findings(written: DirectoryFile) -> Iterator[Finding]:
    for field in ("people", "providers"):
        for number, each in enumerate(getattr(written, field)):
            if each.email is not None and not is_address(each.email):
                yield (
                    (field, number, "email"),
                    "mail cannot be sent to this address; write USER@DOMAIN, or leave it out",
                )


def _seat_findings(
    at: Location, seat: WrittenSeat, written: DirectoryFile
) -> Iterator[Finding]:
    people = {person.id for person in written.people}
    seats = {each.id for each in written.seats}
    if written.organization_id(seat.organization) is None:
        known = [each.name for each in written.organizations]
        yield (*at, "organization"), _unknown("organization", seat.organization, known)
    if seat.person is not None and seat.person not in people:
        yield (*at, "person"), _unknown("person", seat.person, people)
    for index, above in enumerate(seat.reports_to):
        here = (*at, "reports_to", index)
        if above not in seats:
            yield here, _unknown("seat", above, seats)
        elif above in seat.reports_to[:index]:
            yield here, f"{above} stands here a second time; leave it out"
        elif seat.id in _above(above, written):
            yield here, f"{seat.id} would report to itself, through {above}"


def _provider_findings(written: DirectoryFile) -> Iterator[Finding]:
    people = {person.id for person in written.people}
    for number, provider in enumerate(written.providers):
        at = ("providers", number)
        if written.organization_id(provider.organization) is None:
            known = [each.name for each in written.organizations]
            said = _unknown("organization", provider.organization, known)
            yield (*at, "organization"), said
        if provider.person is not None and provider.person not in people:
            yield (*at, "person"), _unknown("person", provider.person, people)


def _above(seat_id: str, written: DirectoryFile) -> set[str]:
    """This seat and every one it reports to, however far up."""
    lines = {seat.id: seat.reports_to for seat in written.seats}
    found, left = set[str](), [seat_id]
    while left:
        seat = left.pop()
        if seat not in found:
            found.add(seat)
            left += lines.get(seat, ())
    return found


def _absence_findings(written: DirectoryFile) -> Iterator[Finding]:
    people = {person.id for person in written.people}
    persons = [
        (("absences", n, "person"), a.person) for n, a in enumerate(written.absences)
    ]
    yield from _repeated(persons)
    for number, absence in enumerate(written.absences):
        at = ("absences", number)
        if absence.person not in people:
            yield (*at, "person"), _unknown("person", absence.person, people)
        if absence.substitute is not None and absence.substitute not in people:
            yield (*at, "substitute"), _unknown("person", absence.substitute, people)
        if absence.substitute == absence.person:
            yield (*at, "substitute"), "nobody stands in for themself"
        if absence.lasts <= timedelta():
            yield (*at, "lasts"), "an absence ends after it begins"


def _repeated(places: Iterable[tuple[Location, str]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, each in places:
        if each in seen:
            yield at, f"{each} stands here a second time; each needs one of its own"
        seen.add(each)


def _unknown(kind: str, given: str, known: Collection[str]) -> str:
    near = get_close_matches(given, sorted(known), n=3, cutoff=0.7)
    hint = f"write {' or '.join(near)}, or add it" if near else "add it"
    return f"{given!r} is no {kind}; {hint}"
