"""What cases about a client are opened with, and what they say to each other. Pure.

One case begins another, and neither lifecycle knows the other: what they share stands here.
"""

from datetime import date

from pydantic import Field

from throughcare.case.base import Frozen, is_none
from throughcare.case.parts import ClauseId, RoleId
from throughcare.lifecycles.client.facts import ClientFacts, Former, PlanVersion
from throughcare.lifecycles.client.plan_facts import RequestStatus
from throughcare.lifecycles.client.plan_policy import SharedCarePlanPolicy
from throughcare.lifecycles.client.policy import (
    SharedIndependence,
    SharedIntakePolicy,
)
from throughcare.time.deadline import Instant

INTAKE, CARE_PLAN, SERVICE_REQUEST = "intake", "care-plan", "service-request"
"""The kinds of case about a client."""

SERVICE_DECIDED = "service_decided"
"""A request for a service says to its care plan what became of it: a ServiceDecided."""

CARE_PLAN_CHANGED = "care_plan_changed"
"""A care plan says to the requests it made who the worker is now and which plans are on file: a CarePlanChanged."""


class Referral(Frozen):
    """What the first call said. Who it is about is kept apart, and known here by an opaque id."""

    at: Instant
    source: str
    """Who referred them, or that they walked in."""
    words: str = ""
    alike: tuple[str, ...] = ()
    """Clients who may be the same person."""
    former: tuple[Former, ...] = ()
    live: tuple[str, ...] = Field((), exclude_if=lambda cases: not cases)
    """Open intakes of the same person."""
    live_plan: str | None = Field(None, exclude_if=lambda plan: plan is None)
    """The care plan of the same person that runs."""


class ClientOpening(Frozen):
    """What any case about a client is judged by. `client` is an opaque id; the rest of who they are is in SQL alone."""

    client: str
    policy: SharedIntakePolicy
    independence: SharedIndependence | None = None
    care_plan: SharedCarePlanPolicy | None = None
    """What the policy asks of the years after the enrollment, where it knows of them."""
    closure_clause: ClauseId | None = None
    """The clause of an adopted pack by which the team agrees to the end."""


class IntakeOpening(ClientOpening):
    referral: Referral
    imported: bool = False


class CarePlanOpening(ClientOpening):
    """`known` is what its intake knew."""

    intake: str
    enrolled_at: Instant | None = Field(default=None, exclude_if=is_none)
    """When the client was enrolled, from which its clocks count; as it was entered where nobody says."""
    chosen: dict[RoleId, str] = Field(default_factory=dict)
    known: ClientFacts


class ServiceRequestOpening(ClientOpening):
    """`known` is what its care plan did, of it."""

    asked_by: str
    asked_at: Instant | None = Field(default=None, exclude_if=is_none)
    """When the service was asked for; as it was entered where nobody says."""
    chosen: dict[RoleId, str] = Field(default_factory=dict)
    known: ClientFacts


class ServiceDecided(Frozen):
    case: str
    status: RequestStatus
    until: date | None = None
    at: Instant


class CarePlanChanged(Frozen):
    chosen: dict[RoleId, str]
    plans: tuple[PlanVersion, ...] = ()
