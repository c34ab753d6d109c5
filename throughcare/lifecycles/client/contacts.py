"""Contacts with the person, by word of mouth and by letter: what messages about them do. Pure."""

from collections.abc import Sequence

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.clock import Limit
from throughcare.case.duty import Basis, Duty
from throughcare.case.message import Facts, Messages
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import ContactClock
from throughcare.lifecycles.client.fields import Name, Slug
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.time.deadline import Span

contacts = Messages()


@contacts.message(
    "client_contacted",
    discharges=ClientAct.client_contact,
    example={"how": "by phone"},
)
class ClientContacted(Facts):
    """The worker reached the person: an attempt is something else (CP-E-1b, CP-N-4a)."""

    how: Name = Field(description="By phone, in person, by video.")

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        case.known.attempts = 0
        said.discharge("The worker reached the person.", words=self.how)


@contacts.message(
    "contact_attempted",
    by=ClientCase.staff,
    beside=True,
    example={"how": "by phone, no answer"},
)
class ContactAttempted(Facts):
    """The worker tried to reach the person and did not; this discharges nothing (CP-E-1b)."""

    how: Name

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """An attempt is not a contact: no clock stops for it (CP-E-1b)."""
        case.known.attempts += 1
        duties = case.outstanding(ClientAct.client_contact)
        clause = duties[0].clause if duties else None
        count = case.known.attempts
        text = f"Attempt {count} to reach the person. It reached nobody, and every clock runs on."
        said.say(text, clause, self.how)


class ContactPlan(Frozen):
    kind: Slug = Field(description="`face-to-face`, `phone`, `natural-supports`.")
    every: Span


def start_contacts(said: ClientSaid, planned: Sequence[ContactPlan]) -> None:
    """The plan's own frequencies, each its own clock, by kind of contact (CS-L-4, CS-W-9)."""
    case, at = said.case, said.message.event_at
    if not planned:
        return
    said.drop(ClientAct.worker_contact, text="The plan sets it anew.")
    case.known.contacts = [
        ContactClock(kind=each.kind, every=each.every, last_at=at) for each in planned
    ]
    for clock in case.known.contacts:
        _wind(said, clock)


def _wind(said: ClientSaid, clock: ContactClock) -> None:
    case = said.case
    kinds = [each.kind for each in case.known.contacts]
    number = kinds.index(clock.kind) + 1
    case.ask(
        ClientAct.worker_contact,
        case.policy.plan.contacts_clause or case.policy.clause,
        case.policy.coordinator,
        f"Keep up contact as often as the plan says: contact {number}",
        clock.last_at,
        moment=Moment.plan_filed,
        limit=Limit(within=clock.every, basis=Basis.plan),
        target=clock.kind,
    )


def _has_contacts(case: ClientCase) -> bool:
    return bool(case.known.contacts)


@contacts.message(
    "contact_held",
    by=ClientCase.staff,
    beside=True,
    when=_has_contacts,
    answers=(ClientAct.worker_contact,),
    example={"kind": "face-to-face"},
)
class WorkerContact(Facts):
    """The worker saw or spoke with the person, by kind of contact (CS-W-9)."""

    kind: Slug

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """It stops the clock of its own kind, and of no other (CS-W-9)."""
        known, at = case.known, said.message.event_at
        found = [each for each in known.contacts if each.kind == self.kind]
        case.known.attempts = 0
        if found and at < found[0].last_at:
            text = f"A contact from before the one the clock runs from: {self.kind}."
            said.say(text)
            return
        duties: list[Duty] = [
            duty
            for duty in case.outstanding(ClientAct.worker_contact)
            if duty.target == self.kind
        ]
        if not found or not duties:
            said.say(f"A contact of another kind than the plan sets: {self.kind}.")
            return
        said.discharge(f"Contact held: {self.kind}.", duties=duties)
        clock = found[0].model_copy(update={"last_at": at})
        known.contacts = [clock if e.kind == self.kind else e for e in known.contacts]
        _wind(said, clock)


@contacts.message(
    "letter_sent",
    discharges=ClientAct.letter,
    example={"how": "by post"},
)
class LetterSent(Facts):
    """The letter to a client without e-mail was printed and sent, or handed over."""

    how: Name = "by post"

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        said.discharge("The letter was printed and went out.", words=self.how)
