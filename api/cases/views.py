"""How cases and duties are shown: ids with the names and titles they stand for, limits with whose they are."""

from datetime import date, datetime
from typing import Generic, Self, TypeVar

from pydantic import Field

from throughcare.case.duty import (
    Duty,
    DutyStatus,
)
from throughcare.case.entry import CaseLink
from throughcare.case.notice import Delivery
from throughcare.case.parts import PackRef
from throughcare.case.refusals import Allowed
from throughcare.case.seats import (
    Attestation,
    Capacity,
    Side,
)
from throughcare.case.wire import RecordedDuty
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.store.case_lists import CaseLine
from throughcare.store.cases import Line
from throughcare.store.tables import NoticeRow
from throughcare.time.deadline import CountedKind
from throughcare.usecases.limits import WHOSE
from throughcare.usecases.views import ClientView, Names, PersonView, View


class SeatedView(View):
    """A part in the case, the seat that fills it and who sits there; `person` is null while it is empty."""

    role: str
    title: str
    organization: str
    seat: str | None
    person: PersonView | None
    capacity: Capacity | None = Field(
        description="By what right they act: the holder, or a substitute while the holder is away"
    )


class DischargeView(View):
    """What ended a duty: when it happened, and when it was entered."""

    event_at: datetime
    entered_at: datetime
    person: PersonView | None
    seat: str | None
    text: str
    attested_by: PersonView | None = Field(
        description="Who entered it, where it is somebody else's word"
    )


class ReceiptStepView(View):
    """One thing that the counting of a due date met, from the local date `first` to `last`, both included."""

    kind: CountedKind
    first: date
    last: date
    text: str
    reason: str = Field(
        description="Why, apart from the words: what a closed day is called, `closed`, `no_such_day`, `clocks_forward` or `clocks_back`"
    )


class DutyView(View):
    """A promise of the policy that has fired in a case, with its owner, its clock and what ended it."""

    id: str
    clause: str
    act: str
    text: str
    step: str
    status: DutyStatus
    holders: tuple[SeatedView, ...]
    opened_at: datetime
    due_at: datetime | None
    limit: str | None = Field(
        description="Whose limit it is: `policy`, `agency setting`, `plan` or `payer`"
    )
    receipt: str | None = Field(description="How the due date was derived, in words")
    receipt_steps: tuple[ReceiptStepView, ...] = Field(
        description="What the counting met, one by one, such as the days that were skipped; the due date itself comes last"
    )
    answers: tuple[str, ...] = Field(
        description="The messages that discharge it, while it is still to be done"
    )
    answered_from: tuple[str, ...] = Field(description="The seats they may come from")
    after: tuple[str, ...] = Field(
        description="The ids of the duties that come before it and are still to be done"
    )
    discharge: DischargeView | None
    entered_late: bool
    mine: bool = Field(description="Held by a seat you sit in yourself")

    @classmethod
    def of(
        cls, duty: RecordedDuty, names: Names, my_seats: tuple[str, ...], **more: object
    ) -> Self:
        """`more` are the fields that a kind of duty line has beside these."""
        return cls(
            id=duty.id,
            clause=duty.clause,
            act=duty.act,
            text=duty.text,
            step=duty.step,
            status=duty.status,
            holders=tuple(
                SeatedView(
                    role=holder.role,
                    title=holder.title,
                    organization=holder.organization,
                    seat=holder.seat,
                    person=PersonView.of(holder.person, names),
                    capacity=holder.capacity,
                )
                for holder in duty.holders
            ),
            opened_at=duty.opened_at,
            due_at=duty.due_at,
            limit=WHOSE[duty.basis] if duty.basis and duty.due_at else None,
            receipt=duty.receipt.plain() if duty.receipt else None,
            receipt_steps=tuple(
                ReceiptStepView.model_validate(step.model_dump())
                for step in (duty.receipt.steps if duty.receipt else ())
            ),
            answers=duty.answers,
            answered_from=duty.answered_from,
            after=duty.after,
            discharge=_discharge(duty, names),
            entered_late=duty.entered_late,
            mine=any(holder.seat in my_seats for holder in duty.holders),
            **more,
        )


def _discharge(duty: Duty, names: Names) -> DischargeView | None:
    done = duty.discharge
    if done is None:
        return None
    return DischargeView(
        event_at=done.event_at,
        entered_at=done.entered_at,
        person=PersonView.of(done.person, names),
        seat=done.seat,
        text=done.text,
        attested_by=PersonView.of(done.attested_by, names),
    )


class NoticeView(View):
    """A notice of the case and what became of it. `channel` is how it went: by e-mail, by webhook."""

    key: str
    kind: str
    clause: str | None
    step: str
    receiver_seat: str | None
    receiver: PersonView | None
    sender_seat: str | None
    delivery: Delivery
    channel: str | None
    reason: str
    queued_at: datetime
    settled_at: datetime | None
    again_of: str | None = Field(
        description="The key of the notice that this one was sent again for"
    )
    sent_again_at: datetime | None
    sent_again_by: PersonView | None

    @classmethod
    def of(cls, row: NoticeRow, names: Names) -> Self:
        return cls(
            key=row.key,
            kind=row.kind,
            clause=row.clause,
            step=row.step,
            receiver_seat=row.receiver_seat,
            receiver=PersonView.of(row.receiver_person, names),
            sender_seat=row.sender_seat,
            delivery=Delivery(row.delivery),
            channel=row.channel,
            reason=row.reason,
            queued_at=row.queued_at,
            settled_at=row.settled_at,
            again_of=row.again_of,
            sent_again_at=row.sent_again_at,
            sent_again_by=PersonView.of(row.sent_again_by, names),
        )


class AllowedView(Allowed):
    """A message that may be sent now, and the seats it may come from."""

    yours: Capacity | None = Field(
        description="By what right you may send it, the best you have; null where you may not"
    )


class ReadingView(View):
    """How the agency reads a sentence of the policy that can be read in more than one way."""

    id: str
    question: str
    clauses: tuple[str, ...]
    reading: str


class CaseSummary(View):
    """A case of any kind, as lists show it."""

    id: str
    kind: str = Field(examples=["conflict"])
    address: str = Field(examples=["/conflicts/01JZ0000000000000000000000"])
    status: str
    step: str | None = Field(
        description="Where it stands; null before it could begin, and of a case about a client once it is over"
    )
    step_title: str = Field(
        description="What the policy calls that, or its id in words"
    )
    level: int = Field(description="How many steps of a ladder it has reached")
    program: str
    program_title: str = Field(
        description="What the policy calls the program, or its id"
    )
    due_at: datetime | None = Field(description="The soonest due date")
    overdue: bool = Field(
        description="Whether something was not done within its limit; each duty says whose limit that is"
    )
    opened_at: datetime
    closed_at: datetime | None
    client: ClientView | None = Field(description="Whom it serves; null of a conflict")
    branch: str | None = Field(
        description="Of an intake, `emergency` or `ordinary`, once screened"
    )
    ladder: str | None = Field(description="Of a conflict")
    raised_by: Side | None = Field(description="Of a conflict")
    youth: str | None = Field(
        description="Of a conflict, the agency's own reference to the enrollee"
    )
    subject: str | None = Field(description="Of a conflict")

    @classmethod
    def of(cls, line: CaseLine) -> Self:
        return cls(
            id=line.id,
            kind=line.kind,
            address=f"{LIFECYCLES[line.kind].path}/{line.id}",
            status=line.status,
            step=line.step,
            step_title=line.step_title,
            level=line.level,
            program=line.program,
            program_title=line.program_title,
            due_at=line.due_at,
            overdue=line.overdue,
            opened_at=line.opened_at,
            closed_at=line.closed_at,
            client=ClientView(id=line.client_id, name=line.client_name or "")
            if line.client_id
            else None,
            branch=line.branch,
            ladder=line.ladder,
            raised_by=Side(line.raised_by) if line.raised_by else None,
            youth=line.youth,
            subject=line.subject,
        )


FactsOf = TypeVar("FactsOf")

ALIKE = "Of the answer to an opening: clients you see who may be the same person; say so at `/clients/{id}/likeness`"


class CaseView(CaseSummary, Generic[FactsOf]):
    """One case, whole but for its timeline. `facts` is what only a case of its kind has."""

    pack: PackRef
    opened_by: PersonView | None
    seats: tuple[SeatedView, ...]
    duties: tuple[DutyView, ...]
    messages: tuple[AllowedView, ...] = Field(
        description="The messages valid now, and who may send them"
    )
    notices: tuple[NoticeView, ...]
    links: tuple[CaseLink, ...] = Field(
        description="The cases this one is tied to, and what each is to it"
    )
    readings: tuple[ReadingView, ...]
    alike: tuple[str, ...] = Field(
        default=(), exclude_if=lambda found: not found, description=ALIKE
    )
    facts: FactsOf


class AttestationView(View):
    """Somebody's word, entered by another: who said it, to whom, how and when."""

    entered_by: PersonView | None
    said_by: PersonView | None
    told_to: PersonView | None
    how: str
    said_at: datetime

    @classmethod
    def of(cls, attested: Attestation | None, names: Names) -> Self | None:
        if attested is None:
            return None
        return cls(
            entered_by=PersonView.of(attested.entered_by, names),
            said_by=PersonView.of(attested.said_by, names),
            told_to=PersonView.of(attested.told_to, names),
            how=attested.how,
            said_at=attested.said_at,
        )


class EntryView(View):
    """A line of the timeline. `at` is when it was recorded, `event_at` when it happened. One that was superseded stays, and says
    when and why."""

    seq: int
    kind: str
    text: str
    at: datetime
    event_at: datetime
    step: str
    clause: str | None
    seat: str | None
    person: PersonView | None
    capacity: Capacity | None
    before: PersonView | None = Field(
        description="Who sat in the seat before, where it changed hands"
    )
    note: str
    message_id: str | None
    attested: AttestationView | None
    corrects: int | None = Field(description="The `seq` of the entry it corrects")
    taken_back_by: int | None = Field(
        description="The `seq` of the entry that says it was a mistake, where it was"
    )
    channel: str | None = Field(
        description="How the notice went that it tells of: by e-mail, by webhook"
    )
    superseded_at: datetime | None = Field(
        description="When its case was found not to have it any more; null of what stands"
    )
    superseded_why: str | None

    @classmethod
    def of(cls, line: Line, names: Names, taken_back_by: int | None = None) -> Self:
        entry = line.entry
        return cls(
            seq=entry.seq,
            kind=entry.kind,
            text=entry.text,
            at=entry.at,
            event_at=entry.event_at,
            step=entry.step,
            clause=entry.clause,
            seat=entry.seat,
            person=PersonView.of(entry.person, names),
            capacity=entry.capacity,
            before=PersonView.of(entry.before, names),
            note=entry.note,
            message_id=entry.message_id,
            attested=AttestationView.of(entry.attested, names),
            corrects=entry.corrects,
            taken_back_by=taken_back_by,
            channel=entry.channel or None,
            superseded_at=line.superseded_at,
            superseded_why=line.superseded_why,
        )
