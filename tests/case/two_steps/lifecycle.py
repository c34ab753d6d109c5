"""A question that is answered and whose answer is checked: its state, its messages, and its entry in the registry."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from tests.case.two_steps.policy import TWO_STEPS_POLICY, Shared, StepSpec
from throughcare.case.base import Frozen
from throughcare.case.case import Ask
from throughcare.case.clock import Limit, Then
from throughcare.case.correcting import common
from throughcare.case.duty import Discharge, Duty
from throughcare.case.entry import EntryKind
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.message import Facts, Messages
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.said import Said
from throughcare.case.seats import Seated, SeatQuery
from throughcare.case.steps import SteppedCase
from throughcare.case.wire import OpenCase
from throughcare.case.wording import NOBODY


class QuestionStatus(StrEnum):
    open = "open"
    halted = "halted"
    checked = "checked"
    unchecked = "unchecked"


class QuestionFacts(Frozen):
    question: str
    answer: str


class TwoSteps(SteppedCase):
    messages: ClassVar[Messages] = Messages(Said)
    open_as: ClassVar[str] = QuestionStatus.open
    halted_as: ClassVar[str] = QuestionStatus.halted

    kind: Literal["two-steps"] = "two-steps"
    policy: Shared
    question: str
    answer: str = ""

    @property
    def is_closed(self) -> bool:
        return self.status in (QuestionStatus.checked, QuestionStatus.unchecked)

    @property
    def main_clause(self) -> ClauseId:
        return self.policy.clause

    @property
    def oversight(self) -> Seated:
        return self.administrator

    @property
    def facts(self) -> QuestionFacts:
        return QuestionFacts(question=self.question, answer=self.answer)

    def correctors(self) -> tuple[RoleId, ...]:
        return tuple(self.policy.roles)

    def queries(self) -> tuple[SeatQuery, ...]:
        return tuple(self.query(role) for role in self.policy.roles)

    # -- its steps -------------------------------------------------------------------------------------------------

    def _spec(self, step: str) -> StepSpec:
        return next(each for each in self.policy.steps if each.id == step)

    def limit_of(self, step: str) -> Limit:
        return self._spec(step).limit

    def end_of_limit(self, step: str) -> Then:
        return Then.next_step

    def unfit(self, step: str) -> list[tuple[Seated, str]]:
        seated = self.seated[self._spec(step).holder]
        return [(seated, NOBODY)] if seated.is_empty else []

    def asks(self, step: str) -> Iterable[Ask]:
        spec = self._spec(step)
        holders = (spec.holder,)
        yield Ask(act=step, clause=spec.clause, text=spec.text, holders=holders)

    def title_of(self, step: str) -> str:
        return self._spec(step).title

    def clause_of(self, step: str) -> ClauseId:
        return self._spec(step).clause

    def clause_needing(self, role: str) -> ClauseId:
        return self.main_clause

    def awaited(self, step: str) -> str:
        spec = self._spec(step)
        return f"{spec.text} ({spec.clause})"

    def waited_for(self, step: str) -> Sequence[tuple[Seated, list[Duty]]]:
        mine = self.outstanding(step)
        return [(mine[0].holders[0], mine)] if mine else []

    def step_after(self, step: str) -> str | None:
        first, second = self.policy.steps
        return second.id if step == first.id else None

    def announce(self, opened: Sequence[Duty]) -> None:
        for duty in opened:
            self.notify_of("asked", duty.holders[0], duty)

    # -- its end ---------------------------------------------------------------------------------------------------

    def stay_at_top(self, now: datetime) -> None:
        self.end(QuestionStatus.unchecked, "Nobody checked the answer.", now)

    def cancelled(self, now: datetime) -> None:
        self.end(QuestionStatus.unchecked, "Cancelled by an operator.", now)

    def end(self, status: QuestionStatus, text: str, now: datetime) -> None:
        self.status = status
        self.rest_for_good(text, now)
        self.note(status, text, now, step=self.step, clause=self.main_clause)

    def as_table(self) -> str:
        return self.duty_table(f"**{self.step_title}**")


@TwoSteps.messages.message("answered", discharges="answer", example={"answer": "Yes."})
class Answered(Facts):
    """The question was answered."""

    answer: str = Field(max_length=4000)

    def apply(self, case: TwoSteps, said: Said[TwoSteps]) -> None:
        case.answer = self.answer
        for duty in case.outstanding("answer"):
            said.discharge_one(duty, "Answered.", said.words(self.answer))
        if case.step == "answer":
            case.leave(said.now)


@TwoSteps.messages.message("checked", discharges="check", ends=True, example={})
class Checked(Facts):
    """The answer was checked."""

    def apply(self, case: TwoSteps, said: Said[TwoSteps]) -> None:
        for duty in case.outstanding("check"):
            said.discharge_one(duty, "The answer was checked.")
        case.notify("checked", case.seated["coordinator"], step=case.step)
        case.end(QuestionStatus.checked, "Settled.", said.now)


TwoSteps.messages.include(common)


class Question(Frozen):
    policy: Shared
    asked_from: str
    question: str


def open_question(opening: OpenCase[Question]) -> TwoSteps:
    about, now = opening.about, opening.received_at
    case = TwoSteps(
        case_id=opening.case_id,
        policy=about.policy,
        question=about.question,
        opened_at=now,
        chosen={"coordinator": about.asked_from},
    )
    case.move_to(about.policy.steps[0].id)
    by = Discharge(event_at=now, entered_at=now, person=opening.opened_by)
    text, clause = "A question was asked.", case.main_clause
    case.note(EntryKind.opened, text, now, by=by, clause=clause, words=about.question)
    return case


TWO_STEPS = Lifecycle(
    kind="two-steps",
    path="/two-steps",
    workflow="TwoSteps",
    module="tests.case.two_steps.workflow",
    state=TwoSteps,
    about=Question,
    facts=QuestionFacts,
    open=open_question,
    summary=lambda opening: "A question",
    policies=(TWO_STEPS_POLICY,),
)
