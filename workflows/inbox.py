"""The inbox of a case: each message is heard once, by whichever way it came, and answered once its record is written."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from throughcare.case.base import Frozen
from throughcare.case.message import Message, Messages
from throughcare.case.refusals import NotSealed, Refused, Unreadable
from throughcare.case.seats import Actor
from throughcare.case.wire import MESSAGE_FAILED, Answer, Envelope, Refusal
from throughcare.temporal.sealing import open_sealed

REMEMBERED_ANSWERS = 200
"""A client gives up on a message long before 200 others have come after it."""


Given = TypeVar("Given")


class Incoming(Frozen):
    """A message in the inbox: parsed, or why it cannot be."""

    name: str
    envelope: Envelope
    message: Message | None = None
    unreadable: str = ""

    @property
    def id(self) -> str:
        return self.envelope.message_id

    @property
    def actor(self) -> Actor:
        return self.envelope.actor

    def read(self) -> Message:
        """Raises Unreadable."""
        if self.message is None:
            raise Unreadable(self.unreadable)
        return self.message

    def answered(self, refused: Refused | None, version: int) -> Answer:
        return Answer(
            message_id=self.id,
            name=self.name,
            received_at=self.envelope.received_at,
            person=self.actor.person,
            refusal=as_refusal(refused) if refused else None,
            version=version,
        )


class Inbox:
    """Messages waiting for the main loop, and the answers given so far by message id."""

    def __init__(self, messages: Messages, answers: dict[str, Answer]) -> None:
        self.messages = messages
        self.answers = answers
        self.waiting: list[Incoming] = []
        self._taken: set[str] = set()
        """Being heard, and not yet recorded."""
        self._last_read: tuple[tuple[str, bytes], Incoming] | None = None

    def read(self, name: str, args: Sequence[RawValue]) -> Incoming:
        """Parsed once: what the validator has read the handler need not read again. Raises NotSealed, and Unreadable where the
        argument is no envelope at all."""
        said = args[0].payload.SerializeToString() if args else b""
        if self._last_read and self._last_read[0] == (name, said):
            return self._last_read[1]
        incoming = self._read(name, args)
        self._last_read = (name, said), incoming
        return incoming

    def _read(self, name: str, args: Sequence[RawValue]) -> Incoming:
        envelope = sealed_argument(name, args, Envelope)
        if envelope.name != name:
            # Encrypted for this case, but as another message.
            raise NotSealed
        try:
            message = self.messages.parse(
                name,
                envelope.facts,
                message_id=envelope.message_id,
                actor=envelope.actor,
                received_at=envelope.received_at,
            )
        except Unreadable as error:
            return Incoming(name=name, envelope=envelope, unreadable=error.detail)
        return Incoming(name=name, envelope=envelope, message=message)

    def knows(self, incoming: Incoming) -> bool:
        if incoming.id in self.answers or incoming.id in self._taken:
            return True
        return any(incoming.id == each.id for each in self.waiting)

    def put(self, incoming: Incoming) -> None:
        """The same message twice is heard once, whether it comes by Update, by Signal or by both."""
        if not self.knows(incoming):
            self.waiting.append(incoming)

    def take(self) -> Incoming:
        """The next one to hear. Until its answer is recorded the same one again is still known."""
        incoming = self.waiting.pop(0)
        self._taken.add(incoming.id)
        return incoming

    async def answer(self, incoming: Incoming) -> Answer:
        """Wait until the message has been heard and what it changed is recorded. A refusal fails the update."""
        await workflow.wait_condition(lambda: incoming.id in self.answers)
        answer = self.answers[incoming.id]
        if answer.refusal:
            raise refused_update(answer.refusal)
        return answer

    def recorded(self, answers: Iterable[Answer]) -> None:
        new = {answer.message_id: answer for answer in answers}
        self.answers.update(new)
        self._taken -= new.keys()
        for oldest in list(self.answers)[:-REMEMBERED_ANSWERS]:
            del self.answers[oldest]


def sealed_argument(name: str, args: Sequence[RawValue], kind: type[Given]) -> Given:
    """The one argument of a message or a word. Raises NotSealed where it was not encrypted for this very case by a key of the
    ring, and Unreadable."""
    here, converter = workflow.info().workflow_id, workflow.payload_converter()
    try:
        (arg,) = args
        return open_sealed(arg, here, converter, kind)
    except (ValidationError, ValueError, RuntimeError):
        fields = ", ".join(getattr(kind, "model_fields", ()))
        raise Unreadable(f"{name} takes one object with: {fields}.") from None


def as_refusal(refused: Refused) -> Refusal:
    return Refusal(
        kind=type(refused).__name__,
        status=refused.status,
        detail=refused.detail,
        about=refused.about,
        allowed=refused.allowed,
        shown=refused.shown,
    )


def refused_update(refusal: Refusal) -> ApplicationError:
    return ApplicationError(
        refusal.detail,
        refusal.model_dump(mode="json"),
        type=MESSAGE_FAILED,
        non_retryable=True,
    )
