"""A conflict climbing its ladder: rungs, reminders, limits and endings of policy CR. Pure.

The ladder is data (throughcare.lifecycles.conflict.policy). What a rung asks is in throughcare.lifecycles.conflict.rungs, who sits where in
throughcare.lifecycles.conflict.seating, and what people's messages do in throughcare.lifecycles.conflict.hearing. The workflow asks for seats and
due dates, hands over the time, and goes on until it is closed.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from throughcare.case.case import Wake
from throughcare.case.duty import (
    Act,
    Basis,
    Discharge,
    Duty,
    DutyStatus,
    duty_id,
)
from throughcare.case.parts import Strength
from throughcare.case.seats import (
    Attestation,
    Capacity,
    Seated,
    Side,
)
from throughcare.case.wording import (
    NOBODY,
    all_of,
    any_of,
    one_per_seat,
    until,
)
from throughcare.lifecycles.conflict.acts import ACTS
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Rung
from throughcare.lifecycles.conflict.rungs import duties
from throughcare.lifecycles.conflict.seating import SeatedCase
from throughcare.time.deadline import (
    Dated,
    Receipt,
    remind_at,
)


class Status(StrEnum):
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


SHAPE = 2
"""What a conflict opened today knows. 1: what was first landed; 2: messages that mend or take up a case again, and fewer
events. A case keeps the shape it was opened with, so that its history replays."""

RETRY = timedelta(hours=1)
"""How long a due date that could not be derived is left before it is asked for again."""

CLOSED = frozenset(
    {
        Status.agreed,
        Status.withdrawn,
        Status.closed_by_authority,
        Status.merged,
        Status.refiled,
    }
)

CLOSING_NOTICE = {
    Status.agreed: "agreed",
    Status.withdrawn: "withdrawn",
    Status.closed_by_authority: "closed",
    Status.merged: "merged",
    Status.refiled: "refiled",
}

OPENING_NOTICE = {
    Act.meeting: "opened",
    Act.information: "rung_opened",
    Act.contact: "contact_due",
    Act.assistance: "rung_opened",
}
"""What tells the holders of a duty that it is theirs now. A notice duty is done by its own e-mail."""


class Conflict(SeatedCase):
    """The state of one conflict. `moving_to` names the rung that must be seated and dated before anything else."""

    shape: int = 1
    raised_by: Side
    opened_at: datetime
    status: Status = Status.open
    rung_due_at: datetime | None = None
    remind_at: datetime | None = None
    repeat_at: datetime | None = None
    agreements: dict[str, dict[Side, Discharge]] = Field(default_factory=dict)
    partial_agreements: dict[str, dict[Side, Discharge]] = Field(default_factory=dict)
    rung_began_at: datetime | None = None
    needs_new_date: bool = False
    """Moved to another version of its pack, and the current rung's limit is not yet derived by it."""
    retry_at: datetime | None = None
    """When to ask again for a due date that could not be derived."""
    closed_at: datetime | None = None

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def level(self) -> int:
        return len(self.reached)

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def is_overdue(self) -> bool:
        missed = (duty.status is DutyStatus.missed for duty in self.duties)
        return not self.is_closed and any(missed)

    @property
    def needs_repeat(self) -> bool:
        """Unresolved at the top, and nobody has yet said when to ask again."""
        return self.status is Status.unresolved_at_top and self.repeat_at is None

    def binding_steps(self, rung: Rung) -> list[Duty]:
        """Steps still outstanding that must come before the outcome of a rung."""
        joint = rung.meeting or rung.contact
        if joint is None or joint.strength in (Strength.should, Strength.may):
            return []
        return self.outstanding(Act.meeting, Act.contact, rung=rung.id)

    def advised_steps(self, rung: Rung) -> list[Duty]:
        """Steps still outstanding that the policy recommends: they may be left out with a reason (Q-38)."""
        binding = self.binding_steps(rung)
        acts = (Act.meeting, Act.contact, Act.team_meeting, Act.assistance)
        found = self.outstanding(*acts, rung=rung.id)
        return [duty for duty in found if duty not in binding]

    def open(
        self,
        person: str,
        seat: str | None,
        now: datetime,
        words: str,
        capacity: Capacity | None = None,
    ) -> None:
        """The front door: the first rung is next, and the timeline says who raised it (CR-P-1)."""
        self.moving_to = self.ladder.rungs[0].id
        by = Discharge(event_at=now, entered_at=now, person=person, seat=seat)
        clause, text = self.ladder.clause, self._opening_words()
        if self.raised_by is Side.counterpart and self.ladder.either_side_clause:
            clause = self.ladder.either_side_clause
        self.note(
            "opened", text, now, clause=clause, by=by, capacity=capacity, words=words
        )

    def _opening_words(self) -> str:
        text = (
            f"Conflict opened on ladder {self.ladder.id} by the {self.raised_by} side."
        )
        if self.raised_by is Side.counterpart and not self.ladder.either_side_clause:
            text += " The policy is silent on that; the agency's own setting allows it."
        return text

    # -- rungs ---------------------------------------------------------------------------------------------------

    def take_seats(self, found: tuple[Seated, ...], now: datetime) -> None:
        """A closed case keeps the people it closed with: nothing opens in it again."""
        if not self.is_closed:
            super().take_seats(found, now)

    def wake_up(self, found: tuple[Seated, ...]) -> None:
        """A closed case hears one more message, judged by who sits there now."""
        self.seated.update((seated.role, seated) for seated in found)

    def halt(self, now: datetime) -> None:
        """Stop in plain sight: a duty to fill each unfit seat, and no tier skipped (ruling 5, O-07)."""
        self.status = Status.halted
        for seated, reason in self.unfit(self.rung_named(self.moving_to or "")):
            self.need_filled(seated, reason, self.clause_needing(seated.role), now)

    def halt_undated(self, problem: str, now: datetime) -> None:
        """No due date can be derived. The case waits in plain sight for somebody to mend the calendar (ruling 5)."""
        self.status, self.retry_at = Status.halted, now + RETRY
        rung = self.rung_named(self.moving_to or "")
        self.ask_to_mend_calendar(problem, rung.main_clause, now)

    def begin(self, receipt: Receipt | None, now: datetime) -> None:
        """Start the rung that is next: its duties open, its notices go out, its clock starts."""
        rung = self.rung_named(self.moving_to or "")
        self.retry_at = None
        self.calendar_mended(now)
        again = " again" if rung.id in self.reached else ""
        text = f"{rung.id} begins{again}: {rung.title}.{self._gap()}"
        self.moving_to, self.rung_id, self.status = None, rung.id, Status.open
        self.rung_began_at = receipt.started_at if receipt else now
        self.rung_due_at = receipt.due_at if receipt else None
        self.remind_at = self._reminder(rung, now)
        if not again:
            self.reached.append(rung.id)
        self.note("rung_begun", text, now, rung=rung.id, clause=rung.main_clause)
        self._settle_choices(rung, now)
        for duty in duties(rung, self.seated, receipt, now):
            self._announce(self.open_duty(duty))

    def _gap(self) -> str:
        """A step may start without what was to come before it, but never without saying so (CR-A-4b)."""
        if self.rung_id in (None, self.moving_to):
            return ""
        left = self.outstanding(Act.notice, Act.information, rung=self.rung_id)
        texts = "; ".join(duty.text for duty in left)
        return f" Still outstanding: {texts}." if texts else ""

    def _reminder(self, rung: Rung, now: datetime) -> datetime | None:
        if rung.limit is None or rung.limit.remind is None or self.rung_due_at is None:
            return None
        return remind_at(now, self.rung_due_at, rung.limit.remind)

    def _settle_choices(self, rung: Rung, now: datetime) -> None:
        """The seats a rung begins with are kept; which of several took a part is said once (CR-B-3b, Q-07)."""
        for role in rung.roles:
            seated = self.seated[role]
            if len(self.policy.roles[role].accepts) > 1 and role not in self.chosen:
                text = f"{seated.title} takes this part, and keeps it from here on."
                by = Discharge(
                    event_at=now, entered_at=now, person=seated.person, seat=seated.seat
                )
                clause = self.clause_needing(role)
                self.note("seat_chosen", text, now, rung=rung.id, clause=clause, by=by)
            self.chosen[role] = seated.seat or ""

    def _announce(self, duty: Duty) -> None:
        """Notices up each side go out in the sender's name (Q-21); the product's own to whoever must now act."""
        if duty.act is Act.notice:
            self._tell_of("told", self.seated[duty.target or ""], duty, duty.holders[0])
        elif kind := OPENING_NOTICE.get(duty.act):
            for holder in one_per_seat(duty.holders):
                self._tell_of(kind, holder, duty)

    def _tell_of(
        self, kind: str, receiver: Seated, duty: Duty, sender: Seated | None = None
    ) -> None:
        self.tell(
            kind,
            receiver,
            sender=sender,
            rung=duty.rung,
            clause=duty.clause,
            what=duty.text,
            due_at=duty.due_at,
            duty=duty.id if duty.act is Act.notice else None,
        )

    def leave(self, now: datetime) -> None:
        """This rung failed: the next one is to be seated, or the case is unresolved at the top (CR-A-5, CR-B-5, CR-C-3)."""
        rungs = self.ladder.rungs
        here = [rung.id for rung in rungs].index(self.rung_id or "")
        self.rung_due_at = self.remind_at = None
        if here + 1 < len(rungs):
            self.moving_to = rungs[here + 1].id
        elif self.status is not Status.unresolved_at_top:
            self._stay_at_top(rungs[here], now)

    # -- another version of the pack -----------------------------------------------------------------------------

    def take_policy(self, policy: ConflictPolicy) -> None:
        """From here on the case is judged by this version; the current rung's clock is to be derived anew (ruling 9)."""
        self.policy = policy
        self.needs_new_date = self.rung_due_at is not None

    def redate(self, dated: Dated, now: datetime) -> None:
        """The current rung's clock by the version the case was moved to: counted from when the rung began."""
        self.needs_new_date = False
        before, rung, receipt = self.rung_due_at, self.rung, dated.receipt
        if rung is None or before is None:
            return
        if dated.problem:
            text = f"{rung.id}: the limit stays {until(before)} (UTC): {dated.problem}"
            self.note("redated", text, now, rung=rung.id, clause=rung.main_clause)
            return
        due_at = receipt.due_at if receipt else None
        for duty in self.open_duties():
            if duty.rung == rung.id and duty.due_at == before:
                fields = {"due_at": due_at, "receipt": receipt, "basis": _basis(rung)}
                self.replace_duty(duty.model_copy(update=fields))
        self.rung_due_at = due_at
        self.remind_at = self._reminder(rung, self.rung_began_at or now)
        text = f"{rung.id}: the limit was {until(before)} and is now {until(due_at)} (UTC)."
        self.note("redated", text, now, rung=rung.id, clause=rung.main_clause)

    # -- the top -------------------------------------------------------------------------------------------------

    def _stay_at_top(self, rung: Rung, now: datetime) -> None:
        """No tier is invented above the last: the case stays open, is reported and asked after (Q-20)."""
        self.status = Status.unresolved_at_top
        clause = rung.main_clause
        authority = tuple(self.seated[role] for role in self.ladder.closing_authority)
        self.open_duty(
            Duty(
                id=duty_id(rung.id, clause, Act.closing, authority[0].role),
                clause=clause,
                act=Act.closing,
                text=f"{any_of(authority)} decides what becomes of a case unresolved at the top",
                rung=rung.id,
                holders=authority,
                opened_at=now,
                basis=Basis.agency,
            )
        )
        text = "unresolved at the top of the ladder. It stays open."
        self._report_unresolved(rung, text, now)

    def _report_unresolved(self, rung: Rung, text: str, now: datetime) -> None:
        clause = rung.main_clause
        words = f"{rung.id}: {text}"
        self.note("unresolved", words, now, rung=rung.id, clause=clause)
        roles = (self.policy.oversight, *self.ladder.closing_authority)
        for receiver in one_per_seat(self.seated[role] for role in roles):
            if receiver.is_empty:
                self.need_filled(receiver, NOBODY, clause, now)
            self.tell(
                "unresolved", receiver, rung=rung.id, clause=clause, what=rung.title
            )
        self._remind(rung, now)

    def ask_again(self, dated: Dated, now: datetime) -> None:
        """When the next report from the top is due. Without a calendar to count on, it comes all the same."""
        self.repeat_at = dated.receipt.due_at if dated.receipt else now + RETRY

    # -- time ----------------------------------------------------------------------------------------------------

    def wakes(self) -> tuple[Wake, ...]:
        """Every instant at which time alone changes the case. One timer each, its clause and seats in the summary."""
        if self.is_closed:
            return ()
        wakes = self._rung_wakes(self.rung) if self.rung else []
        if self.retry_at:
            text = f"{self.moving_to} waits for a due date: ask again"
            wakes.append(Wake(name="calendar", at=self.retry_at, text=text))
        for duty in self.open_duties():
            if duty.due_at and duty.due_at != self.rung_due_at:
                text = f"{duty.clause}: {duty.text}"
                wakes.append(Wake(name=f"due:{duty.id}", at=duty.due_at, text=text))
        if change_at := self.next_seat_change_at():
            wakes.append(Wake(name="seats", at=change_at, text="a seat changes hands"))
        return tuple(wakes)

    def _rung_wakes(self, rung: Rung) -> list[Wake]:
        whose = "policy" if _basis(rung) is Basis.source else "agency"
        awaited = self._what_is_awaited(rung)
        limit = f"{rung.id} limit ({whose} setting): {awaited}"
        times = (
            (f"limit:{rung.id}", self.rung_due_at, limit),
            (f"remind:{rung.id}", self.remind_at, f"{rung.id} reminder: {awaited}"),
            ("top", self.repeat_at, f"{rung.id} unresolved at the top: ask again"),
        )
        return [Wake(name=name, at=at, text=text) for name, at, text in times if at]

    def _what_is_awaited(self, rung: Rung) -> str:
        shared = (Act.meeting, Act.contact, Act.assistance)
        here = [duty for duty in self.duties if duty.rung == rung.id]
        found = [duty for duty in here if duty.act in shared]
        found = found or [duty for duty in here if duty.act is Act.information]
        return "; ".join(f"{duty.text} ({duty.clause})" for duty in found)

    def on_time(self, now: datetime) -> None:
        """Time has come: what is due is missed, who is waited for is reminded, and a rung past its limit ends."""
        for duty in self.miss_what_is_due(now):
            whose = (duty.basis or Basis.agency).whose
            self.note(
                "missed",
                f"Not done by {whose} limit: {duty.text}.",
                now,
                event_at=duty.due_at,
                rung=duty.rung,
                clause=duty.clause,
            )
        if self.retry_at and self.retry_at <= now:
            self.retry_at = None
        rung = self.rung
        if rung is None:
            return
        if self.rung_due_at and self.rung_due_at <= now:
            self._lapse(rung, self.rung_due_at, now)
        elif self.remind_at and self.remind_at <= now:
            self._remind(rung, now)
        if self.repeat_at and self.repeat_at <= now:
            self.repeat_at = None
            self._report_unresolved(rung, "still unresolved at the top.", now)

    def _lapse(self, rung: Rung, due_at: datetime, now: datetime) -> None:
        """The limit passed. It is recorded as an elapsed wait, never as a breach of the policy, where it is the agency's (Q-04)."""
        whose = _basis(rung).whose
        self.note(
            "lapsed",
            f"{whose[0].upper()}{whose[1:]} limit for {rung.id} passed without agreement.",
            now,
            event_at=due_at,
            rung=rung.id,
            clause=rung.main_clause,
        )
        if rung.limit and rung.limit.then == "remind":
            self.rung_due_at = None
            self._remind(rung, now)
        else:
            self.leave(now)

    def _remind(self, rung: Rung, now: datetime) -> None:
        """Each seat that something is waited for from is told of all of it at once."""
        self.remind_at = None
        awaited = self._awaited(rung)
        for seated, mine in awaited:
            what = "; ".join(duty.text for duty in mine)
            self.tell(
                "reminder",
                seated,
                rung=rung.id,
                clause=mine[0].clause,
                what=what,
                due_at=mine[0].due_at,
            )
        if awaited:
            text = f"{rung.id}: reminded {all_of(seated for seated, _ in awaited)}."
            self.note("reminded", text, now, rung=rung.id, clause=rung.main_clause)

    def _awaited(self, rung: Rung) -> list[tuple[Seated, list[Duty]]]:
        """Who can do something on a rung now, and what. Nobody is asked for an answer before the steps that lead to it."""
        acts = [Act.meeting, Act.team_meeting, Act.contact, Act.assistance]
        acts += [Act.notice, Act.information]
        if not self.binding_steps(rung):
            acts.append(Act.outcome)
        found: dict[str, tuple[Seated, list[Duty]]] = {}
        for duty in self.outstanding(*acts, rung=rung.id):
            for holder in duty.holders:
                waited_for = duty.is_waited_for_from(holder.role)
                if holder.seat and holder.person and waited_for:
                    found.setdefault(holder.seat, (holder, []))[1].append(duty)
        return list(found.values())

    # -- endings -------------------------------------------------------------------------------------------------

    def close(
        self,
        status: Status,
        text: str,
        now: datetime,
        by: Discharge,
        clause: str,
        words: str,
        *,
        capacity: Capacity | None = None,
        message_id: str | None = None,
        attested: Attestation | None = None,
    ) -> None:
        """Closed means nothing is left open; both sides' people who were part of it are told."""
        self.status, self.closed_at = status, now
        self.moving_to = self.rung_due_at = self.remind_at = None
        self.repeat_at = self.retry_at = None
        self.needs_new_date = False
        end = Discharge(event_at=now, entered_at=now, text=text)
        self.end_open_duties(DutyStatus.withdrawn, end)
        rung = self.rung_id or ""
        self.note(
            status,
            text,
            now,
            by=by,
            rung=rung,
            clause=clause,
            capacity=capacity,
            message_id=message_id,
            words=words,
            attested=attested,
        )
        roles = [role for each in self.reached for role in self.rung_named(each).roles]
        for receiver in one_per_seat(self.seated[role] for role in roles):
            kind = CLOSING_NOTICE[status]
            self.tell(kind, receiver, rung=rung, what=text, clause=clause)

    def take_up(self) -> None:
        """Open again, at the rung where it stopped, which begins again with a clock of its own."""
        self.moving_to = self.rung_id or self.ladder.rungs[0].id
        self.status, self.closed_at = Status.open, None
        # What was agreed holds no more, on whatever rung it was.
        self.agreements.clear()
        self.partial_agreements.clear()

    def cancelled(self, now: datetime) -> None:
        """An operator's cancellation means withdrawn; the record says that nobody of the case did it."""
        if self.is_closed:
            return
        text = "Withdrawn: cancelled by an operator."
        if left := self.outstanding(Act.violation_report):
            text += " A violation that was identified here has not been reported."
            # The report outlives the case (O-09), so those who see to it are told.
            roles = (self.policy.oversight, self.policy.administrator)
            for receiver in one_per_seat(self.seated[role] for role in roles):
                what, clause = left[0].text, left[0].clause
                self.tell("violation_left", receiver, clause=clause, what=what)
        by = Discharge(event_at=now, entered_at=now)
        self.close(Status.withdrawn, text, now, by, self.ladder.clause, "")

    # -- what others see -------------------------------------------------------------------------------------------

    @property
    def tells_refused(self) -> bool:
        return self.shape > 1

    def known_as(self, message: str) -> str:
        return message.replace("_", " ") if message in ACTS else "a message"

    def as_table(self) -> str:
        place = f"Ladder {self.ladder.id}, {self.rung_id or 'not begun'}"
        return self.duty_table(f"**{place}: {self.status.replace('_', ' ')}**")


def _basis(rung: Rung) -> Basis:
    return rung.limit.basis if rung.limit else Basis.agency
