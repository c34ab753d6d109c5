"""What a case needs from outside before it is at rest, and what was found. Pure."""

from datetime import datetime

from pydantic import Field, JsonValue

from throughcare.case.base import Frozen
from throughcare.case.consents import ConsentFacts
from throughcare.case.seats import Seated, SeatQuery
from throughcare.time.deadline import Dated, Instant
from throughcare.time.span import Within


class DateWanted(Frozen):
    """A due date to be derived; `key` is the case's own name for it."""

    key: str
    rule: Within
    started_at: Instant


class StartCase(Frozen):
    """A case of its own that this one begins. `opening` are the fields of its OpenCase that are not those of this case."""

    kind: str
    case_id: str
    opening: dict[str, JsonValue]


class Word(Frozen):
    """What another case is told, under a name that its lifecycle knows."""

    kind: str
    case_id: str
    name: str
    facts: dict[str, JsonValue]


Outgoing = StartCase | Word


class Needs(Frozen):
    """Everything a case can use at once. `consents_of` is the client whose consents are asked for; `outgoing` is what is to
    be done, in this order."""

    seats: tuple[SeatQuery, ...] = ()
    dates: tuple[DateWanted, ...] = ()
    consents_of: str | None = None
    outgoing: tuple[Outgoing, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.seats or self.dates or self.consents_of or self.outgoing)

    @property
    def in_words(self) -> str:
        """For operators."""
        asked = ["who sits where"] if self.seats else []
        if self.dates:
            many = len(self.dates)
            asked.append(f"{many} due dates" if many > 1 else "a due date")
        if self.consents_of:
            asked.append("consents on file")
        return ", ".join(asked)

    @property
    def looks_up(self) -> bool:
        return bool(self.seats or self.dates or self.consents_of)


class Found(Frozen):
    """The answer to Needs. `dates` are by key. Of `outgoing`, how many were done, and those words nobody could take."""

    seats: tuple[Seated, ...] = ()
    dates: dict[str, Dated] = Field(default_factory=dict)
    consents: tuple[ConsentFacts, ...] | None = None
    sent: int = 0
    undelivered: tuple[Word, ...] = ()
    at: datetime | None = None
