"""A conflict climbing its ladder: rungs, reminders, limits and endings of policy CR. Pure.

The ladder is data (throughcare.lifecycles.conflict.policy). What a rung asks is in throughcare.lifecycles.conflict.rungs, and who
may not sit where in throughcare.lifecycles.conflict.seating.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal, Unpack

from pydantic import Field, JsonValue

from throughcare.case.base import Frozen
from throughcare.case.case import RETRY, Ask
from throughcare.case.clock import Clock, Limit, Then, Wake
from throughcare.case.duty import Basis, Discharge, Duty, duty_id
from throughcare.case.entry import CaseLink, EntryKind, Provenance, Relation
from throughcare.case.message import Messages
from throughcare.case.needs import StartCase, Word
from throughcare.case.parts import ClauseId, PackRef, Strength
from throughcare.case.seats import Capacity, Seated, Side
from throughcare.case.taking_back import OPENING_ENTRY
from throughcare.case.wording import NOBODY, any_of, one_per_seat
from throughcare.lifecycles.conflict.acts import ConflictAct, ConflictEntry
from throughcare.lifecycles.conflict.policy import (
    ConflictPolicy,
    Rung,
)
from throughcare.lifecycles.conflict.rungs import asks
from throughcare.lifecycles.conflict.said import ConflictSaid
from throughcare.lifecycles.conflict.seating import SeatedCase
from throughcare.time.deadline import Dated


class ConflictStatus(StrEnum):
    open = "open"
    halted = "halted"
    """The next rung waits for a seat or a due date; nothing is skipped (ruling 5)."""
    unresolved_at_top = "unresolved_at_top"
    agreed = "agreed"
    withdrawn = "withdrawn"
    closed_by_authority = "closed_by_authority"
    merged = "merged"
    """Another case goes on with this dispute."""
    refiled = "refiled"
    """It began anew on another ladder."""
    opened_in_error = "opened_in_error"
    """It should never have been opened; nothing counts it."""


CLOSED = frozenset(
    {
        ConflictStatus.agreed,
        ConflictStatus.withdrawn,
        ConflictStatus.closed_by_authority,
        ConflictStatus.merged,
        ConflictStatus.refiled,
        ConflictStatus.opened_in_error,
    }
)

CLOSING_NOTICE = {
    ConflictStatus.agreed: "agreed",
    ConflictStatus.withdrawn: "withdrawn",
    ConflictStatus.closed_by_authority: "closed",
    ConflictStatus.merged: "merged",
    ConflictStatus.refiled: "refiled",
    ConflictStatus.opened_in_error: "taken_back",
}

OPENING_NOTICE: dict[str, str] = {
    ConflictAct.meeting: "opened",
    ConflictAct.information: "rung_opened",
    ConflictAct.contact: "contact_due",
    ConflictAct.assistance: "rung_opened",
}
"""What tells the holders of a duty that it is theirs now. A notice duty is done by its own e-mail."""

TOP = "top"
"""The clock by which a case that is unresolved at the top is asked after."""


class ConflictFacts(Frozen):
    """What only a conflict's record says of it."""

    ladder: str
    youth: str
    subject: str
    raised_by: Side
    agreed: dict[str, tuple[Side, ...]] = Field(default_factory=dict)
    """Per rung, the sides that have confirmed agreement so far."""


class Conflict(SeatedCase):
    """The state of one conflict."""

    messages: ClassVar[Messages] = Messages(ConflictSaid)
    """Filled by throughcare.lifecycles.conflict.lifecycle."""
    open_as: ClassVar[str] = ConflictStatus.open
    halted_as: ClassVar[str] = ConflictStatus.halted
    lapsed_without: ClassVar[str] = " without agreement"

    kind: Literal["conflict"] = "conflict"
    youth: str
    subject: str
    raised_by: Side
    status: ConflictStatus = ConflictStatus.open
    agreements: dict[str, dict[Side, Discharge]] = Field(default_factory=dict)
    partial_agreements: dict[str, dict[Side, Discharge]] = Field(default_factory=dict)

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def facts(self) -> ConflictFacts:
        return ConflictFacts(
            ladder=self.ladder.id,
            youth=self.youth,
            subject=self.subject,
            raised_by=self.raised_by,
            agreed={rung: tuple(sides) for rung, sides in self.agreements.items()},
        )

    @property
    def asks_again_at(self) -> datetime | None:
        """When a case that is unresolved at the top is reported and asked after again."""
        top = self.clocks.get(TOP)
        return top.due_at if top else None

    @property
    def unreported_violations(self) -> list[Duty]:
        return self.outstanding(ConflictAct.violation_report)

    @property
    def violation_recipients(self) -> tuple[str, ...]:
        """By their titles."""
        roles, recipients = self.policy.roles, self.policy.violation.recipients
        return tuple(roles[role].title for role in recipients)

    def rungs_with_an_outcome(self) -> list[Rung]:
        """Rungs whose binding steps are done, the current one first."""
        rungs = [self.rung_named(reached) for reached in reversed(self.reached)]
        return [r for r in rungs if r.outcome and not self.binding_steps(r)]

    def binding_steps(self, rung: Rung) -> list[Duty]:
        """Steps still outstanding that must come before the outcome of a rung."""
        joint = rung.meeting or rung.contact
        if joint is None or joint.strength in (Strength.should, Strength.may):
            return []
        return self.outstanding(ConflictAct.meeting, ConflictAct.contact, step=rung.id)

    def advised_steps(self, rung: Rung) -> list[Duty]:
        """Steps still outstanding that the policy recommends: they may be left out with a reason (Q-38)."""
        binding = self.binding_steps(rung)
        acts = (
            ConflictAct.meeting,
            ConflictAct.contact,
            ConflictAct.team_meeting,
            ConflictAct.assistance,
        )
        found = self.outstanding(*acts, step=rung.id)
        return [duty for duty in found if duty not in binding]

    def in_the_way_of(self, duty: Duty) -> list[Duty]:
        if duty.act != ConflictAct.outcome:
            return []
        return self.binding_steps(self.rung_named(duty.step))

    def open(
        self,
        person: str,
        seat: str | None,
        now: datetime,
        capacity: Capacity | None = None,
    ) -> None:
        """The front door: the first rung is next, and the timeline says who raised it (CR-P-1)."""
        self.moving_to = self.ladder.rungs[0].id
        by = Discharge(event_at=now, entered_at=now, person=person, seat=seat)
        clause, text = self.ladder.clause, self._opening_words()
        if self.raised_by is Side.counterpart and self.ladder.either_side_clause:
            clause = self.ladder.either_side_clause
        words = self.subject
        self.note(
            EntryKind.opened,
            text,
            now,
            clause=clause,
            by=by,
            capacity=capacity,
            words=words,
        )

    def _opening_words(self) -> str:
        text = (
            f"Conflict opened on ladder {self.ladder.id} by the {self.raised_by} side."
        )
        if self.raised_by is Side.counterpart and not self.ladder.either_side_clause:
            text += " The policy is silent on that; the agency's own setting allows it."
        return text

    # -- rungs ---------------------------------------------------------------------------------------------------

    def limit_of(self, step: str) -> Limit | None:
        return self.rung_named(step).limit

    def end_of_limit(self, step: str) -> Then:
        limit = self.rung_named(step).limit
        return Then.remind if limit and limit.then == "remind" else Then.next_step

    def title_of(self, step: str) -> str:
        return self.rung_named(step).title

    def clause_of(self, step: str) -> ClauseId:
        return self.rung_named(step).main_clause

    def asks(self, step: str) -> Iterable[Ask]:
        return asks(self.rung_named(step), self.seated)

    def step_after(self, step: str) -> str | None:
        rungs = [rung.id for rung in self.ladder.rungs]
        return next(iter(rungs[rungs.index(step) + 1 :]), None)

    def gap(self) -> str:
        """A step may start without what was to come before it, but never without saying so (CR-A-4b)."""
        if self.step_id in (None, self.moving_to):
            return ""
        left = self.outstanding(
            ConflictAct.notice, ConflictAct.information, step=self.step_id
        )
        texts = "; ".join(duty.text for duty in left)
        return f" Still outstanding: {texts}." if texts else ""

    def settle_choices(self, step: str, now: datetime) -> None:
        """The seats a rung begins with are kept; which of several took a part is said once (CR-B-3b, Q-07)."""
        for role in self.rung_named(step).roles:
            seated = self.seated[role]
            if len(self.policy.roles[role].accepts) > 1 and role not in self.chosen:
                text = f"{seated.title} takes this part, and keeps it from here on."
                by = Discharge(
                    event_at=now, entered_at=now, person=seated.person, seat=seated.seat
                )
                clause = self.clause_needing(role)
                self.note(
                    ConflictEntry.seat_chosen,
                    text,
                    now,
                    step=step,
                    clause=clause,
                    by=by,
                )
            self.chosen[role] = seated.seat or ""

    def announce(self, opened: Sequence[Duty]) -> None:
        """Notices up each side go out in the sender's name (Q-21); the product's own to whoever must now act."""
        for duty in opened:
            if duty.act == ConflictAct.notice:
                self._notify_of(
                    "told", self.seated[duty.target or ""], duty, duty.holders[0]
                )
            elif kind := OPENING_NOTICE.get(duty.act):
                for holder in one_per_seat(duty.holders):
                    again = kind == "opened" and self._was_told_of_opening(holder)
                    self._notify_of("rung_opened" if again else kind, holder, duty)

    def _was_told_of_opening(self, holder: Seated) -> bool:
        """That it is opened is said once, however often its first rung begins."""
        if self.is_of_before:
            return False
        names = [name.split(":") for name in self.notified]
        return any((n[-3], n[-1]) == ("opened", holder.seat) for n in names)

    def _notify_of(
        self, kind: str, receiver: Seated, duty: Duty, sender: Seated | None = None
    ) -> None:
        self.notify(
            kind,
            receiver,
            sender=sender,
            step=duty.step,
            clause=duty.clause,
            what=duty.text,
            due_at=duty.due_at,
            duty=duty.id if duty.act == ConflictAct.notice else None,
            duties=() if duty.act == ConflictAct.notice else (duty,),
        )

    def awaited(self, step: str) -> str:
        shared = (ConflictAct.meeting, ConflictAct.contact, ConflictAct.assistance)
        here = [duty for duty in self.duties if duty.step == step]
        found = [duty for duty in here if duty.act in shared]
        found = found or [duty for duty in here if duty.act == ConflictAct.information]
        return "; ".join(f"{duty.text} ({duty.clause})" for duty in found)

    def waited_for(self, step: str) -> Sequence[tuple[Seated, list[Duty]]]:
        """Nobody is asked for an answer before the steps that lead to it."""
        acts = [
            ConflictAct.meeting,
            ConflictAct.team_meeting,
            ConflictAct.contact,
            ConflictAct.assistance,
        ]
        acts += [ConflictAct.notice, ConflictAct.information]
        if not self.binding_steps(self.rung_named(step)):
            acts.append(ConflictAct.outcome)
        found: dict[str, tuple[Seated, list[Duty]]] = {}
        for duty in self.outstanding(*acts, step=step):
            for holder in duty.holders:
                waited_for = duty.is_waited_for_from(holder.role)
                if holder.seat and holder.person and waited_for:
                    found.setdefault(holder.seat, (holder, []))[1].append(duty)
        return list(found.values())

    # -- another version of the pack -----------------------------------------------------------------------------

    def take_policy(self, policy: ConflictPolicy, pack: PackRef) -> None:
        """From here on the case is judged by this version; the current rung's clock is to be derived anew (ruling 9)."""
        self.policy, self.pack = policy, pack
        self.want_seats()
        self.limit_changed = self.step_due_at is not None

    # -- the top -------------------------------------------------------------------------------------------------

    def stay_at_top(self, now: datetime) -> None:
        """No tier is invented above the last: the case stays open, is reported and asked after (Q-20)."""
        if self.status is ConflictStatus.unresolved_at_top:
            return
        self.status = ConflictStatus.unresolved_at_top
        rung = self.rung_named(self.step)
        clause = rung.main_clause
        authority = tuple(self.seated[role] for role in self.ladder.closing_authority)
        self.open_duty(
            Duty(
                id=duty_id(rung.id, clause, ConflictAct.closing, authority[0].role),
                clause=clause,
                act=ConflictAct.closing,
                text=f"{any_of(authority)} decides what becomes of a case unresolved at the top",
                step=rung.id,
                holders=authority,
                opened_at=now,
                basis=Basis.agency,
            )
        )
        text = "unresolved at the top of the ladder. It stays open."
        self._report_unresolved(rung, text, now)

    def _report_unresolved(self, rung: Rung, text: str, now: datetime) -> None:
        clause = rung.main_clause
        self.note(
            EntryKind.unresolved, f"{rung.id}: {text}", now, step=rung.id, clause=clause
        )
        roles = (self.policy.oversight, *self.ladder.closing_authority)
        for receiver in one_per_seat(self.seated[role] for role in roles):
            if receiver.is_empty:
                self.need_filled(receiver, NOBODY, clause, now)
            self.notify(
                "unresolved", receiver, step=rung.id, clause=clause, what=rung.title
            )
        self.remind(rung.id, now)
        limit = Limit(basis=Basis.agency, **self.policy.top_reminder.model_dump())
        self.clocks[TOP] = Clock(then=Then.ask_again, started_at=now, limit=limit)

    def date_clock(self, key: str, date: Dated, now: datetime) -> None:
        if key == TOP and date.receipt is None:
            # Without a calendar to count on, the next report comes all the same.
            self.clocks[TOP] = self.clocks[TOP].dated(now + RETRY)
        else:
            super().date_clock(key, date, now)

    def limit_over(self, key: str, clock: Clock, now: datetime) -> None:
        if key == TOP:
            rung = self.rung_named(self.step)
            self._report_unresolved(rung, "still unresolved at the top.", now)
        else:
            super().limit_over(key, clock, now)

    def _wakes(self) -> Iterator[Wake]:
        yield from super()._wakes()
        top = self.clocks.get(TOP)
        if top and top.due_at:
            text = f"{self.step} unresolved at the top: ask again"
            yield Wake(name=TOP, at=top.due_at, text=text)

    # -- endings -------------------------------------------------------------------------------------------------

    def close(
        self,
        status: ConflictStatus,
        text: str,
        now: datetime,
        by: Discharge,
        clause: str,
        words: str,
        *,
        told: Sequence[Seated] = (),
        **provenance: Unpack[Provenance],
    ) -> None:
        """Closed means nothing is left open; both sides' people who were part of it are told, and `told` who else."""
        in_error = status is ConflictStatus.opened_in_error
        self.status = status
        self.rest_for_good(text, now)
        self.note(
            status,
            text,
            now,
            by=by,
            step=self.step,
            clause=clause,
            words=words,
            corrects=OPENING_ENTRY if in_error else None,
            **provenance,
        )
        for receiver in one_per_seat([*self.everybody_seated(), *told]):
            kind = CLOSING_NOTICE[status]
            self.notify(kind, receiver, step=self.step, what=text, clause=clause)

    def everybody_seated(self) -> tuple[Seated, ...]:
        """Both sides' people who have had a part so far, each seat once."""
        roles = [role for each in self.reached for role in self.rung_named(each).roles]
        return one_per_seat(self.seated[role] for role in roles)

    def take_up(self, at: datetime) -> None:
        """Open again, at the rung where it stopped, which begins again with a clock of its own, counted from `at`."""
        self.move_to(self.step_id or self.ladder.rungs[0].id, at)
        self.status, self.closed_at = ConflictStatus.open, None
        # What was agreed holds no more, on whatever rung it was.
        self.agreements.clear()
        self.partial_agreements.clear()

    def cancelled(self, now: datetime) -> None:
        if self.is_closed:
            return
        text = "Withdrawn: cancelled by an operator."
        if left := self.unreported_violations:
            text += " A violation that was identified here has not been reported."
            # The report outlives the case (O-09), so those who see to it are told.
            roles = (self.policy.oversight, self.policy.administrator)
            for receiver in one_per_seat(self.seated[role] for role in roles):
                what, clause = left[0].text, left[0].clause
                self.notify("violation_left", receiver, clause=clause, what=what)
        by = Discharge(event_at=now, entered_at=now)
        self.close(ConflictStatus.withdrawn, text, now, by, self.ladder.clause, "")

    # -- other cases -----------------------------------------------------------------------------------------------

    def merge_into(self, case: str, now: datetime) -> None:
        """The case that goes on is told, and each names the other."""
        self.tie_to(self.kind, case, Relation.merged_into, now)

    def tie_to_open(self, cases: Sequence[str], now: datetime) -> None:
        """Those about the same youth between the same seats: noticed and tied, never refused or merged in silence (O-11)."""
        for case in cases:
            self.tie_to(self.kind, case, Relation.same_dispute, now)
        if cases:
            text = "A case about the same youth is open between the same seats; both go on, tied together."
            clause, words = self.ladder.clause, ", ".join(cases)
            self.note(EntryKind.linked, text, now, clause=clause, words=words)

    def file_anew(self, case: str, opening: dict[str, JsonValue]) -> None:
        """The case that begins in its place, on the right ladder; each names the other."""
        self.links.append(CaseLink(case=case, relation=Relation.refiled_as))
        start = StartCase(kind=self.kind, case_id=case, opening=opening)
        self.outgoing.append(start)

    def could_not_tell(self, word: Word, now: datetime) -> None:
        text = f"Case {word.case_id} could not be told: it is over, or there is none."
        self.note(ConflictEntry.link_failed, text, now)

    # -- what others see -------------------------------------------------------------------------------------------

    def known_as(self, message: str) -> str:
        return message.replace("_", " ") if message in self.messages else "a message"

    def as_table(self) -> str:
        place = f"Ladder {self.ladder.id}, {self.step_id or 'not begun'}"
        return self.duty_table(f"**{place}: {self.status.replace('_', ' ')}**")
