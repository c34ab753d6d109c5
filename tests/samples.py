"""A case as a workflow would record it, with whatever a test wants to be different."""

from datetime import UTC, datetime, timedelta

from throughcare.case.duty import Basis, DutyStatus
from throughcare.case.entry import Entry
from throughcare.case.notice import Notice
from throughcare.case.parts import PackRef
from throughcare.case.refusals import Allowed
from throughcare.case.seats import (
    Capacity,
    Seated,
    Side,
)
from throughcare.case.wire import Answer, CaseRecord, RecordedDuty, RecordedSeat
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.plan_facts import Content, Writing
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import ConflictFacts, ConflictStatus

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
"""A Friday, in the morning in Milwaukee."""

CASE = "01KAHX6Z1M0000000000000000"


def seated(role: str, person: str | None = "alder") -> Seated:
    return Seated(
        role=role,
        title=role.capitalize(),
        organization="Wraparound Milwaukee",
        seat=f"seat-of-{role}",
        person=person,
        capacity=Capacity.holder if person else None,
    )


def recorded_seats(*seats: Seated) -> tuple[RecordedSeat, ...]:
    """On a side, unless they say otherwise."""
    return tuple(RecordedSeat(**dict(seat)) for seat in seats)


def duty(number: int = 1, status: DutyStatus = DutyStatus.open) -> RecordedDuty:
    return RecordedDuty(
        id=f"A1:CR-A-1:meeting:{number}",
        clause="CR-A-1",
        act=ConflictAct.meeting,
        text="The two workers meet",
        step="A1",
        holders=(seated("coordinator"), seated("worker", "ironwood")),
        opened_at=NOW,
        due_at=NOW + timedelta(days=5),
        basis=Basis.agency,
        status=status,
    )


def entry(seq: int, text: str = "Conflict opened.") -> Entry:
    return Entry(seq=seq, kind="opened", text=text, at=NOW, event_at=NOW)


def notice(key: str) -> Notice:
    return Notice(key=key, kind="told", receiver=seated("worker", "ironwood"))


def writing(
    seq: int, section: str = "vision", *, revision: int = 1, text: str = "a home"
) -> Writing:
    """Of a section of a plan."""
    return Writing(
        seq=seq,
        section=section,
        revision=revision,
        content=Content(text=text),
        at=NOW,
        person="alder",
        seat="seat-of-worker",
    )


def answer(message_id: str) -> Answer:
    return Answer(
        message_id=message_id, name="meeting_held", received_at=NOW, person="alder"
    )


def case_record(
    version: int = 1, *, case_id: str = CASE, **changed: object
) -> CaseRecord:
    """The record number `version`, made that many seconds after NOW."""
    facts = ConflictFacts(
        ladder="A",
        youth="Y-1",
        subject="Who visits the school",
        raised_by=Side.coordination,
        agreed={"A1": (Side.coordination,)},
    )
    record = CaseRecord(
        case_id=case_id,
        kind="conflict",
        agency="wraparound-milwaukee",
        program="wraparound",
        pack=PackRef(id="milwaukee-wraparound", version=1, digest="0123456789ab"),
        opened_by="alder",
        opened_at=NOW,
        closed_at=None,
        status=ConflictStatus.open,
        step="A1",
        level=1,
        due_at=NOW + timedelta(days=5),
        overdue=False,
        version=version,
        at=NOW + timedelta(seconds=version),
        seats=recorded_seats(seated("coordinator"), seated("worker", "ironwood")),
        duties=(duty(),),
        allowed=(Allowed(message="withdraw", seats=("a",), titles=("A",)),),
        facts=facts.model_dump(mode="json"),
    )
    return _changed(record, changed)


def served_record(
    version: int = 1, *, case_id: str = CASE, **changed: object
) -> CaseRecord:
    """The same of an intake."""
    facts = ClientFacts(branch="ordinary", natural_supports="none")
    record = CaseRecord(
        case_id=case_id,
        kind="intake",
        agency="wraparound-milwaukee",
        program="cars",
        pack=PackRef(id="milwaukee-cars", version=1, digest="0123456789ab"),
        client="01KAHX6Z1MCCCCCCCCCCCCCCCC",
        opened_by="alder",
        opened_at=NOW,
        closed_at=None,
        status="open",
        step="waiting_for_consents",
        due_at=NOW + timedelta(days=5),
        overdue=False,
        version=version,
        at=NOW + timedelta(seconds=version),
        seats=recorded_seats(seated("supervisor"), seated("worker", "ironwood")),
        duties=(duty(),),
        allowed=(Allowed(message="withdraw", seats=("a",), titles=("A",)),),
        facts=facts.model_dump(mode="json"),
    )
    return _changed(record, changed)


def _changed(record: CaseRecord, changed: dict[str, object]) -> CaseRecord:
    """A name that a record does not have would change nothing, and no test would see it."""
    assert changed.keys() <= CaseRecord.model_fields.keys(), changed
    if seats := changed.get("seats"):
        changed["seats"] = recorded_seats(*seats)  # type: ignore[misc]  # A tuple of them.
    return record.model_copy(update=changed)
