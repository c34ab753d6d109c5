"""One request for one service, from the asking to the end of its approval. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Literal

from throughcare.case.clock import Limit
from throughcare.case.duty import (
    Basis,
    Discharge,
)
from throughcare.case.entry import EntryKind
from throughcare.case.message import Messages
from throughcare.case.needs import Word
from throughcare.case.parts import RoleId
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Held, PlanVersion
from throughcare.lifecycles.client.fields import ClientStatus
from throughcare.lifecycles.client.openings import (
    CARE_PLAN,
    CARE_PLAN_CHANGED,
    SERVICE_DECIDED,
    CarePlanChanged,
    ServiceDecided,
)
from throughcare.lifecycles.client.plan_facts import (
    RequestStatus,
    ServiceRequest,
)
from throughcare.lifecycles.client.plan_policy import ServiceRules, SharedCarePlanPolicy
from throughcare.lifecycles.client.policy import (
    DutySpec,
    Moment,
)
from throughcare.lifecycles.client.relations import ClientRelation
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.time.deadline import DayCount, Span

MIDDAY = time(12)


class ServiceAuthorization(ClientCase):
    messages: ClassVar[Messages] = Messages(ClientSaid)
    kind: Literal["service-request"] = "service-request"
    rules: SharedCarePlanPolicy
    asked_by: str
    """The care plan that asks for it."""
    words: ClassVar[frozenset[str]] = ClientCase.words | {CARE_PLAN_CHANGED}

    @property
    def lives_long(self) -> bool:
        return True

    @property
    def request(self) -> ServiceRequest:
        assert self.known.request is not None
        return self.known.request

    @property
    def services(self) -> ServiceRules:
        assert self.rules.services is not None
        return self.rules.services

    @property
    def step(self) -> str:
        if self.is_closed:
            return self.status
        if self.outstanding(ClientAct.request_sending) or self._is_next(
            ClientAct.request_sending
        ):
            return "to_send"
        if self.request.decided_at:
            return "approved"
        return "waiting_for_decision"

    def _is_next(self, act: ClientAct) -> bool:
        return any(each.act == act for each in self.pending)

    def open(
        self, person: str, now: datetime, asked_at: datetime | None = None
    ) -> None:
        at = asked_at or now
        by = Discharge(event_at=at, entered_at=now, person=person)
        text = "A request for one service, which cites the need and the plan."
        words = f"{self.request.service}\n{self.request.provider_title}"
        clause = self.services.request_clause
        self.note(EntryKind.opened, text, now, clause=clause, by=by, words=words)
        self.link(self.asked_by, ClientRelation.asked_by)
        self.come(Moment.requested, at)
        self.entered(now)

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
        self.note(
            ClientEntry.care_plan_changed, text, now, clause=self.services.plan_clause
        )

    def take_word(self, name: str, facts: dict[str, Any], now: datetime) -> None:
        if name != CARE_PLAN_CHANGED:
            super().take_word(name, facts, now)
        elif not self.is_closed:
            said = CarePlanChanged.model_validate(facts)
            self.follow(said.chosen, said.plans, now)
            self.want_seats()

    def say(self, status: RequestStatus, at: datetime) -> None:
        """The care plan is told what became of it, and when."""
        said = ServiceDecided(
            case=self.case_id, status=status, until=self.request.until, at=at
        )
        word = Word(
            kind=CARE_PLAN,
            case_id=self.asked_by,
            name=SERVICE_DECIDED,
            facts=said.model_dump(mode="json"),
        )
        self.outgoing.append(word)

    def submitted(self, at: datetime) -> None:
        self.come(Moment.submitted, at)

    def _released(self, held: Held, now: datetime) -> None:
        super()._released(held, now)
        if held.act == ClientAct.request_sending:
            self.change(submitted_at=now, to=held.title)
            self.submitted(now)

    def until(self, last: date, from_at: datetime) -> None:
        """It is approved to the end of that day: ask for more before it, or let it end.

        It is counted from the midday before, which is the same day in UTC as in the agency's zone, so that an approval that
        comes in the evening does not end a day early.
        """
        for duty in self.outstanding(ClientAct.request_extension):
            text = "It is approved to another day."
            by = Discharge(event_at=from_at, entered_at=from_at, text=text)
            self.discharge(duty, by)
        day_before = from_at.astimezone(UTC).date() - timedelta(days=1)
        counted_from = datetime.combine(day_before, MIDDAY, UTC)
        days = max((last - day_before).days, 0) + 1
        self.ask(
            ClientAct.request_extension,
            self.services.extension_clause,
            self.policy.coordinator,
            "Ask for more time with the current plan, or let the approval end",
            counted_from,
            moment=Moment.approved,
            limit=Limit(
                within=Span(f"P{days}D"),
                days=DayCount.through,
                basis=Basis.payer,
                remind=self.services.remind,
            ),
        )

    def on_time(self, now: datetime, *, for_message: bool = False) -> None:
        """An approval that has run out ends; that is nobody's failing and climbs nowhere."""
        for duty in self.outstanding(ClientAct.request_extension):
            if (
                not self.is_closed
                and duty.due_at
                and (duty.due_at < now or (duty.due_at == now and not for_message))
            ):
                by = Discharge(event_at=duty.due_at, entered_at=now)
                self.say(
                    RequestStatus.expired, now if self.is_of_before else duty.due_at
                )
                self.close(ClientStatus.expired, "The approval ran out.", now, by, "")
        if not self.is_closed:
            super().on_time(now, for_message=for_message)

    def close(
        self,
        status: ClientStatus,
        text: str,
        now: datetime,
        by: Discharge,
        words: str,
        **about: Any,
    ) -> None:
        """The care plan is told of one that was a mistake as of one that is taken back."""
        if status is ClientStatus.opened_in_error:
            self.say(RequestStatus.withdrawn, now)
        super().close(status, text, now, by, words, **about)

    def cancelled(self, now: datetime) -> None:
        if not self.is_closed:
            self.say(RequestStatus.withdrawn, now)
        super().cancelled(now)

    def duty_specs(self) -> tuple[DutySpec, ...]:
        return self.rules.duties
