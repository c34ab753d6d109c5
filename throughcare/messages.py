"""What crosses the wire: workflow inputs, messages and their answers, activity arguments; workflow ids.

Every one is stored in Temporal's history, so fields are added with a default and never renamed or removed while a case
that used them may still be running.
"""

import hashlib
from datetime import datetime

from pydantic import Field, JsonValue

from throughcare.case.base import Frozen
from throughcare.case.duty import Duty
from throughcare.case.entry import CaseLink, Entry
from throughcare.case.notice import Delivered, Notice
from throughcare.case.refusals import Allowed
from throughcare.case.seats import (
    Actor,
    Capacity,
    Seated,
    SeatQuery,
    Side,
)
from throughcare.lifecycles.conflict.conflict import Conflict, Status
from throughcare.lifecycles.conflict.policy import SharedConflictPolicy
from throughcare.time.deadline import (
    Dated,
    DeadlineRequest,
    Instant,
)

MESSAGE_FAILED = "Refused"
"""The error type of a refused update. Error types are stored in plain text, so there is one, and it says nothing more."""


def conflict_workflow_id(case_id: str) -> str:
    """Case ids are ULIDs: a workflow id tells nothing about anybody."""
    return workflow_id("conflict", case_id)


def workflow_id(kind: str, case_id: str) -> str:
    """Of a case of this kind: `conflict`, `intake`, `care-plan` or `service-request`."""
    return f"{kind}-{case_id}"


def case_of(workflow: str) -> tuple[str, str]:
    """The kind and the id of the case a workflow carries."""
    kind, _, case_id = workflow.rpartition("-")
    return kind, case_id


class PackRef(Frozen):
    id: str
    version: int
    digest: str

    def __str__(self) -> str:
        return f"{self.id} v{self.version} ({self.digest})"


class OpenConflict(Frozen):
    """Everything a conflict is judged by. The policy travels whole: a running case keeps its rules (ruling 9)."""

    case_id: str
    agency: str
    calendar: str
    program: str = ""
    pack: PackRef
    policy: SharedConflictPolicy
    raised_by: Side
    opened_by: str
    opened_from: str | None = None
    opened_by_right: Capacity | None = None
    chosen: dict[str, str]
    """The seats named at the opening, by role."""
    supervisor_is_party: Side | None = None
    youth: str
    subject: str
    received_at: datetime
    refiled_from: str | None = None
    """The case that was on the wrong ladder, where this one begins in its place."""


class Envelope(Frozen):
    """A message as it travels, by Update or Signal; its name is the handler's name. Tolerant, so that none is dropped."""

    message_id: str
    actor: Actor
    received_at: Instant
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Refusal(Frozen):
    """Why a message was refused, in words for its sender, and what may be sent instead."""

    kind: str
    status: int
    detail: str
    allowed: tuple[Allowed, ...] = ()
    shown: dict[str, JsonValue] | None = None
    """What its sender needs to see beside the words: of two texts that met, both."""


class Answer(Frozen):
    """What became of a message. It is remembered, so that the same message twice gets the same answer."""

    message_id: str
    name: str
    received_at: datetime
    person: str
    refusal: Refusal | None = None
    version: int = 0


class CarriedConflict(Frozen):
    """What a conflict takes along into its next run."""

    conflict: Conflict
    answers: dict[str, Answer]
    recorded_entries: int
    recorded_at: datetime | None = None


class ConflictRun(Frozen):
    opening: OpenConflict
    carried: CarriedConflict | None = None
    shape: int = 1
    """What a conflict that begins with this run knows: throughcare.lifecycles.conflict.conflict.SHAPE on the day it was opened."""


class LinkedCase(Frozen):
    """Word from another case that it is now tied to this one, and how, seen from here."""

    link: CaseLink
    at: Instant


class ConflictSettled(Frozen):
    """How it ended."""

    case_id: str
    status: Status
    rung: str | None
    level: int


class SeatLookup(Frozen):
    """Who sits in these seats at this instant."""

    agency: str
    at: datetime
    queries: tuple[SeatQuery, ...]


class SeatsFound(Frozen):
    seats: tuple[Seated, ...]


class RungLookup(Frozen):
    """What a rung needs to begin, asked at once: its seats and, where it has a limit, its due date."""

    seats: SeatLookup
    deadline: DeadlineRequest | None = None


class RungPrepared(Frozen):
    seats: tuple[Seated, ...]
    dated: Dated


class CaseRecord(Frozen):
    """The whole of a case after a transition, with the timeline entries, notices and answers that are new.

    Records are ordered by (`at`, `version`) and applied once by that key.
    """

    case_id: str
    kind: str = "conflict"
    agency: str
    program: str
    ladder: str
    pack: PackRef
    youth: str
    subject: str
    raised_by: Side
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    status: Status
    rung: str | None
    level: int
    due_at: datetime | None
    version: int
    at: datetime
    seats: tuple[Seated, ...]
    duties: tuple[Duty, ...]
    allowed: tuple[Allowed, ...]
    agreed: dict[str, tuple[Side, ...]] = Field(default_factory=dict)
    """Per rung, the sides that have confirmed agreement so far."""
    links: tuple[CaseLink, ...] = ()
    carried: ConflictRun | None = None
    """Of a closed case, all it needs to be taken up again."""
    follows_at: datetime | None = None
    """When the record before this one was made. Whatever stands there from in between is of a task that was cut off
    after it had recorded, and was done over."""
    entries_before: int | None = None
    """How many entries the timeline had before these."""
    entries: tuple[Entry, ...] = ()
    notices: tuple[Notice, ...] = ()
    answers: tuple[Answer, ...] = ()

    def digest(self) -> str:
        """A short fingerprint; the history keeps it, so a replay that would record something else is seen.

        What has its default is left out, so that a field added later changes no fingerprint of before.
        """
        said = self.model_dump_json(exclude_defaults=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class NoticesToSend(Frozen):
    case_id: str
    pack: PackRef
    ladder: str
    notices: tuple[Notice, ...]
    kind: str = "conflict"


class NoticesSent(Frozen):
    outcomes: tuple[Delivered, ...]
