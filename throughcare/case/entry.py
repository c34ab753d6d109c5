"""The timeline of a case, and the cases it is tied to. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import NewType, TypedDict

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.seats import (
    Attestation,
    Capacity,
)
from throughcare.time.deadline import Instant

MessageName = NewType("MessageName", str)
"""An entry that a message leaves has its name, where it has no kind of its own."""


class EntryKind(StrEnum):
    """What an entry says that any case may have. A lifecycle has kinds of its own beside these, and one that ends a case is of
    the kind of its status."""

    opened = "opened"
    begun_again = "begun_again"
    """Its workflow was lost, and goes on from the record."""
    corrected = "corrected"
    taken_back = "taken_back"
    """What an earlier entry says was a mistake."""
    linked = "linked"
    rung_begun = "rung_begun"
    lapsed = "lapsed"
    """The limit of a step passed."""
    redated = "redated"
    """The limit of a step is another one by another version of the policy."""
    undated = "undated"
    """No due date could be derived."""
    missed = "missed"
    reminded = "reminded"
    unresolved = "unresolved"
    """What was missed can go up no further, or nobody agreed at the top of a ladder."""
    seat_empty = "seat_empty"
    seat_filled = "seat_filled"
    seat_changed = "seat_changed"
    told = "told"
    """A notice that is a duty of its own was delivered."""
    notice_failed = "notice_failed"
    refused = "refused"
    full = "full"


class Provenance(TypedDict, total=False):
    """Of an entry that a message leaves, by what right and how it came."""

    capacity: Capacity | None
    message_id: str | None
    attested: Attestation | None


class Entry(Frozen):
    """One line of the timeline. `at` is when it was recorded, `event_at` when it happened (ruling 12)."""

    seq: int
    kind: str
    text: str
    at: datetime
    event_at: datetime
    step: str = ""
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
    channel: str = Field("", exclude_if=lambda channel: not channel)
    """How the notice went that it tells of. Left out where it says nothing, as from what a case carries out when it closes: that
    counts in fingerprints of before."""

    @property
    def size(self) -> int:
        """About how many characters it takes to write it down."""
        attested = len(self.attested.how) if self.attested else 0
        return 400 + len(self.text) + len(self.note) + attested


class Relation(StrEnum):
    """What another case is to this one, of any kind. A lifecycle has relations of its own beside these."""

    merged_into = "merged_into"
    absorbed = "absorbed"
    refiled_as = "refiled_as"
    refiled_from = "refiled_from"
    same_person = "same_person"
    """A case about the same client."""
    same_dispute = "same_dispute"
    """A conflict about the same youth between the same seats."""
    duplicate_of = "duplicate_of"
    """The case that goes on, of one that was opened twice."""
    duplicate = "duplicate"


class CaseLink(Frozen):
    case: str
    relation: str


class LinkedCase(Frozen):
    """Word from another case that it is now tied to this one, and how, seen from here."""

    link: CaseLink
    at: Instant
