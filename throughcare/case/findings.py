"""What every check of a file that people write is made with: findings, ids that are unknown or given twice. Pure."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from throughcare.case.seats import Side

Location = tuple[int | str, ...]
"""A place in a file: the keys and list places that lead there."""

Finding = tuple[Location, str]
"""Where in a file, and what is wrong there and would be right."""

Places = list[tuple[Location, str]]
"""Where each id is given."""


def unknown_role(given: str, roles: Iterable[str]) -> str:
    return unknown("role", given, roles, "define it under roles")


def unknown_clause(given: str, clauses: Iterable[str]) -> str:
    return unknown("clause", given, clauses, "add it to clauses.yaml")


def unknown_clauses(clauses: Collection[str], value: object) -> Iterator[Finding]:
    """Of what has nothing but clauses for its texts."""
    for at, each in texts_in(value):
        if each not in clauses:
            yield at, unknown_clause(each, clauses)


def texts_in(value: object, at: Location = ()) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from texts_in(each, (*at, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from texts_in(each, (*at, index))


def field_of(location: Location) -> str:
    """The name of the field a text belongs to, past list places and the two sides."""
    names = [part for part in location if isinstance(part, str) and part not in {*Side}]
    return names[-1]


def unknown(kind: str, given: str, known: Iterable[str], otherwise: str) -> str:
    near = get_close_matches(given, sorted(known), n=3, cutoff=0.7)
    remedies = [f"write {' or '.join(near)}"] if near else []
    return f"{given!r} is no {kind}; {', or '.join([*remedies, otherwise])}"


def repeated(kind: str, places: Places) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, each in places:
        if each in seen:
            yield (
                (*at, "id"),
                f"{kind} {each} stands here a second time; give it an id of its own",
            )
        seen.add(each)


def repeated_ids(kind: str, at: Location, ids: Iterable[str]) -> Iterator[Finding]:
    return repeated(kind, [((*at, n), each) for n, each in enumerate(ids)])
