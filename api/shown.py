"""What an answer shows of whom. A route that has a case's or a client's id in its path needs to say nothing; whoever lists
records says which."""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.types import Scope

from throughcare.case.seats import Capacity
from throughcare.store.access import Right
from throughcare.store.reads import Read, Reader
from throughcare.usecases.asking import Asking


@dataclass
class RecordsShown:
    """By one answer. `reader`: whoever follows a link has no key."""

    any: bool = False
    cases: list[str] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    reader: Reader | None = None


_shown: ContextVar[RecordsShown] = ContextVar("shown")


def begin() -> RecordsShown:
    """Of the request that begins now."""
    shown = RecordsShown()
    _shown.set(shown)
    return shown


def shows(
    *,
    cases: Iterable[str] = (),
    clients: Iterable[str] = (),
    reader: Reader | None = None,
) -> None:
    """This answer shows these records; none of a list that found nothing, which is on record too. `reader` where it is not
    whoever has the request's key."""
    shown = _shown.get(None) or RecordsShown()
    shown.any = True
    shown.cases += cases
    shown.clients += clients
    shown.reader = reader or shown.reader


def read_of(
    shown: RecordsShown, scope: Scope, request_id: str, media_type: str
) -> Read | None:
    """What is to be put on record of an answer that was given; None where it showed nobody's record."""
    places = scope.get("path_params", {})
    cases = [*_named(places, "case_id"), *shown.cases]
    clients = [*_named(places, "client_id"), *shown.clients]
    if not (shown.any or cases or clients):
        return None
    state = scope.get("state", {})
    route = scope.get("route")
    return Read(
        id=request_id,
        at=datetime.now(UTC),
        reader=shown.reader or _reader(state.get("asking")),
        address=scope["client"][0] if scope.get("client") else None,
        route=getattr(route, "name", ""),
        media_type=media_type,
        cases=tuple(dict.fromkeys(cases)),
        clients=tuple(dict.fromkeys(clients)),
    )


def _named(places: dict[str, str], name: str) -> list[str]:
    return [places[name]] if name in places else []


def _reader(asking: Asking | None) -> Reader:
    if asking is None:
        return Reader(person=None)
    sees_all = Right.administrator if asking.is_administrator else Right.oversight
    return Reader(
        person=asking.person_id,
        seats={e.seat: e.capacity is Capacity.supervisor for e in asking.seats},
        sees_all=sees_all if asking.scope.seats is None else None,
    )
