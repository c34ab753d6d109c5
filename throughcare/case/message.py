"""A message: what somebody tells a case, with who sends it and when it was received. Pure."""

from datetime import datetime

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.seats import Actor
from throughcare.time.deadline import Instant


class Facts(Frozen):
    """What the sender of any message says. `event_at` is when it happened (now, where not said)."""

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
