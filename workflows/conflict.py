"""One conflict, from the front door to its settlement. Lives for days to months."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.deadlines import DeadlineActivities
from activities.directory import DirectoryActivities
from activities.notices import NoticeActivities
from activities.records import RecordActivities
from throughcare.domain.casefile import Delivered, Delivery, Notice
from throughcare.domain.conflict import Conflict
from throughcare.domain.deadline import Dated, DeadlineRequest, Within
from throughcare.domain.hearing import allowed_now, hear
from throughcare.domain.refusals import Refused
from throughcare.lifecycle import (
    Clock,
    Inbox,
    Incoming,
    as_refusal,
    do,
    refused_update,
    summary,
)
from throughcare.messages import (
    Answer,
    CarriedConflict,
    CaseRecord,
    ConflictRun,
    ConflictSettled,
    NoticesSent,
    NoticesToSend,
    SeatLookup,
)
from throughcare.temporal import DUE_AT, LEVEL, NOTICE_QUEUE, OVERDUE, SEAT_ROLES, STEP

NOTICE_TIMEOUT = timedelta(seconds=10)
# A mail server may be away for days. The case goes on meanwhile and shows the notice as queued.
NOTICE_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5)
)


@workflow.defn(name="Conflict")
class ConflictWorkflow:
    @workflow.init
    def __init__(self, run: ConflictRun) -> None:
        carried = run.carried
        self.opening = run.opening
        self.conflict = carried.conflict if carried else _opened(run)
        self.inbox = Inbox(dict(carried.answers) if carried else {})
        self.recorded_entries = carried.recorded_entries if carried else 0
        self.heard: list[Answer] = []
        self.clock = Clock()
        self.sending: set[asyncio.Task[None]] = set()
        self.came_back: deque[tuple[NoticesToSend, NoticesSent]] = deque()
        self.at_rest = False
        self.seats_may_have_changed = carried is not None
        self.shown: tuple[object, ...] = ()

    @workflow.run
    async def run(self, run: ConflictRun) -> ConflictSettled:
        while not (self.conflict.is_closed and self._is_quiet()):
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
                self.conflict.cancelled(workflow.now())
        await workflow.wait_condition(workflow.all_handlers_finished)
        conflict = self.conflict
        return ConflictSettled(
            case_id=conflict.case_id,
            status=conflict.status,
            rung=conflict.rung_id,
            level=conflict.level,
        )

    @workflow.update(dynamic=True)
    async def message(self, name: str, args: Sequence[RawValue]) -> Answer:
        """A named message of throughcare.domain.acts, answered when its step has moved and its record is written."""
        incoming = Inbox.read(name, args)
        self.inbox.put(incoming)
        return await self.inbox.answer(incoming)

    @message.validator
    def check_message(self, name: str, args: Sequence[RawValue]) -> None:
        """Refuse before anything is written to history. What cannot be judged yet is let in and judged in its turn."""
        try:
            incoming = Inbox.read(name, args)
            message = incoming.read()
            if (
                self.at_rest
                and not self.inbox.waiting
                and not self.inbox.knows(incoming)
            ):
                hear(self.conflict, message)
        except Refused as refused:
            raise refused_update(as_refusal(refused)) from None

    @workflow.signal(dynamic=True)
    async def left_message(self, name: str, args: Sequence[RawValue]) -> None:
        """The same messages, left when no answer could be awaited; and word that the directory changed. Never raises."""
        if name == "directory_changed":
            self.seats_may_have_changed = True
            return
        try:
            self.inbox.put(Inbox.read(name, args))
        except Refused as refused:
            self.conflict.note(
                "refused",
                f"A message was left that nobody can read: {refused.detail}",
                workflow.now(),
            )

    @workflow.query
    def state(self) -> CaseRecord:
        """The case as it now is, without its timeline."""
        return self._case_record()

    # -- the loop ------------------------------------------------------------------------------------------------

    def _is_quiet(self) -> bool:
        return not (self.sending or self._has_work())

    def _has_work(self) -> bool:
        unrecorded = len(self.conflict.timeline) > self.recorded_entries
        return bool(
            self.inbox.waiting
            or self.came_back
            or self.heard
            or self.conflict.unsent
            or unrecorded
        )

    def _something_happened(self) -> bool:
        over = self.conflict.is_closed and self._is_quiet()
        return (
            self._has_work() or self.seats_may_have_changed or self.clock.rang or over
        )

    def _take_what_happened(self) -> None:
        """At most one message at a time: it may end a rung, and the next message is judged by where that leaves us."""
        self.clock.rang = False
        if self.inbox.waiting:
            self._hear(self.inbox.waiting.popleft())
        while self.came_back:
            order, sent = self.came_back.popleft()
            outcomes = {outcome.key: outcome for outcome in sent.outcomes}
            for notice in order.notices:
                self.conflict.delivered(notice, outcomes[notice.key], workflow.now())
        if not self.conflict.is_closed:
            self.conflict.on_time(workflow.now())
            change_at = self.conflict.next_seat_change_at()
            self.seats_may_have_changed |= (
                change_at is not None and change_at <= workflow.now()
            )

    def _hear(self, incoming: Incoming) -> None:
        refused = None
        try:
            self.conflict = hear(self.conflict, incoming.read())
        except Refused as error:
            refused = error
            self.conflict.refuse(
                incoming.name,
                error.detail,
                incoming.envelope.actor.person,
                incoming.envelope.message_id,
                workflow.now(),
            )
        self.heard.append(incoming.answered(refused, self.conflict.version + 1))

    async def _settle(self) -> None:
        """Bring the case to rest: seats known, the next rung begun or halted, the record written, notices on their way."""
        if self.conflict.moving_to or self.seats_may_have_changed:
            self.seats_may_have_changed = False
            await self._look_up_seats()
        if self.conflict.moving_to:
            await self._begin_or_halt(self.conflict.moving_to)
        if self.conflict.needs_repeat:
            dated = await self._derive(
                self.conflict.policy.top_reminder, "when to ask again at the top"
            )
            self.conflict.ask_again(dated, workflow.now())
        await self._record()
        self.clock.set(self.conflict.wakes())

    async def _look_up_seats(self) -> None:
        queries = self.conflict.queries()
        lookup = SeatLookup(
            agency=self.opening.agency, at=workflow.now(), queries=queries
        )
        found = await do(
            DirectoryActivities.find_seats,
            lookup,
            f"who sits on {self.conflict.moving_to or self.conflict.rung_id}",
        )
        self.conflict.take_seats(found.seats, workflow.now())

    async def _begin_or_halt(self, rung_id: str) -> None:
        rung = self.conflict.rung_named(rung_id)
        if self.conflict.unfit(rung):
            self.conflict.halt(workflow.now())
            return
        dated = Dated()
        if rung.limit:
            dated = await self._derive(rung.limit, f"{rung_id} limit")
        if dated.problem:
            self.conflict.halt_undated(dated.problem, workflow.now())
        else:
            self.conflict.begin(dated.receipt, workflow.now())

    async def _derive(self, rule: Within, what: str) -> Dated:
        request = DeadlineRequest(
            rule=Within.model_validate(rule.model_dump()),
            started_at=workflow.now(),
            calendar=self.opening.calendar,
        )
        return await do(
            DeadlineActivities.derive_deadline, request, f"due date: {what}"
        )

    async def _record(self) -> None:
        """Write down what is new, then answer those who wait for it, then let the notices go."""
        conflict = self.conflict
        heard, unsent = tuple(self.heard), tuple(conflict.unsent)
        entries = tuple(conflict.timeline[self.recorded_entries :])
        if not (heard or unsent or entries):
            return
        conflict.version += 1
        record = self._case_record().model_copy(
            update={"entries": entries, "notices": unsent, "answers": heard}
        )
        await do(
            RecordActivities.record_case, record, f"record version {conflict.version}"
        )
        # Only now: were the writing cut off by a cancellation, all of it would be written with what that brings.
        del self.heard[: len(heard)], conflict.unsent[: len(unsent)]
        self.recorded_entries += len(entries)
        self.inbox.settle(heard)
        self._show()
        if unsent:
            task = asyncio.create_task(self._send(unsent))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)

    async def _send(self, notices: tuple[Notice, ...]) -> None:
        """Beside the loop: a mail server that is away keeps nobody from acting."""
        order = NoticesToSend(
            case_id=self.conflict.case_id,
            pack=self.opening.pack,
            ladder=self.conflict.ladder.id,
            notices=notices,
        )
        try:
            sent = await workflow.execute_activity_method(
                NoticeActivities.send_notices,
                order,
                task_queue=NOTICE_QUEUE,
                start_to_close_timeout=NOTICE_TIMEOUT,
                retry_policy=NOTICE_RETRIES,
                summary=summary("; ".join(notice.line for notice in notices)),
            )
        except ActivityError:
            # Never in silence: whoever should have been told is now told by other means.
            lost = (Delivered(key=n.key, delivery=Delivery.failed) for n in notices)
            sent = NoticesSent(outcomes=tuple(lost))
        self.came_back.append((order, sent))

    def _show(self) -> None:
        """What operators see of the case in the Temporal UI: where it stands and what is open, never about whom."""
        conflict = self.conflict
        step = (
            conflict.status.value
            if conflict.is_closed or not conflict.rung_id
            else conflict.rung_id
        )
        roles = list(
            dict.fromkeys(
                holder.role
                for duty in conflict.open_duties()
                for holder in duty.holders
            )
        )
        shown = (step, roles, conflict.level, conflict.rung_due_at, conflict.is_overdue)
        if shown != self.shown:
            self.shown = shown
            workflow.upsert_search_attributes(
                [
                    STEP.value_set(step),
                    SEAT_ROLES.value_set(roles),
                    LEVEL.value_set(conflict.level),
                    DUE_AT.value_set(conflict.rung_due_at)
                    if conflict.rung_due_at
                    else DUE_AT.value_unset(),
                    OVERDUE.value_set(conflict.is_overdue),
                ]
            )
        workflow.set_current_details(conflict.as_table())

    async def _start_afresh_if_long(self) -> None:
        """Continue as new, only from rest and with nothing in flight, so that no message, clock or notice is lost."""
        if (
            not workflow.info().is_continue_as_new_suggested()
            or self.sending
            or self._has_work()
        ):
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._has_work() or self.conflict.is_closed:
            return
        self.clock.set(())
        carried = CarriedConflict(
            conflict=self.conflict,
            answers=self.inbox.answers,
            recorded_entries=self.recorded_entries,
        )
        workflow.continue_as_new(ConflictRun(opening=self.opening, carried=carried))

    def _case_record(self) -> CaseRecord:
        conflict, opening = self.conflict, self.opening
        return CaseRecord(
            case_id=conflict.case_id,
            agency=opening.agency,
            program=opening.program,
            ladder=conflict.ladder.id,
            pack=opening.pack,
            youth=opening.youth,
            subject=opening.subject,
            raised_by=conflict.raised_by,
            opened_by=opening.opened_by,
            opened_at=conflict.opened_at,
            closed_at=conflict.closed_at,
            status=conflict.status,
            rung=conflict.rung_id,
            level=conflict.level,
            due_at=conflict.rung_due_at,
            version=conflict.version,
            at=workflow.now(),
            seats=tuple(conflict.seated.values()),
            duties=tuple(conflict.duties),
            allowed=allowed_now(conflict),
            agreed={rung: tuple(sides) for rung, sides in conflict.agreements.items()},
        )


def _opened(run: ConflictRun) -> Conflict:
    opening = run.opening
    conflict = Conflict(
        case_id=opening.case_id,
        policy=opening.policy,
        raised_by=opening.raised_by,
        opened_at=opening.received_at,
        chosen=opening.chosen,
        supervisor_is_party=opening.supervisor_is_party,
    )
    conflict.open(
        opening.opened_by,
        opening.opened_from,
        opening.received_at,
        opening.subject,
        opening.opened_by_right,
    )
    return conflict
