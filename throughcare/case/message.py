"""Messages: what people tell a case, and the one place in which everything about each of them stands. Pure.

A lifecycle has a registry of its own, and a message is registered where its facts are defined:

    intake = Intake.messages

    @screening.message("client_contacted", discharges=ClientAct.client_contact, example={"how": "by phone"})
    class ClientContacted(Facts):
        "The client was reached."
        how: Words
        def apply(self, case: Intake, said: ClientSaid) -> None: ...

From the registry come the validator, the permission table, the routes with their OpenAPI text and example, the forms and the
drawings. What is wrong in a registration is an error when the module is imported.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from pydantic import Field, JsonValue, ValidationError

from throughcare.case.base import Frozen
from throughcare.case.parts import RoleId
from throughcare.case.patterns import in_words
from throughcare.case.refusals import Unreadable
from throughcare.case.seats import Actor
from throughcare.time.deadline import Instant

Example = dict[str, JsonValue]


class Facts(Frozen):
    """What the sender of any message says. `event_at` is when it happened (now, where not said).

    A registered message also has `apply(self, case, said) -> None`: what it does to the case. It is given a copy of the case,
    which is thrown away where it raises Refused.
    """

    event_at: Instant | None = Field(
        default=None, description="When it happened, with its zone; now where left out."
    )
    note: str = Field(
        default="",
        max_length=4000,
        description="In your own words. Kept with the case, never put in an e-mail.",
    )

    @property
    def about_step(self) -> str | None:
        """The earlier step its sender names, of messages that can be about one."""
        return None


class Message(Frozen):
    """A message on its way: who sends it, when the desk received it, and the facts as sent."""

    message_id: str
    name: str
    actor: Actor
    received_at: datetime
    facts: Facts

    @property
    def event_at(self) -> datetime:
        return self.facts.event_at or self.received_at

    @property
    def step(self) -> str | None:
        """The earlier step it is about, where its sender named one."""
        return self.facts.about_step


class Permission(NamedTuple):
    """A message that may come now, the roles it may come from, the step it would be about (the latest comes first) and the
    ids of the duties it is for. `beside`: it mends or moves the case and is no step of it."""

    message: str
    roles: tuple[RoleId, ...]
    step: str | None = None
    duties: tuple[str, ...] = ()
    beside: bool = False


class LookUp(NamedTuple):
    """What the API finds out before a message goes to its case, because its sender cannot say it themselves: which look-up,
    and the facts it fills in. They are hidden from the sender."""

    what: str
    fields: tuple[str, ...]


By = Callable[[Any], Iterable[RoleId]]
"""Of a case, the roles a message may come from."""

When = Callable[[Any], bool]
"""Of a case, whether its policy and its state have any use for a message."""

Permits = Callable[[Any], Iterable[Permission]]
"""Of a case, every permission there is for a message, where roles alone do not say it."""


@dataclass(frozen=True)
class MessageType:
    """Everything about one message of one lifecycle.

    discharges: the act whose open duty lets it come, from those whose duty it is; several messages may discharge one act.
    answers: further acts it may discharge without being tied to them: it comes by `by` or `permits`.
    about: of a message about one of several duties of its act, the fact that says which one (the duty's `target`).
    by, permits: who may send it where no duty says so.
    when: whether the case has use for it at all; asked before anything else.
    beside: it mends or moves the case and is no step of it.
    takes_up: a closed case hears it, in a new run.
    ends: it brings the case to an end, and so is heard by one that can carry no more.
    for_itself: its facts are found out by a route of its own, so the lifecycle's message routes do not offer it.
    """

    name: str
    facts: type[Facts]
    example: Example
    discharges: str | None = None
    answers: tuple[str, ...] = ()
    about: str | None = None
    looks_up: LookUp | None = None
    by: By | None = None
    permits: Permits | None = None
    when: When | None = None
    beside: bool = False
    takes_up: bool = False
    ends: bool = False
    for_itself: bool = False

    @property
    def apply(self) -> Callable[[Facts, Any, Any], None]:
        """Of its facts, a case and who said it: what it does to the case."""
        return HANDLER(self.facts)

    @property
    def looked_up(self) -> tuple[str, ...]:
        """The facts that are not for its sender to say."""
        return self.looks_up.fields if self.looks_up else ()

    def __post_init__(self) -> None:
        fields = self.facts.model_fields
        if not callable(getattr(self.facts, "apply", None)):
            raise TypeError(f"{self.name}: {self.facts.__name__} has no apply().")
        if not self.facts.__doc__:
            raise TypeError(f"{self.name}: {self.facts.__name__} has no docstring.")
        if not (self.discharges or self.by or self.permits):
            raise TypeError(f"{self.name}: say what it discharges, or who may send it.")
        if self.about is not None and self.about not in fields:
            raise TypeError(f"{self.name}: there is no fact named {self.about}.")
        if unknown := [each for each in self.looked_up if each not in fields]:
            raise TypeError(f"{self.name}: there is no fact named {unknown[0]}.")
        if not self.for_itself and (
            wrong := _misfit(self.facts, self.example, self.looked_up)
        ):
            raise TypeError(f"{self.name}: its example does not fit: {wrong}.")


def _misfit(facts: type[Facts], example: Example, looked_up: tuple[str, ...]) -> str:
    """What is wrong with an example, as its sender would write it; empty where nothing is."""
    for word in example:
        if word not in facts.model_fields and word not in SENDERS_WORDS:
            return f"there is no fact named {word}"
        if word in looked_up:
            return f"{word} is found out, and not for its sender to say"
    try:
        facts.model_validate(example)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            if not each["loc"] or each["loc"][0] not in looked_up:
                return f"{each['loc']}: {each['msg']}"
    return ""


HANDLER: Callable[[type[Facts]], Callable[[Facts, Any, Any], None]] = attrgetter(
    "apply"
)

SENDERS_WORDS = ("seat", "attested")
"""What a sender says beside the facts: who speaks."""

AnyFacts = TypeVar("AnyFacts", bound=Facts)


class Messages(Mapping[str, MessageType]):
    """The messages of one lifecycle by name, in the order they were registered."""

    def __init__(self, said: Callable[[Any, Message], Any] | None = None) -> None:
        """`said` is what its handlers are given of a message before a case: a throughcare.case.said.Said. A registry that only
        lends messages to others has none."""
        self.said = said
        self._types: dict[str, MessageType] = {}

    def message(
        self,
        name: str,
        *,
        example: Example,
        discharges: str | None = None,
        answers: tuple[str, ...] = (),
        about: str | None = None,
        looks_up: LookUp | None = None,
        by: By | None = None,
        permits: Permits | None = None,
        when: When | None = None,
        beside: bool = False,
        takes_up: bool = False,
        ends: bool = False,
        for_itself: bool = False,
    ) -> Callable[[type[AnyFacts]], type[AnyFacts]]:
        """Register the facts of a message, as MessageType says. Raises TypeError for a registration that cannot work."""

        def register(facts: type[AnyFacts]) -> type[AnyFacts]:
            self._add(
                MessageType(
                    name=name,
                    facts=facts,
                    example=example,
                    discharges=discharges,
                    answers=answers,
                    about=about,
                    looks_up=looks_up,
                    by=by,
                    permits=permits,
                    when=when,
                    beside=beside,
                    takes_up=takes_up,
                    ends=ends,
                    for_itself=for_itself,
                )
            )
            return facts

        return register

    def include(
        self, others: Mapping[str, MessageType], *names: str, **changes: Any
    ) -> None:
        """Take these messages of another registry, all of them where none is named; `changes` replaces fields of MessageType
        for this lifecycle. Raises TypeError for one that is not there or that this lifecycle has already."""
        for name in names or tuple(others):
            if name not in others:
                raise TypeError(f"{name} is not among the messages to include.")
            self._add(replace(others[name], **changes))

    def _add(self, kind: MessageType) -> None:
        if kind.name in self._types:
            raise TypeError(f"{kind.name} is registered already.")
        self._types[kind.name] = kind

    def parse(
        self,
        name: str,
        facts: Mapping[str, JsonValue],
        *,
        message_id: str,
        actor: Actor,
        received_at: datetime,
    ) -> Message:
        """Raises Unreadable, naming the field and what is allowed."""
        kind = self._types.get(name)
        if kind is None:
            raise Unreadable(
                f"{name} is not a message. Messages are: {', '.join(self)}."
            )
        try:
            said = kind.facts.model_validate(facts)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, each['loc']))}: {in_words(each)}"
                for each in error.errors(include_input=False)
            )
            raise Unreadable(f"{name}: {problems}.") from None
        return Message(
            message_id=message_id,
            name=name,
            actor=actor,
            received_at=received_at,
            facts=said,
        )

    def __getitem__(self, name: str) -> MessageType:
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)
