"""What every lifecycle workflow shares: an inbox that hears each message once, a clock, patient activities, the post, and
what operators see.

A workflow has these as parts; there is no base workflow. The main loop alone changes the case: handlers only put a
message in the inbox and wait for its answer, so nothing needs a lock.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Concatenate, NamedTuple, TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import (
    RawValue,
    RetryPolicy,
    SearchAttributePair,
    TypedSearchAttributes,
)
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    is_cancelled_exception,
)

from throughcare.case.base import Frozen
from throughcare.case.case import Wake
from throughcare.case.message import Facts, Message
from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.refusals import Refused, Unreadable
from throughcare.lifecycles.conflict.acts import ACTS
from throughcare.messages import (
    MESSAGE_FAILED,
    Answer,
    Envelope,
    NoticesSent,
    NoticesToSend,
    OpenConflict,
    Refusal,
)
from throughcare.serving import OpenServed
from throughcare.temporal.client import (
    CASE_KIND,
    DUE_AT,
    LEVEL,
    LINKED_IDS,
    NOTICE_QUEUE,
    OPENED_AT,
    OVERDUE,
    PACK_VERSION,
    PROGRAM,
    SEAT_ROLES,
    STEP,
)
from throughcare.temporal.codec import OperatorText

SUMMARY_LIMIT = 180
"""Bytes of a summary the Temporal UI is documented to keep."""

QUICK = timedelta(seconds=2)
"""How long a local activity may take in all before the same work is given to a regular, endlessly patient one."""

PATIENT = RetryPolicy(maximum_interval=timedelta(minutes=1))
REMEMBERED_ANSWERS = 200
"""A client gives up on a message long before 200 others have come after it."""

NOTICE_TIMEOUT = timedelta(seconds=10)
# A mail server may be away for days. The case goes on meanwhile and shows the notice as queued.
NOTICE_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5)
)

TASK_TIMEOUT = timedelta(seconds=5)
"""How long a case waits for a worker that took up its work and died, before another gets it."""

Given = TypeVar("Given")
Said = TypeVar("Said", bound=Frozen)
Got = TypeVar("Got")


class Shown(NamedTuple):
    """The search attributes of a case that change."""

    step: str
    roles: list[str]
    level: int
    due_at: datetime | None
    is_overdue: bool


def summary(text: str) -> OperatorText:
    """A summary for operators, cut to what the UI keeps. Never anything about a client."""
    raw = text.encode()
    return OperatorText(
        text
        if len(raw) <= SUMMARY_LIMIT
        else raw[: SUMMARY_LIMIT - 3].decode(errors="ignore") + "…"
    )


async def do(
    activity: Callable[Concatenate[Any, Given, ...], Awaitable[Got]],
    given: Given,
    text: str,
) -> Got:
    """Run an activity on this worker, within this workflow task: one event, no queue. While it cannot be done (the
    database is away) the same activity is scheduled the durable way and tried for as long as it takes."""
    try:
        return await workflow.execute_local_activity_method(
            activity,
            given,
            schedule_to_close_timeout=QUICK,
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=100),
                maximum_interval=timedelta(seconds=1),
            ),
            summary=summary(text),
        )
    except FailureError as error:
        # An ActivityError when it happens; a replay finds what it was caused by, a TimeoutError, bare in the history.
        if is_cancelled_exception(error):
            raise
    try:
        return await workflow.execute_activity_method(
            activity,
            given,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=PATIENT,
            summary=summary(text),
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        raise ActivityGaveUp(error.activity_type) from error


class ActivityGaveUp(Exception):
    """An activity failed for good, which ours never should. Not a Temporal failure, so that it fails the workflow task
    and waits for a mended worker: a bug must never end a case."""


class Incoming:
    """A message in the inbox under its name, by whichever way it came."""

    def __init__(self, name: str, envelope: Envelope) -> None:
        self.name = name
        self.envelope = envelope

    def read(self, acts: Mapping[str, type[Facts]] = ACTS) -> Message:
        """As one of these. Raises Unreadable, naming the field and what is allowed."""
        kind = acts.get(self.name)
        if kind is None:
            raise Unreadable(
                f"{self.name} is not a message. Messages are: {', '.join(acts)}."
            )
        try:
            facts = kind.model_validate(self.envelope.facts)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}"
                for e in error.errors(include_input=False)
            )
            raise Unreadable(f"{self.name}: {problems}.") from None
        e = self.envelope
        return Message(
            message_id=e.message_id,
            name=self.name,
            actor=e.actor,
            received_at=e.received_at,
            facts=facts,
        )

    def answered(self, refused: Refused | None, version: int) -> Answer:
        e = self.envelope
        return Answer(
            message_id=e.message_id,
            name=self.name,
            received_at=e.received_at,
            person=e.actor.person,
            refusal=as_refusal(refused) if refused else None,
            version=version,
        )


class Inbox:
    """Messages waiting for the main loop, and the answers given so far by message id."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.waiting: deque[Incoming] = deque()
        self.answers = answers
        self.taken: set[str] = set()
        """Being heard, and not yet recorded."""

    @staticmethod
    def read(name: str, args: Sequence[RawValue]) -> Incoming:
        """Raises Unreadable where the argument is not an envelope at all."""
        return Incoming(name, read_word(name, args, Envelope))

    def knows(self, incoming: Incoming) -> bool:
        message_id = incoming.envelope.message_id
        if message_id in self.answers or message_id in self.taken:
            return True
        return any(message_id == each.envelope.message_id for each in self.waiting)

    def put(self, incoming: Incoming) -> None:
        """The same message twice is heard once, whether it comes by Update, by Signal or by both."""
        if not self.knows(incoming):
            self.waiting.append(incoming)

    def take(self) -> Incoming:
        """The next one to hear. Until its answer is settled the same one again is still known."""
        incoming = self.waiting.popleft()
        self.taken.add(incoming.envelope.message_id)
        return incoming

    async def answer(self, incoming: Incoming) -> Answer:
        """Wait until the message has been heard and what it changed is recorded. A refusal fails the update."""
        message_id = incoming.envelope.message_id
        await workflow.wait_condition(lambda: message_id in self.answers)
        answer = self.answers[message_id]
        if answer.refusal:
            raise refused_update(answer.refusal)
        return answer

    def settle(self, answers: Iterable[Answer]) -> None:
        new = {answer.message_id: answer for answer in answers}
        self.answers.update(new)
        self.taken -= new.keys()
        for oldest in list(self.answers)[:-REMEMBERED_ANSWERS]:
            del self.answers[oldest]


def read_word(name: str, args: Sequence[RawValue], kind: type[Said]) -> Said:
    """The one argument of a message. Raises Unreadable."""
    try:
        (arg,) = args
        return workflow.payload_converter().from_payload(arg.payload, kind)
    except (ValidationError, ValueError, RuntimeError):
        fields = ", ".join(kind.model_fields)
        raise Unreadable(f"{name} takes one object with: {fields}.") from None


def searched_by(opening: OpenConflict | OpenServed) -> TypedSearchAttributes:
    """What a case is found by in Temporal from its start."""
    pack = f"{opening.pack.id} v{opening.pack.version}"
    kind, linked = "conflict", []
    if isinstance(opening, OpenServed):
        kind = opening.kind
        linked = [each for each in (opening.intake, opening.asked_by) if each]
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(CASE_KIND, kind),
        SearchAttributePair(PROGRAM, opening.program),
        SearchAttributePair(PACK_VERSION, pack),
        SearchAttributePair(OPENED_AT, opening.received_at),
    ]
    if linked:
        pairs.append(SearchAttributePair(LINKED_IDS, linked))
    return TypedSearchAttributes(pairs)


def refused_update(refusal: Refusal) -> ApplicationError:
    return ApplicationError(
        refusal.detail,
        refusal.model_dump(mode="json"),
        type=MESSAGE_FAILED,
        non_retryable=True,
    )


def as_refusal(refused: Refused) -> Refusal:
    return Refusal(
        kind=type(refused).__name__,
        status=refused.status,
        detail=refused.detail,
        allowed=refused.allowed,
        shown=refused.shown,
    )


class Clock:
    """The durable timer of a case: always the next instant at which time alone changes it, in words for operators."""

    def __init__(self) -> None:
        self.rang = False
        self._wake: Wake | None = None
        self._timer: asyncio.Task[None] | None = None

    def set(self, wakes: Iterable[Wake]) -> None:
        """Wind it for the earliest wake. A timer that is already running for it is left alone."""
        wake = min(wakes, key=lambda each: each.at, default=None)
        if wake == self._wake:
            return
        if self._timer:
            self._timer.cancel()
        self._wake = wake
        self._timer = asyncio.create_task(self._ring(wake)) if wake else None

    async def _ring(self, wake: Wake) -> None:
        # Absolute instants, so a clock wound up again in a later run still rings when it was due.
        left = max(timedelta(), wake.at - workflow.now())
        await workflow.sleep(left, summary=summary(wake.text))
        self.rang = True
        self._wake = self._timer = None


class Post:
    """Notices on their way, beside the loop: a mail server that is away keeps nobody from acting."""

    def __init__(self) -> None:
        self.came_back: deque[tuple[Notice, Delivered]] = deque()
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def is_busy(self) -> bool:
        return bool(self._sending)

    def send(
        self,
        activity: Callable[[Any, NoticesToSend], Awaitable[NoticesSent]],
        order: NoticesToSend,
    ) -> None:
        task = asyncio.create_task(self._send(activity, order))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(
        self,
        activity: Callable[[Any, NoticesToSend], Awaitable[NoticesSent]],
        order: NoticesToSend,
    ) -> None:
        notices = order.notices
        try:
            sent = await workflow.execute_activity_method(
                activity,
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
        outcomes = {outcome.key: outcome for outcome in sent.outcomes}
        self.came_back.extend((each, outcomes[each.key]) for each in notices)


class Board:
    """What operators see of a case in the Temporal UI, and search by: never anything about whom it concerns."""

    def __init__(self) -> None:
        self._shown: Shown | None = None

    def show(self, shown: Shown, details: str) -> None:
        if shown != self._shown:
            self._shown = shown
            workflow.upsert_search_attributes(
                [
                    STEP.value_set(shown.step),
                    SEAT_ROLES.value_set(shown.roles),
                    LEVEL.value_set(shown.level),
                    DUE_AT.value_set(shown.due_at)
                    if shown.due_at
                    else DUE_AT.value_unset(),
                    OVERDUE.value_set(shown.is_overdue),
                ]
            )
        workflow.set_current_details(details)

    def close(self, shown: Shown, details: str) -> None:
        """Of a closed case nobody searches the step; but one that was overdue must not be found as such any more."""
        if self._shown is None or self._shown.is_overdue:
            self.show(shown, details)
        workflow.set_current_details(details)
