"""A case about a client as one person sees it."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.casepage import messages_now
from api.deps import Asking
from api.views import (
    AllowedView,
    DutyView,
    EntryView,
    Names,
    NoticeView,
    PersonView,
    ReadingView,
    SeatedView,
    View,
)
from throughcare.case.entry import (
    CaseLink,
    Entry,
)
from throughcare.case.parts import PackRef, Reading
from throughcare.case.seats import Capacity
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.fields import ClientStatus
from throughcare.packs.pack import Pack
from throughcare.store.cases import WholeCase
from throughcare.store.served import known_of
from throughcare.store.tables import CaseRow, CaseSeatRow

OWN_WORDS = ("self_assessed", "worker_asks_change", "supervision_held")
"""Entries whose words are for whoever wrote them and who supervises them, and never for the person (CS-V-6, CS-X-7)."""


class ClientView(View):
    id: str
    name: str


class ServedSummary(View):
    id: str
    kind: str
    status: ClientStatus
    stage: str = Field(description="What its next step is about")
    stage_title: str = Field(
        description="What the policy calls that, or its id in words"
    )
    branch: str | None = Field(description="`emergency` or `ordinary`, once screened")
    program: str
    program_title: str = Field(
        description="What the policy calls the program, or its id"
    )
    client: ClientView
    due_at: datetime | None = Field(description="The soonest due date")
    overdue: bool = Field(
        description="Whether something was not done within its limit; each duty says whose limit that is"
    )
    opened_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row: CaseRow, clients: Names) -> Self:
        client = row.client_id or ""
        return cls(
            id=row.id,
            kind=row.kind,
            status=ClientStatus(row.status),
            stage=row.rung or row.status,
            stage_title=row.step_title,
            branch=row.ladder or None,
            program=row.program,
            program_title=row.program_title,
            client=ClientView(id=client, name=clients.get(client, "")),
            due_at=row.due_at,
            overdue=row.overdue,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )


class ServedView(ServedSummary):
    """One case about a client, whole but for its timeline."""

    pack: PackRef
    opened_by: PersonView | None
    seats: tuple[SeatedView, ...]
    duties: tuple[DutyView, ...]
    messages: tuple[AllowedView, ...] = Field(
        description="The messages valid now, and who may send them"
    )
    known: ClientFacts = Field(
        description="Needs, plans, the worker, wishes, consents, what is held, exceptions"
    )
    notices: tuple[NoticeView, ...]
    links: tuple[CaseLink, ...] = Field(
        description="The cases this one is tied to, and what each is to it"
    )
    readings: tuple[ReadingView, ...]


def served_page(
    whole: WholeCase, pack: Pack, clients: Names, asking: Asking
) -> ServedView:
    row = whole.row
    return ServedView(
        **ServedSummary.of(row, clients).model_dump(),
        pack=PackRef(id=row.pack_id, version=row.pack_version, digest=row.pack_digest),
        opened_by=PersonView.of(row.opened_by, whole.names),
        seats=tuple(
            _seated(seat, whole.names)
            for seat in sorted(whole.seats, key=lambda each: each.role)
        ),
        duties=tuple(
            DutyView.of(row.id, duty, whole.names, asking.own_seats)
            for duty in whole.duties
        ),
        messages=tuple(messages_now(row, asking)),
        known=known_of(row),
        notices=tuple(NoticeView.of(notice, whole.names) for notice in whole.notices),
        links=tuple(
            CaseLink(case=link.other_id, relation=link.relation) for link in whole.links
        ),
        readings=tuple(
            ReadingView.model_validate(reading.model_dump())
            for reading in _readings(row, pack)
        ),
    )


def _readings(row: CaseRow, pack: Pack) -> tuple[Reading, ...]:
    """Those of the intake, and past it those of the care plan as well."""
    assert pack.intake is not None
    if row.kind == "intake" or pack.care_plan is None:
        return pack.intake.readings
    return (*pack.intake.readings, *pack.care_plan.readings)


def _seated(seat: CaseSeatRow, names: Names) -> SeatedView:
    return SeatedView(
        role=seat.role,
        title=seat.title,
        organization=seat.organization,
        seat=seat.seat_id,
        person=PersonView.of(seat.person_id, names),
        capacity=Capacity(seat.capacity) if seat.capacity else None,
    )


def entry_view(entry: Entry, names: Names, asking: Asking) -> EntryView:
    """Without the words that are not for this person to read."""
    if entry.kind in OWN_WORDS and not _may_read(entry, asking):
        entry = entry.model_copy(update={"note": ""})
    return EntryView.of(entry, names)


def _may_read(entry: Entry, asking: Asking) -> bool:
    above = [held.seat for held in asking.seats]
    return entry.person == asking.person_id or entry.seat in above
