"""The loop of a case about a client, which the intake and the care plan share; each has its own file beside this one."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import (
    ApplicationError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from activities.consents import ConsentActivities
from activities.deadlines import DeadlineActivities
from activities.directory import DirectoryActivities
from activities.notices import NoticeActivities
from activities.records import RecordActivities
from throughcare.case.base import Frozen
from throughcare.case.duty import Duty
from throughcare.case.refusals import Refused
from throughcare.lifecycle import (
    TASK_TIMEOUT,
    Board,
    Clock,
    Inbox,
    Incoming,
    Post,
    Shown,
    as_refusal,
    do,
    read_word,
    refused_update,
    searched_by,
    summary,
)
from throughcare.lifecycles.care_plan.acts import EVERY_ACT
from throughcare.lifecycles.care_plan.asking import service_decided
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.facts import (
    ServiceAsked,
    ServiceRequest,
    Writing,
)
from throughcare.lifecycles.client.case import SHAPE
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client_hearing import allowed_now, hear
from throughcare.lifecycles.intake.intake import Intake
from throughcare.lifecycles.service_request.authorization import ServiceAuthorization
from throughcare.messages import (
    Answer,
    LinkedCase,
    NoticesToSend,
    SeatLookup,
    workflow_id,
)
from throughcare.serving import (
    CarePlanWord,
    CarriedServed,
    ConsentLookup,
    DeadlinesToDerive,
    OpenServed,
    RequestWord,
    ServedRecord,
    ServedRun,
    ServedSettled,
)
from throughcare.temporal.client import LINKED_IDS
from throughcare.time.deadline import (
    Dated,
    DeadlineRequest,
    Within,
)


class Serving:
    """One case about a client, kept by its workflow until it is closed."""

    def __init__(self, run: ServedRun) -> None:
        carried = run.carried
        self.opening = run.opening
        self.case = carried.case if carried else opened(run)
        self.inbox = Inbox(dict(carried.answers) if carried else {})
        self.recorded_entries = carried.recorded_entries if carried else 0
        self.recorded_at = carried.recorded_at if carried else run.opening.received_at
        self.heard: list[Answer] = []
        self.linked: deque[LinkedCase] = deque()
        self.decided: deque[RequestWord] = deque()
        self.of_plan: deque[CarePlanWord] = deque()
        self.settled = self._over() if carried else {}
        self.recorded_writings = carried.recorded_writings if carried else 0
        self.begun = {each.case for each in self._services()} if carried else set()
        self.told = self._word()
        self.clock, self.post, self.board = Clock(), Post(), Board()
        self.at_rest = False
        self.seats_may_have_changed = True
        self.handed_over = self.case.is_closed

    async def keep(self) -> ServedSettled:
        """Until it is closed and everything of it is written down and sent."""
        while not (self.case.is_closed and self._is_quiet()):
            try:
                self.at_rest = False
                await self._settle()
                await self._start_afresh_if_long()
                self.at_rest = True
                await workflow.wait_condition(self._something_happened)
                self._take_what_happened()
            except BaseException as error:
                if not is_cancelled_exception(error):
                    raise
                self.case.cancelled(workflow.now())
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ServedSettled(case_id=self.case.case_id, status=self.case.status)

    # -- what people and other parts say ------------------------------------------------------------------------

    async def message(self, name: str, args: Sequence[RawValue]) -> Answer:
        incoming = Inbox.read(name, args)
        self.inbox.put(incoming)
        return await self.inbox.answer(incoming)

    def check(self, name: str, args: Sequence[RawValue]) -> None:
        """Refuse before anything is written to history. What cannot be judged yet is let in and judged in its turn."""
        try:
            incoming = Inbox.read(name, args)
            message = incoming.read(EVERY_ACT)
            is_free = self.at_rest and not self.inbox.waiting
            if is_free and not self.inbox.knows(incoming):
                hear(self.case, message)
        except Refused as refused:
            raise refused_update(as_refusal(refused)) from None

    def left(self, name: str, args: Sequence[RawValue]) -> None:
        """A message left when no answer could be awaited, or word that something else changed. Never raises."""
        match name:
            case "directory_changed":
                self.seats_may_have_changed = True
                return
            case "consents_changed":
                self.case.consents_may_have_changed = True
                return
        try:
            match name:
                case "case_linked":
                    self.linked.append(read_word(name, args, LinkedCase))
                    return
                case "service_decided":
                    self.decided.append(read_word(name, args, RequestWord))
                    return
                case "care_plan_changed":
                    self.of_plan.append(read_word(name, args, CarePlanWord))
                    return
            self.inbox.put(Inbox.read(name, args))
        except Refused as refused:
            text = f"A message was left that nobody can read: {refused.detail}"
            self.case.note("refused", text, workflow.now())

    def whole(self) -> ServedRecord:
        """The case as it now is, with its whole timeline and the answers it remembers: what the tables must say."""
        said: dict[str, object] = {
            "entries": tuple(self.case.timeline[: self.recorded_entries]),
            "answers": tuple(self.inbox.answers.values()),
            "writings": tuple(self._writings()[: self.recorded_writings]),
        }
        if self.case.is_closed:
            said["carried"] = self._carried(())
        return self.record().model_copy(update=said)

    # -- the loop ------------------------------------------------------------------------------------------------

    def _is_quiet(self) -> bool:
        return not (self.post.is_busy or self._has_work())

    def _has_work(self) -> bool:
        unrecorded = len(self.case.timeline) > self.recorded_entries
        to_open = self.case.pending or self.case.consents_may_have_changed
        return bool(
            self.inbox.waiting
            or self.post.came_back
            or self.linked
            or self.decided
            or self.of_plan
            or self.heard
            or self.case.unsent
            or unrecorded
            or (to_open and not self.case.is_closed)
        )

    def _something_happened(self) -> bool:
        over = self.case.is_closed and self._is_quiet()
        return (
            self._has_work() or self.seats_may_have_changed or self.clock.rang or over
        )

    def _take_what_happened(self) -> None:
        """At most one message at a time: the next is judged by where that leaves us."""
        self.clock.rang = False
        if self.inbox.waiting:
            self._hear(self.inbox.take())
        while self.post.came_back:
            notice, outcome = self.post.came_back.popleft()
            self.case.delivered(notice, outcome, workflow.now())
        while self.linked:
            word = self.linked.popleft()
            self.case.tie(word.link, word.at, workflow.now())
        while self.decided:
            self._take_decision(self.decided.popleft())
        while self.of_plan:
            self._take_plan(self.of_plan.popleft())
        if not self.case.is_closed:
            self.case.on_time(workflow.now())
            change_at = self.case.next_seat_change_at()
            self.seats_may_have_changed |= (
                change_at is not None and change_at <= workflow.now()
            )

    def _hear(self, incoming: Incoming) -> None:
        refused = None
        envelope, asked = incoming.envelope, self.case.queries()
        try:
            self.case = hear(self.case, incoming.read(EVERY_ACT))
        except Refused as error:
            refused = error
            self.case.refuse(
                incoming.name,
                error.detail,
                envelope.actor,
                envelope.message_id,
                workflow.now(),
            )
        self.seats_may_have_changed |= self.case.queries() != asked
        self.heard.append(incoming.answered(refused, self.case.version + 1))

    async def _settle(self) -> None:
        """Bring the case to rest: seats and consents known, duties opened with their due dates, a care plan begun, the
        record written, notices on their way."""
        case = self.case
        if self.seats_may_have_changed:
            self.seats_may_have_changed = False
            await self._look_up_seats()
        if case.consents_may_have_changed and not case.is_closed:
            lookup = ConsentLookup(client=case.client, at=workflow.now())
            found = await do(
                ConsentActivities.find_consents, lookup, "consents on file"
            )
            asked = case.queries()
            case.take_consents(found.consents, workflow.now())
            if case.queries() != asked:
                # A member of the team may know of the case now, or no longer.
                await self._look_up_seats()
        while case.pending or (case.undated() and case.retry_at is None):
            await self._open_duties()
            case.on_time(workflow.now())
        if case.known.care_plan and not self.handed_over:
            await self._hand_over(case.known.care_plan)
        await self._begin_requests()
        await self._record()
        self.clock.set(case.wakes())

    async def _look_up_seats(self) -> None:
        lookup = SeatLookup(
            agency=self.opening.agency, at=workflow.now(), queries=self.case.queries()
        )
        found = await do(DirectoryActivities.find_seats, lookup, "who sits where")
        self.case.take_seats(found.seats, workflow.now())

    async def _open_duties(self) -> None:
        """The due dates of what is next, all at once, and of what had none for want of a calendar."""
        case = self.case
        late = case.undated() if case.retry_at is None else []
        asked = [self._deadline(p.rule, p.started_at) for p in case.pending]
        asked += [self._deadline(case.limit_of(d), d.opened_at) for d in late]
        requests = tuple(each for each in asked if each)
        dates: Iterator[Dated] = iter(())
        if requests:
            derived = await do(
                DeadlineActivities.derive_deadlines,
                DeadlinesToDerive(requests=requests),
                f"due dates: {len(requests)}",
            )
            dates = iter(derived.dates)
        found = [next(dates) if each else Dated() for each in asked]
        count = len(case.pending)
        if late:
            of_late = {d.id: f for d, f in zip(late, found[count:], strict=True)}
            case.date(of_late, workflow.now())
        case.open_pending(found[:count], workflow.now())

    def _deadline(
        self, rule: Within | None, started_at: datetime
    ) -> DeadlineRequest | None:
        if rule is None:
            return None
        plain = Within(within=rule.within, days=rule.days, hours=rule.hours)
        return DeadlineRequest(
            rule=plain, started_at=started_at, calendar=self.opening.calendar
        )

    async def _hand_over(self, care_plan: str) -> None:
        """The care plan is a child in the Temporal UI, and goes its own way; each names the other."""
        case, opening = self.case, self.opening
        began = OpenServed(
            kind="care-plan",
            case_id=care_plan,
            agency=opening.agency,
            calendar=opening.calendar,
            program=opening.program,
            pack=opening.pack,
            policy=case.policy,
            independence=case.independence,
            client=case.client,
            opened_by=case.timeline[-1].person or opening.opened_by,
            received_at=workflow.now(),
            intake=case.case_id,
            chosen=dict(case.chosen),
            known=case.known.model_copy(update={"care_plan": None}),
            care_plan=opening.care_plan,
            closure_clause=opening.closure_clause,
        )
        workflow.upsert_search_attributes([LINKED_IDS.value_set([care_plan])])
        await self._begin("CarePlan", began, "Care plan")
        self.handed_over = True

    async def _begin(self, name: str, opening: OpenServed, said: str) -> None:
        """A case of its own, and a child of this one in the Temporal UI; it outlives it."""
        with suppress(WorkflowAlreadyStartedError):
            await workflow.start_child_workflow(
                name,
                ServedRun(opening=opening, shape=SHAPE),
                id=workflow_id(opening.kind, opening.case_id),
                task_timeout=TASK_TIMEOUT,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                search_attributes=searched_by(opening),
                static_summary=summary(said),
            )

    # -- services a care plan asks for ----------------------------------------------------------------------------

    def _services(self) -> list[ServiceAsked]:
        return self.case.known.life.services if self.case.known.life else []

    def _writings(self) -> list[Writing]:
        return self.case.writings if isinstance(self.case, CarePlan) else []

    async def _begin_requests(self) -> None:
        """Every service that is asked for is a case of its own; the open ones know who the worker is, and which plan is in
        force (CP-X-1)."""
        for asked in self._services():
            if asked.case not in self.begun:
                await self._begin(
                    "ServiceAuthorization", self._request(asked), "Service request"
                )
                self.begun.add(asked.case)
        if self.told != self._word():
            self.told = self._word()
            for asked in self._services():
                if asked.is_running:
                    await self._tell(
                        "service-request", asked.case, "care_plan_changed", self.told
                    )
        if isinstance(self.case, ServiceAuthorization):
            while self.case.unsaid:
                status = self.case.unsaid[0]
                word = RequestWord(
                    case=self.case.case_id,
                    status=status,
                    until=self.case.request.until,
                    at=workflow.now(),
                )
                await self._tell(
                    "care-plan", self.case.asked_by, "service_decided", word
                )
                del self.case.unsaid[0]

    def _word(self) -> CarePlanWord:
        known = self.case.known
        return CarePlanWord(chosen=dict(self.case.chosen), plans=tuple(known.plans))

    def _request(self, asked: ServiceAsked) -> OpenServed:
        case, opening = self.case, self.opening
        request = ServiceRequest(
            service=asked.service,
            need=asked.need,
            provider=asked.provider,
            provider_title=asked.provider_title,
            plan=asked.plan,
        )
        known = ClientFacts(
            branch=case.known.branch,
            assignments=case.known.assignments,
            plans=case.known.plans,
            consents=case.known.consents,
            request=request,
        )
        return opening.model_copy(
            update={
                "kind": "service-request",
                "case_id": asked.case,
                "opened_by": case.timeline[-1].person or opening.opened_by,
                "received_at": workflow.now(),
                "referral": None,
                "intake": None,
                "asked_by": case.case_id,
                "chosen": dict(case.chosen),
                "known": known,
            }
        )

    async def _tell(self, kind: str, case_id: str, name: str, word: Frozen) -> None:
        """One that has ended meanwhile needs to hear nothing more."""
        handle = workflow.get_external_workflow_handle(workflow_id(kind, case_id))
        with suppress(ApplicationError):
            await handle.signal(name, word)

    def _take_plan(self, word: CarePlanWord) -> None:
        if isinstance(self.case, ServiceAuthorization) and not self.case.is_closed:
            self.case.follow(word.chosen, word.plans, workflow.now())
            self.seats_may_have_changed = True

    def _take_decision(self, word: RequestWord) -> None:
        if isinstance(self.case, CarePlan):
            service_decided(
                self.case, word.case, word.status, word.until, workflow.now()
            )

    async def _record(self) -> None:
        """Write down what is new, then answer those who wait for it, then let the notices go."""
        case = self.case
        heard, unsent = tuple(self.heard), tuple(case.unsent)
        entries = tuple(case.timeline[self.recorded_entries :])
        writings = tuple(self._writings()[self.recorded_writings :])
        if not (heard or unsent or entries):
            return
        case.version += 1
        new: dict[str, object] = {
            "entries": entries,
            "notices": unsent,
            "answers": heard,
            "follows_at": self.recorded_at,
            "entries_before": self.recorded_entries,
        }
        if self._lives_long:
            new["duties"] = tuple(
                duty for duty in case.duties if self.settled.get(duty.id) is not duty
            )
            new["settled"] = tuple(self.settled)
            new["writings"] = writings
            new["writings_before"] = self.recorded_writings
        if case.is_closed:
            new["carried"] = self._carried(heard)
        record = self.record().model_copy(update=new)
        text = f"record version {case.version}"
        await do(RecordActivities.record_served, record, text)
        # Only now: were the writing cut off by a cancellation, all of it would be written with what that brings.
        del self.heard[: len(heard)], case.unsent[: len(unsent)]
        self.settled = self._over()
        self.recorded_entries += len(entries)
        self.recorded_writings += len(writings)
        self.recorded_at = record.at
        self.inbox.settle(heard)
        self._show()
        if unsent:
            order = NoticesToSend(
                case_id=case.case_id,
                pack=self.opening.pack,
                ladder="",
                notices=unsent,
                kind=case.kind,
            )
            self.post.send(NoticeActivities.send_notices, order)

    @property
    def _lives_long(self) -> bool:
        """Whether it goes on for years: of what is over it records the change alone."""
        case = self.case
        return isinstance(case, ServiceAuthorization) or (
            isinstance(case, CarePlan) and case.rules is not None
        )

    def _over(self) -> dict[str, Duty]:
        """What is over stays as it is, unless somebody corrects it."""
        return {duty.id: duty for duty in self.case.duties if not duty.is_outstanding}

    def _show(self) -> None:
        case = self.case
        shown = Shown(
            step=case.stage,
            roles=case.waiting_roles(),
            level=0,
            due_at=case.due_at,
            is_overdue=case.is_overdue,
        )
        if case.is_closed:
            self.board.close(shown, case.as_table())
        else:
            self.board.show(shown, case.as_table())

    async def _start_afresh_if_long(self) -> None:
        """Continue as new, only from rest and with nothing in flight, so that no message, clock or notice is lost."""
        suggested = workflow.info().is_continue_as_new_suggested()
        if not suggested or self.post.is_busy or self._has_work():
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._has_work() or self.case.is_closed:
            return
        self.clock.set(())
        workflow.continue_as_new(self._carried(()))

    def _carried(self, heard: tuple[Answer, ...]) -> ServedRun:
        """All there is to know of the case, once what was heard now is recorded."""
        answers = self.inbox.answers | {each.message_id: each for each in heard}
        carried = CarriedServed(
            case=self.case.model_copy(update={"unsent": []}),
            answers=answers,
            recorded_entries=len(self.case.timeline),
            recorded_at=self.recorded_at,
            recorded_writings=len(self._writings()),
        )
        return ServedRun(opening=self.opening, carried=carried, shape=self.case.shape)

    def record(self) -> ServedRecord:
        """The case as it now is, without its timeline."""
        case, opening = self.case, self.opening
        return ServedRecord(
            case_id=case.case_id,
            kind=opening.kind,
            agency=opening.agency,
            program=opening.program,
            pack=opening.pack,
            client=case.client,
            branch=case.known.branch or "",
            opened_by=opening.opened_by,
            opened_at=case.opened_at,
            closed_at=case.closed_at,
            status=case.status,
            stage=case.stage,
            due_at=case.due_at,
            overdue=case.is_overdue,
            version=case.version,
            at=workflow.now(),
            seats=tuple(case.seated.values()),
            duties=tuple(case.duties),
            allowed=allowed_now(case),
            links=tuple(case.links),
            known=case.known,
        )


class ServedWorkflow:
    """What every case about a client hears. Each lifecycle is a class of its own beside this file, under its own name."""

    def __init__(self, run: ServedRun) -> None:
        self.serving = Serving(run)

    @workflow.update(dynamic=True)
    async def message(self, name: str, args: Sequence[RawValue]) -> Answer:
        """A named message of throughcare.lifecycles.care_plan.acts.EVERY_ACT, answered when its step has moved and its record is
        written."""
        return await self.serving.message(name, args)

    @message.validator
    def check_message(self, name: str, args: Sequence[RawValue]) -> None:
        self.serving.check(name, args)

    @workflow.signal(dynamic=True)
    async def left_message(self, name: str, args: Sequence[RawValue]) -> None:
        """The same messages, left when no answer could be awaited; and word that something else changed. Never raises."""
        self.serving.left(name, args)

    @workflow.query
    def state(self) -> ServedRecord:
        """The case as it now is, without its timeline."""
        return self.serving.record()

    @workflow.query
    def whole(self) -> ServedRecord:
        """The case as it now is, with its whole timeline and the answers it remembers: what the tables must say."""
        return self.serving.whole()


def opened(run: ServedRun) -> Intake | CarePlan | ServiceAuthorization:
    opening = run.opening
    about = {
        "case_id": opening.case_id,
        "shape": run.shape,
        "policy": opening.policy,
        "independence": opening.independence,
        "client": opening.client,
        "opened_at": opening.opened_at,
    }
    if opening.kind == "care-plan":
        assert opening.intake is not None and opening.known is not None
        plan = CarePlan.model_validate(
            about
            | {
                "chosen": dict(opening.chosen),
                "known": opening.known,
                "rules": opening.care_plan,
                "closure_clause": opening.closure_clause,
            }
        )
        plan.open(opening.intake, opening.opened_by, opening.received_at)
        return plan
    if opening.kind == "service-request":
        request = ServiceAuthorization.model_validate(
            about
            | {
                "chosen": dict(opening.chosen),
                "known": opening.known,
                "rules": opening.care_plan,
                "asked_by": opening.asked_by,
            }
        )
        request.open(opening.opened_by, opening.received_at)
        return request
    assert opening.referral is not None
    intake = Intake.model_validate(about | {"imported": opening.imported})
    intake.open(
        opening.referral,
        opening.opened_by,
        opening.opened_from,
        opening.received_at,
        opening.opened_by_right,
    )
    return intake
