"""The one loop of every case: it hears a message or lets time pass, brings the case to rest, and records what is new.

The loop alone changes the case: handlers only put a message into the inbox and wait for its answer, so nothing needs a lock. In
which order a case is driven is throughcare.case.advance; what people and time do to it is its lifecycle.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import (
    ApplicationError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from activities.lookups import LookupActivities
from activities.records import RecordActivities
from throughcare.case.advance import advance, handle
from throughcare.case.casefile import RULINGS
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.needs import Found, Needs, Outgoing, StartCase, Word
from throughcare.case.notice import Delivered, Notice
from throughcare.case.recording import Recorder
from throughcare.case.refusals import Refused
from throughcare.case.wire import (
    NOTICES_SETTLED,
    Answer,
    CaseLookup,
    CaseRecord,
    CaseRun,
    CaseSettled,
    Changed,
    NoticesSettled,
    OpenCase,
    workflow_id,
)
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.temporal.codec import operator_text
from throughcare.temporal.starting import TASK_TIMEOUT, search_attributes
from workflows.inbox import (
    Inbox,
    Incoming,
    as_refusal,
    refused_update,
    sealed_argument,
)
from workflows.local import do
from workflows.timer import CaseTimer
from workflows.visibility import Shown, Visibility

CHANGED = ("directory_changed", "consents_changed")
"""Word from the API that something outside may be otherwise than the case knows."""


class CaseWorkflow:
    """What every case hears and how it lives. Each lifecycle is a class of its own beside this file, under its own name."""

    lifecycle: ClassVar[Lifecycle]

    def __init__(self, run: CaseRun[Any, Any]) -> None:
        carried = run.carried
        self.case = carried.state if carried else self.lifecycle.open(run.opening)
        if not workflow.patched(RULINGS):
            self.case.go_on_as_before()
        self.inbox = Inbox(
            self.lifecycle.messages, dict(carried.answers) if carried else {}
        )
        # Lists: nearly always empty, and an empty deque takes 0.7 KiB of each case at hand.
        self.words: list[Word] = []
        self.answered: list[Answer] = []
        self.recorder = Recorder(run.opening, carried, self.case)
        self.settled: list[tuple[Notice, Delivered]] = []
        self.awaited: set[str] = set()
        """Of a closed case, the keys of the notices it is still to be told of."""
        self.timer, self.visibility = CaseTimer(), Visibility()
        self.at_rest = False

    async def keep(self) -> CaseSettled:
        """Until the case is closed, everything of it is recorded, and it knows what became of its notices."""
        while not (self.case.is_closed and self._is_quiet()):
            try:
                self.at_rest = False
                await self._bring_to_rest()
                await self._continue_as_new_if_long()
                self.at_rest = True
                await workflow.wait_condition(self._something_happened)
                self._take_what_happened()
            except BaseException as error:
                if not is_cancelled_exception(error):
                    raise
                self.case.cancelled(workflow.now())
        await workflow.wait_condition(workflow.all_handlers_finished)
        case = self.case
        return CaseSettled(
            case_id=case.case_id, status=case.status, step=case.step, level=case.level
        )

    # -- what people and other parts say -----------------------------------------------------------------------------

    @workflow.update(dynamic=True)
    async def message(self, name: str, args: Sequence[RawValue]) -> Answer:
        """A named message of the lifecycle, answered when its step has moved and its record is written."""
        incoming = self.inbox.read(name, args)
        self.inbox.put(incoming)
        return await self.inbox.answer(incoming)

    @message.validator
    def check_message(self, name: str, args: Sequence[RawValue]) -> None:
        """Refuse before anything is written to history. What cannot be judged yet is let in and judged in its turn."""
        try:
            incoming = self.inbox.read(name, args)
            message = incoming.read()
            is_free = self.at_rest and not self.inbox.waiting
            if is_free and not self.inbox.knows(incoming):
                handle(self.case, message)
        except Refused as refused:
            raise refused_update(as_refusal(refused)) from None

    @workflow.signal(dynamic=True)
    async def left_message(self, name: str, args: Sequence[RawValue]) -> None:
        """The same messages, left when no answer could be awaited; and word that something else changed. Never raises."""
        try:
            if name in CHANGED:
                sealed_argument(name, args, Changed)
                self.case.look_again(name)
            elif name == NOTICES_SETTLED:
                report = sealed_argument(name, args, NoticesSettled)
                self.settled.extend(report.outcomes)
            elif name in self.case.words:
                self.words.append(sealed_argument(name, args, Word))
            else:
                self.inbox.put(self.inbox.read(name, args))
        except Refused as refused:
            self.case.refuse_unread(name, refused.detail, workflow.now())

    @workflow.query
    def state(self) -> CaseRecord:
        """The case as it now is, without its timeline."""
        return self.recorder.snapshot(self.case, workflow.now())

    @workflow.query
    def whole(self) -> CaseRecord:
        """The case as it now is, with the entries it carries and the answers it remembers: what the tables must say."""
        answers = tuple(self.inbox.answers.values())
        record = self.recorder.whole(self.case, answers, workflow.now())
        return record.model_copy(update=self._carried_out(()))

    # -- the loop ----------------------------------------------------------------------------------------------------

    def _is_quiet(self) -> bool:
        return not (self.awaited or self._has_work())

    def _has_work(self) -> bool:
        return bool(
            self.inbox.waiting
            or self.settled
            or self.words
            or self.answered
            or self.recorder.is_behind(self.case)
            or self.case.outgoing
        )

    def _something_happened(self) -> bool:
        over = self.case.is_closed and self._is_quiet()
        return self._has_work() or self.case.wants_a_look or self.timer.rang or over

    def _take_what_happened(self) -> None:
        """At most one message at a time: it may end a step, and the next message is judged by where that leaves us."""
        now = workflow.now()
        self.timer.rang = False
        if self.inbox.waiting:
            self._handle(self.inbox.take())
        settled, self.settled = self.settled, []
        for notice, outcome in settled:
            self.case.settled(notice, outcome, now)
            self.awaited.discard(notice.key)
        words, self.words = self.words, []
        for word in words:
            self.case.take_word(word.name, word.facts, now)

    def _handle(self, incoming: Incoming) -> None:
        refused = None
        try:
            self.case = handle(self.case, incoming.read())
        except Refused as error:
            refused, now = error, workflow.now()
            self.case.refuse(
                incoming.name, error.detail, incoming.actor, incoming.id, now
            )
        self.answered.append(incoming.answered(refused, self.case.version + 1))

    async def _bring_to_rest(self) -> None:
        """What the case needs is looked up and done; then it is recorded, and whoever waits is answered."""
        while needs := advance(self.case, workflow.now()):
            found = await (self._look_up(needs) if needs.looks_up else self._do(needs))
            self.case.take(found, workflow.now())
        await self._record()
        if not self.case.is_closed:
            # Of a closed case no timer is waited for: to cancel one would cost an event.
            self.timer.set(self.case.wakes())

    async def _look_up(self, needs: Needs) -> Found:
        opening = self.recorder.opening
        lookup = CaseLookup(
            agency=opening.agency,
            calendar=opening.calendar,
            at=workflow.now(),
            needs=needs,
        )
        return await do(LookupActivities.look_up, lookup, needs.in_words)

    async def _do(self, needs: Needs) -> Found:
        undelivered = []
        for each in needs.outgoing:
            if not await self._send_out(each):
                assert isinstance(each, Word)
                undelivered.append(each)
        return Found(sent=len(needs.outgoing), undelivered=tuple(undelivered))

    async def _send_out(self, outgoing: Outgoing) -> bool:
        """False for word to a case that is over, or that there is none of."""
        if isinstance(outgoing, StartCase):
            await self._begin(outgoing)
            return True
        other = workflow_id(outgoing.kind, outgoing.case_id)
        try:
            handle_of = workflow.get_external_workflow_handle(other)
            await handle_of.signal(outgoing.name, outgoing)
        except ApplicationError:
            return False
        return True

    async def _begin(self, start: StartCase) -> None:
        """A case of its own, and a child of this one in the Temporal UI; it outlives it."""
        lifecycle = LIFECYCLES[start.kind]
        own = self.recorder.opening
        base = own.model_dump(exclude={"about", "linked"})
        here = {
            "kind": start.kind,
            "case_id": start.case_id,
            "pack": self.case.pack or own.pack,
        }
        said = base | here | {"received_at": workflow.now()} | start.opening
        run = lifecycle.run.model_validate({"opening": said})
        opening: OpenCase[Any] = run.opening
        try:
            await workflow.start_child_workflow(
                lifecycle.workflow,
                run,
                id=workflow_id(start.kind, start.case_id),
                task_timeout=TASK_TIMEOUT,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                search_attributes=search_attributes(opening),
                static_summary=operator_text(lifecycle.summary(opening)),
            )
        except WorkflowAlreadyStartedError:
            # Begun by the run before this one, or by the try that a cancellation cut off.
            return

    async def _record(self) -> None:
        """Write down what is new, from where its notices leave too, then answer those who wait for it."""
        case, heard = self.case, tuple(self.answered)
        record = self.recorder.next(case, heard, workflow.now())
        if record is None:
            return
        # An open case is written out for the tables alone, which a replay does not write.
        if case.is_closed or not workflow.unsafe.is_replaying():
            record = record.model_copy(update=self._carried_out(heard))
        recorded = await do(RecordActivities.record_case, record, _in_words(record))
        # Only now: were the writing cut off by a cancellation, all of it would be written with what that brings.
        del self.answered[: len(heard)]
        self.recorder.written(case, record)
        self.awaited = set(recorded.awaited).difference(case.reported)
        self.inbox.recorded(heard)
        self._show()

    def _show(self) -> None:
        case = self.case
        step, due_at = case.step or case.status, case.due_at
        if case.is_halted and workflow.patched("halt-shown"):
            # No limit of a step runs: what is due is what is still to be done.
            left = [each.due_at for each in case.duties if each.is_outstanding]
            step, due_at = case.status, min(filter(None, left), default=None)
        shown = Shown(
            step=case.status if case.is_closed else step,
            roles=case.waiting_roles(),
            level=case.level,
            due_at=due_at,
            is_overdue=case.is_overdue,
            linked=tuple(link.case for link in case.links),
        )
        self.visibility.show(shown, case.as_table(), is_closed=case.is_closed)

    async def _continue_as_new_if_long(self) -> None:
        """Continue as new, only from rest and with nothing in flight, so that no message or clock is lost."""
        suggested = workflow.info().is_continue_as_new_suggested()
        if not suggested or self._has_work():
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._has_work() or self.case.is_closed:
            return
        self.timer.set(())
        workflow.continue_as_new(self._carried(()))

    def _carried(self, heard: Sequence[Answer]) -> CaseRun[Any, Any]:
        answers = self.inbox.answers | {each.message_id: each for each in heard}
        return self.recorder.carried(self.case, answers)

    def _carried_out(self, heard: Sequence[Answer]) -> dict[str, Any]:
        """What a record says of all there is to know of the case."""
        run = self._carried(heard)
        if self.case.is_closed:
            return {"carried": run.model_dump(mode="json")}
        return {"kept": run.model_dump_json()}


def _in_words(record: CaseRecord) -> str:
    """For operators, who see here whom the case tells what."""
    letters = [notice.line for notice in record.notices]
    return "; ".join([f"record version {record.version}", *letters])
