"""One request for one service, from the asking to the end of its approval. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pydantic import Field

from throughcare.case.duty import (
    Act,
    Basis,
    Discharge,
)
from throughcare.case.entry import Relation
from throughcare.case.parts import RoleId
from throughcare.lifecycles.care_plan.acts import (
    ExtensionAsked,
    RequestDecided,
    RequestSubmitted,
    RequestWithdrawn,
)
from throughcare.lifecycles.care_plan.facts import (
    Extension,
    RequestStatus,
    ServiceRequest,
)
from throughcare.lifecycles.care_plan.policy import ServiceRules, SharedCarePlanPolicy
from throughcare.lifecycles.client.acts import IntakeStatus
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Held, PlanVersion
from throughcare.lifecycles.client.policy import (
    DutyLimit,
    DutySpec,
    Moment,
)
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.turns import staff
from throughcare.time.deadline import DayCount, Span

MIDDAY = time(12)
FARTHEST_WEST = timedelta(hours=12)
"""How far a zone can lie behind UTC."""

HEARD = (
    "request_submitted",
    "request_decided",
    "extension_asked",
    "request_withdrawn",
    "letter_sent",
)


class ServiceAuthorization(ClientCase):
    kind: Literal["service-request"] = "service-request"
    rules: SharedCarePlanPolicy
    asked_by: str
    """The care plan that asks for it."""
    unsaid: list[RequestStatus] = Field(default_factory=list)
    """What became of it that the care plan has not been told yet."""

    @property
    def request(self) -> ServiceRequest:
        assert self.known.request is not None
        return self.known.request

    @property
    def services(self) -> ServiceRules:
        assert self.rules.services is not None
        return self.rules.services

    @property
    def stage(self) -> str:
        if self.is_closed:
            return self.status
        if self.outstanding(Act.request_sending) or self._is_next(Act.request_sending):
            return "to_send"
        if self.request.decided_at:
            return "approved"
        return "waiting_for_decision"

    def _is_next(self, act: Act) -> bool:
        return any(each.act is act for each in self.pending)

    def open(self, person: str, now: datetime) -> None:
        by = Discharge(event_at=now, entered_at=now, person=person)
        text = "A request for one service, which cites the need and the plan."
        words = f"{self.request.service}\n{self.request.provider_title}"
        clause = self.services.request_clause
        self.note("opened", text, now, clause=clause, by=by, words=words)
        self.link(self.asked_by, Relation.asked_by)
        self.come(Moment.requested, now)

    def change(self, **fields: object) -> None:
        self.known.request = self.request.model_copy(update=fields)

    def follow(
        self, chosen: dict[RoleId, str], plans: Sequence[PlanVersion], now: datetime
    ) -> None:
        """Its care plan has another worker, or another version in force, which an extension then cites (CP-X-1)."""
        text = "Another worker has the care plan."
        if plans and list(plans) != self.known.plans:
            text = "Another version of the care plan is in force."
            self.known.plans = list(plans)
        self.chosen.update(chosen)
        self.note("care_plan_changed", text, now, clause=self.services.plan_clause)

    def say(self, status: RequestStatus) -> None:
        """The care plan is told next."""
        self.unsaid.append(status)

    def submitted(self, at: datetime) -> None:
        self.come(Moment.submitted, at)

    def _released(self, held: Held, now: datetime) -> None:
        super()._released(held, now)
        if held.act == Act.request_sending:
            self.change(submitted_at=now, to=held.title)
            self.submitted(now)

    def until(self, last: date, from_at: datetime) -> None:
        """It is approved to the end of that day: ask for more before it, or let it end.

        It is counted from the midday before, which is the same day in UTC as in the agency's zone, so that an approval that
        comes in the evening does not end a day early.
        """
        for duty in self.outstanding(Act.request_extension):
            text = "It is approved to another day."
            by = Discharge(event_at=from_at, entered_at=from_at, text=text)
            self.discharge(duty, by)
        day_before = from_at.astimezone(UTC).date() - timedelta(days=1)
        counted_from = datetime.combine(day_before, MIDDAY, UTC)
        days = max((last - day_before).days, 0) + 1
        self.ask(
            Act.request_extension,
            self.services.extension_clause,
            self.policy.coordinator,
            "Ask for more time with the current plan, or let the approval end",
            counted_from,
            moment=Moment.approved,
            limit=DutyLimit(
                within=Span(f"P{days}D"),
                days=DayCount.through,
                basis=Basis.payer,
                remind=self.services.remind,
            ),
        )

    def on_time(self, now: datetime) -> None:
        """An approval that has run out ends; that is nobody's failing and climbs nowhere."""
        for duty in self.outstanding(Act.request_extension):
            if not self.is_closed and duty.due_at and duty.due_at <= now:
                by = Discharge(event_at=duty.due_at, entered_at=now)
                self.say(RequestStatus.expired)
                text = "The approval ran out."
                self.close(IntakeStatus.expired, text, now, by, "")
        if not self.is_closed:
            super().on_time(now)

    def cancelled(self, now: datetime) -> None:
        if not self.is_closed:
            self.say(RequestStatus.withdrawn)
        super().cancelled(now)

    # -- whose turn ------------------------------------------------------------------------------------------------

    def duty_specs(self) -> tuple[DutySpec, ...]:
        return self.rules.duties

    def hears(self, message: str) -> bool:
        return message in HEARD

    def beside(self) -> Iterator[tuple[str, tuple[RoleId, ...]]]:
        yield "request_withdrawn", staff(self)


# -- what messages about it do ------------------------------------------------------------------------------------------


def request_of(heard: ClientSaid) -> ServiceAuthorization:
    assert isinstance(heard.case, ServiceAuthorization)
    return heard.case


def request_submitted(heard: ClientSaid, facts: RequestSubmitted) -> None:
    """The plan goes with it, and nothing goes to the payer without a consent (CP-E-8, CP-E-5)."""
    case, duty = request_of(heard), heard.duties()[0]
    if not facts.plan_attached:
        raise heard.refused(f"plan_attached: the plan goes with it ({duty.clause}).")
    payer = case.policy.payer
    if payer and not heard.may_go_to("payer", payer, duty):
        return
    case.change(submitted_at=heard.message.event_at, to=facts.to)
    heard.discharge(
        "The request is with the payer, and the plan with it.", words=facts.to
    )
    case.submitted(heard.message.event_at)


def request_decided(heard: ClientSaid, facts: RequestDecided) -> None:
    case, at = request_of(heard), heard.message.event_at
    is_approved = facts.decision != "denied"
    if is_approved and facts.until is None:
        raise heard.unreadable("until: say to which day it is approved.")
    if facts.decision != "approved" and facts.reason is None:
        raise heard.unreadable("reason: say why less than all was approved.")
    if facts.until and facts.until < (at - FARTHEST_WEST).date():
        raise heard.unreadable("until lies before the decision.")
    waiting = [each for each in case.request.extensions if each.decision is None]
    what = "The extension" if waiting else "The request"
    text = f"{what} was decided: {facts.decision}."
    heard.discharge(text, words=facts.reason or "")
    if waiting:
        answered = waiting[0].model_copy(update={"decision": facts.decision})
        case.change(extensions=(*case.request.extensions[:-1], answered))
    if is_approved and facts.until:
        case.change(
            decision=facts.decision,
            decided_at=at,
            until=facts.until,
            units=facts.units,
        )
        case.say(RequestStatus(facts.decision))
        case.until(facts.until, at)
        return
    heard.write_to_client("client_decision", case.services.request_clause)
    if waiting and case.request.until:
        # What was approved before goes on to its end.
        case.until(case.request.until, at)
    else:
        case.change(decision="denied", decided_at=at)
        case.say(RequestStatus.denied)
        heard.close(IntakeStatus.denied, "The payer denied it.", facts.reason or "")


def extension_asked(heard: ClientSaid, facts: ExtensionAsked) -> None:
    """The current plan goes with every request to extend, and nothing goes to the payer without a consent (CP-X-1, CP-E-5)."""
    case, clause = request_of(heard), request_of(heard).services.extension_clause
    payer = case.policy.payer
    if payer and not case.known.has_consent("payer", heard.now):
        raise heard.refused(
            f"There is no consent for {payer} on file ({clause}). Record it first, with payer as its recipient."
        )
    if not facts.plan_attached:
        raise heard.refused(f"plan_attached: the plan goes with it ({clause}).")
    current = case.known.plan
    if current is None or facts.plan != current.version:
        now = current.version if current else "none"
        raise heard.refused(
            f"plan: the current version goes with it ({clause}), which is {now}."
        )
    if case.request.until and facts.until <= case.request.until:
        raise heard.unreadable(
            f"until: it is approved to {case.request.until} already."
        )
    asked = Extension(
        plan=facts.plan, until=facts.until, asked_at=heard.message.event_at
    )
    case.change(extensions=(*case.request.extensions, asked))
    # While the payer decides it does not run out: what they say would come to a closed case.
    heard.discharge(f"More time was asked for, with version {facts.plan}.")
    case.submitted(heard.message.event_at)


def request_withdrawn(heard: ClientSaid, facts: RequestWithdrawn) -> None:
    request_of(heard).say(RequestStatus.withdrawn)
    heard.close(IntakeStatus.withdrawn, "The request was taken back.", facts.reason)
