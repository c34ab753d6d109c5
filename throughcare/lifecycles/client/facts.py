"""What a case knows of the person it serves, their worker and their plan. Facts only; the rules are beside it. Pure.

It is recorded whole with every step, so that people can read it, and carried along from the intake to the care plan.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from throughcare.case.base import Frozen
from throughcare.case.consents import ConsentFacts
from throughcare.case.parts import RoleId
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.plan_facts import CarePlanFacts, ServiceRequest
from throughcare.time.deadline import Span

Mistaken: bool = Field(False, exclude_if=lambda mistaken: not mistaken)
"""Whether it was entered by mistake: it stays on record, and nothing counts it (ruling 21). Left out where it says nothing, as
fingerprints of before have none."""


class Need(Frozen):
    """A need the screen, an assessment or the client named. `confirmed` is the client's own word (CP-E-3)."""

    id: str
    text: str
    emergency: bool = False
    confirmed: bool | None = None
    taken_back: bool = Mistaken


class Preference(Frozen):
    kind: Name
    words: Words
    stated_by: Name = Field(
        default="client",
        description="`client`, or the relation of a spokesperson who may speak for them: `mother`.",
    )


class Match(Frozen):
    """How an assignment answers one stated preference."""

    kind: Name
    honoured: Literal["fully", "partly", "not"]
    stated_by: Name | None = Field(
        default=None,
        description="Whose wish, where several people stated one of this kind.",
    )


class Assessment(Frozen):
    name: Name
    done: bool
    waived: Words | None = Field(default=None, description="Why it was left out.")


class Strategy(Frozen):
    text: Words
    need: Name | None = None


class PlanKind(StrEnum):
    preliminary = "preliminary"
    """Written by the worker alone, until the team has met (CP-E-6a)."""
    initial = "initial"
    final = "final"
    revised = "revised"


class PlanVersion(Frozen):
    """A plan on file. What it says is kept where `reference` tells."""

    version: str
    kind: PlanKind
    reference: str
    filed_at: datetime
    contents: dict[str, str] = Field(default_factory=dict)
    assessments: tuple[Assessment, ...] = ()
    """Those it rests on, each done or left out for a reason (CS-W-8)."""
    strategies: tuple[Strategy, ...] = ()
    considers_step_down: bool = False
    """Whether it says if less help would do (CF-K-2a)."""


class ServiceNeeded(Frozen):
    """A service the preliminary plan names, and its request (CP-E-7)."""

    service: str
    need: str
    needed_on: date | None = None
    request: str | None = None
    plan: str | None = None
    """The version of the plan the request cites (CP-P-3)."""


class FundPayment(Frozen):
    """What was bought from the discretionary fund (CP-E-10a)."""

    reference: str
    service: str
    need: str
    amount: str
    needed_on: date
    paid_at: datetime
    reimbursement_at: datetime | None = None


class ProviderUsed(Frozen):
    """A provider that was looked at, or that the client was referred to, and whose it is."""

    provider: str
    organization: str
    need: str
    referred: bool = False


class Assignment(Frozen):
    """A worker's time with the client, and what they were chosen by (CS-W-4)."""

    seat: str
    person: str | None
    organization: str
    from_at: datetime
    to_at: datetime | None = None
    basis: str | None = None
    matches: tuple[Match, ...] = ()
    """How far it honours each stated preference."""
    need: str | None = None
    """The assessed need it was matched by (CS-G-3)."""
    considered: tuple[str, ...] = ()
    explanation: str | None = None
    """For the family, where a preference is not fully honoured (CS-V-5)."""
    record_entry: str | None = None
    taken_back: bool = Mistaken


class Change(Frozen):
    """A wish for another worker, from the first mention of it to what became of it (CS-G-1)."""

    number: int
    by: str
    others: tuple[str, ...] = ()
    """Who asked for the same since."""
    against: tuple[str, ...] = ()
    """Who said that they do not want it, or no longer do."""
    asked_at: datetime
    asked_of: str
    """The title of the seat that entered it."""
    would_try_first: bool | None = None
    supervised: bool = False
    met: bool = False
    outcome: Literal["honoured", "partly", "unable", "withdrawn"] | None = None
    ended_at: datetime | None = None
    considered: tuple[str, ...] = ()
    explanation: str | None = None
    """For the person, where it was not granted."""

    @property
    def wanted_by(self) -> tuple[str, ...]:
        """Who still wants it: the person, and those who may speak for them."""
        asked = (self.by, *self.others)
        left = ("worker", "review", *self.against)
        return tuple(each for each in asked if each not in left)


class Flag(Frozen):
    """Somebody is not independent of those who deliver services; accepted for a reason, or mended (CF-S)."""

    number: int
    clause: str
    about: str
    opened_at: datetime
    reviewer: RoleId | None = None
    """Who looks at it, where that is not the supervisor (CF-S-4)."""
    resolution: Literal["accepted", "mended"] | None = None
    reason: str | None = None
    settled_by: str | None = None
    review_on: date | None = None
    taken_back: bool = Mistaken

    @property
    def is_settled(self) -> bool:
        """Whether somebody has looked at it; that it was let through for a reason is not that."""
        mended = self.resolution == "mended" or self.taken_back
        return mended or self.review_on is not None


class Held(Frozen):
    """What may not go out before a consent is on file, and which (CP-E-5)."""

    act: str
    recipient: str
    title: str
    provider: str | None = None
    """The provider that gets word once it may go out."""
    need: str | None = None
    since_at: datetime


class ContactClock(Frozen):
    """How often the plan has the worker see the person, by kind of contact (CS-W-9)."""

    kind: str
    """In the worker's own word, so it stands in no text that is mailed or shown to operators."""
    every: Span
    last_at: datetime


class Determined(Frozen):
    """The answer to whether the person is eligible, and who gave it (CS-E-1)."""

    at: datetime
    eligible: bool
    proposed: bool | None
    """What the pack's rule makes of the answers; None where it has none."""
    answers: dict[str, bool]
    population: str | None
    organization: str
    reasons: str | None = None
    """What the person is told where the answer is no."""


class Expectation(Frozen):
    expectation: str
    met: bool


class Former(Frozen):
    """A worker of this person's in an earlier case (CS-X-6)."""

    case: str
    seat: str
    title: str
    person: str | None
    here: bool
    """Whether that person still sits there."""


class ClientFacts(BaseModel):
    """All of it. A list only ever grows; what is over stays, with its end."""

    branch: str | None = None
    needs: list[Need] = Field(default_factory=list)
    providers: list[ProviderUsed] = Field(default_factory=list)
    services: list[ServiceNeeded] = Field(default_factory=list)
    payments: list[FundPayment] = Field(default_factory=list)
    plans: list[PlanVersion] = Field(default_factory=list)
    contacts: list[ContactClock] = Field(default_factory=list)
    agencies_offered: list[str] = Field(default_factory=list)
    agency_chosen: str | None = None
    determined: Determined | None = None
    offer: Literal["accepted", "declined"] | None = None
    preferences: list[Preference] | None = None
    """None until they were asked for; empty where the person has no wish."""
    choice_offered_at: list[datetime] = Field(default_factory=list)
    """When the person could say whom they would rather work with (CS-V-3)."""
    rapport: dict[str, str] = Field(default_factory=dict)
    former: list[Former] = Field(default_factory=list)
    wants: str | None = None
    """Of somebody who was here before: the former worker, a new one, or no preference."""
    assignments: list[Assignment] = Field(default_factory=list)
    changes: list[Change] = Field(default_factory=list)
    look_again_from: datetime | None = None
    """Since when a worker who fits a wish is to be looked for again (CS-V-2)."""
    look_again_on: date | None = None
    """By which day, where whoever could not honour it said so."""
    expectations: list[Expectation] = Field(default_factory=list)
    natural_supports: str | None = None
    team: list[str] = Field(default_factory=list)
    team_met_with_client: bool = False
    flags: list[Flag] = Field(default_factory=list)
    held: list[Held] = Field(default_factory=list)
    consents: list[ConsentFacts] = Field(default_factory=list)
    attempts: int = 0
    """Tries that reached nobody since somebody was last reached."""
    care_plan: str | None = None
    """The care plan this led to."""
    gaps: list[str] = Field(default_factory=list)
    """What was left to do when the intake ended."""
    earlier_plans: list[str] = Field(default_factory=list)
    """Care plans of this client that have ended."""
    life: CarePlanFacts | None = None
    """Of a care plan: its team, its meetings and reviews, and the versions of the plan they wrote."""
    request: ServiceRequest | None = None
    """Of a request for a service: what it is for, and what was decided."""

    @property
    def assignment(self) -> Assignment | None:
        """The worker's time that is running."""
        current = [each for each in self.assignments if each.to_at is None]
        return current[-1] if current else None

    @property
    def change(self) -> Change | None:
        """The wish for another worker that is not yet answered."""
        return next((each for each in self.changes if each.outcome is None), None)

    @property
    def plan(self) -> PlanVersion | None:
        return self.plans[-1] if self.plans else None

    @property
    def standing_needs(self) -> list[Need]:
        """Those that were not taken back."""
        return [each for each in self.needs if not each.taken_back]

    def need(self, need_id: str) -> Need | None:
        return next((each for each in self.needs if each.id == need_id), None)

    def services_by_need(self) -> dict[str, tuple[str, ...]]:
        """Every service that was named or asked for, and the needs it is for."""
        asked = [(each.service, each.need) for each in self.services]
        if self.life:
            asked += [(each.service, each.need) for each in self.life.services]
        found: dict[str, tuple[str, ...]] = {}
        for service, need in asked:
            found[service] = (*found.get(service, ()), need)
        return found

    def has_consent(self, recipient: str, at: datetime) -> bool:
        return any(each.covers(recipient, at) for each in self.consents)

    def providing(self) -> dict[str, str]:
        """The providers the client was referred to, and whose they are."""
        return {e.provider: e.organization for e in self.providers if e.referred}
