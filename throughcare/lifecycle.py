"""What every lifecycle workflow shares: an inbox that hears each message once, a clock, patient activities.

A workflow has these as parts; there is no base workflow. The main loop alone changes the case: handlers only put a
message in the inbox and wait for its answer, so nothing needs a lock.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Concatenate, TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    is_cancelled_exception,
)

from throughcare.codec import OperatorText
from throughcare.domain.acts import ACTS, Message
from throughcare.domain.conflict import Wake
from throughcare.domain.refusals import Refused, Unreadable
from throughcare.messages import MESSAGE_FAILED, Answer, Envelope, Refusal

SUMMARY_LIMIT = 180
"""Bytes of a summary the Temporal UI is documented to keep."""

QUICK = timedelta(seconds=2)
"""How long a local activity may take in all before the same work is given to a regular, endlessly patient one."""

PATIENT = RetryPolicy(maximum_interval=timedelta(minutes=1))
REMEMBERED_ANSWERS = 200
"""A client gives up on a message long before 200 others have come after it."""

Given = TypeVar("Given")
Got = TypeVar("Got")


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
    except ActivityError as error:
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

    def read(self) -> Message:
        """Raises Unreadable, naming the field and what is allowed."""
        kind = ACTS.get(self.name)
        if kind is None:
            raise Unreadable(
                f"{self.name} is not a message. Messages are: {', '.join(ACTS)}."
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

    @staticmethod
    def read(name: str, args: Sequence[RawValue]) -> Incoming:
        """Raises Unreadable where the argument is not an envelope at all."""
        if len(args) != 1:
            raise Unreadable(
                f"{name} takes one envelope: message_id, actor, received_at and facts."
            )
        try:
            return Incoming(
                name,
                workflow.payload_converter().from_payload(args[0].payload, Envelope),
            )
        except (ValidationError, RuntimeError):
            raise Unreadable(
                f"{name} takes an envelope with message_id, actor, received_at and facts."
            ) from None

    def knows(self, incoming: Incoming) -> bool:
        message_id = incoming.envelope.message_id
        return message_id in self.answers or any(
            message_id == each.envelope.message_id for each in self.waiting
        )

    def put(self, incoming: Incoming) -> None:
        """The same message twice is heard once, whether it comes by Update, by Signal or by both."""
        if not self.knows(incoming):
            self.waiting.append(incoming)

    async def answer(self, incoming: Incoming) -> Answer:
        """Wait until the message has been heard and what it changed is recorded. A refusal fails the update."""
        message_id = incoming.envelope.message_id
        await workflow.wait_condition(lambda: message_id in self.answers)
        answer = self.answers[message_id]
        if answer.refusal:
            raise refused_update(answer.refusal)
        return answer

    def settle(self, answers: Iterable[Answer]) -> None:
        self.answers.update((answer.message_id, answer) for answer in answers)
        for oldest in list(self.answers)[:-REMEMBERED_ANSWERS]:
            del self.answers[oldest]


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
