"""A case as a workflow would record it, with whatever a test wants to be different."""

from datetime import UTC, datetime, timedelta

from throughcare.case.duty import (
    Act,
    Basis,
    Duty,
    DutyStatus,
)
from throughcare.case.entry import Entry
from throughcare.case.notice import Notice
from throughcare.case.refusals import Allowed
from throughcare.case.seats import (
    Capacity,
    Seated,
    Side,
)
from throughcare.lifecycles.care_plan.facts import Content, Writing
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.conflict.conflict import Status
from throughcare.messages import Answer, CaseRecord, PackRef
from throughcare.serving import ServedRecord

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


def duty(number: int = 1, status: DutyStatus = DutyStatus.open) -> Duty:
    return Duty(
        id=f"A1:CR-A-1:meeting:{number}",
        clause="CR-A-1",
        act=Act.meeting,
        text="The two workers meet",
        rung="A1",
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
    record = CaseRecord(
        case_id=case_id,
        agency="wraparound-milwaukee",
        program="wraparound",
        ladder="A",
        pack=PackRef(id="milwaukee-wraparound", version=1, digest="0123456789ab"),
        youth="Y-1",
        subject="Who visits the school",
        raised_by=Side.coordination,
        opened_by="alder",
        opened_at=NOW,
        closed_at=None,
        status=Status.open,
        rung="A1",
        level=1,
        due_at=NOW + timedelta(days=5),
        version=version,
        at=NOW + timedelta(seconds=version),
        seats=(seated("coordinator"), seated("worker", "ironwood")),
        duties=(duty(),),
        allowed=(Allowed(message="withdraw", seats=("a",), titles=("A",)),),
        agreed={"A1": (Side.coordination,)},
    )
    return record.model_copy(update=changed)


def served_record(
    version: int = 1, *, case_id: str = CASE, **changed: object
) -> ServedRecord:
    """The same of an intake."""
    record = ServedRecord(
        case_id=case_id,
        kind="intake",
        agency="wraparound-milwaukee",
        program="cars",
        pack=PackRef(id="milwaukee-cars", version=1, digest="0123456789ab"),
        client="01KAHX6Z1MCCCCCCCCCCCCCCCC",
        branch="ordinary",
        opened_by="alder",
        opened_at=NOW,
        closed_at=None,
        status="open",
        stage="waiting_for_consents",
        due_at=NOW + timedelta(days=5),
        overdue=False,
        version=version,
        at=NOW + timedelta(seconds=version),
        seats=(seated("supervisor"), seated("worker", "ironwood")),
        duties=(duty(),),
        allowed=(Allowed(message="withdraw", seats=("a",), titles=("A",)),),
        known=ClientFacts(branch="ordinary", natural_supports="none"),
    )
    return record.model_copy(update=changed)
