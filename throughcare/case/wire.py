"""What a case is on the wire: how one is opened, carried on and recorded, how messages and their answers travel. Pure.

Every type here is stored in Temporal's history: fields are added with a default and never renamed or removed while a case that
used them may still be running. What only one lifecycle has is its own type within: `about` an opening, the `state` that is
carried on, the `facts` of a record.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field, JsonValue

from throughcare.case.base import Frozen
from throughcare.case.duty import Duty
from throughcare.case.entry import CaseLink, Entry
from throughcare.case.needs import Needs
from throughcare.case.notice import Delivered, Notice
from throughcare.case.parts import PackRef
from throughcare.case.refusals import Allowed
from throughcare.case.seats import Actor, Capacity, Seated
from throughcare.time.deadline import Instant

About = TypeVar("About", bound=Frozen)
State = TypeVar("State", bound=BaseModel)


class OpenCase(Frozen, Generic[About]):
    """Everything a case is judged by. The policy travels whole in `about`: a running case keeps its rules (ruling 9)."""

    kind: str
    case_id: str
    agency: str
    calendar: str
    program: str = ""
    pack: PackRef
    opened_by: str
    opened_from: str | None = None
    opened_by_right: Capacity | None = None
    received_at: datetime
    linked: tuple[str, ...] = ()
    """The cases it comes from, or belongs to."""
    about: About


class Envelope(Frozen):
    """A message as it travels, by Update or Signal. It says its own name, so that none is taken under another one. Tolerant, so
    that none is dropped."""

    name: str = ""
    message_id: str
    actor: Actor
    received_at: Instant
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Refusal(Frozen):
    """Why a message was refused: a code and the ids it is about, the words for its sender, and what may be sent instead."""

    kind: str
    status: int
    detail: str
    about: tuple[str, ...] = ()
    """The ids of what stands in the way: duties, entries, members or versions."""
    allowed: tuple[Allowed, ...] = ()
    shown: dict[str, JsonValue] | None = None
    """What its sender needs to see beside the words: of two texts that met, both."""


MESSAGE_FAILED = "Refused"
"""The error type of a refused update. Error types are stored in plain text, so there is one, and it says nothing more."""


class Answer(Frozen):
    """What became of a message. It is remembered, so that the same message twice gets the same answer."""

    message_id: str
    name: str
    received_at: datetime
    person: str
    refusal: Refusal | None = None
    version: int = 0


class CarriedCase(Frozen, Generic[State]):
    """What a case takes along into its next run."""

    state: State
    answers: dict[str, Answer]
    recorded_entries: int
    recorded_at: datetime
    recorded_writings: int = 0


class SealedStart(Frozen):
    """What a workflow begins with. It is handed to no workflow but the one it was encrypted for (throughcare.temporal.sealing)."""


class CaseRun(SealedStart, Generic[About, State]):
    opening: OpenCase[About]
    carried: CarriedCase[State] | None = None


class CaseLookup(Frozen):
    """What a case needs to know, asked at once: of which agency, on which calendar, and at which instant."""

    agency: str
    calendar: str
    at: datetime
    needs: Needs


class Changed(Frozen):
    """Word that something outside a case may be otherwise than it knows."""

    at: datetime


NOTICES_SETTLED = "notices_settled"
"""The name under which a case is told what became of its notices."""


class NoticesSettled(Frozen):
    """What became of notices that a case wants to hear of. It may come again, and is heard once."""

    outcomes: tuple[tuple[Notice, Delivered], ...]


class RecordWritten(Frozen):
    """A record is written. `awaited` are the notices of a closed case that it is still to be told of, by key."""

    digest: str
    awaited: tuple[str, ...] = ()


_FOLLOWS: Mapping[str, Any] = {
    "allowed": True,
    # Of each recusal the timeline has an entry.
    "recused": True,
    "kept": True,
    "duties": {"__all__": {"answers", "answered_from", "after"}},
    "seats": {"__all__": {"on_side"}},
}
"""What of a record follows from the rest of it, from the policy and from the messages of its lifecycle."""


class CaseSettled(Frozen):
    """How it ended."""

    case_id: str
    status: str
    step: str
    level: int


class RecordedDuty(Duty):
    """A duty as the record has it, with what a page needs beside it."""

    answers: tuple[str, ...] = ()
    """The messages that discharge it."""
    answered_from: tuple[str, ...] = ()
    """The seats they may come from."""
    after: tuple[str, ...] = ()
    """The ids of the duties it waits for."""


class RecordedSeat(Seated):
    """A seat as the record has it."""

    on_side: bool = True
    """Whether whoever sits there takes part in the case, and so sees it."""


class CaseRecord(Frozen):
    """The whole of a case after a step, with the timeline entries, notices and answers that are new.

    Records are ordered by (`at`, `version`) and applied once by that key.
    """

    case_id: str
    kind: str
    agency: str
    program: str
    pack: PackRef
    client: str | None = None
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    status: str
    step: str
    step_title: str = ""
    program_title: str = ""
    level: int = 0
    due_at: datetime | None
    overdue: bool
    version: int
    at: datetime
    seats: tuple[RecordedSeat, ...]
    duties: tuple[RecordedDuty, ...]
    settled: tuple[str, ...] = ()
    """The ids of duties that were over when the last record was made and are as they were: a case of years has hundreds."""
    allowed: tuple[Allowed, ...]
    links: tuple[CaseLink, ...] = ()
    recused: tuple[str, ...] = ()
    """Who is out of it, whatever part they had (ruling 20)."""
    facts: dict[str, Any]
    """What its lifecycle knows beside that."""
    carried: dict[str, Any] | None = None
    """Of a closed case, all it needs to be taken up again: a CaseRun."""
    kept: str = ""
    """Of an open case, all it needs to be begun again from here: a CaseRun as JSON, which costs a third of what objects do. A
    replay, which writes nothing, leaves it out."""
    follows_at: datetime | None = None
    """When the record before this one was made. A crash between recording and task completion leaves rows of something that
    did not happen: rows newer than that give way."""
    entries_before: int | None = None
    """How many entries the timeline had before these."""
    entries: tuple[Entry, ...] = ()
    notices: tuple[Notice, ...] = ()
    answers: tuple[Answer, ...] = ()
    writings_before: int | None = None
    writings: tuple[dict[str, Any], ...] = ()
    """Of a case that writes a document, the writings of its sections that are new."""

    @property
    def size(self) -> int:
        """About how many characters this step has added to the case. Of a message's words, the entry has as many."""
        written = sum(len(str(each)) for each in self.writings)
        return written + sum(entry.size for entry in self.entries)

    def digest(self) -> str:
        """A short fingerprint; the history keeps it, so a replay that would record something else is seen.

        What has its default is left out, so that a field added later changes no fingerprint of before; and so is what today's
        messages make of it, so that one added later changes none either.
        """
        said = self.model_dump_json(exclude_defaults=True, exclude=_FOLLOWS)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def workflow_id(kind: str, case_id: str) -> str:
    """Case ids are ULIDs: a workflow id tells nothing about anybody."""
    return f"{kind}-{case_id}"


def case_of(workflow: str) -> tuple[str, str]:
    """The kind and the id of the case a workflow carries."""
    kind, _, case_id = workflow.rpartition("-")
    return kind, case_id
