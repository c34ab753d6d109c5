"""The outcome of a rung: agreement needs both of its sides, and either may say that there is none (Q-19). Pure."""

from collections.abc import Iterable, Mapping

from pydantic import Field

from throughcare.case.duty import Discharge, Duty, DutyStatus
from throughcare.case.message import Messages, Permission
from throughcare.case.parts import ClauseId
from throughcare.case.refusals import AlreadySaid, SamePerson, StepsOutstanding
from throughcare.case.seats import Seated, Side
from throughcare.case.wording import any_of
from throughcare.lifecycles.conflict.acts import ConflictAct, ConflictEntry
from throughcare.lifecycles.conflict.conflict import Conflict, ConflictStatus
from throughcare.lifecycles.conflict.facts import OutcomeFacts, RungFacts
from throughcare.lifecycles.conflict.policy import Rung
from throughcare.lifecycles.conflict.rungs import speaking
from throughcare.lifecycles.conflict.said import ConflictSaid

outcomes = Messages()


def _may_agree(case: Conflict) -> Iterable[Permission]:
    """On the current rung, and on rungs left behind: their people may still come to terms, and are credited with it
    (O-24)."""
    for rung in case.rungs_with_an_outcome():
        yield Permission("agreement_reached", speaking(rung), rung.id)


@outcomes.message(
    "agreement_reached",
    ends=True,
    answers=(ConflictAct.outcome,),
    permits=_may_agree,
    example={"terms": "Return after the first family session."},
)
class AgreementReached(OutcomeFacts):
    """The sender's side agrees. Agreement needs both seats of the rung (Q-19; CR-A-2c, CR-B-2d among them)."""

    terms: str = Field(default="", max_length=4000, description="What was agreed.")

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        agree(said, self.terms)


def _may_disagree(case: Conflict) -> Iterable[Permission]:
    """That they did not agree on a rung left behind can still be entered (ruling 12)."""
    for rung in case.rungs_with_an_outcome():
        if case.outstanding(ConflictAct.outcome, step=rung.id):
            yield Permission("agreement_not_reached", speaking(rung), rung.id)


@outcomes.message(
    "agreement_not_reached",
    answers=(ConflictAct.outcome,),
    permits=_may_disagree,
    example={"note": "We see the risk differently."},
)
class AgreementNotReached(OutcomeFacts):
    """No agreement at this rung; either side may say so (Q-19)."""

    waiver: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Why a step the policy only recommends was left out (on ladder C, or the Team that was called).",
    )

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        disagree(said, self.waiver)


def _may_agree_in_part(case: Conflict) -> Iterable[Permission]:
    here = case.rung
    if here is None or here.outcome is None or case.moving_to:
        return
    if case.outstanding(ConflictAct.outcome, step=here.id) and not case.binding_steps(
        here
    ):
        yield Permission("partial_agreement", speaking(here), here.id)


@outcomes.message(
    "partial_agreement",
    answers=(ConflictAct.outcome,),
    permits=_may_agree_in_part,
    example={
        "settled": "The visits go on.",
        "remaining": "Who drives to school.",
    },
)
class PartialAgreement(RungFacts):
    """The sender's side agrees on some points and not on others. What is settled needs both seats of the rung, as an
    agreement does; what remains then goes up the ladder (Q-19)."""

    settled: str = Field(min_length=1, max_length=4000, description="What was agreed.")
    remaining: str = Field(
        min_length=1, max_length=4000, description="What is still in dispute."
    )
    waiver: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Why a step the policy only recommends was left out (on ladder C, or the Team that was called).",
    )

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        rung = said.rung
        before = case.partial_agreements.get(rung.id, {})
        other = _other_side(said, before)
        case.partial_agreements[rung.id] = {**before, _side(said): said.by}
        words = f"Settled: {self.settled}\nStill in dispute: {self.remaining}"
        _leave_out(said, self.waiver)
        if other:
            _agreed_in_part(said, said.words(words))
        else:
            _wait_for_other_side(said, words, "agrees in part")


# -- what messages about an outcome share ------------------------------------------------------------------------------


def agree(said: ConflictSaid, terms: str) -> None:
    """Agreement needs both sides of the rung, each by a person of its own (Q-19)."""
    case, rung = said.case, said.rung
    before = case.agreements.get(rung.id, {})
    other = _other_side(said, before)
    if other and case.unreported_violations:
        raise said.violation_first()
    case.agreements[rung.id] = {**before, _side(said): said.by}
    if not other:
        _wait_for_other_side(said, terms, "agrees")
        return
    _discharge_outcome(said, "Both sides agree.")
    text = f"Agreement reached on rung {rung.id}: both sides confirmed it."
    said.close(ConflictStatus.agreed, text, terms, _clause(rung))


def disagree(said: ConflictSaid, waiver: str | None) -> None:
    """Either side may say so (Q-19), and what the other side may have confirmed before counts no more."""
    case, rung = said.case, said.rung
    _leave_out(said, waiver)
    _discharge_outcome(said, "No agreement.")
    case.agreements.pop(rung.id, None)
    text = f"{rung.id}: {said.seated.title} says that no agreement was reached."
    said.note(ConflictEntry.agreement_not_reached, text, _clause(rung), step=rung.id)
    if rung.id == case.step_id and not case.moving_to:
        case.leave(said.now, said.counted_from)


def has_agreed(said: ConflictSaid) -> bool:
    """Whether the sender's side has confirmed agreement on the rung already."""
    return _side(said) in said.case.agreements.get(said.rung.id, {})


def outcome_duties(said: ConflictSaid) -> list[Duty]:
    return said.case.outstanding(ConflictAct.outcome, step=said.rung.id)


def _discharge_outcome(said: ConflictSaid, text: str) -> None:
    done = said.by.model_copy(update={"text": text})
    for duty in outcome_duties(said):
        said.case.replace_duty(duty.discharged(done))


def _agreed_in_part(said: ConflictSaid, words: str) -> None:
    case, rung = said.case, said.rung
    _discharge_outcome(said, "Both sides agree in part.")
    case.agreements.pop(rung.id, None)
    agreed_at = max(each.event_at for each in case.partial_agreements[rung.id].values())
    text = f"{rung.id}: both sides agree in part. What remains goes on."
    said.note(
        ConflictEntry.partly_agreed, text, _clause(rung), step=rung.id, words=words
    )
    case.leave(said.now, agreed_at)


def _clause(rung: Rung) -> ClauseId:
    return rung.outcome.clause if rung.outcome else rung.main_clause


def _side(said: ConflictSaid) -> Side:
    """The side of the rung that the sender speaks for."""
    seats = said.rung.seats
    return next(side for side in Side if said.roles.intersection(seats[side]))


def _other_side(
    said: ConflictSaid, before: Mapping[Side, Discharge]
) -> Discharge | None:
    """What the other side has said, where this side may say it now. Raises AlreadySaid and SamePerson."""
    side = _side(said)
    if side in before:
        waiting = any_of(_waiting(said))
        raise AlreadySaid(said.seated.title, waiting, said.allowed)
    other = before.get(side.other)
    if other and _people_behind(other) & _people_behind(said.by):
        mine = [said.case.seated[role] for role in speaking(said.rung, side)]
        raise SamePerson(any_of(mine), said.allowed)
    return other


def _people_behind(discharge: Discharge) -> set[str]:
    """Who gave their word, and who entered it for them."""
    return {each for each in (discharge.person, discharge.attested_by) if each}


def _waiting(said: ConflictSaid) -> list[Seated]:
    other = _side(said).other
    return [said.case.seated[role] for role in speaking(said.rung, other)]


def _wait_for_other_side(said: ConflictSaid, terms: str, says: str) -> None:
    case, rung, waiting = said.case, said.rung, _waiting(said)
    clause, title = _clause(rung), said.seated.title
    text = f"{rung.id}: {title} {says}; waiting for {any_of(waiting)}."
    words = said.words(terms)
    said.note(
        ConflictEntry.agreement_confirmed, text, clause, step=rung.id, words=words
    )
    answered = speaking(rung, _side(said))
    for duty in outcome_duties(said):
        case.replace_duty(duty.model_copy(update={"done_by": answered}))
    for seated in waiting:
        what = f"{title} {says}"
        case.notify("waiting_for_you", seated, step=rung.id, clause=clause, what=what)


def _leave_out(said: ConflictSaid, waiver: str | None) -> None:
    """Steps the policy only recommends are left out with a reason. Raises StepsOutstanding without one."""
    steps = said.case.advised_steps(said.rung)
    if steps and not waiver:
        hint = " The policy only recommends this: send agreement_not_reached with the reason in `waiver` to leave it out."
        raise StepsOutstanding(said.message.name, steps, said.allowed, hint)
    for duty in steps:
        reason = said.by.model_copy(update={"text": waiver or ""})
        said.case.replace_duty(duty.ended(DutyStatus.excused, reason))
        text = f"Left out, with a reason: {duty.text}."
        said.note(
            ConflictEntry.left_out,
            text,
            duty.clause,
            step=duty.step,
            words=waiver or "",
        )
