"""Conflicts of the demonstration agency, as its people carry them through the product."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue
from temporalio.client import Client, WorkflowHandle

from bench.callers import Answer, Line
from bench.stacks import Product, until
from throughcare.case.wire import OpenCase, workflow_id
from throughcare.lifecycles.conflict.lifecycle import CONFLICT, ConflictOpening
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.time.span import Span
from throughcare.usecases.ids import new_id

PATIENCE = 120.0
"""Seconds for anything that was kept to be applied after all."""

COUNTERPARTS = {"A": "human-service-worker", "C": "network-provider"}

OPENING: dict[str, JsonValue] = {
    "coordinator_seat": "coordinator-1",
    "counterpart_seat": COUNTERPARTS["C"],
    "youth": "Y-1",
    "subject": "The two cannot agree on who drives to school on Thursdays, and ask for help.",
}

Said = tuple[str, str, dict[str, JsonValue]]
"""Who says what."""

THREE_RUNGS: tuple[Said, ...] = (
    ("alder", "agreement_not_reached", {"waiver": "They spoke by telephone."}),
    ("birch", "contact_made", {}),
    ("birch", "agreement_not_reached", {}),
    ("birch", "agreement_reached", {"terms": "By turns."}),
    ("rowan", "agreement_reached", {}),
)
"""The shortest way through all three rungs of ladder C, which are decided by people."""

SETTLED_AT_ONCE: tuple[Said, ...] = (
    ("alder", "meeting_held", {"attendees": ["coordinator-1", COUNTERPARTS["A"]]}),
    ("alder", "agreement_reached", {"terms": "By turns."}),
    ("ironwood", "agreement_reached", {}),
)
"""Ladder A, settled at A1."""


@dataclass
class People:
    """Somebody at each keyboard of the agency, over one connection."""

    product: Product
    later: int = 0
    """How many messages were only kept, and had to be waited for."""
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line = self.product.line()

    async def opened(self, ladder: str = "C") -> str:
        """The id of a new case, once it can be read."""
        # Of a youth of its own: cases about one youth are tied, which costs a signal each.
        youth = new_id()
        body = {**OPENING, "youth": youth, "counterpart_seat": COUNTERPARTS[ladder]}
        answer = await self._ask("alder", "POST", "/conflicts", body)
        case = answer.headers["location"].rpartition("/")[2]
        if answer.status == 202:
            await self._wait_for(f"/conflicts/{case}", "alder")
        return case

    async def say(self, case: str, said: Said) -> Answer:
        """The answer to a message that must be accepted. One that is only kept is waited for."""
        person, name, facts = said
        path = f"/conflicts/{case}/messages/{name}"
        answer = await self._ask(person, "POST", path, facts)
        if answer.status == 202:
            await self._wait_for(answer.headers["location"], person)
        return answer

    async def read(self, case: str, person: str = "alder") -> dict[str, JsonValue]:
        answer = await self._ask(person, "GET", f"/conflicts/{case}")
        return answer.json()

    async def carry(self, ladder: str, *messages: Said) -> str:
        case = await self.opened(ladder)
        for said in messages:
            await self.say(case, said)
        return case

    async def ask(
        self, person: str, method: str, path: str, body: JsonValue = None
    ) -> Answer:
        return await self.line.ask(method, path, self.product.key(person), body)

    async def _ask(
        self, person: str, method: str, path: str, body: JsonValue = None
    ) -> Answer:
        answer = await self.ask(person, method, path, body)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.body.decode()}")
        return answer

    async def _wait_for(self, path: str, person: str) -> None:
        self.later += 1

        async def is_there() -> bool:
            answer = await self.ask(person, "GET", path)
            return answer.status == 200 and answer.json().get("outcome") != "recorded"

        await until(is_there, path, PATIENCE)


def handle(client: Client, case: str) -> WorkflowHandle[object, object]:
    return client.get_workflow_handle(workflow_id(CONFLICT.kind, case))


async def opening_of(client: Client, case: str) -> OpenCase[ConflictOpening]:
    """What the API started this case with."""
    events = (await handle(client, case).fetch_history()).events
    given = events[0].workflow_execution_started_event_attributes.input.payloads
    [run] = await client.data_converter.decode(given, [CONFLICT.run])
    opening: OpenCase[ConflictOpening] = run.opening
    return opening


def another(
    opening: OpenCase[ConflictOpening], policy: ConflictPolicy | None = None
) -> OpenCase[ConflictOpening]:
    """A new case like this one."""
    about = opening.about.model_copy(update={"policy": policy} if policy else {})
    changed = {"case_id": new_id(), "received_at": datetime.now(UTC), "about": about}
    return opening.model_copy(update=changed)


def limited(
    policy: ConflictPolicy, limit: timedelta, *, remind: bool, only_first: bool = False
) -> ConflictPolicy:
    """With rungs that last this long, reminded of a second before their end. Others keep the limits they have."""
    [ladder] = policy.ladders
    spans = {
        "within": Span(f"PT{limit.total_seconds():.3f}S"),
        "remind": Span("PT1S") if remind else None,
    }
    rungs = [
        rung.model_copy(update={"limit": rung.limit.model_copy(update=spans)})
        if rung.limit and not (only_first and number)
        else rung
        for number, rung in enumerate(ladder.rungs)
    ]
    changed = ladder.model_copy(update={"rungs": tuple(rungs)})
    return policy.model_copy(update={"ladders": (changed,)})
