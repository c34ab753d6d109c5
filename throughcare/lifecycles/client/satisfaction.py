"""What the person, the worker and the supervisor make of how they work together: what messages about it do. Pure."""

from typing import Literal, get_args

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts, Messages
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.changing import ChangeRequested, update_wish
from throughcare.lifecycles.client.facts import Expectation
from throughcare.lifecycles.client.fields import Words
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.senders import (
    who_answers_wishes,
    worker_and_supervisor,
)

satisfaction = Messages()


Session = Literal["clinical", "consultation", "staffing", "reflective"]
"""What worker and supervisor meet for; the first three are told apart from one another, and each can be reflective."""


class SatisfactionAnswer(Frozen):
    expectation: Words
    met: bool


@satisfaction.message(
    "satisfaction_recorded",
    by=ClientCase.staff,
    beside=True,
    example={"expectations": [{"expectation": "Calls are returned", "met": True}]},
)
class SatisfactionRecorded(Facts):
    """The person said what they expected, and whether it is met (CS-V-4). It is a chance to state a choice too (CS-V-3)."""

    expectations: tuple[SatisfactionAnswer, ...] = Field(min_length=1)
    by: Literal["client", "guardian", "family", "spokesperson"] = "client"
    wants_change: bool = False

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """Expectation by expectation (CS-V-4), and a chance to say whom they would rather work with (CS-V-3)."""
        known = case.known
        known.expectations = [
            Expectation(expectation=each.expectation, met=each.met)
            for each in self.expectations
        ]
        known.choice_offered_at.append(said.message.event_at)
        met = sum(each.met for each in self.expectations)
        count = len(self.expectations)
        transfer = case.policy.transfer
        clause = transfer.satisfaction_clause if transfer else None
        said.say(f"{met} of {count} expectations are met.", clause)
        if self.wants_change:
            ChangeRequested(event_at=self.event_at, by=self.by).apply(case, said)


def _has_worker(case: ClientCase) -> bool:
    return case.known.assignment is not None


@satisfaction.message(
    "self_assessed",
    by=worker_and_supervisor,
    beside=True,
    when=_has_worker,
    example={"reflection": "I could listen longer."},
)
class SelfAssessed(Facts):
    """The worker's look at their own part. It is never shown in the person's own record (CS-V-6)."""

    reflection: Words

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """Kept apart: it is never shown in the person's own record (CS-V-6)."""
        transfer = case.policy.transfer
        clause = transfer.self_assessment_clause if transfer else None
        text = "The worker looked at their own part."
        said.say(text, clause, self.reflection)


@satisfaction.message(
    "supervision_held",
    by=who_answers_wishes,
    beside=True,
    example={"type": "reflective"},
)
class SupervisionHeld(Facts):
    """Worker and supervisor talked about whether a change is in the person's interest (CS-X-7), and in which of the four
    types of session (CC-11.3)."""

    type: Session | None = Field(
        default=None, description="Which type of session it was; needed."
    )

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """Sessions of before had no type, so that only a new one can be refused for want of it."""
        if self.type is None and not case.is_of_before:
            listed = ", ".join(get_args(Session))
            raise said.unreadable(f"type: say which type of session it was: {listed}.")
        text = "Worker and supervisor talked about whether a change is in the person's interest"
        said.say(f"{text}: {self.type}." if self.type else f"{text}.")
        update_wish(said, supervised=True)
