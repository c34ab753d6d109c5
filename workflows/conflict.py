"""One conflict, from the front door to its settlement. Lives for days to months."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import (
    ApplicationError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from activities.deadlines import DeadlineActivities
from activities.directory import DirectoryActivities
from activities.notices import NoticeActivities
from activities.records import RecordActivities
from activities.rungs import RungActivities
from throughcare.case.entry import CaseLink, Relation
from throughcare.case.message import Message
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
from throughcare.lifecycles.conflict.acts import (
    AgreementBroken,
    AssignSeat,
    Merge,
    MoveToVersion,
    Recuse,
    Refile,
    Reopen,
)
from throughcare.lifecycles.conflict.conflict import SHAPE, Conflict
from throughcare.lifecycles.conflict.hearing import allowed_now, hear
from throughcare.lifecycles.conflict.policy import Rung
from throughcare.messages import (
    Answer,
    CarriedConflict,
    CaseRecord,
    ConflictRun,
    ConflictSettled,
    LinkedCase,
    NoticesToSend,
    OpenConflict,
    PackRef,
    RungLookup,
    SeatLookup,
    conflict_workflow_id,
)
from throughcare.time.deadline import (
    Dated,
    DeadlineRequest,
    Within,
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
        self.recorded_at = (carried and carried.recorded_at) or run.opening.received_at
        self.heard: list[Answer] = []
        self.linked: deque[LinkedCase] = deque()
        self.ties: deque[Callable[[], Awaitable[None]]] = deque()
        self.clock, self.post, self.board = Clock(), Post(), Board()
        self.at_rest = False
        self.seats_may_have_changed = carried is not None
        self.taken_up = self.conflict.is_closed

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
        """A named message of throughcare.lifecycles.conflict.acts, answered when its step has moved and its record is written."""
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
            if name == "case_linked":
                self.linked.append(read_word(name, args, LinkedCase))
                return
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

    @workflow.query
    def whole(self) -> CaseRecord:
        """The case as it now is, with its whole timeline and the answers it remembers: what the tables must say."""
        conflict = self.conflict
        entries = tuple(conflict.timeline[: self.recorded_entries])
        answers = tuple(self.inbox.answers.values())
        said: dict[str, object] = {"entries": entries, "answers": answers}
        if conflict.is_closed and conflict.shape > 1:
            said["carried"] = self._carried(())
        return self._case_record().model_copy(update=said)

    # -- the loop ------------------------------------------------------------------------------------------------

    def _is_quiet(self) -> bool:
        return not (self.post.is_busy or self._has_work())

    def _has_work(self) -> bool:
        unrecorded = len(self.conflict.timeline) > self.recorded_entries
        return bool(
            self.inbox.waiting
            or self.post.came_back
            or self.linked
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
            if self.conflict.shape > 1:
                self._hear(self.inbox.take())
            else:
                self._hear(self.inbox.waiting.popleft())
        while self.post.came_back:
            notice, outcome = self.post.came_back.popleft()
            self.conflict.delivered(notice, outcome, workflow.now())
        while self.linked:
            word = self.linked.popleft()
            self.conflict.tie(word.link, word.at, workflow.now())
        if not self.conflict.is_closed:
            self.conflict.on_time(workflow.now())
            change_at = self.conflict.next_seat_change_at()
            self.seats_may_have_changed |= (
                change_at is not None and change_at <= workflow.now()
            )

    def _hear(self, incoming: Incoming) -> None:
        refused = None
        envelope = incoming.envelope
        try:
            message = incoming.read()
            self.conflict = hear(self.conflict, message)
            self._take_over(message)
        except Refused as error:
            refused = error
            self.conflict.refuse(
                incoming.name,
                error.detail,
                envelope.actor,
                envelope.message_id,
                workflow.now(),
            )
        self.heard.append(incoming.answered(refused, self.conflict.version + 1))

    def _take_over(self, message: Message) -> None:
        """What a message changes outside the conflict itself."""
        match message.facts:
            case Recuse() | AssignSeat() | Reopen() | AgreementBroken():
                self.seats_may_have_changed = True
            case MoveToVersion() as facts:
                pack = PackRef(
                    id=facts.pack, version=facts.version, digest=facts.digest
                )
                self.opening = self.opening.model_copy(
                    update={"pack": pack, "policy": facts.policy}
                )
                self.seats_may_have_changed = True
            case Merge(into=case):
                link = CaseLink(case=self.conflict.case_id, relation=Relation.absorbed)
                self.ties.append(lambda: self._tell_other(case, link))
            case Refile(case=case, opening=opening):
                self.ties.append(lambda: self._file_anew(case, opening))

    async def _settle(self) -> None:
        """Bring the case to rest: seats known, the next rung begun or halted, the record written, notices on their way."""
        conflict = self.conflict
        dated = None
        if conflict.moving_to or self.seats_may_have_changed:
            self.seats_may_have_changed = False
            dated = await self._look_up_seats()
        if conflict.moving_to:
            await self._begin_or_halt(conflict.moving_to, dated)
        if conflict.needs_new_date and conflict.rung:
            await self._redate(conflict.rung)
        if conflict.needs_repeat:
            dated = await self._derive(
                conflict.policy.top_reminder, "when to ask again at the top"
            )
            conflict.ask_again(dated, workflow.now())
        while self.ties:
            # Taken off only when done: one that a cancellation cuts off is done over, and both sides bear that.
            await self.ties[0]()
            self.ties.popleft()
        await self._record()
        self.clock.set(conflict.wakes())

    async def _look_up_seats(self) -> Dated | None:
        """Who sits where now; of a rung that is next also when its limit ends, where the case's shape asks both at once."""
        conflict = self.conflict
        lookup = SeatLookup(
            agency=self.opening.agency, at=workflow.now(), queries=conflict.queries()
        )
        text = f"who sits on {conflict.moving_to or conflict.rung_id}"
        if conflict.shape < 2 or not conflict.moving_to:
            found = await do(DirectoryActivities.find_seats, lookup, text)
            if conflict.is_closed and self.taken_up:
                conflict.wake_up(found.seats)
            conflict.take_seats(found.seats, workflow.now())
            return None
        limit = conflict.rung_named(conflict.moving_to).limit
        prepared = await do(
            RungActivities.prepare_rung,
            RungLookup(seats=lookup, deadline=self._deadline(limit) if limit else None),
            f"{text}, and until when" if limit else text,
        )
        conflict.take_seats(prepared.seats, workflow.now())
        return prepared.dated

    async def _begin_or_halt(self, rung_id: str, dated: Dated | None) -> None:
        rung = self.conflict.rung_named(rung_id)
        if self.conflict.unfit(rung):
            self.conflict.halt(workflow.now())
            return
        if dated is None:
            dated = Dated()
            if rung.limit:
                dated = await self._derive(rung.limit, f"{rung_id} limit")
        if dated.problem:
            self.conflict.halt_undated(dated.problem, workflow.now())
        else:
            self.conflict.begin(dated.receipt, workflow.now())

    async def _redate(self, rung: Rung) -> None:
        """A calendar that gives no date leaves the clock as it was: no limit is lost for want of a holiday list."""
        dated = Dated()
        if rung.limit:
            began_at = self.conflict.rung_began_at
            dated = await self._derive(rung.limit, f"{rung.id} limit", began_at)
        self.conflict.redate(dated, workflow.now())

    async def _tell_other(self, case: str, link: CaseLink) -> None:
        """Word to the case that goes on. One that is over cannot hear it, and then this case says so."""
        handle = workflow.get_external_workflow_handle(conflict_workflow_id(case))
        try:
            await handle.signal("case_linked", LinkedCase(link=link, at=workflow.now()))
        except ApplicationError:
            text = f"Case {case} could not be told: it is over, or there is none."
            self.conflict.note("link_failed", text, workflow.now())

    async def _file_anew(self, case: str, opening: dict[str, JsonValue]) -> None:
        """The new case is a child in the Temporal UI, and goes its own way."""
        began = OpenConflict.model_validate(opening)
        try:
            await workflow.start_child_workflow(
                ConflictWorkflow.run,
                ConflictRun(opening=began, shape=SHAPE),
                id=conflict_workflow_id(case),
                task_timeout=TASK_TIMEOUT,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                search_attributes=searched_by(began),
                static_summary=summary(
                    f"Conflict on ladder {began.policy.ladders[0].id}"
                ),
            )
        except WorkflowAlreadyStartedError:
            return

    async def _derive(
        self, rule: Within, what: str, started_at: datetime | None = None
    ) -> Dated:
        return await do(
            DeadlineActivities.derive_deadline,
            self._deadline(rule, started_at),
            f"due date: {what}",
        )

    def _deadline(
        self, rule: Within, started_at: datetime | None = None
    ) -> DeadlineRequest:
        return DeadlineRequest(
            rule=Within.model_validate(rule.model_dump()),
            started_at=started_at or workflow.now(),
            calendar=self.opening.calendar,
        )

    async def _record(self) -> None:
        """Write down what is new, then answer those who wait for it, then let the notices go."""
        conflict = self.conflict
        heard, unsent = tuple(self.heard), tuple(conflict.unsent)
        entries = tuple(conflict.timeline[self.recorded_entries :])
        if not (heard or unsent or entries):
            return
        conflict.version += 1
        new: dict[str, object] = {
            "entries": entries,
            "notices": unsent,
            "answers": heard,
        }
        if conflict.shape > 1:
            new["follows_at"] = self.recorded_at
            new["entries_before"] = self.recorded_entries
        if conflict.is_closed and conflict.shape > 1:
            new["carried"] = self._carried(heard)
        record = self._case_record().model_copy(update=new)
        await do(
            RecordActivities.record_case, record, f"record version {conflict.version}"
        )
        # Only now: were the writing cut off by a cancellation, all of it would be written with what that brings.
        del self.heard[: len(heard)], conflict.unsent[: len(unsent)]
        self.recorded_entries += len(entries)
        self.recorded_at = record.at
        self.inbox.settle(heard)
        self._show()
        if unsent:
            order = NoticesToSend(
                case_id=conflict.case_id,
                pack=self.opening.pack,
                ladder=conflict.ladder.id,
                notices=unsent,
            )
            self.post.send(NoticeActivities.send_notices, order)

    def _show(self) -> None:
        conflict = self.conflict
        shown = Shown(
            step=conflict.status.value
            if conflict.is_closed or not conflict.rung_id
            else conflict.rung_id,
            roles=conflict.waiting_roles(),
            level=conflict.level,
            due_at=conflict.rung_due_at,
            is_overdue=conflict.is_overdue,
        )
        if conflict.is_closed and conflict.shape > 1:
            self.board.close(shown, conflict.as_table())
        else:
            self.board.show(shown, conflict.as_table())

    async def _start_afresh_if_long(self) -> None:
        """Continue as new, only from rest and with nothing in flight, so that no message, clock or notice is lost."""
        if (
            not workflow.info().is_continue_as_new_suggested()
            or self.post.is_busy
            or self._has_work()
        ):
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._has_work() or self.conflict.is_closed:
            return
        self.clock.set(())
        workflow.continue_as_new(self._carried(()))

    def _carried(self, heard: tuple[Answer, ...]) -> ConflictRun:
        """All there is to know of the case, once what was heard now is recorded."""
        answers = self.inbox.answers | {each.message_id: each for each in heard}
        carried = CarriedConflict(
            conflict=self.conflict.model_copy(update={"unsent": []}),
            answers=answers,
            recorded_entries=len(self.conflict.timeline),
            recorded_at=self.recorded_at,
        )
        return ConflictRun(
            opening=self.opening, carried=carried, shape=self.conflict.shape
        )

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
            links=tuple(conflict.links),
            agreed={rung: tuple(sides) for rung, sides in conflict.agreements.items()},
        )


def _opened(run: ConflictRun) -> Conflict:
    opening = run.opening
    conflict = Conflict(
        case_id=opening.case_id,
        shape=run.shape,
        policy=opening.policy,
        raised_by=opening.raised_by,
        opened_at=opening.received_at,
        chosen=opening.chosen,
        supervisor_is_party=opening.supervisor_is_party,
    )
    if opening.refiled_from:
        conflict.links.append(
            CaseLink(case=opening.refiled_from, relation=Relation.refiled_from)
        )
    conflict.open(
        opening.opened_by,
        opening.opened_from,
        opening.received_at,
        opening.subject,
        opening.opened_by_right,
    )
    return conflict
