"""Intakes and care plans on a running agency, and how people speak to them."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.waiting import until
from tests.workflows.conftest import HISTORIES, Agency, adopting, answered
from throughcare.case.duty import Duty
from throughcare.case.entry import Entry
from throughcare.case.parts import PackRef
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.case.wire import (
    Answer,
    CaseRecord,
    CaseRun,
    CaseSettled,
    Changed,
    Envelope,
    OpenCase,
    Refusal,
    workflow_id,
)
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.openings import IntakeOpening, Referral
from throughcare.lifecycles.intake.intake import Intake
from throughcare.packs.pack import Approval, Pack
from throughcare.packs.reading import digest, load_pack
from throughcare.store.clients import add_client
from throughcare.store.consents import Consent, add_consent
from throughcare.store.directory import AgencyFacts
from throughcare.store.identity import Identity
from throughcare.temporal.client import TASK_QUEUE
from workflows.intake import IntakeWorkflow

CARS = "milwaukee-cars"

Handle = WorkflowHandle[IntakeWorkflow, CaseSettled]


@dataclass
class Served:
    """One running intake or care plan."""

    agency: Agency
    handle: Handle
    client: str

    @property
    def id(self) -> str:
        return self.handle.id.rpartition("-")[2]

    async def state(self) -> CaseRecord:
        return await self.handle.query(IntakeWorkflow.state)

    async def whole(self) -> CaseRecord:
        return await self.handle.query(IntakeWorkflow.whole)

    async def known(self) -> ClientFacts:
        return ClientFacts.model_validate((await self.state()).facts)

    async def envelope(
        self, name: str, seat: str, facts: dict[str, object]
    ) -> Envelope:
        held = HeldSeat(seat=seat, capacity=Capacity.holder)
        return Envelope.model_validate(
            {
                "name": name,
                "message_id": secrets.token_hex(8),
                "actor": Actor(person=f"person in {seat}", seats=(held,)),
                "received_at": await self.agency.env.get_current_time(),
                "facts": facts,
            }
        )

    async def say(self, name: str, role: str, /, **facts: object) -> Answer:
        envelope = await self.envelope(name, await self.seat(role), facts)
        return await answered(self.handle, name, envelope)

    async def say_for(
        self, name: str, above: str, role: str, /, **facts: object
    ) -> None:
        """Whoever sits above speaks for the one below, as the directory lets them."""
        seat = await self.seat(role)
        envelope = await self.envelope(name, await self.seat(above), facts)
        held = HeldSeat(seat=seat, capacity=Capacity.supervisor)
        seats = (*envelope.actor.seats, held)
        actor = envelope.actor.model_copy(update={"seats": seats})
        said = envelope.model_copy(update={"actor": actor})
        await self.handle.execute_update(name, said, result_type=Answer)

    async def refusal(self, name: str, role: str, /, **facts: object) -> Refusal:
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.say(name, role, **facts)
        cause = failed.value.cause
        assert isinstance(cause, ApplicationError)
        return Refusal.model_validate(cause.details[0])

    async def assign(self, seat: str = "rsc-1", **facts: object) -> None:
        given = {"assigned": seat, "organization": "an agency", "person": "a worker"}
        await self.say("coordinator_assigned", "supervisor", **(given | facts))

    async def seat(self, role: str) -> str:
        seats = (await self.state()).seats
        return next(seated.seat or "" for seated in seats if seated.role == role)

    async def duties(self, clause: str) -> list[Duty]:
        return [d for d in (await self.state()).duties if d.clause == clause]

    async def timeline(self) -> list[Entry]:
        return await self.agency.timeline(self.id)

    async def said(self, kind: str) -> list[str]:
        return [each.text for each in await self.timeline() if each.kind == kind]

    async def mails(self) -> list[str]:
        short = self.id[-6:].lower()
        names = (path.name for path in self.agency.mailbox.iterdir())
        return sorted(name for name in names if short in name)

    async def pass_time(self, span: timedelta) -> None:
        await self.agency.env.sleep(span)

    async def result(self) -> CaseSettled:
        # Waiting for a result lets the server skip ahead, by years when nothing is due.
        with self.agency.env.auto_time_skipping_disabled():
            return await self.handle.result()

    async def keep_history(self, name: str) -> None:
        """Saved for tests/replay, as those of conflicts are."""
        path = HISTORIES / f"{name}.json"
        if self.agency.saving and not path.exists():
            path.write_text((await self.handle.fetch_history()).to_json())
        assert path.exists(), f"{path.name} is missing: run with --save-histories"

    async def care_plan(self) -> "Served":
        """The care plan this intake led to."""
        (link,) = [
            each for each in (await self.state()).links if each.relation == "care_plan"
        ]
        return await self.beside("care-plan", link.case)

    async def beside(self, kind: str, case_id: str) -> "Served":
        """A case that this one began."""
        handle = self.agency.client.get_workflow_handle_for(
            IntakeWorkflow.run, workflow_id(kind, case_id)
        )
        await until(lambda: self.agency.is_recorded(case_id))
        return Served(self.agency, handle, self.client)

    async def consent(self, recipient: str) -> None:
        """One that is on file from now on, and the case hears of it."""
        now = await self.agency.env.get_current_time()
        given = {"recipient": recipient, "purpose": "A place to stay", "given_at": now}
        consent = Consent.model_validate(given | {"reference": "consents/1"})
        number = secrets.token_hex(8)
        await self.agency.database.write(
            add_consent, number, self.client, consent, by="alder", at=now
        )
        await self.handle.signal("consents_changed", Changed(at=now))

        async def is_known() -> bool:
            consents = (await self.known()).consents
            return any(each.recipient == recipient for each in consents)

        await until(is_known)

    async def has_begun_afresh(self) -> bool:
        """Whether its run of today is another than the first."""
        described = await self.handle.describe()
        return described.run_id != self.handle.first_execution_run_id


def with_client(
    connection: Connection, pack: Pack, client: str, at: datetime
) -> AgencyFacts:
    """The agency, which has this pack in force and this client on file."""
    identity = Identity(name=f"Client Demo-{client}", email="client@client.example")
    add_client(connection, client, identity, by="alder", at=at)
    return adopting(connection, pack)


def approved(pack: Pack) -> Pack:
    """As an agency that signed it itself has it."""
    signed = Approval(
        version=pack.header.version, title="Director", on=date(2026, 1, 5)
    )
    header = pack.header.model_copy(update={"approvals": (signed,)})
    return pack.model_copy(update={"header": header})


async def open_intake(
    agency: Agency, *, pack: str = CARS, program: str = "cars"
) -> Served:
    found = approved(load_pack(Path("policies") / pack))
    rules = load_pack(Path("policies/conflict-free")).independence
    assert found.intake is not None
    now = await agency.env.get_current_time()
    case_id, client = secrets.token_hex(8), secrets.token_hex(8)
    here = await agency.database.write(with_client, found, client, now)
    ref = PackRef(
        id=found.header.id, version=found.header.version, digest=digest(found)
    )
    opening = OpenCase[IntakeOpening](
        kind="intake",
        case_id=case_id,
        agency=here.id,
        calendar=here.calendar,
        program=program,
        pack=ref,
        opened_by="person",
        opened_from="central-intake-1",
        received_at=now,
        about=IntakeOpening(
            policy=found.intake,
            independence=rules,
            client=client,
            referral=Referral(at=now, source="walked in", words="asks for help"),
        ),
    )
    handle = await agency.client.start_workflow(
        IntakeWorkflow.run,
        CaseRun[IntakeOpening, Intake](opening=opening),
        id=workflow_id("intake", case_id),
        task_queue=TASK_QUEUE,
    )
    await until(lambda: agency.is_recorded(case_id))
    return Served(agency, handle, client)
