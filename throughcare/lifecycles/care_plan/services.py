"""Services a care plan asks for: each is a case of its own, which hears of the plan and says what became of it. Pure."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import JsonValue

from throughcare.case.duty import Discharge, DutyStatus
from throughcare.case.needs import StartCase, Word
from throughcare.case.parts import ClauseId
from throughcare.lifecycles.care_plan.telling import CaseWithTeam
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.openings import (
    CARE_PLAN_CHANGED,
    SERVICE_DECIDED,
    SERVICE_REQUEST,
    CarePlanChanged,
    ServiceDecided,
    ServiceRequestOpening,
)
from throughcare.lifecycles.client.plan_facts import (
    RequestStatus,
    ServiceAsked,
    ServiceRequest,
)
from throughcare.lifecycles.client.policy import Moment

WHAT_CAME = {
    RequestStatus.approved: "A service is approved.",
    RequestStatus.partly: "A service is approved in part.",
    RequestStatus.denied: "A service is denied.",
    RequestStatus.expired: "A service's approval ended.",
    RequestStatus.withdrawn: "A request for a service was taken back.",
}


class CaseWithServices(CaseWithTeam):
    words: ClassVar[frozenset[str]] = CaseWithTeam.words | {SERVICE_DECIDED}
    closure_clause: ClauseId | None = None
    """The clause of an adopted pack by which the team agrees to the end (CC-08.4)."""
    said_to_requests: CarePlanChanged | None = None
    """What the requests it made were last told of it."""

    def begin_request(self, asked: ServiceAsked, opens: dict[str, JsonValue]) -> None:
        """Every service that is asked for is a case of its own."""
        request = ServiceRequest(
            service=asked.service,
            need=asked.need,
            provider=asked.provider,
            provider_title=asked.provider_title,
            plan=asked.plan,
        )
        known = ClientFacts(
            branch=self.known.branch,
            assignments=self.known.assignments,
            plans=self.known.plans,
            consents=self.known.consents,
            request=request,
        )
        about = ServiceRequestOpening(
            client=self.client,
            policy=self.policy,
            independence=self.independence,
            care_plan=self.rules,
            closure_clause=self.closure_clause,
            asked_by=self.case_id,
            asked_at=None if self.is_of_before else asked.asked_at,
            chosen=dict(self.chosen),
            known=known,
        )
        opening: dict[str, JsonValue] = {
            **opens,
            "linked": [self.case_id],
            "about": about.model_dump(mode="json"),
        }
        start = StartCase(kind=SERVICE_REQUEST, case_id=asked.case, opening=opening)
        self.outgoing.append(start)

    def queue_outgoing(self, now: datetime) -> None:
        """The open requests know who the worker is, and which plan is in force (CP-X-1)."""
        said = CarePlanChanged(chosen=dict(self.chosen), plans=tuple(self.known.plans))
        before, self.said_to_requests = self.said_to_requests, said
        if before in (None, said):
            return
        for asked in self.life.services if self.known.life else ():
            if asked.is_running:
                word = Word(
                    kind=SERVICE_REQUEST,
                    case_id=asked.case,
                    name=CARE_PLAN_CHANGED,
                    facts=said.model_dump(mode="json"),
                )
                self.outgoing.append(word)

    # -- what became of them -----------------------------------------------------------------------------------------

    def take_word(self, name: str, facts: dict[str, Any], now: datetime) -> None:
        if name == SERVICE_DECIDED:
            self.service_decided(ServiceDecided.model_validate(facts), now)
        else:
            super().take_word(name, facts, now)

    def service_decided(self, said: ServiceDecided, now: datetime) -> None:
        """Word from a request of this plan's. A provider whose service is approved belongs on the team (CP-T-3f, CP-T-3g)."""
        asked = next((e for e in self.life.services if e.case == said.case), None)
        if asked is None or self.rules is None or self.is_closed:
            return
        at = now if self.is_of_before else said.at
        changed = {"status": said.status, "decided_at": at, "until": said.until}
        services = self.life.services
        services[services.index(asked)] = asked.model_copy(update=changed)
        rules = self.rules.services
        clause = rules.request_clause if rules else self.rules.clause
        self.note(
            ClientEntry.service_decided,
            WHAT_CAME[said.status],
            now,
            event_at=at,
            clause=clause,
            words=asked.service,
        )
        self._see_to_provider(asked.provider, at, now)

    def _see_to_provider(self, provider: str, at: datetime, now: datetime) -> None:
        """Whoever provides something that is approved is to be added to the team, and nobody whose approvals are all over."""
        waits = [
            e for e in self.outstanding(ClientAct.add_provider) if e.target == provider
        ]
        asked = [e for e in self.pending if e.act == ClientAct.add_provider]
        here = {each.provider for each in self.answered_for()}
        provides = any(
            each.is_approved for each in self.life.services if each.provider == provider
        )
        if provides and not waits and provider not in here | {e.target for e in asked}:
            before = self.pendings
            self.come(Moment.provider_approved, at, target=provider)
            self.entered(now, after=before)
        if not provides:
            text = "Nothing of this provider's is approved any more."
            by = Discharge(event_at=now, entered_at=now, text=text)
            for duty in waits:
                self.drop(duty, DutyStatus.withdrawn, by)
