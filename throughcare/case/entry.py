"""The timeline of a case, and the cases it is tied to. Pure."""

from datetime import datetime
from enum import StrEnum

from throughcare.case.base import Frozen
from throughcare.case.seats import (
    Attestation,
    Capacity,
)


class Entry(Frozen):
    """One line of the timeline. `at` is when it was recorded, `event_at` when it happened (ruling 12)."""

    seq: int
    kind: str
    text: str
    at: datetime
    event_at: datetime
    rung: str = ""
    clause: str | None = None
    seat: str | None = None
    person: str | None = None
    capacity: Capacity | None = None
    message_id: str | None = None
    before: str | None = None
    """Who sat in the seat before, where it changed hands."""
    note: str = ""
    """The sender's own words."""
    attested: Attestation | None = None
    corrects: int | None = None
    """The `seq` of the entry that this one corrects."""


class Relation(StrEnum):
    """What another case is to this one."""

    merged_into = "merged_into"
    absorbed = "absorbed"
    refiled_as = "refiled_as"
    refiled_from = "refiled_from"
    same_person = "same_person"
    """A case about the same client."""
    care_plan = "care_plan"
    """What an intake led to."""
    intake = "intake"
    """What a care plan came from."""
    earlier_plan = "earlier_plan"
    """A care plan of the same client that has ended."""
    service_request = "service_request"
    """A request for a service that a care plan made."""
    asked_by = "asked_by"
    """The care plan a request for a service came from."""


class CaseLink(Frozen):
    case: str
    relation: Relation
